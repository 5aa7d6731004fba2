//! People: accounts, passes, passkeys, and the browsers in which they sign in.

use crate::attack::Trouble;
use crate::http::{Browser, Reply, encode};
use crate::target::{Target, fresh};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE};
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::{Value, json};

/// The broker's loopback address.
pub const LOOPBACK: &str = "http://127.0.0.1:5000/";

/// Where the application that is made here is answered.
pub const CALLBACK: &str = "https://app.example/cb";

/// Somebody with an account, and what holds their passkeys.
pub struct Person {
    /// Object id.
    pub id: String,
    /// userPrincipalName.
    pub upn: String,
    /// Their passkeys.
    pub authenticator: SoftAuthenticator,
}

/// An application that signs people in, and is a resource.
pub struct App {
    /// Client id.
    pub id: String,
    /// Its name as a resource.
    pub resource: String,
    /// The PKCE verifier of its requests.
    pub verifier: String,
}

/// The answer, if it is a success.
pub fn done(what: &str, reply: Reply) -> Result<Reply, Trouble> {
    match reply.is_ok() || (300..400).contains(&reply.status) {
        true => Ok(reply),
        false => Err(Trouble::SetUp(format!("{what}: {} {}", reply.brief(), reply.body))),
    }
}

impl Target {
    /// Somebody with an account and no passkey.
    pub(crate) async fn newcomer(&self, name: &str) -> Result<Person, Trouble> {
        let upn = format!("{}-{}@{}", name.to_lowercase(), fresh(), self.host());
        let body = json!({ "userPrincipalName": upn, "displayName": name });
        let made = self.make("/v1.0/users", &body).await?;
        let id = made["id"].as_str().unwrap_or_default().to_owned();
        Ok(Person { id, upn, authenticator: SoftAuthenticator::new(Model::synced()) })
    }

    /// A Temporary Access Pass for them.
    pub(crate) async fn pass_for(&self, person: &Person, once: bool) -> Result<String, Trouble> {
        let path = format!("/v1.0/users/{}/authentication/temporaryAccessPassMethods", person.id);
        let body = json!({ "isUsableOnce": once, "lifetimeInMinutes": 60 });
        let reply = done("making a pass", self.graph(Method::POST, &path, Some(&body)).await?)?;
        Ok(reply.text("temporaryAccessPass"))
    }

    /// Somebody with a passkey, made behind a pass.
    pub(crate) async fn person(&self, name: &str) -> Result<Person, Trouble> {
        let mut person = self.newcomer(name).await?;
        let pass = self.pass_for(&person, true).await?;
        let mut browser = self.browser();
        done("entering a pass", browser.enter_pass(&person.upn, &pass).await?)?;
        done("registering a passkey", browser.register(&mut person.authenticator, &self.server).await?)?;
        Ok(person)
    }

    /// A browser in which they have just signed in with their passkey.
    pub(crate) async fn signed_in(&self, person: &Person) -> Result<Browser, Trouble> {
        let mut browser = self.browser();
        let reply = browser.sign_in(&person.authenticator, &self.server).await?;
        done("signing in with a passkey", reply)?;
        Ok(browser)
    }

    /// An application.
    pub(crate) async fn app(&self) -> Result<App, Trouble> {
        let resource = format!("api://attack-{}", fresh());
        let body = json!({
            "displayName": format!("Attacked {}", fresh()), "web": { "redirectUris": [CALLBACK] },
            "identifierUris": [resource],
        });
        let made = self.make("/v1.0/applications", &body).await?;
        let id = made["appId"].as_str().unwrap_or_default().to_owned();
        Ok(App { id, resource, verifier: pkce::verifier(&SystemRandom) })
    }
}

impl App {
    /// The address at which it sends people to sign in.
    pub fn address(&self, extra: &str) -> String {
        format!(
            "/authorize?client_id={}&response_type=code&redirect_uri={}&scope={}&code_challenge={}\
             &code_challenge_method=S256{extra}",
            self.id,
            encode(CALLBACK),
            encode("openid offline_access"),
            Challenge::of(&self.verifier)
        )
    }

    /// Redeems a code.
    pub async fn redeem(&self, program: &mut Browser, code: &str) -> Result<Reply, Trouble> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", self.id.as_str()),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &self.verifier),
        ];
        program.form("/token", &form).await
    }

    /// Redeems a refresh token.
    pub async fn refresh(&self, program: &mut Browser, token: &str) -> Result<Reply, Trouble> {
        let form =
            [("grant_type", "refresh_token"), ("client_id", self.id.as_str()), ("refresh_token", token)];
        program.form("/token", &form).await
    }

    /// Tokens for whoever is signed in in this browser.
    pub async fn tokens(&self, browser: &mut Browser) -> Result<Value, Trouble> {
        let page = browser.get(&self.address(""), &[]).await?;
        let code = page.code().ok_or_else(|| Trouble::SetUp(format!("no code: {}", page.brief())))?;
        Ok(done("redeeming a code", self.redeem(browser, &code).await?)?.json())
    }
}

impl Browser {
    /// Types a pass.
    pub async fn enter_pass(&mut self, upn: &str, pass: &str) -> Result<Reply, Trouble> {
        let csrf = self.get("/tap", &[]).await?.field("csrf").unwrap_or_default();
        let form = [("userPrincipalName", upn), ("accessPass", pass), ("csrf", csrf.as_str())];
        self.form("/tap", &form).await
    }

    /// Makes a passkey for whoever may make one here.
    pub async fn register(
        &mut self,
        authenticator: &mut SoftAuthenticator,
        origin: &str,
    ) -> Result<Reply, Trouble> {
        let options = self.json("/ceremony/register/options", &json!({})).await?;
        if !options.is_ok() {
            return Ok(options);
        }
        let options = options.json();
        let made = authenticator.create(&options["publicKey"], origin, &SystemRandom);
        let made = made.map_err(|error| Trouble::SetUp(format!("making a passkey: {error}")))?;
        let answer = json!({ "ceremony": options["ceremony"], "credential": made, "name": "Phone" });
        self.json("/ceremony/register", &answer).await
    }

    /// Signs in with a passkey, on a page of `origin`.
    pub async fn sign_in(
        &mut self,
        authenticator: &SoftAuthenticator,
        origin: &str,
    ) -> Result<Reply, Trouble> {
        let options = self.json("/ceremony/sign-in/options", &json!({})).await?.json();
        let credential = authenticator.get(&options["publicKey"], origin, &SystemRandom);
        let credential = credential.map_err(|error| Trouble::SetUp(format!("asking a passkey: {error}")))?;
        let answer = json!({ "ceremony": options["ceremony"], "credential": credential });
        self.json("/ceremony/sign-in", &answer).await
    }

    /// Asks for a code of the broker's own client; `extra` goes into the address.
    pub async fn broker_page(&mut self, verifier: &str, extra: &str) -> Result<Reply, Trouble> {
        let address = format!(
            "/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&scope={}\
             &code_challenge={}&code_challenge_method=S256{extra}",
            encode(LOOPBACK),
            encode("openid offline_access"),
            Challenge::of(verifier)
        );
        self.get(&address, &[]).await
    }

    /// Tokens of the broker's own client for whoever is signed in here.
    pub async fn broker_tokens(&mut self, extra: &str) -> Result<Value, Trouble> {
        let verifier = pkce::verifier(&SystemRandom);
        let page = self.broker_page(&verifier, extra).await?;
        let code = page.code().ok_or_else(|| Trouble::SetUp(format!("no broker code: {}", page.brief())))?;
        let client = BROKER_CLIENT.to_string();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", &code),
            ("redirect_uri", LOOPBACK),
            ("code_verifier", &verifier),
        ];
        Ok(done("redeeming the broker's code", self.form("/token", &form).await?)?.json())
    }

    /// A refresh token of the broker's own client.
    pub async fn broker_refresh(&mut self) -> Result<String, Trouble> {
        Ok(text(&self.broker_tokens("").await?, "refresh_token"))
    }

    /// A bearer token for the registration service.
    pub async fn drs_token(&mut self) -> Result<String, Trouble> {
        let extra = format!("&resource={}", encode(DRS_RESOURCE));
        Ok(text(&self.broker_tokens(&extra).await?, "access_token"))
    }
}

/// A member that is text, or nothing.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
