//! What a change of policies rests on stays as it was judged until the change is made: two at once are decided one after
//! the other, and what policies name stays while they do.

use super::guard::locked;
use super::{POLICIES, at, policy};
use crate::graph::{Api, with_api};
use passband_core::manage::app::CONSOLE_APP;
use serde_json::{Value, json};

const APPS: &str = "/v1.0/applications";
const GROUPS: &str = "/v1.0/groups";
const FIDO2: &str = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2";

/// How often two requests race.
const ROUNDS: usize = 24;

fn id(made: &Value) -> &str {
    made["id"].as_str().unwrap()
}

/// A group with one member; its address.
async fn group(api: &Api, name: &str, member: impl ToString) -> String {
    let group = at(GROUPS, &api.made(GROUPS, &json!({ "displayName": name })).await);
    let body = json!({ "@odata.id": format!("/v1.0/users/{}", member.to_string()) });
    api.done("POST", &format!("{group}/members/$ref"), &body.to_string()).await;
    group
}

fn last(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

#[test]
fn an_exclusion_and_what_it_rests_on_do_not_go_at_once() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let group = group(api, "Emergency", root.user.id).await;
        let member = format!("{group}/members/{}/$ref", root.user.id);
        let mut all = policy("No way", &["block"]);
        all["conditions"]["users"]["excludeGroups"] = json!([last(&group)]);
        let all = all.to_string();
        for round in 0..ROUNDS {
            // Either alone leaves root a way in.
            let (made, left) =
                tokio::join!(api.text("POST", POLICIES, &all), api.text("DELETE", &member, ""));
            let both = made.status.is_success() && left.status.is_success();
            assert!(!both, "in round {round} both were made, and nobody gets in");
            if made.status.is_success() {
                api.done("DELETE", &at(POLICIES, &made.json()), "").await;
            }
            if left.status.is_success() {
                let body = json!({ "@odata.id": format!("/v1.0/users/{}", root.user.id) });
                api.done("POST", &format!("{group}/members/$ref"), &body.to_string()).await;
            }
        }
    });
}

#[test]
fn an_application_that_a_policy_names_stays_also_when_both_come_at_once() {
    with_api(async |api| {
        let wanted = |app: &Value, list: &str| {
            let mut wanted = policy("For it", &["mfa"]);
            wanted["conditions"]["applications"][list] = json!([id(app)]);
            wanted
        };
        for list in ["includeApplications", "excludeApplications"] {
            let app = api.made(APPS, &json!({ "displayName": "Mail" })).await;
            let made = api.made(POLICIES, &wanted(&app, list)).await;
            let told = api.refused(("DELETE", &at(APPS, &app), ""), 409, "Request_Conflict").await;
            assert!(told.contains("names this application"), "{told}");
            // Nor from the console.
            let (_, mut browser) = match api.world.app.store.count_admins().await.unwrap() {
                0 => api.world.founder().await,
                _ => api.world.user("Ada").await,
            };
            let page = browser.get("/admin/apps").await;
            if page.status.is_success() {
                let act = format!("/admin/apps/{}/delete", id(&app));
                let reply = browser.press("/admin/apps", &act, &[]).await;
                assert_eq!(reply.status, 409, "{}", reply.body);
                assert!(reply.body.contains("names this application"), "{}", reply.body);
            }
            api.done("DELETE", &at(POLICIES, &made), "").await;
            api.done("DELETE", &at(APPS, &app), "").await;
        }
        for round in 0..ROUNDS {
            let app = api.made(APPS, &json!({ "displayName": "Mail" })).await;
            let (body, path) = (wanted(&app, "includeApplications").to_string(), at(APPS, &app));
            let (made, gone) = tokio::join!(api.text("POST", POLICIES, &body), api.text("DELETE", &path, ""));
            let both = made.status.is_success() && gone.status.is_success();
            assert!(!both, "in round {round} the policy names an application that is not there");
            assert!(made.status.is_success() || gone.status.is_success(), "one of the two is made");
        }
        let built_in = format!("{APPS}/{CONSOLE_APP}");
        api.refused(("DELETE", &built_in, ""), 403, "Authorization_RequestDenied").await;
    });
}

#[test]
fn a_group_that_a_policy_names_is_not_dissolved() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        for list in ["includeGroups", "excludeGroups"] {
            let group = group(api, list, &ada).await;
            let mut wanted = policy("For them", &["mfa"]);
            if list == "includeGroups" {
                wanted["conditions"]["users"] = json!({});
            }
            wanted["conditions"]["users"][list] = json!([last(&group)]);
            let made = api.made(POLICIES, &wanted).await;
            let reply = api.text("DELETE", &group, "").await;
            assert!(
                reply.status.is_client_error() && reply.body.contains("names this group"),
                "{}",
                reply.body
            );
            api.done("DELETE", &at(POLICIES, &made), "").await;
            api.done("DELETE", &group, "").await;
        }
    });
}

/// Or nobody could switch off a policy that names somebody who has left.
#[test]
fn whoever_was_named_and_has_gone_does_not_keep_a_policy_as_it_is() {
    with_api(async |api| {
        let bob = api.person("Bob", false).await;
        let mut wanted = policy("For him", &["mfa"]);
        wanted["conditions"]["users"]["includeUsers"] = json!([bob]);
        let made = api.made(POLICIES, &wanted).await;
        api.done("DELETE", &format!("/v1.0/users/{bob}"), "").await;
        api.done("PATCH", &at(POLICIES, &made), r#"{"state":"disabled"}"#).await;
        let told = api.text("POST", POLICIES, &wanted.to_string()).await;
        assert_eq!(told.status, 400, "a new policy cannot name him: {}", told.body);
    });
}

/// Whoever may sign in under the passkey policy must be somebody whom conditional access lets in, and the other way.
#[test]
fn the_passkey_policy_leaves_somebody_whom_conditional_access_lets_in() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        let roles =
            json!({ "principalId": ada.user.id, "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10" });
        api.made("/v1.0/roleManagement/directory/roleAssignments", &roles).await;
        let mut all = policy("No way", &["block"]);
        all["conditions"]["users"]["excludeUsers"] = json!([root.user.id]);
        let made = api.made(POLICIES, &all).await;
        let hers = group(api, "Ada's", ada.user.id).await;
        let targets = json!({ "includeTargets": [{ "id": last(&hers), "targetType": "group" }] });
        locked(api, ("PATCH", FIDO2, &targets)).await;
        // With nothing of conditional access in the way, Ada is enough.
        api.done("DELETE", &at(POLICIES, &made), "").await;
        api.done("PATCH", FIDO2, &targets.to_string()).await;
        // Locked out by those who said so, people still keep the passkeys that get them in once it is switched off.
        let mut forced = policy("No way", &["block"]);
        forced["passband_force"] = true.into();
        api.made(POLICIES, &forced).await;
        let reply = api.text("DELETE", &format!("{hers}/members/{}/$ref", ada.user.id), "").await;
        assert_eq!(reply.status, 403, "{}", reply.body);
        assert_eq!(reply.json()["error"]["innerError"]["passband_reason"], "policy_locks_out");
    });
}
