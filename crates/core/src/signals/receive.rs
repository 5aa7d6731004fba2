//! Events that others send us: an MDM or EDR says that a device or session is no longer to be trusted (RFC 8417, CAEP).
//!
//! A signal takes away. It gives only what its registration lets it give: a transmitter whose key was stolen must not
//! be able to make a lost device good again.

use crate::change::Change;
use crate::id::{DeviceId, SessionId, TransmitterId, UserId};
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::jose::jws::JwsError;
use passband_wire::secevent::Keys;
use serde_json::Value;

/// How old a token may be when it comes: what could not be delivered is signed once and sent again.
pub const OLDEST: Seconds = Seconds::days(1);

/// How far the transmitter's clock may be ahead of ours.
pub const AHEAD: Seconds = Seconds::minutes(1);

/// Whoever may send us signals, as an administrator has registered them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmitter {
    /// Its name in the address it sends to.
    pub id: TransmitterId,
    /// What administrators call it.
    pub name: String,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud` that names us.
    pub audience: String,
    /// Its key set (RFC 7517 §5), as it was given.
    pub keys: String,
    /// Whether it may say of device compliance.
    pub compliance: bool,
    /// Whether it may end sessions.
    pub sessions: bool,
    /// Whether it may say that a device is compliant, and not only that one is not.
    pub may_raise: bool,
    /// When it was registered.
    pub created: Timestamp,
}

/// Why a token is refused, under its RFC 8935 §2.4 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetRefusal {
    /// It is not for us.
    #[error("the audience is another")]
    Audience,
    /// It is not what such a token is.
    #[error("not a security event token with one event")]
    Claims,
    /// It is of another issuer.
    #[error("the issuer is another")]
    Issuer,
    /// It is not signed by a key of the transmitter.
    #[error("not signed by a registered key")]
    Signature(#[from] JwsError),
    /// It is too old, or not yet.
    #[error("too old, or from the future")]
    Time,
}

impl SetRefusal {
    /// The code of RFC 8935 §2.4.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Audience => "invalid_audience",
            Self::Claims | Self::Time => "invalid_request",
            Self::Issuer => "invalid_issuer",
            Self::Signature(_) => "invalid_key",
        }
    }
}

/// Whom a signal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A device, by its `deviceId`.
    Device(DeviceId),
    /// A session, by its `sid`.
    Session(SessionId),
    /// A person, by issuer (us) and `sub`.
    User(UserId),
}

/// What a signal asks for, as far as its transmitter may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// End sessions.
    EndSessions(About),
    /// Nothing: an event we know nothing to do about, or one that its transmitter may not send.
    Nothing,
    /// Say of a device whether it is compliant.
    SetCompliance(DeviceId, bool),
}

/// A token that was verified. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Received {
    wish: Wish,
    spend: Change,
}

impl Received {
    /// What it asks for.
    #[must_use]
    pub const fn wish(&self) -> Wish {
        self.wish
    }

    /// Makes it good once: to be committed with what it asks for.
    #[must_use]
    pub fn spend(&self) -> Change {
        self.spend.clone()
    }
}

/// Verifies a token of a transmitter (RFC 8417 §5, SSF 1.0 §4.1).
///
/// # Errors
///
/// [`SetRefusal`].
pub fn verify(text: &str, from: &Transmitter, us: &str, now: Timestamp) -> Result<Received, SetRefusal> {
    let keys = Keys::parse(&from.keys).ok_or(SetRefusal::Signature(JwsError::Key))?;
    let claims = keys.verify(text)?;
    if claims.iss != from.issuer {
        return Err(SetRefusal::Issuer);
    }
    if !claims.aud.names(&from.audience) {
        return Err(SetRefusal::Audience);
    }
    let iat = Timestamp(claims.iat);
    if claims.iat < 0 || iat > now + AHEAD || iat < now - OLDEST {
        return Err(SetRefusal::Time);
    }
    // An access or ID token of the same issuer has what a security event token has not (SSF 1.0 §4.1).
    let is_set = claims.sub.is_none() && claims.exp.is_none() && claims.events.len() == 1;
    let named = !claims.jti.is_empty() && claims.jti.len() <= 255;
    let (Some((kind, members)), true, true) = (claims.events.iter().next(), is_set, named) else {
        return Err(SetRefusal::Claims);
    };
    let about = claims.sub_id.as_ref().and_then(|subject| about(subject, us));
    // Kept until it would be too old by every clock.
    let spend = Change::Spend { id: name_of(from.id, &claims.jti), until: iat + OLDEST + AHEAD };
    Ok(Received { wish: wish(kind, members, about, from), spend })
}

fn name_of(from: TransmitterId, jti: &str) -> [u8; 32] {
    let mut id = [0; 32];
    let text = [b"set:", from.as_bytes().as_slice(), jti.as_bytes()].concat();
    id.copy_from_slice(digest(&SHA256, &text).as_ref());
    id
}

fn wish(kind: &str, members: &Value, about: Option<About>, from: &Transmitter) -> Wish {
    const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
    match (kind.strip_prefix(CAEP), about) {
        (Some("session-revoked"), Some(about)) if from.sessions => Wish::EndSessions(about),
        (Some("device-compliance-change"), Some(About::Device(device))) if from.compliance => {
            match members.get("current_status").and_then(Value::as_str) {
                Some("not-compliant") => Wish::SetCompliance(device, false),
                Some("compliant") if from.may_raise => Wish::SetCompliance(device, true),
                _ => Wish::Nothing,
            }
        }
        _ => Wish::Nothing,
    }
}

/// Of a complex subject (SSF 1.0 §3.3) the narrowest: session, device, person.
fn about(subject: &Value, us: &str) -> Option<About> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let opaque =
        |value: &Value| text(value, "id").filter(|_| text(value, "format").as_deref() == Some("opaque"));
    let user = |value: &Value| {
        let ours =
            text(value, "format").as_deref() == Some("iss_sub") && text(value, "iss").as_deref() == Some(us);
        text(value, "sub").filter(|_| ours)?.parse().ok().map(About::User)
    };
    match text(subject, "format")?.as_str() {
        "opaque" => opaque(subject)?.parse().ok().map(About::Device),
        "iss_sub" => user(subject),
        "complex" => {
            if let Some(session) = subject.get("session") {
                return opaque(session)?.parse().ok().map(About::Session);
            }
            if let Some(device) = subject.get("device") {
                return opaque(device)?.parse().ok().map(About::Device);
            }
            subject.get("user").and_then(user)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_wire::jose::jwk::{Jwk, JwkSet};
    use passband_wire::jose::jws::{Header, SigningKey};
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const US: &str = "https://id.example.org";
    const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    const COMPLIANCE: &str = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change";

    struct Mdm {
        key: SigningKey,
        registered: Transmitter,
    }

    fn mdm() -> Mdm {
        let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
        let keys = JwkSet { keys: vec![Jwk::from_point(key.public_point(), "k1").unwrap()] };
        let registered = Transmitter {
            id: TransmitterId::from_bytes([1; 16]),
            name: "MDM".to_owned(),
            issuer: "https://mdm.example.org".to_owned(),
            audience: US.to_owned(),
            keys: serde_json::to_string(&keys).unwrap(),
            compliance: true,
            sessions: true,
            may_raise: false,
            created: NOW,
        };
        Mdm { key, registered }
    }

    fn device() -> DeviceId {
        DeviceId::from_bytes([2; 16])
    }

    fn claims() -> Value {
        json!({
            "iss": "https://mdm.example.org", "aud": US, "iat": NOW.0, "jti": "1",
            "sub_id": { "format": "opaque", "id": device().to_string() },
            "events": { COMPLIANCE: { "previous_status": "compliant", "current_status": "not-compliant" } },
        })
    }

    impl Mdm {
        fn sign(&self, typ: &str, kid: &str, claims: &Value) -> String {
            let mut header = Header::new("ES256", typ);
            header.kid = Some(kid.to_owned());
            self.key.sign(&header, claims).unwrap()
        }

        fn read(&self, claims: &Value) -> Result<Wish, SetRefusal> {
            let text = self.sign("secevent+jwt", "k1", claims);
            verify(&text, &self.registered, US, NOW).map(|received| received.wish())
        }
    }

    #[test]
    fn a_good_signal_lowers() {
        assert_eq!(mdm().read(&claims()), Ok(Wish::SetCompliance(device(), false)));
        let mut several = claims();
        several["aud"] = json!(["https://other.example", US]);
        assert!(mdm().read(&several).is_ok());
    }

    #[test]
    fn whatever_is_not_right_is_refused() {
        type Case = (&'static str, Value, SetRefusal);
        let cases: [Case; 12] = [
            ("iss", json!("https://mdm.example.org/"), SetRefusal::Issuer),
            ("aud", json!("https://other.example"), SetRefusal::Audience),
            ("aud", json!([]), SetRefusal::Audience),
            ("iat", json!(NOW.0 - OLDEST.0 - 1), SetRefusal::Time),
            ("iat", json!(NOW.0 + AHEAD.0 + 1), SetRefusal::Time),
            ("iat", json!(-1), SetRefusal::Time),
            ("jti", json!(""), SetRefusal::Claims),
            ("jti", json!("x".repeat(256)), SetRefusal::Claims),
            ("events", json!({}), SetRefusal::Claims),
            ("events", json!({ REVOKED: {}, COMPLIANCE: {} }), SetRefusal::Claims),
            ("sub", json!("x"), SetRefusal::Claims),
            ("exp", json!(NOW.0 + 9), SetRefusal::Claims),
        ];
        for (name, value, want) in cases {
            let mut bent = claims();
            bent[name] = value.clone();
            assert_eq!(mdm().read(&bent), Err(want), "{name} {value}");
        }
        let mdm = mdm();
        let refused =
            |text: &str| matches!(verify(text, &mdm.registered, US, NOW), Err(SetRefusal::Signature(_)));
        for (typ, kid) in [("JWT", "k1"), ("at+jwt", "k1"), ("secevent+jwt", "k2"), ("secevent+jwt", "")] {
            assert!(refused(&mdm.sign(typ, kid, &claims())), "{typ} {kid}");
        }
        for alg in ["RS256", "HS256", "none", "ES384"] {
            let mut header = Header::new(alg, "secevent+jwt");
            header.kid = Some("k1".to_owned());
            let text = mdm.key.sign(&header, &claims()).unwrap();
            assert_eq!(
                verify(&text, &mdm.registered, US, NOW).err(),
                Some(JwsError::Algorithm.into()),
                "{alg}"
            );
        }
        assert!(refused(&super::tests::mdm().sign("secevent+jwt", "k1", &claims())), "another's key");
        assert!(refused(""));
    }

    #[test]
    fn nobody_gives_or_takes_what_their_registration_does_not_say() {
        let mut good = claims();
        good["events"] = json!({ COMPLIANCE: { "current_status": "compliant" } });
        let mut ends = claims();
        ends["events"] = json!({ REVOKED: {} });
        let mut from = mdm();
        assert_eq!(from.read(&good), Ok(Wish::Nothing));
        assert_eq!(from.read(&ends), Ok(Wish::EndSessions(About::Device(device()))));
        from.registered.may_raise = true;
        assert_eq!(from.read(&good), Ok(Wish::SetCompliance(device(), true)));
        (from.registered.compliance, from.registered.sessions) = (false, false);
        for wish in [&good, &ends, &claims()] {
            assert_eq!(from.read(wish), Ok(Wish::Nothing));
        }
    }

    #[test]
    fn the_narrowest_of_a_subject_counts_and_only_our_people_are_people() {
        let user = json!({ "format": "iss_sub", "iss": US, "sub": UserId::from_bytes([3; 16]).to_string() });
        let session = json!({ "format": "opaque", "id": SessionId::from_bytes([4; 16]).to_string() });
        let whole = json!({ "format": "complex", "user": user, "session": session });
        assert_eq!(about(&whole, US), Some(About::Session(SessionId::from_bytes([4; 16]))));
        assert_eq!(about(&user, US), Some(About::User(UserId::from_bytes([3; 16]))));
        assert_eq!(about(&user, "https://other.example"), None);
        // A session that cannot be read does not turn into all sessions of its person.
        let broken =
            json!({ "format": "complex", "user": user, "session": { "format": "opaque", "id": "x" } });
        assert_eq!(about(&broken, US), None);
        // A device is narrower than its person.
        let device = json!({ "format": "opaque", "id": device().to_string() });
        let two = json!({ "format": "complex", "user": user, "device": device });
        assert_eq!(about(&two, US), Some(About::Device(super::tests::device())));
        // Each member says of which format it is, and another format is another thing.
        for member in ["session", "device", "user"] {
            let mut bent = json!({ "format": "complex", member: whole.get(member).unwrap_or(&device) });
            assert!(about(&bent, US).is_some(), "{member}");
            bent[member]["format"] = json!("email");
            assert_eq!(about(&bent, US), None, "{member}");
        }
        assert_eq!(about(&json!({ "format": "uri", "id": "x" }), US), None);
    }

    #[test]
    fn a_signal_is_good_once() {
        let mdm = mdm();
        let text = mdm.sign("secevent+jwt", "k1", &claims());
        let read = |from: &Transmitter| verify(&text, from, US, NOW).unwrap().spend();
        assert_eq!(read(&mdm.registered), read(&mdm.registered));
        // It is remembered for as long as it would be taken, by a clock of theirs that is ahead too.
        let Change::Spend { until, .. } = read(&mdm.registered) else { panic!("it is spent") };
        assert_eq!(until, NOW + OLDEST + AHEAD);
        let other = Transmitter { id: TransmitterId::from_bytes([9; 16]), ..mdm.registered.clone() };
        assert_ne!(read(&mdm.registered), read(&other), "one transmitter does not use up another's names");
    }
}
