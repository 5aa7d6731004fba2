//! What is looked at before a signal is believed, before something is told, and what a logout token says.

use crate::device::Device;
use crate::revocation::{Client, admin};
use crate::signals::{Receiver, claims, compliance, stream, transmitter};
use crate::ssf::{Receiver as Listener, revoke};
use crate::world::World;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use passband_core::change::{Change, Conflict};
use passband_core::compliance::GOOD_FOR;
use passband_core::signals::stream::{KEPT, Stream};
use passband_core::time::Seconds;
use passband_server::signals::deliver;
use passband_store::{CommitError, Page};
use serde_json::{Value, json};

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const PUSH: &str = "urn:ietf:rfc:8935";

/// The newest line of the audit log: who, and what.
async fn last_deed(world: &World) -> (String, String) {
    let lines = world.app.store.audits(&Page::first(99)).await.unwrap().items;
    // Within a second they are in no order but that of the chain.
    let line = lines.into_iter().max_by_key(|line| line.seq).unwrap();
    (line.actor, line.activity)
}

#[tokio::test]
async fn a_signal_ends_one_session_or_all_of_a_person() {
    let world = World::new().await;
    let mdm = transmitter(&world, false).await;
    let (person, mut one) = world.user("Ada").await;
    let mut other = world.sign_in(&person).await;
    let session = world.session_of(&one).unwrap();
    let sid = json!({ "format": "complex", "session": { "format": "opaque", "id": session.to_string() } });
    let token = mdm.sign_about(&world, "1", &sid, &json!({ REVOKED: {} }));
    // Under another name it is something else.
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/ssf/receive/{}", mdm.registered.id))
        .header("content-type", "application/jwt")
        .body(Body::from(token.clone()))
        .unwrap();
    let reply = world.browser().send(request).await;
    assert_eq!((reply.status, &reply.json()["err"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert_eq!(one.get("/account").await.status, StatusCode::OK);

    assert_eq!(mdm.send(&world, &token).await.status, StatusCode::ACCEPTED);
    assert_ne!(one.get("/account").await.status, StatusCode::OK);
    assert_eq!(other.get("/account").await.status, StatusCode::OK, "the other session is another");
    assert_eq!(last_deed(&world).await, ("signal of MDM".to_owned(), "Revoke session".to_owned()));

    let user = json!({ "format": "iss_sub", "iss": world.app.issuer(), "sub": person.user.id.to_string() });
    let token = mdm.sign_about(&world, "2", &user, &json!({ REVOKED: {} }));
    assert_eq!(mdm.send(&world, &token).await.status, StatusCode::ACCEPTED);
    assert_ne!(other.get("/account").await.status, StatusCode::OK);
    assert_eq!(last_deed(&world).await, ("signal of MDM".to_owned(), "Revoke sessions".to_owned()));
}

/// That a device is bad does not fade after the time for which good news are believed.
#[tokio::test]
async fn bad_news_of_a_device_outlast_good_ones() {
    let world = World::new().await;
    let mdm = transmitter(&world, true).await;
    let (person, _) = world.user("Ada").await;
    let device = Device::join(&world, &person, 0).await;
    let path = format!("/v1.0/devices/{}", device.id);
    let shown = async || admin(&world, Method::GET, &path, "").await.json()["isCompliant"].clone();
    for (jti, status, at_once, later) in
        [("1", "not-compliant", json!(false), json!(false)), ("2", "compliant", json!(true), Value::Null)]
    {
        let token = mdm.sign(&world, jti, device.id, compliance(status));
        assert_eq!(mdm.send(&world, &token).await.status, StatusCode::ACCEPTED);
        assert_eq!(last_deed(&world).await, ("signal of MDM".to_owned(), "Update device".to_owned()));
        assert_eq!(shown().await, at_once);
        world.pass(Seconds(GOOD_FOR.0 + 1));
        assert_eq!(shown().await, later, "{status} after its time");
    }
}

#[tokio::test]
async fn a_logout_token_says_what_it_must_and_not_for_long() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let client = Client::register(&world, Some(receiver.url.clone())).await;
    let (person, _) = world.user("Ada").await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut browser = world.sign_in(&person).await;
        client.tokens(&mut browser).await;
        revoke(&world, person.user.id).await;
        deliver::once(&world.app).await;
        let taken = receiver.take();
        let claims = claims(taken[0].1.strip_prefix("logout_token=").unwrap());
        assert_eq!(claims["iss"], world.app.issuer());
        assert_eq!(claims["iat"], world.now().0);
        // Back-Channel Logout 2.4: two minutes at most; a token that lies about is soon worth nothing.
        assert_eq!(claims["exp"], world.now().0 + 120);
        names.push(claims["jti"].as_str().unwrap().to_owned());
        world.pass(Seconds(1));
    }
    assert!(names[0].len() >= 16 && names[0] != names[1], "{names:?}");
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_and_what_was_wrong_is_told() {
    let world = World::new().await;
    let (one, other) = (Receiver::start().await, Receiver::start().await);
    for receiver in [&one, &other] {
        receiver.answer.store(503, std::sync::atomic::Ordering::SeqCst);
    }
    let id = stream(&world, &one.url).await;
    let client = Client::register(&world, Some(other.url.clone())).await;
    let (person, _) = world.user("Ada").await;
    let mut browser = world.sign_in(&person).await;
    client.tokens(&mut browser).await;
    revoke(&world, person.user.id).await;
    let waits = async || {
        let targets = world.app.store.due_targets(world.now() + Seconds::days(30), 9).await.unwrap();
        targets.len()
    };
    deliver::once(&world.app).await;
    assert_eq!(waits().await, 2);
    // An application hears of the end of a session within an hour or not at all.
    world.pass(Seconds(3601));
    deliver::once(&world.app).await;
    assert_eq!(waits().await, 1);
    world.pass(KEPT);
    deliver::once(&world.app).await;
    assert_eq!(waits().await, 0);
    assert!(world.app.store.waiting_for(id, 9).await.unwrap().is_empty());
    let (_, fared) = world.app.store.streams().await.unwrap().remove(0);
    assert_eq!(fared.error, "answered 503 Service Unavailable");
}

#[tokio::test]
async fn a_stream_is_of_its_newest_revision_and_sends_what_it_was_last_given() {
    let world = World::new().await;
    let there = Receiver::start().await;
    let receiver = Listener::let_in(&world, Some(&there.url)).await;
    // Before it is made there is none, whatever the receiver calls it.
    let unmade = world.app.store.streams().await.unwrap().remove(0).0;
    for path in ["/ssf/status?stream_id=", "/ssf/streams?stream_id="] {
        let reply = receiver.ask(Method::GET, &format!("{path}{}", unmade.id), &Value::Null).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    let delivery =
        |header: Value| json!({ "method": PUSH, "endpoint_url": there.url, "authorization_header": header });
    let id = receiver.make(&json!({ "delivery": delivery(json!("Bearer first")) })).await;
    let user = world.newcomer("Ada").await.id;
    let sent = async || {
        revoke(&world, user).await;
        deliver::once(&world.app).await;
        there.take()[0].0.get("authorization").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(sent().await.as_deref(), Some("Bearer first"));
    let wish = json!({ "stream_id": id, "delivery": delivery(Value::Null) });
    receiver.good(Method::PATCH, "/ssf/streams", &wish).await;
    assert_eq!(sent().await, None, "a header that is no longer named is not sent");

    let now = world.app.store.stream(unmade.id).await.unwrap().unwrap();
    let update = || Change::UpdateStream(Box::new(Stream { name: "B".to_owned(), ..now.clone() }));
    world.app.commit(vec![update()]).await.unwrap();
    let late = world.app.commit(vec![update()]).await;
    assert!(matches!(late, Err(CommitError::Conflict(Conflict::Stale))), "{late:?}");

    // Where no address was allowed, the empty one is not allowed either.
    let bare = Listener::let_in(&world, None).await;
    let empty = json!({ "delivery": { "method": PUSH, "endpoint_url": "" } });
    assert_eq!(bare.ask(Method::POST, "/ssf/streams", &empty).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn compliance_that_nobody_renews_is_told_of_once_at_each_lapse() {
    let world = World::new().await;
    let there = Receiver::start().await;
    stream(&world, &there.url).await;
    let (person, _) = world.user("Ada").await;
    let device = Device::join(&world, &person, 0).await;
    let path = format!("/v1.0/devices/{}", device.id);
    let kept = async || {
        passband_server::sweep::once(&world.app).await;
        deliver::once(&world.app).await;
        let said: Vec<_> = there.events().iter().filter_map(status).collect();
        said
    };
    for round in 0..2 {
        assert!(admin(&world, Method::PATCH, &path, r#"{"isCompliant":true}"#).await.status.is_success());
        assert_eq!(kept().await, ["compliant"], "round {round}");
        world.pass(GOOD_FOR);
        assert_eq!(kept().await, ["not-compliant"], "round {round}");
        assert_eq!(last_deed(&world).await, ("system".to_owned(), "Device compliance lapsed".to_owned()));
        assert_eq!(kept().await, Vec::<String>::new(), "it is told once");
    }
    // What was bad stays what it was.
    assert!(admin(&world, Method::PATCH, &path, r#"{"isCompliant":false}"#).await.status.is_success());
    world.pass(Seconds(GOOD_FOR.0 + 1));
    assert_eq!(kept().await, Vec::<String>::new());
}

/// The status that an event of compliance tells.
fn status(event: &Value) -> Option<String> {
    let members = event["events"].as_object()?.values().next()?;
    Some(members["current_status"].as_str()?.to_owned())
}
