//! A person at a browser, played: a software authenticator, cookies, and the forms they press.

use passband_testkit::authenticator::{Model, Quirks, SoftAuthenticator};
use passband_wire::b64;
use passband_wire::rng::SystemRandom;
use reqwest::{Client, Method, Response, Url, header};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What went wrong on the way.
pub type Trouble = Box<dyn std::error::Error>;

/// The server under test and a token for its admin API.
pub struct Server {
    /// Its public URL, without a slash at the end.
    pub url: String,
    token: String,
    http: Client,
}

impl Server {
    /// From `PASSBAND_URL` and `PASSBAND_TOKEN`.
    ///
    /// # Errors
    ///
    /// A variable that is missing.
    pub fn from_env() -> Result<Self, Trouble> {
        let variable = |name: &str| std::env::var(name).map_err(|_| format!("set {name}"));
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let url = variable("PASSBAND_URL")?.trim_end_matches('/').to_owned();
        Ok(Self { url, token: variable("PASSBAND_TOKEN")?, http })
    }

    /// Switches an application on or off.
    pub async fn switch(&self, app: &str, on: bool) -> Result<(), Trouble> {
        let body = json!({ "passband_enabled": on });
        self.admin(Method::PATCH, &format!("/applications/{app}"), Some(body)).await?;
        Ok(())
    }

    /// Asks the admin API.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Trouble> {
        let mut request =
            self.http.request(method, format!("{}/v1.0{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {text}").into());
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}

/// Somebody with one passkey, signed in at their browser.
pub struct Person {
    /// User principal name.
    pub upn: String,
    server: String,
    authenticator: SoftAuthenticator,
    http: Client,
    cookies: HashMap<String, String>,
}

impl Person {
    /// Makes the user, hands them a pass, and has them make a passkey with it.
    pub async fn arrive(server: &Server, upn: &str, name: &str) -> Result<Self, Trouble> {
        let body = json!({ "userPrincipalName": upn, "displayName": name, "accountEnabled": true });
        let user = server.admin(Method::POST, "/users", Some(body)).await?;
        let id = user["id"].as_str().ok_or("a user without an id")?;
        let path = format!("/users/{id}/authentication/temporaryAccessPassMethods");
        let body = json!({ "isUsableOnce": true, "lifetimeInMinutes": 60 });
        let made = server.admin(Method::POST, &path, Some(body)).await?;
        let pass = made["temporaryAccessPass"].as_str().ok_or("no pass")?;
        let mut person = Self {
            upn: upn.to_owned(),
            server: server.url.clone(),
            authenticator: SoftAuthenticator::new(Model::device_bound()),
            http: server.http.clone(),
            cookies: HashMap::new(),
        };
        person.press("/tap", "/tap", &[("userPrincipalName", upn), ("accessPass", pass)]).await?;
        let options = person.json("/ceremony/register/options", &json!({})).await?;
        let origin = person.server.clone();
        let credential = person.authenticator.create(&options["publicKey"], &origin, &SystemRandom)?;
        let body = json!({ "ceremony": options["ceremony"], "credential": credential, "name": "Interop" });
        person.json("/ceremony/register", &body).await?;
        // What follows is done with the passkey alone.
        person.cookies.clear();
        person.sign_in().await?;
        Ok(person)
    }

    async fn sign_in(&mut self) -> Result<(), Trouble> {
        let options = self.json("/ceremony/sign-in/options", &json!({})).await?;
        let credential = self.authenticator.get(&options["publicKey"], &self.server, &SystemRandom)?;
        let body = json!({ "ceremony": options["ceremony"], "credential": credential });
        self.json("/ceremony/sign-in", &body).await?;
        Ok(())
    }

    /// An assertion over the characters of a challenge, flat as libhimmelblau hands it on (prt.md §10.3).
    pub fn assertion(&mut self, challenge: &str, origin: Option<&str>) -> Result<String, Trouble> {
        let options = json!({
            "challenge": b64::encode(challenge),
            "rpId": "localhost",
            "allowCredentials": [],
            "userVerification": "preferred",
            "timeout": 1000,
        });
        self.authenticator.quirks().origin = origin.map(str::to_owned);
        let full = self.authenticator.get(&options, &self.server, &SystemRandom);
        *self.authenticator.quirks() = Quirks::default();
        let full = full?;
        let response = &full["response"];
        Ok(json!({
            "id": full["id"],
            "clientDataJSON": response["clientDataJSON"],
            "authenticatorData": response["authenticatorData"],
            "signature": response["signature"],
            "userHandle": response["userHandle"],
        })
        .to_string())
    }

    /// Types the code that a program shows, and says yes.
    pub async fn approve(&mut self, user_code: &str) -> Result<(), Trouble> {
        let page = self.press("/device", "/device", &[("userCode", user_code)]).await?;
        let csrf = between(&page, r#"name="csrf" value=""#, "\"").ok_or("no question asked")?.to_owned();
        let fields = [("csrf", csrf.as_str()), ("userCode", user_code), ("answer", "yes")];
        let done = self.form("/device", &fields).await?;
        if done.status().is_success() { Ok(()) } else { Err(format!("approval: {}", done.status()).into()) }
    }

    /// Follows an address to the first place outside the server.
    pub async fn follow(&mut self, address: &str) -> Result<String, Trouble> {
        let mut address = Url::parse(address)?;
        for _ in 0..10 {
            if !address.as_str().starts_with(&self.server) {
                return Ok(address.into());
            }
            let request = self.http.get(address.clone()).header("sec-fetch-mode", "navigate");
            let response = self.send(request).await?;
            let next = response.headers().get(header::LOCATION);
            address = address.join(next.ok_or("a page where a redirection was due")?.to_str()?)?;
        }
        Err("the pages led in a circle".into())
    }

    async fn press(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<String, Trouble> {
        let request = self.http.get(format!("{}{page}", self.server));
        let text = self.send(request).await?.text().await?;
        let csrf =
            between(&text, r#"name="csrf" value=""#, "\"").ok_or_else(|| format!("no form on {page}"))?;
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf)]).collect();
        let response = self.form(action, &fields).await?;
        if response.status().is_client_error() {
            return Err(format!("{action}: {}", response.status()).into());
        }
        Ok(response.text().await?)
    }

    async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Response, Trouble> {
        let request = self.http.post(format!("{}{path}", self.server)).header(header::ORIGIN, &self.server);
        self.send(request.form(fields)).await
    }

    async fn json(&mut self, path: &str, body: &Value) -> Result<Value, Trouble> {
        let request = self.http.post(format!("{}{path}", self.server)).header(header::ORIGIN, &self.server);
        let response = self.send(request.json(body)).await?;
        let status = response.status();
        let text = response.text().await?;
        if status.is_success() {
            Ok(serde_json::from_str(&text)?)
        } else {
            Err(format!("{path}: {text}").into())
        }
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Result<Response, Trouble> {
        if !self.cookies.is_empty() {
            let line: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        let response = request.send().await?;
        for line in response.headers().get_all(header::SET_COOKIE) {
            if let Some((name, value)) =
                line.to_str()?.split(';').next().and_then(|pair| pair.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

/// The text between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}
