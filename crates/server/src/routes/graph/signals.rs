//! `/passband_signals`: who is told of changes. What a receiver makes of its stream is its own to say, over SSF.

use super::auth::{Administrator, Deed, TRIES};
use super::body::{Body, given};
use super::error::GraphError;
use super::query::Asked;
use super::resource::signals::{STREAM, stream as shown};
use crate::app::App;
use crate::routes::ssf::CREDENTIAL;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::change::{Change, Conflict};
use passband_core::id::StreamId;
use passband_core::manage::app::{new_secret, secret_hash};
use passband_core::manage::signals::{MAX_STREAMS, StreamWish, apply, create as decide};
use passband_core::signals::stream::{Fared, Stream};
use passband_store::CommitError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of `POST` and `PATCH`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StreamBody {
    #[serde(default, deserialize_with = "given")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    audience: Option<String>,
    #[serde(default, deserialize_with = "given")]
    push_url: Option<Option<String>>,
}

impl StreamBody {
    fn wish(self) -> StreamWish {
        StreamWish { name: self.display_name, audience: self.audience, push_url: self.push_url }
    }
}

async fn find(app: &App, id: &str) -> Result<(Stream, Fared), GraphError> {
    let missing = || GraphError::not_found("receiver of signals");
    let id: StreamId = id.parse().map_err(|_| missing())?;
    app.store.streams().await?.into_iter().find(|(stream, _)| stream.id == id).ok_or_else(missing)
}

/// `GET /passband_signals/streams`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&STREAM)?;
    let all = app.store.streams().await?;
    let listed = wanted.slice(all.iter().map(|(stream, fared)| shown(stream, fared)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET /passband_signals/streams/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let (stream, fared) = find(&app, &id).await?;
    asked.object(&app, &STREAM, shown(&stream, &fared)).map(Json)
}

/// `POST /passband_signals/streams`: lets a receiver in. Its credential is in this answer and never again.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<StreamBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    if app.store.streams().await?.len() >= MAX_STREAMS {
        return Err(GraphError::bad("There are 50 receivers, and there cannot be more."));
    }
    let (stream, secret) = decide(&body.wish(), app.now(), app.rng())?;
    let deed = Deed::new("Add receiver of signals", stream.id, deed(&stream));
    admin.commit(&app, vec![Change::InsertStream(Box::new(stream.clone()))], deed).await?;
    let place = asked.link(&app, &format!("passband_signals/streams/{}", stream.id));
    let mut object = asked.object(&app, &STREAM, shown(&stream, &Fared::default()))?;
    object["credential"] = json!(format!("{CREDENTIAL}{}", secret.as_str()));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

fn deed(stream: &Stream) -> String {
    let push = if stream.push_url.is_empty() { "nowhere" } else { &stream.push_url };
    format!("{}: audience {}, may be pushed to {push}", stream.name, stream.audience)
}

/// `PATCH /passband_signals/streams/{id}`.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<StreamBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let wish = body.wish();
    replaced(&admin, &app, &id, |before| {
        let after = apply(before, &wish)?;
        let deed = Deed::new("Update receiver of signals", after.id, deed(&after));
        Ok((after, deed))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /passband_signals/streams/{id}/newCredential`: the one before ends at once.
pub async fn new_credential(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    asked.no_options()?;
    let secret = new_secret(app.rng());
    replaced(&admin, &app, &id, |before| {
        let after = Stream { secret_hash: secret_hash(&secret), ..before.clone() };
        let deed = Deed::new("Replace credential of receiver", after.id, after.name.clone());
        Ok((after, deed))
    })
    .await?;
    Ok(Json(json!({ "id": id, "credential": format!("{CREDENTIAL}{}", secret.as_str()) })))
}

async fn replaced(
    admin: &Administrator,
    app: &App,
    id: &str,
    decide: impl Fn(&Stream) -> Result<(Stream, Deed), GraphError>,
) -> Result<(), GraphError> {
    for _ in 0..TRIES {
        let (before, _) = find(app, id).await?;
        let (after, deed) = decide(&before)?;
        match admin.commit(app, vec![Change::UpdateStream(Box::new(after))], deed).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(Conflict::Stale)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(GraphError::busy())
}

/// `DELETE /passband_signals/streams/{id}`: with all that waits for it.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let (stream, _) = find(&app, &id).await?;
    let deed = Deed::new("Delete receiver of signals", stream.id, stream.name);
    admin.commit(&app, vec![Change::DeleteStream(stream.id)], deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
