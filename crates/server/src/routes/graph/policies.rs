//! `/policies/authenticationMethodsPolicy`: who may register and use what.

use super::auth::Administrator;
use super::body::Body;
use super::error::GraphError;
use super::members::Members;
use super::query::Asked;
use super::resource_policy::{self, METHOD_CONFIGURATION, METHODS_POLICY, WHAT_IF};
use crate::app::App;
use crate::policies::{By, change, what_if as look};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::authn::methods::MethodsPolicy;
use passband_core::authn::profile::document::PolicyError;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A change of ours that may lock every administrator out says so with this member.
const FORCE: &str = "passband_force";

/// A method this server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Passkeys,
    Passes,
}

impl Method {
    /// Graph writes the ids with and without a capital.
    fn named(id: &str) -> Result<Self, GraphError> {
        if id.eq_ignore_ascii_case("fido2") {
            Ok(Self::Passkeys)
        } else if id.eq_ignore_ascii_case("temporaryAccessPass") {
            Ok(Self::Passes)
        } else {
            Err(GraphError::not_found("authentication method here"))
        }
    }

    fn shown(self, policy: &MethodsPolicy) -> Value {
        match self {
            Self::Passkeys => resource_policy::passkeys(policy),
            Self::Passes => resource_policy::passes(policy),
        }
    }

    fn patched(
        self,
        policy: &MethodsPolicy,
        patch: &Map<String, Value>,
    ) -> Result<MethodsPolicy, PolicyError> {
        let mut after = policy.clone();
        match self {
            Self::Passkeys => after.passkeys = policy.passkeys.patched(patch)?,
            Self::Passes => after.passes = policy.passes.patched(patch)?,
        }
        Ok(after)
    }
}

/// `GET /policies/authenticationMethodsPolicy`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let policy = app.newest_methods_policy().await?.policy;
    asked.object(&app, &METHODS_POLICY, resource_policy::methods_policy(&policy)).map(Json)
}

/// `PATCH /policies/authenticationMethodsPolicy`: the campaign. Each method is changed at its own address.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(Members(body)): Body<Members>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let fixed = resource_policy::fixed();
    for (name, value) in &body {
        let known = name == "registrationEnforcement" || name.contains("@odata.");
        // What was read may be sent back.
        if !known && fixed.get(name) != Some(value) {
            let text =
                format!("{name} cannot be changed here; each method has its own address below this one.");
            return Err(GraphError::bad(text));
        }
    }
    let Some(enforcement) = body.get("registrationEnforcement") else { return Ok(StatusCode::NO_CONTENT) };
    let by = By { actor: admin.actor(), force: false, seen: None };
    change(&app, by, |before| {
        let mut after = before.clone();
        after.campaign = before.campaign.patched(enforcement)?;
        Ok(after)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/authenticationMethodConfigurations`.
pub async fn list_methods(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&METHOD_CONFIGURATION)?;
    let policy = app.newest_methods_policy().await?.policy;
    let shown = [Method::Passkeys, Method::Passes].map(|method| method.shown(&policy));
    let listed = wanted.slice(shown.to_vec())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET …/authenticationMethodConfigurations/{id}`.
pub async fn get_method(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let method = Method::named(&id)?;
    let policy = app.newest_methods_policy().await?.policy;
    asked.object(&app, &METHOD_CONFIGURATION, method.shown(&policy)).map(Json)
}

/// `PATCH …/authenticationMethodConfigurations/{id}`.
pub async fn update_method(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(Members(mut body)): Body<Members>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let method = Method::named(&id)?;
    let force = match (method, body.remove(FORCE)) {
        (_, None) => false,
        (Method::Passkeys, Some(Value::Bool(force))) => force,
        (Method::Passkeys, Some(_)) => return Err(GraphError::bad("passband_force must be true or false.")),
        (Method::Passes, Some(_)) => {
            return Err(GraphError::bad("passband_force is not a property of the pass policy."));
        }
    };
    let by = By { actor: admin.actor(), force, seen: None };
    change(&app, by, |before| method.patched(before, &body)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/authenticationMethodConfigurations/{id}/passband_whatIf`: whom a change would touch, without making it.
pub async fn what_if(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(Members(mut body)): Body<Members>,
) -> Result<Json<Value>, GraphError> {
    if Method::named(&id)? != Method::Passkeys {
        return Err(GraphError::not_found("action for this method"));
    }
    // The same body as the change itself, which may say so.
    body.remove(FORCE);
    let now = app.newest_methods_policy().await?.policy;
    let then = now.passkeys.patched(&body).map_err(|error| GraphError::bad(format!("{error}.")))?;
    let impact = look(&app, &now.passkeys, &then).await?;
    asked.object(&app, &WHAT_IF, resource_policy::impact(&impact)).map(Json)
}
