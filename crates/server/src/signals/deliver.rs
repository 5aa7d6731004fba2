//! Sending what waits: to one receiver at a time in order, to several at once, and to none so that another waits.

use super::token;
use crate::app::App;
use passband_core::change::Change;
use passband_core::id::{ClientId, SessionId};
use passband_core::keys::seal::Purpose;
use passband_core::signals::stream::{KEPT, Method, Stream, StreamStatus, Target, Waiting};
use passband_core::time::{Seconds, Timestamp};
use passband_store::{CommitError, StoreError};
use reqwest::{Client, StatusCode, redirect};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Between two looks at what is due: what another node has committed, and what is tried again.
const EVERY: Duration = Duration::from_secs(1);

/// Receivers sent to at once.
const AT_ONCE: usize = 16;

/// Sent to one receiver in a row.
const IN_A_ROW: u32 = 64;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an application is told that a session ended: by then its own has ended too, or never will by us.
const LOGOUT_KEPT: Seconds = Seconds::hours(1);

/// The most of an answer that is read.
const MAX_ANSWER: usize = 4096;

/// Whether a thing that was sent was taken.
enum Outcome {
    /// It was, or it never will be: with why.
    Done(String),
    /// It was not; it is tried again.
    Again(String),
}

/// Sends what is due until the task is dropped.
pub async fn run(app: Arc<App>) {
    let (mut busy, mut work) = (HashSet::new(), JoinSet::new());
    loop {
        match app.store.due_targets(app.now(), 256).await {
            Ok(targets) => {
                for target in targets {
                    if busy.len() < AT_ONCE && busy.insert(target) {
                        let app = Arc::clone(&app);
                        work.spawn(async move {
                            serve(&app, target).await;
                            target
                        });
                    }
                }
            }
            Err(error) => tracing::error!(%error, "what waits to be told could not be read"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.outbox.notified() => {}
            Some(done) = work.join_next() => match done {
                Ok(target) => { busy.remove(&target); }
                Err(error) => {
                    // Whose it was is not known; all of them may be tried anew, their claims keep them apart.
                    tracing::error!(%error, "a task that tells of events met a bug");
                    busy.clear();
                }
            },
        }
    }
}

/// Sends once what is due now, to all; for tests, and before a stop.
pub async fn once(app: &App) {
    for target in app.store.due_targets(app.now(), 256).await.unwrap_or_default() {
        serve(app, target).await;
    }
}

async fn serve(app: &App, target: Target) {
    if let Err(error) = serve_all(app, target).await {
        tracing::error!(%error, "events could not be told");
    }
}

/// Sends to one receiver until nothing is due, or it does not take something.
async fn serve_all(app: &App, target: Target) -> Result<(), CommitError> {
    let waiting = app.store.due(target, app.now(), IN_A_ROW).await?;
    let Some(address) = Address::of(app, target).await? else {
        // Nobody is there any more: an application that was deleted or does not want to be told.
        let ids = waiting.iter().map(|one| one.id).collect();
        return app.commit(vec![told(app, target, ids, String::new())]).await;
    };
    for one in waiting {
        let until = one.again(app.now());
        let claim = Change::ClaimSignal { waiting: Box::new(one.clone()), until };
        match app.commit(vec![claim]).await {
            Ok(()) => {}
            // Another node has it.
            Err(CommitError::Conflict(_)) => continue,
            Err(error) => return Err(error),
        }
        match address.send(app, &one).await {
            Outcome::Done(error) => app.commit(vec![told(app, target, vec![one.id], error)]).await?,
            Outcome::Again(error) if address.is_given_up(&one, app.now()) => {
                tracing::warn!(?target, %error, "an event was given up");
                app.commit(vec![told(app, target, vec![one.id], error)]).await?;
            }
            Outcome::Again(error) => {
                tracing::info!(?target, %error, attempts = one.attempts + 1, "an event could not be told yet");
                return app.commit(vec![Change::PutOffSignals { target, until, error }]).await;
            }
        }
    }
    Ok(())
}

fn told(app: &App, target: Target, ids: Vec<[u8; 16]>, error: String) -> Change {
    Change::SignalTold { target, ids, at: app.now(), error }
}

/// Where, and what, to send.
enum Address {
    App(ClientId, String),
    Stream(Box<Stream>),
}

impl Address {
    async fn of(app: &App, target: Target) -> Result<Option<Self>, StoreError> {
        Ok(match target {
            Target::App(id) => {
                let uri = app.store.app(id).await?.and_then(|record| record.backchannel_logout_uri.clone());
                uri.map(|uri| Self::App(id, uri))
            }
            Target::Stream(id) => {
                let stream = app.store.stream(id).await?;
                // Its administrator may have taken the address away since it was made a stream that is pushed to.
                let runs = |stream: &Stream| {
                    stream.status == StreamStatus::Enabled
                        && stream.method == Method::Push
                        && !stream.push_url.is_empty()
                };
                stream.filter(runs).map(|stream| Self::Stream(Box::new(stream)))
            }
        })
    }

    fn is_given_up(&self, waiting: &Waiting, now: Timestamp) -> bool {
        now - waiting.at > if matches!(self, Self::App(..)) { LOGOUT_KEPT } else { KEPT }
    }

    async fn send(&self, app: &App, waiting: &Waiting) -> Outcome {
        let sent = match self {
            Self::App(client, uri) => {
                let session = SessionId::from_bytes(waiting.id);
                let Some(token) = token::logout(app, *client, session, waiting.user) else {
                    return Outcome::Again("a logout token could not be signed".to_owned());
                };
                // Back-Channel Logout §2.5.
                post(uri).map(|request| request.form(&[("logout_token", token)]))
            }
            Self::Stream(stream) => {
                let Some(token) = token::set(app, stream, waiting) else {
                    return Outcome::Again("an event token could not be signed".to_owned());
                };
                post(&stream.push_url).map(|request| push(app, stream, request).body(token))
            }
        };
        let answer = match sent {
            Ok(request) => request.send().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) if answer.status().is_success() => Outcome::Done(String::new()),
            // RFC 8935 §2.3: it will not take this one, however often it is sent.
            Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => {
                Outcome::Done(format!("refused: {}", words(answer).await))
            }
            Ok(answer) => Outcome::Again(format!("answered {}", answer.status())),
            Err(error) => Outcome::Again(format!("not reached: {}", error.without_url())),
        }
    }
}

/// RFC 8935 §2.1.
fn push(app: &App, stream: &Stream, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let request = request
        .header(reqwest::header::CONTENT_TYPE, "application/secevent+jwt")
        .header(reqwest::header::ACCEPT, "application/json");
    match app.keys().ring.open(Purpose::StreamAuthorization, &stream.authorization) {
        Ok(value) => request.header(reqwest::header::AUTHORIZATION, value.as_slice()),
        Err(_) => request,
    }
}

/// What a receiver says against an event, cut to a line.
async fn words(mut answer: reqwest::Response) -> String {
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        text.extend_from_slice(&chunk);
        if text.len() > MAX_ANSWER {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A request to an address that an administrator has allowed. It is followed nowhere else: a redirect would turn it
/// into whichever address the answer names, inside the network too (server-side request forgery).
fn post(url: &str) -> Result<reqwest::RequestBuilder, reqwest::Error> {
    let mut builder = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE);
    builder = builder.user_agent(concat!("passband/", env!("CARGO_PKG_VERSION")));
    if url.starts_with("http://") {
        // This machine only, see `passband_core::signals::stream::may_send_to`: no TLS, and no proxy between.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    Ok(builder.build()?.post(url))
}
