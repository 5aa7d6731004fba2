//! Of each end applications are told; two nodes tell once; a receiver that waits hears at once, unless it was shut out.

use crate::device::Device;
use crate::prt::cookie_for;
use crate::revocation::{Client, admin};
use crate::signals::{Receiver as Listener, claims, stream, transmitter};
use crate::ssf::{Receiver, revoke};
use crate::world::{Browser, Person, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use passband_core::change::{Change, Conflict};
use passband_core::compliance::{DeviceWish, tell};
use passband_core::id::SessionId;
use passband_core::time::Seconds;
use passband_server::signals::deliver;
use passband_store::CommitError;
use passband_wire::b64;
use passband_wire::prt::CREDENTIAL_NAME;
use serde_json::json;
use std::time::Duration;

/// Somebody signed in from a device's PRT, in a browser in which an application got tokens.
struct SignedIn {
    person: Person,
    device: Device,
    browser: Browser,
    session: SessionId,
    prt: SessionId,
    id_token: String,
}

async fn signed_in(world: &World, client: &Client) -> SignedIn {
    let (person, _) = world.user("Grace").await;
    let device = Device::join(world, &person, 0).await;
    let held = device.login(world, &person).await;
    let cookie = cookie_for(world, &held).await;
    let mut browser = world.browser();
    let request = Request::builder().uri(client.address()).header(CREDENTIAL_NAME, cookie);
    browser.send(request.body(Body::empty()).unwrap()).await;
    let tokens = client.tokens(&mut browser).await;
    let session = world.session_of(&browser).expect("a session");
    let prt = world.app.store.standing(session).await.unwrap().unwrap().session.parent.unwrap();
    let id_token = tokens["id_token"].as_str().unwrap().to_owned();
    SignedIn { person, device, browser, session, prt, id_token }
}

const ENDS: [&str; 10] = [
    "the application's sign-out",
    "the person's sign-out",
    "revokeSignInSessions",
    "user disabled",
    "user deleted",
    "passkey deleted",
    "device disabled",
    "device deleted",
    "PRT ended",
    "signal",
];

async fn end(world: &World, it: &mut SignedIn, how: &str) {
    let (user, device) =
        (format!("/v1.0/users/{}", it.person.user.id), format!("/v1.0/devices/{}", it.device.id));
    let off = r#"{"accountEnabled":false}"#;
    let reply = match how {
        "the application's sign-out" => {
            it.browser.get(&format!("/logout?id_token_hint={}", it.id_token)).await
        }
        "the person's sign-out" => it.browser.press("/logout", "/logout", &[]).await,
        "revokeSignInSessions" => admin(world, Method::POST, &format!("{user}/{how}"), "").await,
        "user disabled" => admin(world, Method::PATCH, &user, off).await,
        "user deleted" => admin(world, Method::DELETE, &user, "").await,
        "passkey deleted" => {
            let passkeys = world.app.store.passkeys_of(it.person.user.id).await.unwrap();
            let id = b64::encode(&passkeys[0].id);
            let path = format!("{user}/authentication/fido2Methods/{id}?passband_force=true");
            admin(world, Method::DELETE, &path, "").await
        }
        "device disabled" => admin(world, Method::PATCH, &device, off).await,
        "device deleted" => admin(world, Method::DELETE, &device, "").await,
        "PRT ended" => {
            let end = Change::EndSession { id: it.prt, at: world.now() };
            return world.app.commit(vec![end]).await.unwrap();
        }
        "signal" => {
            let mdm = transmitter(world, false).await;
            let revoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
            let word = mdm.sign(world, "1", it.device.id, json!({ revoked: {} }));
            mdm.send(world, &word).await
        }
        other => panic!("{other}"),
    };
    assert!(!reply.status.is_client_error() && !reply.status.is_server_error(), "{how}: {}", reply.body);
}

#[tokio::test]
async fn an_application_is_told_of_each_kind_of_end() {
    for how in ENDS {
        let world = World::new().await;
        let listener = Listener::start().await;
        let client = Client::register(&world, Some(listener.url.clone())).await;
        let mut it = signed_in(&world, &client).await;
        deliver::once(&world.app).await;
        assert!(listener.take().is_empty(), "{how}: nothing has ended");
        end(&world, &mut it, how).await;
        deliver::once(&world.app).await;
        let taken = listener.take();
        assert_eq!(taken.len(), 1, "{how}");
        let claims = claims(taken[0].1.strip_prefix("logout_token=").unwrap());
        assert_eq!(
            (&claims["sid"], &claims["sub"]),
            (&json!(it.session.to_string()), &json!(it.person.user.id.to_string())),
            "{how}"
        );
    }
}

#[tokio::test]
async fn two_nodes_that_tell_at_once_tell_once() {
    let here = World::new().await;
    let there = here.twin().await;
    let listener = Listener::start().await;
    stream(&here, &listener.url).await;
    let (person, _) = here.user("Ada").await;
    deliver::once(&here.app).await;
    listener.take();
    for _ in 0..20 {
        revoke(&here, person.user.id).await;
    }
    tokio::join!(deliver::once(&here.app), deliver::once(&there.app), deliver::once(&there.app));
    let mut names: Vec<_> = listener.events().iter().map(|event| event["jti"].to_string()).collect();
    names.sort();
    assert_eq!(names.len(), 20, "each was told");
    names.dedup();
    assert_eq!(names.len(), 20, "and none twice");
}

#[tokio::test]
async fn who_waits_hears_within_seconds() {
    let here = World::new().await;
    let there = here.twin().await;
    let receiver = Receiver::let_in(&here, None).await;
    receiver.make(&json!({})).await;
    let user = here.newcomer("Ada").await.id;
    let begun = std::time::Instant::now();
    let ask = json!({});
    let (heard, ()) = tokio::join!(receiver.good(Method::POST, "/ssf/poll", &ask), async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        revoke(&there, user).await;
    });
    assert_eq!(heard["sets"].as_object().unwrap().len(), 1);
    let took = begun.elapsed();
    assert!((Duration::from_millis(700)..Duration::from_secs(10)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn who_is_shut_out_while_waiting_hears_nothing() {
    let acts: [(Method, &str); 2] = [(Method::POST, "/newCredential"), (Method::DELETE, "")];
    for (method, what) in acts {
        let world = World::new().await;
        let receiver = Receiver::let_in(&world, None).await;
        let id = receiver.make(&json!({})).await;
        let user = world.newcomer("Ada").await.id;
        let path = format!("/v1.0/passband_signals/streams/{id}{what}");

        let ask = json!({});
        let (heard, ()) = tokio::join!(receiver.ask(Method::POST, "/ssf/poll", &ask), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(admin(&world, method, &path, "").await.status.is_success());
            revoke(&world, user).await;
        });

        assert_eq!((heard.status, heard.json()), (StatusCode::OK, json!({ "sets": {} })), "{what}");
    }
}

#[tokio::test]
async fn what_was_said_of_a_device_meanwhile_is_not_put_back() {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let id = Device::join(&world, &person, 0).await.id;
    let before = world.app.store.device(id).await.unwrap().unwrap();
    let say = |compliant| {
        let until = Some(world.now() + Seconds::hours(1));
        let wish = DeviceWish { compliant: Some(Some(compliant)), until, ..DeviceWish::default() };
        let told = Box::new(tell(&before, &wish, world.now()).unwrap());
        vec![Change::TellDevice { id, seen: before.revision, told }]
    };
    // Both looked at the device before either spoke.
    world.app.commit(say(false)).await.unwrap();
    let late = world.app.commit(say(true)).await;
    assert!(matches!(late, Err(CommitError::Conflict(Conflict::Stale))), "{late:?}");
    let now = world.app.store.device(id).await.unwrap().unwrap();
    assert_eq!(now.compliance.as_of(world.now()).compliant, Some(false));
}
