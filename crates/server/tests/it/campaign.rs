//! The registration campaign: whom it asks, how long they may put it off, and what they can do until they have done it.

use crate::graph::{Api, with_api};
use crate::profiles::{FIRST, only, set};
use crate::world::{Browser, Person, Reply};
use axum::http::StatusCode;
use passband_core::time::Seconds;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use serde_json::{Value, json};

const POLICY: &str = "/v1.0/policies/authenticationMethodsPolicy";

async fn campaign(api: &Api, changed: Value) {
    let body = json!({ "registrationEnforcement": { "authenticationMethodsRegistrationCampaign": changed } });
    api.done("PATCH", POLICY, &body.to_string()).await;
}

async fn sign_in(api: &Api, person: &Person) -> (Browser, Reply) {
    let mut browser = api.world.browser();
    let reply = browser.sign_in(&person.authenticator).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    (browser, reply)
}

/// Somebody whose one passkey is bound to its device.
async fn with_one_key(api: &Api) -> Person {
    let user = api.world.newcomer("Ada").await;
    let (_, pass) = api.world.pass_for(&user, true).await;
    let mut browser = api.world.browser();
    browser.enter_pass(&user.upn, &pass, None).await;
    let mut authenticator = SoftAuthenticator::new(Model::device_bound());
    assert_eq!(browser.register(&mut authenticator, "Key").await.status, StatusCode::OK);
    Person { user, authenticator }
}

#[test]
fn whoever_has_one_key_is_asked_may_put_it_off_and_then_must() {
    with_api(async |api| {
        let ada = with_one_key(api).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
        campaign(api, json!({ "state": "enabled", "snoozeDurationInDays": 2 })).await;
        for left in (1..=3).rev() {
            let (mut browser, reply) = sign_in(api, &ada).await;
            assert_eq!(reply.json()["detour"], "/account/campaign");
            let page = browser.get("/account/campaign?next=%2Faccount%3Fx%3D1").await;
            let told = if left == 1 { "once more".to_owned() } else { format!("{left} more times") };
            assert!(page.body.contains(&told) && page.body.contains("in 2 days"), "{}", page.body);
            let fields = [("next", "/account?x=1")];
            let reply = browser.press("/account/campaign", "/account/campaign/snooze", &fields).await;
            assert_eq!(reply.location(), "/account?x=1");
            assert_eq!(browser.get("/account").await.status, StatusCode::OK);
            // In peace until the time is over.
            assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
            assert_eq!(browser.get("/account/campaign?next=//evil.example").await.location(), "/account");
            api.world.pass(Seconds::days(2));
        }
        let (mut browser, reply) = sign_in(api, &ada).await;
        assert_eq!(reply.json()["detour"], "/account/passkeys/new");
        // Whatever else they try first leads there, or to another sign-in.
        for page in ["/account", "/admin", "/account/campaign"] {
            assert_eq!(browser.get(page).await.location(), "/account/passkeys/new", "{page}");
        }
        let app = api.world.app.store.apps(&passband_store::Page::first(9)).await.unwrap();
        let broker = app.items.iter().find(|app| app.id == passband_wire::prt::BROKER_CLIENT).unwrap();
        let asked = format!(
            "/authorize?client_id={}&redirect_uri={}&response_type=code&code_challenge={}&code_challenge_method=S256&prompt=none&scope=openid",
            broker.id,
            crate::world::encode(&broker.redirect_uris[0]),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        );
        let reply = browser.get(&asked).await;
        assert!(reply.location().contains("error=login_required"), "{} {}", reply.status, reply.location());
        // With the second passkey everything is as before.
        let mut phone = SoftAuthenticator::new(Model::synced());
        assert_eq!(browser.register(&mut phone, "Phone").await.status, StatusCode::OK);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
    });
}

#[test]
fn only_those_meant_who_lack_something_are_asked() {
    with_api(async |api| {
        let (ada, _) = api.world.user("Ada").await;
        campaign(api, json!({ "state": "enabled", "snoozeDurationInDays": 0 })).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null), "a synced passkey is not lost");
        // What a report-only profile would refuse is asked for in time.
        let draft = json!({
            "id": "00000000-0000-0000-0000-0000000000d1", "name": "Stricter", "passkeyTypes": "deviceBound",
            "attestationEnforcement": "disabled",
            "passband_state": "enabledForReportingButNotEnforced", "passband_replaces": FIRST,
        });
        let mut patch = only(&json!({}));
        patch["passkeyProfiles"].as_array_mut().unwrap().push(draft);
        set(api, &patch).await;
        let (mut browser, reply) = sign_in(api, &ada).await;
        assert_eq!(reply.json()["detour"], "/account/campaign");
        assert!(browser.get("/account/campaign").await.body.contains("another kind of passkey"));
        let me = json!([{ "id": ada.user.id.to_string(), "targetType": "user" }]);
        campaign(api, json!({ "excludeTargets": me })).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
        campaign(api, json!({ "excludeTargets": [], "includeTargets": me })).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], "/account/campaign");
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Pilot" })).await;
        let pilot = json!([{ "id": group["id"], "targetType": "group" }]);
        campaign(api, json!({ "includeTargets": pilot })).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
        campaign(api, json!({ "includeTargets": me, "enforceRegistrationAfterAllowedSnoozes": false })).await;
        for _ in 0..5 {
            let (mut browser, reply) = sign_in(api, &ada).await;
            assert_eq!(reply.json()["detour"], "/account/campaign");
            browser.press("/account/campaign", "/account/campaign/snooze", &[]).await;
        }
        // Whoever may not register is not vexed.
        set(api, &json!({ "isSelfServiceRegistrationAllowed": false })).await;
        assert_eq!(sign_in(api, &ada).await.1.json()["detour"], json!(null));
    });
}
