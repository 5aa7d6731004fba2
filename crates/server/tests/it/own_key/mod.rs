//! Protocol version 4 from outside: devices whose own key signs every use of their PRT (ADR 0020).

mod refusals;

use crate::device::{broker_tokens, drs_token, nonce, payload, post_join};
use crate::prt::authorize;
use crate::world::{Browser, NOW, Person, Reply, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use passband_core::directory::ClientProfile;
use passband_core::id::DeviceId;
use passband_core::policy::access::facts::Shown;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_wire::b64;
use passband_wire::jose::ec::{SoftEc, der_signature};
use passband_wire::jose::ecdh;
use passband_wire::jose::jws::Unverified;
use passband_wire::prt::bound::{self, Bound, fresh_apv};
use passband_wire::prt::join::{CSR_COMMON_NAME, FurtherKey};
use passband_wire::prt::message::{CookieClaims, PrtRequestClaims, PrtUseClaims};
use passband_wire::prt::{BROKER_CLIENT, CREDENTIAL_NAME, GRANT_JWT_BEARER};
use serde_json::{Value, json};
use std::sync::Arc;

/// A registered device with P-256 keys.
#[derive(Clone)]
struct Device {
    id: DeviceId,
    certificate: String,
    keys: Arc<Keys>,
}

/// Its two keys.
struct Keys {
    device: SoftEc,
    transport: SoftEc,
}

impl Keys {
    fn fresh() -> Arc<Self> {
        Arc::new(Self { device: SoftEc::generate().unwrap(), transport: SoftEc::generate().unwrap() })
    }
}

/// The device key as the certificate library wants one.
struct CsrKey<'a>(&'a SoftEc);

impl rcgen::PublicKeyData for CsrKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public().point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for CsrKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(der_signature(&self.0.sign(message).unwrap()).unwrap())
    }
}

fn csr(key: &SoftEc) -> String {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, CSR_COMMON_NAME);
    b64::encode_std(params.serialize_request(&CsrKey(key)).unwrap().der())
}

fn join_body(keys: &Keys) -> Value {
    json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": csr(&keys.device), "KeyType": "ECC" },
        "DeviceKeys": [FurtherKey::transport(keys.transport.public())],
        "DeviceType": "MacOS", "OSVersion": "26.1", "DeviceDisplayName": "laptop", "JoinType": 0,
    })
}

impl Device {
    async fn join(world: &World, person: &Person) -> Self {
        let (mut browser, keys) = (world.sign_in(person).await, Keys::fresh());
        let token = drs_token(&mut browser).await;
        let reply = post_join(&mut browser, &token, &join_body(&keys)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let certificate = reply.json()["Certificate"]["RawBody"].as_str().unwrap().to_owned();
        let der = b64::decode_std(&certificate, 8192).unwrap();
        let devices = world.app.store.devices(&Page::first(9), Some(person.user.id)).await.unwrap().items;
        let mine = devices.into_iter().find(|device| device.certificate == der).unwrap();
        Self { id: mine.id, certificate, keys }
    }

    /// Anything, signed by the device's key.
    fn sign(&self, claims: &impl serde::Serialize) -> String {
        bound::sign(&self.certificate, claims, |input| self.keys.device.sign(input)).unwrap()
    }

    async fn ask_prt(&self, browser: &mut Browser, refresh_token: &str, apv: &[u8]) -> Reply {
        let claims = PrtRequestClaims {
            client_id: BROKER_CLIENT.to_string(),
            request_nonce: nonce(browser).await,
            scope: "openid aza".to_owned(),
            grant_type: "refresh_token".to_owned(),
            refresh_token: Some(refresh_token.to_owned()),
            assertion: None,
        };
        present(browser, &self.sign(&Bound::issue(claims, apv))).await
    }

    fn open(&self, reply: &Reply, apv: &[u8]) -> Value {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let plain = ecdh::open_with(&self.keys.transport, apv, &reply.body).unwrap();
        serde_json::from_slice(&plain).unwrap()
    }

    /// A PRT for this person, who signs in for it.
    async fn login(&self, world: &World, person: &Person) -> String {
        let mut browser = world.sign_in(person).await;
        let tokens = broker_tokens(&mut browser, "").await.unwrap();
        let apv = fresh_apv(&SystemRandom);
        let reply = self.ask_prt(&mut browser, tokens["refresh_token"].as_str().unwrap(), &apv).await;
        let body = self.open(&reply, &apv);
        assert_eq!(body.get("session_key_jwe"), None, "there is no session key to steal");
        body["refresh_token"].as_str().unwrap().to_owned()
    }

    /// Uses a PRT, and reads the answer.
    async fn redeem(&self, world: &World, prt: &str, scope: &str) -> Value {
        let mut browser = world.browser();
        let (nonce, apv) = (nonce(&mut browser).await, fresh_apv(&SystemRandom));
        let request = self.sign(&Bound::usage(claims(prt, scope, &nonce), &apv));
        self.open(&present(&mut browser, &request).await, &apv)
    }

    async fn cookie(&self, world: &World, prt: &str) -> String {
        let nonce = nonce(&mut world.browser()).await;
        self.sign(&Bound::cookie(CookieClaims::new(prt, &nonce)))
    }
}

fn claims(prt: &str, scope: &str, nonce: &str) -> PrtUseClaims {
    PrtUseClaims {
        refresh_token: prt.to_owned(),
        grant_type: "refresh_token".to_owned(),
        client_id: BROKER_CLIENT.to_string(),
        scope: scope.to_owned(),
        resource: None,
        request_nonce: Some(nonce.to_owned()),
    }
}

async fn present(browser: &mut Browser, request: &str) -> Reply {
    let form = [
        ("prt_protocol_version", bound::PROTOCOL_VERSION),
        ("grant_type", GRANT_JWT_BEARER),
        ("request", request),
        ("client_info", "1"),
    ];
    browser.form("/common/oauth2/v2.0/token", &form).await
}

async fn chain() -> (World, Person, Device, String) {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let device = Device::join(&world, &person).await;
    let prt = device.login(&world, &person).await;
    (world, person, device, prt)
}

#[tokio::test]
async fn a_device_with_p256_keys_gets_and_uses_a_prt_without_a_session_key() {
    let (world, person, device, prt) = chain().await;
    let claims = payload(&device.redeem(&world, &prt, "openid").await["access_token"]);
    assert_eq!(claims["sub"], person.user.id.to_string());
    assert_eq!(claims["deviceid"], device.id.to_string());
    assert_eq!(claims["passband_binding"], "softwareKey");
    assert_eq!((&claims["acr"], &claims["auth_time"]), (&json!("phr"), &json!(NOW.0)));
    assert_eq!(claims["amr"], json!(["swk", "user", "pop", "fido", "mfa"]), "as with a session key");
    let stored = world.app.store.device(device.id).await.unwrap().unwrap();
    assert_eq!(stored.device_key, device.keys.device.public().spki());
    assert_eq!(stored.transport_key, device.keys.transport.public().spki());
    assert_eq!(stored.profile, ClientProfile::Strict);
    let certificate = b64::decode_std(&device.certificate, 8192).unwrap();
    let key = device.keys.device.public().point();
    assert!(certificate.windows(key.len()).any(|part| part == key), "the certificate is for the key");
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    let by_key = lines.iter().filter(|line| line.detail == "device key suite").count();
    assert_eq!(by_key, 3, "the registration, the issue and the use say so");
    let used = lines.iter().find(|line| line.kind.name() == "prtToken").unwrap();
    let noted = passband_core::audit::noted::Noted::from_text(&used.facts).unwrap();
    assert_eq!(noted.presented().0, Shown::DeviceKey);
}

#[tokio::test]
async fn renewal_gives_the_next_prt_of_the_same_device() {
    let (world, _, device, mut prt) = chain().await;
    let before = payload(&device.redeem(&world, &prt, "openid").await["access_token"]);
    for _ in 0..3 {
        world.pass(Seconds::days(10));
        let reply = device.redeem(&world, &prt, "openid aza").await;
        assert_eq!(reply.get("session_key_jwe"), None);
        prt = reply["refresh_token"].as_str().unwrap().to_owned();
    }
    let after = payload(&device.redeem(&world, &prt, "openid").await["access_token"]);
    for claim in ["auth_time", "amr", "acr", "sid"] {
        assert_eq!(after[claim], before[claim], "{claim}");
    }
}

#[tokio::test]
async fn a_cookie_of_the_device_key_signs_a_browser_in_once() {
    let (world, _, device, prt) = chain().await;
    let cookie = device.cookie(&world, &prt).await;
    let mut browser = world.browser();
    let reply = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert!(reply.location().contains("code="), "{}", reply.body);
    let replayed = authorize(&mut world.browser(), &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert!(replayed.body.contains("data-ceremony=\"sign-in\""), "a replay is asked for a passkey");
}

#[tokio::test]
async fn what_a_cookie_of_the_device_key_opens_is_logged_as_its_signature() {
    let (world, _, device, prt) = chain().await;
    let api = crate::oidc::Client::public(&world, "App").await;
    let cookie = device.cookie(&world, &prt).await;
    let request = Request::builder().uri(api.address()).header(CREDENTIAL_NAME, &cookie);
    let reply = world.browser().send(request.body(Body::empty()).unwrap()).await;
    let (_, code) = reply.location().split_once("code=").unwrap();
    let reply = api.redeem(&world, code.split('&').next().unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    let shown = |kind: &str| {
        let line = lines.iter().find(|line| line.kind.name() == kind && line.app_name == "App").unwrap();
        passband_core::audit::noted::Noted::from_text(&line.facts).unwrap().presented().0
    };
    assert_eq!(shown("authorizationCode"), Shown::DeviceKey);
}

#[tokio::test]
async fn the_answer_is_for_the_request_alone() {
    let (world, _, device, prt) = chain().await;
    let mut browser = world.browser();
    // As an open client writes it (roadlib), and the longest there may be.
    for apv in [vec![0x1c, 0xe2], vec![7; ecdh::MAX_PARTY]] {
        let nonce = nonce(&mut browser).await;
        let request = device.sign(&Bound::usage(claims(&prt, "openid", &nonce), &apv));
        let reply = present(&mut browser, &request).await;
        assert!(device.open(&reply, &apv)["access_token"].is_string());
        assert!(ecdh::open_with(&device.keys.transport, b"another", &reply.body).is_err());
        assert!(ecdh::open_with(&device.keys.device, &apv, &reply.body).is_err(), "to the transport key");
    }
    let jws = device.sign(&Bound::usage(claims(&prt, "openid", "n1"), &[1]));
    assert_eq!(Unverified::parse(&jws).unwrap().header.alg, "ES256");
}
