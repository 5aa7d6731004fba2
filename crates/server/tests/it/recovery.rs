//! Ways back in that open no more than they must, and accounts whose every use is told.

use crate::world::{Browser, Person, Reply, World};
use axum::http::StatusCode;
use passband_core::authn::recovery;
use passband_core::change::Change;
use passband_core::directory::{AlarmKind, Roles, User};
use passband_core::reason::Reason;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_testkit::authenticator::{Model, SoftAuthenticator};

async fn last_reason(world: &World) -> Reason {
    let log = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(1)).await.unwrap();
    log.items[0].reason
}

async fn last_deed(world: &World) -> (String, String) {
    let log = world.app.store.audits(&Page::first(1)).await.unwrap();
    (log.items[0].activity.clone(), log.items[0].detail.clone())
}

/// The codes of a set made on the page, in groups as they are shown.
pub fn codes(page: &Reply) -> Vec<String> {
    let shown = page.body.split("<li><code>").skip(1);
    shown.filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
}

pub async fn make_codes(browser: &mut Browser) -> Vec<String> {
    let page = browser.press("/account", "/account/recovery-codes", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location());
    codes(&page)
}

pub async fn recover(browser: &mut Browser, upn: &str, code: &str) -> Reply {
    browser.press("/recover", "/recover", &[("userPrincipalName", upn), ("recoveryCode", code)]).await
}

#[tokio::test]
async fn a_code_is_good_for_a_passkey_and_nothing_else_and_its_owner_hears_of_it() {
    let world = World::new().await;
    let (ada, mut before) = world.user("Ada").await;
    let codes = make_codes(&mut before).await;
    assert_eq!((codes.len(), codes[0].len()), (recovery::SET, 19));
    assert!(!before.get("/account").await.body.contains(&codes[0]), "shown once");

    world.pass(Seconds(60));
    let mut browser = world.browser();
    let entered = recover(&mut browser, "ada@localhost", &codes[0].to_lowercase()).await;
    assert_eq!(entered.location(), "/account/passkeys/new");
    for page in ["/account", "/admin"] {
        assert_eq!(browser.get(page).await.location(), "/account/passkeys/new", "{page}");
    }
    // Every form of the account too, recovery codes among them.
    let made = browser.form("/account/recovery-codes", &[("csrf", "x")]).await;
    assert_eq!(made.location(), "/account/passkeys/new");
    assert!(browser.get("/authorize?client_id=x").await.location().is_empty());
    world.pass(Seconds(60));
    let mut phone = SoftAuthenticator::new(Model::synced());
    assert_eq!(browser.register(&mut phone, "New phone").await.status, StatusCode::OK);
    // Whoever came with the code cannot hush it up, as long as an older passkey is there to say so.
    let page = browser.get("/account").await;
    assert!(page.body.contains("A recovery code of yours was used") && page.body.contains("9 left"));
    assert!(!page.body.contains("That was me"));
    let hushed = browser.press("/account", "/account/alarms/recoveryCodeUsed", &[("seen", "1")]).await;
    assert_eq!(hushed.status, StatusCode::FORBIDDEN);

    let mut owner = world.browser();
    let signed_in = owner.sign_in(&ada.authenticator).await;
    assert_eq!(signed_in.json()["told"], true, "they are led past what happened");
    let page = owner.get("/account?next=%2Fauthorize%3Fx").await;
    assert!(page.body.contains("A recovery code of yours was used"));
    let fields = [("seen", "1"), ("next", "/authorize?x")];
    let known = owner.press("/account", "/account/alarms/recoveryCodeUsed", &fields).await;
    assert_eq!(known.location(), "/authorize?x");
    assert_eq!(owner.sign_in(&ada.authenticator).await.json()["told"], false);
    // Once means once.
    let again = recover(&mut world.browser(), "ada@localhost", &codes[0]).await;
    assert_eq!(
        (again.status, last_reason(&world).await),
        (StatusCode::BAD_REQUEST, Reason::RecoveryCodeUsed)
    );
    // A new set ends the old one.
    make_codes(&mut owner).await;
    recover(&mut world.browser(), "ada@localhost", &codes[1]).await;
    assert_eq!(last_reason(&world).await, Reason::RecoveryCodeWrong);
}

#[tokio::test]
async fn codes_take_a_sign_in_in_person_within_five_minutes() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    world.pass(Seconds(301));
    let late = browser.press("/account", "/account/recovery-codes", &[]).await;
    assert_eq!(late.location(), "/sign-in?fresh=1&next=%2Faccount");
    assert!(browser.get("/account/passkeys/new").await.location().starts_with("/sign-in?fresh=1"));
    let mut another = SoftAuthenticator::new(Model::synced());
    let refused = browser.register(&mut another, "Another").await;
    assert_eq!(refused.json()["error"]["code"], "sign_in_again");
    assert_eq!(world.app.store.recovery_codes_of(ada.user.id).await.unwrap(), []);
    browser.sign_in(&ada.authenticator).await;
    assert_eq!(make_codes(&mut browser).await.len(), recovery::SET);
    // A form of another session or site makes none.
    let forged = browser.form("/account/recovery-codes", &[("csrf", "x")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_person_without_a_session_learns_nothing_and_locks_nobody_out() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let codes = make_codes(&mut browser).await;
    let mut stranger = world.browser();
    stranger.ip = "2001:db8:1:2::1".parse().unwrap();
    let seen = |reply: Reply, upn: &str| {
        let csrf = reply.csrf();
        (reply.status, reply.body.replace(&csrf, "?").replace(upn, "?"))
    };
    let code = "AAAA-AAAA-AAAA-AAAA";
    let wrong = seen(recover(&mut stranger, "ada@localhost", code).await, "ada@localhost");
    let used = seen(recover(&mut stranger, "ada@localhost", "").await, "ada@localhost");
    let nobody = seen(recover(&mut stranger, "nobody@localhost", code).await, "nobody@localhost");
    assert_eq!((&wrong, &used), (&nobody, &nobody));
    for n in 0..10 {
        // Another address of the same network every time.
        stranger.ip = format!("2001:db8:1:2::{n}").parse().unwrap();
        recover(&mut stranger, "ada@localhost", "AAAA-AAAA-AAAA-AAAA").await;
    }
    let blocked = recover(&mut stranger, "ada@localhost", &codes[0]).await;
    assert_eq!(blocked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(blocked.headers["retry-after"], "600");
    // Ada gets in all the same: with her passkey from there, with a code from elsewhere.
    let mut there = world.browser();
    there.ip = stranger.ip;
    assert_eq!(there.sign_in(&ada.authenticator).await.status, StatusCode::OK);
    let elsewhere = recover(&mut world.browser(), "ada@localhost", &codes[0]).await;
    assert_eq!(elsewhere.status, StatusCode::SEE_OTHER);
}

pub async fn break_glass(world: &World) -> Person {
    let (person, _) = world.user("Emergency").await;
    let user = User { break_glass: true, ..person.user.clone() };
    world.app.commit(vec![Change::UpdateUser(user.clone())]).await.unwrap();
    Person { user, ..person }
}

#[tokio::test]
async fn nobody_uses_an_account_for_emergencies_unseen() {
    let world = World::new().await;
    let (root, _) = world.founder().await;
    let emergency = break_glass(&world).await;
    assert_eq!(world.app.store.alarms().await.unwrap(), []);
    world.sign_in(&root).await;
    assert_eq!(world.app.store.alarms().await.unwrap(), [], "others raise none");

    world.pass(Seconds(1));
    let mut inside = world.sign_in(&emergency).await;
    let (activity, detail) = last_deed(&world).await;
    assert_eq!(activity, "Break-glass account used");
    assert_eq!(detail, "emergency@localhost: passkey (granted) from 127.0.0.1");
    let alarms = world.app.store.alarms().await.unwrap();
    assert_eq!((alarms.len(), alarms[0].0.kind), (1, AlarmKind::BreakGlassUsed));

    // Refused ones too, whatever the way: a wrong pass, a wrong code, a signature that is not its.
    let mut stranger = world.browser();
    stranger.enter_pass("emergency@localhost", "WRONG", None).await;
    recover(&mut stranger, "emergency@localhost", "WRONG").await;
    let options = stranger.json("/ceremony/sign-in/options", &serde_json::json!({})).await.json();
    let made =
        emergency.authenticator.get(&options["publicKey"], crate::world::ORIGIN, &SystemRandom).unwrap();
    let mut made = serde_json::to_value(made).unwrap();
    made["response"]["signature"] = "AAAA".into();
    let answer = serde_json::json!({ "ceremony": options["ceremony"], "credential": made });
    stranger.json("/ceremony/sign-in", &answer).await;
    let alarms = world.app.store.alarms_of(emergency.user.id).await.unwrap();
    let refused = alarms.iter().find(|alarm| alarm.kind == AlarmKind::BreakGlassRefused).unwrap();
    assert_eq!((refused.count, refused.detail.as_str()), (3, "passkey (passkey_signature) from 127.0.0.1"));
    assert_eq!(last_deed(&world).await.0, "Break-glass account refused");

    let mut admin = world.sign_in(&root).await;
    let page = admin.get("/admin").await;
    assert!(page.body.contains("An account for emergencies was used"));
    let used = format!("/admin/alarms/{}/breakGlassUsed", emergency.user.id);
    assert!(page.actions().contains(&used.as_str()));
    // Not while one more has come, and not by the account itself.
    let early = admin.press("/admin", &used, &[("seen", "0")]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    let user = User { roles: Roles::GLOBAL, ..emergency.user.clone() };
    world.app.commit(vec![Change::UpdateUser(user)]).await.unwrap();
    let own = inside.press("/account", &used, &[("seen", "1")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    let done = admin.press("/admin", &used, &[("seen", "1")]).await;
    assert_eq!(done.location(), "/admin?done=alarm-acknowledged");
    assert!(!admin.get("/admin").await.body.contains("An account for emergencies was used"));
}

#[tokio::test]
async fn the_last_passkey_goes_only_where_somebody_gets_in_again() {
    let world = World::new().await;
    let (root, mut admin) = world.founder().await;
    let (ada, mut browser) = world.user("Ada").await;
    let id = |person: &Person| {
        let user = person.user.id;
        let store = &world.app.store;
        async move { passband_wire::b64::encode(&store.passkeys_of(user).await.unwrap()[0].id) }
    };
    let own = format!("/account/passkeys/{}/delete", id(&ada).await);
    let refused = browser.press("/account", &own, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("make recovery codes"));

    // An administrator says that they mean it.
    let page = format!("/admin/users/{}", ada.user.id);
    let theirs = format!("{page}/passkeys/{}/delete", id(&ada).await);
    assert!(admin.get(&page).await.body.contains("They may lose their last passkey"));
    assert_eq!(admin.press(&page, &theirs, &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(world.app.store.passkeys_of(ada.user.id).await.unwrap().len(), 1);
    let gone = admin.press(&page, &theirs, &[("confirmed", "yes")]).await;
    assert!(gone.location().ends_with("?done=passkey-removed"));

    // The last administrator's stays, whoever asks: recovery codes are no passkey.
    let page = format!("/admin/users/{}", root.user.id);
    let last = format!("{page}/passkeys/{}/delete", id(&root).await);
    assert_eq!(admin.press(&page, &last, &[("confirmed", "yes")]).await.status, StatusCode::CONFLICT);
    make_codes(&mut admin).await;
    let own = format!("/account/passkeys/{}/delete", id(&root).await);
    let kept = admin.press("/account", &own, &[]).await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(kept.body.contains("last_admin"), "{}", kept.body);
    // Anybody else goes through with codes alone.
    let (bea, mut browser) = world.user("Bea").await;
    let codes = make_codes(&mut browser).await;
    let own = format!("/account/passkeys/{}/delete", id(&bea).await);
    let gone = browser.press("/account", &own, &[]).await;
    assert_eq!(gone.location(), "/account?done=passkey-removed");
    assert!(browser.get("/account").await.location().starts_with("/sign-in"), "its sessions end with it");
    let back = recover(&mut world.browser(), "bea@localhost", &codes[9]).await;
    assert_eq!(back.location(), "/account/passkeys/new");
}
