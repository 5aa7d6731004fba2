//! The server as a broker sees it: metadata, nonces, and the token endpoint.

use crate::error::{Error, Refusal};
use crate::http::{Http, Method, Reply, Url};
use passband_wire::prt::GRANT_JWT_BEARER;
use passband_wire::prt::message::NonceReply;
use passband_wire::prt::suite::Suite;
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// The endpoint of everything the broker protocol asks (prt.md §4.1, form v3).
const TOKEN_PATH: &str = "/common/oauth2/v2.0/token";
/// Where nonces come from (§2.1).
const NONCE_PATH: &str = "/common/oauth2/token";

/// The provider's metadata (OpenID Connect Discovery §3), as far as the broker needs it. Both endpoints are on
/// the server itself.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Equals the server's URL.
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Url,
    /// Where a code is redeemed.
    pub token_endpoint: Url,
}

#[derive(Deserialize)]
struct RawMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// One server, and the nonce it last offered.
#[derive(Debug)]
pub struct Provider {
    http: Http,
    offered: Mutex<Option<String>>,
}

impl Provider {
    /// The provider behind `http`.
    #[must_use]
    pub const fn new(http: Http) -> Self {
        Self { http, offered: Mutex::new(None) }
    }

    /// The client underneath.
    #[must_use]
    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// Reads `/.well-known/openid-configuration`.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the issuer is another (mix-up, RFC 9207) or an endpoint is on another server.
    pub async fn metadata(&self) -> Result<Metadata, Error> {
        let request = self.http.request(Method::GET, "/.well-known/openid-configuration")?;
        let reply = self.succeed(self.http.send(request).await?)?;
        let raw: RawMetadata =
            reply.json().ok_or(Error::Protocol("its OpenID configuration cannot be read"))?;
        let server = self.http.server();
        if raw.issuer != server.as_str() {
            return Err(Error::Protocol(
                "its issuer is not the address asked for; use the server's public URL exactly",
            ));
        }
        let own = |text: &str| {
            server.own_text(text).map_err(|_| Error::Protocol("an endpoint it names is on another server"))
        };
        Ok(Metadata {
            authorization_endpoint: own(&raw.authorization_endpoint)?,
            token_endpoint: own(&raw.token_endpoint)?,
            issuer: raw.issuer,
        })
    }

    /// A fresh nonce from the server (`grant_type=srv_challenge`, §2.1).
    ///
    /// # Errors
    ///
    /// [`Error`] if the server is not reached or answers with something else.
    pub async fn nonce(&self) -> Result<String, Error> {
        let request = self.http.request(Method::POST, NONCE_PATH)?.form(&[("grant_type", "srv_challenge")]);
        let reply = self.succeed(self.http.send(request).await?)?;
        let reply: NonceReply = reply.json().ok_or(Error::Protocol("no nonce in the answer"))?;
        checked(reply.nonce).ok_or(Error::Protocol("the nonce has characters no nonce has"))
    }

    /// Posts the form of a signed request (§4.1). `sign` makes the request for a nonce: the one the server
    /// offered with its last answer, else a fresh one. An offered nonce may have grown old meanwhile; if the
    /// server says so, one fresh nonce is tried.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the server's words, or whatever `sign` or the way there says.
    pub async fn post_signed(
        &self,
        suite: Suite,
        sign: impl Fn(&str) -> Result<String, Error>,
    ) -> Result<Reply, Error> {
        if let Some(nonce) = self.take_offered() {
            match self.post_request(suite, &sign(&nonce)?).await {
                Err(Error::Refused(refusal)) if refusal.is_nonce() => {}
                other => return other,
            }
        }
        self.post_request(suite, &sign(&self.nonce().await?)?).await
    }

    /// Posts one signed request as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the server's words, or [`Error::Http`].
    pub async fn post_request(&self, suite: Suite, request: &str) -> Result<Reply, Error> {
        let form = [
            ("prt_protocol_version", suite.protocol_version()),
            ("grant_type", GRANT_JWT_BEARER),
            ("request", request),
            ("client_info", "1"),
        ];
        self.post_form(self.http.server().at(TOKEN_PATH)?.path(), &form).await
    }

    /// Posts a form to a token endpoint and keeps the nonce that comes with the answer.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the server's words, or [`Error::Http`].
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Reply, Error> {
        let reply = self.http.send(self.http.request(Method::POST, path)?.form(form)).await?;
        self.succeed(reply)
    }

    /// Keeps the nonce of an answer, and turns anything but a success into the refusal it is.
    pub(crate) fn succeed(&self, mut reply: Reply) -> Result<Reply, Error> {
        if let Some(nonce) = reply.nonce.take().and_then(checked) {
            *self.offered.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce);
        }
        if reply.is_success() {
            Ok(reply)
        } else {
            Err(Refusal::from_reply(reply.status, &reply.body).into())
        }
    }

    /// The nonce the server last offered; it is good for one request, so it is taken.
    fn take_offered(&self) -> Option<String> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Nonces are built from these characters alone (§0.5); one that is not would end up inside signed text.
pub(crate) fn checked(nonce: String) -> Option<String> {
    let plain = nonce.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (plain && (8..=1024).contains(&nonce.len())).then_some(nonce)
}
