//! The installation itself, and the document that describes it.

use super::with_api;
use passband_server::routes::graph::table::OPERATIONS;
use serde_json::Value;

#[test]
fn keys_take_turns() {
    with_api(async |api| {
        let states = async || -> Vec<(String, String)> {
            let keys = api.list("/v1.0/passband_signingKeys?$top=100").await;
            keys.iter()
                .map(|k| (k["state"].as_str().unwrap().to_owned(), k["id"].as_str().unwrap().to_owned()))
                .collect()
        };
        let id_in = |keys: &[(String, String)], state: &str| {
            keys.iter().find(|(s, _)| s == state).map(|(_, id)| id.clone()).unwrap()
        };
        let before = states().await;
        assert_eq!(before.len(), 2);
        api.done("POST", "/v1.0/passband_signingKeys/rotate", "").await;
        let after = states().await;
        assert_eq!(after.len(), 3);
        assert_eq!(id_in(&after, "active"), id_in(&before, "pending"));
        assert_eq!(id_in(&after, "retired"), id_in(&before, "active"));
        let (activity, target, _) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Rotate signing keys", id_in(&after, "pending")));
        // The server signs with the new one at once, and publishes all three.
        let jwks = api.world.browser().get("/jwks").await.json();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 3);
        assert!(!api.get("/v1.0/passband_signingKeys").await.to_string().contains("sealed"));
    });
}

#[test]
fn the_tenant_is_there() {
    with_api(async |api| {
        let tenants = api.list("/v1.0/organization").await;
        assert_eq!(tenants.len(), 1);
        assert_eq!(tenants[0]["id"], api.world.app.tenant.to_string());
        assert_eq!(tenants[0]["verifiedDomains"][0]["name"], "localhost");
    });
}

#[test]
fn the_document_and_the_routes_agree() {
    with_api(async |api| {
        let document = api.get("/v1.0/openapi.json").await;
        assert_eq!(document, api.get("/beta/openapi.json").await);
        let methods = ["get", "post", "put", "patch", "delete"];
        let Value::Object(paths) = &document["paths"] else { panic!("{document}") };
        for (path, item) in paths {
            let at = format!("/v1.0{}", path.replace("{id}", "x").replace("{methodId}", "x"));
            for method in methods {
                let reply = api.text(&method.to_uppercase(), &at, "not json").await;
                // 405 exactly where the document has no such operation.
                let described = item.get(method).is_some();
                assert_eq!(reply.status.as_u16() != 405, described, "{method} {path} {}", reply.status);
            }
        }
        assert_eq!(
            paths.values().map(|item| item.as_object().unwrap().len()).sum::<usize>(),
            OPERATIONS.len()
        );
    });
}
