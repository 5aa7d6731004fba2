//! Policies of conditional access in a few words, for a list.

use crate::pages::AccessWords;
use serde_json::Value;

/// A policy in words.
pub fn words(document: &Value) -> AccessWords {
    let conditions = &document["conditions"];
    AccessWords {
        whom: both(&conditions["users"], PEOPLE, "Nobody"),
        what: both(&conditions["applications"], TARGETS, "Nothing"),
        when: when(conditions),
        asks: asks(document),
    }
}

/// Property without its first word, one of it, several of it.
type Words = &'static [(&'static str, &'static str, &'static str)];

const PEOPLE: Words = &[
    ("Users", "person", "people"),
    ("Groups", "group", "groups"),
    ("Roles", "role", "roles"),
    ("GuestsOrExternalUsers", "kind of guests", "kinds of guests"),
];
const TARGETS: Words =
    &[("Applications", "application", "applications"), ("UserActions", "action", "actions")];

/// What is included, and what is left out.
fn both(of: &Value, words: Words, nobody: &str) -> String {
    let (included, excluded) = (side(of, "include", words), side(of, "exclude", words));
    let included = if included.is_empty() { nobody.to_owned() } else { included };
    if excluded.is_empty() { included } else { format!("{included}; not {excluded}") }
}

fn side(of: &Value, which: &str, words: Words) -> String {
    let parts = words.iter().filter_map(|(name, one, many)| {
        let list = of[format!("{which}{name}")].as_array()?;
        let mut said: Vec<_> = list.iter().filter_map(|it| named(it.as_str()?)).map(str::to_owned).collect();
        match list.len() - said.len() {
            0 => {}
            1 => said.push(format!("1 {one}")),
            n => said.push(format!("{n} {many}")),
        }
        (!said.is_empty()).then(|| said.join(", "))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What is no id, in words.
fn named(text: &str) -> Option<&str> {
    Some(match text {
        "All" => "all",
        "None" => "none",
        "GuestsOrExternalUsers" => "guests",
        "MicrosoftAdminPortals" => "administration",
        "Office365" => "Office 365",
        "urn:user:registersecurityinfo" => "registering a passkey",
        "urn:user:registerdevice" => "registering a device",
        _ => return None,
    })
}

/// The further conditions that a policy has, by their names.
fn when(conditions: &Value) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("platforms", "some platforms"),
        ("devices", "a filter for devices"),
        ("locations", "some networks"),
        ("authenticationFlows", "some flows"),
        ("passband_sessionBinding", "what the session is bound to"),
    ];
    let there = NAMES.iter().filter(|(name, _)| conditions[*name].is_object()).map(|(_, words)| *words);
    let there: Vec<_> = there.collect();
    if there.is_empty() { String::new() } else { format!("Only for {}", there.join(", ")) }
}

fn asks(document: &Value) -> String {
    let grant = &document["grantControls"];
    let controls = grant["builtInControls"].as_array().into_iter().flatten();
    let mut asked: Vec<_> = controls
        .filter_map(|control| {
            Some(match control.as_str()? {
                "block" => "nothing: it blocks".to_owned(),
                "mfa" => "two factors".to_owned(),
                "compliantDevice" => "a compliant device".to_owned(),
                "domainJoinedDevice" => "a hybrid joined device".to_owned(),
                other => other.to_owned(),
            })
        })
        .collect();
    if let Some(strength) = grant.get("authenticationStrength").filter(|strength| strength.is_object()) {
        asked.push(format!(
            "the strength {}",
            strength["displayName"].as_str().unwrap_or("named in the document")
        ));
    }
    let joined = asked.join(if grant["operator"] == "OR" { " or " } else { " and " });
    let session = &document["sessionControls"];
    let is_on = |name: &str| session[name]["isEnabled"] == true;
    let mut all: Vec<String> = Some(joined).filter(|text| !text.is_empty()).into_iter().collect();
    if is_on("signInFrequency") {
        let it = &session["signInFrequency"];
        all.push(match it["value"].as_u64() {
            Some(value) => format!("a sign-in every {value} {}", it["type"].as_str().unwrap_or_default()),
            None => "a sign-in every time".to_owned(),
        });
    }
    if is_on("secureSignInSession") {
        all.push("a session bound to a device".to_owned());
    }
    if let Some(mode) = session["persistentBrowser"]["mode"].as_str() {
        all.push(format!("browsers that {mode} stay signed in"));
    }
    if let Some(mode) = session["continuousAccessEvaluation"]["mode"].as_str() {
        all.push(format!("continuous access evaluation: {mode}"));
    }
    all.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_told_in_words() {
        let users = json!({ "includeUsers": ["All"], "excludeGroups": ["a", "b"], "excludeUsers": ["c"] });
        assert_eq!(both(&users, PEOPLE, "Nobody"), "all; not 1 person, 2 groups");
        let apps = json!({ "includeApplications": ["MicrosoftAdminPortals", "a"], "includeUserActions": [] });
        assert_eq!(both(&apps, TARGETS, "Nothing"), "administration, 1 application");
        assert_eq!(both(&json!({}), TARGETS, "Nothing"), "Nothing");
        let document = json!({
            "grantControls": { "operator": "OR", "builtInControls": ["mfa", "compliantDevice"] },
            "sessionControls": {
                "signInFrequency": { "isEnabled": true, "value": 4, "type": "hours" },
                "secureSignInSession": { "isEnabled": true },
            },
        });
        let told = "two factors or a compliant device; a sign-in every 4 hours; a session bound to a device";
        assert_eq!(asks(&document), told);
        assert_eq!(when(&json!({ "platforms": {}, "devices": null })), "Only for some platforms");
    }
}
