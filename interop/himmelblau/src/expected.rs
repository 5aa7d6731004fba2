//! What each step is expected to come to. A step that fails, and one that begins to work unnoticed, are both
//! differences.

use std::fmt;

/// What is expected of a step.
pub enum Expected {
    /// It succeeds, and its detail contains this.
    Ok(&'static str),
    /// It is refused for good, with words that contain these.
    Refused(&'static str),
}

impl Expected {
    /// Whether this is how it came.
    pub fn admits(&self, said: &Result<String, String>) -> bool {
        match (self, said) {
            (Self::Ok(part), Ok(text)) | (Self::Refused(part), Err(text)) => text.contains(part),
            _ => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(part) => write!(f, "ok ({part})"),
            Self::Refused(part) => write!(f, "refused ({part})"),
        }
    }
}

/// The steps, in the order they are taken.
///
/// The library derives keys the first way (KDFv1) and reads answers in the CBC form alone: its device is of the profile
/// `compatible`.
pub const EXPECTED: &[(&str, Expected)] = &[
    ("user discovery", Expected::Ok("exists=true passwordless=true")),
    ("password", Expected::Refused("AADSTS70003")),
    ("passkey page", Expected::Ok("challenge of")),
    ("assertion for another origin", Expected::Refused("AADSTS50076")),
    ("assertion and code", Expected::Ok("grace@localhost, refresh token, mfa=true")),
    ("device join", Expected::Ok("device id is a GUID")),
    ("PRT by the same refresh token", Expected::Ok("sealed, of grace@localhost")),
    ("PRT by a fresh refresh token", Expected::Ok("sealed, of grace@localhost")),
    ("exchange, v1 (resource)", Expected::Ok("deviceid")),
    ("exchange, v2 (scope)", Expected::Ok("deviceid")),
    ("exchange, PoP", Expected::Ok("pop ")),
    ("cookie with nonce", Expected::Ok("")),
    // A cookie that is good for every page it is ever put into is refused (attack A4): a nonce is asked for. Unless an
    // administrator does without (ADR 0019).
    ("cookie without nonce", Expected::Refused("sso_nonce")),
    ("cookie without nonce, switched on", Expected::Ok("signed in to the app")),
    ("renewal", Expected::Ok("")),
    ("Hello key", Expected::Ok("registered")),
    ("Hello key to PRT", Expected::Ok("sealed, of grace@localhost")),
    // One factor beside the device's key (ADR 0018).
    ("Hello key to access token", Expected::Ok("amr=[\"rsa\",\"pop\"] deviceid")),
    // On a joined device the library goes by way of a PRT.
    ("refresh token to access token", Expected::Ok("deviceid")),
    // A phished code must not put a device into the tenant (attack A12).
    ("device code, the broker", Expected::Refused("AADSTS700016")),
    ("device code, an app", Expected::Ok("authorization_pending")),
    ("authorization code with PKCE", Expected::Ok("aud=")),
];
