//! Conditional access in the admin API.

mod at_once;
mod guard;
mod what_if;

use super::{Api, with_api};
use passband_core::change::Change;
use passband_core::manage::access::NAME;
use serde_json::{Value, json};

pub const POLICIES: &str = "/v1.0/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/v1.0/identity/conditionalAccess/namedLocations";
const STRENGTHS: &str = "/v1.0/identity/conditionalAccess/authenticationStrength/policies";
const BAD: &str = "Request_BadRequest";
const MISSING: &str = "Request_ResourceNotFound";

/// A policy for everybody and everything that asks for this.
pub fn policy(name: &str, controls: &[&str]) -> Value {
    json!({
        "displayName": name, "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
        "grantControls": { "operator": "AND", "builtInControls": controls },
    })
}

/// The address of something that was made.
pub fn at(collection: &str, made: &Value) -> String {
    format!("{collection}/{}", made["id"].as_str().unwrap())
}

/// What is wrong with a document, place by place.
async fn problems(api: &Api, (method, path): (&str, &str), body: &Value) -> Vec<(String, String)> {
    let reply = api.text(method, path, &body.to_string()).await;
    assert_eq!(reply.status, 400, "{body} {}", reply.body);
    let problems = reply.json()["error"]["innerError"]["passband_problems"].clone();
    let problems = problems.as_array().unwrap_or_else(|| panic!("{}", reply.body)).clone();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    problems.iter().map(|it| (text(it, "path"), text(it, "message"))).collect()
}

#[test]
fn an_exported_policy_can_be_posted_back() {
    with_api(async |api| {
        let mut wanted = policy("Office", &["mfa"]);
        wanted["sessionControls"] = json!({
            "signInFrequency": { "isEnabled": true, "value": 4, "type": "hours",
                "frequencyInterval": "timeBased", "authenticationType": "primaryAndSecondaryAuthentication" },
            "secureSignInSession": { "isEnabled": true },
        });
        wanted["conditions"]["passband_sessionBinding"] = json!({ "exclude": ["hardwareKey"] });
        let beta = POLICIES.replace("v1.0", "beta");
        let made = api.made(&beta, &wanted).await;
        assert_eq!(made["createdDateTime"], api.world.now().rfc3339());
        assert_eq!(made["sessionControls"]["secureSignInSession"]["isEnabled"], true);
        assert_eq!(api.last_deed().await.0, "Add conditional access policy");
        // Graph v1.0 has no word for token protection.
        let old = api.get(&at(POLICIES, &made)).await;
        assert!(old["sessionControls"].get("secureSignInSession").is_none(), "{old}");
        assert_eq!(old["sessionControls"]["signInFrequency"]["value"], 4);

        // Everything that was read goes back, and makes another of the same meaning.
        let mut exported = api.get(&at(&beta, &made)).await;
        exported["displayName"] = "Office 2".into();
        exported["createdDateTime"] = "2020-01-01T00:00:00Z".into();
        let again = api.made(&beta, &exported).await;
        assert_ne!(again["id"], made["id"]);
        assert_eq!(
            again["createdDateTime"],
            api.world.now().rfc3339(),
            "the time is not the writer's to set"
        );
        for member in ["conditions", "grantControls", "sessionControls", "state"] {
            assert_eq!(again[member], made[member], "{member}");
        }
        let named = api.list(&format!("{POLICIES}?$filter=displayName%20eq%20'Office%202'")).await;
        assert_eq!(named.len(), 1);
        assert_eq!(api.list(&format!("{POLICIES}?$filter=state%20eq%20'disabled'")).await.len(), 0);

        // A change in one edition of Graph keeps what only the other has.
        api.done("PATCH", &at(POLICIES, &made), r#"{"state":"enabledForReportingButNotEnforced"}"#).await;
        let after = api.get(&at(&beta, &made)).await;
        assert_eq!(after["state"], "enabledForReportingButNotEnforced");
        assert_eq!(after["sessionControls"]["secureSignInSession"]["isEnabled"], true);
        let deed = api.last_deed().await;
        assert!(deed.2.contains(r#"state: "enabled" -> "enabledForReportingButNotEnforced""#), "{deed:?}");
        api.done("DELETE", &at(POLICIES, &made), "").await;
        api.refused(("GET", &at(POLICIES, &made), ""), 404, MISSING).await;
        api.refused(("DELETE", &at(POLICIES, &made), ""), 404, MISSING).await;
        api.refused(("GET", &format!("{POLICIES}/nonsense"), ""), 404, MISSING).await;
    });
}

#[test]
fn a_wrong_policy_is_refused_with_its_places() {
    with_api(async |api| {
        let mut wrong = policy("Office", &["mfa"]);
        wrong["conditions"]["signInRiskLevels"] = json!(["high"]);
        wrong["conditions"]["devices"] =
            json!({ "deviceFilter": { "mode": "include", "rule": "device.color -eq 1" } });
        wrong["state"] = "on".into();
        wrong["colour"] = "blue".into();
        let found = problems(api, ("POST", POLICIES), &wrong).await;
        let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
        for path in ["state", "conditions.signInRiskLevels", "conditions.devices.deviceFilter.rule", "colour"]
        {
            assert!(paths.contains(&path), "{path} is missing in {found:?}");
        }
        let state = found.iter().find(|(path, _)| path == "state").unwrap();
        assert!(state.1.contains("enabledForReportingButNotEnforced"), "what was expected: {state:?}");
        assert_eq!(api.list(POLICIES).await.len(), 0);

        // Who and what is not there is named with its place and id.
        let nobody = "00000000-0000-0000-0000-00000000abcd";
        for (path, what) in [
            ("conditions.users.includeUsers", "person"),
            ("conditions.users.excludeGroups", "group"),
            ("conditions.users.includeRoles", "role"),
            ("conditions.applications.includeApplications", "application"),
            ("conditions.locations.includeLocations", "named location"),
        ] {
            let mut lost = policy("Lost", &["mfa"]);
            let names: Vec<_> = path.split('.').collect();
            if names[2] == "includeRoles" {
                lost["conditions"]["users"]["includeUsers"] = json!(["None"]);
            }
            lost[names[0]][names[1]][names[2]] = json!([nobody]);
            let found = problems(api, ("POST", POLICIES), &lost).await;
            assert_eq!(found, [(path.to_owned(), format!("there is no {what} with the id {nobody}"))]);
        }
        let mut lost = policy("Lost", &[]);
        lost["grantControls"]["authenticationStrength"] = json!({ "id": nobody });
        let found = problems(api, ("POST", POLICIES), &lost).await;
        assert_eq!(found[0].0, "grantControls.authenticationStrength");
        assert_eq!(api.list(POLICIES).await.len(), 0);
        // A patch is held to the same.
        let made = api.made(POLICIES, &policy("Fine", &["mfa"])).await;
        let patch = json!({ "conditions": { "users": { "includeUsers": [nobody] } } });
        problems(api, ("PATCH", &at(POLICIES, &made)), &patch).await;
        problems(api, ("PATCH", &at(POLICIES, &made)), &json!({ "grantControls": null })).await;
    });
}

#[test]
fn what_policies_name_stays_while_they_do() {
    with_api(async |api| {
        let office = json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
            "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24" }],
        });
        let office = api.made(LOCATIONS, &office).await;
        let keys = json!({
            "displayName": "Hardware", "allowedCombinations": ["fido2"],
            "combinationConfigurations": [{
                "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
                "appliesToCombinations": ["fido2"], "passband_keyBinding": ["hardware"],
            }],
        });
        let keys = api.made(STRENGTHS, &keys).await;
        let other = STRENGTHS.replace(
            "identity/conditionalAccess/authenticationStrength/policies",
            "policies/authenticationStrengthPolicies",
        );
        assert_eq!(api.get(&at(&other, &keys)).await["displayName"], "Hardware");
        let mut wanted = policy("Elsewhere", &[]);
        wanted["conditions"]["locations"] =
            json!({ "includeLocations": ["All"], "excludeLocations": [office["id"]] });
        wanted["grantControls"] = json!({ "operator": "AND", "builtInControls": [], "authenticationStrength": { "id": keys["id"] } });
        let made = api.made(POLICIES, &wanted).await;
        for path in [at(LOCATIONS, &office), at(STRENGTHS, &keys)] {
            let message = api.refused(("DELETE", &path, ""), 409, "Request_Conflict").await;
            assert!(message.contains(made["id"].as_str().unwrap()), "{message}");
        }
        api.done("PATCH", &at(LOCATIONS, &office), r#"{"displayName":"Headquarters"}"#).await;
        assert_eq!(api.get(&at(LOCATIONS, &office)).await["displayName"], "Headquarters");
        api.done("DELETE", &at(POLICIES, &made), "").await;
        api.done("DELETE", &at(LOCATIONS, &office), "").await;
        api.done("DELETE", &at(STRENGTHS, &keys), "").await;

        // Three strengths are always there.
        let built_in = api.list(&format!("{STRENGTHS}?$filter=policyType%20eq%20'builtIn'")).await;
        assert_eq!(built_in.len(), 3);
        let denied = "Authorization_RequestDenied";
        for (method, body) in [("PATCH", r#"{"displayName":"x"}"#), ("DELETE", "")] {
            api.refused((method, &at(STRENGTHS, &built_in[2]), body), 403, denied).await;
        }
    });
}

#[test]
fn every_version_is_kept_with_its_author_and_what_changed() {
    with_api(async |api| {
        let made = api.made(POLICIES, &policy("Office", &["mfa"])).await;
        let path = at(POLICIES, &made);
        let first = api.get(&path).await;
        api.done("PATCH", &path, r#"{"state":"disabled"}"#).await;
        // Made up from the first version, of which there is a newer one.
        let mut late = first.clone();
        late["displayName"] = "Mine".into();
        let late = late.to_string();
        api.refused(("PATCH", &path, &late), 412, "Request_PreconditionFailed").await;
        let bearer = format!("Bearer {}", api.token);
        let with = |etag: &'static str| {
            [
                ("authorization", bearer.clone()),
                ("content-type", "application/json".to_owned()),
                ("if-match", etag.to_owned()),
            ]
        };
        for (etag, status, body) in [
            ("W/\"1\"", 412, r#"{"description":"Once"}"#),
            ("nonsense", 400, r#"{"description":"Once"}"#),
            ("W/\"2\"", 204, r#"{"description":"Twice"}"#),
            ("*", 204, r#"{"description":"Thrice"}"#),
        ] {
            let headers = with(etag);
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let reply = api.raw("PATCH", &path, &headers, body).await;
            assert_eq!(reply.status, status, "{etag} {}", reply.body);
        }
        let versions = api.list(&format!("{path}/passband_versions")).await;
        assert_eq!(
            versions.iter().map(|it| it["version"].as_u64().unwrap()).collect::<Vec<_>>(),
            [4, 3, 2, 1]
        );
        assert_eq!(versions[2]["summary"], json!([r#"state: "enabled" -> "disabled""#]));
        assert_eq!(
            versions[2]["differences"][0],
            json!({ "property": "state", "from": "enabled", "to": "disabled" })
        );
        assert!(versions[2]["author"].as_str().unwrap().starts_with("admin token "));
        let page = api.list(&format!("{path}/passband_versions?$top=2")).await;
        assert_eq!(
            page[1]["summary"],
            json!([r#"description: null -> "Twice""#]),
            "the one before is on the next page"
        );
        let one = api.get(&format!("{path}/passband_versions/1")).await;
        assert_eq!(one["document"]["state"], "enabled");

        let back = api.text("POST", &format!("{path}/passband_rollback"), r#"{"version":1}"#).await;
        assert_eq!((back.status.as_u16(), &back.json()["version"]), (200, &json!(5)));
        let now = api.get(&path).await;
        assert_eq!((&now["state"], &now["description"]), (&json!("enabled"), &Value::Null));
        assert_eq!(now["createdDateTime"], first["createdDateTime"]);
        for (body, status) in [(r#"{"version":99}"#, 404), (r#"{"version":0}"#, 400), ("{}", 400)] {
            let reply = api.text("POST", &format!("{path}/passband_rollback"), body).await;
            assert_eq!(reply.status, status, "{body} {}", reply.body);
        }

        // What was deleted comes back as it was.
        api.done("DELETE", &path, "").await;
        let gone = api.list("/v1.0/identity/conditionalAccess/deletedItems/policies").await;
        assert_eq!((gone.len(), &gone[0]["displayName"]), (1, &json!("Office")));
        let restore = format!(
            "/v1.0/identity/conditionalAccess/deletedItems/policies/{}/restore",
            made["id"].as_str().unwrap()
        );
        api.done("POST", &restore, "").await;
        assert_eq!(api.get(&path).await["grantControls"], first["grantControls"]);
        api.refused(("POST", &restore, ""), 404, MISSING).await;
        let last = api.list(&format!("{path}/passband_versions")).await;
        assert_eq!((last.len(), &last[1]["isDeleted"]), (7, &json!(true)));
    });
}

#[test]
fn there_is_an_end_to_policies_and_to_their_size() {
    with_api(async |api| {
        let mut large = policy("Large", &["mfa"]);
        let ids: Vec<_> = (0..900).map(|n| format!("00000000-0000-0000-0000-{n:012}")).collect();
        large["conditions"]["users"]["excludeUsers"] = json!(ids);
        let found = problems(api, ("POST", POLICIES), &large).await;
        assert!(found[0].1.contains("larger than 32768 bytes"), "{found:?}");
        let mut small = policy("Small", &["mfa"]);
        small["state"] = "disabled".into();
        let all: serde_json::Map<_, _> =
            (0..240).map(|n| (format!("00000000-0000-0000-0000-{n:012}"), small.clone())).collect();
        let document = json!({ "policies": all, "strengths": {}, "locations": {} }).to_string();
        let full = Change::SetPolicy { name: NAME, from: 0, document, at: api.world.now() };
        api.world.app.commit(vec![full]).await.unwrap();
        assert_eq!(api.list(&format!("{POLICIES}?$top=999")).await.len(), 240);
        let body = policy("One too many", &["mfa"]).to_string();
        api.refused(("POST", POLICIES, &body), 400, BAD).await;
    });
}
