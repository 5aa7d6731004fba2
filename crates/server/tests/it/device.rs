//! A device in a test: its keys, its identity, its PRT, and the requests it makes.

use crate::world::{Browser, Person, Reply, World, encode};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::id::DeviceId;
use passband_core::rng::SystemRandom;
use passband_wire::b64;
use passband_wire::jose::jwe;
use passband_wire::jose::jws::{Header, X5c, sign_rs256_with};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::join::CSR_COMMON_NAME;
use passband_wire::prt::message::PrtUseClaims;
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE, GRANT_JWT_BEARER, signed};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The broker's loopback address.
pub const LOOPBACK: &str = "http://127.0.0.1:5000/";

/// Making RSA keys is slow, and no test needs more than two.
static KEYS: LazyLock<[SoftRsa; 2]> =
    LazyLock::new(|| [SoftRsa::generate().unwrap(), SoftRsa::generate().unwrap()]);

/// A registered device.
pub struct Device {
    pub id: DeviceId,
    pub certificate: Vec<u8>,
    pub key: &'static SoftRsa,
}

/// A PRT and its session key, as the broker holds them.
#[derive(Clone)]
pub struct Held {
    pub prt: String,
    pub key: SessionKey,
}

/// One of the two keys there are.
pub fn key(n: usize) -> &'static SoftRsa {
    &KEYS[n]
}

/// A certificate request of `key` for a subject.
pub fn csr(key: &SoftRsa, subject: &str) -> Vec<u8> {
    let pair = rcgen::KeyPair::try_from(key.pkcs8()).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, rcgen::DnValue::Utf8String(subject.to_owned()));
    params.serialize_request(&pair).unwrap().der().to_vec()
}

/// A registration request.
pub fn join_body(key: &SoftRsa) -> Value {
    join_body_with(key, key)
}

/// The same with a transport key of its own.
pub fn join_body_with(key: &SoftRsa, transport: &SoftRsa) -> Value {
    let blob = bcrypt_blob_from_spki(&transport.public_spki().unwrap()).unwrap();
    json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": b64::encode_std(csr(key, CSR_COMMON_NAME)) },
        "TransportKey": b64::encode_std(blob),
        "DeviceType": "Linux", "OSVersion": "12", "DeviceDisplayName": "laptop", "JoinType": 0,
    })
}

/// Tokens of the broker client for whoever is signed in in this browser; the answer if there is no code.
pub async fn broker_tokens(browser: &mut Browser, extra: &str) -> Result<Value, Reply> {
    let verifier = pkce::verifier(&SystemRandom);
    let page = browser
        .get(&format!(
            "/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&scope={}&code_challenge={}&code_challenge_method=S256{extra}",
            encode(LOOPBACK),
            encode("openid offline_access"),
            Challenge::of(&verifier)
        ))
        .await;
    let Some((_, code)) = page.location().split_once("code=") else { return Err(page) };
    let code = code.split('&').next().unwrap().to_owned();
    let client = BROKER_CLIENT.to_string();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", LOOPBACK),
        ("code_verifier", &verifier),
    ];
    let reply = browser.form("/token", &form).await;
    if reply.status == StatusCode::OK { Ok(reply.json()) } else { Err(reply) }
}

/// A bearer token for the registration service.
pub async fn drs_token(browser: &mut Browser) -> String {
    let tokens = broker_tokens(browser, &format!("&resource={}", encode(DRS_RESOURCE))).await.unwrap();
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// Sends a registration request.
pub async fn post_join(browser: &mut Browser, token: &str, body: &Value) -> Reply {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/EnrollmentServer/device/?api-version=2.0")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    browser.send(request).await
}

impl Device {
    /// Registers one of the two keys as a device of this person.
    pub async fn join(world: &World, person: &Person, n: usize) -> Self {
        let mut browser = world.sign_in(person).await;
        let token = drs_token(&mut browser).await;
        let reply = post_join(&mut browser, &token, &join_body(key(n))).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let certificate = reply.json()["Certificate"]["RawBody"].as_str().unwrap().to_owned();
        let certificate = b64::decode_std(&certificate, 8192).unwrap();
        let devices =
            world.app.store.devices(&passband_store::Page::first(9), Some(person.user.id)).await.unwrap();
        let mine = devices.items.into_iter().find(|device| device.certificate == certificate).unwrap();
        Self { id: mine.id, certificate, key: key(n) }
    }

    /// A request signed by the device key.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new("RS256", "JWT");
        header.x5c = Some(X5c::Chain(vec![b64::encode_std(&self.certificate)]));
        sign_rs256_with(&header, claims, |input| self.key.sign(input)).unwrap()
    }

    /// Asks for a PRT on the word of a refresh token.
    pub async fn ask_prt(&self, browser: &mut Browser, refresh_token: &str) -> Reply {
        let claims = json!({
            "client_id": BROKER_CLIENT.to_string(),
            "request_nonce": nonce(browser).await,
            "scope": "openid aza ugs",
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        });
        present(browser, &self.sign(&claims)).await
    }

    /// A PRT for this person, who signs in for it.
    pub async fn login(&self, world: &World, person: &Person) -> Held {
        let mut browser = world.sign_in(person).await;
        let tokens = broker_tokens(&mut browser, "").await.unwrap();
        let reply = self.ask_prt(&mut browser, tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let body = reply.json();
        let key = jwe::unwrap_session_key(body["session_key_jwe"].as_str().unwrap(), self.key).unwrap();
        Held { prt: body["refresh_token"].as_str().unwrap().to_owned(), key }
    }
}

/// A nonce of the server.
pub async fn nonce(browser: &mut Browser) -> String {
    let reply = browser.form("/common/oauth2/token", &[("grant_type", "srv_challenge")]).await;
    reply.json()["Nonce"].as_str().unwrap().to_owned()
}

/// Sends a signed request to the token endpoint.
pub async fn present(browser: &mut Browser, request: &str) -> Reply {
    let form = [("grant_type", GRANT_JWT_BEARER), ("request", request), ("prt_protocol_version", "3.0")];
    browser.form("/common/oauth2/v2.0/token", &form).await
}

impl Held {
    /// Claims that use it for the broker's own tokens.
    pub fn claims(&self, scope: &str, nonce: &str) -> PrtUseClaims {
        PrtUseClaims {
            refresh_token: self.prt.clone(),
            grant_type: "refresh_token".to_owned(),
            client_id: BROKER_CLIENT.to_string(),
            scope: scope.to_owned(),
            resource: None,
            request_nonce: Some(nonce.to_owned()),
        }
    }

    /// Uses it, with a fresh nonce.
    pub async fn use_it(&self, browser: &mut Browser, scope: &str) -> Reply {
        let nonce = nonce(browser).await;
        let request = signed::sign(&self.key, &self.claims(scope, &nonce), &SystemRandom).unwrap();
        present(browser, &request).await
    }

    /// Reads an encrypted answer.
    pub fn open(&self, reply: &Reply) -> Value {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        serde_json::from_slice(&jwe::open_reply(&self.key, &reply.body).unwrap()).unwrap()
    }
}

/// The claims of a token.
pub fn payload(token: &Value) -> Value {
    let body = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&b64::decode(body, 8192).unwrap()).unwrap()
}

/// The address at which an app, made here once, sends its user to be signed in.
pub async fn app_path(world: &World) -> String {
    let id = passband_core::id::ClientId::from_bytes([0xa9; 16]);
    if world.app.store.app(id).await.unwrap().is_none() {
        let app = passband_core::directory::App {
            id,
            name: "Tasks".to_owned(),
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            logout_uris: Vec::new(),
            backchannel_logout_uri: None,
            identifier_uris: Vec::new(),
            secret_hash: None,
            enabled: true,
            created: world.now(),
        };
        world.app.commit(vec![passband_core::change::Change::InsertApp(app)]).await.unwrap();
    }
    format!(
        "/authorize?client_id={id}&response_type=code&redirect_uri={}&scope=openid&code_challenge={}&code_challenge_method=S256",
        encode("https://app.example/cb"),
        Challenge::of(&pkce::verifier(&SystemRandom))
    )
}
