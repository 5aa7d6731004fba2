//! The browser's session: who is signed in here, and the page that signs someone in.

use crate::app::App;
use crate::cookie;
use crate::extract::{Caller, Params};
use crate::pages;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::authn::sign_in::Place;
use passband_core::directory::Standing;
use passband_core::id::SessionId;
use passband_core::reason::Reason;
use passband_core::session::standing::{Live, judge};
use passband_store::StoreError;
use std::sync::Arc;

/// What stands behind the browser's cookie, if it has one.
///
/// # Errors
///
/// [`StoreError`].
pub async fn standing(app: &App, headers: &HeaderMap) -> Result<Option<Arc<Standing>>, StoreError> {
    match cookie::session(app, headers) {
        Some(id) => app.store.standing(id).await,
        None => Ok(None),
    }
}

/// The session in good standing, if there is one and it may do more than register a passkey.
pub fn signed_in<'a>(app: &App, standing: Option<&'a Arc<Standing>>) -> Option<Live<'a>> {
    let live = judge(standing?, app.now()).ok()?;
    live.is_full().then_some(live)
}

/// The same for a session that is to sign its person in to an app.
pub fn signed_in_to_apps<'a>(app: &App, standing: Option<&'a Arc<Standing>>) -> Option<Live<'a>> {
    let live = judge(standing?, app.now()).ok()?;
    live.opens_apps().then_some(live)
}

/// The session behind the cookie, whatever its standing.
pub fn id(standing: Option<&Arc<Standing>>) -> Option<SessionId> {
    standing.map(|standing| standing.session.id)
}

/// The place a session begins at.
pub fn place(app: &App, caller: &Caller) -> Place {
    Place {
        id: SessionId::generate(app.rng()),
        agent: caller.agent.clone(),
        ip: caller.ip.clone(),
        now: app.now(),
    }
}

/// A local address to go on to: a path of our own, never another site (open redirection).
pub fn local(next: &str) -> Option<&str> {
    let plain = next.len() <= 8192 && next.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    (plain && next.starts_with('/') && !next.starts_with("//")).then_some(next)
}

/// 303 to an address, which is a header value by construction or is refused.
pub fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to), no_store()]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// 302 to an address: what `/authorize` answers, since clients of the broker protocol read the code from that status
/// alone (prt.md §7.5). Only for answers to GET; after a form it is [`see_other`].
pub fn found(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::FOUND, [(header::LOCATION, to), no_store()]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// `Cache-Control: no-store`, as a pair.
pub const fn no_store() -> (header::HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// Adds a cookie to an answer.
pub fn with_cookie(mut answer: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// The page that asks for a passkey, shown in place of the page that needs one.
pub fn sign_in_page(
    app: &App,
    headers: &HeaderMap,
    (name, here): (Option<String>, &str),
    (band, notice): (pages::Band, Option<pages::Notice>),
) -> Response {
    let asker = cookie::asker(app, headers);
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let page = pages::SignIn {
        app: name,
        tap_href: format!("/tap?next={next}"),
        recover_href: format!("/recover?next={next}"),
        band,
        notice,
        contract: None,
    };
    let answer = pages::reply(StatusCode::OK, &page, &pages::csp(&[]));
    with_cookie(answer, cookie::set_asker(app, &asker))
}

/// Where somebody signs in who is then to come back to `here`, an address of ours.
pub fn place_of_sign_in(here: &str) -> String {
    format!("/sign-in?next={}", form_urlencoded::byte_serialize(here.as_bytes()).collect::<String>())
}

/// `GET /sign-in?next=…`: signs in to our own pages.
pub async fn sign_in(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let next = params.non_empty("next").and_then(local).unwrap_or("/account");
    let fresh_wanted = !params.get("fresh").is_empty();
    let standing = match standing(&app, &headers).await {
        Ok(standing) => standing,
        Err(error) => return unavailable(&error),
    };
    if let Some(live) = signed_in(&app, standing.as_ref()) {
        let fresh = (app.now() - live.session().auth_time).0 < 60 && live.session().parent.is_none();
        if !fresh_wanted || fresh {
            return see_other(next);
        }
    }
    let here = place_of_sign_in(next);
    let notice = fresh_wanted.then(|| {
        let text = "This needs a fresh sign-in, in person. Sign in, then do it again.";
        pages::Notice::refused(text, Reason::AuthTooOld.code())
    });
    sign_in_page(&app, &headers, (None, &here), (pages::Band::default(), notice))
}

/// A page for a fault of ours.
pub fn unavailable(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a page could not be shown");
    (StatusCode::SERVICE_UNAVAILABLE, "The server cannot answer just now. Try again shortly.\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn next_is_a_path_of_ours() {
        for good in ["/", "/account", "/authorize?client_id=x&state=%2F"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a b",
            "/\n",
            "\\\\x",
        ] {
            assert_eq!(local(bad), None, "{bad}");
        }
    }
}
