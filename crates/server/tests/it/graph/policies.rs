//! Groups and the authentication methods policy.

use super::with_api;
use crate::profiles::{FIRST, METHODS, only, set};
use axum::http::StatusCode;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use serde_json::json;

const POLICY: &str = "/v1.0/policies/authenticationMethodsPolicy";

#[test]
fn a_group_is_made_filled_renamed_and_deleted() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let body = json!({ "displayName": "Admins", "description": "Those who may", "mailNickname": "admins",
            "mailEnabled": false, "securityEnabled": true, "groupTypes": [] });
        let group = api.made("/v1.0/groups", &body).await;
        let path = format!("/v1.0/groups/{}", group["id"].as_str().unwrap());
        assert_eq!(group["securityEnabled"], true);
        api.made("/v1.0/groups", &json!({ "displayName": "Others" })).await;
        let named = api.list("/v1.0/groups?$filter=displayName%20eq%20'admins'&$select=id").await;
        assert_eq!(named, [json!({ "id": group["id"] })]);
        assert_eq!(api.list("/v1.0/groups?$filter=startswith(displayName,'oth')").await.len(), 1);
        assert_eq!(api.list("/v1.0/groups?$top=1").await.len(), 1);

        let refs = format!("{path}/members/$ref");
        let body = json!({ "@odata.id": format!("http://localhost:8480/v1.0/users/{ada}") }).to_string();
        api.done("POST", &refs, &body).await;
        assert_eq!(api.last_deed().await.0, "Add member to group");
        api.refused(("POST", &refs, &body), 400, "Request_BadRequest").await;
        let members = api.list(&format!("{path}/members")).await;
        assert_eq!((members.len(), &members[0]["id"]), (1, &json!(ada)));
        let of = api.list(&format!("/beta/users/{ada}/memberOf")).await;
        assert_eq!((of.len(), &of[0]["displayName"]), (1, &json!("Admins")));

        api.done("PATCH", &path, r#"{"displayName":"Administrators"}"#).await;
        assert_eq!(api.get(&path).await["displayName"], "Administrators");
        let one = format!("{path}/members/{ada}/$ref");
        api.done("DELETE", &one, "").await;
        api.refused(("DELETE", &one, ""), 400, "Request_BadRequest").await;
        api.done("DELETE", &path, "").await;
        assert_eq!(api.last_deed().await.0, "Delete group");
        api.refused(("GET", &path, ""), 404, "Request_ResourceNotFound").await;

        for bad in [
            r#"{}"#,
            r#"{"displayName":"x","mailEnabled":true}"#,
            r#"{"displayName":"x","securityEnabled":false}"#,
            r#"{"displayName":"x","groupTypes":["DynamicMembership"]}"#,
            r#"{"displayName":"x","membershipRule":"user.city -eq 1"}"#,
        ] {
            api.refused(("POST", "/v1.0/groups", bad), 400, "Request_BadRequest").await;
        }
        let body = r#"{"@odata.id":"https://example.org/groups/1"}"#;
        let refs = "/v1.0/groups/00000000-0000-0000-0000-000000000009/members/$ref";
        api.refused(("POST", refs, body), 404, "Request_ResourceNotFound").await;
    });
}

#[test]
fn a_group_that_a_policy_names_stays() {
    with_api(async |api| {
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Out" })).await;
        let target = json!([{ "id": group["id"], "targetType": "group" }]);
        set(api, &json!({ "excludeTargets": target })).await;
        let path = format!("/v1.0/groups/{}", group["id"].as_str().unwrap());
        let told = api.refused(("DELETE", &path, ""), 400, "Request_BadRequest").await;
        assert!(told.contains("names this group"), "{told}");
        set(api, &json!({ "excludeTargets": [] })).await;
        api.done("DELETE", &path, "").await;
        let body = json!({ "excludeTargets": target }).to_string();
        let told =
            api.refused(("PATCH", &format!("{METHODS}/fido2"), &body), 400, "Request_BadRequest").await;
        assert!(told.contains("does not exist"), "{told}");
    });
}

#[test]
fn the_policy_is_read_and_posted_back() {
    with_api(async |api| {
        let policy = api.get(POLICY).await;
        assert_eq!(policy["policyMigrationState"], "migrationComplete");
        assert_eq!(policy["authenticationMethodConfigurations"].as_array().unwrap().len(), 2);
        let listed = api.list(METHODS).await;
        assert_eq!(listed[0]["id"], "Fido2");
        for name in ["fido2", "Fido2", "temporaryAccessPass", "TemporaryAccessPass"] {
            let path = format!("{METHODS}/{name}");
            let mut read = api.get(&path).await;
            assert!(read["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."));
            read["includeTargets@odata.context"] = json!("x");
            api.done("PATCH", &path, &read.to_string()).await;
            let again = api.get(&path.replace("v1.0", "beta")).await;
            assert_eq!(again["includeTargets"], read["includeTargets"]);
        }
        assert_eq!(api.last_deed().await.2, "nothing changed");
        set(api, &only(&json!({ "passkeyTypes": "deviceBound" }))).await;
        assert_eq!(api.last_deed().await.2, "fido2.passkeyProfiles");
        set(api, &json!({ "isAttestationEnforced": true })).await;
        let read = api.get(&format!("{METHODS}/fido2")).await;
        assert_eq!(read["passkeyProfiles"][0]["attestationEnforcement"], "registrationOnly");
        assert_eq!(read["defaultPasskeyProfile"], FIRST);
        api.refused(("GET", &format!("{METHODS}/sms"), ""), 404, "Request_ResourceNotFound").await;
    });
}

#[test]
fn what_is_not_known_or_not_enforced_is_refused_by_name() {
    with_api(async |api| {
        let fido2 = format!("{METHODS}/fido2");
        let tap = format!("{METHODS}/temporaryAccessPass");
        let deeds = api.deeds().await;
        for (path, body, name) in [
            (fido2.as_str(), r#"{"colour":"red"}"#, "colour"),
            (&fido2, r#"{"passband_force":"yes"}"#, "passband_force"),
            (
                &fido2,
                r#"{"includeTargets":[{"id":"all_users","targetType":"group","isRegistrationRequired":true}]}"#,
                "isRegistrationRequired",
            ),
            (&fido2, r#"{"state":"default"}"#, "default"),
            (&fido2, r##"{"@odata.type":"#microsoft.graph.x509"}"##, "@odata.type"),
            (&tap, r#"{"minimumLifetimeInMinutes":5}"#, "minimumLifetimeInMinutes"),
            (&tap, r#"{"defaultLifetimeInMinutes":50000}"#, "defaultLifetimeInMinutes"),
            (&tap, r#"{"defaultLength":7}"#, "defaultLength"),
            (&tap, r#"{"passband_force":true}"#, "passband_force"),
            (&tap, r#"{"length":12}"#, "length"),
            (POLICY, r#"{"policyMigrationState":"preMigration"}"#, "policyMigrationState"),
            (POLICY, r#"{"authenticationMethodConfigurations":[]}"#, "authenticationMethodConfigurations"),
            (POLICY, r#"{"registrationEnforcement":{"x":1}}"#, "x"),
            (
                POLICY,
                r#"{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"state":"default"}}}"#,
                "state",
            ),
            (
                POLICY,
                r#"{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"snoozeDurationInDays":15}}}"#,
                "snoozeDurationInDays",
            ),
            (
                POLICY,
                r#"{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"includeTargets":[{"id":"all_users","targetType":"group","targetedAuthenticationMethod":"microsoftAuthenticator"}]}}}"#,
                "targetedAuthenticationMethod",
            ),
        ] {
            let told = api.refused(("PATCH", path, body), 400, "Request_BadRequest").await;
            assert!(told.contains(name), "{body} {told}");
        }
        assert_eq!(api.deeds().await, deeds);
        let campaign = json!({ "registrationEnforcement": { "authenticationMethodsRegistrationCampaign":
            { "state": "enabled", "snoozeDurationInDays": 3 } } });
        api.done("PATCH", POLICY, &campaign.to_string()).await;
        let read = api.get(POLICY).await;
        let read = &read["registrationEnforcement"]["authenticationMethodsRegistrationCampaign"];
        assert_eq!((&read["state"], &read["snoozeDurationInDays"]), (&json!("enabled"), &json!(3)));
    });
}

#[test]
fn what_if_names_those_a_change_would_touch_and_changes_nothing() {
    with_api(async |api| {
        let (ada, mut browser) = api.world.user("Ada").await;
        let (bob, _) = api.world.user("Bob").await;
        let mut key = SoftAuthenticator::new(Model::device_bound());
        assert_eq!(api.world.sign_in(&ada).await.register(&mut key, "Blue key").await.status, StatusCode::OK);
        let ask = format!("{METHODS}/fido2/passband_whatIf");
        let patch = only(&json!({ "passkeyTypes": "deviceBound" })).to_string();
        let reply = api.text("POST", &ask, &patch).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let seen = reply.json();
        assert_eq!((&seen["people"], &seen["passkeys"]), (&json!(2), &json!(3)));
        assert_eq!(seen["refusedCount"], 2);
        assert_eq!(seen["refused"][0]["userPrincipalName"], "ada@localhost");
        assert_eq!(seen["refused"][0]["methodDisplayName"], "Phone");
        assert_eq!(seen["refused"][0]["reason"], "passkey_profile_type");
        assert_eq!(seen["withoutUsablePasskeyCount"], 1);
        assert_eq!(seen["withoutUsablePasskey"][0]["userId"], bob.user.id.to_string());
        assert_eq!(seen["leavesNoAdministrator"], false);
        // Nothing was changed.
        api.world.sign_in(&bob).await;
        set(api, &serde_json::from_str(&patch).unwrap()).await;
        assert_ne!(api.world.browser().sign_in(&bob.authenticator).await.status, StatusCode::OK);
        let back = only(&json!({})).to_string();
        let seen = api.text("POST", &ask, &back).await.json();
        assert_eq!((&seen["newlyAllowedCount"], &seen["refusedCount"]), (&json!(2), &json!(0)));
        assert_eq!(seen["newlyAllowed"][1]["displayName"], "Bob");
        api.refused(("POST", &ask, r#"{"colour":1}"#), 400, "Request_BadRequest").await;
        let other = format!("{METHODS}/temporaryAccessPass/passband_whatIf");
        api.refused(("POST", &other, "{}"), 404, "Request_ResourceNotFound").await;
        // A session that was begun before lives on: the next sign-in is what is judged.
        assert_ne!(browser.get("/account").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    });
}

#[test]
fn no_change_locks_every_administrator_out_unless_forced() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let fido2 = format!("{METHODS}/fido2");
        let mut patch = only(&json!({ "passkeyTypes": "synced" }));
        let reply = api.text("PATCH", &fido2, &patch.to_string()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
        assert_eq!(reply.json()["error"]["innerError"]["passband_reason"], "policy_locks_out");
        let seen = api.text("POST", &format!("{fido2}/passband_whatIf"), &patch.to_string()).await.json();
        assert_eq!(seen["leavesNoAdministrator"], true);
        api.world.sign_in(&root).await;

        // Neither do groups.
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Out" })).await;
        set(api, &json!({ "excludeTargets": [{ "id": group["id"], "targetType": "group" }] })).await;
        let refs = format!("/v1.0/groups/{}/members/$ref", group["id"].as_str().unwrap());
        let body = json!({ "@odata.id": format!("users/{}", root.user.id) }).to_string();
        api.refused(("POST", &refs, &body), 403, "Authorization_RequestDenied").await;
        api.world.sign_in(&root).await;

        patch["passband_force"] = json!(true);
        set(api, &patch).await;
        assert_ne!(api.world.browser().sign_in(&root.authenticator).await.status, StatusCode::OK);
        // Whoever holds an admin token can mend it: where nobody can sign in, no change is refused.
        set(api, &only(&json!({}))).await;
        api.world.sign_in(&root).await;
    });
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    with_api(async |api| {
        let fido2 = format!("{METHODS}/fido2");
        for (path, body) in [
            (fido2.as_str(), r#"{"state":"disabled","state":"enabled"}"#),
            (
                &fido2,
                r#"{"keyRestrictions":{"isEnforced":true,"isEnforced":false,"enforcementType":"block"}}"#,
            ),
            (POLICY, r#"{"registrationEnforcement":{},"registrationEnforcement":{}}"#),
        ] {
            let told = api.refused(("PATCH", path, body), 400, "Request_BadRequest").await;
            assert!(told.contains("duplicate field"), "{body}: {told}");
        }
        let asked = format!("{fido2}/passband_whatIf");
        api.refused(("POST", &asked, r#"{"state":"disabled","state":"enabled"}"#), 400, "Request_BadRequest")
            .await;
    });
}

#[test]
fn a_ready_made_profile_is_taken_into_the_policy_once() {
    const TEMPLATES: &str = "/v1.0/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates";
    with_api(async |api| {
        let listed = api.list(TEMPLATES).await;
        let keys: Vec<_> = listed.iter().map(|template| &template["id"]).collect();
        assert_eq!(keys, ["any", "device-bound", "attested-hardware", "certified-l2-hardware"]);
        assert!(listed.iter().all(|template| template["isInPolicy"] == false));
        let add = format!("{TEMPLATES}/attested-hardware/passband_add");
        api.done("POST", &add, "").await;
        assert_eq!(api.last_deed().await.2, "fido2.passkeyProfiles");
        let policy = api.get(&format!("{METHODS}/fido2")).await;
        assert_eq!(policy["passkeyProfiles"][1], listed[2]["profile"]);
        assert_eq!(
            policy["includeTargets"][0]["allowedPasskeyProfiles"],
            json!([FIRST]),
            "nobody is touched"
        );
        let taken = api.list(&format!("{TEMPLATES}?$filter=isInPolicy%20eq%20true")).await;
        assert_eq!((taken.len(), &taken[0]["id"]), (1, &json!("attested-hardware")));
        let told = api.refused(("POST", &add, ""), 400, "Request_BadRequest").await;
        assert!(told.contains("twice"), "{told}");
        let none = format!("{TEMPLATES}/none/passband_add");
        api.refused(("POST", &none, ""), 404, "Request_ResourceNotFound").await;

        // In the console, each that is left is previewed with a press and saved with another.
        let (_, mut browser) = api.world.founder().await;
        let page = browser.get("/admin/passkey-policy").await.body;
        assert_eq!(page.matches("Preview with it").count(), 3, "{page}");
        let key = [("key", "device-bound")];
        let preview = browser.press("/admin/passkey-policy", "/admin/passkey-policy/template", &key).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        assert!(preview.body.contains("Profile: Device-bound"), "{}", preview.body);
        let key = [("key", "none")];
        let refused = browser.press("/admin/passkey-policy", "/admin/passkey-policy/template", &key).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    });
}
