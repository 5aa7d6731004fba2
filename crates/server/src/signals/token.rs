//! Security event tokens (RFC 8417, OpenID SSF 1.0 §4) and logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).

use crate::app::App;
use passband_core::id::{ClientId, EventId, SessionId, UserId};
use passband_core::rng;
use passband_core::signals::Subject;
use passband_core::signals::stream::{Stream, Waiting};
use passband_core::time::Seconds;
use passband_wire::b64;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Media type of a security event token, without `application/` (RFC 8417 §2.3).
pub const SET_TYP: &str = "secevent+jwt";

/// The same of a logout token (Back-Channel Logout §2.4).
pub const LOGOUT_TYP: &str = "logout+jwt";

/// How long a logout token is good (§2.4 recommends at most two minutes).
const LOGOUT_FOR: Seconds = Seconds::minutes(2);

/// What is kept of an event, see [`passband_core::signals::Event::body`].
#[derive(Debug, Deserialize)]
struct Kept {
    r#type: String,
    subject: Subject,
    members: Value,
    /// Of a verification event, whose subject is the stream.
    #[serde(default)]
    sub_id: Option<Value>,
}

/// The security event token of what waits for a stream; `None` if it cannot be read or signed.
pub fn set(app: &App, stream: &Stream, waiting: &Waiting) -> Option<String> {
    let kept: Kept = serde_json::from_str(&waiting.body).ok()?;
    let claims = json!({
        "iss": app.issuer(),
        "aud": stream.audience,
        "iat": app.now().0,
        "jti": EventId::from_bytes(waiting.id).to_string(),
        "sub_id": kept.sub_id.unwrap_or_else(|| kept.subject.identifier(app.issuer())),
        "events": Map::from_iter([(kept.r#type, kept.members)]),
    });
    app.keys().tokens.sign(SET_TYP, &claims).ok()
}

/// The body of a verification event (SSF 1.0 §8.1.4.1), whose subject is the stream.
pub fn verification(stream: &Stream, state: Option<&str>) -> String {
    let mut members = Map::new();
    members.extend(state.map(|state| ("state".to_owned(), json!(state))));
    json!({
        "type": "https://schemas.openid.net/secevent/ssf/event-type/verification",
        "subject": {},
        "sub_id": { "format": "opaque", "id": stream.id.to_string() },
        "members": members,
    })
    .to_string()
}

/// The token that tells an application of the end of a session.
pub fn logout(app: &App, client: ClientId, session: SessionId, user: Option<UserId>) -> Option<String> {
    let now = app.now();
    let mut claims = json!({
        "iss": app.issuer(),
        "aud": client.to_string(),
        "iat": now.0,
        "exp": (now + LOGOUT_FOR).0,
        "jti": b64::encode(rng::bytes::<16>(app.rng())),
        "sid": session.to_string(),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if let Some(user) = user {
        claims["sub"] = json!(user.to_string());
    }
    app.keys().tokens.sign(LOGOUT_TYP, &claims).ok()
}
