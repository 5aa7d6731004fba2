//! Policies to start from. Each is report-only: it says in the log what it would do, and decides nothing until somebody
//! who has read that switches it on.

use serde_json::{Value, json};

/// The built-in strength "Phishing-resistant MFA".
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

/// A policy to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name in addresses.
    pub key: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// The policy, as Graph beta writes it.
    pub document: Value,
}

/// Each of them, the one to begin with first.
#[must_use]
pub fn templates() -> [Template; 5] {
    [
        Template {
            key: "phishing-resistant",
            purpose: "Everybody signs in with a passkey, or with something as hard to steal, for every application.",
            document: report_only("Require a phishing-resistant sign-in", &["All"], &strength()),
        },
        Template {
            key: "admin-portals",
            purpose: "Administration takes a passkey, and a sign-in of the last four hours.",
            document: with(
                report_only("Protect administration", &["MicrosoftAdminPortals"], &strength()),
                "sessionControls",
                json!({ "signInFrequency": {
                    "isEnabled": true, "type": "hours", "value": 4, "frequencyInterval": "timeBased",
                    "authenticationType": "primaryAndSecondaryAuthentication",
                } }),
            ),
        },
        Template {
            key: "compliant-device",
            purpose: "Applications open on devices that are reported compliant, and on no others.",
            document: report_only("Require a compliant device", &["All"], &controls(&["compliantDevice"])),
        },
        Template {
            key: "token-protection",
            purpose: "Programs get tokens only with a session that a registered device's key signs for; a copied one is \
                      worth nothing.",
            document: with(
                with_condition(
                    report_only("Require token protection", &["All"], &Value::Null),
                    "clientAppTypes",
                    json!(["mobileAppsAndDesktopClients"]),
                ),
                "sessionControls",
                json!({ "secureSignInSession": { "isEnabled": true } }),
            ),
        },
        Template {
            key: "block-device-code",
            purpose: "Nobody signs in by typing a code from another screen: people are talked into it.",
            document: with_condition(
                report_only("Block the device code flow", &["All"], &controls(&["block"])),
                "authenticationFlows",
                json!({ "transferMethods": "deviceCodeFlow" }),
            ),
        },
    ]
}

fn report_only(name: &str, applications: &[&str], grant: &Value) -> Value {
    json!({
        "displayName": name,
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "users": { "includeUsers": ["All"], "excludeGroups": [] },
            "applications": { "includeApplications": applications },
            "clientAppTypes": ["all"],
        },
        "grantControls": grant,
    })
}

fn controls(of: &[&str]) -> Value {
    json!({ "operator": "OR", "builtInControls": of })
}

fn strength() -> Value {
    json!({ "operator": "OR", "authenticationStrength": { "id": PHISHING_RESISTANT } })
}

fn with(mut document: Value, name: &str, value: Value) -> Value {
    document[name] = value;
    document
}

fn with_condition(mut document: Value, name: &str, value: Value) -> Value {
    document["conditions"][name] = value;
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccessPolicyId;
    use crate::policy::access::Policy;
    use crate::policy::access::model::State;
    use std::collections::BTreeSet;

    #[test]
    fn each_can_be_posted_as_it_is_and_decides_nothing() {
        let all = templates();
        for Template { key, document, .. } in &all {
            let policy = Policy::from_graph(document, AccessPolicyId::from_bytes([1; 16]));
            let policy = policy.unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_eq!(policy.state, State::ReportOnly, "{key}");
        }
        assert_eq!(all.iter().map(|it| it.key).collect::<BTreeSet<_>>().len(), all.len());
    }
}
