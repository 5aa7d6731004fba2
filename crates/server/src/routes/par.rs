//! `/par`: authorization requests pushed beforehand (RFC 9126), so that nobody on the way through the browser reads or
//! alters them, and a confidential client is authenticated before the person sees anything.
//!
//! Nothing is kept: the reference is the request itself, sealed. It can be shown again while it lives, since the page that
//! asks for a passkey comes back to its own address; what it leads to, a code, is good once.

use super::authorize;
use super::tokens::{self, TargetError};
use crate::app::App;
use crate::extract::{Form, Params};
use crate::refusal::{MALFORMED, UNAVAILABLE, WireError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::keys::seal::Purpose;
use passband_core::reason::Reason;
use passband_core::time::{Seconds, Timestamp};
use passband_wire::b64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// How long a reference is good: the most that §2.2 recommends, for somebody has to sign in meanwhile.
const LIFETIME: Seconds = Seconds::minutes(10);

/// What a reference begins with (§2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// The most a request may have: its reference travels in an address.
const MAX: usize = 4 * 1024;

#[derive(Serialize, Deserialize)]
struct Pushed {
    /// The members, as a query.
    query: String,
    /// Whose it is.
    client: String,
    expires: Timestamp,
}

/// `POST /par` (§2.1).
///
/// # Errors
///
/// [`WireError`]: what `/authorize` would refuse is refused here.
pub async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, WireError> {
    let mut form = form.map_err(|_| MALFORMED)?;
    let client = match tokens::client(&app, &headers, &form).await {
        Ok(client) => client,
        Err(TargetError::Refused(reason)) => return Err(reason.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    // The secret has done its work, and is in no address.
    form.remove("client_secret");
    form.set("client_id", client.id.to_string());
    authorize::check(&app, &form).await?;
    let pushed =
        Pushed { query: form.encode(), client: client.id.to_string(), expires: app.now() + LIFETIME };
    if pushed.query.len() > MAX {
        return Err(MALFORMED);
    }
    let body = serde_json::to_vec(&pushed).map_err(|_| UNAVAILABLE)?;
    let sealed = app.keys().ring.seal(Purpose::PushedRequest, &body, app.rng()).map_err(|_| UNAVAILABLE)?;
    let body = json!({ "request_uri": format!("{PREFIX}{}", b64::encode(sealed)), "expires_in": LIFETIME.0 });
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// The request that parameters refer to, if they refer to one that was pushed here by the client they name (§4).
///
/// # Errors
///
/// [`Reason::RequestMalformed`] for a reference that is not ours, another client's, or too old.
pub fn opened(app: &App, params: &Params) -> Result<Option<Params>, Reason> {
    let Some(sealed) = params.get("request_uri").strip_prefix(PREFIX) else { return Ok(None) };
    let malformed = || Reason::RequestMalformed;
    let sealed = b64::decode(sealed, 4 * MAX).map_err(|_| malformed())?;
    let body = app.keys().ring.open(Purpose::PushedRequest, &sealed).map_err(|_| malformed())?;
    let pushed: Pushed = serde_json::from_slice(&body).map_err(|_| malformed())?;
    if pushed.client != params.get("client_id").to_ascii_lowercase() || app.now() >= pushed.expires {
        return Err(malformed());
    }
    Params::parse(pushed.query.as_bytes()).map(Some).map_err(|_| malformed())
}
