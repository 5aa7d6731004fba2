//! OAuth 2.0 and OpenID Connect as an application sees them: each rule of RFC 6749, 7009, 7636, 9068, 9207, 9700 and of
//! OpenID Connect that this server lives by, and what happens to whoever breaks it.

mod authorize;
mod discovery;
mod logout;
mod par;
mod prompt;
mod refresh;
mod token;
mod userinfo;

use crate::world::{Browser, Reply, World, encode};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App as AppRecord;
use passband_core::id::ClientId;
use passband_core::manage::app::secret_hash;
use passband_core::rng::SystemRandom;
use passband_wire::b64;
use passband_wire::jose::jwk::JwkSet;
use passband_wire::jose::jws::{Unverified, VerifyingKey};
use passband_wire::oauth::pkce::{self, Challenge};
use serde_json::Value;
use std::collections::BTreeMap;

const REDIRECT: &str = "https://wiki.example.com/cb";
pub const SECRET: &str = "a client secret: 100% & more";

/// An application, and the PKCE verifier of its request under way.
pub struct Client {
    pub record: AppRecord,
    verifier: String,
}

impl Client {
    /// An app that keeps no secret.
    pub async fn public(world: &World, name: &str) -> Self {
        Self::register(world, name, None).await
    }

    /// An app with a secret.
    pub async fn confidential(world: &World, name: &str) -> Self {
        Self::register(world, name, Some(secret_hash(SECRET))).await
    }

    async fn register(world: &World, name: &str, secret_hash: Option<[u8; 32]>) -> Self {
        let record = AppRecord {
            id: ClientId::generate(&SystemRandom),
            name: name.to_owned(),
            redirect_uris: vec![REDIRECT.to_owned(), "http://127.0.0.1/native".to_owned()],
            logout_uris: vec!["https://wiki.example.com/bye".to_owned()],
            backchannel_logout_uri: None,
            identifier_uris: vec![format!("https://{}.example.com", name.to_lowercase())],
            secret_hash,
            enabled: true,
            created: world.now(),
        };
        world.app.commit(vec![Change::InsertApp(record.clone())]).await.unwrap();
        Self { record, verifier: pkce::verifier(&SystemRandom) }
    }

    pub fn id(&self) -> String {
        self.record.id.to_string()
    }

    /// The members of a good authorization request.
    fn request(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("response_type", "code".to_owned()),
            ("client_id", self.id()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("scope", "openid profile offline_access".to_owned()),
            ("state", "a state".to_owned()),
            ("nonce", "a nonce".to_owned()),
            ("code_challenge", Challenge::of(&self.verifier).to_string()),
            ("code_challenge_method", "S256".to_owned()),
        ])
    }

    /// The address of a good request.
    pub fn address(&self) -> String {
        address(&self.request())
    }

    /// The address of a request with some members changed, or left out where they are empty.
    pub fn with(&self, changed: &[(&'static str, &str)]) -> String {
        let mut request = self.request();
        for (name, value) in changed {
            request.insert(name, (*value).to_owned());
        }
        request.retain(|_, value| !value.is_empty());
        address(&request)
    }

    /// A code for whoever is signed in in this browser.
    pub async fn code(&self, browser: &mut Browser) -> String {
        let reply = browser.get(&self.address()).await;
        member(&reply, "code").unwrap_or_else(|| panic!("no code: {} {}", reply.status, reply.location()))
    }

    /// The members that redeem a code.
    pub fn redemption(&self, code: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", self.id()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("code", code.to_owned()),
            ("code_verifier", self.verifier.clone()),
        ])
    }

    pub async fn redeem(&self, world: &World, code: &str) -> Reply {
        token(world, &self.redemption(code)).await
    }

    /// The tokens of a new sign-on in this browser.
    pub async fn tokens(&self, world: &World, browser: &mut Browser) -> Value {
        let code = self.code(browser).await;
        let reply = self.redeem(world, &code).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }

    pub async fn refresh(&self, world: &World, refresh_token: &str) -> Reply {
        let form = BTreeMap::from([
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", self.id()),
            ("refresh_token", refresh_token.to_owned()),
        ]);
        token(world, &form).await
    }
}

fn address(members: &BTreeMap<&'static str, String>) -> String {
    let pairs: Vec<_> = members.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/authorize?{}", pairs.join("&"))
}

/// `POST /token` by a program: no cookies, no origin.
async fn token(world: &World, form: &BTreeMap<&'static str, String>) -> Reply {
    let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    program(world).form("/token", &fields).await
}

/// A caller that is no browser.
fn program(world: &World) -> Browser {
    let mut program = world.browser();
    program.origin = None;
    program
}

/// A request with an `Authorization` header.
pub async fn authorized(
    world: &World,
    method: Method,
    path: &str,
    authorization: &str,
    body: String,
) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    program(world).send(request).await
}

/// A member of the query an answer redirects with.
pub fn member(reply: &Reply, name: &str) -> Option<String> {
    let (_, query) = reply.location().split_once('?')?;
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let value = found.next()?.1.into_owned();
    assert!(found.next().is_none(), "{name} twice in {query}");
    Some(value)
}

/// The OAuth error of a token answer, which must be refused with this status.
pub fn error(reply: &Reply, status: StatusCode) -> String {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    reply.json()["error"].as_str().unwrap().to_owned()
}

/// The published keys.
async fn keys(world: &World) -> JwkSet {
    serde_json::from_str(&program(world).get("/jwks").await.body).unwrap()
}

/// Claims of a token, verified as a resource server does: published keys, `ES256`, the expected `typ`.
fn verify(token: &Value, typ: &str, keys: &JwkSet) -> Option<Value> {
    let parsed = Unverified::parse(token.as_str()?).ok()?;
    assert_eq!((parsed.header.alg.as_str(), parsed.header.typ.as_deref()), ("ES256", Some(typ)));
    let key = keys.keys.iter().find(|key| Some(&key.kid) == parsed.header.kid.as_ref())?;
    parsed.verify_es256(&VerifyingKey::from_point(&key.point()?).ok()?).ok()?.claims().ok()
}

pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", b64::encode_std(format!("{}:{}", encode(id), encode(secret))))
}
