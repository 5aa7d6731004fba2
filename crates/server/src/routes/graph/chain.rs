//! `/passband_auditHead`, the ends of the audit log's chain, and `/passband_logs`, how long the logs are kept.

use super::auth::{Administrator, Deed};
use super::body::{Body, given};
use super::error::GraphError;
use super::query::Asked;
use super::resource::chain::{HEAD, LOGS, head, logs};
use crate::app::App;
use crate::sweep::retention;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use passband_core::manage::logs::Retention;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// `GET /passband_auditHead`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    asked.object(&app, &HEAD, head(app.store.audit_ends().await?)).map(Json)
}

/// `GET /passband_logs`.
pub async fn get_logs(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    asked.object(&app, &LOGS, logs(retention(&app).await?)).map(Json)
}

/// The body of `PATCH`: `null` keeps a log for ever.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogsBody {
    #[serde(default, deserialize_with = "given")]
    sign_in_retention_days: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    audit_retention_days: Option<Option<u32>>,
}

/// `PATCH /passband_logs`.
pub async fn update_logs(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<LogsBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let before = retention(&app).await?;
    let after = Retention {
        sign_ins: body.sign_in_retention_days.unwrap_or(before.sign_ins),
        audits: body.audit_retention_days.unwrap_or(before.audits),
    };
    let days = |days: Option<u32>| days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days"));
    let detail = format!("sign-ins {}, audit log {}", days(after.sign_ins), days(after.audits));
    admin.commit(&app, after.set()?, Deed::new("Update log retention", "logs", detail)).await?;
    Ok(StatusCode::NO_CONTENT)
}
