//! Versions of the parts of conditional access, and going back to one.

use super::super::auth::Administrator;
use super::super::body::Body;
use super::super::error::GraphError;
use super::super::members::Members;
use super::super::query::Asked;
use super::super::resource::conditional::{self, DELETED, VERSION};
use super::edit::{id_of, take_force};
use super::part::{Part, Policies};
use crate::access::change::{By, Unchanged, change, date};
use crate::access::kept::Versioned;
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::directory::{AccessKind, AccessVersion};
use passband_core::manage::access::Edit;
use passband_core::policy::access::document::DocumentError;
use passband_store::Listed;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET …/{id}/passband_versions`, the newest first.
pub async fn list<P: Part>(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&VERSION)?;
    let id = id_of::<P>(&id)?;
    let listed = app.store.access_history(P::KIND, &id, &wanted.page).await?;
    let oldest = match listed.items.last() {
        None if wanted.page.after.is_none() => return Err(GraphError::not_found(P::WHAT)),
        Some(last) if last.number > 1 => {
            app.store.access_version(P::KIND, &id, Some(last.number - 1)).await?
        }
        _ => None,
    };
    let before = listed.items.iter().skip(1).chain(oldest.as_ref()).map(Some).chain([None]);
    let items = listed.items.iter().zip(before);
    let items = items.map(|(version, before)| conditional::version(version, before, false)).collect();
    Ok(Json(wanted.answer(&app, Listed { items, next: listed.next })))
}

/// `GET …/{id}/passband_versions/{number}`, with the document.
pub async fn get<P: Part>(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((id, number)): Path<(String, String)>,
) -> Result<Json<Value>, GraphError> {
    let id = id_of::<P>(&id)?;
    let number = number.parse::<u32>().ok().filter(|n| *n > 0).ok_or(Unchanged::NoVersion)?;
    let version = app.store.access_version(P::KIND, &id, Some(number)).await?;
    let version = version.ok_or(Unchanged::NoVersion)?;
    let before = match number {
        1 => None,
        _ => app.store.access_version(P::KIND, &id, Some(number - 1)).await?,
    };
    let shown = conditional::version(&version, before.as_ref(), true);
    asked.object(&app, &VERSION, shown).map(Json)
}

/// What a version says, read as it would be today: what this server enforces may have changed since.
///
/// # Errors
///
/// [`DocumentError`] if it could not be made any more.
pub fn as_today<P: Part>(app: &App, version: &AccessVersion) -> Result<Value, DocumentError> {
    let before: Value = serde_json::from_str(&version.document).unwrap_or_default();
    let mut document = P::read(&before, &version.id)?;
    date(&mut document, Some(&before), app.now());
    Ok(document)
}

/// Puts a version back into force, as a new version; the newest for `None`.
///
/// # Errors
///
/// [`Unchanged`]; then nothing was changed.
pub async fn go_back<P: Part>(
    app: &App,
    by: By<'_>,
    (id, number): (&str, Option<u32>),
) -> Result<u32, Unchanged> {
    let version = app.store.access_version(P::KIND, id, number).await?.ok_or(Unchanged::NoVersion)?;
    let document = as_today::<P>(app, &version)?;
    let edit =
        |_: &Versioned| Ok(Edit { kind: P::KIND, id: id.to_owned(), document: Some(document.clone()) });
    change::<Unchanged>(app, by, edit).await
}

/// `POST …/{id}/passband_rollback`: to a version of before, also of one that was deleted.
pub async fn rollback<P: Part>(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(Members(mut body)): Body<Members>,
) -> Result<Json<Value>, GraphError> {
    asked.no_options()?;
    let id = id_of::<P>(&id)?;
    let force = take_force(&mut body)?;
    let number = body.remove("version").and_then(|it| it.as_u64()).and_then(|n| u32::try_from(n).ok());
    let number = number.filter(|n| *n > 0 && body.is_empty());
    let number =
        number.ok_or_else(|| GraphError::bad("The body must have version, a number, and no more."))?;
    let by = By { actor: admin.actor(), force, seen: None };
    let version = go_back::<P>(&app, by, (&id, Some(number))).await?;
    Ok(Json(json!({ "id": id, "version": version })))
}

/// `GET …/deletedItems/policies`.
pub async fn deleted(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&DELETED)?;
    let listed = app.store.access_deleted(AccessKind::Policy, &wanted.page).await?;
    let items =
        listed.items.iter().map(conditional::deleted).filter(|it| wanted.filter.matches(it)).collect();
    Ok(Json(wanted.answer(&app, Listed { items, next: listed.next })))
}

/// `POST …/deletedItems/policies/{id}/restore`.
pub async fn restore(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    let force = asked.flag("passband_force")?;
    let id = id_of::<Policies>(&id)?;
    let newest = app.store.access_version(AccessKind::Policy, &id, None).await?;
    if !newest.is_some_and(|version| version.deleted) {
        return Err(GraphError::not_found("deleted policy"));
    }
    let by = By { actor: admin.actor(), force, seen: None };
    go_back::<Policies>(&app, by, (&id, None)).await?;
    Ok(StatusCode::NO_CONTENT)
}
