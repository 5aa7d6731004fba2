//! Commands, answers and events on one DevTools socket.

use super::{BrowserError, Chromium, PATIENCE};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};

/// Something the browser told.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The session (attached page) it is of; empty for the browser.
    pub(super) session: String,
    pub(super) method: String,
    pub(super) params: Value,
}

/// One socket to the browser. What was made through it is disposed of with it.
#[derive(Debug)]
pub(super) struct Connection {
    out: mpsc::UnboundedSender<Message>,
    state: Arc<State>,
    next: AtomicU64,
    tasks: [JoinHandle<()>; 2],
    // Last: the browser must outlive what speaks to it.
    _browser: Arc<Chromium>,
}

type Answer = Result<Value, String>;

#[derive(Debug)]
struct State {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    events: Mutex<Vec<Event>>,
    told: watch::Sender<usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    pub(super) async fn open(browser: Arc<Chromium>) -> Result<Self, BrowserError> {
        let lost = |error: &dyn std::fmt::Display| BrowserError::Connection(error.to_string());
        let mut config = WebSocketConfig::default();
        // A screenshot comes in one message.
        config.max_message_size = Some(64 << 20);
        config.max_frame_size = Some(64 << 20);
        let opened =
            tokio_tungstenite::connect_async_with_config(browser.endpoint(), Some(config), true).await;
        let (socket, _) = opened.map_err(|error| lost(&error))?;
        let (mut sink, mut stream) = socket.split();
        let (out, mut queue) = mpsc::unbounded_channel::<Message>();
        let state = Arc::new(State {
            waiting: Mutex::default(),
            events: Mutex::default(),
            told: watch::Sender::new(0),
        });
        let writer = tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let inbox = Arc::clone(&state);
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    inbox.take(serde_json::from_str(text.as_str()).unwrap_or_default());
                }
            }
            // Whoever still waits learns that nothing will come.
            lock(&inbox.waiting).clear();
        });
        Ok(Self { out, state, next: AtomicU64::new(1), tasks: [writer, reader], _browser: browser })
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn command(
        &self,
        session: &str,
        method: &str,
        params: Value,
    ) -> Result<Value, BrowserError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let (answer, answered) = oneshot::channel();
        lock(&self.state.waiting).insert(id, answer);
        let gone = || BrowserError::Connection(format!("while waiting for {method}"));
        self.out.send(Message::text(message.to_string())).map_err(|_| gone())?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(message))) => Err(BrowserError::Command { method: method.to_owned(), message }),
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(BrowserError::Timeout { what: method.to_owned(), page: session.to_owned() }),
        }
    }

    /// How many events there have been: what is to be waited for comes after.
    pub(super) fn mark(&self) -> usize {
        lock(&self.state.events).len()
    }

    /// Events of a session since a mark.
    pub(super) fn since(&self, mark: usize, session: &str) -> Vec<Event> {
        let events = lock(&self.state.events);
        events.iter().skip(mark).filter(|event| event.session == session).cloned().collect()
    }

    /// Resolves when something is told after `mark`.
    pub(super) async fn told_after(&self, mark: usize) {
        let mut told = self.state.told.subscribe();
        // An error means the connection is gone: the next command says so.
        let _ = told.wait_for(|count| *count > mark).await;
    }
}

impl State {
    fn take(&self, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            if let Some(waiting) = lock(&self.waiting).remove(&id) {
                let error = message.pointer("/error/message").and_then(Value::as_str).map(str::to_owned);
                let _ = waiting.send(error.map_or_else(|| Ok(message["result"].take()), Err));
            }
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let event = Event {
            session: text(&message["sessionId"]),
            method: text(&message["method"]),
            params: message["params"].take(),
        };
        let mut events = lock(&self.events);
        events.push(event);
        self.told.send_replace(events.len());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
