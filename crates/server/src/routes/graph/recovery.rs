//! `/users/{id}/authentication/passband_recoveryCodes`: how many a person has left, and taking them away.
//!
//! There is no way here to read or make codes for another: whoever could would have a quiet way into every account.
//! A Temporary Access Pass is the one for that, with an end and a line in the log.

use super::auth::{Administrator, Deed};
use super::error::GraphError;
use super::query::Asked;
use super::resource::recovery::{RECOVERY_CODES, codes};
use super::users::{find, find_to_act};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::authn::recovery::{left, take_away};
use serde_json::Value;
use std::sync::Arc;

/// `GET …/passband_recoveryCodes`: figures, never the codes, of which the server has only keyed hashes.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let user = find(&app, &name).await?;
    let have = app.store.recovery_codes_of(user.id).await?;
    asked.object(&app, &RECOVERY_CODES, codes(&have)).map(Json)
}

/// `DELETE …/passband_recoveryCodes`: for a sheet that was lost or stolen. The person may make new ones.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let (user, mut changes) = find_to_act(&app, &admin, &name).await?;
    let have = app.store.recovery_codes_of(user.id).await?;
    if have.is_empty() {
        return Err(GraphError::not_found("set of recovery codes"));
    }
    let deed = Deed::new("Delete recovery codes", user.id, format!("{}: {} left", user.upn, left(&have)));
    changes.push(take_away(user.id, app.now()));
    admin.commit(&app, changes, deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
