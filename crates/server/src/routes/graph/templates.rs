//! `…/passband_passkeyProfileTemplates`: ready-made profiles, and taking one into the policy.

use super::auth::Administrator;
use super::error::GraphError;
use super::query::Asked;
use super::resource::{Kind, Resource, filter, plain};
use crate::app::App;
use crate::policies::{By, change};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::authn::profile::templates::{Template, templates};
use passband_core::authn::profile::{PasskeyPolicy, words};
use serde_json::{Value, json};
use std::sync::Arc;

/// A ready-made profile; a resource of ours.
pub static TEMPLATE: Resource = Resource {
    name: "passband_passkeyProfileTemplate",
    properties: &[
        filter("id", Kind::Text, "Its key in addresses and commands."),
        filter("displayName", Kind::Text, "The name the profile would have."),
        plain("description", Kind::Text, "What it is for."),
        plain("summary", Kind::Text, "What it asks for, in a line."),
        filter("isInPolicy", Kind::Bool, "Whether the policy has it already."),
        plain("profile", Kind::Object, "The profile, as passkeyProfiles would hold it."),
    ],
};

fn shown(template: &Template, policy: &PasskeyPolicy) -> Value {
    json!({
        "id": template.key,
        "displayName": template.profile.name,
        "description": template.purpose,
        "summary": words::summary(&template.profile),
        "isInPolicy": policy.profiles.iter().any(|profile| profile.id == template.profile.id),
        "profile": template.profile.to_graph(),
    })
}

/// `GET …/passband_passkeyProfileTemplates`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&TEMPLATE)?;
    let policy = app.newest_methods_policy().await?.policy;
    let listed = wanted.slice(templates().iter().map(|it| shown(it, &policy.passkeys)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `POST …/passband_passkeyProfileTemplates/{id}/passband_add`.
pub async fn add(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(key): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let found = templates().into_iter().find(|template| template.key == key);
    let template = found.ok_or_else(|| GraphError::not_found("template"))?;
    let by = By { actor: admin.actor(), force: false, seen: None };
    change(&app, by, |before| {
        let mut after = before.clone();
        after.passkeys = before.passkeys.with_template(&template)?;
        Ok(after)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
