//! The server that is attacked, and what only its own operator can do.

use crate::attack::Trouble;
use crate::http::{self, Browser, Reply};
use passband_wire::b64;
use passband_wire::rng::{self, SystemRandom};
use passband_wire::time::Timestamp;
use reqwest::{Client, Method};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What only somebody inside a server can do: move its clock, and see what it stores.
pub trait Backstage: Send + Sync {
    /// Now, by the server's clock.
    fn now(&self) -> Timestamp;
    /// Lets the server's time pass.
    fn pass(&self, seconds: i64);
    /// A token of its admin API that is good now.
    fn admin_token(&self) -> String;
    /// How many bytes its database has on disk.
    fn stored(&self) -> u64;
}

/// How somebody gets at the server's admin API and its time.
#[derive(Clone)]
pub enum Key {
    /// With a token, and with patience for so many seconds.
    Token {
        /// A bearer token of the admin API, good for as long as the run takes.
        token: String,
        /// The longest that a variant may wait for time to pass.
        patience: i64,
    },
    /// From inside.
    Backstage(Arc<dyn Backstage>),
}

/// A server.
pub struct Target {
    /// Its address, without a slash at the end.
    pub server: String,
    /// What its paths have as the tenant.
    pub tenant: String,
    /// A second installation of it, for what must not pass from one to the other.
    pub other: Option<Box<Self>>,
    /// How many nonces are asked for in a flood.
    pub flood: u32,
    key: Key,
    client: Client,
    made: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Target {
    /// A server at this address. With `ca` (PEM) that CA is trusted and no other.
    ///
    /// # Errors
    ///
    /// [`Trouble::SetUp`] if the certificates cannot be read.
    pub fn new(server: &str, tenant: &str, key: Key, ca: Option<&[u8]>) -> Result<Self, Trouble> {
        let server = server.trim_end_matches('/').to_owned();
        let client = http::client(&server, ca)?;
        let made = Mutex::new(Vec::new());
        Ok(Self { server, tenant: tenant.to_owned(), other: None, flood: 2000, key, client, made })
    }

    /// Whether it answers at all.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`], or [`Trouble::SetUp`] if the token is not good there.
    pub async fn check(&self) -> Result<(), Trouble> {
        let reply = self.graph(Method::GET, "/v1.0/users?$top=1", None).await?;
        match reply.is_ok() {
            true => Ok(()),
            false => Err(Trouble::SetUp(format!("the admin API answers {}", reply.brief()))),
        }
    }

    /// A browser that has never been there.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.client.clone(), &self.server)
    }

    /// A program: no cookies of people, no origin.
    pub(crate) fn program(&self) -> Browser {
        let mut program = self.browser();
        program.origin = None;
        program
    }

    /// A request to the Graph-shaped admin API.
    pub(crate) async fn graph(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, Trouble> {
        let token = match &self.key {
            Key::Token { token, .. } => token.clone(),
            Key::Backstage(stage) => stage.admin_token(),
        };
        let mut program = self.program();
        let mut request = program.request(method, path).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        program.send(request).await
    }

    /// Makes something there; it is taken away again at the end.
    pub(crate) async fn make(&self, collection: &str, body: &Value) -> Result<Value, Trouble> {
        let reply = self.graph(Method::POST, collection, Some(body)).await?;
        if !reply.is_ok() {
            return Err(Trouble::SetUp(format!(
                "POST {collection} answers {} {}",
                reply.brief(),
                reply.body
            )));
        }
        let made = reply.json();
        if let Some(id) = made["id"].as_str() {
            let path = format!("{collection}/{id}");
            self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path);
        }
        Ok(made)
    }

    /// Changes something there.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(), Trouble> {
        let reply = self.graph(method.clone(), path, body).await?;
        match reply.is_ok() {
            true => Ok(()),
            false => Err(Trouble::SetUp(format!("{method} {path} answers {}", reply.brief()))),
        }
    }

    /// Takes away what was made, the newest first. What cannot be taken away stays.
    pub(crate) async fn clean(&self) {
        let all = std::mem::take(&mut *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for path in all.iter().rev() {
            let _ = self.graph(Method::DELETE, path, None).await;
        }
        if let Some(other) = &self.other {
            Box::pin(other.clean()).await;
        }
    }

    /// Lets time pass; `None` if it did, otherwise why it did not.
    pub(crate) async fn pass(&self, seconds: i64) -> Option<String> {
        match &self.key {
            Key::Backstage(stage) => stage.pass(seconds),
            Key::Token { patience, .. } if *patience >= seconds => {
                tokio::time::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or_default())).await;
            }
            Key::Token { .. } => return Some(format!("needs a clock: {seconds} seconds have to pass")),
        }
        None
    }

    /// Now, as far as this side knows.
    pub(crate) fn now(&self) -> Timestamp {
        match &self.key {
            Key::Backstage(stage) => stage.now(),
            Key::Token { .. } => {
                #[expect(clippy::disallowed_methods, reason = "the edge: a program that asks the system")]
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Timestamp(since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or_default()))
            }
        }
    }

    /// How many bytes its database has, if that can be seen.
    pub(crate) fn stored(&self) -> Option<u64> {
        match &self.key {
            Key::Backstage(stage) => Some(stage.stored()),
            Key::Token { .. } => None,
        }
    }

    /// The host alone.
    pub(crate) fn host(&self) -> &str {
        let rest = self.server.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(':').next().unwrap_or_default()
    }

    /// A path of the token endpoint, version 2.
    pub(crate) fn token_path(&self) -> String {
        format!("/{}/oauth2/v2.0/token", self.tenant)
    }
}

/// A few letters that nobody has used.
pub(crate) fn fresh() -> String {
    b64::encode(rng::bytes::<9>(&SystemRandom)).to_lowercase().replace(['-', '_'], "x")
}
