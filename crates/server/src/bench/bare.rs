//! A PRT exchange reduced to its cryptography: what a server can reach at most.
//!
//! The same request and answer, byte for byte in form: parse the form and the JWS, open the PRT, derive a key
//! and verify HMAC, sign an access token with ES256, derive another key and seal the answer. No store, no log,
//! no nonce, no policy, no throttle, no route but one; keys are constants.

use super::{CLIENT, RESOURCE};
use crate::extract::Params;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use passband_core::compliance::{Compliance, Details};
use passband_core::directory::{DeviceStanding, JoinType, KeyState, Session, SessionKind, Standing, User};
use passband_core::id::{DeviceId, KeyId, SessionId, TenantId, UserId};
use passband_core::keys::seal::SealRing;
use passband_core::keys::signer::{TokenKey, TokenKeys};
use passband_core::policy::signal::{EvidenceLevel, Factors};
use passband_core::rng::SystemRandom;
use passband_core::session::claims::{ACCESS_TOKEN, ACCESS_TOKEN_TYP, Subject};
use passband_core::session::holder::Holder;
use passband_core::session::prt::{self, Prt};
use passband_core::session::standing::judge;
use passband_core::time::Timestamp;
use passband_wire::jose::jwe;
use passband_wire::jose::jws::SigningKey;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::message::{PrtUseClaims, TokenReply};
use passband_wire::prt::signed::SessionSigned;
use std::sync::Arc;
use tokio::net::TcpListener;

const NOW: Timestamp = Timestamp(1_800_000_000);

/// Constants in place of everything a server looks up.
#[derive(Debug)]
pub struct Bare {
    ring: SealRing,
    keys: TokenKeys,
    standing: Standing,
}

impl Bare {
    /// The constants; `None` if no signing key can be made.
    #[must_use]
    pub fn new() -> Option<Self> {
        let pkcs8 = SigningKey::generate_pkcs8().ok()?;
        let id = KeyId::from_bytes([1; 16]);
        let key = TokenKey::new(id, KeyState::Active, NOW, &pkcs8).ok()?;
        Some(Self { ring: SealRing::new([[1; 32]]), keys: TokenKeys::new(vec![key])?, standing: standing() })
    }

    /// A PRT that opens here, and its session key.
    #[must_use]
    pub fn prt(&self) -> Option<(String, SessionKey)> {
        let (session, key) = (&self.standing.session, SessionKey::from_bytes([2; 32]));
        let prt = Prt {
            session: session.id,
            user: session.user,
            device: session.device?,
            generation: 0,
            holder: Holder::SessionKey(key.clone()),
            factors: session.factors,
            auth_time: NOW,
            issued: NOW,
            expires: session.expires,
        };
        Some((prt.seal(&self.ring, &SystemRandom).ok()?, key))
    }

    /// The exchange: a signed request to a sealed answer.
    #[must_use]
    pub fn exchange(&self, request: &str) -> Option<String> {
        let signed = SessionSigned::parse(request).ok()?;
        let named: PrtUseClaims = signed.claims_unverified().ok()?;
        let prt = Prt::open(&self.ring, &named.refresh_token).ok()?;
        let Holder::SessionKey(key) = &prt.holder else { return None };
        signed.verify(key).ok()?;
        let subject = Subject {
            issuer: "http://localhost:65535",
            tenant: TenantId::from_bytes([4; 16]),
            live: judge(&self.standing, NOW).ok()?,
            client: CLIENT,
            now: NOW,
        };
        let claims = subject.access(RESOURCE, "", ACCESS_TOKEN, &SystemRandom);
        let reply = TokenReply {
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_TOKEN.0,
            access_token: self.keys.sign(ACCESS_TOKEN_TYP, &claims).ok()?,
            scope: String::new(),
            refresh_token: None,
            id_token: None,
        };
        jwe::seal_reply(key, serde_json::to_vec(&reply).ok()?, &SystemRandom).ok()
    }
}

/// Serves the bare handler until the listener fails.
///
/// # Errors
///
/// The listener's.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let bare = Bare::new().ok_or_else(|| std::io::Error::other("no signing key"))?;
    let router = Router::new().route("/oauth2/token", post(handler)).with_state(Arc::new(bare));
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

async fn handler(State(bare): State<Arc<Bare>>, body: Bytes) -> Response {
    let answer = Params::parse(&body).ok().and_then(|form| bare.exchange(form.get("request")));
    match answer {
        Some(body) => {
            let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
            (headers, body).into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn standing() -> Standing {
    let (user, device) = (UserId::from_bytes([5; 16]), DeviceId::from_bytes([6; 16]));
    Standing {
        session: Session {
            id: SessionId::from_bytes([3; 16]),
            user,
            kind: SessionKind::Prt,
            device: Some(device),
            parent: None,
            credential: None,
            factors: Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED).and(Factors::DEVICE_KEY),
            auth_time: NOW,
            created: NOW,
            expires: prt::expiry(NOW, NOW),
            last_seen: NOW,
            ended: None,
            generation: 0,
            advanced: NOW,
            agent: String::new(),
            ip: String::new(),
        },
        user: Some(User {
            id: user,
            upn: "person50000@localhost".to_owned(),
            display_name: "Person 50000".to_owned(),
            enabled: true,
            roles: passband_core::directory::Roles::NONE,
            break_glass: false,
            handle: Vec::new(),
            created: NOW,
        }),
        device: Some(DeviceStanding {
            id: device,
            enabled: true,
            name: "Device of Person 50000".to_owned(),
            evidence: EvidenceLevel::E0,
            join: JoinType::Joined,
            os: "Linux".to_owned(),
            os_version: "6.1".to_owned(),
            compliance: Compliance::default(),
            details: Details::default(),
            profile: passband_core::directory::ClientProfile::Strict,
        }),
        credential_present: true,
        passkey: None,
        parent_ended: None,
        groups: Vec::new(),
        access: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_wire::prt::signed;

    #[test]
    fn the_bare_exchange_answers_only_who_holds_the_session_key() {
        let bare = Bare::new().unwrap();
        let (prt, key) = bare.prt().unwrap();
        let claims = PrtUseClaims {
            refresh_token: prt,
            grant_type: "refresh_token".to_owned(),
            client_id: CLIENT.to_string(),
            scope: String::new(),
            resource: Some(RESOURCE.to_owned()),
            request_nonce: Some("n".to_owned()),
        };
        let answer = bare.exchange(&signed::sign(&key, &claims, &SystemRandom).unwrap()).unwrap();
        let reply: TokenReply = serde_json::from_slice(&jwe::open_reply(&key, &answer).unwrap()).unwrap();
        assert!(bare.keys.verify(ACCESS_TOKEN_TYP, &reply.access_token).is_ok());
        let thief = SessionKey::from_bytes([9; 32]);
        assert!(bare.exchange(&signed::sign(&thief, &claims, &SystemRandom).unwrap()).is_none());
    }
}
