//! Recovery codes and alarms: what an administrator sees of them, and how far their power goes.

use super::with_api;
use crate::recovery::{break_glass, make_codes, recover};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[test]
fn an_administrator_counts_codes_and_takes_them_away_and_never_sees_one() {
    with_api(async |api| {
        let (ada, mut browser) = api.world.user("Ada").await;
        let path = format!("/v1.0/users/{}/authentication/passband_recoveryCodes", ada.user.id);
        let none = api.get(&path).await;
        assert_eq!((&none["remainingCount"], &none["createdDateTime"]), (&json!(0), &Value::Null));
        api.refused(("DELETE", &path, ""), 404, "Request_ResourceNotFound").await;
        let codes = make_codes(&mut browser).await;
        recover(&mut api.world.browser(), "ada@localhost", &codes[0]).await;
        let figures = api.get(&path).await;
        let members: Vec<_> = figures.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["@odata.context", "createdDateTime", "remainingCount", "usedCount"]);
        assert_eq!((&figures["remainingCount"], &figures["usedCount"]), (&json!(9), &json!(1)));
        assert_eq!(figures["createdDateTime"], api.world.now().rfc3339());
        // Nobody makes codes for another.
        for method in ["POST", "PUT", "PATCH"] {
            api.refused((method, &path, "{}"), 405, "Request_MethodNotAllowed").await;
        }
        assert_eq!(api.get(&path).await["remainingCount"], 9);

        api.refused(("DELETE", &format!("{path}?x=1"), ""), 400, "Request_UnsupportedQuery").await;
        api.done("DELETE", &path, "").await;
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Delete recovery codes", ada.user.id.to_string()));
        assert_eq!(detail, "ada@localhost: 9 left");
        let entered = recover(&mut api.world.browser(), "ada@localhost", &codes[1]).await;
        assert_ne!(entered.status, StatusCode::SEE_OTHER);
        assert_eq!(api.get(&path).await["usedCount"], 0);
        let nobody = "/v1.0/users/nobody@localhost/authentication/passband_recoveryCodes";
        for method in ["GET", "DELETE"] {
            api.refused((method, nobody, ""), 404, "Request_ResourceNotFound").await;
        }
        // Ada makes new ones: the figures are of these.
        make_codes(&mut browser).await;
        assert_eq!(api.get(&path).await["remainingCount"], 10);
    });
}

#[test]
fn an_alarm_goes_when_the_count_that_was_seen_is_all_there_was() {
    with_api(async |api| {
        let (ada, mut browser) = api.world.user("Ada").await;
        let emergency = break_glass(&api.world).await;
        assert!(api.list("/v1.0/passband_alarms").await.is_empty());
        api.world.sign_in(&emergency).await;
        // What is for its owner is not for administrators, neither to see nor to hush up.
        let codes = make_codes(&mut browser).await;
        recover(&mut api.world.browser(), "ada@localhost", &codes[0]).await;
        let listed = api.list("/v1.0/passband_alarms").await;
        assert_eq!(listed.len(), 1);
        let id = format!("{}_breakGlassUsed", emergency.user.id);
        for (name, value) in [
            ("id", json!(id)),
            ("kind", json!("breakGlassUsed")),
            ("userId", json!(emergency.user.id.to_string())),
            ("userPrincipalName", json!("emergency@localhost")),
            ("count", json!(1)),
            ("firstDateTime", json!(api.world.now().rfc3339())),
            ("detail", json!("passkey (granted) from 127.0.0.1")),
        ] {
            assert_eq!(listed[0][name], value, "{name}");
        }
        let filtered = "/v1.0/passband_alarms?$filter=kind%20eq%20'breakGlassRefused'";
        assert!(api.list(filtered).await.is_empty());

        let at = |id: &str| format!("/v1.0/passband_alarms/{id}/acknowledge");
        api.world.sign_in(&emergency).await;
        let before = api.deeds().await;
        let early = api.refused(("POST", &at(&id), r#"{"count":1}"#), 409, "Request_Conflict").await;
        assert!(early.contains("2 times by now, not 1"), "{early}");
        for body in ["{}", r#"{"count":-1}"#, r#"{"count":"2"}"#, r#"{"count":2,"force":true}"#] {
            api.refused(("POST", &at(&id), body), 400, "Request_BadRequest").await;
        }
        let owners = format!("{}_recoveryCodeUsed", ada.user.id);
        let quiet = format!("{}_breakGlassUsed", ada.user.id);
        for id in [owners.as_str(), &quiet, "x", "x_breakGlassUsed", &emergency.user.id.to_string()] {
            api.refused(("POST", &at(id), r#"{"count":1}"#), 404, "Request_ResourceNotFound").await;
        }
        assert_eq!((api.deeds().await, api.list("/v1.0/passband_alarms").await.len()), (before, 1));
        api.done("POST", &at(&id), r#"{"count":2}"#).await;
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Acknowledge alarm", emergency.user.id.to_string()));
        assert_eq!(detail, "breakGlassUsed");
        assert!(api.list("/v1.0/passband_alarms").await.is_empty());
        api.refused(("POST", &at(&id), r#"{"count":2}"#), 404, "Request_ResourceNotFound").await;
        // Ada's is still hers.
        assert_eq!(api.world.app.store.alarms_of(ada.user.id).await.unwrap().len(), 1);
    });
}
