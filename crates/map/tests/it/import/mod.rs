//! Reading exports and lists of devices.

mod fleet;
mod generated;
mod shapes;
mod wrong;

use passband_core::id::{GroupId, UserId};
use passband_map::model::{Note, Person, Tenant};
use passband_map::tenant::parse;
use serde_json::{Value, json};

pub const ADA: &str = "00000000-0000-0000-0000-0000000000a1";
pub const BOB: &str = "00000000-0000-0000-0000-0000000000b2";
pub const SALES: &str = "00000000-0000-0000-0000-00000000a5a5";
pub const NORTH: &str = "00000000-0000-0000-0000-00000000b5b5";

/// The tenant of these files.
pub fn tenant(files: &[(&str, Value)]) -> Tenant {
    let texts: Vec<_> = files.iter().map(|(name, value)| (*name, value.to_string())).collect();
    parse(texts.iter().map(|(name, text)| (*name, text.as_bytes())))
}

/// A document with Graph's context.
pub fn graph(edition: &str, what: &str, mut document: Value) -> Value {
    document["@odata.context"] = format!("https://graph.microsoft.com/{edition}/$metadata#{what}").into();
    document
}

/// A collection.
pub fn collection(edition: &str, what: &str, items: Value) -> Value {
    graph(edition, what, json!({ "value": items }))
}

pub fn user(id: &str, name: &str) -> Value {
    json!({ "id": id, "userPrincipalName": name, "accountEnabled": true, "userType": "Member" })
}

pub fn people() -> (&'static str, Value) {
    (
        "users.json",
        collection("beta", "users", json!([user(ADA, "ada@x.example"), user(BOB, "bob@x.example")])),
    )
}

/// A policy for the people in a group.
pub fn policy(number: u8, name: &str, group: &str) -> Value {
    json!({
        "id": format!("00000000-0000-0000-0000-0000000000{number:02x}"), "displayName": name, "state": "enabled",
        "conditions": {
            "users": { "includeGroups": [group] }, "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] }, "sessionControls": null,
    })
}

pub fn access(edition: &str, policies: Value) -> (&'static str, Value) {
    ("policies.json", collection(edition, "identity/conditionalAccess/policies", policies))
}

pub fn person<'t>(tenant: &'t Tenant, id: &str) -> &'t Person {
    let id: UserId = id.parse().expect("an id");
    tenant.people.iter().find(|it| it.id == id).expect("somebody")
}

pub fn group(id: &str) -> GroupId {
    id.parse().expect("an id")
}

pub fn note<'t>(tenant: &'t Tenant, code: &str) -> Option<&'t Note> {
    tenant.notes.iter().find(|it| it.code == code)
}
