//! Fetching the metadata from the one address that is configured (FIDO Metadata Service v3.1 §3.2).
//!
//! Off unless `metadata-url` is set. What comes is bounded in size and time, is followed nowhere else, and is believed
//! for its signature, not for where it came from.

use super::change::{self, ChangeError, Wish};
use crate::app::App;
use passband_core::time::{Seconds, Timestamp};
use passband_wire::mds::MAX_BLOB;
use reqwest::{Client, StatusCode, redirect};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at whether a fetch is due.
const EVERY: Duration = Duration::from_secs(300);

/// After a fetch, good or bad, the next waits at least so long: an address that fails is not hammered.
const AT_MOST_EVERY: Seconds = Seconds::hours(6);

/// Editions come about once a week; one that is due sooner than announced brings a revocation.
const AT_LEAST_EVERY: Seconds = Seconds::days(1);

/// How long one fetch may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who the audit log says it was.
const ACTOR: &str = "system";

/// Why a fetch brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address did not answer with a document.
    #[error("the address answered {0}")]
    Answer(StatusCode),
    /// What came is refused.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The address could not be reached.
    #[error("the address could not be reached: {0}")]
    Http(#[from] reqwest::Error),
    /// More came than metadata have.
    #[error("the document is too long, or not text")]
    Document,
}

/// Fetches whenever it is due, until the task is dropped.
pub async fn run(app: Arc<App>) {
    let Some(url) = app.config.metadata_url.clone() else { return };
    let mut ticks = tokio::time::interval(EVERY);
    let mut tried = None;
    loop {
        ticks.tick().await;
        if !is_due(&app, tried) {
            continue;
        }
        tried = Some(app.now());
        match fetch(&app, &url).await {
            Ok(true) => tracing::info!(edition = ?edition(&app), "metadata fetched"),
            Ok(false) => tracing::debug!("the metadata are the newest there are"),
            Err(error) => tracing::error!(%error, "the metadata could not be fetched"),
        }
    }
}

fn edition(app: &App) -> Option<u32> {
    app.trust().trust.metadata.as_ref().map(passband_core::platform::metadata::Metadata::no)
}

/// Whether to fetch now: nothing is loaded, the next edition is due, or a day has passed.
fn is_due(app: &App, tried: Option<Timestamp>) -> bool {
    let now = app.now();
    let since = |span: Seconds| tried.is_none_or(|tried| now - tried >= span);
    let held = app.trust();
    let overdue = held.trust.metadata.as_ref().is_none_or(|metadata| now >= metadata.next_update());
    (overdue && since(AT_MOST_EVERY)) || since(AT_LEAST_EVERY)
}

/// Fetches once; whether what came was newer than what is loaded.
///
/// # Errors
///
/// [`FetchError`]; nothing was changed then.
pub async fn fetch(app: &App, url: &str) -> Result<bool, FetchError> {
    let blob = download(url).await?;
    let loaded = edition(app);
    let prepared = change::prepare(app, Wish::Metadata(blob), ACTOR).await?;
    let trust = Arc::new(prepared.trust().clone());
    if loaded.is_some()
        && trust.metadata.as_ref().map(passband_core::platform::metadata::Metadata::no) == loaded
    {
        return Ok(false);
    }
    let effects = change::effects(app, &trust).await.map_err(ChangeError::from)?;
    // A model that its makers gave up must not wait for somebody to be there; who runs this has to hear of it.
    if change::locks_out(app, &effects).await.map_err(ChangeError::from)? {
        tracing::error!(
            "with the new metadata no administrator has a passkey that the passkey policy accepts"
        );
    }
    change::apply(app, prepared, effects, ACTOR).await?;
    Ok(true)
}

async fn download(url: &str) -> Result<String, FetchError> {
    // A redirect would turn the configured address into whichever the answer names, inside the network too.
    let mut builder = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE);
    builder = builder.connect_timeout(Duration::from_secs(10));
    builder = builder.user_agent(concat!("passband/", env!("CARGO_PKG_VERSION")));
    if url.starts_with("http://") {
        // This machine only, see `config`: no TLS, and no proxy between.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    let mut response = builder.build()?.get(url).send().await?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Answer(response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BLOB {
            return Err(FetchError::Document);
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| FetchError::Document)
}
