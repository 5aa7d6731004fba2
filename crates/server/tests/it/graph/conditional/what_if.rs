//! What the policies would say, and whom a change would have touched.

use super::{POLICIES, at, policy};
use crate::graph::{Api, with_api};
use passband_core::manage::app::CONSOLE_APP;
use passband_core::time::Seconds;
use serde_json::{Value, json};

const EVALUATE: &str = "/v1.0/identity/conditionalAccess/evaluate";

async fn evaluate(api: &Api, user: &str, conditions: &Value) -> Value {
    let body = json!({
        "signInIdentity": { "@odata.type": "#microsoft.graph.userSignIn", "userId": user },
        "signInContext": {
            "@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [CONSOLE_APP],
        },
        "signInConditions": conditions,
    });
    let reply = api.text("POST", EVALUATE, &body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

#[test]
fn what_is_not_told_is_not_taken_for_does_not_apply() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let mut windows = policy("Windows only", &["block"]);
        windows["conditions"]["platforms"] =
            json!({ "includePlatforms": ["all"], "excludePlatforms": ["windows"] });
        let windows = api.made(POLICIES, &windows).await;
        let mut quiet = policy("Managed", &["compliantDevice"]);
        quiet["state"] = "enabledForReportingButNotEnforced".into();
        api.made(POLICIES, &quiet).await;
        let mut off = policy("Off", &["block"]);
        off["state"] = "disabled".into();
        api.made(POLICIES, &off).await;
        let of = |answer: &Value, name: &str| {
            let found = answer["value"].as_array().unwrap().iter().find(|it| it["displayName"] == name);
            found.unwrap_or_else(|| panic!("{name} in {answer}")).clone()
        };
        let decided = |answer: &Value| {
            let it = &answer["passband_decision"];
            (it["outcome"].as_str().unwrap().to_owned(), it["bestOutcome"].as_str().unwrap().to_owned())
        };
        let two = |a: &str, b: &str| (a.to_owned(), b.to_owned());

        let answer = evaluate(api, &ada, &json!({})).await;
        let unsure = of(&answer, "Windows only");
        assert_eq!(
            (&unsure["policyApplies"], &unsure["analysisReasons"]),
            (&json!(true), &json!("notEnoughInformation"))
        );
        assert_eq!(
            (&unsure["passband_result"], &unsure["passband_bestResult"]),
            (&json!("failure"), &json!("notApplied"))
        );
        assert_eq!(unsure["passband_conditionsUnknown"], json!(["conditions.platforms"]));
        assert_eq!(decided(&answer), two("refused", "allowed"));
        assert_eq!(answer["passband_decision"]["isCertain"], false);
        let off = of(&answer, "Off");
        assert_eq!(
            (&off["policyApplies"], &off["analysisReasons"]),
            (&json!(false), &json!("policyNotEnabled"))
        );

        let answer = evaluate(api, &ada, &json!({ "devicePlatform": "windows" })).await;
        let spared = of(&answer, "Windows only");
        assert_eq!(
            (&spared["policyApplies"], &spared["analysisReasons"]),
            (&json!(false), &json!("devicePlatform"))
        );
        let quiet = of(&answer, "Managed");
        assert_eq!(quiet["passband_result"], "reportOnlyFailure");
        assert_eq!(decided(&answer), two("allowed", "allowed"), "report-only decides nothing");
        let answer = evaluate(api, &ada, &json!({ "devicePlatform": "linux" })).await;
        assert_eq!(decided(&answer), two("refused", "refused"));
        assert_eq!(answer["passband_decision"]["reason"], "access_blocked");
        let fine = json!({ "devicePlatform": "windows", "deviceInfo": { "isCompliant": true, "extensionAttribute1": "x" } });
        assert_eq!(of(&evaluate(api, &ada, &fine).await, "Managed")["passband_result"], "reportOnlySuccess");

        // Inputs of ours: a passkey, and what the session is bound to.
        api.done("DELETE", &at(POLICIES, &windows), "").await;
        let strength = json!({
            "displayName": "Hardware", "allowedCombinations": ["fido2"],
            "combinationConfigurations": [{ "passband_keyBinding": ["hardware"], "appliesToCombinations": ["fido2"],
                "@odata.type": "#microsoft.graph.fido2CombinationConfiguration" }],
        });
        let strengths = "/v1.0/policies/authenticationStrengthPolicies";
        let strength = api.made(strengths, &strength).await;
        let mut strong = policy("Strong", &[]);
        strong["grantControls"]["authenticationStrength"] = json!({ "id": strength["id"] });
        strong["sessionControls"] = json!({ "secureSignInSession": { "isEnabled": true } });
        api.made(POLICIES, &strong).await;
        let mut told = json!({ "passband_passkeyType": "deviceBound", "passband_isDeviceRegistered": false });
        assert_eq!(
            decided(&evaluate(api, &ada, &told).await),
            two("refused", "refused"),
            "no device, no binding"
        );
        told["passband_isDeviceRegistered"] = Value::Null;
        assert_eq!(decided(&evaluate(api, &ada, &told).await), two("refused", "allowed"));
        let hardware = json!({
            "passband_passkeyType": "deviceBound", "passband_aaGuid": "ee882879-721c-4913-9775-3dfcce97072a",
            "passband_evidence": "E3", "passband_attested": true, "passband_sessionBinding": "hardwareKey",
            "deviceInfo": { "isCompliant": false },
        });
        assert_eq!(decided(&evaluate(api, &ada, &hardware).await), two("allowed", "allowed"));
        let mut synced = hardware.clone();
        synced["passband_passkeyType"] = "synced".into();
        let answer = evaluate(api, &ada, &synced).await;
        assert_eq!(decided(&answer), two("signInRequired", "signInRequired"));
        let remedy = answer["passband_decision"]["whatWouldLetThemIn"][0].as_str().unwrap();
        assert!(remedy.contains("Hardware"), "{remedy}");
        let mut bare = hardware.clone();
        bare["passband_sessionBinding"] = "none".into();
        assert_eq!(decided(&evaluate(api, &ada, &bare).await), two("refused", "refused"));

        for (path, wrong) in [
            ("signInConditions.devicePlatform", json!({ "devicePlatform": "beos" })),
            ("signInConditions.ipAddress", json!({ "ipAddress": "here" })),
            ("signInConditions.signInRiskLevel", json!({ "signInRiskLevel": "high" })),
            ("signInConditions.deviceInfo.colour", json!({ "deviceInfo": { "colour": "blue" } })),
            ("signInConditions.passband_evidence", json!({ "passband_evidence": "E9" })),
        ] {
            let body = json!({
                "signInIdentity": { "userId": ada }, "signInContext": { "includeApplications": [CONSOLE_APP] },
                "signInConditions": wrong,
            });
            let reply = api.text("POST", EVALUATE, &body.to_string()).await;
            assert_eq!(
                reply.json()["error"]["innerError"]["passband_problems"][0]["path"],
                path,
                "{}",
                reply.body
            );
        }
    });
}

#[test]
fn a_change_is_tried_on_the_sign_ins_that_were() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        api.world.pass(Seconds::minutes(5));
        for person in [&root, &ada, &ada] {
            let mut browser = api.world.sign_in(person).await;
            // A page by itself is noted only where a policy stood in the way; a sign-in to an app always is.
            assert!(browser.get("/account").await.status.is_success());
        }
        let replay = format!("{POLICIES}/passband_replay");
        let tried = async |body: Value| {
            let reply = api.text("POST", &replay, &body.to_string()).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            reply.json()
        };
        let block = policy("No way", &["block"]);
        let all = tried(json!({ "days": 7, "policy": block })).await;
        assert!(all["isComplete"] == true && all["leavesNoAdministrator"] == true, "{all}");
        let asked = all["signIns"].as_u64().unwrap();
        assert!(asked > 0, "{all}");
        assert_eq!((&all["refusedCount"], &all["sameCount"]), (&json!(asked), &json!(0)));
        assert_eq!(all["refused"].as_array().unwrap().len() as u64, asked);
        let hit = &all["refused"][0];
        assert_eq!(
            (&hit["now"], &hit["then"], &hit["reason"]),
            (&json!("allowed"), &json!("refused"), &json!("access_blocked"))
        );
        assert!(hit["because"][0].as_str().unwrap().contains("No way"), "{hit}");
        assert_eq!(api.list(POLICIES).await.len(), 0, "nothing was changed");

        let mut spared = block.clone();
        spared["conditions"]["users"]["excludeUsers"] = json!([ada.user.id]);
        let some = tried(json!({ "days": 7, "policy": spared })).await;
        assert!(
            some["refused"].as_array().unwrap().iter().all(|it| it["userId"] == json!(root.user.id)),
            "{some}"
        );
        assert!(some["refusedCount"].as_u64().unwrap() < asked);
        let past =
            json!({ "since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z", "policy": block });
        assert_eq!(tried(past).await["signIns"], 0);

        // A policy that reports, tried as if it were enforced; and one that is taken away.
        let mut quiet = block.clone();
        quiet["state"] = "enabledForReportingButNotEnforced".into();
        let quiet = api.made(POLICIES, &quiet).await;
        let on = tried(json!({ "policy": { "id": quiet["id"], "state": "enabled" } })).await;
        assert_eq!(on["refusedCount"], all["refusedCount"]);
        api.done("PATCH", &at(POLICIES, &quiet), r#"{"state":"enabled","passband_force":true}"#).await;
        let off = tried(json!({ "remove": [quiet["id"]] })).await;
        assert_eq!(off["allowedCount"], all["refusedCount"]);
        for bad in
            [json!({}), json!({ "days": 0, "policy": block }), json!({ "policy": { "displayName": "x" } })]
        {
            assert_eq!(api.text("POST", &replay, &bad.to_string()).await.status, 400, "{bad}");
        }
    });
}
