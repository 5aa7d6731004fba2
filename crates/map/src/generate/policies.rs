//! The methods policy, conditional access, strengths and locations.

use super::{APP, GROUP, LOCATION, Made, POLICY, PROFILE, Paged, STRENGTH, Size, SplitMix, id, url};
use serde_json::{Value, json};

const GRAPH: &str = "https://graph.microsoft.com";

/// A group that there is.
fn group(rng: &mut SplitMix, size: Size) -> String {
    id(GROUP, u32::try_from(rng.below(u64::from(size.groups.max(1)))).unwrap_or_default())
}

/// The methods policy.
pub(super) fn methods(rng: &mut SplitMix, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    let count = size.profiles.max(1);
    let profiles: Vec<Value> = (0..count)
        .map(|number| {
            let attested = number > 0 && rng.percent(40);
            json!({
                "id": id(PROFILE, number), "name": format!("Profile {number}"),
                "passkeyTypes": if attested { "deviceBound" } else { rng.one_of(&["deviceBound", "deviceBound,synced"]) },
                "attestationEnforcement": if attested { "registrationOnly" } else { "disabled" },
                "keyRestrictions": {
                    "isEnforced": rng.percent(30), "enforcementType": rng.one_of(&["allow", "block"]),
                    "aaGuids": ["cb69481e-8ff7-4039-93ec-0a2729a154a8"],
                },
            })
        })
        .collect();
    made.profiles = profiles.len();
    let mut targets = vec![json!({
        "id": "all_users", "targetType": "group", "isRegistrationRequired": false,
        "allowedPasskeyProfiles": [id(PROFILE, 0)],
    })];
    for number in 1..count {
        targets.push(json!({
            "id": group(rng, size), "targetType": "group", "allowedPasskeyProfiles": [id(PROFILE, number)],
        }));
    }
    let method = |name: &str, state: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{name}AuthenticationMethodConfiguration"), "id": name,
            "state": state, "includeTargets": [{ "id": "all_users", "targetType": "group" }], "excludeTargets": [],
        })
    };
    let policy = json!({
        "@odata.context": url("beta", "policies/authenticationMethodsPolicy/$entity"),
        "id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete",
        "authenticationMethodConfigurations": [
            {
                "@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration", "id": "Fido2",
                "state": "enabled", "isSelfServiceRegistrationAllowed": true, "isAttestationEnforced": false,
                "defaultPasskeyProfile": id(PROFILE, 0), "includeTargets": targets,
                "excludeTargets": [{ "id": group(rng, size), "targetType": "group" }], "passkeyProfiles": profiles,
            },
            method("MicrosoftAuthenticator", "enabled"),
            method("TemporaryAccessPass", "enabled"),
            method("Sms", "disabled"),
        ],
    });
    out("policies/authenticationMethodsPolicy.json", policy.to_string().as_bytes());
}

/// Conditional access: two thirds through beta, the rest through v1.0.
pub(super) fn access(rng: &mut SplitMix, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    let what = "identity/conditionalAccess/policies";
    for edition in ["beta", "v1.0"] {
        let name = format!("policies/conditionalAccess-{edition}");
        let mut pages = Paged::new(&name, &url(edition, what), &format!("{GRAPH}/{edition}/{what}"), out);
        for number in (0..size.policies).filter(|it| (it % 3 == 2) == (edition == "v1.0")) {
            made.policies += 1;
            made.without_token_protection += usize::from(edition == "v1.0");
            pages.push(policy(rng, size, number, edition));
        }
        pages.write(false);
    }
    let what = "identity/conditionalAccess/authenticationStrength/policies";
    let mut pages =
        Paged::new("policies/strengths", &url("beta", what), &format!("{GRAPH}/beta/{what}"), out);
    for number in 0..STRENGTHS {
        pages.push(json!({
            "id": id(STRENGTH, number), "displayName": format!("Strength {number}"), "description": "",
            "policyType": "custom", "requirementsSatisfied": "mfa", "allowedCombinations": ["fido2", "windowsHelloForBusiness"],
            "combinationConfigurations": [{
                "@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": id(STRENGTH, 100 + number),
                "appliesToCombinations": ["fido2"], "allowedAAGUIDs": ["cb69481e-8ff7-4039-93ec-0a2729a154a8"],
            }],
        }));
    }
    pages.write(false);
    let what = "identity/conditionalAccess/namedLocations";
    let mut pages =
        Paged::new("policies/namedLocations", &url("v1.0", what), &format!("{GRAPH}/v1.0/{what}"), out);
    for number in 0..LOCATIONS {
        pages.push(json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "id": id(LOCATION, number),
            "displayName": format!("Office {number}"), "isTrusted": true, "createdDateTime": null,
            "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": format!("198.51.{number}.0/24") }],
        }));
    }
    pages.write(false);
}

const STRENGTHS: u32 = 4;
const LOCATIONS: u32 = 8;

fn policy(rng: &mut SplitMix, size: Size, number: u32, edition: &str) -> Value {
    let pick = |rng: &mut SplitMix, end: u32| u32::try_from(rng.below(u64::from(end))).unwrap_or_default();
    let everyone = rng.percent(40);
    let apps = match rng.below(4) {
        0 => json!(["All"]),
        1 => json!(["Office365"]),
        _ => json!([id(APP, pick(rng, 8))]),
    };
    let grant = match rng.below(5) {
        0 => json!({ "operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"] }),
        1 => {
            json!({ "operator": "OR", "builtInControls": [], "authenticationStrength": { "id": id(STRENGTH, pick(rng, STRENGTHS)) } })
        }
        2 => json!({ "operator": "AND", "builtInControls": ["mfa", "compliantDevice"] }),
        _ => json!({ "operator": "OR", "builtInControls": ["mfa"] }),
    };
    let mut session =
        json!({ "signInFrequency": null, "persistentBrowser": null, "disableResilienceDefaults": null });
    if edition == "beta" {
        session["secureSignInSession"] =
            if rng.percent(20) { json!({ "isEnabled": true }) } else { Value::Null };
    }
    let locations = match rng.percent(30) {
        true => {
            json!({ "includeLocations": ["All"], "excludeLocations": [id(LOCATION, pick(rng, LOCATIONS))] })
        }
        false => Value::Null,
    };
    json!({
        "id": id(POLICY, number), "displayName": format!("Policy {number}"),
        "createdDateTime": "2025-05-06T07:08:09Z", "modifiedDateTime": null, "templateId": null,
        "state": rng.one_of(&["enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"]),
        "conditions": {
            "users": {
                "includeUsers": if everyone { json!(["All"]) } else { json!([]) },
                "includeGroups": if everyone { json!([]) } else { json!([group(rng, size)]) },
                "excludeGroups": [group(rng, size)], "excludeUsers": [],
                // Everybody and a role would be a contradiction.
                "includeRoles": if rng.percent(20) && !everyone { json!(["62e90394-69f5-4237-9190-012177145e10"]) } else { json!([]) },
            },
            "applications": { "includeApplications": apps, "excludeApplications": [], "includeUserActions": [] },
            "clientAppTypes": ["all"], "locations": locations, "platforms": null, "signInRiskLevels": [],
        },
        "grantControls": grant, "sessionControls": session,
    })
}
