//! `/passband_signals/transmitters`: who may send us signals.

use super::auth::{Administrator, Deed};
use super::body::{Body, given};
use super::error::GraphError;
use super::query::Asked;
use super::resource::signals::{TRANSMITTER, transmitter as shown};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::change::Change;
use passband_core::manage::signals::{TransmitterWish, register};
use passband_core::signals::receive::Transmitter;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The body of `POST`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TransmitterBody {
    display_name: String,
    issuer: String,
    #[serde(default, deserialize_with = "given")]
    audience: Option<String>,
    jwks: Value,
    #[serde(default)]
    device_compliance: bool,
    #[serde(default)]
    session_revocation: bool,
    #[serde(default)]
    may_raise: bool,
}

async fn find(app: &App, id: &str) -> Result<Transmitter, GraphError> {
    let missing = || GraphError::not_found("transmitter of signals");
    app.store.transmitter(id.parse().map_err(|_| missing())?).await?.ok_or_else(missing)
}

/// `GET /passband_signals/transmitters`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&TRANSMITTER)?;
    let all = app.store.transmitters().await?;
    let listed = wanted.slice(all.iter().map(|it| shown(it, app.issuer())).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET /passband_signals/transmitters/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let it = find(&app, &id).await?;
    asked.object(&app, &TRANSMITTER, shown(&it, app.issuer())).map(Json)
}

/// `POST /passband_signals/transmitters`.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<TransmitterBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let wish = TransmitterWish {
        name: body.display_name,
        issuer: body.issuer,
        audience: body.audience.unwrap_or_else(|| app.issuer().to_owned()),
        keys: body.jwks.to_string(),
        compliance: body.device_compliance,
        sessions: body.session_revocation,
        may_raise: body.may_raise,
    };
    let it = register(wish, app.now(), app.rng())?;
    let says = [(it.compliance, "compliance"), (it.sessions, "sessions"), (it.may_raise, "may raise")];
    let says: Vec<_> = says.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    let detail = format!("{}: issuer {}, {}", it.name, it.issuer, says.join(", "));
    let deed = Deed::new("Add transmitter of signals", it.id, detail);
    admin.commit(&app, vec![Change::InsertTransmitter(Box::new(it.clone()))], deed).await?;
    let place = asked.link(&app, &format!("passband_signals/transmitters/{}", it.id));
    let object = asked.object(&app, &TRANSMITTER, shown(&it, app.issuer()))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `DELETE /passband_signals/transmitters/{id}`.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let it = find(&app, &id).await?;
    let deed = Deed::new("Delete transmitter of signals", it.id, it.name);
    admin.commit(&app, vec![Change::DeleteTransmitter(it.id)], deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
