//! `/users/{id}/authentication/windowsHelloForBusinessMethods`: Hello keys. Devices make them; here they are seen and taken
//! away.

use super::auth::{Administrator, Deed};
use super::error::GraphError;
use super::query::Asked;
use super::resource::hello::{HELLO_KEY, hello_key};
use super::users::{find, find_to_act};
use crate::app::App;
use crate::routes::hello::removal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::directory::User;
use passband_store::{CommitError, MAX_TOP, Page};
use serde_json::Value;
use std::sync::Arc;

async fn all(app: &App, user: &User) -> Result<Vec<Value>, GraphError> {
    let devices = app.store.devices(&Page::first(MAX_TOP), Some(user.id)).await?.items;
    let keys = app.store.hello_keys_of(user.id).await?;
    Ok(keys.iter().map(|key| hello_key(key, &devices)).collect())
}

fn missing() -> GraphError {
    GraphError::not_found("Hello key")
}

/// `GET …/windowsHelloForBusinessMethods`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&HELLO_KEY)?;
    let user = find(&app, &name).await?;
    let listed = wanted.slice(all(&app, &user).await?)?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET …/windowsHelloForBusinessMethods/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, GraphError> {
    let user = find(&app, &name).await?;
    let found = all(&app, &user).await?.into_iter().find(|key| key["id"] == id.as_str());
    asked.object(&app, &HELLO_KEY, found.ok_or_else(missing)?).map(Json)
}

/// `DELETE …/windowsHelloForBusinessMethods/{id}`. The sessions it began end with it.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let (user, guard) = find_to_act(&app, &admin, &name).await?;
    let (_, changes) = removal(&app, user.id, &id).await?.ok_or_else(missing)?;
    let deed = Deed::new("Delete Hello key", user.id, format!("{}: {id}", user.upn));
    match admin.commit(&app, [changes, guard].concat(), deed).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        // It went away meanwhile, or the account may do more by now.
        Err(CommitError::Conflict(_)) => Err(GraphError::busy()),
        Err(error) => Err(error.into()),
    }
}
