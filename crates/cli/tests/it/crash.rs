//! Pull the plug: kill -9 in the middle of a sign-in storm. What was acknowledged is there afterwards, and
//! nothing that was used once can be used again.

use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::rng::SystemRandom;
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The broker's client: built in, public, with a loopback redirect URI.
const CLIENT: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const REDIRECT: &str = "http://127.0.0.1:9/";

/// A server of its own process, killed when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    setup: Option<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn start(data: &Path, port: u16, database: Option<&str>) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passband"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().expect("the server says where it is").unwrap();
    let url = first.rsplit(' ').next().unwrap().to_owned();
    // With nobody set up the link follows after a blank line, a sentence and another; otherwise nothing does.
    let setup = wait_for_link(lines);
    Server { child, url, setup }
}

fn wait_for_link(lines: std::io::Lines<BufReader<std::process::ChildStdout>>) -> Option<String> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some((_, token)) = line.split_once("/setup?token=") {
                let _ = send.send(token.trim().to_owned());
            }
        }
    });
    receive.recv_timeout(Duration::from_secs(2)).ok()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn client() -> Client {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().tls_certs_only([]);
    builder.timeout(Duration::from_secs(10)).build().unwrap()
}

/// Something the server acknowledged: the whole request that did it, and the cookie that came back.
struct Acknowledged {
    body: Value,
    asker: String,
    session: String,
}

async fn post(
    http: &Client,
    server: &str,
    path: &str,
    cookie: &str,
    body: &Value,
) -> reqwest::Result<reqwest::Response> {
    let request =
        http.post(format!("{server}{path}")).header(header::ORIGIN, server).header(header::COOKIE, cookie);
    request.json(body).send().await
}

fn cookie(response: &reqwest::Response, name: &str) -> Option<String> {
    let lines = response.headers().get_all(header::SET_COOKIE).iter();
    let pair =
        lines.filter_map(|line| line.to_str().ok()?.split(';').next()).find(|pair| pair.starts_with(name))?;
    Some(pair.to_owned())
}

/// One sign-in; `None` if the server went away in the middle.
async fn sign_in(http: &Client, server: &str, passkeys: &SoftAuthenticator) -> Option<Acknowledged> {
    let begun = post(http, server, "/ceremony/sign-in/options", "", &json!({})).await.ok()?;
    let asker = cookie(&begun, "passband_asker")?;
    let options: Value = begun.json().await.ok()?;
    let credential = passkeys.get(&options["publicKey"], server, &SystemRandom).unwrap();
    let body = json!({ "ceremony": options["ceremony"], "credential": credential });
    let done = post(http, server, "/ceremony/sign-in", &asker, &body).await.ok()?;
    assert_eq!(done.status(), StatusCode::OK, "an honest sign-in is granted");
    Some(Acknowledged { session: cookie(&done, "passband_session")?, body, asker })
}

/// A code for a session, redeemed; the form that did it.
async fn redeem(http: &Client, server: &str, session: &str) -> Option<Vec<(&'static str, String)>> {
    let verifier = pkce::verifier(&SystemRandom);
    let query = [
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid offline_access"),
        ("code_challenge", &Challenge::of(&verifier).to_string()),
        ("code_challenge_method", "S256"),
    ];
    let request = http.get(format!("{server}/authorize")).query(&query).header(header::COOKIE, session);
    let answer = request.send().await.ok()?;
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?.to_owned();
    let code = location.split("code=").nth(1)?.split('&').next()?.to_owned();
    let form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", CLIENT.to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("code", code),
        ("code_verifier", verifier),
    ];
    let reply = http.post(format!("{server}/token")).form(&form).send().await.ok()?;
    reply.status().is_success().then_some(form)
}

async fn storm_and_kill(data: &Path, database: Option<&str>) {
    let port = free_port();
    let mut server = start(data, port, database);
    let http = client();
    let mut passkeys = SoftAuthenticator::new(Model::synced());
    let ask = json!({ "setup": server.setup, "userPrincipalName": "ada@localhost", "displayName": "Ada" });
    let begun = post(&http, &server.url, "/ceremony/register/options", "", &ask).await.unwrap();
    let asker = cookie(&begun, "passband_asker").unwrap();
    let options: Value = begun.json().await.unwrap();
    let credential = passkeys.create(&options["publicKey"], &server.url, &SystemRandom).unwrap();
    let body = json!({ "ceremony": options["ceremony"], "credential": credential, "name": "key" });
    let made = post(&http, &server.url, "/ceremony/register", &asker, &body).await.unwrap();
    assert_eq!(made.status(), StatusCode::OK);

    let passkeys = Arc::new(passkeys);
    let signed_in = Arc::new(Mutex::new(Vec::new()));
    let redeemed = Arc::new(Mutex::new(Vec::new()));
    let storm: Vec<_> = (0..16)
        .map(|_| {
            let (http, url, passkeys) = (client(), server.url.clone(), Arc::clone(&passkeys));
            let (signed_in, redeemed) = (Arc::clone(&signed_in), Arc::clone(&redeemed));
            tokio::spawn(async move {
                while let Some(acknowledged) = sign_in(&http, &url, &passkeys).await {
                    let form = redeem(&http, &url, &acknowledged.session).await;
                    signed_in.lock().unwrap().push(acknowledged);
                    match form {
                        Some(form) => redeemed.lock().unwrap().push(form),
                        None => break,
                    }
                }
            })
        })
        .collect();
    // The plug is pulled once enough was acknowledged, whatever is under way then.
    while signed_in.lock().unwrap().len() < 60 {
        assert!(storm.iter().any(|task| !task.is_finished()), "the storm died down by itself");
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    for task in storm {
        task.await.unwrap();
    }

    let server = start(data, port, database);
    assert_eq!(server.setup, None, "the administrator is still there");
    let signed_in = std::mem::take(&mut *signed_in.lock().unwrap());
    for acknowledged in signed_in.iter() {
        let account =
            http.get(format!("{}/account", server.url)).header(header::COOKIE, &acknowledged.session);
        let status = account.send().await.unwrap().status();
        assert_eq!(status, StatusCode::OK, "an acknowledged session survives");
        let again =
            post(&http, &server.url, "/ceremony/sign-in", &acknowledged.asker, &acknowledged.body).await;
        assert_eq!(again.unwrap().status(), StatusCode::BAD_REQUEST, "an answered ceremony answers no more");
    }
    let redeemed = std::mem::take(&mut *redeemed.lock().unwrap());
    assert!(!redeemed.is_empty());
    for form in redeemed.iter() {
        let again = http.post(format!("{}/token", server.url)).form(form).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::BAD_REQUEST, "a redeemed code is redeemed no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_acknowledged_and_repeats_nothing_on_sqlite() {
    let scratch = super::Scratch::new("crash");
    storm_and_kill(&scratch.0, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_acknowledged_and_repeats_nothing_on_postgresql() {
    let Ok(url) = std::env::var("PASSBAND_TEST_PG") else {
        assert!(std::env::var_os("PASSBAND_REQUIRE_PG").is_none(), "PASSBAND_TEST_PG must name a PostgreSQL");
        return;
    };
    let scratch = super::Scratch::new("crash-pg");
    // A database of its own; it goes with the cluster.
    let name = format!("crash_{}", std::process::id());
    let made = Command::new("psql")
        .args([url.as_str(), "-qc", &format!("CREATE DATABASE {name}")])
        .status()
        .unwrap();
    assert!(made.success(), "psql makes a database");
    let (server, _) = url.rsplit_once('/').unwrap();
    storm_and_kill(&scratch.0, Some(&format!("{server}/{name}"))).await;
}
