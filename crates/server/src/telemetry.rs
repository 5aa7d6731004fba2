//! What `/metrics` shows: requests by route, commits, decisions, the process.

use crate::app::App;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// A request, by route, method and status, seconds.
const REQUESTS: &str = "passband_http_request_duration_seconds";

/// From handing a transaction over to its being durable, seconds.
const COMMITS: &str = "passband_commit_duration_seconds";

/// Every decision of the sign-in log, by kind and reason code.
const DECISIONS: &str = "passband_decisions_total";

/// Connections open now.
const CONNECTIONS: &str = "passband_connections";

/// Upper ends of the buckets, seconds: from an answer out of memory to a request that ought to be looked at.
const BUCKETS: [f64; 11] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Figures of histograms wait in memory until they are counted; nobody may ever ask for `/metrics`.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's one recorder of metrics.
pub fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    // Fails on an empty list only.
    let builder = builder
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &BUCKETS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Another recorder can only be another test of this process; its figures are not looked at.
    let _ = metrics::set_global_recorder(recorder);
    metrics::describe_histogram!(REQUESTS, "Time from a request's headers to its answer's headers");
    metrics::describe_histogram!(
        COMMITS,
        "Time until a transaction was durable, waiting for its group included"
    );
    metrics::describe_counter!(
        DECISIONS,
        "Decisions of the sign-in log; docs/reason-codes.md has the reasons"
    );
    metrics::describe_gauge!(CONNECTIONS, "Open connections");
    metrics::describe_gauge!("passband_build_info", "The version that runs");
    metrics::gauge!("passband_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    process().describe();
    handle
}

fn process() -> metrics_process::Collector {
    metrics_process::Collector::default()
}

/// The text of `/metrics`.
pub fn render(app: &App) -> String {
    process().collect();
    app.metrics.render()
}

/// Counts what waits in the histograms, until the task is dropped.
pub async fn upkeep(app: Arc<App>) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        app.metrics.run_upkeep();
    }
}

/// One more decision.
pub fn decided(kind: &'static str, reason: &'static str) {
    metrics::counter!(DECISIONS, "kind" => kind, "reason" => reason).increment(1);
}

/// One more transaction, durable or refused, since `begun`.
pub fn committed(begun: Instant) {
    metrics::histogram!(COMMITS).record(begun.elapsed());
}

/// A connection, for as long as this lives.
#[derive(Debug)]
pub struct Connected(());

impl Connected {
    /// It was accepted.
    pub fn begin() -> Self {
        metrics::gauge!(CONNECTIONS).increment(1.0);
        Self(())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        metrics::gauge!(CONNECTIONS).decrement(1.0);
    }
}

/// Times every request. What strangers choose freely (path, method) becomes no label: each label is a row kept
/// for the life of the process.
pub async fn measure(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method(request.method());
    let response = next.run(request).await;
    let route = matched.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    let status = status(response.status().as_u16());
    metrics::histogram!(REQUESTS, "route" => route, "method" => method, "status" => status)
        .record(begun.elapsed());
    response
}

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The class of a status: what an alarm is set on.
const fn status(code: u16) -> &'static str {
    match code / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    }
}
