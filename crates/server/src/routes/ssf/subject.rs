//! Whom a stream tells of (SSF 1.0 §8.1.3). It tells of everybody; a receiver can leave people and devices out, and take
//! them in again.

use super::{Receiver, SsfError, named};
use crate::app::App;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::id::{DeviceId, UserId};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
struct Wish {
    stream_id: String,
    subject: Value,
}

/// `POST /ssf/subjects/add`.
pub async fn add(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<StatusCode, SsfError> {
    exclude(&app, &receiver, &body, false).await.map(|()| StatusCode::OK)
}

/// `POST /ssf/subjects/remove`.
pub async fn remove(
    receiver: Receiver,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<StatusCode, SsfError> {
    exclude(&app, &receiver, &body, true).await.map(|()| StatusCode::NO_CONTENT)
}

/// The answer is the same whether there is such a subject or not: a receiver does not learn who has an account.
async fn exclude(app: &App, receiver: &Receiver, body: &[u8], excluded: bool) -> Result<(), SsfError> {
    let wish: Wish = super::read(body)?;
    let stream = named(receiver, Some(&wish.stream_id))?;
    let subject = identified(&wish.subject, app.issuer());
    let subject = subject
        .ok_or(SsfError::Bad("subject must be iss_sub of this issuer, or opaque with a device's id"))?;
    // Of what is not there nothing is kept: a receiver could fill the database with it.
    let is_there = app.store.user(UserId::from_bytes(subject)).await?.is_some()
        || app.store.device(DeviceId::from_bytes(subject)).await?.is_some();
    if is_there || !excluded {
        app.commit(vec![Change::ExcludeSubject { stream: stream.id, subject, excluded }]).await?;
    }
    Ok(())
}

/// The id of a person or device that a Subject Identifier (RFC 9493 §3.2) names.
fn identified(subject: &Value, issuer: &str) -> Option<[u8; 16]> {
    let text = |name: &str| subject.get(name).and_then(Value::as_str);
    match text("format")? {
        "iss_sub" if text("iss") == Some(issuer) => {
            text("sub")?.parse().ok().map(|id: UserId| *id.as_bytes())
        }
        "opaque" => text("id")?.parse().ok().map(|id: DeviceId| *id.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_our_own_people_are_named() {
        let (ours, id) = ("https://id.example.org", "29d9ed98-a469-4536-ade2-f981bc1d605e");
        let good = json!({ "format": "iss_sub", "iss": ours, "sub": id });
        assert!(identified(&good, ours).is_some());
        assert!(identified(&json!({ "format": "opaque", "id": id }), ours).is_some());
        for bad in [
            json!({ "format": "iss_sub", "iss": "https://other.example", "sub": id }),
            json!({ "format": "iss_sub", "sub": id }),
            json!({ "format": "email", "email": "ada@example.org" }),
            json!({ "format": "opaque", "id": "x" }),
            json!([]),
            json!(null),
        ] {
            assert_eq!(identified(&bad, ours), None, "{bad}");
        }
    }
}
