//! Devices.

use super::{encode, with_api};
use passband_core::id::DeviceId;
use serde_json::json;

#[test]
fn devices_are_seen_switched_and_deleted() {
    with_api(async |api| {
        let (ada, bob) = (api.person("Ada", false).await, api.person("Bob", false).await);
        let laptop = api.device(ada.parse().unwrap(), "Laptop").await;
        api.device(bob.parse().unwrap(), "Desk").await;
        let path = format!("/v1.0/devices/{laptop}");
        let shown = api.get(&path).await;
        for (name, value) in [
            ("deviceId", json!(laptop.to_string())),
            ("id", json!(laptop.to_string())),
            ("displayName", json!("Laptop")),
            ("accountEnabled", json!(true)),
            ("trustType", json!("Workplace")),
            ("isCompliant", json!(null)),
            ("passband_ownerId", json!(ada)),
            ("passband_evidence", json!("E0")),
            ("approximateLastSignInDateTime", json!(null)),
        ] {
            assert_eq!(shown[name], value, "{name}");
        }

        for filter in [
            format!("passband_ownerId eq '{ada}'"),
            format!("deviceId eq '{laptop}'"),
            format!("id eq {laptop}"),
            "displayName eq 'laptop'".to_owned(),
            format!("passband_ownerId eq {ada} and accountEnabled eq true"),
        ] {
            let found = api.list(&format!("/v1.0/devices?$filter={}", encode(&filter))).await;
            assert_eq!(found.len(), 1, "{filter}");
            assert_eq!(found[0]["displayName"], "Laptop", "{filter}");
        }
        for filter in ["passband_ownerId eq 'x'", "deviceId eq 'x'", "accountEnabled eq false"] {
            assert!(
                api.list(&format!("/v1.0/devices?$filter={}", encode(filter))).await.is_empty(),
                "{filter}"
            );
        }

        api.done("PATCH", &path, r#"{"accountEnabled":false}"#).await;
        assert_eq!(api.last_deed().await, ("Disable device".into(), laptop.to_string(), "Laptop".into()));
        assert_eq!(api.get(&path).await["accountEnabled"], false);
        api.done("PATCH", &path, r##"{"@odata.type":"#microsoft.graph.device","accountEnabled":true}"##)
            .await;
        assert_eq!(api.last_deed().await.0, "Enable device");
        for bad in ["{}", r#"{"accountEnabled":1}"#, r#"{"displayName":"x"}"#, r#"{"accountEnabled":null}"#] {
            api.refused(("PATCH", &path, bad), 400, "Request_BadRequest").await;
        }

        api.done("DELETE", &path, "").await;
        assert_eq!(api.last_deed().await.0, "Delete device");
        assert!(api.world.app.store.device(laptop).await.unwrap().is_none());
        let other = format!("/v1.0/devices/{}", DeviceId::from_bytes([1; 16]));
        for path in [path.as_str(), other.as_str(), "/v1.0/devices/x"] {
            api.refused(("GET", path, ""), 404, "Request_ResourceNotFound").await;
            api.refused(("DELETE", path, ""), 404, "Request_ResourceNotFound").await;
            let body = r#"{"accountEnabled":true}"#;
            api.refused(("PATCH", path, body), 404, "Request_ResourceNotFound").await;
        }
    });
}
