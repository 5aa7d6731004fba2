//! People.

use super::with_api;
use crate::profiles::{only, set};
use axum::http::StatusCode;
use passband_core::id::UserId;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use serde_json::json;

#[test]
fn people_come_change_and_go() {
    with_api(async |api| {
        let body = json!({
            "@odata.type": "#microsoft.graph.user",
            "userPrincipalName": " Ada@Example.ORG ",
            "displayName": "Ada Lovelace",
        });
        let made = api.made("/v1.0/users", &body).await;
        assert_eq!(made["userPrincipalName"], "ada@example.org");
        assert_eq!(made["accountEnabled"], true);
        assert_eq!(made["passband_isAdministrator"], false);
        assert!(made["@odata.context"].as_str().unwrap().contains("/v1.0/$metadata#user"));
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(api.last_deed().await, ("Add user".into(), id.clone(), "ada@example.org".into()));

        // Found by either name, in either version, and the name is not case-sensitive.
        for name in [id.as_str(), "ada@example.org", "ADA@example.org", "ada%40example.org"] {
            assert_eq!(api.get(&format!("/beta/users/{name}")).await["id"], id.as_str());
        }
        let some = api.get(&format!("/v1.0/users/{id}?$select=displayName")).await;
        assert_eq!(some.as_object().unwrap().len(), 2, "{some}");

        let path = format!("/v1.0/users/{id}");
        api.done("PATCH", &path, r#"{"displayName":"Ada King","userPrincipalName":"king@example.org"}"#)
            .await;
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target.as_str()), ("Update user", id.as_str()));
        assert!(detail.contains("king@example.org") && detail.contains("Ada King"), "{detail}");
        assert_eq!(api.get("/v1.0/users/king@example.org").await["displayName"], "Ada King");
        api.refused(("GET", "/v1.0/users/ada@example.org", ""), 404, "Request_ResourceNotFound").await;

        api.done("DELETE", &path, "").await;
        assert_eq!(api.last_deed().await.0, "Delete user");
        for method in ["GET", "DELETE"] {
            api.refused((method, &path, ""), 404, "Request_ResourceNotFound").await;
        }
        api.refused(("PATCH", &path, r#"{"displayName":"X"}"#), 404, "Request_ResourceNotFound").await;
    });
}

#[test]
fn a_name_belongs_to_one_person() {
    with_api(async |api| {
        api.person("Ada", false).await;
        let bob = api.person("Bob", false).await;
        let before = api.deeds().await;
        let twin = r#"{"userPrincipalName":"ADA@example.org","displayName":"Another"}"#;
        let message = api.refused(("POST", "/v1.0/users", twin), 400, "Request_BadRequest").await;
        assert!(message.contains("userPrincipalName"), "{message}");
        let path = format!("/v1.0/users/{bob}");
        let rename = r#"{"userPrincipalName":"ada@example.org"}"#;
        api.refused(("PATCH", &path, rename), 400, "Request_BadRequest").await;
        for bad in [
            r#"{"displayName":"A"}"#,
            r#"{"userPrincipalName":"a@b"}"#,
            r#"{"displayName":"A","userPrincipalName":"ab"}"#,
            r#"{"displayName":"A","userPrincipalName":"a b@c"}"#,
            r#"{"displayName":" A","userPrincipalName":"a@c"}"#,
        ] {
            api.refused(("POST", "/v1.0/users", bad), 400, "Request_BadRequest").await;
        }
        for name in ["nobody@example.org", "x", "%00@x", "00000000-0000-0000-0000-000000000000"] {
            api.refused(("GET", &format!("/v1.0/users/{name}"), ""), 404, "Request_ResourceNotFound").await;
        }
        api.refused(("GET", "/v1.0/users/%ff", ""), 400, "Request_BadRequest").await;
        assert_eq!(api.deeds().await, before);
    });
}

#[test]
fn the_last_enabled_administrator_stays() {
    with_api(async |api| {
        let rosa = api.person("Rosa", true).await;
        let path = format!("/v1.0/users/{rosa}");
        let deny = "Authorization_RequestDenied";
        let before = api.deeds().await;
        for body in [r#"{"accountEnabled":false}"#, r#"{"passband_isAdministrator":false}"#] {
            api.refused(("PATCH", &path, body), 403, deny).await;
        }
        let reply = api.text("DELETE", &path, "").await;
        assert_eq!(reply.json()["error"]["innerError"]["passband_reason"], "last_admin");
        assert_eq!(api.deeds().await, before);

        // A disabled second does not count; an enabled one does.
        let sam = api.person("Sam", true).await;
        let second = format!("/v1.0/users/{sam}");
        api.done("PATCH", &second, r#"{"accountEnabled":false}"#).await;
        api.refused(("DELETE", &path, ""), 403, deny).await;
        api.done("PATCH", &second, r#"{"accountEnabled":true}"#).await;
        api.done("PATCH", &path, r#"{"passband_isAdministrator":false}"#).await;
        api.refused(("DELETE", &second, ""), 403, deny).await;
        api.done("DELETE", &path, "").await;
    });
}

#[test]
fn only_administrators_who_can_sign_in_count() {
    with_api(async |api| {
        let (root, mut browser) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        let [own, second] = [&root, &ada].map(|person| format!("/v1.0/users/{}", person.user.id));
        api.done("PATCH", &second, r#"{"passband_isAdministrator":true}"#).await;
        api.person("Sam", true).await;
        set(api, &only(&json!({ "passkeyTypes": "deviceBound" }))).await;
        // Ada has a passkey that the policy refuses, Sam has none: there is nobody but the founder.
        let deny = "Authorization_RequestDenied";
        for body in [r#"{"accountEnabled":false}"#, r#"{"passband_isAdministrator":false}"#] {
            api.refused(("PATCH", &own, body), 403, deny).await;
        }
        let told = api.refused(("DELETE", &own, ""), 403, deny).await;
        assert!(told.contains("no administrator who can sign in"), "{told}");
        let passkeys = format!("{own}/authentication/fido2Methods");
        let first = api.list(&passkeys).await.remove(0)["id"].as_str().unwrap().to_owned();
        let gone = format!("{passkeys}/{first}?passband_force=true");
        api.refused(("DELETE", &gone, ""), 403, deny).await;
        let page = format!("/admin/users/{}", root.user.id);
        let take = [("wish", "take"), ("role", passband_core::directory::Role::GlobalAdministrator.id())];
        for act in ["disable", "role", "delete"] {
            let answer = browser.press(&page, &format!("{page}/{act}"), &take).await;
            assert!(answer.body.contains("last_admin"), "{act}");
        }
        // A second passkey of the founder's that the policy refuses does not count either.
        set(api, &only(&json!({ "passkeyTypes": "deviceBound,synced" }))).await;
        let mut phone = SoftAuthenticator::new(Model::synced());
        let done = browser.register(&mut phone, "Phone").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        set(api, &only(&json!({ "passkeyTypes": "deviceBound" }))).await;
        api.refused(("DELETE", &format!("{passkeys}/{first}"), ""), 403, deny).await;
        let answer = browser.press("/account", &format!("/account/passkeys/{first}/delete"), &[]).await;
        assert!(answer.body.contains("last_admin"), "{}", answer.body);
        assert_eq!(api.list(&passkeys).await.len(), 2);
        // As soon as the policy takes Ada's, the founder may go.
        set(api, &only(&json!({ "passkeyTypes": "deviceBound,synced" }))).await;
        api.done("DELETE", &format!("{passkeys}/{first}"), "").await;
        api.done("DELETE", &own, "").await;
    });
}

#[test]
fn of_two_administrators_taken_away_at_once_one_stays() {
    with_api(async |api| {
        for round in 0..10 {
            let (a, b) =
                (api.person(&format!("A{round}"), true).await, api.person(&format!("B{round}"), true).await);
            // Whoever is left of the round before makes three; so take them away first.
            for user in api.list("/v1.0/users?$filter=passband_isAdministrator%20eq%20true").await {
                let id = user["id"].as_str().unwrap();
                if id != a && id != b {
                    api.done("DELETE", &format!("/v1.0/users/{id}"), "").await;
                }
            }
            let (first, second) = (format!("/v1.0/users/{a}"), format!("/v1.0/users/{b}"));
            let (one, two) = tokio::join!(
                api.text("DELETE", &first, ""),
                api.text("PATCH", &second, r#"{"accountEnabled":false}"#)
            );
            let mut statuses = [one.status.as_u16(), two.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 403], "{} {}", one.body, two.body);
            assert_eq!(api.world.app.store.count_admins().await.unwrap(), 1);
        }
    });
}

#[test]
fn changes_at_once_do_not_undo_each_other() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let path = format!("/v1.0/users/{ada}");
        let app = api.made("/v1.0/applications", &json!({ "displayName": "Wiki" })).await;
        let app = format!("/v1.0/applications/{}", app["id"].as_str().unwrap());
        let add = format!("{app}/addPassword");
        for round in 0..10 {
            api.done("PATCH", &path, r#"{"accountEnabled":true}"#).await;
            let name = format!(r#"{{"displayName":"Ada {round}"}}"#);
            tokio::join!(
                api.done("PATCH", &path, &name),
                api.done("PATCH", &path, r#"{"accountEnabled":false}"#),
                api.done("PATCH", &app, &name),
                api.text("POST", &add, "{}"),
            );
            let shown = api.get(&path).await;
            assert_eq!(shown["displayName"], format!("Ada {round}"));
            assert_eq!(shown["accountEnabled"], false, "round {round}");
            let shown = api.get(&app).await;
            assert_eq!(shown["displayName"], format!("Ada {round}"));
            let key = shown["passwordCredentials"][0]["keyId"].clone();
            assert!(key.is_string(), "round {round}");
            api.done("POST", &format!("{app}/removePassword"), &json!({ "keyId": key }).to_string()).await;
        }
    });
}

#[test]
fn disabling_and_revoking_end_what_is_open() {
    with_api(async |api| {
        let (ada, mut browser) = api.world.user("Ada").await;
        let (_, mut other) = api.world.user("Bob").await;
        let path = format!("/v1.0/users/{}", ada.user.id);
        let is_in = async |browser: &mut crate::world::Browser| {
            browser.get("/account/passkeys/new").await.status == StatusCode::OK
        };
        assert!(is_in(&mut browser).await);

        let reply = api.text("POST", &format!("{path}/revokeSignInSessions"), "").await;
        assert_eq!((reply.status, &reply.json()["value"]), (StatusCode::OK, &json!(true)));
        assert_eq!(api.last_deed().await.0, "Revoke sign-in sessions");
        assert!(!is_in(&mut browser).await);
        assert!(is_in(&mut other).await);

        let mut browser = api.world.sign_in(&ada).await;
        assert!(is_in(&mut browser).await);
        api.done("PATCH", &path, r#"{"accountEnabled":false}"#).await;
        assert!(!is_in(&mut browser).await);
        assert_ne!(api.world.browser().sign_in(&ada.authenticator).await.status, StatusCode::OK);
        // Enabled again, the person signs in anew; what was open stays ended.
        api.done("PATCH", &path, r#"{"accountEnabled":true}"#).await;
        assert!(!is_in(&mut browser).await);
        api.world.sign_in(&ada).await;

        api.done("DELETE", &path, "").await;
        assert!(api.world.app.store.passkeys_of(ada.user.id).await.unwrap().is_empty());
        let gone = format!("/v1.0/users/{}/revokeSignInSessions", UserId::from_bytes([1; 16]));
        api.refused(("POST", &gone, ""), 404, "Request_ResourceNotFound").await;
    });
}
