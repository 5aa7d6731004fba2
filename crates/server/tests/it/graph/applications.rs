//! Applications.

use super::{encode, with_api};
use passband_core::manage::app::{CONSOLE_APP, DRS_APP, secret_hash};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE};
use serde_json::{Value, json};

fn wiki() -> Value {
    json!({
        "displayName": "Wiki",
        "web": { "redirectUris": ["https://wiki.example.org/cb"], "logoutUrl": "https://wiki.example.org/bye" },
        "publicClient": { "redirectUris": ["http://127.0.0.1/"] },
        "identifierUris": ["api://wiki"],
    })
}

#[test]
fn applications_come_change_and_go() {
    with_api(async |api| {
        let made = api.made("/v1.0/applications", &wiki()).await;
        let id = made["appId"].as_str().unwrap().to_owned();
        assert_eq!(made["id"], id.as_str());
        for (name, value) in [
            ("web", wiki()["web"].clone()),
            ("publicClient", wiki()["publicClient"].clone()),
            ("spa", json!({ "redirectUris": [] })),
            ("identifierUris", json!(["api://wiki"])),
            ("passband_isConfidential", json!(false)),
            ("passband_enabled", json!(true)),
            ("passwordCredentials", json!([])),
        ] {
            assert_eq!(made[name], value, "{name}");
        }
        assert_eq!(api.last_deed().await, ("Add application".into(), id.clone(), "Wiki".into()));
        let found =
            api.list(&format!("/v1.0/applications?$filter={}", encode(&format!("appId eq '{id}'")))).await;
        assert_eq!(found.len(), 1);

        // Each list that is sent replaces its own; what is not sent stays.
        let path = format!("/v1.0/applications/{id}");
        let body = r#"{"web":{"redirectUris":["https://wiki.example.org/new"]},"passband_enabled":false}"#;
        api.done("PATCH", &path, body).await;
        let shown = api.get(&path).await;
        assert_eq!(shown["web"]["redirectUris"], json!(["https://wiki.example.org/new"]));
        assert_eq!(shown["web"]["logoutUrl"], "https://wiki.example.org/bye");
        assert_eq!(shown["publicClient"], wiki()["publicClient"]);
        assert_eq!((&shown["passband_enabled"], &shown["displayName"]), (&json!(false), &json!("Wiki")));
        assert!(api.last_deed().await.2.ends_with("disabled"));
        api.done("PATCH", &path, r#"{"web":{"logoutUrl":null},"publicClient":{"redirectUris":[]}}"#).await;
        let shown = api.get(&path).await;
        assert_eq!(shown["web"]["logoutUrl"], json!(null));
        assert_eq!(shown["publicClient"]["redirectUris"], json!([]));

        api.done("DELETE", &path, "").await;
        assert_eq!(api.last_deed().await.0, "Delete application");
        for method in ["GET", "DELETE"] {
            api.refused((method, &path, ""), 404, "Request_ResourceNotFound").await;
            api.refused((method, "/v1.0/applications/x", ""), 404, "Request_ResourceNotFound").await;
        }
        // Its name is free again.
        api.made("/v1.0/applications", &wiki()).await;
    });
}

#[test]
fn what_may_not_be_registered_is_refused() {
    with_api(async |api| {
        api.made("/v1.0/applications", &wiki()).await;
        let before = api.deeds().await;
        let with = |name: &str, value: Value| {
            let mut body = json!({ "displayName": "Bad" });
            body[name] = value;
            body.to_string()
        };
        let web = |uri: &str| with("web", json!({ "redirectUris": [uri] }));
        for (body, named) in [
            ("{}".to_owned(), "displayName"),
            (web("javascript:alert(1)//"), "web.redirectUris"),
            (web("https://*.example.org/"), "web.redirectUris"),
            (web("https://a.example/#x"), "web.redirectUris"),
            (web("http://a.example/"), "web.redirectUris"),
            (web("http://127.0.0.1/"), "publicClient.redirectUris"),
            (with("publicClient", json!({ "redirectUris": ["https://a.example/"] })), "web.redirectUris"),
            (with("spa", json!({ "redirectUris": ["https://a.example/"] })), "web"),
            (with("web", json!({ "logoutUrl": "javascript:x//" })), "web.logoutUrl"),
            (with("identifierUris", json!(["api://wiki"])), "identifierUris"),
            (with("identifierUris", json!([DRS_RESOURCE])), "identifierUris"),
            (with("identifierUris", json!(["http://localhost:8480"])), "identifierUris"),
            (with("identifierUris", json!(["orders"])), "identifierUris"),
            (with("identifierUris", json!(["api://a", "api://a"])), "identifierUris"),
            (with("web", Value::Null), "web"),
            (with("web", json!([["https://a.example/"]])), "web"),
        ] {
            let message = api.refused(("POST", "/v1.0/applications", &body), 400, "Request_BadRequest").await;
            assert!(message.contains(named) || named == "web", "{body}: {message}");
        }
        let other = api.made("/v1.0/applications", &json!({ "displayName": "Other" })).await;
        let path = format!("/v1.0/applications/{}", other["id"].as_str().unwrap());
        api.refused(("PATCH", &path, r#"{"identifierUris":["api://wiki"]}"#), 400, "Request_BadRequest")
            .await;
        assert_eq!(api.get(&path).await["identifierUris"], json!([]));
        assert_eq!(api.deeds().await, before + 1);
    });
}

#[test]
fn a_secret_is_shown_once_and_makes_an_application_confidential() {
    with_api(async |api| {
        let made = api.made("/v1.0/applications", &wiki()).await;
        let id = made["id"].as_str().unwrap();
        let path = format!("/v1.0/applications/{id}");
        let add = async |body: &str| {
            let reply = api.text("POST", &format!("{path}/addPassword"), body).await;
            assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
            reply.json()
        };
        let first = add("{}").await;
        let secret = first["secretText"].as_str().unwrap().to_owned();
        assert_eq!(secret.len(), 43);
        let stored = api.world.app.store.app(id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(stored.secret_hash, Some(secret_hash(&secret)));
        let shown = api.get(&path).await;
        assert_eq!(shown["passband_isConfidential"], true);
        assert_eq!(shown["passwordCredentials"], json!([{ "keyId": first["keyId"] }]));
        assert!(!shown.to_string().contains(&secret));
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target.as_str()), ("Add client secret", id));
        assert!(!detail.contains(&secret), "{detail}");

        let second = add(r#"{"passwordCredential":{"displayName":"CI"}}"#).await;
        assert_ne!(second["secretText"], first["secretText"]);
        assert!(api.last_deed().await.2.contains("(CI), replaces the one before"));

        let remove = format!("{path}/removePassword");
        let body = |key: &Value| json!({ "keyId": key }).to_string();
        for bad in ["{}", &body(&first["keyId"]), &body(&json!("x"))] {
            api.refused(("POST", &remove, bad), 400, "Request_BadRequest").await;
        }
        api.done("POST", &remove, &body(&second["keyId"])).await;
        assert_eq!(api.get(&path).await["passband_isConfidential"], false);
        assert_eq!(api.last_deed().await.0, "Remove client secret");
        api.refused(("POST", &remove, &body(&second["keyId"])), 400, "Request_BadRequest").await;
        for path in ["/v1.0/applications/x/addPassword", "/v1.0/applications/x/removePassword"] {
            let body = if path.ends_with("addPassword") { "{}" } else { r#"{"keyId":"x"}"# };
            api.refused(("POST", path, body), 404, "Request_ResourceNotFound").await;
        }
    });
}

#[test]
fn built_in_applications_stay_as_they_are() {
    with_api(async |api| {
        for id in [BROKER_CLIENT, DRS_APP, CONSOLE_APP] {
            let path = format!("/v1.0/applications/{id}");
            let before = api.get(&path).await;
            assert_eq!(before["passband_isBuiltIn"], true);
            api.refused(("DELETE", &path, ""), 403, "Authorization_RequestDenied").await;
            let add = format!("{path}/addPassword");
            api.refused(("POST", &add, "{}"), 403, "Authorization_RequestDenied").await;
            for body in [
                r#"{"displayName":"Mine"}"#,
                r#"{"publicClient":{"redirectUris":["com.evil:/cb"]}}"#,
                r#"{"identifierUris":[]}"#,
            ] {
                api.refused(("PATCH", &path, body), 400, "Request_BadRequest").await;
            }
            assert_eq!(api.get(&path).await, before);
            api.done("PATCH", &path, r#"{"passband_enabled":false}"#).await;
            assert_eq!(api.get(&path).await["passband_enabled"], false);
        }
    });
}
