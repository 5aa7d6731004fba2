//! Devices as the session-key suite has them: their keys, their identity, their PRT.

use crate::attack::Trouble;
use crate::forge;
use crate::http::{Browser, Reply};
use crate::people::{App, Person, done, text};
use crate::target::Target;
use passband_wire::b64;
use passband_wire::jose::jwe;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};
use passband_wire::prt::join::CSR_COMMON_NAME;
use passband_wire::prt::{BROKER_CLIENT, CREDENTIAL_NAME, DRS_RESOURCE, GRANT_JWT_BEARER};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The header of a device's own signature.
pub const DEVICE_CREDENTIAL: &str = "x-ms-DeviceCredential";

/// RSA keys are slow to make, and no attack needs more than these: the device's, its transport key, another's.
static KEYS: [OnceLock<SoftRsa>; 4] = [const { OnceLock::new() }; 4];

/// One of the keys there are.
///
/// # Errors
///
/// [`Trouble::SetUp`] if this machine cannot make one.
pub fn key(n: usize) -> Result<&'static SoftRsa, Trouble> {
    let slot = &KEYS[n % KEYS.len()];
    if let Some(key) = slot.get() {
        return Ok(key);
    }
    let made = SoftRsa::generate().map_err(|error| Trouble::SetUp(format!("making a key: {error}")))?;
    Ok(slot.get_or_init(|| made))
}

/// A registered device.
#[derive(Clone)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Its certificate, base64.
    pub certificate: String,
    /// Its device key.
    pub key: &'static SoftRsa,
    /// Its transport key.
    pub transport: &'static SoftRsa,
}

/// A PRT and its session key.
#[derive(Clone)]
pub struct Held {
    /// The PRT.
    pub prt: String,
    /// The session key.
    pub key: [u8; 32],
}

/// A person, their device and its PRT.
pub struct Chain {
    /// The person.
    pub person: Person,
    /// The device.
    pub device: Device,
    /// Its PRT.
    pub held: Held,
}

/// A certificate request of this key.
fn csr(key: &SoftRsa) -> Result<Vec<u8>, Trouble> {
    let failed = |error: rcgen::Error| Trouble::SetUp(format!("making a certificate request: {error}"));
    let pair = rcgen::KeyPair::try_from(key.pkcs8()).map_err(failed)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let name = rcgen::DnValue::Utf8String(CSR_COMMON_NAME.to_owned());
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    Ok(params.serialize_request(&pair).map_err(failed)?.der().to_vec())
}

/// A certificate that a key gave itself, for this subject.
///
/// # Errors
///
/// [`Trouble::SetUp`] if this machine cannot make one.
pub fn self_signed(key: &SoftRsa, subject: &str, issuer: Option<&str>) -> Result<String, Trouble> {
    let failed = |error: rcgen::Error| Trouble::SetUp(format!("making a certificate: {error}"));
    let pair = rcgen::KeyPair::try_from(key.pkcs8()).map_err(failed)?;
    let named = |name: &str| {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params
    };
    let der = match issuer {
        None => named(subject).self_signed(&pair).map_err(failed)?.der().to_vec(),
        Some(issuer) => {
            let authority = rcgen::Issuer::new(named(issuer), rcgen::KeyPair::generate().map_err(failed)?);
            named(subject).signed_by(&pair, &authority).map_err(failed)?.der().to_vec()
        }
    };
    Ok(b64::encode_std(der))
}

/// A registration request.
///
/// # Errors
///
/// [`Trouble::SetUp`] if this machine cannot make one.
pub fn join_body(key: &SoftRsa, transport: &SoftRsa) -> Result<Value, Trouble> {
    let blob = transport.public_spki().and_then(|spki| bcrypt_blob_from_spki(&spki));
    let blob = blob.map_err(|error| Trouble::SetUp(format!("making a key blob: {error}")))?;
    Ok(json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": b64::encode_std(csr(key)?) },
        "TransportKey": b64::encode_std(blob), "TargetDomain": "", "JoinType": 0,
        "DeviceType": "Linux", "OSVersion": "12", "DeviceDisplayName": "attack suite",
    }))
}

impl Target {
    /// Sends a registration request.
    pub(crate) async fn post_join(&self, bearer: &str, body: &Value) -> Result<Reply, Trouble> {
        let mut program = self.program();
        let request = program.request(Method::POST, "/EnrollmentServer/device/?api-version=2.0");
        let request = request.header("content-type", "application/json").body(body.to_string());
        let request = if bearer.is_empty() { request } else { request.bearer_auth(bearer) };
        program.send(request).await
    }

    /// Registers two of the keys as a device of this person.
    pub(crate) async fn join(&self, person: &Person, keys: (usize, usize)) -> Result<Device, Trouble> {
        let token = self.signed_in(person).await?.drs_token().await?;
        self.join_with(person, &token, keys).await
    }

    /// The same with a token got before.
    pub(crate) async fn join_with(
        &self,
        person: &Person,
        token: &str,
        keys: (usize, usize),
    ) -> Result<Device, Trouble> {
        let (key, transport) = (key(keys.0)?, key(keys.1)?);
        let before = self.devices_of(person).await?;
        let reply = done("joining", self.post_join(token, &join_body(key, transport)?).await?)?;
        let certificate = text(&reply.json()["Certificate"], "RawBody");
        // Its id is the one that was not there before: certificates need not be read for it.
        let id = self.devices_of(person).await?.into_iter().find(|id| !before.contains(id));
        let id = id.ok_or_else(|| Trouble::SetUp("the new device is not in the directory".to_owned()))?;
        Ok(Device { id, certificate, key, transport })
    }

    /// Ids of the devices of a person.
    pub(crate) async fn devices_of(&self, person: &Person) -> Result<Vec<String>, Trouble> {
        let filter = crate::http::encode(&format!("passband_ownerId eq '{}'", person.id));
        let path = format!("/v1.0/devices?$top=100&$filter={filter}");
        let reply = done("listing devices", self.graph(Method::GET, &path, None).await?)?;
        let all = reply.json()["value"].as_array().cloned().unwrap_or_default();
        Ok(all.iter().map(|device| text(device, "id")).collect())
    }

    /// A PRT for this person on this device, for which they sign in.
    pub(crate) async fn log_in(&self, person: &Person, device: &Device) -> Result<Held, Trouble> {
        let token = self.signed_in(person).await?.broker_refresh().await?;
        let reply = done("asking for a PRT", self.ask_prt(device, &token).await?)?;
        device.held(&reply.json())
    }

    /// Somebody with a device and a PRT.
    pub(crate) async fn chain(&self, name: &str) -> Result<Chain, Trouble> {
        let person = self.person(name).await?;
        let device = self.join(&person, (0, 1)).await?;
        let held = self.log_in(&person, &device).await?;
        Ok(Chain { person, device, held })
    }

    /// A nonce.
    pub(crate) async fn nonce(&self) -> Result<String, Trouble> {
        let path = format!("/{}/oauth2/token", self.tenant);
        let reply = self.program().form(&path, &[("grant_type", "srv_challenge")]).await?;
        Ok(done("asking for a nonce", reply)?.text("Nonce"))
    }

    /// Sends a signed request to the token endpoint.
    pub(crate) async fn present(&self, request: &str) -> Result<Reply, Trouble> {
        self.present_with(request, &[]).await
    }

    /// The same with more in the form.
    pub(crate) async fn present_with(&self, request: &str, more: &[(&str, &str)]) -> Result<Reply, Trouble> {
        let own = [("grant_type", GRANT_JWT_BEARER), ("request", request), ("prt_protocol_version", "3.0")];
        self.program().form(&self.token_path(), &[&own, more].concat()).await
    }

    /// Asks for a PRT on the word of a refresh token.
    pub(crate) async fn ask_prt(&self, device: &Device, refresh_token: &str) -> Result<Reply, Trouble> {
        let claims = prt_claims(refresh_token, &self.nonce().await?);
        self.present(&device.sign(&claims)).await
    }

    /// Uses a PRT for the broker itself.
    pub(crate) async fn use_prt(&self, held: &Held, scope: &str) -> Result<Reply, Trouble> {
        let claims = held.claims(scope, &self.nonce().await?);
        self.present(&forge::sign(&held.key, &claims)).await
    }

    /// Uses a PRT for an application.
    pub(crate) async fn use_for(&self, held: &Held, app: &App) -> Result<Reply, Trouble> {
        let changes = json!({ "client_id": app.id, "scope": "openid offline_access" });
        let claims = forge::with(held.claims("", &self.nonce().await?), &changes);
        self.present(&forge::sign(&held.key, &claims)).await
    }

    /// A PRT cookie for a browser.
    pub(crate) async fn cookie(&self, held: &Held) -> Result<String, Trouble> {
        Ok(forge::sign(&held.key, &held.cookie_claims(&self.nonce().await?)))
    }

    /// Opens the page of an application in a browser whose device adds these headers.
    pub(crate) async fn carry(
        &self,
        app: &App,
        headers: &[(&str, &str)],
        extra: &str,
    ) -> Result<Reply, Trouble> {
        self.browser().get(&app.address(extra), headers).await
    }

    /// The same in a new browser that carries this cookie, as a header.
    pub(crate) async fn carry_cookie(&self, app: &App, cookie: &str) -> Result<Reply, Trouble> {
        self.carry(app, &[(CREDENTIAL_NAME, cookie)], "").await
    }

    /// A browser that was signed in by a PRT cookie.
    pub(crate) async fn browser_of(&self, held: &Held, app: &App) -> Result<Browser, Trouble> {
        let cookie = self.cookie(held).await?;
        let mut browser = self.browser();
        let reply = browser.get(&app.address(""), &[(CREDENTIAL_NAME, &cookie)]).await?;
        match reply.code() {
            Some(_) => Ok(browser),
            None => Err(Trouble::Control(format!("a PRT cookie signs nobody in: {}", reply.brief()))),
        }
    }

    /// Sends a request for the registration service by a PRT.
    pub(crate) async fn drs_by_prt(&self, held: &Held) -> Result<Reply, Trouble> {
        let changes = json!({ "resource": DRS_RESOURCE });
        let claims = forge::with(held.claims("", &self.nonce().await?), &changes);
        self.present(&forge::sign(&held.key, &claims)).await
    }
}

/// Claims that ask for a PRT.
pub fn prt_claims(refresh_token: &str, nonce: &str) -> Value {
    json!({
        "client_id": BROKER_CLIENT.to_string(), "request_nonce": nonce, "scope": "openid aza ugs",
        "grant_type": "refresh_token", "refresh_token": refresh_token,
    })
}

impl Device {
    /// The header of what it signs.
    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "x5c": [self.certificate] })
    }

    /// Signs with the device key.
    pub fn sign(&self, claims: &Value) -> String {
        forge::rs256(&self.header(), claims.to_string().as_bytes(), self.key)
    }

    /// Its own word, for this nonce.
    pub fn credential(&self, nonce: &str) -> String {
        let claims =
            json!({ "request_nonce": nonce, "grant_type": "device_auth", "iss": "aad:brokerplugin" });
        self.sign(&claims)
    }

    /// The PRT in an answer.
    ///
    /// # Errors
    ///
    /// [`Trouble::SetUp`] if it is not for this device's transport key.
    pub fn held(&self, reply: &Value) -> Result<Held, Trouble> {
        let key = jwe::unwrap_session_key(&text(reply, "session_key_jwe"), self.transport);
        let key = key.map_err(|error| Trouble::SetUp(format!("the session key: {error}")))?;
        Ok(Held { prt: text(reply, "refresh_token"), key: *key.expose() })
    }
}

impl Held {
    /// Claims that use it for the broker itself.
    pub fn claims(&self, scope: &str, nonce: &str) -> Value {
        json!({
            "refresh_token": self.prt, "grant_type": "refresh_token",
            "client_id": BROKER_CLIENT.to_string(), "scope": scope, "request_nonce": nonce,
        })
    }

    /// Claims of a cookie.
    pub fn cookie_claims(&self, nonce: &str) -> Value {
        json!({ "refresh_token": self.prt, "is_primary": "true", "request_nonce": nonce })
    }

    /// Reads an encrypted answer; null if it is none.
    pub fn open(&self, reply: &Reply) -> Value {
        let key = SessionKey::from_bytes(self.key);
        let plain = jwe::open_reply(&key, &reply.body).unwrap_or_default();
        serde_json::from_slice(&plain).unwrap_or_default()
    }

    /// The same session with another PRT.
    pub fn next(&self, opened: &Value) -> Self {
        Self { prt: text(opened, "refresh_token"), ..self.clone() }
    }
}

/// The claims of a token, unverified; null if it is none.
pub fn payload(token: &Value) -> Value {
    let body = token.as_str().and_then(|token| token.split('.').nth(1)).unwrap_or_default();
    let body = b64::decode(body, 16 * 1024).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_default()
}
