//! Polling (RFC 8936): a receiver says what it has and takes what waits.

use super::{Receiver, SsfError, named, no_store};
use crate::app::App;
use crate::signals::token;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use passband_core::change::Change;
use passband_core::id::EventId;
use passband_core::signals::stream::{Method, Stream, StreamStatus, Target, Waiting};
use passband_store::StoreError;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

/// Events in one answer.
const MOST: u32 = 100;

/// Events that one request may acknowledge.
const MOST_ACKNOWLEDGED: usize = 1000;

/// How long a receiver is kept waiting for something to happen (RFC 8936 §2.2, `returnImmediately`).
const LONG: Duration = Duration::from_secs(20);

/// Between two looks meanwhile: what another node commits shows in the database and nowhere else.
const LOOK: Duration = Duration::from_millis(500);

/// Receivers that wait at once, at one node. Whoever comes on top is answered at once.
static PLACES: Semaphore = Semaphore::const_new(64);

/// RFC 8936 §2.2.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    max_events: Option<u32>,
    #[serde(default)]
    return_immediately: bool,
    #[serde(default)]
    ack: Vec<String>,
    #[serde(default)]
    set_errs: BTreeMap<String, Value>,
}

/// `POST /ssf/poll`.
pub async fn poll(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Response, SsfError> {
    let ask: Ask = super::read(&body)?;
    let stream = named(&receiver, None)?;
    if stream.method != Method::Poll {
        return Err(SsfError::Bad("this stream is pushed to"));
    }
    acknowledge(&app, stream, &ask).await?;
    let most = ask.max_events.unwrap_or(MOST).min(MOST);
    if most == 0 || stream.status != StreamStatus::Enabled {
        return Ok(no_store(json!({ "sets": {} })));
    }
    let mut waiting = app.store.waiting_for(stream.id, most + 1).await?;
    if waiting.is_empty()
        && !ask.return_immediately
        && let Ok(_place) = PLACES.try_acquire()
    {
        waiting = wait(&app, stream, most + 1).await?;
        // Whoever was shut out while they waited gets nothing of what happened since.
        if !is_same(&app, stream).await? {
            waiting.clear();
        }
    }
    Ok(no_store(sets(&app, stream, &waiting, most as usize)))
}

async fn wait(app: &App, stream: &Stream, most: u32) -> Result<Vec<Waiting>, StoreError> {
    let until = tokio::time::Instant::now() + LONG;
    loop {
        tokio::time::sleep(LOOK).await;
        let waiting = app.store.waiting_for(stream.id, most).await?;
        if !waiting.is_empty() || tokio::time::Instant::now() >= until {
            return Ok(waiting);
        }
    }
}

/// Whether the stream is still this receiver's, and still to be told of events.
async fn is_same(app: &App, stream: &Stream) -> Result<bool, StoreError> {
    let now = app.store.stream(stream.id).await?;
    Ok(now.is_some_and(|now| {
        let same = bool::from(now.secret_hash.ct_eq(&stream.secret_hash));
        same && now.status == StreamStatus::Enabled && now.method == Method::Poll
    }))
}

/// Takes away what has arrived, and what the receiver will never take.
async fn acknowledge(app: &App, stream: &Stream, ask: &Ask) -> Result<(), SsfError> {
    if ask.ack.len() + ask.set_errs.len() > MOST_ACKNOWLEDGED {
        return Err(SsfError::Bad("too much is acknowledged at once"));
    }
    // Of ids that are none of ours nothing is said: they were taken away already, or never were.
    let id = |text: &String| text.parse().ok().map(|id: EventId| *id.as_bytes());
    let (target, at) = (Target::Stream(stream.id), app.now());
    let (good, bad): (Vec<_>, Vec<_>) =
        (ask.ack.iter().filter_map(id).collect(), ask.set_errs.keys().filter_map(id).collect());
    let mut changes = Vec::new();
    if !good.is_empty() {
        changes.push(Change::SignalTold { target, ids: good, at, error: String::new() });
    }
    if let Some((_, error)) = ask.set_errs.first_key_value() {
        let error: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        tracing::warn!(stream = %stream.id, %error, "a receiver refused an event");
        changes.push(Change::SignalTold { target, ids: bad, at, error: format!("refused: {error}") });
    }
    if !changes.is_empty() {
        app.commit(changes).await?;
    }
    Ok(())
}

/// RFC 8936 §2.3.
fn sets(app: &App, stream: &Stream, waiting: &[Waiting], most: usize) -> Value {
    let sets: Map<String, Value> = waiting
        .iter()
        .take(most)
        .filter_map(|one| {
            let jti = EventId::from_bytes(one.id).to_string();
            Some((jti, Value::from(token::set(app, stream, one)?)))
        })
        .collect();
    let mut answer = json!({ "sets": sets });
    if waiting.len() > most {
        answer["moreAvailable"] = json!(true);
    }
    answer
}
