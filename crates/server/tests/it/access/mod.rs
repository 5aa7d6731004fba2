//! Conditional access over HTTP: on each path that gives something, each control, and what the log says of it.

mod controls;
mod countries;
mod log;
mod pages;
mod paths;

use crate::world::{Reply, World};
use passband_core::audit::SignIn;
use passband_core::directory::AccessKind;
use passband_core::manage::access::Edit;
use passband_core::reason::Reason;
use passband_server::access::change::{By, Unchanged, change};
use passband_store::{Page, SignInFilter};
use serde_json::{Value, json};

/// The id of the policy of a test, if it has one only.
pub const POLICY: &str = "00000000-0000-0000-0000-0000000000a1";

/// A policy for everybody and everything, with these members changed.
pub fn policy(name: &str, changes: &Value) -> Value {
    let mut document = json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
    });
    merge(&mut document, changes);
    document
}

fn merge(into: &mut Value, changes: &Value) {
    match (into.as_object_mut(), changes.as_object()) {
        (Some(members), Some(changes)) => {
            for (name, value) in changes {
                merge(members.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        _ => *into = changes.clone(),
    }
}

/// Grant controls that are all asked for.
pub fn grants(controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": "AND", "builtInControls": controls } })
}

/// Session controls.
pub fn session(controls: &Value) -> Value {
    json!({ "sessionControls": controls })
}

/// Puts a policy into force, or takes it out of force.
pub async fn put(world: &World, id: &str, document: Option<Value>) {
    put_part(world, AccessKind::Policy, id, document).await;
}

/// The same of any part.
pub async fn put_part(world: &World, kind: AccessKind, id: &str, document: Option<Value>) {
    let edit = |_: &_| -> Result<Edit, Unchanged> {
        Ok(Edit { kind, id: id.to_owned(), document: document.clone() })
    };
    // Tests lock out whom they like.
    change(&world.app, By { actor: "root@localhost", force: true, seen: None }, edit).await.unwrap();
}

/// The newest lines of the log with this reason.
pub async fn lines(world: &World, reason: Reason) -> Vec<SignIn> {
    let filter = SignInFilter { reason: Some(reason), ..SignInFilter::default() };
    world.app.store.sign_ins(&filter, &Page::first(99)).await.unwrap().items
}

/// Checks that a token endpoint refused, with this AADSTS number, and that the log says why.
pub async fn refused(world: &World, reply: &Reply, (error, number): (&str, u32), reason: Reason) {
    assert_eq!(reply.status, 400, "{}", reply.body);
    let body = reply.json();
    assert_eq!((&body["error"], &body["error_codes"]), (&json!(error), &json!([number])), "{body}");
    assert!(!reply.body.contains("No way"), "a policy's name is for the log: {body}");
    assert!(!lines(world, reason).await.is_empty(), "{reason} is in the log");
}
