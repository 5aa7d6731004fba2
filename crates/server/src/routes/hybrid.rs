//! Hybrid join (prt.md §3.6): a device that an on-premises Active Directory knows asks for an identity on its word. There is
//! no such directory behind this server, so nobody here could tell a device of it from a stranger.

use crate::app::App;
use crate::attempt::Attempt;
use crate::extract::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::id::EventId;
use passband_core::reason::Reason;
use serde_json::json;
use std::sync::Arc;

/// What the person at the device is shown.
pub const MESSAGE: &str = "This organisation has no on-premises directory that vouches for devices, so hybrid join is not \
    available. Join or register the device with a sign-in of its user instead.";

/// `PUT /EnrollmentServer/device/{id}`. Nothing of the request is read.
pub async fn put(State(app): State<Arc<App>>, caller: Caller) -> Response {
    let attempt = Attempt::new(SignInKind::DeviceRegistration, caller, app.now());
    let reason = attempt.refuse(&app, Reason::HybridJoinUnavailable).await;
    if reason != Reason::HybridJoinUnavailable {
        return crate::refusal::WireError::from(reason).into_response();
    }
    // The registration service's own form of an error (prt.md §3.5), whose message clients show as it is.
    let body = json!({
        "code": "invalid_request",
        "subcode": "error_hybrid_join_unavailable",
        "message": MESSAGE,
        "operation": "DeviceJoin",
        "requestid": EventId::generate(app.rng()).to_string(),
        "time": app.now().rfc3339(),
    });
    (StatusCode::FORBIDDEN, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
