//! What routes take from a request: who calls, and forms read strictly.

use crate::app::App;
use crate::proxy;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

/// The most a form or query may have.
const MAX_FORM: usize = 64 * 1024;
const MAX_MEMBERS: usize = 100;

/// The address of the peer, put there by the listener.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Who calls, for the log.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Address of the peer, or of whom a proxy of ours speaks for.
    pub ip: String,
    /// User agent, cut to 200 characters.
    pub agent: String,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let ip = parts.extensions.get::<Peer>().map_or_else(String::new, |peer| {
            proxy::caller(peer.0.ip(), &parts.headers, &app.config.trusted_proxies).to_string()
        });
        let agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { ip, agent: agent.chars().filter(|c| !c.is_control()).take(200).collect() })
    }
}

/// Members of a form or query, each at most once.
#[derive(Clone, Debug, Default)]
pub struct Params(HashMap<String, String>);

/// The form or query is too large, or names a member twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamsError;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    ///
    /// [`ParamsError`]: a member given twice would let two readers of one request see two different requests
    /// (RFC 6749 §3.1; failure class 29).
    pub fn parse(text: &[u8]) -> Result<Self, ParamsError> {
        if text.len() > MAX_FORM {
            return Err(ParamsError);
        }
        let mut map = HashMap::new();
        for (key, value) in form_urlencoded::parse(text) {
            if map.len() >= MAX_MEMBERS || map.insert(key.into_owned(), value.into_owned()).is_some() {
                return Err(ParamsError);
            }
        }
        Ok(Self(map))
    }

    /// A member, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The members as `application/x-www-form-urlencoded` text again.
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The names of the members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a member is there, empty or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// As [`encode`](Self::encode), with one member set.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut all: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(other, _)| *other != name);
        all.push((name, value));
        // A map has no order of its own, and an address should not change from one request to the next.
        all.sort_unstable();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish()
    }

    /// Sets a member; empty, it is as good as not there.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// A member that is there and not empty.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A form body. Its content type does not matter: some broker clients send none (prt.md §0.2).
#[derive(Debug)]
pub struct Form(pub Result<Params, ParamsError>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        match axum::body::to_bytes(request.into_body(), MAX_FORM).await {
            Ok(bytes) => Ok(Self(Params::parse(&bytes))),
            Err(_) => Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
        }
    }
}

/// Whether a request that changes something comes from our own pages (failure class 11: forged requests).
///
/// A browser writes `Origin` on every POST, and a page cannot change it.
pub fn is_same_origin(app: &App, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    origin.as_bytes() == app.config.public_url.as_bytes() || is_related_here(app, headers, origin)
}

/// Whether a page of a related origin sent this to that origin itself. A related origin that another server answers
/// has the right to our passkeys, not to our forms.
fn is_related_here(app: &App, headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let related = app.config.related_origins.iter().find(|related| related.as_bytes() == origin.as_bytes());
    related.and_then(|related| related.split_once("://")).is_some_and(|(_, named)| host == Some(named))
}

/// The token of `Authorization: Bearer`; `None` if there is none or more than one header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let value = all.next()?.to_str().ok()?;
    if all.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_given_twice_is_refused() {
        assert_eq!(Params::parse(b"a=1&b=2").unwrap().get("b"), "2");
        assert_eq!(Params::parse(b"a=1&a=2").unwrap_err(), ParamsError);
        assert_eq!(Params::parse(b"a=1&%61=1").unwrap_err(), ParamsError);
        let many: Vec<_> = (0..101).map(|n| format!("k{n}=v")).collect();
        assert!(Params::parse(many.join("&").as_bytes()).is_err());
        assert!(Params::parse(&vec![b'a'; MAX_FORM + 1]).is_err());
    }
}
