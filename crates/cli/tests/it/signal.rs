//! Signals between real processes: administered from the command line, and none lost to kill -9.

use crate::crash::{Server, client, free_port, start};
use crate::{Run, Scratch, passband};
use passband_wire::b64;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A receiver: until it answers it takes what it is sent, says nothing, and keeps the connection.
struct Receiver {
    url: String,
    answers: Arc<AtomicBool>,
    /// Tokens by whether they were answered.
    seen: Arc<Mutex<Vec<(bool, String)>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let (answers, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (does, keeps) = (Arc::clone(&answers), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (does, keeps) = (Arc::clone(&does), Arc::clone(&keeps));
                std::thread::spawn(move || serve(stream, &does, &keeps));
            }
        });
        Self { url, answers, seen }
    }

    /// What came: for each person the names of the events, of those that were answered or of the others.
    fn events(&self, answered: bool) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::<_, BTreeSet<_>>::new();
        for (_, token) in self.seen.lock().unwrap().iter().filter(|(did, _)| *did == answered) {
            let bytes = b64::decode(token.split('.').nth(1).unwrap(), 8192).unwrap();
            let claims: Value = serde_json::from_slice(&bytes).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            all.entry(text(&claims["sub_id"]["sub"])).or_default().insert(text(&claims["jti"]));
        }
        all
    }
}

fn serve(mut stream: TcpStream, answers: &AtomicBool, seen: &Mutex<Vec<(bool, String)>>) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase();
        let length: usize = length.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
        if body.len() < length {
            continue;
        }
        let does = answers.load(Ordering::SeqCst);
        seen.lock().unwrap().push((does, body.to_owned()));
        if does {
            stream.write_all(b"HTTP/1.1 202 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
            return Some(());
        }
        // Until the other side is gone.
        while stream.read(&mut chunk).ok()? > 0 {}
        return None;
    }
}

fn admin(server: &Server, data: &str, args: &[&str]) -> Run {
    passband(&[&["admin", "--url", &server.url, "--data", data, "--output", "json"], args].concat())
}

fn done(run: &Run) -> Value {
    assert_eq!(run.exit, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_event_that_waits() {
    let scratch = Scratch::new("signals");
    let (data, port, receiver) = (scratch.path("data"), free_port(), Receiver::start());
    let mut server = start(data.as_ref(), port, None);
    let create = ["signal", "create", "SIEM", "--audience", "https://siem.example.org"];
    let create = [&create[..], &["--push-url", &receiver.url]].concat();
    let credential = done(&admin(&server, &data, &create))["credential"].as_str().unwrap().to_owned();
    let delivery = json!({ "method": "urn:ietf:rfc:8935", "endpoint_url": receiver.url });
    let made = client()
        .post(format!("{}/ssf/streams", server.url))
        .bearer_auth(&credential)
        .json(&json!({ "events_requested": [REVOKED], "delivery": delivery }));
    assert_eq!(made.send().await.unwrap().status().as_u16(), 201);

    let people: BTreeSet<String> = (0..8)
        .map(|n| {
            let person =
                done(&admin(&server, &data, &["user", "create", &format!("p{n}@localhost"), "--name", "P"]));
            person["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let token = done(&admin(&server, &data, &["token"]))["token"].as_str().unwrap().to_owned();
    for id in &people {
        let revoke = format!("{}/v1.0/users/{id}/revokeSignInSessions", server.url);
        let reply = client().post(revoke).bearer_auth(&token).json(&json!({})).send().await.unwrap();
        assert!(reply.status().is_success(), "acknowledged: it must not be forgotten");
    }
    until("one is under way", || !receiver.events(false).is_empty()).await;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert!(receiver.events(true).is_empty(), "none was taken");

    receiver.answers.store(true, Ordering::SeqCst);
    let server = start(data.as_ref(), port, None);
    until("each is told after the start", || receiver.events(true).len() == people.len()).await;
    let told = receiver.events(true);
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), people);
    // What was under way comes again under the name it had, by which a receiver knows it.
    for (person, names) in receiver.events(false) {
        assert_eq!(told[&person], names);
    }
    until("nothing waits any more", || {
        done(&admin(&server, &data, &["signal", "list"]))["value"][0]["waitingCount"] == 0
    })
    .await;
}

#[test]
fn transmitters_are_added_listed_and_removed() {
    let scratch = Scratch::new("transmitters");
    let data = scratch.path("data");
    let server = start(data.as_ref(), free_port(), None);
    let file = scratch.path("keys.json");
    let x = b64::encode([1; 32]);
    std::fs::write(
        &file,
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k", "x": x, "y": x }] }).to_string(),
    )
    .unwrap();
    let add = |more: &[&str]| {
        let args = ["signal", "transmitter", "add", "MDM", "--issuer", "https://mdm.example.com", "--jwks"];
        admin(&server, &data, &[&args[..], &[&file], more].concat())
    };
    assert_eq!(add(&[]).exit, 2, "it has to be registered for something");
    assert_eq!(add(&["--session-revocation", "--may-raise"]).exit, 2, "nothing of devices, and raise them?");
    let bad = add(&["--device-compliance"]);
    assert_eq!(bad.exit, 1, "that is no point of the curve: {}", bad.stdout);
    let key = passband_wire::jose::jws::SigningKey::generate_pkcs8().unwrap();
    let key = passband_wire::jose::jws::SigningKey::from_pkcs8(&key).unwrap();
    let jwk = passband_wire::jose::jwk::Jwk::from_point(key.public_point(), "k").unwrap();
    std::fs::write(&file, json!({ "keys": [jwk] }).to_string()).unwrap();
    let made = done(&add(&["--device-compliance"]));
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["endpoint"], format!("{}/ssf/receive/{id}", server.url));
    assert_eq!(
        (&made["deviceCompliance"], &made["sessionRevocation"], &made["mayRaise"]),
        (&json!(true), &json!(false), &json!(false))
    );
    let list = || done(&admin(&server, &data, &["signal", "transmitter", "list"]))["value"].clone();
    let listed = list();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &made["id"]));
    assert_eq!(
        done(&admin(&server, &data, &["signal", "transmitter", "remove", id])),
        json!({ "deleted": id })
    );
    assert_eq!(admin(&server, &data, &["signal", "transmitter", "remove", id]).exit, 1);
    assert_eq!(list(), json!([]));
}

#[test]
fn an_application_is_made_with_its_logout_address() {
    let scratch = Scratch::new("backchannel");
    let data = scratch.path("data");
    let server = start(data.as_ref(), free_port(), None);
    let create = |uri: &str| {
        let wiki = ["app", "create", "Wiki", "--redirect-uri", "https://wiki.example.com/cb"];
        admin(&server, &data, &[&wiki[..], &["--backchannel-logout-uri", uri]].concat())
    };
    let uri = "https://wiki.example.com/ended";
    assert_eq!(done(&create(uri))["passband_backchannelLogoutUri"], uri);
    // Whose address it is cannot be seen on the way there, without TLS.
    assert_eq!(create("http://wiki.example.com/ended").exit, 1);
}
