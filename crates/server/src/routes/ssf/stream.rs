//! A receiver's stream: its making, its status, its verification (SSF 1.0 §8.1).

use super::{Receiver, SsfError, named, no_store};
use crate::app::App;
use crate::signals::token;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use passband_core::change::Change;
use passband_core::id::EventId;
use passband_core::keys::seal::Purpose;
use passband_core::signals::TYPES;
use passband_core::signals::stream::{Method, Stream, StreamStatus, Target, Waiting};
use passband_core::time::Seconds;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Between two verifications (SSF `min_verification_interval`).
const VERIFICATION: Seconds = Seconds::minutes(1);

/// Characters of a receiver's texts.
const MAX_TEXT: usize = 500;

/// What a receiver says of its stream.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    stream_id: Option<String>,
    iss: Option<String>,
    aud: Option<Value>,
    delivery: Option<Delivery>,
    events_requested: Option<Vec<String>>,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delivery {
    method: String,
    endpoint_url: Option<String>,
    authorization_header: Option<String>,
}

/// The stream as the receiver sees it (SSF 1.0 §8.1.1). What it gave us as `authorization_header` is not shown.
fn shown(app: &App, stream: &Stream) -> Value {
    let wanted: Vec<_> = TYPES
        .iter()
        .enumerate()
        .filter(|(n, _)| stream.events & (1 << n) != 0)
        .map(|(_, name)| *name)
        .collect();
    let endpoint = match stream.method {
        Method::Push => stream.push_url.clone(),
        Method::Poll => format!("{}/ssf/poll", app.issuer()),
    };
    json!({
        "stream_id": stream.id.to_string(),
        "iss": app.issuer(),
        "aud": stream.audience,
        "events_supported": TYPES,
        "events_requested": wanted,
        "events_delivered": wanted,
        "delivery": { "method": stream.method.urn(), "endpoint_url": endpoint },
        "min_verification_interval": VERIFICATION.0,
        "description": stream.description,
    })
}

/// The stream as a wish has it. With `whole`, what is not named goes back to what it is in a new stream.
fn granted(app: &App, before: &Stream, wish: Wish, whole: bool) -> Result<Stream, SsfError> {
    let mut after = before.clone();
    // What is ours to say may be said back to us, unchanged.
    let ours =
        wish.iss.is_none_or(|iss| iss == app.issuer()) && wish.aud.is_none_or(|aud| aud == before.audience);
    if !ours {
        return Err(SsfError::Bad("iss and aud are the transmitter's to say"));
    }
    match wish.events_requested {
        Some(names) => after.events = mask(&names),
        None if whole => after.events = (1 << TYPES.len()) - 1,
        None => {}
    }
    match wish.description {
        Some(text) if text.chars().count() > MAX_TEXT || text.contains('\0') => {
            return Err(SsfError::Bad("description is too long"));
        }
        Some(text) => after.description = text,
        None if whole => after.description = String::new(),
        None => {}
    }
    match wish.delivery {
        Some(delivery) => deliver(app, &mut after, delivery)?,
        // SSF 1.0 §8.1.1.1: a stream of which nothing is said is polled.
        None if whole => (after.method, after.authorization) = (Method::Poll, Vec::new()),
        None => {}
    }
    Ok(after)
}

/// Those of the wanted events that there are.
fn mask(names: &[String]) -> u32 {
    TYPES.iter().enumerate().filter(|(_, name)| names.iter().any(|it| it == *name)).map(|(n, _)| 1 << n).sum()
}

fn deliver(app: &App, stream: &mut Stream, wish: Delivery) -> Result<(), SsfError> {
    stream.method =
        Method::from_urn(&wish.method).ok_or(SsfError::Bad("delivery.method is not supported"))?;
    stream.authorization = Vec::new();
    if stream.method == Method::Poll {
        return Ok(());
    }
    // A receiver that could name any address would have the server ask it, inside the network too (server-side
    // request forgery). It must be the one its administrator wrote down.
    if stream.push_url.is_empty() || wish.endpoint_url.as_ref() != Some(&stream.push_url) {
        return Err(SsfError::Bad("delivery.endpoint_url is not the address an administrator has allowed"));
    }
    if let Some(header) = wish.authorization_header {
        let plain = header.len() <= 4096 && header.bytes().all(|b| (0x20..0x7f).contains(&b));
        if !plain {
            return Err(SsfError::Bad("delivery.authorization_header cannot be sent"));
        }
        let sealed = app.keys().ring.seal(Purpose::StreamAuthorization, header.as_bytes(), app.rng());
        stream.authorization =
            sealed.map_err(|_| SsfError::Bad("delivery.authorization_header is too long"))?;
    }
    Ok(())
}

/// `GET /ssf/streams`: the one that is named, or a list of the only one there is.
pub async fn read(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    query: RawQuery,
) -> Result<Response, SsfError> {
    match stream_id(query) {
        Some(id) => Ok(no_store(shown(&app, named(&receiver, Some(&id))?))),
        None => Ok(no_store(Value::from(
            named(&receiver, None).map(|stream| vec![shown(&app, stream)]).unwrap_or_default(),
        ))),
    }
}

fn stream_id(RawQuery(query): RawQuery) -> Option<String> {
    let query = query.unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "stream_id")
        .map(|(_, id)| id.into_owned())
}

/// `POST /ssf/streams`: makes it. A receiver has one.
pub async fn create(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Response, SsfError> {
    if receiver.0.status != StreamStatus::Unmade {
        return Err(SsfError::Conflict);
    }
    let mut stream = granted(&app, &receiver.0, super::read(&body)?, true)?;
    stream.status = StreamStatus::Enabled;
    app.commit(vec![Change::UpdateStream(Box::new(stream.clone()))]).await?;
    Ok((StatusCode::CREATED, no_store(shown(&app, &stream))).into_response())
}

/// `PATCH /ssf/streams`: changes what is named.
pub async fn update(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Response, SsfError> {
    change(&app, &receiver, &body, false).await
}

/// `PUT /ssf/streams`: replaces what is the receiver's to say.
pub async fn replace(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Response, SsfError> {
    change(&app, &receiver, &body, true).await
}

async fn change(app: &App, receiver: &Receiver, body: &[u8], whole: bool) -> Result<Response, SsfError> {
    let wish: Wish = super::read(body)?;
    let id = wish.stream_id.clone().ok_or(SsfError::Bad("stream_id is required"))?;
    let stream = granted(app, named(receiver, Some(&id))?, wish, whole)?;
    app.commit(vec![Change::UpdateStream(Box::new(stream.clone()))]).await?;
    Ok(no_store(shown(app, &stream)))
}

/// `DELETE /ssf/streams`: with all that waits. The receiver may make another.
pub async fn delete(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    query: RawQuery,
) -> Result<StatusCode, SsfError> {
    let id = stream_id(query).ok_or(SsfError::Bad("stream_id is required"))?;
    let before = named(&receiver, Some(&id))?;
    let gone = Stream { status: StreamStatus::Unmade, authorization: Vec::new(), ..before.clone() };
    app.commit(vec![Change::UpdateStream(Box::new(gone)), Change::ForgetWaiting(before.id)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /ssf/status` (SSF 1.0 §8.1.2.1).
pub async fn status(receiver: Receiver, query: RawQuery) -> Result<Response, SsfError> {
    let id = stream_id(query).ok_or(SsfError::Bad("stream_id is required"))?;
    Ok(no_store(shown_status(named(&receiver, Some(&id))?)))
}

fn shown_status(stream: &Stream) -> Value {
    json!({ "stream_id": stream.id.to_string(), "status": stream.status.name(), "reason": stream.reason })
}

#[derive(Debug, Deserialize)]
struct StatusWish {
    stream_id: String,
    status: String,
    #[serde(default)]
    reason: String,
}

/// `POST /ssf/status` (SSF 1.0 §8.1.2.2). A stream that is disabled keeps nothing for later.
pub async fn set_status(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Response, SsfError> {
    let wish: StatusWish = super::read(&body)?;
    let before = named(&receiver, Some(&wish.stream_id))?;
    let status = StreamStatus::from_name(&wish.status).filter(|status| *status != StreamStatus::Unmade);
    let status = status.ok_or(SsfError::Bad("status must be enabled, paused or disabled"))?;
    if wish.reason.chars().count() > MAX_TEXT || wish.reason.contains('\0') {
        return Err(SsfError::Bad("reason is too long"));
    }
    let after = Stream { status, reason: wish.reason, ..before.clone() };
    let mut changes = vec![Change::UpdateStream(Box::new(after.clone()))];
    if status == StreamStatus::Disabled {
        changes.push(Change::ForgetWaiting(before.id));
    }
    app.commit(changes).await?;
    Ok(no_store(shown_status(&after)))
}

#[derive(Debug, Deserialize)]
struct VerifyWish {
    stream_id: String,
    state: Option<String>,
}

/// `POST /ssf/verify` (SSF 1.0 §8.1.4): an event that tells nothing but that events arrive.
pub async fn verify(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<StatusCode, SsfError> {
    let wish: VerifyWish = read_verify(&body)?;
    let before = named(&receiver, Some(&wish.stream_id))?;
    let now = app.now();
    if now - before.verified < VERIFICATION {
        return Err(SsfError::TooSoon);
    }
    let waiting = Waiting {
        target: Target::Stream(before.id),
        id: *EventId::generate(app.rng()).as_bytes(),
        body: token::verification(before, wish.state.as_deref()),
        user: None,
        at: now,
        due: now,
        attempts: 0,
    };
    let after = Stream { verified: now, ..before.clone() };
    app.commit(vec![Change::UpdateStream(Box::new(after)), Change::QueueSignal(Box::new(waiting))]).await?;
    app.outbox.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

fn read_verify(body: &[u8]) -> Result<VerifyWish, SsfError> {
    let wish: VerifyWish = super::read(body)?;
    match &wish.state {
        Some(state) if state.chars().count() > MAX_TEXT || state.contains('\0') => {
            Err(SsfError::Bad("state is too long"))
        }
        _ => Ok(wish),
    }
}
