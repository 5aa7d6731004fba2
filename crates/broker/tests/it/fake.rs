//! A server of a few lines that answers as a test tells it to, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    /// Method and path, without the query.
    pub(crate) fn target(&self) -> String {
        let mut words = self.line.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        format!("{method} {}", path.split('?').next().unwrap())
    }

    /// A field of the form in the body.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://h/?{}", self.body)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// An answer: status, further header lines, body.
pub(crate) struct Answer(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Answer {
    pub(crate) fn json(value: &impl serde::Serialize) -> Self {
        Self(200, vec![], serde_json::to_string(value).unwrap())
    }

    pub(crate) fn refuse(error: &str, code: u32) -> Self {
        Self(400, vec![], serde_json::json!({ "error": error, "error_codes": [code] }).to_string())
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.1.push((name, value.to_owned()));
        self
    }
}

type Handler = Box<dyn FnMut(&Request) -> Answer + Send>;

/// The server; it lives as long as the test's runtime.
pub(crate) struct Fake {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    /// Starts it. `handler` is told the server's address and makes the function that answers.
    pub async fn start<F>(handler: impl FnOnce(String) -> F) -> Self
    where
        F: FnMut(&Request) -> Answer + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let handler: Handler = Box::new(handler(url.clone()));
        let (handler, seen) = (Arc::new(Mutex::new(handler)), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&log)));
            }
        });
        Self { url, seen }
    }

    /// What it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and path of what it was asked so far.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.seen().iter().map(Request::target).collect()
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Mutex<Handler>>, log: Arc<Mutex<Vec<Request>>>) {
    let Some(request) = read(&mut stream).await else { return };
    log.lock().unwrap().push(request.clone());
    let Answer(status, headers, body) = (handler.lock().unwrap())(&request);
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).await.unwrap();
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.split("\r\n");
            let line = lines.next()?.to_owned();
            let headers: HashMap<_, _> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Request { line, headers, body: body.to_owned() });
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await.ok()? {
            0 => return None,
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}
