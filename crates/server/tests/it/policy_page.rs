//! `/admin/passkey-policy`: a form shows whom its change touches, and only a second press makes it.

use crate::graph::{Api, with_api};
use crate::profiles::{FIRST, METHODS, only, set};
use crate::world::{Browser, Person, Reply};
use axum::http::StatusCode;
use serde_json::json;

const PAGE: &str = "/admin/passkey-policy";

/// The value of a hidden field, as a browser would send it back.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("{name}: {page}"));
    let value = rest.split_once('"').unwrap().0;
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

async fn admin(api: &Api) -> (Person, Browser) {
    let (root, browser) = api.world.founder().await;
    (root, browser)
}

async fn save(browser: &mut Browser, preview: &Reply, force: bool) -> Reply {
    let (document, generation) = (hidden(&preview.body, "document"), hidden(&preview.body, "generation"));
    let mut fields = vec![("document", document.as_str()), ("generation", generation.as_str())];
    if force {
        fields.push(("force", "yes"));
    }
    browser.press(PAGE, "/admin/passkey-policy/save", &fields).await
}

const ONLY_KEYS: [(&str, &str); 7] = [
    ("id", FIRST),
    ("name", "Keys"),
    ("deviceBound", "yes"),
    ("restriction", "any"),
    ("evidence", "E0"),
    ("certification", "none"),
    ("state", "enabled"),
];

/// Changes the policy in the console, with both presses.
pub async fn change_the_policy(browser: &mut Browser) {
    let preview = browser.press(PAGE, "/admin/passkey-policy/profile", &ONLY_KEYS).await;
    let saved = save(browser, &preview, false).await;
    assert_eq!(saved.location(), "/admin/passkey-policy?done=policy-changed");
}

#[test]
fn a_change_is_shown_before_it_is_saved() {
    with_api(async |api| {
        let (_, mut browser) = admin(api).await;
        api.world.user("Ada").await;
        let page = browser.get(PAGE).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Profile: Default") && page.body.contains("Everybody"));

        let preview = browser.press(PAGE, "/admin/passkey-policy/profile", &ONLY_KEYS).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        assert!(preview.body.contains("ada@localhost") && preview.body.contains("passkey_profile_type"));
        assert!(preview.body.contains("and no other is left"));
        let read = api.get(&format!("{METHODS}/fido2")).await;
        assert_eq!(read["passkeyProfiles"][0]["name"], "Default", "a preview changes nothing");

        let saved = save(&mut browser, &preview, false).await;
        assert_eq!(saved.location(), "/admin/passkey-policy?done=policy-changed");
        let read = api.get(&format!("{METHODS}/fido2")).await;
        assert_eq!(read["passkeyProfiles"][0]["name"], "Keys");
        assert_eq!(read["passkeyProfiles"][0]["passkeyTypes"], "deviceBound");
        let deed = api.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        assert_eq!(deed["passband_actor"], "root@localhost");

        // The same preview again: somebody has changed the policy since, and be it oneself.
        let stale = save(&mut browser, &preview, false).await;
        assert_eq!(stale.status, StatusCode::BAD_REQUEST);
        assert!(stale.body.contains("has changed the policy meanwhile"));
    });
}

#[test]
fn profiles_and_targets_are_added_and_taken_away() {
    with_api(async |api| {
        let (_, mut browser) = admin(api).await;
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Pilots" })).await;
        let group = group["id"].as_str().unwrap();
        let mut draft = ONLY_KEYS;
        (draft[0].1, draft[1].1) = ("", "Stricter");
        let state = format!("draft-{FIRST}");
        draft[6].1 = &state;
        let preview = browser.press(PAGE, "/admin/passkey-policy/profile", &draft).await;
        save(&mut browser, &preview, false).await;
        let read = api.get(&format!("{METHODS}/fido2")).await;
        let made = &read["passkeyProfiles"][1];
        assert_eq!((&made["name"], &made["passband_replaces"]), (&json!("Stricter"), &json!(FIRST)));
        assert_eq!(made["passband_state"], "enabledForReportingButNotEnforced");

        let excluded = [("who", group), ("exclude", "yes")];
        let preview = browser.press(PAGE, "/admin/passkey-policy/target", &excluded).await;
        save(&mut browser, &preview, false).await;
        let page = browser.get(PAGE).await;
        assert!(page.body.contains("Pilots") && page.body.contains("Excluded"));
        let gone = [("list", "exclude"), ("place", "0")];
        let preview = browser.press(PAGE, "/admin/passkey-policy/untarget", &gone).await;
        save(&mut browser, &preview, false).await;
        let id = made["id"].as_str().unwrap();
        let preview = browser.press(PAGE, "/admin/passkey-policy/drop", &[("id", id)]).await;
        save(&mut browser, &preview, false).await;
        let read = api.get(&format!("{METHODS}/fido2")).await;
        assert_eq!(read["excludeTargets"], json!([]));
        assert_eq!(read["passkeyProfiles"].as_array().unwrap().len(), 1);

        let mut wrong = ONLY_KEYS;
        wrong[4].1 = "E9";
        for (form, fields) in [
            ("profile", &wrong[..]),
            ("drop", &[("id", FIRST)]),
            ("target", &[("who", "all_users"), ("exclude", "yes")]),
            ("target", &[("who", group)]),
            ("save", &[("document", "{}"), ("generation", "0")]),
        ] {
            let reply = browser.press(PAGE, &format!("/admin/passkey-policy/{form}"), fields).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{form}");
            assert!(reply.body.contains("notice-refused"), "{form}");
        }
        assert_eq!(
            browser.press(PAGE, "/admin/passkey-policy/nothing", &[]).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(api.get(&format!("{METHODS}/fido2")).await["passkeyProfiles"], read["passkeyProfiles"]);
    });
}

#[test]
fn locking_every_administrator_out_takes_a_tick() {
    with_api(async |api| {
        let (root, mut browser) = admin(api).await;
        let mut synced = ONLY_KEYS;
        synced[2].0 = "synced";
        let preview = browser.press(PAGE, "/admin/passkey-policy/profile", &synced).await;
        assert!(preview.body.contains("No administrator could sign in any more"));
        assert_eq!(save(&mut browser, &preview, false).await.status, StatusCode::BAD_REQUEST);
        api.world.sign_in(&root).await;
        assert_eq!(save(&mut browser, &preview, true).await.status, StatusCode::SEE_OTHER);
        assert_ne!(api.world.browser().sign_in(&root.authenticator).await.status, StatusCode::OK);
        set(api, &only(&json!({}))).await;
        // Whoever does not administer sees nothing of it.
        let (_, mut other) = api.world.user("Ada").await;
        assert_eq!(other.get(PAGE).await.status, StatusCode::FORBIDDEN);
    });
}
