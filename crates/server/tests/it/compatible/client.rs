//! A broker as libhimmelblau is one: KDFv1 with 32 bytes of context, replies in the CBC form, codes read from a link in a
//! page, the refresh token of the sign-in used again and again. Its cryptography is written here once more, from the
//! protocol, so that the server's is not tested by itself.

use crate::device::{join_body_with, key};
use crate::dialect::{code_of_page, sign_in_of_broker, switch};
use crate::world::{Browser, Person, Reply, World, encode};
use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App;
use passband_core::rng::{self, SystemRandom};
use passband_wire::b64;
use passband_wire::id::ClientId;
use passband_wire::jose::jwe;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, GRANT_JWT_BEARER, LINUX_BROKER};
use serde_json::{Value, json};

/// The resource the person uses.
pub const GRAPH: &str = "https://graph.microsoft.com";

/// The registration service, as a scope.
pub const DRS_SCOPE: &str = "openid profile offline_access 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default";

/// A device with its PRT.
#[derive(Clone)]
pub struct Broker {
    pub certificate: String,
    /// Which of the two keys signs; the other one unwraps.
    pub n: usize,
    pub refresh_token: String,
    pub prt: String,
    pub key: [u8; 32],
}

/// A tenant that lets such brokers in, with a resource.
pub async fn tenant() -> (World, Person) {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    switch(&world, BROKER_PLUGIN, true).await;
    switch(&world, LINUX_BROKER, true).await;
    let app = App {
        id: ClientId::from_bytes([0x99; 16]),
        name: "Graph".to_owned(),
        redirect_uris: Vec::new(),
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: vec![GRAPH.to_owned()],
        secret_hash: None,
        enabled: true,
        created: world.now(),
    };
    world.app.commit(vec![Change::InsertApp(app)]).await.unwrap();
    (world, ada)
}

/// A program without cookies or an origin.
pub fn program(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.origin = None;
    browser
}

/// A nonce; the request has no `Content-Type`.
pub async fn nonce(world: &World) -> String {
    let request = Request::post("/common/oauth2/token").body(Body::from("grant_type=srv_challenge")).unwrap();
    program(world).send(request).await.json()["Nonce"].as_str().unwrap().to_owned()
}

/// A compact JWS of these parts under this key.
pub fn hs256(key: &[u8; 32], header: &Value, payload: &Value) -> String {
    let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(payload.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), input.as_bytes());
    format!("{input}.{}", b64::encode(tag))
}

/// KDFv1 (prt.md §5.2).
pub fn derive(key: &[u8; 32], context: &[u8]) -> [u8; 32] {
    let message =
        [&[0, 0, 0, 1], b"AzureAD-SecureConversation".as_slice(), &[0], context, &[0, 0, 1, 0]].concat();
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message).as_ref().try_into().unwrap()
}

/// Redeems a refresh token of the broker.
pub async fn redeem(world: &World, token: &str, scope: &str) -> Reply {
    let client = BROKER_CLIENT.to_string();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", token),
        ("scope", scope),
    ];
    program(world).form("/common/oAuth2/v2.0/token", &form).await
}

impl Broker {
    /// Signs in by the page, joins, and gets a PRT: with one refresh token for both.
    pub async fn enrol(world: &World, person: &Person, n: usize) -> Self {
        let tokens = sign_in_of_broker(world, person).await;
        let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
        let drs = redeem(world, &refresh_token, DRS_SCOPE).await;
        assert_eq!(drs.status, StatusCode::OK, "{}", drs.body);
        let bearer = drs.json()["access_token"].as_str().unwrap().to_owned();
        let body = join_body_with(key(n), key(1 - n));
        let request = Request::post("/EnrollmentServer/device/?api-version=2.0")
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let reply = program(world).send(request).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let certificate = reply.json()["Certificate"]["RawBody"].as_str().unwrap().to_owned();
        let mut broker = Self { certificate, n, refresh_token, prt: String::new(), key: [0; 32] };
        broker.log_in(world).await;
        broker
    }

    /// A PRT by the refresh token of the sign-in (prt.md §4).
    pub async fn log_in(&mut self, world: &World) {
        let reply = self.ask_prt(world, &self.refresh_token, json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let reply = reply.json();
        for text in ["expires_in", "ext_expires_in", "expires_on", "id_token"] {
            assert!(reply[text].is_string(), "{text}");
        }
        assert!(reply["refresh_token_expires_in"].is_number());
        self.prt = reply["refresh_token"].as_str().unwrap().to_owned();
        let envelope = reply["session_key_jwe"].as_str().unwrap();
        self.key = *jwe::unwrap_session_key(envelope, key(1 - self.n)).unwrap().expose();
    }

    /// Asks for a PRT; `more` goes into the header.
    pub async fn ask_prt(&self, world: &World, refresh_token: &str, more: Value) -> Reply {
        let claims = json!({
            "client_id": BROKER_CLIENT.to_string(), "scope": "openid aza ugs", "win_ver": null,
            "request_nonce": nonce(world).await, "grant_type": "refresh_token", "refresh_token": refresh_token,
        });
        let form = [
            ("windows_api_version", "2.0"),
            ("grant_type", GRANT_JWT_BEARER),
            ("request", &self.rs256(&claims, more)),
            ("client_info", "1"),
            ("tgt", "true"),
        ];
        program(world).form("/common/oauth2/token", &form).await
    }

    /// Signs by the device key.
    pub fn rs256(&self, claims: &Value, more: Value) -> String {
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": "00ff", "x5c": [self.certificate] });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(claims.to_string()));
        let signature = key(self.n).sign(input.as_bytes()).unwrap();
        format!("{input}.{}", b64::encode(signature))
    }

    /// Signs by the session key, with KDFv1 and this context.
    pub fn sign_with(&self, ctx: &[u8], claims: &Value) -> String {
        let header =
            json!({ "alg": "HS256", "typ": "JWT", "kid": "0123456789ab", "ctx": b64::encode_std(ctx) });
        hs256(&derive(&self.key, ctx), &header, claims)
    }

    /// The same with a fresh context.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&rng::bytes::<32>(&SystemRandom), claims)
    }

    /// The cookie or header that carries the PRT.
    pub fn cookie(&self, nonce: &str) -> String {
        self.sign(&json!({
            "refresh_token": self.prt, "request_nonce": nonce, "ua_client_id": null, "win_ver": null,
            "windows_api_version": "2.0.1",
        }))
    }

    /// The header of the device beside it.
    pub fn device(&self, nonce: &str) -> String {
        let claims = json!({
            "request_nonce": nonce, "grant_type": "device_auth", "iss": "aad:brokerplugin", "win_ver": null,
        });
        self.rs256(&claims, json!({}))
    }

    /// A direct request: renewal with `aza`, otherwise a token.
    pub async fn present(&self, world: &World, request: &str) -> Reply {
        let form = [
            ("windows_api_version", "2.0"),
            ("grant_type", GRANT_JWT_BEARER),
            ("request", request),
            ("client_info", "1"),
        ];
        program(world).form("/common/oauth2/token", &form).await
    }

    /// Claims of a direct request.
    pub fn claims(&self, client: ClientId, scope: &str, nonce: &str) -> Value {
        json!({
            "refresh_token": self.prt, "grant_type": "refresh_token", "client_id": client.to_string(),
            "scope": scope, "resource": null, "request_nonce": nonce, "iss": "aad:brokerplugin",
            "aud": "login.microsoftonline.com", "win_ver": "10.0",
        })
    }

    /// Reads a reply in the CBC form, and no other.
    pub fn open(&self, reply: &Reply) -> Value {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let parts: Vec<_> = reply.body.split('.').collect();
        assert!(parts.len() == 5 && parts[1].is_empty() && parts[4].is_empty(), "{}", reply.body);
        let header: Value = serde_json::from_slice(&b64::decode(parts[0], 999).unwrap()).unwrap();
        assert_eq!((&header["alg"], &header["enc"]), (&json!("dir"), &json!("A256GCM")));
        let ctx = b64::decode_std(header["ctx"].as_str().unwrap(), 64).unwrap();
        let iv: [u8; 16] = b64::decode(parts[2], 16).unwrap().try_into().unwrap();
        let mut body = b64::decode(parts[3], 99_999).unwrap();
        let cipher = UnboundCipherKey::new(&AES_256, &derive(&self.key, &ctx)).unwrap();
        let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(cipher).unwrap();
        let plain = cipher.decrypt(&mut body, DecryptionContext::Iv128(FixedLength::from(iv))).unwrap();
        serde_json::from_slice(plain).unwrap()
    }

    /// Opens `/authorize` with the two headers, as the indirect exchange does (prt.md §6.5).
    pub async fn authorize(&self, world: &World, way: Way<'_>) -> Reply {
        let nonce = nonce(world).await;
        let (client, redirect) = way.client();
        let address = format!(
            "{}/authorize?client_id={client}&response_type=code&redirect_uri={}&client-request-id=0b9bd0cd-6c8f-4f2a-b7a4-3b8b1cf0aa11&{}",
            way.path(),
            encode(redirect),
            way.wanted()
        );
        let mut request = Request::get(address).header("x-ms-RefreshTokenCredential", self.cookie(&nonce));
        if let Some(by) = way.device(self) {
            request = request.header("x-ms-DeviceCredential", by.device(&nonce));
        }
        program(world).send(request.body(Body::empty()).unwrap()).await
    }

    /// The whole indirect exchange.
    pub async fn exchange(&self, world: &World, way: Way<'_>) -> Value {
        let page = self.authorize(world, way).await;
        assert!(page.status.is_redirection(), "{} {}", page.status, page.body);
        let reply = redeem_code(world, way, &code_of_page(&page.body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }
}

/// Redeems a code, without PKCE.
pub async fn redeem_code(world: &World, way: Way<'_>, code: &str) -> Reply {
    let (client, redirect) = way.client();
    let client = client.to_string();
    let mut form = vec![
        ("client_id", client.as_str()),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
    ];
    if let Way::Bound(key) = way {
        form.extend([("token_type", "pop"), ("req_cnf", key)]);
    }
    program(world).form(&format!("{}/token", way.path()), &form).await
}

/// The two versions of the indirect exchange, and what is bent about it.
#[derive(Clone, Copy)]
pub enum Way<'a> {
    /// The broker itself, a resource.
    First(&'a str),
    /// The Linux broker, a scope.
    Second,
    /// The first, without the device's header.
    Alone,
    /// The first, with the header of this device.
    Beside(&'a Broker),
    /// The first, for which the person is to have just proved themselves.
    Proving(&'a str),
    /// The same without the device's header.
    ProvingAlone(&'a str),
    /// The first, whose token is to be bound to this key.
    Bound(&'a str),
}

impl<'a> Way<'a> {
    fn client(self) -> (ClientId, &'static str) {
        match self {
            Self::Second => (LINUX_BROKER, "companyportal://com.microsoft.CompanyPortal"),
            _ => (BROKER_CLIENT, "msauth://Microsoft.AAD.BrokerPlugin"),
        }
    }

    fn path(self) -> &'static str {
        if matches!(self, Self::Second) { "/common/oAuth2/v2.0" } else { "/common/oauth2" }
    }

    fn wanted(self) -> String {
        match self {
            Self::First(resource) => format!("resource={}", encode(resource)),
            Self::Second => format!("scope={}", encode(&format!("openid profile {GRAPH}/.default"))),
            Self::Proving(resource) | Self::ProvingAlone(resource) => {
                format!("resource={}&amr_values=ngcmfa", encode(resource))
            }
            Self::Alone | Self::Beside(_) | Self::Bound(_) => format!("resource={}", encode(GRAPH)),
        }
    }

    fn device<'b>(self, own: &'b Broker) -> Option<&'b Broker>
    where
        'a: 'b,
    {
        match self {
            Self::Alone | Self::ProvingAlone(_) => None,
            Self::Beside(other) => Some(other),
            Self::First(_) | Self::Second | Self::Proving(_) | Self::Bound(_) => Some(own),
        }
    }
}
