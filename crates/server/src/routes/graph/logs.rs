//! `/auditLogs`: who signed in and why not, and who changed what.

use super::auth::Administrator;
use super::error::GraphError;
use super::filter::{Filter, Literal, Operator};
use super::query::{Asked, Source, Wanted};
use super::resource::{self, AUDIT, SIGN_IN};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use passband_core::audit::SignInKind;
use passband_core::reason::Reason;
use passband_core::time::Seconds;
use passband_store::{Listed, SignInFilter, StoreError};
use serde_json::Value;
use std::sync::Arc;

/// `GET /auditLogs/signIns`.
pub async fn sign_ins(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let mut wanted = asked.collection(&SIGN_IN)?;
    let mut narrow = narrowed(&wanted.filter);
    // A person's lines are found under whatever name they had; the name itself need not match then.
    if let Some(id) = person(&app, &wanted.filter).await? {
        narrow.user = Some(id);
        wanted
            .filter
            .0
            .retain(|c| !(c.property.name == "userPrincipalName" && c.operator == Operator::Equal));
    }
    let listed = wanted.scan(&app, &Source::SignIns(narrow)).await?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// The person one `userPrincipalName eq` names, if they exist, and no other condition names a person.
async fn person(app: &App, filter: &Filter) -> Result<Option<passband_core::id::UserId>, StoreError> {
    let names = filter.0.iter().filter(|c| c.property.name == "userPrincipalName").count();
    if names != 1 || filter.equal_text("userId").is_some() {
        return Ok(None);
    }
    match filter.equal_text("userPrincipalName") {
        Some(upn) => Ok(app.store.user_by_upn(&upn.to_lowercase()).await?.map(|user| user.id)),
        None => Ok(None),
    }
}

/// What of a filter the store can do itself. It may only leave out lines the filter refuses: the filter is applied
/// to what is left.
fn narrowed(filter: &Filter) -> SignInFilter {
    let mut narrow = SignInFilter {
        user: filter.equal_text("userId").and_then(|id| id.parse().ok()),
        app: filter.equal_text("appId").and_then(|id| id.parse().ok()),
        device: filter.equal_text("deviceDetail/deviceId").and_then(|id| id.parse().ok()),
        session: filter.equal_text("sessionId").and_then(|id| id.parse().ok()),
        reason: filter.equal_text("passband_reason").and_then(Reason::from_code),
        kind: filter.equal_text("passband_kind").and_then(SignInKind::from_name),
        ..SignInFilter::default()
    };
    for condition in &filter.0 {
        match (condition.property.name, condition.operator, &condition.literal) {
            ("status/errorCode", Operator::Equal, Literal::Int(code)) => narrow.granted = Some(*code == 0),
            ("status/errorCode", Operator::NotEqual, Literal::Int(0)) => narrow.granted = Some(false),
            ("createdDateTime", Operator::GreaterOrEqual | Operator::Greater, Literal::Time(at)) => {
                narrow.from = narrow.from.max(Some(*at));
            }
            ("createdDateTime", Operator::LessOrEqual | Operator::Less, Literal::Time(at)) => {
                // The store's end is exclusive, and whole seconds are all there is.
                let end = *at + Seconds(1);
                narrow.to = Some(narrow.to.map_or(end, |to| to.min(end)));
            }
            _ => {}
        }
    }
    narrow
}

/// The number of a line of the audit log behind which a page begins.
pub const AFTER: &str = "passband_after";

/// `GET /auditLogs/directoryAudits`.
pub async fn directory_audits(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection_with(&AUDIT, &[AFTER])?;
    let listed = match wanted.option(AFTER) {
        Some(after) => chain(&app, &wanted, after).await?,
        None => wanted.scan(&app, &Source::Audits).await?,
    };
    Ok(Json(wanted.answer(&app, listed)))
}

/// Lines in the order of the chain, for who verifies it page after page.
async fn chain(app: &App, wanted: &Wanted<'_>, after: &str) -> Result<Listed<Value>, GraphError> {
    if !wanted.filter.0.is_empty() {
        return Err(GraphError::query("passband_after does not go with $filter."));
    }
    let number = |text: &str| text.parse::<u64>().ok();
    let after = number(after).ok_or_else(|| GraphError::query("passband_after must be a whole number."))?;
    let after = match wanted.page.after.as_deref() {
        Some(text) => number(text).ok_or(StoreError::Cursor)?,
        None => after,
    };
    let lines = app.store.audit_chain(after, wanted.page.top).await?;
    let is_full = lines.len() >= wanted.page.top as usize;
    let next = lines.last().filter(|_| is_full).map(|line| line.seq.to_string());
    Ok(Listed { items: lines.iter().map(resource::audit).collect(), next })
}
