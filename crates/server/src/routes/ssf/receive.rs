//! `POST /ssf/receive/{transmitter}` (RFC 8935): what an MDM or EDR has to say about a device, a session, a person.

use super::MAX_BODY;
use crate::app::App;
use crate::attempt::audit;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use passband_core::change::{Change, Conflict};
use passband_core::compliance::{DeviceWish, GOOD_FOR, LONGEST, tell};
use passband_core::id::DeviceId;
use passband_core::signals::receive::{About, Received, SetRefusal, Transmitter, Wish, verify};
use passband_store::{CommitError, StoreError};
use serde_json::json;
use std::sync::Arc;

/// How often a change is decided anew because another was made meanwhile.
const TRIES: usize = 16;

/// Why a token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Others were faster, again and again.
    #[error("busy")]
    Busy,
    /// It is no request of RFC 8935.
    #[error("the body must be application/secevent+jwt")]
    Media,
    /// It is refused.
    #[error(transparent)]
    Refused(#[from] SetRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody of that name may send signals.
    #[error("no such transmitter")]
    Unknown,
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::Media => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Refused(refusal) => (StatusCode::BAD_REQUEST, refusal.code()),
            Self::Unknown => (StatusCode::NOT_FOUND, "access_denied"),
            Self::Busy | Self::Store(_) => {
                tracing::error!(error = %self, "a signal could not be taken");
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        };
        // RFC 8935 §2.3. The transmitter is told which check failed, as the RFC wants; it signs what it sends, and
        // nothing of ours is in the answer.
        (status, Json(json!({ "err": code, "description": self.to_string() }))).into_response()
    }
}

/// Takes a token: 202 also if it was taken before, or asks for nothing that its transmitter may ask.
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, NotTaken> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media.split(';').next().map(str::trim) != Some("application/secevent+jwt") || body.len() > MAX_BODY {
        return Err(NotTaken::Media);
    }
    let from = app.store.transmitter(id.parse().map_err(|_| NotTaken::Unknown)?).await?;
    let from = from.ok_or(NotTaken::Unknown)?;
    let text = std::str::from_utf8(&body).map_err(|_| NotTaken::Media)?;
    let received = match verify(text, &from, app.issuer(), app.now()) {
        Ok(received) => received,
        Err(refusal) => {
            tracing::warn!(transmitter = %from.id, %refusal, "a signal was refused");
            return Err(refusal.into());
        }
    };
    for _ in 0..TRIES {
        let changes = effects(&app, &from, &received).await?;
        match app.commit(changes).await {
            // Spent: it was taken before, and its sender has not heard of it.
            Ok(()) | Err(CommitError::Conflict(Conflict::Spent)) => return Ok(StatusCode::ACCEPTED),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(NotTaken::Busy)
}

/// What a signal changes, with its line in the audit log.
async fn effects(app: &App, from: &Transmitter, received: &Received) -> Result<Vec<Change>, StoreError> {
    let (mut changes, at) = (vec![received.spend()], app.now());
    let actor = format!("signal of {}", from.name);
    match received.wish() {
        Wish::Nothing => {}
        Wish::SetCompliance(id, compliant) => changes.extend(compliance(app, &actor, id, compliant).await?),
        Wish::EndSessions(About::User(user)) => {
            if app.store.user(user).await?.is_some() {
                changes.push(Change::EndSessionsOf { user, at });
                changes.push(audit(app, &actor, "Revoke sessions", user, String::new()));
            }
        }
        Wish::EndSessions(About::Session(id)) => {
            if app.store.standing(id).await?.is_some() {
                changes.push(Change::EndSession { id, at });
                changes.push(audit(app, &actor, "Revoke session", id, String::new()));
            }
        }
        Wish::EndSessions(About::Device(id)) => {
            if let Some(device) = app.store.device(id).await? {
                let sessions = app.store.sessions_on(id, at).await?;
                changes.extend(sessions.into_iter().map(|id| Change::EndSession { id, at }));
                changes.push(audit(app, &actor, "Revoke sessions of device", id, device.name));
            }
        }
    }
    Ok(changes)
}

/// That a device is bad is believed for as long as can be; that it is good, only as long as anybody is believed.
async fn compliance(
    app: &App,
    actor: &str,
    id: DeviceId,
    compliant: bool,
) -> Result<Vec<Change>, StoreError> {
    let Some(device) = app.store.device(id).await? else { return Ok(Vec::new()) };
    let now = app.now();
    let wish = DeviceWish {
        compliant: Some(Some(compliant)),
        until: Some(now + if compliant { GOOD_FOR } else { LONGEST }),
        ..DeviceWish::default()
    };
    let Ok(told) = tell(&device, &wish, now) else { return Ok(Vec::new()) };
    let detail = format!("{}: isCompliant {compliant}", device.name);
    Ok(vec![
        Change::TellDevice { id, seen: device.revision, told: Box::new(told) },
        audit(app, actor, "Update device", id, detail),
    ])
}
