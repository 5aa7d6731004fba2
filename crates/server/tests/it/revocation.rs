//! Whatever is taken away at one node is refused at the next request to another, on every path. On SQLite both ways in
//! lead to one server; on PostgreSQL (`PASSBAND_TEST_ON=postgres`) they are two, which share the database and nothing
//! else: no cache, no message between them that could be lost.

use crate::access::{POLICY, grants, policy, put};
use crate::device::{Device, Held, nonce, present};
use crate::oidc::{SECRET, authorized, basic};
use crate::signals::{Mdm, compliance, transmitter};
use crate::world::{Browser, Person, Reply, World, encode};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App as AppRecord;
use passband_core::id::{ClientId, SessionId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::manage::app::secret_hash;
use passband_core::rng::SystemRandom;
use passband_wire::b64;
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::message::CookieClaims;
use passband_wire::prt::{CREDENTIAL_NAME, signed};
use serde_json::Value;

const REDIRECT: &str = "https://tasks.example.com/cb";
const RESOURCE: &str = "https://tasks.example.com";
/// A resource of its own, which asks whether the tokens it is shown are good.
const ORDERS: &str = "https://orders.example.com";

/// An application that signs people in and is a resource too.
pub struct Client {
    pub id: ClientId,
    verifier: String,
}

impl Client {
    pub async fn register(world: &World, backchannel_logout_uri: Option<String>) -> Self {
        let record = AppRecord {
            id: ClientId::generate(&SystemRandom),
            name: "Tasks".to_owned(),
            redirect_uris: vec![REDIRECT.to_owned()],
            logout_uris: Vec::new(),
            backchannel_logout_uri,
            identifier_uris: vec![RESOURCE.to_owned()],
            secret_hash: None,
            enabled: true,
            created: world.now(),
        };
        let id = record.id;
        world.app.commit(vec![Change::InsertApp(record)]).await.unwrap();
        Self { id, verifier: pkce::verifier(&SystemRandom) }
    }

    pub fn address(&self) -> String {
        self.address_for("")
    }

    fn address_for(&self, resource: &str) -> String {
        let own = format!(
            "/authorize?client_id={}&response_type=code&redirect_uri={}&scope={}&prompt=none&code_challenge={}\
             &code_challenge_method=S256",
            self.id,
            encode(REDIRECT),
            encode("openid offline_access"),
            Challenge::of(&self.verifier)
        );
        if resource.is_empty() { own } else { format!("{own}&resource={}", encode(resource)) }
    }

    /// A code for whoever is signed in in this browser, if there is one.
    pub async fn code(&self, browser: &mut Browser) -> Option<String> {
        code_in(&browser.get(&self.address()).await)
    }

    async fn code_for(&self, browser: &mut Browser, resource: &str) -> String {
        code_in(&browser.get(&self.address_for(resource)).await).expect("a code for a resource")
    }

    async fn refresh(&self, browser: &mut Browser, token: &str) -> Reply {
        let id = self.id.to_string();
        let form = [("grant_type", "refresh_token"), ("client_id", id.as_str()), ("refresh_token", token)];
        browser.form("/token", &form).await
    }

    pub async fn redeem(&self, browser: &mut Browser, code: &str) -> Reply {
        let id = self.id.to_string();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", id.as_str()),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", &self.verifier),
        ];
        browser.form("/token", &form).await
    }

    /// Tokens for whoever is signed in in this browser.
    pub async fn tokens(&self, browser: &mut Browser) -> Value {
        let code = self.code(browser).await.expect("a code");
        let reply = self.redeem(browser, &code).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }
}

fn code_in(reply: &Reply) -> Option<String> {
    let (_, rest) = reply.location().split_once("code=")?;
    Some(rest.split('&').next()?.to_owned())
}

/// A request of an administrator.
pub async fn admin(world: &World, method: Method, path: &str, body: &str) -> Reply {
    let token = AdminToken::mint(&world.app.master, world.now(), &SystemRandom).unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    world.browser().send(request).await
}

/// Everything a person can hold, made at one node.
pub struct Holdings {
    pub person: Person,
    pub device: Device,
    held: Held,
    prt: SessionId,
    pub client: Client,
    orders: ClientId,
    mdm: Mdm,
    /// Signed in from the PRT.
    browser: Browser,
    /// For this server.
    own: Tokens,
    /// For the other resource.
    other: Tokens,
}

impl Holdings {
    /// Another code, from this node.
    pub async fn fresh_code(&self, node: &World) -> String {
        self.client.code(&mut node.lead(&self.browser)).await.expect("a code")
    }
}

/// What an application holds for one audience: two tokens, and a code that was not redeemed yet.
struct Tokens {
    refresh: String,
    access: String,
    code: String,
}

impl Tokens {
    async fn get(client: &Client, browser: &mut Browser, resource: &str) -> Self {
        let code = client.code_for(browser, resource).await;
        let reply = client.redeem(browser, &code).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let text = |name: &str| reply.json()[name].as_str().unwrap().to_owned();
        let (refresh, access) = (text("refresh_token"), text("access_token"));
        Self { refresh, access, code: client.code_for(browser, resource).await }
    }
}

async fn prt_cookie(browser: &mut Browser, held: &Held, path: &str) -> Reply {
    let cookie = signed::sign(&held.key, &CookieClaims::new(&held.prt, &nonce(browser).await), &SystemRandom);
    let request = Request::builder().uri(path).header(CREDENTIAL_NAME, cookie.unwrap());
    browser.send(request.body(Body::empty()).unwrap()).await
}

pub async fn holdings(world: &World) -> Holdings {
    let (person, _) = world.user("Grace").await;
    let device = Device::join(world, &person, 0).await;
    let held = device.login(world, &person).await;
    let client = Client::register(world, None).await;
    let orders = orders(world).await;
    let mdm = transmitter(world, false).await;
    // The device is known to be good, and there is a policy that wants it.
    tell_compliant(world, &device, true).await;
    put(world, POLICY, Some(policy("Good devices", &grants(&["compliantDevice"])))).await;
    let mut browser = world.browser();
    assert!(code_in(&prt_cookie(&mut browser, &held, &client.address()).await).is_some());
    let own = Tokens::get(&client, &mut browser, "").await;
    let other = Tokens::get(&client, &mut browser, ORDERS).await;
    let session = world.session_of(&browser).unwrap();
    let prt = world.app.store.standing(session).await.unwrap().unwrap().session.parent.unwrap();
    Holdings { person, device, held, prt, client, orders, mdm, browser, own, other }
}

async fn orders(world: &World) -> ClientId {
    let record = AppRecord {
        id: ClientId::generate(&SystemRandom),
        name: "Orders".to_owned(),
        redirect_uris: Vec::new(),
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: vec![ORDERS.to_owned()],
        secret_hash: Some(secret_hash(SECRET)),
        enabled: true,
        created: world.now(),
    };
    let id = record.id;
    world.app.commit(vec![Change::InsertApp(record)]).await.unwrap();
    id
}

async fn tell_compliant(node: &World, device: &Device, compliant: bool) {
    let body = format!(r#"{{"isCompliant":{compliant}}}"#);
    let reply = admin(node, Method::PATCH, &format!("/v1.0/devices/{}", device.id), &body).await;
    assert!(reply.status.is_success(), "{} {}", reply.status, reply.body);
}

/// The paths on which something may be got, and whether it is, at this node.
pub const PATHS: [&str; 12] = [
    "PRT for a token",
    "PRT for a resource",
    "PRT renewal",
    "PRT cookie",
    "browser cookie",
    "single sign-on",
    "refresh",
    "refresh for a resource",
    "code",
    "code for a resource",
    "userinfo",
    "introspection",
];

/// What can be done once only, and stays for later.
pub fn is_used_up(path: &str) -> bool {
    path.starts_with("code") || path.starts_with("refresh")
}

pub async fn passes(node: &World, has: &Holdings, path: &str) -> bool {
    let mut program = node.browser();
    let mut browser = node.lead(&has.browser);
    match path {
        "PRT for a token" => prt_for(&mut program, has, RESOURCE).await,
        "PRT for a resource" => prt_for(&mut program, has, ORDERS).await,
        "PRT renewal" => has.held.use_it(&mut program, "openid aza").await.status == StatusCode::OK,
        "PRT cookie" => code_in(&prt_cookie(&mut program, &has.held, &has.client.address()).await).is_some(),
        "browser cookie" => browser.get("/account").await.status == StatusCode::OK,
        "single sign-on" => has.client.code(&mut browser).await.is_some(),
        "refresh" => has.client.refresh(&mut program, &has.own.refresh).await.status == StatusCode::OK,
        "refresh for a resource" => {
            has.client.refresh(&mut program, &has.other.refresh).await.status == StatusCode::OK
        }
        "code" => has.client.redeem(&mut program, &has.own.code).await.status == StatusCode::OK,
        "code for a resource" => {
            has.client.redeem(&mut program, &has.other.code).await.status == StatusCode::OK
        }
        "userinfo" => {
            let bearer = format!("Bearer {}", has.own.access);
            authorized(node, Method::GET, "/userinfo", &bearer, String::new()).await.status == StatusCode::OK
        }
        "introspection" => {
            let (line, body) =
                (basic(&has.orders.to_string(), SECRET), format!("token={}", has.other.access));
            let reply = authorized(node, Method::POST, "/introspect", &line, body).await;
            reply.status == StatusCode::OK && reply.json()["active"] == true
        }
        other => panic!("{other}"),
    }
}

async fn prt_for(program: &mut Browser, has: &Holdings, resource: &str) -> bool {
    let mut claims = has.held.claims("openid", &nonce(program).await);
    claims.resource = Some(resource.to_owned());
    let request = signed::sign(&has.held.key, &claims, &SystemRandom).unwrap();
    present(program, &request).await.status == StatusCode::OK
}

/// What can be taken away.
const THINGS: [&str; 12] = [
    "user disabled",
    "user deleted",
    "sessions revoked",
    "session ended",
    "passkey deleted",
    "device disabled",
    "device deleted",
    "device not compliant",
    "device said not to be compliant",
    "application disabled",
    "resource disabled",
    "policy changed",
];

async fn take_away(node: &World, has: &Holdings, thing: &str) {
    let user = format!("/v1.0/users/{}", has.person.user.id);
    let device = format!("/v1.0/devices/{}", has.device.id);
    let app = |id: ClientId| format!("/v1.0/applications/{id}");
    let (off, app_off) = (r#"{"accountEnabled":false}"#, r#"{"passband_enabled":false}"#);
    let reply = match thing {
        "user disabled" => admin(node, Method::PATCH, &user, off).await,
        "user deleted" => admin(node, Method::DELETE, &user, "").await,
        "sessions revoked" => admin(node, Method::POST, &format!("{user}/revokeSignInSessions"), "").await,
        "session ended" => {
            let end = Change::EndSession { id: has.prt, at: node.now() };
            return node.app.commit(vec![end]).await.unwrap();
        }
        "passkey deleted" => {
            let passkeys = node.app.store.passkeys_of(has.person.user.id).await.unwrap();
            let id = b64::encode(&passkeys[0].id);
            let path = format!("{user}/authentication/fido2Methods/{id}?passband_force=true");
            admin(node, Method::DELETE, &path, "").await
        }
        "device disabled" => admin(node, Method::PATCH, &device, off).await,
        "device deleted" => admin(node, Method::DELETE, &device, "").await,
        "device not compliant" => return tell_compliant(node, &has.device, false).await,
        "device said not to be compliant" => {
            let word = has.mdm.sign(node, "1", has.device.id, compliance("not-compliant"));
            has.mdm.send(node, &word).await
        }
        "application disabled" => admin(node, Method::PATCH, &app(has.client.id), app_off).await,
        "resource disabled" => admin(node, Method::PATCH, &app(has.orders), app_off).await,
        "policy changed" => return put(node, POLICY, Some(policy("No way", &grants(&["block"])))).await,
        other => panic!("{other}"),
    };
    assert!(reply.status.is_success(), "{thing}: {} {}", reply.status, reply.body);
}

/// Paths that an end leaves open: of an application or a resource, what is the person's own or another's; of what
/// policies want, the PRT, which is issued whatever they say and judged wherever it is shown.
fn is_spared(thing: &str, path: &str) -> bool {
    match thing {
        "application disabled" => {
            matches!(path, "PRT renewal" | "browser cookie" | "PRT for a resource")
        }
        "resource disabled" => !(path.ends_with("for a resource") || path == "introspection"),
        "device not compliant" | "device said not to be compliant" | "policy changed" => {
            path == "PRT renewal"
        }
        _ => false,
    }
}

#[tokio::test]
async fn what_is_taken_away_at_one_node_is_refused_at_the_other() {
    for thing in THINGS {
        let here = World::new().await;
        let there = here.twin().await;
        let has = holdings(&here).await;
        // Warm whatever the other node may keep.
        for path in PATHS {
            if !is_used_up(path) {
                assert!(passes(&there, &has, path).await, "{path} passes before {thing}");
            }
        }
        take_away(&here, &has, thing).await;
        for path in PATHS {
            assert_eq!(passes(&there, &has, path).await, is_spared(thing, path), "{thing}, then {path}");
        }
    }
}

/// The same holdings pass where nothing was taken away: what was refused above was not refused for another reason.
#[tokio::test]
async fn what_is_not_taken_away_passes_at_the_other_node() {
    let here = World::new().await;
    let there = here.twin().await;
    let has = holdings(&here).await;
    for path in PATHS {
        assert!(passes(&there, &has, path).await, "{path}");
    }
}

/// A node that cannot ask the database lets nobody in: it does not go by what it knew.
#[tokio::test]
async fn a_node_that_lost_its_database_refuses() {
    let here = World::new().await;
    let there = here.twin().await;
    let has = holdings(&here).await;
    for path in PATHS {
        if !is_used_up(path) {
            assert!(passes(&there, &has, path).await, "{path}");
        }
    }
    there.app.store.close().await;
    for path in PATHS {
        // On SQLite it is the same process: nobody else writes, and what it has read stays right.
        let only_reads = matches!(path, "browser cookie" | "userinfo" | "introspection");
        if there.app.store.caching() == passband_store::Caching::Off || !only_reads {
            assert!(!passes(&there, &has, path).await, "{path}");
        }
    }
}
