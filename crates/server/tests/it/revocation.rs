//! Whatever is taken away at one node is refused at the next request to another, on every path. On SQLite both ways in
//! lead to one server; on PostgreSQL (`PASSBAND_TEST_ON=postgres`) they are two, which share the database and nothing
//! else: no cache, no message between them that could be lost.

use crate::device::{Device, Held, nonce, present};
use crate::world::{Browser, Person, Reply, World, encode};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App as AppRecord;
use passband_core::id::{ClientId, SessionId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::rng::SystemRandom;
use passband_wire::b64;
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::message::CookieClaims;
use passband_wire::prt::{CREDENTIAL_NAME, signed};
use serde_json::Value;

const REDIRECT: &str = "https://tasks.example.com/cb";
const RESOURCE: &str = "https://tasks.example.com";

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

    fn address(&self) -> String {
        format!(
            "/authorize?client_id={}&response_type=code&redirect_uri={}&scope={}&prompt=none&code_challenge={}\
             &code_challenge_method=S256",
            self.id,
            encode(REDIRECT),
            encode("openid offline_access"),
            Challenge::of(&self.verifier)
        )
    }

    /// A code for whoever is signed in in this browser, if there is one.
    pub async fn code(&self, browser: &mut Browser) -> Option<String> {
        code_in(&browser.get(&self.address()).await)
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
struct Holdings {
    person: Person,
    device: Device,
    held: Held,
    prt: SessionId,
    client: Client,
    /// Signed in from the PRT.
    browser: Browser,
    refresh: String,
    access: String,
    code: String,
}

async fn prt_cookie(browser: &mut Browser, held: &Held, path: &str) -> Reply {
    let cookie = signed::sign(&held.key, &CookieClaims::new(&held.prt, &nonce(browser).await), &SystemRandom);
    let request = Request::builder().uri(path).header(CREDENTIAL_NAME, cookie.unwrap());
    browser.send(request.body(Body::empty()).unwrap()).await
}

async fn holdings(world: &World) -> Holdings {
    let (person, _) = world.user("Grace").await;
    let device = Device::join(world, &person, 0).await;
    let held = device.login(world, &person).await;
    let client = Client::register(world, None).await;
    let mut browser = world.browser();
    assert!(code_in(&prt_cookie(&mut browser, &held, &client.address()).await).is_some());
    let tokens = client.tokens(&mut browser).await;
    let code = client.code(&mut browser).await.unwrap();
    let session = world.session_of(&browser).unwrap();
    let prt = world.app.store.standing(session).await.unwrap().unwrap().session.parent.unwrap();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Holdings {
        refresh: text("refresh_token"),
        access: text("access_token"),
        person,
        device,
        held,
        prt,
        client,
        browser,
        code,
    }
}

/// The paths on which something may be got, and whether it is, at this node.
const PATHS: [&str; 8] = [
    "PRT for a token",
    "PRT renewal",
    "PRT cookie",
    "browser cookie",
    "single sign-on",
    "refresh",
    "code",
    "userinfo",
];

async fn passes(node: &World, has: &Holdings, path: &str) -> bool {
    let mut program = node.browser();
    let mut browser = node.lead(&has.browser);
    match path {
        "PRT for a token" => {
            let mut claims = has.held.claims("openid", &nonce(&mut program).await);
            claims.resource = Some(RESOURCE.to_owned());
            let request = signed::sign(&has.held.key, &claims, &SystemRandom).unwrap();
            present(&mut program, &request).await.status == StatusCode::OK
        }
        "PRT renewal" => has.held.use_it(&mut program, "openid aza").await.status == StatusCode::OK,
        "PRT cookie" => code_in(&prt_cookie(&mut program, &has.held, &has.client.address()).await).is_some(),
        "browser cookie" => browser.get("/account").await.status == StatusCode::OK,
        "single sign-on" => has.client.code(&mut browser).await.is_some(),
        "refresh" => {
            let id = has.client.id.to_string();
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", id.as_str()),
                ("refresh_token", has.refresh.as_str()),
            ];
            program.form("/token", &form).await.status == StatusCode::OK
        }
        "code" => has.client.redeem(&mut program, &has.code).await.status == StatusCode::OK,
        "userinfo" => {
            let bearer = format!("Bearer {}", has.access);
            let request = Request::builder().uri("/userinfo").header(header::AUTHORIZATION, bearer);
            program.send(request.body(Body::empty()).unwrap()).await.status == StatusCode::OK
        }
        other => panic!("{other}"),
    }
}

/// What can be taken away.
const THINGS: [&str; 8] = [
    "user disabled",
    "user deleted",
    "sessions revoked",
    "session ended",
    "passkey deleted",
    "device disabled",
    "device deleted",
    "application disabled",
];

async fn take_away(node: &World, has: &Holdings, thing: &str) {
    let user = format!("/v1.0/users/{}", has.person.user.id);
    let device = format!("/v1.0/devices/{}", has.device.id);
    let off = r#"{"accountEnabled":false}"#;
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
        "application disabled" => {
            let path = format!("/v1.0/applications/{}", has.client.id);
            admin(node, Method::PATCH, &path, r#"{"passband_enabled":false}"#).await
        }
        other => panic!("{other}"),
    };
    assert!(reply.status.is_success(), "{thing}: {} {}", reply.status, reply.body);
}

/// Paths that an application's end leaves open: they are the person's own.
fn is_spared(thing: &str, path: &str) -> bool {
    thing == "application disabled" && matches!(path, "PRT renewal" | "browser cookie")
}

#[tokio::test]
async fn what_is_taken_away_at_one_node_is_refused_at_the_other() {
    for thing in THINGS {
        let here = World::new().await;
        let there = here.twin().await;
        let has = holdings(&here).await;
        // Warm whatever the other node may keep. The code is good once, so it stays for later.
        for path in PATHS {
            if path != "code" && path != "refresh" {
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
        if path != "code" && path != "refresh" {
            assert!(passes(&there, &has, path).await, "{path}");
        }
    }
    there.app.store.close().await;
    for path in PATHS {
        // On SQLite it is the same process: nobody else writes, and what it has read stays right.
        let only_reads = matches!(path, "browser cookie" | "userinfo");
        if there.app.store.caching() == passband_store::Caching::Off || !only_reads {
            assert!(!passes(&there, &has, path).await, "{path}");
        }
    }
}
