//! A person at a browser, played: cookies, redirects, and a software authenticator for the passkey page.

use passband_broker::browser::{Browser, BrowserError};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::rng::SystemRandom;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What went wrong, for the person running the demo.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// A person's passkeys, wherever they carry them.
pub type Passkeys = Arc<Mutex<SoftAuthenticator>>;

/// Fresh passkeys on one authenticator whose keys do not leave it.
pub fn passkeys() -> Passkeys {
    Arc::new(Mutex::new(SoftAuthenticator::new(Model::device_bound())))
}

/// A browser with its cookies, and the person's passkeys in reach.
#[derive(Clone)]
pub struct Robot {
    client: Client,
    server: String,
    cookies: Arc<Mutex<HashMap<String, String>>>,
    passkeys: Option<Passkeys>,
    prt: Option<String>,
    prompts: Arc<Mutex<usize>>,
}

/// Where a visit ended.
pub struct Page {
    /// Its address.
    pub url: String,
    /// Its status.
    pub status: StatusCode,
    /// Its text.
    pub text: String,
}

impl Robot {
    /// A browser fresh from the box.
    pub fn new(server: &str, passkeys: Option<Passkeys>) -> Result<Self, Trouble> {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        Ok(Self {
            client,
            server: server.to_owned(),
            cookies: Arc::default(),
            passkeys,
            prt: None,
            prompts: Arc::default(),
        })
    }

    /// The same person at another browser, whose device puts a PRT into its requests.
    pub fn with_prt(mut self, cookie: String) -> Self {
        self.prt = Some(cookie);
        self
    }

    /// How often the person was asked for their passkey.
    pub fn prompts(&self) -> usize {
        *self.prompts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Visits an address, follows where it leads, and signs in where it is asked to.
    pub async fn visit(&self, address: &str) -> Result<Page, Trouble> {
        let mut address = Url::parse(address)?;
        for _ in 0..20 {
            let response = self.send(self.request(Method::GET, &address)).await?;
            if let Some(next) = response.headers().get(header::LOCATION) {
                address = address.join(next.to_str()?)?;
                continue;
            }
            let status = response.status();
            let text = response.text().await?;
            if text.contains(r#"data-ceremony="sign-in""#) && self.passkeys.is_some() {
                self.sign_in().await?;
                continue;
            }
            return Ok(Page { url: address.to_string(), status, text });
        }
        Err("the pages led in a circle".into())
    }

    /// The passkey page: options, the person's touch, the answer.
    async fn sign_in(&self) -> Result<(), Trouble> {
        *self.prompts.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
        let options = self.json("/ceremony/sign-in/options", &json!({})).await?;
        let passkeys = self.passkeys.as_ref().ok_or("nobody has a passkey here")?;
        let credential = {
            let holder = passkeys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            holder.get(&options["publicKey"], &self.server, &SystemRandom)?
        };
        self.json("/ceremony/sign-in", &json!({ "ceremony": options["ceremony"], "credential": credential }))
            .await?;
        Ok(())
    }

    /// Registers a passkey: behind the set-up link, or in the session this browser has.
    pub async fn register(&self, ask: &Value, name: &str) -> Result<String, Trouble> {
        let options = self.json("/ceremony/register/options", ask).await?;
        let passkeys = self.passkeys.as_ref().ok_or("nobody has an authenticator here")?;
        let credential = {
            let mut holder = passkeys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            holder.create(&options["publicKey"], &self.server, &SystemRandom)?
        };
        let body = json!({ "ceremony": options["ceremony"], "credential": credential, "name": name });
        let done = self.json("/ceremony/register", &body).await?;
        Ok(done["next"].as_str().unwrap_or_default().to_owned())
    }

    /// Types a Temporary Access Pass; true if it let the person in.
    pub async fn type_pass(&self, upn: &str, pass: &str) -> Result<bool, Trouble> {
        let page = self.visit(&format!("{}/tap", self.server)).await?;
        let csrf = between(&page.text, r#"name="csrf" value=""#, "\"").ok_or("the pass page has no form")?;
        let form = [("userPrincipalName", upn), ("accessPass", pass), ("csrf", csrf)];
        let address = Url::parse(&format!("{}/tap", self.server))?;
        let request = self.request(Method::POST, &address).header(header::ORIGIN, &self.server).form(&form);
        Ok(self.send(request).await?.status() == StatusCode::SEE_OTHER)
    }

    async fn json(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        let address = Url::parse(&format!("{}{path}", self.server))?;
        let request = self.request(Method::POST, &address).header(header::ORIGIN, &self.server).json(body);
        let response = self.send(request).await?;
        let good = response.status().is_success();
        let answer: Value = response.json().await?;
        if good { Ok(answer) } else { Err(format!("{path}: {}", answer["error"]["message"]).into()) }
    }

    fn request(&self, method: Method, address: &Url) -> RequestBuilder {
        let mut request = self.client.request(method, address.clone());
        let jar = self.cookies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !jar.is_empty() {
            let line: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        if let Some(prt) = self.prt.as_ref().filter(|_| address.as_str().starts_with(&self.server)) {
            request = request.header(passband_wire::prt::CREDENTIAL_NAME, prt);
        }
        request
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let response = request.send().await?;
        let mut jar = self.cookies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for line in response.headers().get_all(header::SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(jar);
        Ok(response)
    }
}

/// The broker opens its sign-in page here.
impl Browser for Robot {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let (robot, url) = (self.clone(), url.to_owned());
        // What goes wrong here shows as a broker that waits in vain, so it is said aloud too.
        tokio::spawn(async move {
            if let Err(trouble) = robot.visit(&url).await {
                tracing::error!(%trouble, "the played browser failed");
            }
        });
        Ok(())
    }
}

/// The text between two marks.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}
