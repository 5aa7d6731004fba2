//! A change after which no Global Administrator would get in is refused.

use super::{POLICIES, at, policy};
use crate::graph::{Api, with_api};
use passband_core::policy::access::facts::Suite;
use serde_json::{Value, json};

const DENIED: &str = "Authorization_RequestDenied";

pub async fn locked(api: &Api, asked: (&str, &str, &Value)) {
    let (method, path, body) = asked;
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let reply = api.text(method, path, &text).await;
    assert_eq!(reply.status, 403, "{method} {path} {}", reply.body);
    let error = reply.json()["error"].clone();
    assert_eq!(
        (&error["code"], &error["innerError"]["passband_reason"]),
        (&json!(DENIED), &json!("access_locks_out"))
    );
}

#[test]
fn nobody_locks_every_administrator_out_unless_they_say_so() {
    with_api(async |api| {
        // Nobody administers yet: nothing is lost.
        let made = api.made(POLICIES, &policy("No way", &["block"])).await;
        api.done("DELETE", &at(POLICIES, &made), "").await;
        let (root, _) = api.world.founder().await;

        let all = policy("No way", &["block"]);
        locked(api, ("POST", POLICIES, &all)).await;
        let mut portals = all.clone();
        portals["conditions"]["applications"]["includeApplications"] = json!([Suite::AdminPortals.name()]);
        locked(api, ("POST", POLICIES, &portals)).await;
        locked(api, ("POST", POLICIES, &policy("Managed", &["compliantDevice"]))).await;
        api.made(POLICIES, &policy("Strong", &["mfa"])).await;

        // Switched off or only reporting, it locks nobody out; switched on it would.
        let mut quiet = all.clone();
        quiet["state"] = "enabledForReportingButNotEnforced".into();
        let quiet = at(POLICIES, &api.made(POLICIES, &quiet).await);
        locked(api, ("PATCH", &quiet, &json!({ "state": "enabled" }))).await;
        // Nor by going back to a version that did.
        api.done("PATCH", &quiet, &json!({ "state": "enabled", "passband_force": true }).to_string()).await;
        assert!(
            api.text("PATCH", &quiet, r#"{"description":"On"}"#).await.status.is_success(),
            "nothing to lose"
        );
        api.done("PATCH", &quiet, r#"{"state":"disabled"}"#).await;
        locked(api, ("POST", &format!("{quiet}/passband_rollback"), &json!({ "version": 2 }))).await;
        let back = json!({ "version": 2, "passband_force": true });
        assert_eq!(
            api.text("POST", &format!("{quiet}/passband_rollback"), &back.to_string()).await.status,
            200
        );
        api.done("DELETE", &quiet, "").await;

        // An account that is left out is enough, as long as it can sign in and administers.
        let mut spared = all.clone();
        spared["conditions"]["users"]["excludeUsers"] = json!([root.user.id]);
        let spared = api.made(POLICIES, &spared).await;
        locked(
            api,
            (
                "PATCH",
                &at(POLICIES, &spared),
                &json!({ "conditions": { "users": { "includeUsers": ["All"] } } }),
            ),
        )
        .await;
    });
}

#[test]
fn what_an_exclusion_rests_on_stays() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        let roles =
            json!({ "principalId": ada.user.id, "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10" });
        api.made("/v1.0/roleManagement/directory/roleAssignments", &roles).await;
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Emergency" })).await;
        let group = at("/v1.0/groups", &group);
        let root_path = format!("/v1.0/users/{}", root.user.id);
        let member = json!({ "@odata.id": root_path });
        api.done("POST", &format!("{group}/members/$ref"), &member.to_string()).await;
        let mut all = policy("No way", &["block"]);
        all["conditions"]["users"]["excludeGroups"] = json!([group.rsplit('/').next().unwrap()]);
        api.made(POLICIES, &all).await;

        // Ada could sign in too, but would not get to the console.
        locked(api, ("DELETE", &format!("{group}/members/{}/$ref", root.user.id), &Value::Null)).await;
        locked(api, ("DELETE", &root_path, &Value::Null)).await;
        locked(api, ("PATCH", &root_path, &json!({ "accountEnabled": false }))).await;
        locked(api, ("PATCH", &root_path, &json!({ "passband_isAdministrator": false }))).await;
        let passkeys = format!("{root_path}/authentication/fido2Methods");
        let passkey = api.list(&passkeys).await[0]["id"].as_str().unwrap().to_owned();
        locked(api, ("DELETE", &format!("{passkeys}/{passkey}?passband_force=true"), &Value::Null)).await;
        // With Ada in the group, root may go.
        let member = json!({ "@odata.id": format!("/v1.0/users/{}", ada.user.id) });
        api.done("POST", &format!("{group}/members/$ref"), &member.to_string()).await;
        api.done("DELETE", &format!("{group}/members/{}/$ref", root.user.id), "").await;
        api.done("DELETE", &root_path, "").await;
    });
}
