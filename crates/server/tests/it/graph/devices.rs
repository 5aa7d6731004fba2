//! Devices.

use super::{encode, with_api};
use passband_core::id::DeviceId;
use passband_core::time::Seconds;
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
        for bad in [
            "{}",
            r#"{"accountEnabled":1}"#,
            r#"{"displayName":"x"}"#,
            r#"{"accountEnabled":null}"#,
            r#"{"isCompliant":"yes"}"#,
            r#"{"deviceOwnership":"mine"}"#,
            r#"{"extensionAttributes":{"model":"x"}}"#,
            r#"{"extensionAttributes":{"extensionAttribute16":"x"}}"#,
            r#"{"isCompliant":true,"passband_complianceExpirationDateTime":"tomorrow"}"#,
            r#"{"isCompliant":true,"passband_complianceExpirationDateTime":"2020-01-01T00:00:00Z"}"#,
            r#"{"isCompliant":true,"passband_complianceExpirationDateTime":"2099-01-01T00:00:00Z"}"#,
        ] {
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

#[test]
fn what_is_said_about_a_device_goes_stale() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let laptop = api.device(ada.parse().unwrap(), "Laptop").await;
        let path = format!("/v1.0/devices/{laptop}");
        let body = json!({
            "isCompliant": true,
            "isManaged": true,
            "deviceOwnership": "company",
            "manufacturer": "Framework",
            "mdmAppId": "0000000a-0000-0000-c000-000000000000",
            "operatingSystemVersion": "6.17",
            "extensionAttributes": { "extensionAttribute1": "blue" },
        });
        api.done("PATCH", &path, &body.to_string()).await;
        let (activity, _, detail) = api.last_deed().await;
        assert_eq!(activity, "Update device");
        for part in ["isCompliant true", "manufacturer Framework", "extensionAttribute1 blue"] {
            assert!(detail.contains(part), "{detail}");
        }
        let shown = api.get(&path).await;
        for name in ["isCompliant", "isManaged", "deviceOwnership", "manufacturer", "operatingSystemVersion"]
        {
            assert_eq!(shown[name], body[name], "{name}");
        }
        assert_eq!(shown["extensionAttributes"]["extensionAttribute1"], "blue");
        assert_eq!(shown["extensionAttributes"]["extensionAttribute2"], json!(null));
        let until = api.world.now() + Seconds::hours(24);
        assert_eq!(shown["passband_complianceExpirationDateTime"], until.rfc3339());

        let short = api.world.now() + Seconds::minutes(5);
        let body = json!({ "isCompliant": true, "passband_complianceExpirationDateTime": short.rfc3339() });
        api.done("PATCH", &path, &body.to_string()).await;
        let filter = format!("/v1.0/devices?$filter={}", encode("isCompliant eq true"));
        assert_eq!(api.list(&filter).await.len(), 1);
        api.world.pass(Seconds::minutes(5));
        let stale = api.get(&path).await;
        for name in ["isCompliant", "isManaged", "passband_complianceExpirationDateTime"] {
            assert_eq!(stale[name], json!(null), "{name}");
        }
        assert_eq!(stale["manufacturer"], "Framework");
        assert!(api.list(&filter).await.is_empty());

        api.done("PATCH", &path, r#"{"isCompliant":false}"#).await;
        assert_eq!(api.get(&path).await["isCompliant"], false);
        assert_eq!(api.get(&path).await["isManaged"], json!(null));
        api.done("PATCH", &path, r#"{"isCompliant":null,"manufacturer":null}"#).await;
        let none = api.get(&path).await;
        assert_eq!((&none["isCompliant"], &none["manufacturer"]), (&json!(null), &json!(null)));
    });
}
