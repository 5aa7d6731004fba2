//! HTTP as attackers speak it: any header and method, no redirect followed, cookies kept by hand.

use crate::attack::Trouble;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// No answer of the protocol is longer.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// A client of one server. With `ca` (PEM) that CA is trusted and no other.
///
/// # Errors
///
/// [`Trouble::SetUp`] if the certificates cannot be read.
pub fn client(server: &str, ca: Option<&[u8]>) -> Result<Client, Trouble> {
    let failed = |error: reqwest::Error| Trouble::SetUp(error.to_string());
    let mut builder = Client::builder()
        .user_agent("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0")
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(60))
        .redirect(Policy::none());
    if server.starts_with("http://") {
        builder = builder.tls_certs_only([]).no_proxy();
    } else if let Some(pem) = ca {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem).map_err(failed)?);
    }
    builder.build().map_err(failed)
}

/// An answer, read to its end.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Reply {
    /// Where it leads, or nothing.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A member of the body's JSON that is text, or nothing.
    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the status is 200 to 299.
    pub const fn is_ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The authorization code it carries.
    pub fn code(&self) -> Option<String> {
        let (_, query) = self.location().split_once(['?', '#'])?;
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").map(|(_, v)| v.into_owned())
    }

    /// The value of a hidden field of its page.
    pub fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!(r#"name="{name}" value=""#))?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// The `$Config` block of a page for programs, or null.
    pub fn config(&self) -> Value {
        let block = self.body.split_once("$Config=").and_then(|(_, rest)| rest.split_once(";\n//]]>"));
        block.and_then(|(block, _)| serde_json::from_str(block).ok()).unwrap_or_default()
    }

    /// Names of the cookies it sets.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        let lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.filter(|line| !line.contains("Max-Age=0")).filter_map(|line| Some(line.split_once('=')?.0))
    }

    /// The answer in a few words: status, OAuth error and AADSTS number.
    pub fn brief(&self) -> String {
        let (body, config) = (self.json(), self.config());
        let mut words = vec![self.status.to_string()];
        for error in [&body["error"], &body["error"]["code"]] {
            words.extend(error.as_str().map(str::to_owned));
        }
        words.extend(body["error_codes"][0].as_u64().map(|number| format!("AADSTS{number}")));
        words.extend(config["sErrorCode"].as_str().map(|number| format!("page, AADSTS{number}")));
        let (path, query) = self.location().split_once('?').unwrap_or((self.location(), ""));
        if let Some((_, error)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "error") {
            words.push(format!("back to the app with {error}"));
        } else if query.contains("sso_nonce=") {
            words.push("sent back with a nonce".to_owned());
        } else if !path.is_empty() {
            words.push(format!("to {path}"));
        } else if self.body.contains(r#"data-ceremony="sign-in""#) {
            words.push("the page that asks for a passkey".to_owned());
        }
        words.join(" ")
    }
}

/// Whoever sends requests: a browser with its cookies, or a program.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    server: String,
    cookies: BTreeMap<String, String>,
    /// What it sends as `Origin` with a POST; a program sends none.
    pub origin: Option<String>,
}

impl Browser {
    /// One that has never been at this server.
    pub fn new(client: Client, server: &str) -> Self {
        let origin = Some(server.to_owned());
        Self { client, server: server.to_owned(), cookies: BTreeMap::new(), origin }
    }

    /// Sends a request, keeps the cookies it is given.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn send(&mut self, mut request: RequestBuilder) -> Result<Reply, Trouble> {
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let failed = |error: reqwest::Error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            Trouble::Unreachable(format!("{}: {cause}", self.server))
        };
        let mut answer = request.send().await.map_err(failed)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Trouble::SetUp("an answer is longer than any of the protocol".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// A request to a path of the server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server))
    }

    /// Opens a page with these headers.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, Trouble> {
        let mut request = self.request(Method::GET, path).header("accept", "text/html,*/*;q=0.8");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// Sends a body.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn post(&mut self, path: &str, kind: &str, body: String) -> Result<Reply, Trouble> {
        let mut request = self.request(Method::POST, path).header("content-type", kind).body(body);
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        self.send(request).await
    }

    /// Sends a form.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Reply, Trouble> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", body).await
    }

    /// Sends JSON, as the scripts of pages do.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn json(&mut self, path: &str, body: &Value) -> Result<Reply, Trouble> {
        self.post(path, "application/json", body.to_string()).await
    }
}

/// Text as a member of a query.
pub fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
