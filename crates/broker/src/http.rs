//! HTTP to one server, and to no other: bounded answers, no redirects, https unless the server is this machine.

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder};
use std::time::Duration;

pub use reqwest::{Method, Url};

use passband_wire::prt::NONCE_HEADER;
use serde::de::DeserializeOwned;

/// No answer of the protocol is longer.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Why a server was not reached, or was not asked.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The file with the CA to trust holds no certificate.
    #[error("the file given by --ca holds no PEM certificate")]
    Ca,
    /// Connecting, TLS or waiting failed.
    #[error("cannot reach {server}: {reason}")]
    Connect {
        /// Who was asked.
        server: String,
        /// The innermost cause, in a few words.
        reason: String,
    },
    /// An address on another server: tokens meant for one must not be sent to another.
    #[error("{0} is not on the server this device talks to")]
    ForeignUrl(String),
    /// Plain http to another machine.
    #[error("{0} is plain http; tokens only travel over https, except to this machine itself")]
    PlainHttp(String),
    /// The answer is longer than any the protocol knows.
    #[error("the answer of {0} is too long")]
    TooLong(String),
    /// Not the address of a server.
    #[error("`{0}` is not a server address; give scheme and host alone, like https://id.example.com")]
    Url(String),
}

/// A server's public URL: scheme, host and port, nothing else. It is also the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// Reads an address. A trailing slash is allowed.
    ///
    /// # Errors
    ///
    /// [`HttpError::Url`], or [`HttpError::PlainHttp`] unless the host is this machine.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let malformed = || HttpError::Url(crate::error::printable(text, 200));
        let url = Url::parse(text).map_err(|_| malformed())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let host = url.host_str().ok_or_else(malformed)?;
        match url.scheme() {
            _ if !bare => Err(malformed()),
            "https" => Ok(Self(url)),
            "http" if is_loopback(host) => Ok(Self(url)),
            "http" => Err(HttpError::PlainHttp(text.to_owned())),
            _ => Err(malformed()),
        }
    }

    /// The address without a trailing slash: the issuer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address of `path`, which starts with a slash.
    ///
    /// # Errors
    ///
    /// [`HttpError::ForeignUrl`] if `path` leads off the server.
    pub fn at(&self, path: &str) -> Result<Url, HttpError> {
        let url = self.0.join(path).map_err(|_| HttpError::ForeignUrl(path.to_owned()))?;
        self.own(url)
    }

    /// `text` as an address, if it is on this server.
    ///
    /// # Errors
    ///
    /// [`HttpError::ForeignUrl`].
    pub fn own_text(&self, text: &str) -> Result<Url, HttpError> {
        let url = Url::parse(text).map_err(|_| HttpError::ForeignUrl(crate::error::printable(text, 200)))?;
        self.own(url)
    }

    fn own(&self, url: Url) -> Result<Url, HttpError> {
        if url.origin() == self.0.origin() && url.username().is_empty() && url.password().is_none() {
            Ok(url)
        } else {
            Err(HttpError::ForeignUrl(crate::error::printable(url.as_str(), 200)))
        }
    }
}

impl std::fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An answer, read whole. Its `Debug` shows no body: tokens are in it.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The nonce for the next request, if the server sent one.
    pub nonce: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

impl Reply {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as JSON; `None` if it is not such a value.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    server: ServerUrl,
}

impl Http {
    /// A client of `server`. With `ca` (PEM) that CA is trusted and no other; without it, the system's are.
    ///
    /// # Errors
    ///
    /// [`HttpError::Ca`], or [`HttpError::Connect`] if TLS cannot be set up on this machine.
    pub fn new(server: ServerUrl, ca: Option<&[u8]>) -> Result<Self, HttpError> {
        let mut builder = Client::builder()
            .user_agent(concat!("passband/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30))
            // A redirect would carry a token to wherever the answer says.
            .redirect(Policy::none());
        if server.0.scheme() == "http" {
            // This machine only: no TLS, and above all no proxy between.
            builder = builder.tls_certs_only([]).no_proxy();
        } else if let Some(pem) = ca {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|_| HttpError::Ca)?;
            if certificates.is_empty() {
                return Err(HttpError::Ca);
            }
            builder = builder.tls_certs_only(certificates);
        }
        let client = builder.build().map_err(|error| unreachable(&server, &error))?;
        Ok(Self { client, server })
    }

    /// The server it talks to.
    #[must_use]
    pub const fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// A request to `path`, which starts with a slash.
    ///
    /// # Errors
    ///
    /// [`HttpError::ForeignUrl`] if `path` leads off the server.
    pub fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, HttpError> {
        Ok(self.client.request(method, self.server.at(path)?))
    }

    /// Sends a request made by [`request`](Self::request) and reads the answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`HttpError::Connect`] or [`HttpError::TooLong`].
    pub async fn send(&self, request: RequestBuilder) -> Result<Reply, HttpError> {
        let fail = |error: &reqwest::Error| unreachable(&self.server, error);
        let mut response = request.send().await.map_err(|error| fail(&error))?;
        let nonce = response.headers().get(NONCE_HEADER).and_then(|value| value.to_str().ok());
        let nonce = nonce.map(str::to_owned);
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fail(&error))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::TooLong(self.server.to_string()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, nonce, body })
    }
}

fn unreachable(server: &ServerUrl, error: &reqwest::Error) -> HttpError {
    // The innermost cause is what a person can act on: "Connection refused", "invalid peer certificate".
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let reason = if error.is_timeout() { "timed out".to_owned() } else { cause.to_string() };
    HttpError::Connect { server: server.to_string(), reason: crate::error::printable(&reason, 300) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in [
            "https://id.example.com",
            "https://id.example.com:8443/",
            "http://localhost:8480",
            "http://127.0.0.1:8480/",
            "http://[::1]:8480",
        ] {
            let server = ServerUrl::parse(good).unwrap();
            assert_eq!(server.as_str(), good.trim_end_matches('/'));
        }
        for bad in ["http://id.example.com", "http://localhost.example.com", "http://10.0.0.1"] {
            assert!(matches!(ServerUrl::parse(bad), Err(HttpError::PlainHttp(_))), "{bad}");
        }
        for bad in [
            "",
            "id.example.com",
            "https://u@id.example.com",
            "https://h/x",
            "https://h/?q",
            "ftp://localhost",
        ] {
            assert!(matches!(ServerUrl::parse(bad), Err(HttpError::Url(_))), "{bad}");
        }
    }

    #[test]
    fn nothing_leads_off_the_server() {
        let server = ServerUrl::parse("http://localhost:8480").unwrap();
        assert_eq!(server.at("/token?x=1").unwrap().as_str(), "http://localhost:8480/token?x=1");
        for path in
            ["//evil.example/", "https://evil.example/", "http://localhost:8481/", "\\\\evil.example/"]
        {
            assert!(server.at(path).is_err(), "{path}");
        }
        for text in ["http://a@localhost:8480/", "https://localhost:8480/", "x", "http://127.0.0.1:8480/"] {
            assert!(server.own_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_does_not_print() {
        let reply = Reply { status: 200, nonce: None, body: b"secret".to_vec() };
        assert_eq!(format!("{reply:?}"), "Reply(200, 6 bytes)");
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_not_silently_no_ca() {
        let server = ServerUrl::parse("https://id.example.com").unwrap();
        assert!(matches!(Http::new(server, Some(b"hello")), Err(HttpError::Ca)));
    }
}
