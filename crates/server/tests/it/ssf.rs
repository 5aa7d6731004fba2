//! The transmitter as a receiver meets it: OpenID SSF 1.0 §7 and §8, RFC 8936.

use crate::revocation::admin;
use crate::signals::{Receiver as Listener, claims};
use crate::world::{Reply, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::id::UserId;
use passband_core::time::Seconds;
use passband_server::signals::deliver;
use serde_json::{Value, json};

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const POLL: &str = "urn:ietf:rfc:8936";
const PUSH: &str = "urn:ietf:rfc:8935";

/// A receiver that an administrator let in.
struct Receiver<'a> {
    world: &'a World,
    credential: String,
}

impl<'a> Receiver<'a> {
    async fn let_in(world: &'a World, push_url: Option<&str>) -> Self {
        let body =
            json!({ "displayName": "SIEM", "audience": "https://siem.example.org", "pushUrl": push_url });
        let reply = admin(world, Method::POST, "/v1.0/passband_signals/streams", &body.to_string()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let credential = reply.json()["credential"].as_str().unwrap().to_owned();
        assert!(credential.starts_with("pbsig_"));
        Self { world, credential }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.credential))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(if body.is_null() { String::new() } else { body.to_string() }))
            .unwrap();
        self.world.browser().send(request).await
    }

    async fn good(&self, method: Method, path: &str, body: &Value) -> Value {
        let reply = self.ask(method, path, body).await;
        assert!(reply.status.is_success(), "{path} {} {}", reply.status, reply.body);
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    async fn make(&self, body: &Value) -> String {
        self.good(Method::POST, "/ssf/streams", body).await["stream_id"].as_str().unwrap().to_owned()
    }

    async fn poll(&self, body: &Value) -> Value {
        let mut body = body.clone();
        body["returnImmediately"] = json!(true);
        self.good(Method::POST, "/ssf/poll", &body).await
    }
}

async fn revoke(world: &World, user: UserId) {
    world.app.commit(vec![Change::EndSessionsOf { user, at: world.now() }]).await.unwrap();
}

#[tokio::test]
async fn what_waits_is_polled_until_it_is_acknowledged() {
    let world = World::new().await;
    let receiver = Receiver::let_in(&world, None).await;
    let user = world.newcomer("Ada").await.id;
    revoke(&world, user).await;
    let id = receiver.make(&json!({ "events_requested": [REVOKED, "https://example.org/unknown"] })).await;
    assert_eq!(
        receiver.poll(&json!({})).await,
        json!({ "sets": {} }),
        "nothing from before there was a stream"
    );
    for _ in 0..3 {
        revoke(&world, user).await;
    }
    let first = receiver.poll(&json!({ "maxEvents": 2 })).await;
    assert_eq!((first["sets"].as_object().unwrap().len(), &first["moreAvailable"]), (2, &json!(true)));
    let again = receiver.poll(&json!({})).await;
    let sets = again["sets"].as_object().unwrap().clone();
    assert_eq!(sets.len(), 3, "what was not acknowledged is sent again");
    for (jti, token) in &sets {
        let claims = claims(token.as_str().unwrap());
        assert_eq!(claims["jti"], *jti);
        assert_eq!(claims["aud"], "https://siem.example.org");
        assert_eq!(claims["sub_id"]["sub"], user.to_string());
        assert!(claims["events"][REVOKED].is_object());
    }
    let mut names = sets.keys();
    let errs = json!({ names.next().unwrap(): { "err": "invalid_key", "description": "unknown key" } });
    let rest: Vec<_> = names.collect();
    let empty = receiver.poll(&json!({ "ack": rest, "setErrs": errs })).await;
    assert_eq!(empty, json!({ "sets": {} }));
    let shown = admin(&world, Method::GET, &format!("/v1.0/passband_signals/streams/{id}"), "").await.json();
    assert!(shown["lastError"].as_str().unwrap().contains("invalid_key"), "{shown}");
    assert_eq!((&shown["waitingCount"], &shown["delivery"]), (&json!(0), &json!("poll")));
    assert_eq!(shown["credential"], json!(null));
}

#[tokio::test]
async fn a_stream_is_made_changed_and_deleted_by_its_receiver_alone() {
    let world = World::new().await;
    let (one, other) = (Receiver::let_in(&world, None).await, Receiver::let_in(&world, None).await);
    let id = one.make(&json!({ "description": "ours" })).await;
    assert_eq!(one.ask(Method::POST, "/ssf/streams", &json!({})).await.status, StatusCode::CONFLICT);
    let address = format!("/ssf/streams?stream_id={id}");
    let shown = one.good(Method::GET, &address, &Value::Null).await;
    assert_eq!((&shown["delivery"]["method"], &shown["description"]), (&json!(POLL), &json!("ours")));
    assert_eq!(shown["events_delivered"].as_array().unwrap().len(), 8);
    let wish = json!({ "stream_id": id, "events_requested": [REVOKED] });
    let changed = one.good(Method::PATCH, "/ssf/streams", &wish).await;
    assert_eq!((&changed["events_delivered"], &changed["description"]), (&json!([REVOKED]), &json!("ours")));
    let replaced = one.good(Method::PUT, "/ssf/streams", &wish).await;
    assert_eq!(replaced["description"], "", "what is not named goes");
    for bad in [
        json!({}),
        json!({ "stream_id": id, "iss": "https://other.example" }),
        json!({ "stream_id": id, "delivery": { "method": PUSH, "endpoint_url": "http://127.0.0.1:1/" } }),
        json!({ "stream_id": id, "delivery": { "method": "urn:x" } }),
        json!([]),
    ] {
        assert_eq!(
            one.ask(Method::PATCH, "/ssf/streams", &bad).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    // Another receiver sees none of it.
    other.make(&json!({})).await;
    assert_eq!(other.ask(Method::GET, &address, &Value::Null).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.ask(Method::PATCH, "/ssf/streams", &wish).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.ask(Method::DELETE, &address, &Value::Null).await.status, StatusCode::NOT_FOUND);
    let user = world.newcomer("Ada").await.id;
    revoke(&world, user).await;
    let mine = one.poll(&json!({})).await;
    let names: Vec<_> = mine["sets"].as_object().unwrap().keys().collect();
    other.poll(&json!({ "ack": names })).await;
    assert_eq!(
        one.poll(&json!({})).await["sets"].as_object().unwrap().len(),
        1,
        "nobody takes another's away"
    );
    assert_eq!(one.ask(Method::DELETE, &address, &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(one.ask(Method::POST, "/ssf/poll", &json!({})).await.status, StatusCode::NOT_FOUND);
    one.make(&json!({})).await;
    assert_eq!(one.poll(&json!({})).await, json!({ "sets": {} }), "what waited went with the stream");
}

#[tokio::test]
async fn nobody_without_a_credential_is_served() {
    let world = World::new().await;
    let receiver = Receiver::let_in(&world, None).await;
    let id = receiver.make(&json!({})).await;
    let path = format!("/v1.0/passband_signals/streams/{id}/newCredential");
    let old = receiver.credential.clone();
    let renewed =
        admin(&world, Method::POST, &path, "").await.json()["credential"].as_str().unwrap().to_owned();
    for credential in ["", "pbsig_", "pbsig_AAAA", &old, &renewed[6..]] {
        let stranger = Receiver { world: &world, credential: credential.to_owned() };
        for (method, path) in [
            (Method::GET, "/ssf/streams"),
            (Method::POST, "/ssf/streams"),
            (Method::PATCH, "/ssf/streams"),
            (Method::PUT, "/ssf/streams"),
            (Method::DELETE, "/ssf/streams"),
            (Method::GET, "/ssf/status"),
            (Method::POST, "/ssf/status"),
            (Method::POST, "/ssf/subjects/add"),
            (Method::POST, "/ssf/subjects/remove"),
            (Method::POST, "/ssf/verify"),
            (Method::POST, "/ssf/poll"),
        ] {
            let reply = stranger.ask(method, path, &json!({})).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{credential} {path}");
        }
    }
    let receiver = Receiver { world: &world, credential: renewed };
    assert!(receiver.good(Method::GET, "/ssf/streams", &Value::Null).await.is_array());
    let path = format!("/v1.0/passband_signals/streams/{id}");
    assert!(admin(&world, Method::DELETE, &path, "").await.status.is_success());
    assert_eq!(
        receiver.ask(Method::GET, "/ssf/streams", &Value::Null).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn status_and_subjects_decide_what_is_kept() {
    let world = World::new().await;
    let receiver = Receiver::let_in(&world, None).await;
    let id = receiver.make(&json!({ "events_requested": [REVOKED] })).await;
    let (ada, bob) = (world.newcomer("Ada").await.id, world.newcomer("Bob").await.id);
    let waiting = async || receiver.poll(&json!({})).await["sets"].as_object().unwrap().len();
    let subject = |user: UserId| {
        let name = json!({ "format": "iss_sub", "iss": world.app.issuer(), "sub": user.to_string() });
        json!({ "stream_id": id, "subject": name })
    };
    receiver.good(Method::POST, "/ssf/subjects/remove", &subject(ada)).await;
    revoke(&world, ada).await;
    assert_eq!(waiting().await, 0);
    revoke(&world, bob).await;
    assert_eq!(waiting().await, 1);
    receiver.good(Method::POST, "/ssf/subjects/add", &subject(ada)).await;
    revoke(&world, ada).await;
    assert_eq!(waiting().await, 2);
    // Of somebody who is not there the answer is the same.
    let nobody = subject(UserId::from_bytes([9; 16]));
    receiver.good(Method::POST, "/ssf/subjects/remove", &nobody).await;

    let set = |status: &str| json!({ "stream_id": id, "status": status, "reason": "maintenance" });
    let paused = receiver.good(Method::POST, "/ssf/status", &set("paused")).await;
    assert_eq!((&paused["status"], &paused["reason"]), (&json!("paused"), &json!("maintenance")));
    revoke(&world, ada).await;
    assert_eq!(waiting().await, 0, "paused: kept, not told");
    receiver.good(Method::POST, "/ssf/status", &set("enabled")).await;
    assert_eq!(waiting().await, 3);
    receiver.good(Method::POST, "/ssf/status", &set("disabled")).await;
    revoke(&world, ada).await;
    receiver.good(Method::POST, "/ssf/status", &set("enabled")).await;
    assert_eq!(waiting().await, 0, "disabled: nothing is kept");
    assert_eq!(
        receiver.ask(Method::POST, "/ssf/status", &set("unmade")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_stream_is_verified_and_not_more_often_than_it_says() {
    let world = World::new().await;
    let listener = Listener::start().await;
    let receiver = Receiver::let_in(&world, Some(&listener.url)).await;
    let delivery = json!({
        "method": PUSH, "endpoint_url": listener.url, "authorization_header": "Bearer of the receiver"
    });
    let id = receiver.make(&json!({ "delivery": delivery })).await;
    let shown = receiver.good(Method::GET, "/ssf/streams", &Value::Null).await;
    assert!(!shown.to_string().contains("of the receiver"), "what was given to us is not shown");
    let ask = json!({ "stream_id": id, "state": "a state" });
    assert_eq!(receiver.ask(Method::POST, "/ssf/verify", &ask).await.status, StatusCode::NO_CONTENT);
    let soon = receiver.ask(Method::POST, "/ssf/verify", &ask).await;
    assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS);
    world.pass(Seconds::minutes(1));
    assert_eq!(receiver.ask(Method::POST, "/ssf/verify", &ask).await.status, StatusCode::NO_CONTENT);
    deliver::once(&world.app).await;
    let taken = listener.take();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].0["authorization"], "Bearer of the receiver");
    let event = claims(&taken[0].1);
    assert_eq!(event["sub_id"], json!({ "format": "opaque", "id": id }));
    let kind = "https://schemas.openid.net/secevent/ssf/event-type/verification";
    assert_eq!(event["events"], json!({ kind: { "state": "a state" } }));
    assert_eq!(receiver.ask(Method::POST, "/ssf/poll", &json!({})).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn discovery_names_what_there_is() {
    let world = World::new().await;
    let document = world.browser().get("/.well-known/ssf-configuration").await.json();
    assert_eq!(document["issuer"], world.app.issuer());
    assert_eq!(document["spec_version"], "1_0");
    assert_eq!(document["delivery_methods_supported"], json!([PUSH, POLL]));
    let receiver = Receiver::let_in(&world, None).await;
    for (name, method) in [
        ("configuration_endpoint", Method::GET),
        ("status_endpoint", Method::GET),
        ("add_subject_endpoint", Method::POST),
        ("remove_subject_endpoint", Method::POST),
        ("verification_endpoint", Method::POST),
    ] {
        let path = document[name].as_str().unwrap().strip_prefix(world.app.issuer()).unwrap();
        let status = receiver.ask(method, path, &json!({})).await.status;
        assert!(status == StatusCode::OK || status == StatusCode::BAD_REQUEST, "{name} {status}");
    }
}
