//! The steps a broker takes, in its order.

use crate::person::{Person, Server, Trouble};
use crate::transcript::{Refusal, Transcript};
use crate::{API, APP_RETURN};
use himmelblau::error::MsalError;
use himmelblau::{
    AuthOption, BrokerClientApplication, EnrollAttrs, MFAAuthContinue, PublicClientApplication, UserToken,
};
use kanidm_hsm_crypto::AuthValue;
use kanidm_hsm_crypto::provider::{BoxedDynTpm, SoftTpm, Tpm as _};
use kanidm_hsm_crypto::structures::{LoadableMsHelloKey, SealedData, StorageKey};
use passband_wire::b64;
use reqwest::Client;
use serde_json::Value;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Of the Hello key.
const PIN: &str = "246813";
/// How a sign-in at the page goes: a passkey, and no device code in its stead.
const PASSKEY: [AuthOption; 3] =
    [AuthOption::Fido, AuthOption::PasswordlessSecurityKey, AuthOption::NoDAGFallback];
/// The application that is the switch for cookies without a nonce (ADR 0019).
const COOKIES_BY_AGE: &str = "6b0e935a-47d8-4c1f-8a36-e2701dc459bf";
/// A SHA-256, as base64url: the challenge of PKCE, and the thumbprint of a key.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A step's value and a word about it.
type Outcome<T> = Result<(T, String), Refusal>;

/// A device on its way into the tenant.
pub struct Run {
    server: Server,
    person: Person,
    /// The app whose API and sign-in are asked for.
    app_id: String,
    broker: BrokerClientApplication,
    tpm: BoxedDynTpm,
    key: StorageKey,
    http: Client,
    transcript: Transcript,
}

fn told(error: MsalError) -> Refusal {
    // The words are in the variant's text, and the numbers of the server beside them.
    match error {
        MsalError::AcquireTokenFailed(reply) => format!("{} {}", reply.error, reply.error_description),
        other => other.to_string(),
    }
}

/// The claims of a token whose signature is the resource's to check.
fn claims(token: &UserToken) -> Result<Value, Refusal> {
    let token = token.access_token.as_deref().ok_or("no access token")?;
    let body = token.split('.').nth(1).ok_or("not a JWT")?;
    let body = b64::decode(body, 16 * 1024).map_err(|error| error.to_string())?;
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}

fn described(token: &UserToken) -> Result<String, Refusal> {
    let claims = claims(token)?;
    let device = if claims["deviceid"].is_string() { " deviceid" } else { "" };
    Ok(format!("aud={} amr={}{device}", claims["aud"].as_str().unwrap_or("?"), claims["amr"]))
}

fn needed<T>(value: Option<T>, what: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| format!("needs {what}"))
}

impl Run {
    /// A device with a software TPM, fresh from the box.
    pub fn new(server: Server, person: Person, app_id: String) -> Result<Self, Trouble> {
        let trouble = |error| format!("software TPM: {error:?}");
        let mut tpm = BoxedDynTpm::new(SoftTpm::default());
        let auth = AuthValue::ephemeral().map_err(trouble)?;
        let loadable = tpm.root_storage_key_create(&auth).map_err(trouble)?;
        let key = tpm.root_storage_key_load(&auth, &loadable).map_err(trouble)?;
        let authority = format!("{}/common", server.url);
        let broker =
            BrokerClientApplication::new(Some(&authority), None, None, None, TIMEOUT).map_err(told)?;
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { server, person, app_id, broker, tpm, key, http, transcript: Transcript::default() })
    }

    /// Takes them all; how many came out otherwise than expected.
    pub async fn tell(mut self) -> Result<usize, Trouble> {
        let outcome = self.discover().await;
        self.transcript.tell("user discovery", outcome);
        let outcome = self.password().await;
        self.transcript.tell("password", outcome);
        let outcome = self.page().await;
        self.transcript.tell("passkey page", outcome);
        let outcome = self.sign_in(Some("https://login.microsoft.com")).await;
        self.transcript.tell("assertion for another origin", outcome);
        let outcome = self.sign_in(None).await;
        let token = self.transcript.tell("assertion and code", outcome);
        let outcome = self.join(token.as_ref()).await;
        let joined = self.transcript.tell("device join", outcome).is_some();
        let outcome = self.prt(token.as_ref().filter(|_| joined)).await;
        let first = self.transcript.tell("PRT by the same refresh token", outcome);
        let fresh = self
            .sign_in(None)
            .await
            .map_err(|refusal| println!("  a further sign-in: {refusal}"))
            .ok()
            .map(|(token, _)| token);
        let outcome = self.prt(fresh.as_ref().filter(|_| joined)).await;
        let second = self.transcript.tell("PRT by a fresh refresh token", outcome);
        let prt = first.or(second);
        self.uses(prt.as_ref()).await;
        let fresh = self
            .sign_in(None)
            .await
            .map_err(|refusal| println!("  a further sign-in: {refusal}"))
            .ok()
            .map(|(token, _)| token);
        self.hello(fresh.as_ref().filter(|_| joined)).await;
        let fresh = self
            .sign_in(None)
            .await
            .map_err(|refusal| println!("  a further sign-in: {refusal}"))
            .ok()
            .map(|(token, _)| token);
        let outcome = self.refresh(fresh.as_ref()).await;
        self.transcript.tell("refresh token to access token", outcome);
        let outcome = self.broker_device_code().await;
        self.transcript.tell("device code, the broker", outcome);
        let outcome = self.app_device_code().await;
        self.transcript.tell("device code, an app", outcome);
        let outcome = self.pkce().await;
        self.transcript.tell("authorization code with PKCE", outcome);
        Ok(self.transcript.differences())
    }

    async fn uses(&mut self, prt: Option<&SealedData>) {
        let outcome = self.exchange(prt, vec![], Some(API), None).await;
        self.transcript.tell("exchange, v1 (resource)", outcome);
        let outcome = self.exchange(prt, vec!["https://graph.microsoft.com/.default"], None, None).await;
        self.transcript.tell("exchange, v2 (scope)", outcome);
        let key = b64::encode(format!(r#"{{"kid":"{CHALLENGE}"}}"#));
        let outcome =
            self.exchange(prt, vec!["https://graph.microsoft.com/.default"], None, Some(&key)).await;
        self.transcript.tell("exchange, PoP", outcome);
        let outcome = self.cookie(prt, true).await;
        self.transcript.tell("cookie with nonce", outcome);
        let outcome = self.cookie(prt, false).await;
        self.transcript.tell("cookie without nonce", outcome);
        let outcome = self.cookie_by_age(prt).await;
        self.transcript.tell("cookie without nonce, switched on", outcome);
        let outcome = self.renew(prt).await;
        self.transcript.tell("renewal", outcome);
    }

    async fn hello(&mut self, token: Option<&UserToken>) {
        let outcome = self.hello_key(token).await;
        let hello = self.transcript.tell("Hello key", outcome);
        let outcome = self.hello_prt(hello.as_ref()).await;
        self.transcript.tell("Hello key to PRT", outcome);
        let outcome = self.hello_token(hello.as_ref()).await;
        self.transcript.tell("Hello key to access token", outcome);
    }

    async fn discover(&self) -> Outcome<()> {
        let init = self.broker.check_user_exists(&self.person.upn, &PASSKEY).await.map_err(told)?;
        let exists = init.try_exists().map_err(told)?;
        Ok(((), format!("exists={exists} passwordless={}", init.passwordless())))
    }

    async fn password(&self) -> Outcome<()> {
        let asked =
            self.broker.acquire_token_by_username_password_for_device_enrollment(&self.person.upn, "x");
        asked.await.map_err(told)?;
        Ok(((), "a password was taken".to_owned()))
    }

    async fn begin(&self) -> Result<MFAAuthContinue, Refusal> {
        let upn = &self.person.upn;
        let begun =
            self.broker.initiate_acquire_token_by_mfa_flow_for_device_enrollment(upn, None, &PASSKEY, None);
        begun.await.map_err(told)
    }

    async fn page(&self) -> Outcome<()> {
        let flow = self.begin().await?;
        let challenge = needed(flow.fido_challenge, "a challenge")?;
        let allowed = flow.fido_allow_list.map_or(0, |list| list.len());
        Ok(((), format!("challenge of {} characters, {allowed} credentials allowed", challenge.len())))
    }

    async fn sign_in(&mut self, origin: Option<&str>) -> Outcome<UserToken> {
        let mut flow = self.begin().await?;
        let challenge = needed(flow.fido_challenge.clone(), "a challenge")?;
        let assertion = self.person.assertion(&challenge, origin).map_err(|error| error.to_string())?;
        let upn = self.person.upn.clone();
        let signed = self.broker.acquire_token_by_mfa_flow(&upn, Some(&assertion), None, &mut flow);
        let token = signed.await.map_err(told)?;
        let spn = token.spn().map_err(told)?;
        let mfa = token.amr_mfa().map_err(told)?;
        let said = format!("{spn}, refresh token, mfa={mfa}, {}", described(&token)?);
        Ok((token, said))
    }

    async fn refresh(&mut self, token: Option<&UserToken>) -> Outcome<()> {
        let token = needed(token, "a refresh token")?;
        let (tpm, key) = (&mut self.tpm, &self.key);
        let asked = self.broker.acquire_token_by_refresh_token(
            &token.refresh_token,
            vec![],
            Some(API.to_owned()),
            tpm,
            key,
        );
        let token = asked.await.map_err(told)?;
        Ok(((), described(&token)?))
    }

    async fn join(&mut self, token: Option<&UserToken>) -> Outcome<()> {
        let token = needed(token, "a refresh token")?;
        let name = Some("Interop laptop".to_owned());
        let attributes = EnrollAttrs::new("localhost".to_owned(), name, None, Some(0), None).map_err(told)?;
        let joined = self.broker.enroll_device(&token.refresh_token, attributes, &mut self.tpm, &self.key);
        let (_, _, id) = joined.await.map_err(told)?;
        uuid::Uuid::parse_str(&id).map_err(|error| error.to_string())?;
        Ok(((), "device id is a GUID".to_owned()))
    }

    async fn prt(&mut self, token: Option<&UserToken>) -> Outcome<SealedData> {
        let token = needed(token, "a joined device")?;
        let asked =
            self.broker.acquire_user_prt_by_refresh_token(&token.refresh_token, &mut self.tpm, &self.key);
        let prt = asked.await.map_err(told)?;
        let said = self.of_whom(&prt)?;
        Ok((prt, said))
    }

    fn of_whom(&mut self, prt: &SealedData) -> Result<String, Refusal> {
        let upn = self.broker.spn_from_prt(prt, &mut self.tpm, &self.key).map_err(told)?;
        let name = self.broker.name_from_prt(prt, &mut self.tpm, &self.key).map_err(told)?;
        Ok(format!("sealed, of {upn} ({name})"))
    }

    async fn exchange(
        &mut self,
        prt: Option<&SealedData>,
        scopes: Vec<&str>,
        resource: Option<&str>,
        confirmation: Option<&str>,
    ) -> Outcome<()> {
        let prt = needed(prt, "a PRT")?;
        let resource = resource.map(str::to_owned);
        let (tpm, key) = (&mut self.tpm, &self.key);
        let asked = self.broker.exchange_prt_for_access_token(prt, scopes, resource, tpm, key, confirmation);
        let token = asked.await.map_err(told)?;
        Ok(((), format!("{} {}", token.token_type, described(&token)?)))
    }

    async fn renew(&mut self, prt: Option<&SealedData>) -> Outcome<()> {
        let prt = needed(prt, "a PRT")?;
        let renewed = self.broker.exchange_prt_for_prt(prt, &mut self.tpm, &self.key, false).await;
        let renewed = renewed.map_err(told)?;
        // The new one works as the old one did, under the same session key.
        let (tpm, key) = (&mut self.tpm, &self.key);
        let asked =
            self.broker.exchange_prt_for_access_token(&renewed, vec![], Some(API.to_owned()), tpm, key, None);
        let token = asked.await.map_err(told)?;
        let said = self.of_whom(&renewed)?;
        Ok(((), format!("{said}; {}", described(&token)?)))
    }

    /// Opens the app's sign-in with the cookie, as the browser extension puts it into requests.
    async fn cookie(&mut self, prt: Option<&SealedData>, with_nonce: bool) -> Outcome<()> {
        let prt = needed(prt, "a PRT")?;
        let nonce = if with_nonce { Some(self.nonce().await?) } else { None };
        let (tpm, key) = (&mut self.tpm, &self.key);
        let made = self.broker.acquire_prt_sso_cookie_with_nonce(prt, nonce.as_deref(), tpm, key);
        let cookie = made.await.map_err(told)?;
        let query = [
            ("client_id", self.app_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", APP_RETURN),
            ("scope", "openid"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let address = reqwest::Url::parse_with_params(
            &format!("{}/common/oauth2/v2.0/authorize", self.server.url),
            query,
        )
        .map_err(|error| error.to_string())?;
        let request = self.http.get(address).header("x-ms-RefreshTokenCredential", cookie);
        let response =
            request.header("sec-fetch-mode", "navigate").send().await.map_err(|error| error.to_string())?;
        let location =
            response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if location.starts_with(APP_RETURN) && location.contains("code=") {
            Ok(((), "signed in to the app without a page".to_owned()))
        } else if location.contains("sso_nonce=") {
            Err("sent back with sso_nonce".to_owned())
        } else {
            Err(format!("{} and no code", response.status()))
        }
    }

    /// The same once an administrator does without nonces in cookies.
    async fn cookie_by_age(&mut self, prt: Option<&SealedData>) -> Outcome<()> {
        let switched = self.server.switch(COOKIES_BY_AGE, true).await;
        switched.map_err(|error| error.to_string())?;
        let outcome = self.cookie(prt, false).await;
        let switched = self.server.switch(COOKIES_BY_AGE, false).await;
        switched.map_err(|error| error.to_string())?;
        outcome
    }

    async fn nonce(&self) -> Result<String, Refusal> {
        let request = self.http.post(format!("{}/common/oauth2/token", self.server.url));
        let sent =
            request.body("grant_type=srv_challenge").send().await.map_err(|error| error.to_string())?;
        let reply: Value = sent.json().await.map_err(|error| error.to_string())?;
        needed(reply["Nonce"].as_str().map(str::to_owned), "a nonce")
    }

    async fn hello_key(&mut self, token: Option<&UserToken>) -> Outcome<LoadableMsHelloKey> {
        let token = needed(token, "a joined device")?;
        let made = self.broker.provision_hello_for_business_key(token, &mut self.tpm, &self.key, PIN);
        Ok((made.await.map_err(told)?, "registered".to_owned()))
    }

    async fn hello_prt(&mut self, hello: Option<&LoadableMsHelloKey>) -> Outcome<()> {
        let hello = needed(hello, "a Hello key")?;
        let (upn, tpm, key) = (self.person.upn.clone(), &mut self.tpm, &self.key);
        let asked = self.broker.acquire_user_prt_by_hello_for_business_key(&upn, hello, tpm, key, PIN);
        let prt = asked.await.map_err(told)?;
        Ok(((), self.of_whom(&prt)?))
    }

    async fn hello_token(&mut self, hello: Option<&LoadableMsHelloKey>) -> Outcome<()> {
        let hello = needed(hello, "a Hello key")?;
        let (upn, tpm, key) = (self.person.upn.clone(), &mut self.tpm, &self.key);
        let resource = Some(API.to_owned());
        let asked =
            self.broker.acquire_token_by_hello_for_business_key(&upn, hello, vec![], resource, tpm, key, PIN);
        let token = asked.await.map_err(told)?;
        Ok(((), described(&token)?))
    }

    async fn broker_device_code(&mut self) -> Outcome<()> {
        let flow = self.broker.initiate_device_flow_for_device_enrollment().await.map_err(told)?;
        self.person.approve(&flow.user_code).await.map_err(|error| error.to_string())?;
        let token = self.broker.acquire_token_by_device_flow(flow).await.map_err(told)?;
        Ok(((), described(&token)?))
    }

    async fn app_device_code(&mut self) -> Outcome<()> {
        let authority = format!("{}/common", self.server.url);
        let app = PublicClientApplication::new(&self.app_id, Some(&authority), TIMEOUT).map_err(told)?;
        let flow = app.initiate_device_flow(vec![]).await.map_err(told)?;
        let waiting = match app.acquire_token_by_device_flow(flow.clone()).await.map_err(told) {
            Ok(_) => return Err("a token before anybody approved".to_owned()),
            Err(refusal) => refusal,
        };
        self.person.approve(&flow.user_code).await.map_err(|error| error.to_string())?;
        tokio::time::sleep(Duration::from_secs(flow.interval.map_or(5, u64::from))).await;
        let token = app.acquire_token_by_device_flow(flow).await.map_err(told)?;
        Ok(((), format!("{}; before approval: {waiting}", described(&token)?)))
    }

    async fn pkce(&mut self) -> Outcome<()> {
        let uri = "http://127.0.0.1:9/";
        let flow = self.broker.initiate_authorization_code_pkce_flow(vec![], uri).map_err(told)?;
        let back = self.person.follow(flow.auth_url()).await.map_err(|error| error.to_string())?;
        let token =
            self.broker.acquire_token_by_authorization_code_pkce_flow(&flow, &back).await.map_err(told)?;
        Ok(((), described(&token)?))
    }
}
