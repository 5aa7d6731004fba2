//! Policies, strengths and locations as Graph writes them.

use super::*;
use crate::policy::access::facts::UserAction;
use crate::policy::access::location::{NamedLocation, Place};
use crate::policy::access::model::{Frequency, Policy, State, UnknownDevice};
use crate::policy::access::strength::{KeyBinding, Strength};
use passband_wire::id::{AccessPolicyId, LocationId, StrengthId};
use serde_json::{Value, json};

const ID: AccessPolicyId = AccessPolicyId::from_bytes([9; 16]);
const SOMEBODY: &str = "11111111-1111-4111-8111-111111111111";
const APP: &str = "22222222-2222-4222-8222-222222222222";
const PLACE: &str = "33333333-3333-4333-8333-333333333333";

fn read(document: &Value) -> Result<Policy, DocumentError> {
    Policy::from_graph(document, ID)
}

/// The least that is a policy.
fn least() -> Value {
    json!({
        "displayName": "P", "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
    })
}

/// A policy as v1.0 of Graph exports it, with everything that an export carries and that says nothing.
fn exported() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies/$entity",
        "id": "44444444-4444-4444-8444-444444444444",
        "templateId": null,
        "displayName": "CA012: admins",
        "createdDateTime": "2021-11-02T14:17:09.2005068Z",
        "modifiedDateTime": "2024-01-03T20:07:59.6931806Z",
        "state": "enabledForReportingButNotEnforced",
        "deletedDateTime": null,
        "partialEnablementStrategy": null,
        "sessionControls": {
            "disableResilienceDefaults": null, "applicationEnforcedRestrictions": null, "cloudAppSecurity": null,
            "persistentBrowser": null,
            "signInFrequency": {
                "value": 4, "type": "hours", "authenticationType": "primaryAndSecondaryAuthentication",
                "frequencyInterval": "timeBased", "isEnabled": true,
            },
        },
        "conditions": {
            "userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"],
            "servicePrincipalRiskLevels": [], "insiderRiskLevels": null, "times": null, "deviceStates": null,
            "clientApplications": null, "authenticationFlows": null,
            "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["iOS", "macOS"] },
            "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted", PLACE] },
            "applications": {
                "includeApplications": [APP, "MicrosoftAdminPortals"], "excludeApplications": [],
                "includeUserActions": [], "includeAuthenticationContextClassReferences": [], "applicationFilter": null,
            },
            "users": {
                "includeUsers": [], "excludeUsers": [SOMEBODY], "includeGroups": [SOMEBODY], "excludeGroups": [],
                "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"], "excludeRoles": [],
                "includeGuestsOrExternalUsers": null,
                "excludeGuestsOrExternalUsers": {
                    "guestOrExternalUserTypes": "b2bCollaborationGuest,serviceProvider",
                    "externalTenants": {
                        "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all",
                    },
                },
            },
            "devices": {
                "includeDevices": [], "excludeDevices": [], "includeDeviceStates": [], "excludeDeviceStates": [],
                "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" },
            },
        },
        "grantControls": {
            "operator": "AND", "builtInControls": ["compliantDevice"], "customAuthenticationFactors": [],
            "termsOfUse": [],
            "authenticationStrength@odata.context": "https://graph.microsoft.com/v1.0/$metadata#whatever",
            "authenticationStrength": {
                "id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA",
                "policyType": "builtIn", "requirementsSatisfied": "mfa",
                "allowedCombinations": ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
            },
        },
    })
}

/// Everything of ours, and what only beta has.
fn extended() -> Value {
    let mut document = least();
    document["grantControls"] = Value::Null;
    document["description"] = json!("For everybody");
    document["passband_unknownDevice"] = json!("failClosed");
    document["conditions"]["clientAppTypes"] = json!(["browser", "mobileAppsAndDesktopClients"]);
    document["conditions"]["authenticationFlows"] =
        json!({ "transferMethods": "deviceCodeFlow,authenticationTransfer" });
    document["conditions"]["passband_sessionBinding"] = json!({ "include": ["none", "softwareKey"], "exclude": ["hardwareKey"], "excludeMinimumEvidence": "E3" });
    document["sessionControls"] = json!({
        "disableResilienceDefaults": true,
        "signInFrequency": {
            "authenticationType": "secondaryAuthentication", "frequencyInterval": "everyTime", "isEnabled": true,
        },
        "persistentBrowser": { "mode": "never", "isEnabled": true },
        "secureSignInSession": { "isEnabled": true },
        "continuousAccessEvaluation": { "mode": "strictEnforcement" },
        "cloudAppSecurity": { "cloudAppSecurityType": "mcasConfigured", "isEnabled": false },
    });
    document
}

#[test]
fn what_is_exported_can_be_posted_back() {
    let policy = read(&exported()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((policy.id, policy.state), (ID, State::ReportOnly));
    assert_eq!(policy.session.frequency, Some(Frequency::Hours(4)));
    assert!(policy.grant.compliant_device && policy.grant.strength.is_some());
    assert_eq!(policy.conditions.exclude_people.guests.len(), 2);
    assert_eq!(policy.modified.unwrap().rfc3339(), "2024-01-03T20:07:59Z");
    for document in [least(), exported(), extended()] {
        let policy = read(&document).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read(&policy.to_graph(Version::Beta)).as_ref(), Ok(&policy));
    }
    let policy = read(&exported()).unwrap();
    assert_eq!(read(&policy.to_graph(Version::V1)).as_ref(), Ok(&policy), "nothing in it is beta's alone");
}

#[test]
fn v1_leaves_out_what_only_beta_has() {
    let policy = read(&extended()).unwrap_or_else(|error| panic!("{error}"));
    assert!(policy.session.token_protection && policy.session.no_resilience_defaults);
    assert_eq!(policy.session.frequency, Some(Frequency::EveryTime));
    assert_eq!(policy.unknown_device, UnknownDevice::FailClosed);
    let (v1, beta) = (policy.to_graph(Version::V1), policy.to_graph(Version::Beta));
    for control in ["secureSignInSession", "continuousAccessEvaluation"] {
        assert!(v1["sessionControls"].get(control).is_none(), "{control}");
        assert!(beta["sessionControls"][control].is_object(), "{control}");
    }
    assert_eq!(v1["sessionControls"]["persistentBrowser"], beta["sessionControls"]["persistentBrowser"]);
    assert_eq!(v1["conditions"], beta["conditions"]);
}

/// Puts a value at a path such as `conditions.users`.
fn with(path: &str, value: Value) -> Value {
    let mut document = least();
    let mut slot = &mut document;
    for name in path.split('.') {
        slot = &mut slot[name];
    }
    *slot = value;
    document
}

#[test]
fn what_cannot_be_enforced_is_refused_by_name() {
    for (path, value, at, says) in [
        ("conditions.signInRiskLevels", json!(["high"]), "", "risk"),
        ("conditions.userRiskLevels", json!(["low"]), "", "risk"),
        ("conditions.insiderRiskLevels", json!("minor"), "", "risk"),
        ("conditions.clientApplications", json!({ "includeServicePrincipals": ["All"] }), "", "workload"),
        ("conditions.applications.includeAuthenticationContextClassReferences", json!(["c1"]), "", "context"),
        (
            "conditions.applications.applicationFilter",
            json!({ "mode": "include", "rule": "x" }),
            "",
            "attributes",
        ),
        ("conditions.devices.includeDevices", json!(["All"]), "", "deviceFilter"),
        ("conditions.colour", json!("red"), "", "no property"),
        ("conditions.users.includeTeams", json!(["x"]), "", "no property"),
        ("grantControls.builtInControls", json!(["approvedApplication"]), "[0]", "proves"),
        ("grantControls.builtInControls", json!(["compliantApplication"]), "[0]", "proves"),
        ("grantControls.builtInControls", json!(["mfa", "passwordChange"]), "[1]", "password"),
        ("grantControls.builtInControls", json!(["riskRemediation"]), "[0]", "risk"),
        ("grantControls.builtInControls", json!(["unknownFutureValue"]), "[0]", "compliantDevice"),
        ("grantControls.termsOfUse", json!([SOMEBODY]), "", "terms"),
        ("grantControls.customAuthenticationFactors", json!(["x"]), "", "factors"),
        ("sessionControls.applicationEnforcedRestrictions", json!({ "isEnabled": true }), "", "applications"),
        ("sessionControls.cloudAppSecurity", json!({ "isEnabled": true }), "", "proxy"),
        (
            "sessionControls.cloudAppSecurity",
            json!({ "cloudAppSecurityType": "blockDownloads" }),
            "",
            "proxy",
        ),
        ("sessionControls.globalSecureAccessFilteringProfile", json!({ "profileId": APP }), "", "traffic"),
        (
            "sessionControls.continuousAccessEvaluation",
            json!({ "mode": "strictLocation" }),
            ".mode",
            "resources",
        ),
        ("sessionControls.disableResilienceDefaults", json!(false), "", "never granted"),
        ("partialEnablementStrategy", json!("x"), "", "all it includes"),
    ] {
        let error = read(&with(path, value)).expect_err(path);
        assert!(error.to_string().contains(says), "{path}: {error}");
        assert!(error.problems.iter().any(|it| it.path == format!("{path}{at}")), "{path}: {error}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_was_expected() {
    for (path, value, at, says) in [
        ("displayName", json!(""), "displayName", "1 to 256"),
        ("displayName", json!("a\u{202e}b"), "displayName", "printable"),
        ("displayName", Value::Null, "displayName", "must be there"),
        ("state", json!("on"), "state", "enabled, disabled, enabledForReportingButNotEnforced"),
        ("conditions", json!([]), "conditions", "an object"),
        ("conditions.users", json!({}), "conditions.users.includeUsers", "must be there"),
        ("conditions.users.includeUsers", json!(["all"]), "conditions.users.includeUsers[0]", "All, None"),
        ("conditions.users.includeUsers", json!(["All", SOMEBODY]), "conditions.users.includeUsers", "alone"),
        ("conditions.users.includeGroups", json!([SOMEBODY]), "conditions.users.includeUsers", "alone"),
        ("conditions.users.excludeUsers", json!(["All"]), "conditions.users.excludeUsers", "disabled"),
        ("conditions.users.excludeGroups", json!("x"), "conditions.users.excludeGroups", "a list"),
        ("conditions.users.excludeGroups", json!([7]), "conditions.users.excludeGroups[0]", "a GUID"),
        (
            "conditions.users.excludeGuestsOrExternalUsers",
            json!({ "guestOrExternalUserTypes": "stranger" }),
            "conditions.users.excludeGuestsOrExternalUsers.guestOrExternalUserTypes",
            "internalGuest",
        ),
        (
            "conditions.applications.includeApplications",
            json!(["All", APP]),
            "conditions.applications.includeApplications",
            "alone",
        ),
        (
            "conditions.applications",
            json!({}),
            "conditions.applications.includeApplications",
            "must be there",
        ),
        (
            "conditions.applications.includeUserActions",
            json!(["urn:user:registerdevice"]),
            "conditions.applications.includeUserActions",
            "or about user actions",
        ),
        ("conditions.clientAppTypes", json!(["all", "browser"]), "conditions.clientAppTypes", "alone"),
        ("conditions.clientAppTypes", json!(["easSupported"]), "conditions.clientAppTypes[0]", "browser"),
        (
            "conditions.platforms",
            json!({ "includePlatforms": ["beos"] }),
            "conditions.platforms.includePlatforms[0]",
            "macOS",
        ),
        (
            "conditions.platforms",
            json!({ "excludePlatforms": ["iOS"] }),
            "conditions.platforms.includePlatforms",
            "must be",
        ),
        (
            "conditions.locations",
            json!({ "excludeLocations": [PLACE] }),
            "conditions.locations.includeLocations",
            "must be",
        ),
        (
            "conditions.locations",
            json!({ "includeLocations": ["home"] }),
            "conditions.locations.includeLocations[0]",
            "AllTrusted",
        ),
        (
            "conditions.devices",
            json!({ "deviceFilter": { "mode": "include", "rule": "device.isCompliant -is True" } }),
            "conditions.devices.deviceFilter.rule",
            "at character 20: expected -eq or -ne",
        ),
        (
            "conditions.devices",
            json!({ "deviceFilter": { "rule": "x" } }),
            "conditions.devices.deviceFilter.mode",
            "must be",
        ),
        (
            "conditions.authenticationFlows",
            json!({ "transferMethods": "qr" }),
            "conditions.authenticationFlows.transferMethods",
            "none",
        ),
        (
            "conditions.passband_sessionBinding",
            json!({ "include": ["glue"] }),
            "conditions.passband_sessionBinding.include[0]",
            "hardwareKey",
        ),
        ("grantControls.operator", json!("XOR"), "grantControls.operator", "AND, OR"),
        (
            "grantControls",
            json!({ "builtInControls": ["mfa", "compliantDevice"] }),
            "grantControls.operator",
            "must be there",
        ),
        (
            "grantControls",
            json!({ "operator": "OR", "builtInControls": ["block", "mfa"] }),
            "grantControls.builtInControls",
            "block stands alone",
        ),
        (
            "grantControls.authenticationStrength",
            json!({ "id": "00000000-0000-0000-0000-000000000002" }),
            "grantControls.authenticationStrength",
            "same policy",
        ),
        ("grantControls", Value::Null, "grantControls", "do nothing"),
        (
            "sessionControls.signInFrequency",
            json!({ "isEnabled": true, "value": 0, "type": "days" }),
            "sessionControls.signInFrequency.value",
            "from 1 to 365",
        ),
        (
            "sessionControls.signInFrequency",
            json!({ "isEnabled": true, "frequencyInterval": "everyTime", "value": 1, "type": "hours" }),
            "sessionControls.signInFrequency.value",
            "everyTime",
        ),
        (
            "sessionControls.persistentBrowser",
            json!({ "isEnabled": true }),
            "sessionControls.persistentBrowser.mode",
            "must be",
        ),
        ("passband_unknownDevice", json!("open"), "passband_unknownDevice", "asDocumented, failClosed"),
    ] {
        let error = read(&with(path, value)).expect_err(path);
        assert!(error.to_string().contains(says), "{path}: {error}");
        assert!(error.problems.iter().any(|it| it.path == at), "{path}: {error}");
    }
    for nothing in [json!(null), json!([least()]), json!("policy")] {
        assert!(read(&nothing).unwrap_err().to_string().contains("document: must be an object"), "{nothing}");
    }
}

#[test]
fn parts_have_to_fit_each_other() {
    let mut blocked =
        with("sessionControls.signInFrequency", json!({ "isEnabled": true, "value": 1, "type": "days" }));
    blocked["grantControls"]["builtInControls"] = json!(["block"]);
    assert!(read(&blocked).unwrap_err().to_string().contains("no session to control"));
    let mut browser =
        with("sessionControls.persistentBrowser", json!({ "isEnabled": true, "mode": "always" }));
    assert!(read(&browser).is_ok());
    browser["conditions"]["applications"]["includeApplications"] = json!([APP]);
    assert!(read(&browser).unwrap_err().to_string().contains("must be All"));
    let action = json!({ "includeUserActions": [UserAction::RegisterDevice.name()] });
    let mut device = with("conditions.applications", action);
    assert!(read(&device).is_ok());
    device["grantControls"]["builtInControls"] = json!(["compliantDevice"]);
    assert!(read(&device).unwrap_err().to_string().contains("cannot be compliant"));
}

#[test]
fn every_problem_is_told_and_not_too_many() {
    let mut document = least();
    document["state"] = json!("on");
    document["conditions"]["signInRiskLevels"] = json!(["high"]);
    document["grantControls"]["termsOfUse"] = json!(["x"]);
    let paths: Vec<_> = read(&document).unwrap_err().problems.into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["state", "conditions.signInRiskLevels", "grantControls.termsOfUse"]);
    let many = with("conditions.users.excludeUsers", json!(vec!["x"; 100]));
    assert_eq!(read(&many).unwrap_err().problems.len(), 20);
    let large = with("conditions.users.excludeUsers", json!(vec![SOMEBODY; 1000]));
    assert_eq!(read(&large).unwrap_err().problems[0].flaw, Flaw::TooLarge(MAX_DOCUMENT));
}

#[test]
fn a_change_replaces_what_it_names() {
    let before = read(&extended()).unwrap();
    let change = |value: Value| before.patched(value.as_object().unwrap());
    assert_eq!(change(json!({})).as_ref(), Ok(&before));
    let after = change(json!({
        "state": "disabled", "sessionControls": { "secureSignInSession": null },
        "conditions": { "users": { "includeUsers": [SOMEBODY] } },
    }));
    let after = after.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(after.state, State::Disabled);
    assert!(!after.session.token_protection && after.session.frequency.is_some());
    assert!(!after.conditions.include_people.all && after.conditions.binding == before.conditions.binding);
    assert!(change(json!({ "grantControls": { "builtInControls": ["x"] } })).is_err());
    assert!(change(json!({ "displayname": "other case" })).is_err());
    let id = change(json!({ "id": SOMEBODY })).unwrap().id;
    assert_eq!(id, ID, "an id does not change");
}

#[test]
fn a_strength_asks_more_of_passkeys_than_graph_can() {
    let id = StrengthId::from_bytes([8; 16]);
    let document = json!({
        "displayName": "Hardware", "policyType": "custom", "requirementsSatisfied": "mfa",
        "allowedCombinations": ["fido2", "password,sms"],
        "combinationConfigurations": [{
            "@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": SOMEBODY,
            "appliesToCombinations": ["fido2"], "allowedAAGUIDs": [APP],
            "passband_keyBinding": ["hardware", "os"], "passband_minimumEvidence": "E3", "passband_attested": true,
        }],
    });
    let strength = Strength::from_graph(&document, id).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(strength.passkeys.bindings, [KeyBinding::Hardware, KeyBinding::Os]);
    assert!(strength.is_mfa() && strength.passkeys.attested);
    assert_eq!(Strength::from_graph(&strength.to_graph(), id).as_ref(), Ok(&strength));
    for built_in in Strength::built_in() {
        assert!(Strength::from_graph(&built_in.to_graph(), id).is_err(), "nobody makes a built-in one");
    }
    let refuse = |path: &str, value: Value, says: &str| {
        let mut bad = document.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let error = Strength::from_graph(&bad, id).expect_err(path).to_string();
        assert!(error.contains(says), "{path}: {error}");
    };
    refuse("/allowedCombinations", json!([]), "must be there");
    refuse("/allowedCombinations/0", json!("pigeon"), "method names");
    refuse("/allowedCombinations", json!(["password,sms"]), "has no fido2");
    refuse(
        "/combinationConfigurations/0/@odata.type",
        json!("#microsoft.graph.x509CertificateCombinationConfiguration"),
        "certificate",
    );
    refuse("/combinationConfigurations/0/appliesToCombinations", json!(["fido2", "sms"]), "fido2");
    refuse("/combinationConfigurations/0/passband_minimumEvidence", json!("E9"), "E0, E1, E2, E3");
    refuse(
        "/combinationConfigurations/0/passband_keyBinding/0",
        json!("paper"),
        "hardware, os, synced, unknown",
    );
    let twice = vec![document["combinationConfigurations"][0].clone(); 2];
    refuse("/combinationConfigurations", json!(twice), "one configuration");
}

#[test]
fn named_locations_go_both_ways() {
    let id = LocationId::from_bytes([7; 16]);
    let networks = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
        "ipRanges": [
            { "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.7/24" },
            { "@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8::/32" },
        ],
    });
    let countries = json!({
        "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Here",
        "countriesAndRegions": ["CH", "de"], "includeUnknownCountriesAndRegions": true,
        "countryLookupMethod": "clientIpAddress",
    });
    for document in [&networks, &countries] {
        let location = NamedLocation::from_graph(document, id).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(NamedLocation::from_graph(&location.to_graph(), id).as_ref(), Ok(&location));
    }
    let read = NamedLocation::from_graph(&networks, id).unwrap();
    let Place::Networks { ranges, trusted: true } = read.place else { panic!("networks") };
    assert_eq!(ranges[0].to_string(), "192.0.2.0/24");
    for (document, path, value, says) in [
        (&networks, "/ipRanges", json!([]), "1 to 2000"),
        (&networks, "/ipRanges/0/cidrAddress", json!("0.0.0.0/0"), "not every address"),
        (&networks, "/ipRanges/0/cidrAddress", json!("192.0.2.0"), "192.0.2.0/24"),
        (&networks, "/@odata.type", json!("#microsoft.graph.planet"), "ipNamedLocation"),
        (&countries, "/countriesAndRegions/0", json!("CHE"), "ISO 3166-1"),
        (&countries, "/countryLookupMethod", json!("authenticatorAppGps"), "not enforced"),
    ] {
        let mut bad = document.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let error = NamedLocation::from_graph(&bad, id).expect_err(path).to_string();
        assert!(error.contains(says), "{path}: {error}");
    }
}
