//! Where the browser comes back to: a listener on 127.0.0.1 that lives for one sign-in (RFC 8252 §7.3).

use crate::error::printable;
use crate::http::Url;
use crate::secret::Secret;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The longest request head read; a browser's is well below.
const MAX_HEAD: usize = 16 * 1024;
/// How long one connection may take to say what it wants. Browsers open some in advance and say nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections served at a time.
const MAX_OPEN: usize = 16;

/// Why a sign-in in the browser gave no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The answer came from, or names, another issuer (RFC 9207): somebody mixed two sign-ins up.
    #[error("the answer to the sign-in names another server; the sign-in was stopped")]
    Issuer,
    /// No port of this machine could be used.
    #[error("cannot listen on 127.0.0.1 for the browser's answer: {0}")]
    Listen(String),
    /// The server said no.
    #[error("the sign-in was refused: {error}{}", detail(.description))]
    Refused {
        /// OAuth error.
        error: String,
        /// One sentence, may be empty.
        description: String,
    },
    /// Nobody finished the sign-in in time.
    #[error("nobody finished the sign-in in the browser in time; run the command again")]
    Timeout,
}

fn detail(description: &str) -> String {
    if description.is_empty() { String::new() } else { format!(" ({description})") }
}

/// What a true answer must carry.
#[derive(Clone)]
pub struct Expected {
    /// The `state` of the request, which nobody else knows.
    pub state: String,
    /// The issuer the person was sent to.
    pub issuer: String,
}

/// A listener on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Starts listening.
    ///
    /// # Errors
    ///
    /// [`SignInError::Listen`].
    pub async fn bind() -> Result<Self, SignInError> {
        let fail = |error: std::io::Error| SignInError::Listen(error.to_string());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        Ok(Self { listener, port })
    }

    /// The redirect URI to ask for.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits for the answer that carries the expected `state`. Anything else is answered and ignored: another
    /// page or program on this machine must be able neither to end the sign-in nor to slip in a code of its own.
    ///
    /// # Errors
    ///
    /// [`SignInError`].
    pub async fn wait(self, expected: Expected, within: Duration) -> Result<Secret, SignInError> {
        timeout(within, self.serve(expected)).await.unwrap_or(Err(SignInError::Timeout))
    }

    async fn serve(self, expected: Expected) -> Result<Secret, SignInError> {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if open.len() < MAX_OPEN => match accepted {
                    Ok((stream, _)) => {
                        let (expected, port) = (expected.clone(), self.port);
                        open.spawn(async move { timeout(PATIENCE, talk(stream, &expected, port)).await });
                    }
                    Err(error) => return Err(SignInError::Listen(error.to_string())),
                },
                Some(done) = open.join_next() => {
                    if let Ok(Ok(Some(outcome))) = done {
                        return outcome;
                    }
                }
            }
        }
    }
}

/// Serves one connection; says the outcome if the connection brought it.
async fn talk(mut stream: TcpStream, expected: &Expected, port: u16) -> Option<Result<Secret, SignInError>> {
    let head = read_head(&mut stream).await?;
    let (status, text, outcome) = match judge(&head, expected, port) {
        Verdict::Ignore(status) => (status, "This address only takes the answer to a sign-in.", None),
        Verdict::Done(Ok(code)) => {
            ("200 OK", "You are signed in. You can close this window.", Some(Ok(code)))
        }
        Verdict::Done(Err(error)) => {
            let text = "The sign-in did not succeed. Go back to the program you came from.";
            ("400 Bad Request", text, Some(Err(error)))
        }
    };
    let page = page(status, text);
    // Whether the page arrives does not change what was decided.
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
    outcome
}

async fn read_head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(2048);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            // Cut: what is missing is the end, so the judge refuses it.
            return Some(head);
        }
        let mut chunk = [0; 2048];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => head.extend_from_slice(&chunk[..n]),
        }
    }
    Some(head)
}

/// A page with nothing of the request in it, so nothing can be injected.
fn page(status: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content=\"light dark\">\
         <meta name=viewport content=\"width=device-width\"><title>Passband</title>\
         <h1>Passband</h1><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[derive(Debug)]
enum Verdict {
    /// Not the answer; say this status.
    Ignore(&'static str),
    /// The answer.
    Done(Result<Secret, SignInError>),
}

const BAD: Verdict = Verdict::Ignore("400 Bad Request");

/// Whether a request is the answer to the sign-in.
fn judge(head: &[u8], expected: &Expected, port: u16) -> Verdict {
    let Some(head) = std::str::from_utf8(head).ok().and_then(|head| head.split_once("\r\n\r\n")) else {
        return BAD;
    };
    let mut lines = head.0.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (request.next(), request.next(), request.next(), request.next())
    else {
        return BAD;
    };
    if !version.starts_with("HTTP/1.") {
        return BAD;
    }
    // DNS rebinding: a page whose name was made to point here still sends its own name.
    let mut hosts =
        lines.filter_map(|line| line.split_once(':')).filter(|(k, _)| k.eq_ignore_ascii_case("host"));
    let host = hosts.next().map(|(_, value)| value.trim());
    if host != Some(&format!("127.0.0.1:{port}")) || hosts.next().is_some() {
        return BAD;
    }
    if method != "GET" {
        return Verdict::Ignore("405 Method Not Allowed");
    }
    if target != "/" && !target.starts_with("/?") {
        return Verdict::Ignore("404 Not Found");
    }
    match Url::parse(&format!("http://127.0.0.1{target}")) {
        Ok(url) => answer(&url, expected),
        Err(_) => BAD,
    }
}

fn answer(url: &Url, expected: &Expected) -> Verdict {
    let [mut code, mut state, mut iss, mut error, mut description] = [const { None::<String> }; 5];
    for (name, value) in url.query_pairs() {
        let slot = match &*name {
            "code" => &mut code,
            "state" => &mut state,
            "iss" => &mut iss,
            "error" => &mut error,
            "error_description" => &mut description,
            _ => continue,
        };
        // RFC 6749 §3.1: once. Twice is two readers seeing two answers.
        if slot.replace(value.into_owned()).is_some() {
            return BAD;
        }
    }
    if state.as_deref() != Some(expected.state.as_str()) {
        return BAD;
    }
    if iss.as_deref() != Some(expected.issuer.as_str()) {
        return Verdict::Done(Err(SignInError::Issuer));
    }
    match (code, error) {
        (Some(code), None) if !code.is_empty() && code.len() <= 8192 => Verdict::Done(Ok(Secret::new(code))),
        (None, Some(error)) => Verdict::Done(Err(SignInError::Refused {
            error: printable(&error, 64),
            description: printable(&description.unwrap_or_default(), 400),
        })),
        _ => BAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 49152;

    fn expected() -> Expected {
        Expected { state: "the-state".to_owned(), issuer: "http://localhost:8480".to_owned() }
    }

    fn get(target: &str) -> Verdict {
        let head = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n");
        judge(head.as_bytes(), &expected(), PORT)
    }

    const ISS: &str = "iss=http%3A%2F%2Flocalhost%3A8480";

    #[test]
    fn the_answer_with_state_and_issuer_brings_the_code() {
        let verdict = get(&format!("/?code=a.b-c_d&state=the-state&{ISS}&session_state=x"));
        let Verdict::Done(Ok(code)) = verdict else { panic!("{verdict:?}") };
        assert_eq!(code.expose(), "a.b-c_d");
    }

    #[test]
    fn an_answer_without_the_state_changes_nothing() {
        for target in [
            format!("/?code=x&{ISS}"),
            format!("/?code=x&state=&{ISS}"),
            format!("/?code=x&state=the-stat&{ISS}"),
            format!("/?code=x&state=the-state2&{ISS}"),
            format!("/?code=x&state=THE-STATE&{ISS}"),
            format!("/?error=access_denied&state=other&{ISS}"),
            format!("/?code=x&state=other&state=the-state&{ISS}"),
            format!("/?code=x&code=y&state=the-state&{ISS}"),
            format!("/?code=x&error=e&state=the-state&{ISS}"),
            format!("/?code=&state=the-state&{ISS}"),
            format!("/?state=the-state&{ISS}"),
            "/".to_owned(),
        ] {
            assert!(matches!(get(&target), Verdict::Ignore("400 Bad Request")), "{target}");
        }
    }

    #[test]
    fn another_issuer_or_none_ends_the_sign_in() {
        for iss in
            ["", "&iss=http%3A%2F%2Flocalhost%3A8481", "&iss=http%3A%2F%2Flocalhost%3A8480%2F", "&iss="]
        {
            let verdict = get(&format!("/?code=x&state=the-state{iss}"));
            assert!(matches!(verdict, Verdict::Done(Err(SignInError::Issuer))), "{iss}");
        }
    }

    #[test]
    fn a_refusal_is_told_without_its_escapes() {
        let verdict =
            get(&format!("/?error=access_denied&error_description=no%1B%5B2J&state=the-state&{ISS}"));
        let Verdict::Done(Err(error)) = verdict else { panic!("{verdict:?}") };
        assert_eq!(error.to_string(), "the sign-in was refused: access_denied (no[2J)");
    }

    #[test]
    fn what_is_no_such_request_is_refused() {
        let good = format!("/?code=x&state=the-state&{ISS}");
        let with =
            |line: &str, host: &str| judge(format!("{line}\r\n{host}\r\n\r\n").as_bytes(), &expected(), PORT);
        let host = format!("Host: 127.0.0.1:{PORT}");
        assert!(matches!(with(&format!("GET {good} HTTP/1.1"), &host), Verdict::Done(Ok(_))));
        for (line, host) in [
            (format!("GET {good} HTTP/1.1"), "Host: evil.example".to_owned()),
            (format!("GET {good} HTTP/1.1"), format!("Host: localhost:{PORT}")),
            (format!("GET {good} HTTP/1.1"), "X: y".to_owned()),
            (format!("GET {good} HTTP/1.1"), format!("{host}\r\n{host}")),
            (format!("POST {good} HTTP/1.1"), host.clone()),
            (format!("GET /favicon.ico{good} HTTP/1.1"), host.clone()),
            (format!("GET /{good} HTTP/1.1"), host.clone()),
            (format!("GET http://127.0.0.1:{PORT}{good} HTTP/1.1"), host.clone()),
            (format!("GET {good} HTTP/2"), host.clone()),
            (format!("GET {good}"), host.clone()),
            (format!("GET  {good} HTTP/1.1"), host.clone()),
            (String::new(), host.clone()),
        ] {
            assert!(matches!(with(&line, &host), Verdict::Ignore(_)), "{line} {host}");
        }
        assert!(matches!(judge(b"\xff\xfe\r\n\r\n", &expected(), PORT), Verdict::Ignore(_)));
        assert!(matches!(judge(b"GET / HTTP/1.1\r\n", &expected(), PORT), Verdict::Ignore(_)));
    }

    async fn send(port: u16, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // The listener may hang up in the middle of too long a request: that is the point.
        let _ = stream.write_all(bytes).await;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        String::from_utf8_lossy(&reply).into_owned()
    }

    #[tokio::test]
    async fn only_the_true_answer_ends_the_wait() {
        let loopback = Loopback::bind().await.unwrap();
        let port = loopback.port;
        let waiting = tokio::spawn(loopback.wait(expected(), Duration::from_secs(30)));
        // As browsers do: a connection that never speaks must not keep the answer out.
        let _silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let host = format!("Host: 127.0.0.1:{port}\r\n\r\n");
        let wrong =
            send(port, format!("GET /?code=evil&state=guess&{ISS} HTTP/1.1\r\n{host}").as_bytes()).await;
        assert!(wrong.starts_with("HTTP/1.1 400 "), "{wrong}");
        let oversized = format!("GET /?code={} HTTP/1.1\r\n{host}", "a".repeat(MAX_HEAD * 2));
        send(port, oversized.as_bytes()).await;
        send(port, b"\0\0\0\0\r\n\r\n").await;
        assert!(!waiting.is_finished());
        let right =
            send(port, format!("GET /?code=good&state=the-state&{ISS} HTTP/1.1\r\n{host}").as_bytes()).await;
        assert!(right.starts_with("HTTP/1.1 200 ") && right.contains("You can close this window"), "{right}");
        assert!(!right.contains("good"), "nothing of the request is in the page");
        assert_eq!(waiting.await.unwrap().unwrap().expose(), "good");
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let loopback = Loopback::bind().await.unwrap();
        let outcome = loopback.wait(expected(), Duration::from_millis(1)).await;
        assert_eq!(outcome.unwrap_err(), SignInError::Timeout);
    }
}
