//! `/healthz`, `/readyz`, `/metrics`.

use crate::app::App;
use crate::extract::Peer;
use crate::telemetry;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The process lives.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can answer: its database does.
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    match app.store.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// Headers by which a proxy says that it is one.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Hosts by which this machine calls itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// [`figures`], for whoever is on this machine; for others there is nothing here. They tell when people sign in, how
/// many are refused and why, and which version runs: what somebody who guesses or floods would like to know.
pub async fn metrics(State(app): State<Arc<App>>, parts: Parts) -> Response {
    if is_from_here(&app, &parts) { figures(State(app)).await } else { StatusCode::NOT_FOUND.into_response() }
}

/// Whether a request comes from this machine itself. Only the connection says so: a header can say no, and never yes.
fn is_from_here(app: &App, parts: &Parts) -> bool {
    // Where there is a place of its own, and behind a proxy, which stands on this machine as likely as not and speaks
    // for everybody.
    if app.config.metrics_listen.is_some() || !app.config.trusted_proxies.is_empty() {
        return false;
    }
    let local = parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
    let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    // A page in a browser on this machine whose own name leads here (DNS rebinding) sends that name.
    let host = parts.headers.get(header::HOST).map_or(Ok(HERE[0]), HeaderValue::to_str).unwrap_or_default();
    let name = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    local && !forwarded && HERE.contains(&name)
}

/// Figures in the Prometheus text format.
pub async fn figures(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry::render(&app)).into_response()
}
