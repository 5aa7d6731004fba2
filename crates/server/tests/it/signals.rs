//! What is told to receivers and applications, and when.

use crate::device::Device;
use crate::revocation::{Client, admin};
use crate::world::{NOW, Reply, World};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::post;
use passband_core::change::Change;
use passband_core::id::{DeviceId, StreamId, TransmitterId};
use passband_core::manage::app::secret_hash;
use passband_core::rng::SystemRandom;
use passband_core::signals::receive::Transmitter;
use passband_core::signals::stream::{
    MOST_WAITING, Method as Delivery, Stream, StreamStatus, Target, Waiting,
};
use passband_core::time::{Seconds, Timestamp};
use passband_server::signals::deliver;
use passband_wire::b64;
use passband_wire::jose::jwk::{Jwk, JwkSet};
use passband_wire::jose::jws::{Header, SigningKey};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

/// A server on this machine that takes what it is sent, or answers as it is told.
pub struct Receiver {
    pub url: String,
    pub answer: Arc<AtomicU16>,
    pub taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let (answer, taken) = (Arc::new(AtomicU16::new(202)), Arc::new(Mutex::new(Vec::new())));
        let (says, keeps) = (Arc::clone(&answer), Arc::clone(&taken));
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let status = StatusCode::from_u16(says.load(Ordering::SeqCst)).unwrap();
            if status.is_success() {
                keeps.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
            }
            status
        };
        let router = Router::new().route("/events", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answer, taken }
    }

    pub fn take(&self) -> Vec<(HeaderMap, String)> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }

    /// The claims of what was pushed.
    pub fn events(&self) -> Vec<Value> {
        self.take().iter().map(|(_, body)| claims(body)).collect()
    }
}

/// The claims of a token whose signature another test looks at.
pub fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&b64::decode(body, 8192).unwrap()).unwrap()
}

/// A receiver that wants everything pushed.
pub async fn stream(world: &World, url: &str) -> StreamId {
    let stream = Stream {
        id: StreamId::generate(&SystemRandom),
        name: "SIEM".to_owned(),
        audience: "https://siem.example.org".to_owned(),
        secret_hash: secret_hash(url),
        push_url: url.to_owned(),
        status: StreamStatus::Enabled,
        reason: String::new(),
        method: Delivery::Push,
        authorization: Vec::new(),
        events: 0xff,
        description: String::new(),
        created: world.now(),
        revision: 0,
        verified: Timestamp(0),
    };
    let id = stream.id;
    world.app.commit(vec![Change::InsertStream(Box::new(stream))]).await.unwrap();
    id
}

fn kind(event: &Value) -> String {
    let name = event["events"].as_object().unwrap().keys().next().unwrap().clone();
    name.rsplit(['/', ':']).next().unwrap().to_owned()
}

#[tokio::test]
async fn a_change_is_pushed_with_its_subject() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    stream(&world, &receiver.url).await;
    let (person, _) = world.user("Ada").await;
    deliver::once(&world.app).await;
    let born: Vec<_> = receiver.events().iter().map(kind).collect();
    // The pass that let her in ended with its session; then came the passkey.
    assert!(born.contains(&"credential-change".to_owned()), "{born:?}");
    let path = format!("/v1.0/users/{}/revokeSignInSessions", person.user.id);
    assert!(admin(&world, Method::POST, &path, "").await.status.is_success());
    deliver::once(&world.app).await;
    let taken = receiver.take();
    assert_eq!(taken.len(), 1);
    let (headers, token) = &taken[0];
    assert_eq!(headers["content-type"], "application/secevent+jwt");
    assert_eq!(headers["accept"], "application/json");
    assert!(world.app.keys().tokens.verify("secevent+jwt", token).is_ok());
    // Of all kinds of tokens there are it is this one only.
    assert!(world.app.keys().tokens.verify("at+jwt", token).is_err());
    let event = claims(token);
    assert_eq!(kind(&event), "session-revoked");
    assert_eq!(event["iss"], world.app.issuer());
    assert_eq!(event["aud"], "https://siem.example.org");
    let subject =
        json!({ "format": "iss_sub", "iss": world.app.issuer(), "sub": person.user.id.to_string() });
    assert_eq!(event["sub_id"], subject);
    for absent in ["sub", "exp", "nonce"] {
        assert!(event.get(absent).is_none(), "{absent}: RFC 8417, SSF");
    }
    deliver::once(&world.app).await;
    assert!(receiver.take().is_empty(), "what was taken is not sent again");
}

#[tokio::test]
async fn a_refused_change_tells_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let id = stream(&world, &receiver.url).await;
    let (person, _) = world.user("Ada").await;
    deliver::once(&world.app).await;
    receiver.take();
    let at = world.now();
    let end = Change::EndSessionsOf { user: person.user.id, at };
    let stale = Change::RequireTrust { generation: 99 };
    assert!(world.app.commit(vec![end.clone(), stale]).await.is_err());
    assert!(world.app.store.waiting_for(id, 9).await.unwrap().is_empty());
    world.app.commit(vec![end]).await.unwrap();
    assert_eq!(world.app.store.waiting_for(id, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_not_taken_is_told_later_and_stays_the_same() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let id = stream(&world, &receiver.url).await;
    let (person, _) = world.user("Ada").await;
    deliver::once(&world.app).await;
    receiver.take();
    receiver.answer.store(503, Ordering::SeqCst);
    let end = || Change::EndSessionsOf { user: person.user.id, at: world.now() };
    world.app.commit(vec![end()]).await.unwrap();
    deliver::once(&world.app).await;
    let waiting = world.app.store.waiting_for(id, 9).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 1));
    let (_, fared) = world.app.store.streams().await.unwrap().remove(0);
    assert_eq!((fared.waiting, fared.error.as_str()), (1, "answered 503 Service Unavailable"));
    receiver.answer.store(202, Ordering::SeqCst);
    deliver::once(&world.app).await;
    assert!(receiver.take().is_empty(), "not before it is due");
    // As after a crash between sending and noting: the other node finds it, under the same name.
    world.pass(Seconds(2));
    let there = world.twin().await;
    deliver::once(&there.app).await;
    let events = receiver.events();
    assert_eq!(events.len(), 1);
    let jti = passband_core::id::EventId::from_bytes(waiting[0].id).to_string();
    assert_eq!(events[0]["jti"], jti);
    let (_, fared) = world.app.store.streams().await.unwrap().remove(0);
    assert_eq!((fared.waiting, fared.error.as_str(), fared.delivered), (0, "", Some(world.now())));
    assert_eq!(world.now(), NOW + Seconds(2));
}

#[tokio::test]
async fn a_receiver_that_refuses_an_event_does_not_hold_up_the_next() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let id = stream(&world, &receiver.url).await;
    let (person, _) = world.user("Ada").await;
    receiver.answer.store(400, Ordering::SeqCst);
    deliver::once(&world.app).await;
    assert!(
        world.app.store.waiting_for(id, 9).await.unwrap().is_empty(),
        "RFC 8935 2.3: it never will take it"
    );
    receiver.answer.store(202, Ordering::SeqCst);
    world.app.commit(vec![Change::EndSessionsOf { user: person.user.id, at: world.now() }]).await.unwrap();
    deliver::once(&world.app).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let world = World::new().await;
    let elsewhere = Receiver::start().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let leads = [("location", elsewhere.url.clone())];
    let router =
        Router::new().route("/events", post(|| async move { (StatusCode::TEMPORARY_REDIRECT, leads) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let id = stream(&world, &url).await;
    let (_, _) = world.user("Ada").await;
    deliver::once(&world.app).await;
    assert!(elsewhere.take().is_empty(), "an address that nobody has allowed");
    assert!(!world.app.store.waiting_for(id, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_that_does_not_come_fills_nothing() {
    let world = World::new().await;
    let id = stream(&world, "http://127.0.0.1:9/").await;
    let user = world.newcomer("Ada").await;
    let waiting = |n: u32| {
        Change::QueueSignal(Box::new(Waiting {
            target: Target::Stream(id),
            id: u128::from(n).to_be_bytes(),
            body: String::new(),
            user: None,
            at: world.now(),
            due: world.now(),
            attempts: 0,
        }))
    };
    world.app.commit((1..MOST_WAITING).map(waiting).collect()).await.unwrap();
    let end = Change::EndSessionsOf { user: user.id, at: world.now() };
    world.app.commit(vec![end.clone(), end.clone(), end]).await.unwrap();
    let (_, fared) = world.app.store.streams().await.unwrap().remove(0);
    assert_eq!((fared.waiting, fared.dropped), (u64::from(MOST_WAITING), 2));
    assert_eq!(world.app.store.waiting_for(id, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_application_is_told_of_the_end_of_each_session_it_got_tokens_in() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let told = Client::register(&world, Some(receiver.url.clone())).await;
    let (person, _) = world.user("Ada").await;
    let user = format!("/v1.0/users/{}", person.user.id);
    let revoke = format!("{user}/revokeSignInSessions");
    // Each way to end a session: by its person, by an administrator, by disabling, by deleting.
    let ways: [(Method, &str, &str); 3] = [
        (Method::POST, &revoke, ""),
        (Method::PATCH, &user, r#"{"accountEnabled":false}"#),
        (Method::DELETE, &user, ""),
    ];
    for (method, path, body) in ways {
        let mut browser = world.sign_in(&person).await;
        told.tokens(&mut browser).await;
        let session = world.session_of(&browser).unwrap();
        assert!(admin(&world, method, path, body).await.status.is_success());
        deliver::once(&world.app).await;
        let taken = receiver.take();
        assert_eq!(taken.len(), 1, "{path}");
        let form: Vec<_> = form_urlencoded::parse(taken[0].1.as_bytes()).into_owned().collect();
        assert_eq!(form[0].0, "logout_token");
        assert!(world.app.keys().tokens.verify("logout+jwt", &form[0].1).is_ok());
        let claims = claims(&form[0].1);
        assert_eq!(claims["sid"], session.to_string());
        assert_eq!(claims["sub"], person.user.id.to_string());
        assert_eq!(claims["aud"], told.id.to_string());
        assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        assert!(claims.get("nonce").is_none(), "it could pass for an ID token");
        if body.contains("accountEnabled") {
            assert!(
                admin(&world, Method::PATCH, &user, r#"{"accountEnabled":true}"#).await.status.is_success()
            );
        }
    }
    // Nothing is told twice, and nothing of a session without tokens.
    deliver::once(&world.app).await;
    assert!(receiver.take().is_empty());
}

/// An MDM that may say whether devices are compliant, and end sessions.
pub struct Mdm {
    key: SigningKey,
    pub registered: Transmitter,
}

pub async fn transmitter(world: &World, may_raise: bool) -> Mdm {
    let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
    let keys = JwkSet { keys: vec![Jwk::from_point(key.public_point(), "k1").unwrap()] };
    let registered = Transmitter {
        id: TransmitterId::generate(&SystemRandom),
        name: "MDM".to_owned(),
        issuer: "https://mdm.example.org".to_owned(),
        audience: world.app.issuer().to_owned(),
        keys: serde_json::to_string(&keys).unwrap(),
        compliance: true,
        sessions: true,
        may_raise,
        created: world.now(),
    };
    world.app.commit(vec![Change::InsertTransmitter(Box::new(registered.clone()))]).await.unwrap();
    Mdm { key, registered }
}

impl Mdm {
    pub fn sign(&self, world: &World, jti: &str, device: DeviceId, event: Value) -> String {
        self.sign_about(world, jti, &json!({ "format": "opaque", "id": device.to_string() }), &event)
    }

    pub fn sign_about(&self, world: &World, jti: &str, subject: &Value, event: &Value) -> String {
        let claims = json!({
            "iss": self.registered.issuer, "aud": self.registered.audience, "iat": world.now().0, "jti": jti,
            "sub_id": subject, "events": event,
        });
        let mut header = Header::new("ES256", "secevent+jwt");
        header.kid = Some("k1".to_owned());
        self.key.sign(&header, &claims).unwrap()
    }

    pub async fn send(&self, world: &World, token: &str) -> Reply {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/ssf/receive/{}", self.registered.id))
            .header("content-type", "application/secevent+jwt")
            .body(Body::from(token.to_owned()))
            .unwrap();
        world.browser().send(request).await
    }
}

pub fn compliance(status: &str) -> Value {
    json!({ "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change": { "current_status": status } })
}

#[tokio::test]
async fn a_signal_lowers_a_device_and_ends_its_sessions_once() {
    let world = World::new().await;
    let mdm = transmitter(&world, false).await;
    let (person, _) = world.user("Ada").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    let path = format!("/v1.0/devices/{}", device.id);
    let shown = async || admin(&world, Method::GET, &path, "").await.json()["isCompliant"].clone();
    assert!(admin(&world, Method::PATCH, &path, r#"{"isCompliant":true}"#).await.status.is_success());

    let bad = mdm.sign(&world, "1", device.id, compliance("not-compliant"));
    assert_eq!(mdm.send(&world, &bad).await.status, StatusCode::ACCEPTED);
    assert_eq!(shown().await, false);
    // A replay of an older word, after an administrator said otherwise, says nothing any more.
    assert!(admin(&world, Method::PATCH, &path, r#"{"isCompliant":true}"#).await.status.is_success());
    assert_eq!(mdm.send(&world, &bad).await.status, StatusCode::ACCEPTED);
    assert_eq!(shown().await, true);
    assert!(admin(&world, Method::PATCH, &path, r#"{"isCompliant":false}"#).await.status.is_success());
    let good = mdm.sign(&world, "2", device.id, compliance("compliant"));
    assert_eq!(mdm.send(&world, &good).await.status, StatusCode::ACCEPTED);
    assert_eq!(shown().await, false, "it may not raise");

    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    let revoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    let end = mdm.sign(&world, "3", device.id, json!({ revoked: {} }));
    assert_eq!(mdm.send(&world, &end).await.status, StatusCode::ACCEPTED);
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::BAD_REQUEST);

    let raiser = transmitter(&world, true).await;
    let good = raiser.sign(&world, "2", device.id, compliance("compliant"));
    let foreign = mdm.send(&world, &good).await;
    assert_eq!((foreign.status, &foreign.json()["err"]), (StatusCode::BAD_REQUEST, &json!("invalid_key")));
    assert_eq!(raiser.send(&world, &good).await.status, StatusCode::ACCEPTED);
    assert_eq!(shown().await, true);

    let path = format!("/v1.0/passband_signals/transmitters/{}", mdm.registered.id);
    assert!(admin(&world, Method::DELETE, &path, "").await.status.is_success());
    let late = mdm.sign(&world, "4", device.id, compliance("not-compliant"));
    assert_eq!(mdm.send(&world, &late).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shown().await, true);
}
