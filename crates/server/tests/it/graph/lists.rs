//! Pages, `$select` and `$filter` over every collection.

use super::{Api, encode, next, with_api};
use serde_json::Value;
use std::collections::BTreeSet;

/// The ids of every page, and how many pages there were.
async fn walk(api: &Api, path: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut at) = (Vec::new(), 0, Some(path.to_owned()));
    while let Some(path) = at {
        let page = api.get(&path).await;
        ids.extend(page["value"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()));
        pages += 1;
        assert!(pages < 100, "{path}");
        at = next(&page);
    }
    (ids, pages)
}

fn is_set(ids: &[String]) -> bool {
    ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
}

#[test]
fn every_row_is_on_one_page() {
    with_api(async |api| {
        let mut owner = None;
        for n in 0..7 {
            let name = format!("User{n}");
            owner = Some(api.person(&name, n == 0).await);
        }
        let owner: String = owner.unwrap();
        for n in 0..7 {
            api.device(owner.parse().unwrap(), &format!("Device{n}")).await;
            let body = serde_json::json!({ "displayName": format!("App{n}") });
            api.made("/v1.0/applications", &body).await;
        }
        for (path, count) in [
            ("/v1.0/users", 7),
            ("/v1.0/devices", 7),
            ("/v1.0/applications", 14),
            ("/v1.0/auditLogs/directoryAudits", 14),
        ] {
            let (all, one) = walk(api, path).await;
            assert_eq!((all.len(), one), (count, 1), "{path}");
            for top in [1, 3, 6] {
                let (ids, pages) = walk(api, &format!("{path}?$top={top}")).await;
                assert_eq!((&ids, pages), (&all, count.div_ceil(top)), "{path} {top}");
            }
            // The last full page has no next.
            let (ids, pages) = walk(api, &format!("{path}?$top={count}")).await;
            assert_eq!((ids.len(), pages), (count, 1), "{path}");
        }
        // A filter over pages finds what the filter over all finds, and carries itself along.
        for (path, filter, count) in [
            ("/v1.0/users", "startswith(displayName,'user') and passband_isAdministrator eq false", 6),
            ("/v1.0/users", "startswith(userPrincipalName,'USER3')", 1),
            ("/v1.0/users", "displayName ne 'User2'", 6),
            ("/v1.0/users", "userPrincipalName eq 'USER3@example.org'", 1),
            ("/v1.0/users", "userPrincipalName eq 'user3@example.org' and accountEnabled eq false", 0),
            ("/v1.0/devices", "displayName ne 'Device0'", 6),
            ("/v1.0/applications", "passband_isBuiltIn eq false and startswith(displayName,'App')", 7),
            ("/v1.0/auditLogs/directoryAudits", "activityDisplayName eq 'Add user'", 7),
        ] {
            for top in [1, 2, 999] {
                let query = format!("{path}?$top={top}&$filter={}", encode(filter));
                let (ids, _) = walk(api, &query).await;
                assert!(is_set(&ids) && ids.len() == count, "{query} {ids:?}");
            }
        }
        let id = format!("id eq '{owner}'");
        assert_eq!(walk(api, &format!("/v1.0/users?$filter={}", encode(&id))).await.0, [owner]);
    });
}

#[test]
fn links_stay_in_their_version_and_carry_the_query() {
    with_api(async |api| {
        api.person("Ada", true).await;
        api.person("Bob", false).await;
        let page = api.get("/beta/users?$top=1&$select=id,displayName").await;
        let link = next(&page).unwrap();
        assert!(link.starts_with("/beta/users?"), "{link}");
        let page = api.get(&link).await;
        assert_eq!(page["value"][0]["displayName"], "Bob");
        assert_eq!(page["value"][0].as_object().unwrap().len(), 2);
        assert!(page["@odata.context"].as_str().unwrap().ends_with("/beta/$metadata#users"), "{page}");
        assert_eq!(next(&page), None);
    });
}

#[test]
fn objects_have_the_properties_they_are_described_with() {
    with_api(async |api| {
        let (ada, _) = api.world.user("Ada").await;
        api.device(ada.user.id, "Laptop").await;
        let taps = format!("/v1.0/users/{}/authentication/temporaryAccessPassMethods", ada.user.id);
        let document = api.get("/v1.0/openapi.json").await;
        let keys = format!("/v1.0/users/{}/authentication/fido2Methods", ada.user.id);
        for (path, name) in [
            ("/v1.0/users", "user"),
            (taps.as_str(), "temporaryAccessPassAuthenticationMethod"),
            (keys.as_str(), "fido2AuthenticationMethod"),
            ("/v1.0/devices", "device"),
            ("/v1.0/applications", "application"),
            ("/v1.0/auditLogs/signIns", "signIn"),
            ("/v1.0/auditLogs/directoryAudits", "directoryAudit"),
            ("/v1.0/organization", "organization"),
            ("/v1.0/passband_signingKeys", "passband_signingKey"),
        ] {
            let object = api.list(path).await.remove(0);
            same_members(&object, &document["components"]["schemas"][name], name);
        }
    });
}

/// An object and its schema have the same members, down to the last.
fn same_members(object: &Value, schema: &Value, name: &str) {
    let (Value::Object(members), Some(described)) = (object, schema["properties"].as_object()) else {
        return;
    };
    let (has, says): (BTreeSet<_>, BTreeSet<_>) = (members.keys().collect(), described.keys().collect());
    assert_eq!(has, says, "{name}");
    for (key, value) in members {
        same_members(value, &described[key], key);
    }
}
