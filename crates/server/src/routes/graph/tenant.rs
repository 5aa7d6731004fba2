//! `/organization` and `/passband_signingKeys`: the installation itself.

use super::auth::Administrator;
use super::error::GraphError;
use super::query::Asked;
use super::resource::{self, ORGANIZATION, SIGNING_KEY};
use crate::app::App;
use crate::boot::BootError;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use passband_core::directory::KeyPurpose;
use passband_store::CommitError;
use serde_json::Value;
use std::sync::Arc;

/// `GET /organization`: the one tenant.
pub async fn organization(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&ORGANIZATION)?;
    let listed = wanted.slice(vec![resource::organization(&app)])?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET /passband_signingKeys`.
pub async fn signing_keys(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&SIGNING_KEY)?;
    let keys = app.store.keys().await?;
    let tokens = keys.iter().filter(|key| key.purpose == KeyPurpose::Token);
    let listed = wanted.slice(tokens.map(resource::signing_key).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `POST /passband_signingKeys/rotate`: the pending key signs, the active one retires, a new one is pending.
pub async fn rotate(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    match app.rotate_token_keys(admin.actor()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(BootError::Commit(CommitError::Conflict(_))) => Err(GraphError::busy()),
        Err(BootError::Commit(error)) => Err(error.into()),
        Err(BootError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(%error, "signing keys could not be rotated");
            Err(GraphError::busy())
        }
    }
}
