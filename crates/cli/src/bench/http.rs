//! One connection that is kept: a request, then its whole answer.

use hyper::body::{Body as _, Bytes};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::net::TcpStream;

/// What went wrong, in a sentence.
pub(super) type Fault = String;

/// The longest answer read.
const MAX_ANSWER: usize = 1024 * 1024;

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A connection to the server.
#[derive(Debug)]
pub(super) struct Connection(SendRequest<String>);

impl Connection {
    /// Connects; must be called within a local set, where the connection's own task runs.
    pub(super) async fn open(at: SocketAddr) -> Result<Self, Fault> {
        let fail = |error: &dyn std::fmt::Display| format!("cannot connect: {error}");
        let stream = TcpStream::connect(at).await.map_err(|error| fail(&error))?;
        stream.set_nodelay(true).map_err(|error| fail(&error))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| fail(&error))?;
        // A connection that breaks fails the request on it, which says so.
        tokio::task::spawn_local(async move { drop(connection.await) });
        Ok(Self(sender))
    }

    /// Sends a request and reads its answer.
    pub(super) async fn send(&mut self, request: Request<String>) -> Result<Answer, Fault> {
        let fail = |error: hyper::Error| format!("a request failed: {error}");
        self.0.ready().await.map_err(fail)?;
        let (parts, body) = self.0.send_request(request).await.map(Response::into_parts).map_err(fail)?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: whole(body).await? })
    }
}

async fn whole(mut body: Incoming) -> Result<Vec<u8>, Fault> {
    let mut all = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data: Bytes = match frame.map_err(|error| format!("an answer broke off: {error}"))?.into_data() {
            Ok(data) => data,
            Err(_) => continue,
        };
        if all.len() + data.len() > MAX_ANSWER {
            return Err("an answer is too long".to_owned());
        }
        all.extend_from_slice(&data);
    }
    Ok(all)
}

/// A request with a body, from `passband-bench`.
pub(super) fn post(path: &str, kind: &str, body: String) -> Result<Request<String>, Fault> {
    Request::post(path)
        .header("host", "localhost")
        .header("user-agent", "passband-bench")
        .header("content-type", kind)
        .body(body)
        .map_err(|error| format!("a request cannot be made: {error}"))
}

/// A form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// JSON.
pub(super) const JSON: &str = "application/json";

impl Answer {
    /// The answer, if it is good; otherwise what it says.
    pub(super) fn good(self) -> Result<Self, Fault> {
        if self.status == 200 {
            return Ok(self);
        }
        let text: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        Err(format!("the server answered {}: {text}", self.status))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|error| format!("an answer is not the JSON expected: {error}"))
    }
}
