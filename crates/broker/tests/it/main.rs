//! The broker against a provider that speaks the protocol, rightly and wrongly.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod fake;
mod world;

use fake::{Answer, Fake};
use passband_broker::Error;
use passband_broker::agent::Agent;
use passband_broker::enrol::{Description, JoinKind};
use passband_broker::http::{Http, ServerUrl};
use passband_broker::provider;
use passband_broker::prt::{Prt, TokenRequest};
use passband_wire::jose::jws::Unverified;
use passband_wire::prt::bound::Beside;
use passband_wire::prt::message::{CookieClaims, PrtUseClaims};
use passband_wire::prt::suite::Suite;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use world::{DEVICE, NOW, Person, Provider, World};

fn description() -> Description {
    Description::of_this_machine(Some("desk"))
}

/// A provider whose behaviour a test may change between two requests.
async fn provider() -> (Fake, Arc<Mutex<Provider>>) {
    let shared = Arc::new(Mutex::new(Provider::default()));
    let inner = Arc::clone(&shared);
    let fake = Fake::start(move |url| {
        *inner.lock().unwrap() = Provider::at(url);
        move |request: &fake::Request| inner.lock().unwrap().answer(request)
    })
    .await;
    (fake, shared)
}

async fn signed_in(world: &World, url: &str) -> Agent {
    let (agent, person) = (world.agent(url), Person::default());
    let open = |url: &str| person.open(url);
    agent.join(JoinKind::Join, &description(), &open).await.unwrap();
    agent.login(&open, None).await.unwrap();
    agent
}

const WIKI: TokenRequest<'_> =
    TokenRequest { client_id: "wiki", scope: "openid", resource: Some("https://wiki.example.com") };

#[tokio::test]
async fn a_device_joins_signs_in_gets_tokens_and_leaves() {
    joins_signs_in_gets_tokens_and_leaves(Suite::DeviceKey).await;
}

#[tokio::test]
async fn a_device_with_a_session_key_does_the_same() {
    joins_signs_in_gets_tokens_and_leaves(Suite::SessionKey).await;
}

async fn joins_signs_in_gets_tokens_and_leaves(suite: Suite) {
    let ((fake, _), world) = (provider().await, World::new());
    let (agent, person) = (world.agent(&fake.url), Person::default());
    let open = |url: &str| person.open(url);
    let identity = agent.join_in(suite, JoinKind::Join, &description(), &open).await.unwrap();
    assert_eq!(identity.suite(), Some(suite));
    assert_eq!(
        (identity.device_id.to_string().as_str(), identity.user.as_str()),
        (DEVICE, "ada@example.com")
    );
    assert!(matches!(agent.join(JoinKind::Join, &description(), &open).await, Err(Error::AlreadyJoined(_))));
    assert!(matches!(agent.token(&WIKI).await, Err(Error::NotSignedIn)));

    let prt = agent.login(&open, Some("ada@example.com")).await.unwrap();
    assert_eq!((prt.user(), prt.expires().0), ("ada@example.com", NOW + 1_209_599));
    let urls = person.0.lock().unwrap().clone();
    assert!(urls[0].contains("resource=urn%3Ams-drs%3Aenterpriseregistration.windows.net"), "{}", urls[0]);
    assert!(urls[0].contains("code_challenge_method=S256") && urls[0].contains("max_age=600"));
    assert!(urls[1].contains("scope=openid+offline_access&") && urls[1].contains("login_hint=ada"));

    // Another run of the program, from the files alone.
    let later = world.agent(&fake.url);
    assert_eq!(later.token(&WIKI).await.unwrap().access_token, "at.wiki.https://wiki.example.com");
    assert_eq!(later.cached().unwrap().token().expose(), "prt.1", "not yet due for renewal");
    world.clock.fetch_add(4 * 3600, Ordering::Relaxed);
    later.token(&WIKI).await.unwrap();
    let renewed = later.cached().unwrap();
    assert_eq!(renewed.token().expose(), "prt.3");
    let key = |prt: &Prt| prt.session_key().map(|key| *key.expose());
    assert_eq!(key(&renewed), key(&prt), "the session key stays");
    assert_eq!(key(&renewed).is_some(), suite == Suite::SessionKey);
    let stored = std::fs::read_to_string(world.folder.join("prt.json")).unwrap();
    assert_eq!(stored.contains("session_key_jwe"), suite == Suite::SessionKey);

    later.leave().await.unwrap();
    assert_eq!(world.files(), ["lock"]);
    assert!(matches!(later.token(&WIKI).await, Err(Error::NotJoined)));
}

#[tokio::test]
async fn a_nonce_is_used_once_and_the_offered_one_first() {
    let ((fake, _), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    agent.token(&WIKI).await.unwrap();
    agent.token(&WIKI).await.unwrap();
    let nonces: Vec<_> = fake
        .seen()
        .iter()
        .filter_map(|request| request.form("request"))
        .map(|text| {
            let jws = Unverified::parse(&text).unwrap();
            jws.claims_unverified::<PrtUseClaims>().unwrap().request_nonce.unwrap()
        })
        .collect();
    assert_eq!(nonces, ["challenge-1", "offered-1", "offered-2"]);
}

#[tokio::test]
async fn one_refused_nonce_is_replaced_and_a_second_is_an_answer() {
    let ((fake, told), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    told.lock().unwrap().refuse_nonces = 1;
    agent.token(&WIKI).await.unwrap();
    told.lock().unwrap().refuse_nonces = 2;
    let before = fake.seen().len();
    let Err(Error::Refused(refusal)) = agent.token(&WIKI).await else { panic!("not refused") };
    assert!(refusal.is_nonce());
    assert_eq!(
        fake.targets()[before..],
        ["POST /common/oauth2/v2.0/token", "POST /common/oauth2/token", "POST /common/oauth2/v2.0/token"]
    );
}

#[tokio::test]
async fn an_answer_that_is_not_encrypted_is_no_answer() {
    let ((fake, told), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    told.lock().unwrap().answer_plain = true;
    assert!(matches!(agent.token(&WIKI).await, Err(Error::Protocol(_))));
    assert!(matches!(agent.renew().await, Err(Error::Protocol(_))));
    assert_eq!(agent.cached().unwrap().token().expose(), "prt.1", "the old PRT is kept");
}

#[tokio::test]
async fn an_answer_to_another_request_is_no_answer() {
    let ((fake, told), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    told.lock().unwrap().answer_another = true;
    assert!(matches!(agent.token(&WIKI).await, Err(Error::Protocol(_))));
    told.lock().unwrap().answer_another = false;
    agent.token(&WIKI).await.unwrap();
}

#[tokio::test]
async fn a_stored_prt_of_one_suite_is_not_used_with_keys_of_the_other() {
    let ((fake, _), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    let old = World::new();
    let (other, person) = (old.agent(&fake.url), Person::default());
    let open = |url: &str| person.open(url);
    other.join_in(Suite::SessionKey, JoinKind::Join, &description(), &open).await.unwrap();
    other.login(&open, None).await.unwrap();
    let (mine, theirs) = (world.folder.join("prt.json"), old.folder.join("prt.json"));
    let kept = std::fs::read(&mine).unwrap();
    std::fs::copy(&theirs, &mine).unwrap();
    std::fs::write(&theirs, kept).unwrap();
    for agent in [&agent, &other] {
        assert!(matches!(agent.token(&WIKI).await, Err(Error::Keys(_))));
    }
}

#[tokio::test]
async fn a_refusal_never_costs_the_device_its_keys() {
    let ((fake, told), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    let files = world.files();
    // 50155 and 135011 make other brokers delete their keys; whoever forges one error would cost a device its identity.
    for code in [50155, 135_011, 70_000, 50_173] {
        told.lock().unwrap().refuse_with = Some(code);
        for outcome in
            [agent.token(&WIKI).await.map(drop), agent.renew().await.map(drop), agent.leave().await.map(drop)]
        {
            let Err(Error::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(refusal.codes, [code]);
        }
        assert_eq!(world.files(), files);
    }
    told.lock().unwrap().refuse_with = None;
    agent.token(&WIKI).await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_key_leaves_nothing_behind() {
    let ((fake, told), world) = (provider().await, World::new());
    told.lock().unwrap().certify_other_key = true;
    let (agent, person) = (world.agent(&fake.url), Person::default());
    let joined = agent.join(JoinKind::Register, &description(), &|url: &str| person.open(url)).await;
    assert!(matches!(joined, Err(Error::ForeignCertificate)));
    assert_eq!(world.files(), ["lock"]);
}

#[tokio::test]
async fn one_folder_serves_one_server() {
    let ((fake, _), world) = (provider().await, World::new());
    signed_in(&world, &fake.url).await;
    let around = passband_broker::agent::Surroundings {
        now: Box::new(|| passband_wire::time::Timestamp(NOW)),
        rng: Box::new(passband_wire::rng::SystemRandom),
    };
    let state = passband_broker::state::StateDir::open(&world.folder).unwrap();
    let other = ServerUrl::parse("https://other.example.com").unwrap();
    assert!(matches!(Agent::new(state, Some(other), None, around), Err(Error::OtherServer { .. })));
}

#[tokio::test]
async fn a_cookie_is_only_made_for_this_server() {
    let ((fake, _), world) = (provider().await, World::new());
    let agent = signed_in(&world, &fake.url).await;
    let nonce_in = |query: &str| agent.nonce_in(&format!("{}/authorize?{query}", fake.url));
    assert_eq!(nonce_in("sso_nonce=abcdefgh").unwrap().as_deref(), Some("abcdefgh"));
    assert_eq!(nonce_in("x=y").unwrap(), None);
    for bad in ["sso_nonce=abcdefgh&sso_nonce=abcdefgi", "sso_nonce=a%20b%22cdefgh", "sso_nonce="] {
        assert!(matches!(nonce_in(bad), Err(Error::BadNonce)), "{bad}");
    }
    assert!(matches!(agent.cookie(Some("a\"b\"cdefgh")).await, Err(Error::BadNonce)));
    let evil = agent.nonce_in("https://evil.example/authorize?sso_nonce=abcdefgh");
    assert!(matches!(evil, Err(Error::Http(_))));

    let cookie = agent.cookie(Some("abcdefgh")).await.unwrap();
    let jws = Unverified::parse(cookie.expose()).unwrap();
    assert_eq!(jws.header.alg, "ES256");
    let claims: CookieClaims = jws.claims_unverified().unwrap();
    assert_eq!(claims.request_nonce.as_deref(), Some("abcdefgh"));
    assert_eq!(jws.claims_unverified::<Beside>().unwrap().purpose.as_deref(), Some("prt_cookie"));
    let fresh = agent.cookie(None).await.unwrap();
    assert_ne!(fresh.expose(), cookie.expose());
}

#[tokio::test]
async fn metadata_of_another_issuer_or_host_is_refused() {
    for (issuer, authorize) in [
        ("https://evil.example", ""),
        ("", "https://evil.example/authorize"),
        ("", "http://127.0.0.1:1/authorize"),
    ] {
        let fake = Fake::start(move |url| {
            move |_: &fake::Request| {
                let or = |text: &str, own: String| if text.is_empty() { own } else { text.to_owned() };
                Answer::json(&serde_json::json!({
                    "issuer": or(issuer, url.clone()),
                    "authorization_endpoint": or(authorize, format!("{url}/authorize")),
                    "token_endpoint": format!("{url}/token"),
                }))
            }
        })
        .await;
        let http = Http::new(ServerUrl::parse(&fake.url).unwrap(), None).unwrap();
        let outcome = provider::Provider::new(http).metadata().await;
        assert!(matches!(outcome, Err(Error::Protocol(_))), "{issuer} {authorize}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let fake = Fake::start(|_| {
        |request: &fake::Request| match request.target().as_str() {
            "GET /.well-known/openid-configuration" => {
                Answer(302, vec![], String::new()).with("location", "/elsewhere")
            }
            _ => Answer(200, vec![], "x".repeat(5 * 1024 * 1024)),
        }
    })
    .await;
    let http = Http::new(ServerUrl::parse(&fake.url).unwrap(), None).unwrap();
    let provider = provider::Provider::new(http);
    let Err(Error::Refused(refusal)) = provider.metadata().await else { panic!("followed") };
    assert_eq!(refusal.error, "http_302");
    assert_eq!(fake.targets().len(), 1);
    assert!(matches!(provider.nonce().await, Err(Error::Http(_))));
}
