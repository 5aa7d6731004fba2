//! The way in with a Temporary Access Pass, and back to where the person came from.

use crate::world::{World, encode};
use axum::http::StatusCode;
use passband_core::reason::Reason;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_testkit::authenticator::{Model, SoftAuthenticator};

async fn last_reason(world: &World) -> Reason {
    let log = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(1)).await.unwrap();
    log.items[0].reason
}

#[tokio::test]
async fn a_pass_is_good_for_a_passkey_and_nothing_else() {
    let world = World::new().await;
    let ada = world.newcomer("Ada").await;
    let (_, pass) = world.pass_for(&ada, true).await;
    let mut browser = world.browser();
    let page = browser.get("/tap").await;
    assert!(page.body.contains("Upper and lower case do not matter"));
    let typed = format!(" {}-{} ", pass[..4].to_lowercase(), &pass[4..]);
    assert_eq!(browser.enter_pass("ada@localhost", &typed, None).await.location(), "/account/passkeys/new");
    assert_eq!(browser.get("/account").await.location(), "/account/passkeys/new");
    assert_eq!(browser.get("/admin").await.location(), "/account/passkeys/new");
    assert_eq!(browser.get("/account/passkeys/new").await.status, StatusCode::OK);
    // Once means once, in this browser or another.
    world.pass(Seconds(1));
    let again = world.browser().enter_pass("ada@localhost", &pass, None).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert_eq!(last_reason(&world).await, Reason::TapUsed);
    let mut authenticator = SoftAuthenticator::new(Model::synced());
    assert_eq!(browser.register(&mut authenticator, "Phone").await.status, StatusCode::OK);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_window_is_ten_minutes() {
    let world = World::new().await;
    let ada = world.newcomer("Ada").await;
    let (_, pass) = world.pass_for(&ada, false).await;
    let mut browser = world.browser();
    browser.enter_pass("ada@localhost", &pass, None).await;
    world.pass(Seconds(599));
    assert_eq!(browser.get("/account/passkeys/new").await.status, StatusCode::OK);
    world.pass(Seconds(1));
    assert!(browser.get("/account/passkeys/new").await.location().starts_with("/sign-in?fresh=1"));
    let mut authenticator = SoftAuthenticator::new(Model::synced());
    assert_eq!(browser.register(&mut authenticator, "Phone").await.status, StatusCode::BAD_REQUEST);
    assert!(world.app.store.passkeys_of(ada.id).await.unwrap().is_empty());
    // A pass for more than one use lets the person try again, until it expires.
    browser.enter_pass("ada@localhost", &pass, None).await;
    assert_eq!(browser.register(&mut authenticator, "Phone").await.status, StatusCode::OK);
    world.pass(Seconds::hours(1));
    let late = world.browser().enter_pass("ada@localhost", &pass, None).await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert_eq!(last_reason(&world).await, Reason::TapExpired);
}

#[tokio::test]
async fn a_ceremony_that_outlives_the_window_ends_with_it() {
    let world = World::new().await;
    let ada = world.newcomer("Ada").await;
    let (_, pass) = world.pass_for(&ada, true).await;
    let mut browser = world.browser();
    browser.enter_pass("ada@localhost", &pass, None).await;
    world.pass(Seconds(590));
    let options = browser.json("/ceremony/register/options", &serde_json::json!({})).await.json();
    let mut authenticator = SoftAuthenticator::new(Model::synced());
    let rng = passband_core::rng::SystemRandom;
    let made = authenticator.create(&options["publicKey"], crate::world::ORIGIN, &rng).unwrap();
    world.pass(Seconds(20));
    let answer = serde_json::json!({ "ceremony": options["ceremony"], "credential": made, "name": "Phone" });
    assert_eq!(browser.json("/ceremony/register", &answer).await.status, StatusCode::BAD_REQUEST);
    assert!(world.app.store.passkeys_of(ada.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn people_come_back_to_where_they_came_from() {
    let world = World::new().await;
    let here = "/authorize?client_id=tasks&state=a%2Fb&x=1";
    let ada = world.newcomer("Ada").await;
    let (_, pass) = world.pass_for(&ada, false).await;
    let mut browser = world.browser();
    let page = browser.get(&format!("/tap?next={}", encode(here))).await;
    assert!(page.body.contains(r#"name="next""#));
    let entered = browser.enter_pass("ada@localhost", &pass, Some(here)).await;
    assert_eq!(entered.location(), format!("/account/passkeys/new?next={}", encode(here)));
    let page = browser.get(entered.location()).await;
    assert!(page.body.contains("data-next="), "the script hands it back");
    let mut authenticator = SoftAuthenticator::new(Model::synced());
    let ask = serde_json::json!({ "next": here });
    assert_eq!(browser.register_as(&mut authenticator, &ask, "Phone").await.json()["next"], here);
    // Never to another site (open redirection).
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let entered = world.browser().enter_pass("ada@localhost", &pass, Some(evil)).await;
        assert_eq!(entered.location(), "/account/passkeys/new", "{evil}");
        let page = browser.get(&format!("/account/passkeys/new?next={}", encode(evil))).await;
        assert!(!page.body.contains("data-next"), "{evil}");
        let mut another = SoftAuthenticator::new(Model::synced());
        let ask = serde_json::json!({ "next": evil });
        assert_eq!(browser.register_as(&mut another, &ask, "More").await.json()["next"], "/account");
    }
}

#[tokio::test]
async fn a_pass_ends_the_session_the_browser_had() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let before = world.session_of(&browser).unwrap();
    let (_, pass) = world.pass_for(&ada.user, true).await;
    browser.enter_pass("ada@localhost", &pass, None).await;
    let standing = world.app.store.standing(before).await.unwrap().unwrap();
    assert_eq!(standing.session.ended, Some(world.now()));
    assert_ne!(world.session_of(&browser), Some(before));
}

#[tokio::test]
async fn guessing_is_stopped_by_address() {
    let world = World::new().await;
    let ada = world.newcomer("Ada").await;
    let (_, pass) = world.pass_for(&ada, true).await;
    let mut browser = world.browser();
    for _ in 0..10 {
        browser.enter_pass("ada@localhost", "ABCDEFGHJKLM", None).await;
    }
    world.pass(Seconds(1));
    let blocked = browser.enter_pass("ada@localhost", &pass, None).await;
    assert_eq!(blocked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(last_reason(&world).await, Reason::TooManyAttempts);
    // From elsewhere it works: nobody can lock another out.
    let mut elsewhere = world.browser();
    elsewhere.ip = "192.0.2.9".parse().unwrap();
    assert_eq!(elsewhere.enter_pass("ada@localhost", &pass, None).await.status, StatusCode::SEE_OTHER);
}

/// "The help desk signs in as somebody": with a pass, on an account whose owner has a passkey and did not ask for one.
#[tokio::test]
async fn whoever_has_a_passkey_hears_of_a_pass_that_was_used() {
    let world = World::new().await;
    let (ada, mut owner) = world.user("Ada").await;
    // The pass she began with is no news to her.
    assert_eq!(world.app.store.alarms_of(ada.user.id).await.unwrap(), []);
    world.pass(Seconds(60));
    let (_, pass) = world.pass_for(&ada.user, true).await;
    let mut thief = world.browser();
    assert_eq!(thief.enter_pass("ada@localhost", &pass, None).await.location(), "/account/passkeys/new");
    world.pass(Seconds(60));
    let mut planted = SoftAuthenticator::new(Model::synced());
    assert_eq!(thief.register(&mut planted, "New phone").await.status, StatusCode::OK);
    // The passkey that came of it does not hush it up, and an administrator neither sees nor takes it away.
    let words = "Somebody signed in to your account with a Temporary Access Pass";
    let page = thief.get("/account").await.body;
    assert!(page.contains(words) && !page.contains("That was me"), "{page}");
    let form = "/account/alarms/temporaryAccessPassUsed";
    assert_eq!(thief.press("/account", form, &[("seen", "1")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.app.store.alarms().await.unwrap(), []);

    assert_eq!(owner.sign_in(&ada.authenticator).await.json()["told"], true, "she is led past it");
    assert!(owner.get("/account").await.body.contains(words));
    let known = owner.press("/account", form, &[("seen", "1")]).await;
    assert_eq!(known.location(), "/account?done=alarm-acknowledged");
    assert_eq!(world.app.store.alarms_of(ada.user.id).await.unwrap(), []);
}

/// The same on an account that has no passkey yet: what was planted is there when its owner begins, who is told of it;
/// and who made the pass is in the audit log, with the passkey that came of it.
#[tokio::test]
async fn a_first_passkey_that_was_planted_does_not_stay_unseen() {
    let world = World::new().await;
    let ada = world.newcomer("Ada").await;
    let path = format!("/v1.0/users/{}/authentication/temporaryAccessPassMethods", ada.id);
    let made = crate::revocation::admin(&world, axum::http::Method::POST, &path, "{}").await;
    let pass = made.json()["temporaryAccessPass"].as_str().unwrap().to_owned();
    let mut thief = world.browser();
    thief.enter_pass("ada@localhost", &pass, None).await;
    let mut planted = SoftAuthenticator::new(Model::synced());
    assert_eq!(thief.register(&mut planted, "New phone").await.status, StatusCode::OK);
    let lines = world.app.store.audits(&Page::first(99)).await.unwrap().items;
    let told = |activity: &str, target: &str| {
        lines.iter().any(|line| line.activity == activity && line.target == target)
    };
    let id = ada.id.to_string();
    let maker = lines.iter().find(|line| line.activity.contains("emporary")).expect("the pass has its line");
    assert!(maker.actor.starts_with("admin token ") && maker.target == id, "{maker:?}");
    assert!(told("Register passkey", &id), "{lines:?}");

    // Her own pass, a day later: she hears that a pass was used while there was a passkey, and sees the passkey.
    world.pass(Seconds::days(1));
    let (_, pass) = world.pass_for(&ada, true).await;
    let mut owner = world.browser();
    owner.enter_pass("ada@localhost", &pass, None).await;
    let mut own = SoftAuthenticator::new(Model::synced());
    assert_eq!(owner.register(&mut own, "Mine").await.status, StatusCode::OK);
    let page = owner.get("/account").await.body;
    assert!(page.contains("Temporary Access Pass") && page.contains("New phone"), "{page}");
    let alarms = world.app.store.alarms_of(ada.id).await.unwrap();
    assert_eq!(alarms.len(), 1);
}
