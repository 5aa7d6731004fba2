//! The one place where a reason becomes an answer on the wire.

use crate::throttle::WINDOW;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use passband_core::reason::Reason;
use passband_store::{CommitError, StoreError};
use passband_wire::prt::message::ErrorReply;

/// The error response of a token endpoint (RFC 6749 §5.2), with the AADSTS number that broker clients read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// OAuth error.
    pub error: &'static str,
    /// AADSTS number.
    pub number: u32,
    /// One sentence that helps the caller and no attacker.
    pub text: &'static str,
    /// HTTP status.
    pub status: StatusCode,
}

/// Our fault; the log says what.
pub const UNAVAILABLE: WireError = WireError {
    error: "temporarily_unavailable",
    number: 90006,
    text: "The server could not complete the request. Try again shortly.",
    status: StatusCode::SERVICE_UNAVAILABLE,
};

impl WireError {
    /// A 400 with an error of its own.
    pub const fn new(error: &'static str, number: u32, text: &'static str) -> Self {
        Self { error, number, text, status: StatusCode::BAD_REQUEST }
    }

    /// The body that says so, of no particular request.
    pub fn body(&self) -> ErrorReply {
        ErrorReply {
            error: self.error.to_owned(),
            error_description: format!("AADSTS{}: {}", self.number, self.text),
            error_codes: vec![self.number],
            ..ErrorReply::default()
        }
    }
}

/// `invalid_request` for what could not be read.
pub const MALFORMED: WireError =
    WireError::new("invalid_request", 90014, "The request lacks a parameter or has one that cannot be read.");

impl From<Reason> for WireError {
    /// No wildcard: a new reason must be placed.
    fn from(reason: Reason) -> Self {
        let new = Self::new;
        match reason {
            Reason::Granted => UNAVAILABLE,
            Reason::AccessBlocked => {
                new("interaction_required", 53_003, "Access was blocked by a policy of your organisation.")
            }
            Reason::AccessDeviceNotCompliant => {
                new("interaction_required", 53_000, "Your organisation asks for a compliant device.")
            }
            Reason::AccessDeviceNotJoined => {
                new("interaction_required", 53_001, "Your organisation asks for a joined device.")
            }
            Reason::AccessMfaRequired | Reason::AccessStrength => {
                new("interaction_required", 50_076, "Your organisation asks for another way of signing in.")
            }
            Reason::AccessSignInTooOld => {
                new("invalid_grant", 70_043, "The sign-in is too old for this. Sign in again.")
            }
            Reason::AccessTokenUnbound => new(
                "interaction_required",
                530_084,
                "Your organisation asks for a session that is bound to a registered device.",
            ),
            Reason::DeviceCodePending => {
                new("authorization_pending", 70_016, "Nobody has entered the code yet.")
            }
            // Of the same number: some clients read nothing else, and are to go on polling.
            Reason::DeviceCodeTooFast => new("slow_down", 70_016, "Wait longer between two requests."),
            Reason::DeviceCodeExpired => {
                new("expired_token", 70_019, "The code has expired. Start the sign-in again.")
            }
            Reason::DeviceCodeDeclined => new("access_denied", 65_004, "The person said no."),
            Reason::DeviceCodeInvalid => {
                new("invalid_grant", 70_018, "The device code is not good, or no longer.")
            }
            Reason::AppNoDeviceCode => {
                new("unauthorized_client", 700_016, "This application may not sign in by device code.")
            }
            Reason::AppDisabled | Reason::AppUnknown => new(
                "unauthorized_client",
                700_016,
                "This application is not registered here, or switched off.",
            ),
            Reason::ClientAuthFailed => Self {
                status: StatusCode::UNAUTHORIZED,
                ..new("invalid_client", 7_000_218, "The client did not authenticate as it must.")
            },
            Reason::AuthTooOld | Reason::AuthTooWeak | Reason::SessionFromPrtConfined => {
                new("interaction_required", 50_076, "This step needs a fresh sign-in with a passkey.")
            }
            Reason::CodeExpired | Reason::CodeInvalid | Reason::CodeReplayed | Reason::PkceFailed => {
                new("invalid_grant", 70_008, "The authorization code is not good, or no longer.")
            }
            Reason::GrantEnded | Reason::GrantExpired | Reason::GrantReplayed | Reason::PrtUnboundUse => {
                new("invalid_grant", 70_000, "The refresh token is not good, or no longer.")
            }
            Reason::CredentialRemoved | Reason::SessionEnded | Reason::SessionExpired => {
                new("invalid_grant", 50_173, "The session has ended. Sign in again.")
            }
            Reason::UserDisabled | Reason::UserGone => {
                new("invalid_grant", 50_057, "The account cannot be used. Ask your administrator.")
            }
            // Destructive on clients, so only when the device itself is really gone or disabled (attack A30).
            Reason::DeviceDisabled => new("invalid_grant", 135_011, "The device is disabled."),
            Reason::DeviceGone => new("invalid_grant", 50_155, "The device is not registered."),
            Reason::DeviceCertificateUnknown | Reason::DeviceKeyMismatch | Reason::WrongPerson => {
                new("invalid_grant", 50_097, "The device did not prove itself.")
            }
            Reason::DeviceQuota | Reason::DeviceRequestMalformed => {
                new("invalid_request", 90_014, "The device cannot be registered as asked.")
            }
            Reason::HelloKeyUnknown | Reason::HelloKeyElsewhere => {
                new("invalid_grant", 130_004, "The Hello key is not known for this person on this device.")
            }
            Reason::HelloKeySignature => {
                new("invalid_grant", 130_005, "The request was not signed by the Hello key it names.")
            }
            Reason::HelloAssertionExpired => {
                new("invalid_grant", 70_008, "The assertion is not good at this time, or for too long.")
            }
            Reason::HelloKeyMalformed | Reason::HelloKeyQuota => {
                new("invalid_request", 90_014, "The Hello key cannot be registered as asked.")
            }
            Reason::HelloKeyNoDevice => new(
                "invalid_request",
                50_187,
                "A Hello key is registered with a token that was asked for on a registered device, for this.",
            ),
            Reason::HybridJoinUnavailable => Self {
                status: StatusCode::FORBIDDEN,
                ..new("access_denied", 50_129, crate::routes::hybrid::MESSAGE)
            },
            Reason::KdfDowngrade | Reason::SessionKeySignature => {
                new("invalid_grant", 140_001, "The request was not signed as it must be.")
            }
            Reason::NonceExpired | Reason::NonceInvalid | Reason::NonceReplayed => {
                new("invalid_grant", 140_000, "The nonce is not good, or no longer. Ask for another.")
            }
            Reason::PrtExpired | Reason::PrtInvalid | Reason::PrtSuperseded => {
                new("invalid_grant", 50_132, "The Primary Refresh Token is not good, or no longer.")
            }
            Reason::RedirectUriUnknown | Reason::RequestMalformed => MALFORMED,
            Reason::ResourceUnknown => new("invalid_target", 500_011, "No such resource."),
            Reason::ScopeTooWide => new("invalid_scope", 70_011, "The scope was not granted."),
            Reason::TooManyAttempts => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..new("temporarily_unavailable", 90_055, "Too many attempts. Wait a few minutes.")
            },
            // Of pages, not of a token endpoint; the pages have words of their own.
            Reason::CeremonyExpired
            | Reason::CeremonyInvalid
            | Reason::CeremonyReplayed
            | Reason::LastAdmin
            | Reason::LastPasskey
            | Reason::PasskeyCounter
            | Reason::PasskeyDuplicate
            | Reason::PasskeyFlags
            | Reason::PasskeyNotVerified
            | Reason::PasskeyOrigin
            | Reason::PasskeyPolicyDisabled
            | Reason::PasskeyPolicyExcluded
            | Reason::PasskeyPolicyNotInScope
            | Reason::PasskeyProfileAaguid
            | Reason::PasskeyProfileAttestation
            | Reason::PasskeyProfileCertification
            | Reason::PasskeyProfileEvidence
            | Reason::PasskeyProfileType
            | Reason::PasskeyProfileVerification
            | Reason::PasskeyResponse
            | Reason::PasskeySignature
            | Reason::PasskeyUnknown
            | Reason::AccessLocksOut
            | Reason::PolicyLocksOut
            | Reason::RecoveryCodeUsed
            | Reason::RecoveryCodeWrong
            | Reason::RoleMissing
            | Reason::RoleTooLow
            | Reason::PasskeyByAnother
            | Reason::SelfServiceOff
            | Reason::SetupLinkInvalid
            | Reason::TapExpired
            | Reason::TapPolicy
            | Reason::TapUsed
            | Reason::TapWrong => new("access_denied", 50_076, "The sign-in was refused."),
        }
    }
}

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        UNAVAILABLE
    }
}

impl From<CommitError> for WireError {
    fn from(error: CommitError) -> Self {
        tracing::error!(%error, "a commit failed");
        UNAVAILABLE
    }
}

impl IntoResponse for WireError {
    fn into_response(self) -> Response {
        let mut answer = (self.status, Json(self.body())).into_response();
        // Where the dialect is spoken, the body is written again with the request's names.
        answer.extensions_mut().insert(self);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
        }
        answer
    }
}

/// `Retry-After` of a 429 (RFC 6585 §4): by then the window is over, whenever it began.
pub fn retry_after() -> HeaderValue {
    HeaderValue::from(WINDOW.0)
}

/// What a person is told of a refused sign-in or registration: one sentence each, the same for everything that
/// would tell a stranger whether an account, a pass or a passkey exists.
pub const fn for_people(reason: Reason) -> &'static str {
    match reason {
        Reason::CeremonyExpired => "This page was open too long. Try again.",
        Reason::CeremonyInvalid | Reason::CeremonyReplayed => {
            "This attempt could not be matched to this page. Reload it and try again."
        }
        Reason::PasskeyNotVerified => {
            "Your device did not check that it is you. Set up a PIN, fingerprint or face and try again."
        }
        Reason::PasskeyDuplicate => "This passkey is registered already. Use it to sign in.",
        Reason::PasskeyOrigin => {
            "Your passkey was asked on another page than this server's. Check the address bar."
        }
        Reason::SetupLinkInvalid => {
            "This set-up link does not work any more. Restart the server for a new one, if nobody has set it up."
        }
        Reason::TapWrong | Reason::TapExpired | Reason::TapPolicy | Reason::TapUsed => {
            "The name or the pass is not right, or the pass is no longer good. Ask your administrator for a new one."
        }
        Reason::SelfServiceOff => {
            "Your organisation registers passkeys for its people. Ask your administrator."
        }
        Reason::DeviceCodeInvalid => {
            "No device waits with this code. Check it on the device, or start there again: a code is good for a quarter of an hour, once."
        }
        Reason::TooManyAttempts => "Too many attempts. Wait a few minutes, then try again.",
        Reason::RecoveryCodeWrong | Reason::RecoveryCodeUsed => {
            "The name or the code is not right, or the code was used before. Try another code, or ask your administrator for a Temporary Access Pass."
        }
        Reason::LastAdmin => {
            "This is the only passkey with which somebody can still administer here. Let another administrator register one first."
        }
        Reason::LastPasskey => {
            "This is your only passkey, and without it there is no way back in. Add another passkey or make recovery codes, then remove it."
        }
        Reason::PasskeyFlags | Reason::PasskeySignature | Reason::PasskeyUnknown => {
            "This passkey was not accepted here. Try again, or use another one."
        }
        Reason::RoleMissing => "No role of yours lets you do this.",
        Reason::RoleTooLow => "This account may do more than you. Ask a Global Administrator to do this.",
        Reason::AuthTooOld => "Sign in again to do this.",
        Reason::AccessSignInTooOld => "Your organisation asks for a newer sign-in for this. Sign in again.",
        Reason::AccessMfaRequired | Reason::AccessStrength => {
            "Your organisation asks for a stronger sign-in for this. Sign in with another passkey, or ask your administrator."
        }
        Reason::AccessBlocked
        | Reason::AccessDeviceNotCompliant
        | Reason::AccessDeviceNotJoined
        | Reason::AccessTokenUnbound => {
            "A rule of your organisation does not permit this from here. Try again from your usual device and network, or ask your administrator."
        }
        _ => "You could not be signed in. Try another passkey, or ask your administrator.",
    }
}
