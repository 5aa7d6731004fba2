//! The two cookies there are: who asks, and who is signed in.

use crate::app::App;
use axum::http::{HeaderMap, HeaderValue, header};
use passband_core::id::SessionId;
use passband_core::keys::seal::Purpose;
use passband_core::rng;
use passband_core::time::Seconds;
use passband_wire::b64;

/// Names a browser before anyone has signed in, so that a ceremony stays with the browser that began it.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Its secret.
    pub value: String,
    /// Whether the browser has yet to be told.
    pub fresh: bool,
}

fn name(app: &App, plain: &str) -> String {
    // The prefix makes the browser refuse a cookie that a sibling host or plain HTTP tries to set (RFC 6265bis §4.1.3).
    if app.is_https() { format!("__Host-{plain}") } else { plain.to_owned() }
}

/// The value of a cookie; `None` if it is missing or there are two of that name.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    // Two of a name: one was planted. Neither counts.
    found.next().is_none().then_some(first)
}

/// The browser's asker cookie, or a fresh one.
pub fn asker(app: &App, headers: &HeaderMap) -> Asker {
    match get(headers, &name(app, "passband_asker")) {
        Some(value) if value.len() == 43 => Asker { value: value.to_owned(), fresh: false },
        _ => Asker { value: b64::encode(rng::bytes::<32>(app.rng())), fresh: true },
    }
}

/// `Set-Cookie` for an asker.
pub fn set_asker(app: &App, asker: &Asker) -> Option<HeaderValue> {
    asker.fresh.then(|| set(app, "passband_asker", &asker.value, Some(86_400)))
}

/// The session a browser's cookie names. Says nothing of its standing.
pub fn session(app: &App, headers: &HeaderMap) -> Option<SessionId> {
    let value = get(headers, &name(app, "passband_session"))?;
    let sealed = b64::decode(value, 256).ok()?;
    let id = app.keys().ring.open(Purpose::BrowserCookie, &sealed).ok()?;
    SessionId::from_slice(&id)
}

/// `Set-Cookie` for a session; it lasts as long as the browser runs, the session as the server says.
pub fn set_session(app: &App, id: SessionId) -> HeaderValue {
    let sealed = app.keys().ring.seal(Purpose::BrowserCookie, id.as_bytes(), app.rng());
    set(app, "passband_session", &sealed.map(b64::encode).unwrap_or_default(), None)
}

/// `Set-Cookie` for a session that the browser keeps when it is closed, for so long.
pub fn keep_session(app: &App, id: SessionId, life: Seconds) -> HeaderValue {
    let sealed = app.keys().ring.seal(Purpose::BrowserCookie, id.as_bytes(), app.rng());
    set(app, "passband_session", &sealed.map(b64::encode).unwrap_or_default(), Some(life.0))
}

/// `Set-Cookie` that forgets the session.
pub fn clear_session(app: &App) -> HeaderValue {
    set(app, "passband_session", "", Some(0))
}

fn set(app: &App, plain: &str, value: &str, max_age: Option<i64>) -> HeaderValue {
    let mut line = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", name(app, plain));
    if app.is_https() {
        line.push_str("; Secure");
    }
    if let Some(seconds) = max_age {
        line.push_str(&format!("; Max-Age={seconds}"));
    }
    HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// An anti-forgery value for forms shown to this session or asker.
pub fn csrf(app: &App, bound_to: &str) -> String {
    app.keys().ring.seal(Purpose::Csrf, bound_to.as_bytes(), app.rng()).map(b64::encode).unwrap_or_default()
}

/// Whether a form's anti-forgery value was made for this session or asker.
pub fn csrf_matches(app: &App, value: &str, bound_to: &str) -> bool {
    let opened =
        b64::decode(value, 512).ok().and_then(|sealed| app.keys().ring.open(Purpose::Csrf, &sealed).ok());
    opened.is_some_and(|bytes| *bytes == bound_to.as_bytes() && !bound_to.is_empty())
}
