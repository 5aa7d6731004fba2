//! Passes and passkeys of a person.

use super::with_api;
use crate::hello::hello_key_of;
use crate::world::ORIGIN;
use axum::http::StatusCode;
use passband_core::directory::User;
use passband_core::keys::admin_token::AdminToken;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use serde_json::json;

#[test]
fn a_pass_is_shown_once_and_lets_its_person_in() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let path = format!("/v1.0/users/{ada}/authentication/temporaryAccessPassMethods");
        let made = api.made(&path, &json!({ "isUsableOnce": true, "lifetimeInMinutes": 480 })).await;
        let pass = made["temporaryAccessPass"].as_str().unwrap().to_owned();
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!((&made["lifetimeInMinutes"], &made["isUsable"]), (&json!(480), &json!(true)));
        assert_eq!(pass.len(), 12);
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Create Temporary Access Pass", ada.clone()));
        assert!(detail.contains("480 minutes, one-time") && !detail.contains(&pass), "{detail}");

        // Never again, in no list.
        let listed = api.list(&path).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["temporaryAccessPass"], json!(null));
        assert_eq!(api.get(&format!("{path}/{id}")).await["temporaryAccessPass"], json!(null));

        let entered = api.world.browser().enter_pass("ada@example.org", &pass, None).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
        let used = api.get(&format!("{path}/{id}")).await;
        assert_eq!(
            (&used["isUsable"], &used["methodUsabilityReason"]),
            (&json!(false), &json!("OneTimeUsed"))
        );

        api.done("DELETE", &format!("{path}/{id}"), "").await;
        assert_eq!(api.last_deed().await.0, "Delete Temporary Access Pass");
        for method in ["GET", "DELETE"] {
            api.refused((method, &format!("{path}/{id}"), ""), 404, "Request_ResourceNotFound").await;
            api.refused((method, &format!("{path}/x"), ""), 404, "Request_ResourceNotFound").await;
        }
    });
}

#[test]
fn a_new_pass_replaces_the_one_before() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let path = format!("/v1.0/users/{ada}/authentication/temporaryAccessPassMethods");
        let first = api.made(&path, &json!({})).await;
        let second = api.made(&path, &json!({})).await;
        assert_eq!(second["lifetimeInMinutes"], 60);
        assert!(api.last_deed().await.2.ends_with("replaces the one before"));
        let listed = api.list(&path).await;
        assert_eq!((listed.len(), &listed[0]["id"]), (1, &second["id"]));
        let pass = first["temporaryAccessPass"].as_str().unwrap();
        let entered = api.world.browser().enter_pass("ada@example.org", pass, None).await;
        assert_ne!(entered.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn a_pass_has_its_time() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let path = format!("/v1.0/users/{ada}/authentication/temporaryAccessPassMethods");
        let tomorrow = (api.world.now() + Seconds::days(1)).rfc3339();
        let made = api.made(&path, &json!({ "startDateTime": tomorrow, "lifetimeInMinutes": 10 })).await;
        assert_eq!(made["startDateTime"], tomorrow.as_str());
        assert_eq!(made["methodUsabilityReason"], "NotYetValid");
        let at = format!("{path}/{}", made["id"].as_str().unwrap());
        let before = api.deeds().await;
        for bad in [
            r#"{"lifetimeInMinutes":9}"#,
            r#"{"lifetimeInMinutes":43201}"#,
            r#"{"lifetimeInMinutes":-60}"#,
            r#"{"lifetimeInMinutes":9223372036854775807}"#,
            r#"{"lifetimeInMinutes":1e3}"#,
            r#"{"lifetimeInMinutes":"60"}"#,
            r#"{"startDateTime":"tomorrow"}"#,
            r#"{"startDateTime":"9999-12-31T23:59:59Z"}"#,
            r#"{"isUsableOnce":null}"#,
        ] {
            api.refused(("POST", &path, bad), 400, "Request_BadRequest").await;
        }
        assert_eq!(api.deeds().await, before);
        let nobody = path.replace(&ada, "nobody@example.org");
        api.refused(("POST", &nobody, "{}"), 404, "Request_ResourceNotFound").await;
        assert_eq!(api.get(&at).await["isUsable"], false);
    });
}

#[test]
fn passkeys_are_seen_and_taken_away() {
    with_api(async |api| {
        let (ada, _) = api.world.user("Ada").await;
        let (bob, _) = api.world.user("Bob").await;
        let path = format!("/v1.0/users/{}/authentication/fido2Methods", ada.user.id);
        let listed = api.list(&path).await;
        assert_eq!(listed.len(), 1);
        let passkey = &listed[0];
        for (name, value) in [
            ("displayName", json!("Phone")),
            ("passkeyType", json!("synced")),
            ("attestationLevel", json!("notAttested")),
            ("attestationCertificates", json!([])),
            ("model", json!(null)),
            ("passband_evidence", json!("E0")),
        ] {
            assert_eq!(passkey[name], value, "{name}");
        }
        assert_eq!(passkey["aaGuid"].as_str().unwrap().len(), 36);
        let id = passkey["id"].as_str().unwrap();
        assert_eq!(api.get(&format!("{path}/{id}")).await["id"], id);

        // Under another person's name it is not there.
        let theirs = format!("/v1.0/users/{}/authentication/fido2Methods/{id}", bob.user.id);
        for (method, path) in [
            ("GET", &theirs),
            ("DELETE", &theirs),
            ("GET", &format!("{path}/AAAA")),
            ("GET", &format!("{path}/!")),
        ] {
            api.refused((method, path, ""), 404, "Request_ResourceNotFound").await;
        }

        let mut browser = api.world.sign_in(&ada).await;
        assert_eq!(browser.get("/account/passkeys/new").await.status, StatusCode::OK);
        // It is the last one: that takes a word more.
        let delete = format!("{path}/{id}");
        for query in ["", "?passband_force=false"] {
            let asked = format!("{delete}{query}");
            let why = api.refused(("DELETE", &asked, ""), 403, "Authorization_RequestDenied").await;
            assert!(why.contains("passband_force=true"), "{why}");
        }
        for query in ["?passband_force=yes", "?force=true"] {
            let asked = format!("{delete}{query}");
            api.refused(("DELETE", &asked, ""), 400, "Request_UnsupportedQuery").await;
        }
        api.done("DELETE", &format!("{delete}?passband_force=true"), "").await;
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Delete passkey", ada.user.id.to_string()));
        assert!(detail.ends_with("Phone, the last one"), "{detail}");
        // It signs nobody in any more, and what it began has ended.
        assert_ne!(api.world.browser().sign_in(&ada.authenticator).await.status, StatusCode::OK);
        assert_ne!(browser.get("/account/passkeys/new").await.status, StatusCode::OK);
        assert!(api.list(&path).await.is_empty());
        api.world.sign_in(&bob).await;
    });
}

#[test]
fn an_administrator_registers_a_passkey_for_somebody() {
    with_api(async |api| {
        let ada = api.world.newcomer("Ada").await;
        let bob = api.world.newcomer("Bob").await;
        let path = |user: &User| format!("/v1.0/users/{}/authentication/fido2Methods", user.id);
        let asked = format!("{}/creationOptions(challengeTimeoutInMinutes=10)", path(&ada));
        let options = api.get(&asked).await;
        let until = (api.world.now() + Seconds::minutes(10)).rfc3339();
        assert_eq!(options["challengeTimeoutDateTime"], until);
        let public_key = &options["publicKey"];
        assert_eq!(public_key["user"]["name"], "ada@localhost");
        let mut key = SoftAuthenticator::new(Model::device_bound());
        let made = serde_json::to_value(key.create(public_key, ORIGIN, &SystemRandom).unwrap()).unwrap();
        // As Graph's own clients write it: no rawId, no type.
        let credential = json!({
            "id": made["id"],
            "response": {
                "clientDataJSON": made["response"]["clientDataJSON"],
                "attestationObject": made["response"]["attestationObject"],
            },
            "clientExtensionResults": {},
        });
        let body = json!({ "displayName": "Blue key", "publicKeyCredential": credential });
        // For her, and at the request of this administrator.
        api.refused(("POST", &path(&bob), &body.to_string()), 403, "Authorization_RequestDenied").await;
        let other = AdminToken::mint(&api.world.app.master, api.world.now(), &SystemRandom).unwrap();
        let bearer = format!("Bearer {other}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        assert_eq!(
            api.raw("POST", &path(&ada), &headers, &body.to_string()).await.status,
            StatusCode::FORBIDDEN
        );
        let shown = api.made(&path(&ada), &body).await;
        assert_eq!(
            (&shown["displayName"], &shown["passkeyType"]),
            (&json!("Blue key"), &json!("deviceBound"))
        );
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Register passkey for another", ada.id.to_string()));
        assert_eq!(detail, "ada@localhost: Blue key (device-bound)");
        // What is known already is named, so that no key is made twice.
        let again = api.get(&format!("{}/creationOptions", path(&ada))).await;
        assert_eq!(again["publicKey"]["excludeCredentials"][0]["id"], shown["id"]);
        // Once.
        api.refused(("POST", &path(&ada), &body.to_string()), 403, "Authorization_RequestDenied").await;
        assert_eq!(api.list(&path(&ada)).await.len(), 1);
        assert_eq!(api.world.browser().sign_in(&key).await.status, StatusCode::OK);
        // Also when the passkey is gone again: the challenge itself is used up.
        let gone = format!("{}/{}?passband_force=true", path(&ada), shown["id"].as_str().unwrap());
        api.done("DELETE", &gone, "").await;
        let why =
            api.refused(("POST", &path(&ada), &body.to_string()), 403, "Authorization_RequestDenied").await;
        assert!(why.contains("used before"), "{why}");
        for (query, status) in
            [("(challengeTimeoutInMinutes=4)", 400), ("(x=5)", 400), ("?challengeTimeoutInMinutes=16", 400)]
        {
            let asked = format!("{}/creationOptions{query}", path(&ada));
            api.refused(("GET", &asked, ""), status, "Request_BadRequest").await;
        }
    });
}

#[test]
fn hello_keys_are_seen_and_taken_away() {
    with_api(async |api| {
        let (ada, bob) = (api.world.newcomer("Ada").await, api.world.newcomer("Bob").await);
        let id = hello_key_of(&api.world, ada.id).await;
        let path =
            |user: &User| format!("/v1.0/users/{}/authentication/windowsHelloForBusinessMethods", user.id);
        let listed = api.list(&path(&ada)).await;
        assert_eq!(
            (listed.len(), &listed[0]["id"], &listed[0]["displayName"]),
            (1, &json!(id), &json!("laptop"))
        );
        let one = format!("{}/{id}", path(&ada));
        assert_eq!(api.get(&one).await["passband_deviceId"], listed[0]["passband_deviceId"]);
        assert!(api.list(&path(&bob)).await.is_empty());
        let theirs = format!("{}/{id}", path(&bob));
        for (method, path) in
            [("GET", &theirs), ("DELETE", &theirs), ("DELETE", &format!("{}/!", path(&ada)))]
        {
            api.refused((method, path, ""), 404, "Request_ResourceNotFound").await;
        }
        api.done("DELETE", &one, "").await;
        let (activity, target, _) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Delete Hello key", ada.id.to_string()));
        assert!(api.list(&path(&ada)).await.is_empty());
        api.refused(("DELETE", &one, ""), 404, "Request_ResourceNotFound").await;
    });
}
