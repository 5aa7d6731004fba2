//! `/passband_alarms`: what administrators have to be told until one of them says that they know.

use super::auth::{Administrator, Deed};
use super::body::Body;
use super::error::GraphError;
use super::query::Asked;
use super::resource::recovery::{ALARM, alarm, alarm_of_id};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::manage::alarm::acknowledge as decide;
use passband_store::CommitError;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// `GET /passband_alarms`: the latest hundred; acknowledging some brings the others up.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&ALARM)?;
    let alarms = app.store.alarms().await?;
    let listed = wanted.slice(alarms.iter().map(|(raised, about)| alarm(raised, about)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// The body of `POST …/acknowledge`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenBody {
    count: u32,
}

/// `POST /passband_alarms/{id}/acknowledge`, with the count that was seen: what was raised again since stays.
pub async fn acknowledge(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<SeenBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let missing = || GraphError::not_found("alarm");
    let (about, kind) = alarm_of_id(&id).ok_or_else(missing)?;
    // An admin token is nobody's account. Whoever makes one can read the data folder, and this database with it.
    let change = decide((about, kind), body.count, None).map_err(|_| missing())?;
    let deed = Deed::new("Acknowledge alarm", about, kind.name());
    match admin.commit(&app, vec![change], deed).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(CommitError::Conflict(_)) => {
            let alarms = app.store.alarms_of(about).await?;
            let raised = alarms.iter().find(|alarm| alarm.kind == kind).ok_or_else(missing)?;
            Err(GraphError::conflict(format!(
                "The alarm was raised {} times by now, not {}. Look at it again.",
                raised.count, body.count
            )))
        }
        Err(error) => Err(error.into()),
    }
}
