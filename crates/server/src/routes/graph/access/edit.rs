//! List, read, create, change and delete parts of conditional access.

use super::super::auth::Administrator;
use super::super::body::Body;
use super::super::error::GraphError;
use super::super::members::Members;
use super::super::query::Asked;
use super::part::{Part, is_not_built_in};
use crate::access::change::{By, ETAG, Unchanged, change, date, etag, version_of};
use crate::access::kept::Versioned;
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::manage::access::{AccessError, Edit};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A change that may lock every Global Administrator out says so with this member.
const FORCE: &str = "passband_force";

/// Takes [`FORCE`] out of a body.
///
/// # Errors
///
/// [`GraphError`] if it is neither `true` nor `false`.
pub fn take_force(body: &mut Map<String, Value>) -> Result<bool, GraphError> {
    match body.remove(FORCE) {
        None => Ok(false),
        Some(Value::Bool(force)) => Ok(force),
        Some(_) => Err(GraphError::bad("passband_force must be true or false.")),
    }
}

/// The version a change was made up from: by the header, or by the annotation of a document that is sent back.
fn seen(headers: &HeaderMap, body: Option<&Value>) -> Result<Option<u32>, GraphError> {
    let header = headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default());
    let named = header.filter(|text| *text != "*").or_else(|| body.and_then(Value::as_str));
    match named.map(version_of) {
        None => Ok(None),
        Some(Some(number)) => Ok(Some(number)),
        Some(None) => Err(GraphError::bad("If-Match and @odata.etag must be as this server wrote them.")),
    }
}

/// The id of an address, as it is stored.
///
/// # Errors
///
/// [`GraphError`] if it is none.
pub fn id_of<P: Part>(text: &str) -> Result<String, GraphError> {
    P::id(text).ok_or_else(|| GraphError::not_found(P::WHAT))
}

/// `GET` of the collection.
pub async fn list<P: Part>(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(P::RESOURCE)?;
    let now = app.newest_access().await?;
    let own = now.documents.of(P::KIND).values().map(|it| P::shown(it, asked.is_beta()));
    let listed = wanted.slice(P::built_in().into_iter().chain(own).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET` of one.
pub async fn get<P: Part>(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, GraphError> {
    let id = id_of::<P>(&id)?;
    let now = app.newest_access().await?;
    let built_in = P::built_in().into_iter().find(|it| it["id"] == id.as_str());
    let own = now.documents.of(P::KIND).get(&id).map(|it| P::shown(it, asked.is_beta()));
    let document = built_in.or(own).ok_or_else(|| GraphError::not_found(P::WHAT))?;
    let etag = document[ETAG].as_str().map(str::to_owned);
    let mut response = Json(asked.object(&app, P::RESOURCE, document)?).into_response();
    if let Some(value) = etag.and_then(|etag| etag.parse().ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

/// `POST` to the collection. An exported document may be sent: it gets an id and times of its own.
pub async fn create<P: Part>(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(Members(mut body)): Body<Members>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let force = take_force(&mut body)?;
    body.remove(ETAG);
    let id = P::fresh(app.rng());
    let mut document = P::read(&Value::Object(body), &id)?;
    date(&mut document, None, app.now());
    let by = By { actor: admin.actor(), force, seen: None };
    let edit = |_: &Versioned| Ok(Edit { kind: P::KIND, id: id.clone(), document: Some(document.clone()) });
    let number = change::<GraphError>(&app, by, edit).await?;
    document[ETAG] = etag(number).into();
    let place = format!("{}/{id}", asked.here(&app));
    let object = asked.object(&app, P::RESOURCE, P::shown(&document, asked.is_beta()))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `PATCH` of one.
pub async fn update<P: Part>(
    admin: Administrator,
    State(app): State<Arc<App>>,
    (asked, headers): (Asked, HeaderMap),
    Path(id): Path<String>,
    Body(Members(mut body)): Body<Members>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let id = id_of::<P>(&id)?;
    is_not_built_in::<P>(&id)?;
    let force = take_force(&mut body)?;
    let seen = seen(&headers, body.get(ETAG))?;
    // What was read may be sent back; these are not the writer's to set.
    for name in ["id", "createdDateTime", "modifiedDateTime", "@odata.context", ETAG] {
        body.remove(name);
    }
    let by = By { actor: admin.actor(), force, seen };
    change(&app, by, |now| {
        let before = now.documents.of(P::KIND).get(&id).ok_or_else(|| GraphError::not_found(P::WHAT))?;
        let mut document = P::patched(before, &body, &id)?;
        date(&mut document, Some(before), app.now());
        Ok::<_, GraphError>(Edit { kind: P::KIND, id: id.clone(), document: Some(document) })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE` of one; it can be restored.
pub async fn delete<P: Part>(
    admin: Administrator,
    State(app): State<Arc<App>>,
    (asked, headers): (Asked, HeaderMap),
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let id = id_of::<P>(&id)?;
    is_not_built_in::<P>(&id)?;
    remove::<P>(&app, By { actor: admin.actor(), force: false, seen: seen(&headers, None)? }, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a part out of force.
///
/// # Errors
///
/// [`Unchanged`]; then nothing was changed.
pub async fn remove<P: Part>(app: &App, by: By<'_>, id: &str) -> Result<u32, Unchanged> {
    let edit = |now: &Versioned| match now.documents.of(P::KIND).contains_key(id) {
        true => Ok(Edit { kind: P::KIND, id: id.to_owned(), document: None }),
        false => Err(Unchanged::Access(AccessError::Absent)),
    };
    change(app, by, edit).await
}
