//! `/account` and `/admin` over real records, and who may do what there.

use crate::world::{Browser, ORIGIN, Person, World, encode};
use axum::http::{StatusCode, header};
use passband_core::change::Change;
use passband_core::compliance::{Compliance, Details};
use passband_core::directory::{App as AppRecord, Device, JoinType, Role, Roles, SessionKind, User};
use passband_core::id::{ClientId, DeviceId, SessionId};
use passband_core::policy::signal::EvidenceLevel;
use passband_core::rng::{self, SystemRandom};
use passband_core::time::Seconds;
use passband_store::Page;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::b64;

/// Past the ten minutes in which a sign-in counts as just now.
const LATER: Seconds = Seconds(601);

/// A device of this person, as if it had joined.
pub async fn device_of(world: &World, owner: &User, name: &str) -> DeviceId {
    let id = DeviceId::generate(&SystemRandom);
    let device = Device {
        id,
        owner: owner.id,
        name: name.to_owned(),
        join: JoinType::Joined,
        enabled: true,
        os: "Debian".to_owned(),
        os_version: "13".to_owned(),
        device_key: Vec::new(),
        transport_key: Vec::new(),
        certificate: Vec::new(),
        thumbprint: rng::bytes::<32>(&SystemRandom),
        certificate_expires: world.now() + Seconds::days(3650),
        evidence: EvidenceLevel::E0,
        compliance: Compliance::default(),
        details: Details::default(),
        profile: passband_core::directory::ClientProfile::Strict,
        revision: 0,
        created: world.now(),
        last_seen: None,
    };
    world.app.commit(vec![Change::InsertDevice(Box::new(device))]).await.unwrap();
    id
}

/// A PRT session of this person on a device, and a browser that a PRT cookie signed in from it.
async fn prt_browser(world: &World, person: &Person, device: DeviceId) -> (SessionId, Browser) {
    let mut browser = world.sign_in(person).await;
    let standing = world.app.store.standing(world.session_of(&browser).unwrap()).await.unwrap().unwrap();
    let (prt, child) = (SessionId::generate(&SystemRandom), SessionId::generate(&SystemRandom));
    let mut session = standing.session.clone();
    (session.id, session.kind, session.device) = (prt, SessionKind::Prt, Some(device));
    let mut of_prt = session.clone();
    (of_prt.id, of_prt.kind, of_prt.parent) = (child, SessionKind::Browser, Some(prt));
    let changes = [session, of_prt].map(|session| Change::InsertSession(Box::new(session)));
    world.app.commit(changes.to_vec()).await.unwrap();
    browser.take_session(world, child);
    (prt, browser)
}

pub async fn activities(world: &World) -> Vec<String> {
    let lines = world.app.store.audits(&Page::first(100)).await.unwrap().items;
    lines.into_iter().map(|line| format!("{}: {}", line.actor, line.activity)).collect()
}

pub async fn passkey_ids(world: &World, user: &User) -> Vec<String> {
    let all = world.app.store.passkeys_of(user.id).await.unwrap();
    all.iter().map(|passkey| b64::encode(&passkey.id)).collect()
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in_and_come_back() {
    let world = World::new().await;
    let mut browser = world.browser();
    assert_eq!(browser.get("/").await.location(), "/account");
    for page in ["/account", "/admin", "/admin/sign-ins?result=refused"] {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(answer.location(), format!("/sign-in?next={}", encode(page)));
    }
    for form in ["/account/sessions/revoke-all", "/admin/keys/rotate", "/admin/users/x/disable"] {
        let answer = browser.form(form, &[("csrf", "x")]).await;
        assert!(answer.location().starts_with("/sign-in?next="), "{form}");
    }
    let (ada, mut first) = world.user("Ada").await;
    let back = first.get("/sign-in?next=/account").await;
    assert_eq!(back.location(), "/account");
    assert!(world.sign_in(&ada).await.get("/account").await.body.contains("Ada"));
}

#[tokio::test]
async fn addresses_that_lead_nowhere_say_so() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("<h1>There is nothing here</h1>"));
    assert!(page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
    let program = browser.json("/nowhere", &serde_json::json!({})).await;
    assert_eq!(program.status, StatusCode::NOT_FOUND);
    assert!(!program.body.contains('<'));
}

#[tokio::test]
async fn a_person_sees_what_is_theirs() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let (grace, _) = world.user("Grace").await;
    let laptop = device_of(&world, &ada.user, "ada-laptop").await;
    device_of(&world, &grace.user, "grace-laptop").await;
    prt_browser(&world, &ada, laptop).await;
    let page = browser.get("/account").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["Phone", "Synced passkey", "Used now", "ada-laptop", "Debian 13, joined", "This one"] {
        assert!(page.body.contains(words), "{words}");
    }
    for words in ["Primary Refresh Token on ada-laptop", "the key of ada-laptop", "Chrome on Linux"] {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(!page.body.contains("grace") && !page.body.contains("Grace"));
    // Everything the browser may be told, and complete.
    let ids = passkey_ids(&world, &ada.user).await.join(" ");
    assert!(page.body.contains(&format!(r#"data-credential-ids="{ids}""#)));
    assert!(page.body.contains(&format!(r#"data-user-id="{}""#, b64::encode(&ada.user.handle))));
    // Not an administrator: no way to the console.
    assert!(!page.body.contains(r#"href="/admin""#));
}

#[tokio::test]
async fn the_last_passkey_stays_and_another_takes_its_sessions_along() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let [phone] = &passkey_ids(&world, &ada.user).await[..] else { panic!("one passkey") };
    let remove = format!("/account/passkeys/{phone}/delete");
    let refused = browser.press("/account", &remove, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.body.contains("last_passkey")
            && refused.body.contains("Add another passkey or make recovery codes")
    );
    assert_eq!(passkey_ids(&world, &ada.user).await.len(), 1);

    let mut key = SoftAuthenticator::new(Model::device_bound());
    assert_eq!(browser.register(&mut key, "Key").await.status, StatusCode::OK);
    let mut by_phone = world.sign_in(&ada).await;
    assert_eq!(by_phone.get("/account").await.status, StatusCode::OK);
    let done = browser.press("/account", &remove, &[]).await;
    assert_eq!(done.location(), "/account?done=passkey-removed");
    assert!(browser.get(done.location()).await.body.contains("Passkey removed."));
    assert!(by_phone.get("/account").await.location().starts_with("/sign-in"));
    let options = by_phone.json("/ceremony/sign-in/options", &serde_json::json!({})).await.json();
    let credential = ada.authenticator.get(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
    let answer = serde_json::json!({ "ceremony": options["ceremony"], "credential": credential });
    let again = by_phone.json("/ceremony/sign-in", &answer).await;
    assert_eq!(again.json()["error"]["code"], "passkey_not_accepted");
    assert!(activities(&world).await.contains(&"ada@localhost: Remove passkey".to_owned()));
}

#[tokio::test]
async fn two_at_once_do_not_remove_both_passkeys() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let mut key = SoftAuthenticator::new(Model::device_bound());
    browser.register(&mut key, "Key").await;
    let ids = passkey_ids(&world, &ada.user).await;
    let csrf = browser.get("/account").await.csrf();
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let [first, second] = [&ids[0], &ids[1]].map(|id| format!("/account/passkeys/{id}/delete"));
    let fields = [("csrf", csrf.as_str())];
    let (a, b) = tokio::join!(one.form(&first, &fields), other.form(&second, &fields));
    let done = [&a, &b].iter().filter(|it| it.location().starts_with("/account?done=")).count();
    assert_eq!(done, 1, "{} {}", a.status, b.status);
    assert_eq!(passkey_ids(&world, &ada.user).await.len(), 1);
}

#[tokio::test]
async fn forms_act_only_from_our_pages_and_for_their_session() {
    let world = World::new().await;
    let (_, mut ada) = world.user("Ada").await;
    let (grace, mut browser) = world.user("Grace").await;
    let foreign = ada.get("/account").await.csrf();
    let own = browser.get("/account").await.csrf();
    let all = "/account/sessions/revoke-all";
    for fields in [&[][..], &[("csrf", "")], &[("csrf", "AAAA")], &[("csrf", foreign.as_str())]] {
        assert_eq!(browser.form(all, fields).await.status, StatusCode::FORBIDDEN, "{fields:?}");
    }
    for origin in [None, Some("null"), Some("https://evil.example"), Some("http://localhost:8481")] {
        browser.origin = origin.map(str::to_owned);
        assert_eq!(browser.form(all, &[("csrf", &own)]).await.status, StatusCode::FORBIDDEN, "{origin:?}");
    }
    browser.origin = Some(ORIGIN.to_owned());
    assert_eq!(browser.get("/account").await.status, StatusCode::OK, "nothing was ended");
    let mut elsewhere = world.sign_in(&grace).await;
    assert_eq!(browser.form(all, &[("csrf", &own)]).await.location(), "/sign-in");
    for browser in [&mut browser, &mut elsewhere] {
        assert!(browser.get("/account").await.location().starts_with("/sign-in"));
    }
    assert_eq!(ada.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_belongs_to_another_is_not_there() {
    let world = World::new().await;
    let (ada, mut ada_browser) = world.user("Ada").await;
    let (_, mut browser) = world.user("Grace").await;
    let mut key = SoftAuthenticator::new(Model::device_bound());
    browser.register(&mut key, "Key").await;
    let device = device_of(&world, &ada.user, "ada-laptop").await;
    let session = world.session_of(&ada_browser).unwrap();
    let passkey = &passkey_ids(&world, &ada.user).await[0];
    let nobody = SessionId::generate(&SystemRandom);
    for action in [
        format!("/account/passkeys/{passkey}/delete"),
        format!("/account/passkeys/{passkey}/rename"),
        format!("/account/devices/{device}/delete"),
        format!("/account/sessions/{session}/revoke"),
        format!("/account/sessions/{nobody}/revoke"),
        "/account/devices/not-an-id/delete".to_owned(),
        "/account/passkeys/!/delete".to_owned(),
    ] {
        let answer = browser.press("/account", &action, &[("name", "Mine")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    assert_eq!(ada_browser.get("/account").await.status, StatusCode::OK);
    assert!(world.app.store.device(device).await.unwrap().is_some());
    assert_eq!(world.app.store.passkeys_of(ada.user.id).await.unwrap()[0].name, "Phone");
}

#[tokio::test]
async fn removing_needs_a_fresh_sign_in_and_ending_sessions_does_not() {
    let world = World::new().await;
    let (ada, mut browser) = world.user("Ada").await;
    let laptop = device_of(&world, &ada.user, "ada-laptop").await;
    let (prt, mut of_prt) = prt_browser(&world, &ada, laptop).await;
    let remove = format!("/account/devices/{laptop}/delete");
    // A browser that a PRT signed in may look, however fresh the sign-in behind it.
    assert_eq!(of_prt.get("/account").await.status, StatusCode::OK);
    let answer = of_prt.press("/account", &remove, &[]).await;
    assert_eq!(answer.location(), "/sign-in?fresh=1&next=%2Faccount");
    world.pass(LATER);
    let answer = browser.press("/account", &remove, &[]).await;
    assert_eq!(answer.location(), "/sign-in?fresh=1&next=%2Faccount");
    let asked = browser.get(answer.location()).await;
    assert_eq!(asked.status, StatusCode::OK, "the page asks although somebody is signed in");
    assert!(asked.body.contains("auth_too_old"));
    assert!(world.app.store.device(laptop).await.unwrap().is_some());

    let end = format!("/account/sessions/{prt}/revoke");
    assert_eq!(browser.press("/account", &end, &[]).await.location(), "/account?done=session-ended");
    assert!(of_prt.get("/account").await.location().starts_with("/sign-in"), "it ends with its PRT");

    browser.sign_in(&ada.authenticator).await;
    assert_eq!(browser.get(answer.location()).await.location(), "/account");
    let done = browser.press("/account", &remove, &[]).await;
    assert_eq!(done.location(), "/account?done=device-deleted");
    assert!(world.app.store.device(laptop).await.unwrap().is_none());
    let rename = format!("/account/passkeys/{}/rename", passkey_ids(&world, &ada.user).await[0]);
    world.pass(LATER);
    let done = browser.press("/account", &rename, &[("name", "My phone")]).await;
    assert!(browser.get(done.location()).await.body.contains("My phone"));
    let bad = browser.press("/account", &rename, &[("name", " ")]).await;
    assert_eq!(bad.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_console_is_for_administrators() {
    let world = World::new().await;
    let (founder, mut root) = world.founder().await;
    let (ada, mut browser) = world.user("Ada").await;
    let pages = ["/admin", "/admin/users", "/admin/devices", "/admin/apps", "/admin/sign-ins", "/admin/keys"];
    let person = format!("/admin/users/{}", founder.user.id);
    for page in pages.into_iter().chain([person.as_str()]) {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
        assert!(!answer.body.contains("root@localhost"), "{page}");
        assert_eq!(root.get(page).await.status, StatusCode::OK, "{page}");
    }
    let app = ClientId::generate(&SystemRandom);
    let device = device_of(&world, &ada.user, "ada-laptop").await;
    for action in [
        "/admin/users".to_owned(),
        format!("{person}/disable"),
        format!("/admin/users/{}/role", ada.user.id),
        format!("{person}/tap"),
        format!("/admin/devices/{device}/disable"),
        format!("/admin/apps/{app}/delete"),
        "/admin/apps".to_owned(),
        "/admin/keys/rotate".to_owned(),
    ] {
        let answer = browser.press("/account", &action, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
        assert!(answer.body.contains("for administrators"), "{action}");
    }
    // An administrator who is not one any more, mid-session.
    let demoted = User { roles: Roles::NONE, ..founder.user.clone() };
    world.app.commit(vec![Change::UpdateUser(demoted)]).await.unwrap();
    assert_eq!(root.get("/admin").await.status, StatusCode::FORBIDDEN);
    assert!(!activities(&world).await.iter().any(|line| line.starts_with("ada@localhost: Disable")));
}

#[tokio::test]
async fn changes_in_the_console_need_a_sign_in_in_person() {
    let world = World::new().await;
    let (founder, mut root) = world.founder().await;
    let device = device_of(&world, &founder.user, "root-laptop").await;
    let (_, mut of_prt) = prt_browser(&world, &founder, device).await;
    assert_eq!(of_prt.get("/admin/devices").await.status, StatusCode::OK);
    let action = format!("/admin/devices/{device}/disable");
    let to = "/sign-in?fresh=1&next=%2Fadmin%2Fdevices";
    assert_eq!(of_prt.press("/admin/devices", &action, &[]).await.location(), to);
    world.pass(LATER);
    assert_eq!(root.press("/admin/devices", &action, &[]).await.location(), to);
    assert!(world.app.store.device(device).await.unwrap().unwrap().enabled);
    root.sign_in(&founder.authenticator).await;
    let done = root.press("/admin/devices", &action, &[]).await;
    assert_eq!(done.location(), "/admin/devices?done=device-disabled");
    assert!(!world.app.store.device(device).await.unwrap().unwrap().enabled);
    assert!(of_prt.get("/admin").await.location().starts_with("/sign-in"), "its device is disabled");
    assert!(root.get("/admin/devices").await.body.contains("Disabled"));
    root.press("/admin/devices", &format!("/admin/devices/{device}/enable"), &[]).await;
    assert_eq!(of_prt.get("/admin").await.status, StatusCode::OK);
    root.press("/admin/devices", &format!("/admin/devices/{device}/delete"), &[]).await;
    assert!(world.app.store.device(device).await.unwrap().is_none());
    let log = activities(&world).await.join("\n");
    for activity in ["Disable device", "Enable device", "Delete device"] {
        assert!(log.contains(&format!("root@localhost: {activity}")), "{log}");
    }
}

#[tokio::test]
async fn an_administrator_brings_somebody_in() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let fields = [("displayName", "Grace Hopper"), ("userPrincipalName", "Grace@localhost")];
    let made = root.press("/admin/users", "/admin/users", &fields).await;
    let page = made.location().strip_suffix("#tap").expect("leads to the form for a pass").to_owned();
    let again = root.press("/admin/users", "/admin/users", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.body.contains("grace@localhost already"));
    let bad = [("displayName", "X"), ("userPrincipalName", "no-at-sign")];
    assert_eq!(root.press("/admin/users", "/admin/users", &bad).await.status, StatusCode::BAD_REQUEST);

    let wish = [("lifetimeInMinutes", "60"), ("isUsableOnce", "true")];
    let first = root.press(&page, &format!("{page}/tap"), &wish).await;
    let second = root.press(&page, &format!("{page}/tap"), &wish).await;
    let read = |body: &str| {
        let (_, rest) = body.split_once(r#"<output id="pass-value">"#).expect("shown once");
        rest.split_once('<').unwrap().0.to_owned()
    };
    let (old, pass) = (read(&first.body), read(&second.body));
    assert_ne!(old, pass);
    assert!(!root.get(&page).await.body.contains(&pass), "only once");
    let short = [("lifetimeInMinutes", "5")];
    assert_eq!(root.press(&page, &format!("{page}/tap"), &short).await.status, StatusCode::BAD_REQUEST);

    let mut browser = world.browser();
    assert_eq!(browser.enter_pass("grace@localhost", &old, None).await.status, StatusCode::BAD_REQUEST);
    let entered = browser.enter_pass("GRACE@localhost", &pass.to_lowercase(), None).await;
    assert_eq!(entered.location(), "/account/passkeys/new");
    let mut authenticator = SoftAuthenticator::new(Model::synced());
    assert_eq!(browser.register(&mut authenticator, "Phone").await.json()["next"], "/account");
    assert!(browser.get("/account").await.body.contains("Grace Hopper"));
    let shown = root.get(&page).await;
    assert!(shown.body.contains("Synced passkey") && shown.body.contains("Used"));
    assert!(root.get("/admin/users?q=GRA").await.body.contains("Grace Hopper"));
    assert!(root.get("/admin/users?q=zzz").await.body.contains("Nobody matches"));
}

#[tokio::test]
async fn an_administrator_takes_things_away_and_the_last_one_stays() {
    let world = World::new().await;
    let (founder, mut root) = world.founder().await;
    let (ada, mut browser) = world.user("Ada").await;
    let [own, other] = [&founder, &ada].map(|person| format!("/admin/users/{}", person.user.id));
    let global = Role::GlobalAdministrator.id();
    let [give, take] = ["give", "take"].map(|wish| [("wish", wish), ("role", global)]);
    for act in ["disable", "role", "delete"] {
        let answer = root.press(&own, &format!("{own}/{act}"), &take).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{act}");
        assert!(answer.body.contains("last_admin"), "{act}");
    }
    let passkey = &passkey_ids(&world, &founder.user).await[0];
    let answer = root.press(&own, &format!("{own}/passkeys/{passkey}/delete"), &[]).await;
    assert!(answer.body.contains("last_passkey"));

    root.press(&other, &format!("{other}/revoke"), &[]).await;
    assert!(browser.get("/account").await.location().starts_with("/sign-in"));
    browser.sign_in(&ada.authenticator).await;
    root.press(&other, &format!("{other}/disable"), &[]).await;
    assert!(browser.get("/account").await.location().starts_with("/sign-in"));
    assert_eq!(browser.sign_in(&ada.authenticator).await.status, StatusCode::BAD_REQUEST);
    root.press(&other, &format!("{other}/enable"), &[]).await;
    assert!(browser.get("/account").await.location().starts_with("/sign-in"), "what was ended stays ended");
    assert_eq!(browser.sign_in(&ada.authenticator).await.status, StatusCode::OK);
    root.press(&other, &format!("{other}/role"), &give).await;
    assert_eq!(browser.get("/admin").await.status, StatusCode::OK);
    assert_eq!(
        root.press(&own, &format!("{own}/role"), &take).await.location(),
        format!("{own}?done=role-taken")
    );
    assert_eq!(root.get("/admin").await.status, StatusCode::FORBIDDEN);
    // Now Ada is the last one.
    assert_eq!(browser.press(&other, &format!("{other}/role"), &take).await.status, StatusCode::CONFLICT);

    let passkey = &passkey_ids(&world, &founder.user).await[0];
    let confirmed = [("confirmed", "yes")];
    browser.press(&own, &format!("{own}/passkeys/{passkey}/delete"), &confirmed).await;
    assert!(root.get("/account").await.location().starts_with("/sign-in"));
    let done = browser.press(&own, &format!("{own}/delete"), &[]).await;
    assert_eq!(done.location(), "/admin/users?done=person-deleted");
    assert_eq!(browser.get(&own).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.press(&other, &format!("{other}/explode"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn apps_are_registered_and_their_secret_is_shown_once() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let uris = "https://tasks.example/callback\r\n\r\n  http://127.0.0.1/cb \r\n";
    let fields = [("displayName", "Tasks"), ("redirectUris", uris), ("clientType", "confidential")];
    let made = root.press("/admin/apps", "/admin/apps", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let (_, rest) = made.body.split_once(r#"<output id="secret-value">"#).expect("a secret");
    let secret = rest.split_once('<').unwrap().0.to_owned();
    assert_eq!(secret.len(), 43);
    assert!(!root.get("/admin/apps").await.body.contains(&secret));
    let find = |name: &'static str| {
        let world = &world;
        async move {
            let all = world.app.store.apps(&Page::first(50)).await.unwrap().items;
            all.into_iter().find(|app: &AppRecord| app.name == name)
        }
    };
    let app = find("Tasks").await.unwrap();
    assert_eq!(app.redirect_uris, ["https://tasks.example/callback", "http://127.0.0.1/cb"]);
    assert_eq!(app.secret_hash, Some(passband_core::manage::app::secret_hash(&secret)));

    let public =
        [("displayName", "Notes"), ("redirectUris", "com.example.notes:/cb"), ("clientType", "public")];
    let made = root.press("/admin/apps", "/admin/apps", &public).await;
    assert!(made.body.contains("has no secret") && find("Notes").await.unwrap().secret_hash.is_none());
    for (name, uri) in
        [("Evil", "javascript:alert(1)"), ("Evil", "http://evil.example/"), ("", "https://x.example/")]
    {
        let fields = [("displayName", name), ("redirectUris", uri)];
        let refused = root.press("/admin/apps", "/admin/apps", &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name} {uri}");
    }
    assert!(find("Evil").await.is_none());

    let at = format!("/admin/apps/{}", app.id);
    root.press("/admin/apps", &format!("{at}/disable"), &[]).await;
    assert!(!find("Tasks").await.unwrap().enabled);
    root.press("/admin/apps", &format!("{at}/enable"), &[]).await;
    assert!(find("Tasks").await.unwrap().enabled);
    root.press("/admin/apps", &format!("{at}/delete"), &[]).await;
    assert!(find("Tasks").await.is_none());
    let broker = format!("/admin/apps/{}/delete", passband_wire::prt::BROKER_CLIENT);
    assert_eq!(root.press("/admin/apps", &broker, &[]).await.status, StatusCode::NOT_FOUND);
    assert!(!root.get("/admin/apps").await.actions().contains(&broker.as_str()));
    assert!(find("Passband broker").await.is_some());
}

#[tokio::test]
async fn the_log_tells_why_and_can_be_narrowed() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let (ada, _) = world.user("Ada").await;
    let mut stranger = world.browser();
    stranger.enter_pass("ada@localhost", "WRONG", None).await;
    stranger.enter_pass("nobody@localhost", "WRONG", None).await;
    for _ in 0..30 {
        world.pass(Seconds(1));
        world.sign_in(&ada).await;
    }
    let page = root.get("/admin/sign-ins?result=refused").await;
    assert_eq!(page.body.matches("log-row").count() - 1, 2, "and the list itself");
    for words in
        ["tap_wrong", "No such person, or no such pass.", "Check the name and the pass", "Asked: A browser"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(page.body.contains("Nobody recognised"));
    assert!(!page.body.contains("nobody@localhost"), "what a stranger typed is not in the log");
    let by_ada = root.get("/admin/sign-ins?user=ad&result=allowed").await;
    assert!(by_ada.body.contains("ada@localhost") && !by_ada.body.contains("tap_wrong"));
    let (_, rest) = by_ada.body.split_once(r#"rel="next" href=""#).expect("more than one page");
    let next = rest.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    assert!(next.contains("user=ad") && next.contains("result=allowed"), "{next}");
    let second = root.get(&next).await;
    assert!(second.body.contains("ada@localhost") && !second.body.contains(r#"rel="next""#));
    for (query, words) in [
        ("reason=tap_wrong", "tap_wrong"),
        ("reason=nonsense", "There is no reason code"),
        ("user=zzz", "begins with"),
        ("app=zzz", "No app has"),
        ("app=Passband", "No sign-in matches"),
        ("user=%22%3E%3Cscript%3E", "&#60;script&#62;"),
    ] {
        let page = root.get(&format!("/admin/sign-ins?{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(words), "{query}");
    }
    assert_eq!(root.get("/admin/sign-ins?after=!").await.status, StatusCode::BAD_REQUEST);
    let overview = root.get("/admin").await;
    assert!(overview.body.contains("2 refused"), "of the last day");
}

#[tokio::test]
async fn devices_are_found_by_name_and_by_owner() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let ada = world.newcomer("Ada").await;
    let grace = world.newcomer("Grace").await;
    device_of(&world, &ada, "Blue-Box").await;
    device_of(&world, &grace, "Red-Box").await;
    for (search, blue, red) in [
        ("", true, true),
        ("blue", true, false),
        ("BLUE", true, false),
        ("gra", false, true),
        ("%", false, false),
    ] {
        let page = root.get(&format!("/admin/devices?q={}", encode(search))).await.body;
        assert_eq!((page.contains("Blue-Box"), page.contains("Red-Box")), (blue, red), "{search}");
    }
}

#[tokio::test]
async fn keys_are_rotated_by_hand() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let states = async |world: &World| {
        let keys = world.app.keys();
        let mut states: Vec<_> = keys.tokens.iter().map(|key| format!("{:?}", key.state)).collect();
        states.sort();
        states
    };
    assert_eq!(states(&world).await, ["Active", "Pending"]);
    assert!(root.get("/admin/keys").await.body.contains("Signing"));
    let done = root.press("/admin/keys", "/admin/keys/rotate", &[]).await;
    assert_eq!(done.location(), "/admin/keys?done=keys-rotated");
    assert_eq!(states(&world).await, ["Active", "Pending", "Retired"]);
    assert!(root.get("/admin/keys").await.body.contains("Retired"));
    assert!(activities(&world).await.contains(&"root@localhost: Rotate signing keys".to_owned()));
}
