//! Signing in with a passkey: what a stranger learns from a refusal, how often they may be refused, and who may ask.

use crate::world::{Browser, ORIGIN, Reply, World};
use axum::http::StatusCode;
use passband_core::reason::Reason;
use passband_core::rng::{self, SystemRandom};
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_testkit::authenticator::SoftAuthenticator;
use passband_wire::b64;
use serde_json::{Value, json};

/// An answer by this authenticator, bent, and what became of it.
async fn bent(browser: &mut Browser, by: &SoftAuthenticator, bend: impl Fn(&mut Value)) -> Reply {
    let options = browser.json("/ceremony/sign-in/options", &json!({})).await.json();
    let credential = by.get(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
    let mut credential = serde_json::to_value(credential).unwrap();
    bend(&mut credential);
    browser
        .json("/ceremony/sign-in", &json!({ "ceremony": options["ceremony"], "credential": credential }))
        .await
}

fn unknown(credential: &mut Value) {
    let id = b64::encode(rng::bytes::<32>(&SystemRandom));
    credential["id"] = id.clone().into();
    credential["rawId"] = id.into();
}

fn with_flags(credential: &mut Value, change: impl Fn(u8) -> u8) {
    let data = credential["response"]["authenticatorData"].as_str().unwrap().to_owned();
    let mut data = b64::decode(&data, 1024).unwrap();
    data[32] = change(data[32]);
    credential["response"]["authenticatorData"] = b64::encode(data).into();
}

async fn log_of(world: &World, top: u32) -> Vec<Reason> {
    let log = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(top)).await.unwrap();
    log.items.iter().map(|line| line.reason).collect()
}

#[tokio::test]
async fn a_refusal_does_not_tell_which_passkeys_exist() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let mut stranger = world.browser();
    // Whatever somebody without the key bends: the same bend of a passkey that nobody has gives the same answer.
    type Bend = fn(&mut Value);
    let bends: [(&str, Bend); 6] = [
        ("signature", |c| c["response"]["signature"] = "AAAA".into()),
        ("owner", |c| c["response"]["userHandle"] = b64::encode([7; 32]).into()),
        ("no owner", |c| c["response"]["userHandle"] = Value::Null),
        ("eligible for backup no more", |c| with_flags(c, |flags| flags & !0x18)),
        ("not verified", |c| with_flags(c, |flags| flags & !0x04)),
        ("backed up, not eligible", |c| with_flags(c, |flags| (flags & !0x08) | 0x10)),
    ];
    for (name, bend) in bends {
        let spoil = |c: &mut Value| {
            bend(c);
            c["response"]["signature"] = "AAAA".into();
        };
        let known = bent(&mut stranger, &ada.authenticator, spoil).await;
        let of_nobody = bent(&mut stranger, &ada.authenticator, |c| {
            spoil(c);
            unknown(c);
        });
        let of_nobody = of_nobody.await;
        assert_eq!((known.status, &known.body), (of_nobody.status, &of_nobody.body), "{name}");
        assert_ne!(known.status, StatusCode::OK, "{name}");
        // One line each, so that the work is the same down to the database.
        world.pass(Seconds(1));
    }
    assert_eq!(log_of(&world, 100).await.len(), 2 * bends.len() + 2, "and those of Ada's own way in");
}

#[tokio::test]
async fn a_network_that_is_refused_again_and_again_fills_no_log_and_shuts_nobody_out() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let mut stranger = world.browser();
    stranger.ip = "2001:db8::1".parse().unwrap();
    world.pass(Seconds(1));
    for n in 0..120u16 {
        stranger.ip = format!("2001:db8::{n:x}").parse().unwrap();
        let refused = bent(&mut stranger, &ada.authenticator, unknown).await;
        if n < 100 {
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{n}");
        } else {
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{n}");
            assert_eq!(refused.headers["retry-after"], "600");
        }
    }
    let log = log_of(&world, 1000).await;
    assert_eq!(log.iter().filter(|reason| **reason == Reason::PasskeyUnknown).count(), 100);
    assert_eq!(
        log.iter().filter(|reason| **reason == Reason::TooManyAttempts).count(),
        1,
        "one line says so"
    );
    // A passkey cannot be guessed: whoever has one is let in, in the midst of it.
    assert_eq!(stranger.sign_in(&ada.authenticator).await.status, StatusCode::OK);
    let mut elsewhere = world.browser();
    elsewhere.ip = "2001:db8:0:1::1".parse().unwrap();
    let refused = bent(&mut elsewhere, &ada.authenticator, unknown).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // Programs are counted for themselves, and told the same.
    let form = [("grant_type", "refresh_token"), ("client_id", "x"), ("refresh_token", "y")];
    let mut last = StatusCode::OK;
    for _ in 0..101 {
        last = stranger.form("/token", &form).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_passkey_that_begins_or_ceases_to_be_synced_is_written_down() {
    let world = World::new().await;
    let (mut ada, _) = world.user("Ada").await;
    let mut seen = Vec::new();
    for backed_up in [true, false, false, true] {
        ada.authenticator.quirks().flip_flags = if backed_up { 0 } else { 0x10 };
        world.pass(Seconds(1));
        world.sign_in(&ada).await;
        let deed = world.app.store.audits(&Page::first(1)).await.unwrap().items.remove(0);
        seen.push(deed.activity);
    }
    let (lost, synced) = ("Passkey is no longer backed up", "Passkey is now synced");
    assert_eq!(seen[1..], [lost, lost, synced]);
}

#[tokio::test]
async fn password_managers_find_where_passkeys_are_made() {
    let world = World::new().await;
    let mut browser = world.browser();
    let found = browser.get("/.well-known/passkey-endpoints").await.json();
    let at = |path: &str| format!("{ORIGIN}{path}");
    assert_eq!(found, json!({ "enroll": at("/account/passkeys/new"), "manage": at("/account") }));
    assert_eq!(browser.get("/.well-known/webauthn").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_of_related_origins_use_the_same_passkeys() {
    const RELATED: &str = "https://localhost.example:8443";
    let world = World::related_to(&[RELATED]).await;
    let found = world.browser().get("/.well-known/webauthn").await;
    assert_eq!(found.headers["content-type"], "application/json");
    assert_eq!(found.json(), json!({ "origins": [ORIGIN, RELATED] }));
    let (mut ada, _) = world.user("Ada").await;
    ada.authenticator.quirks().origin = Some(RELATED.to_owned());
    let mut there = world.browser();
    there.origin = Some(RELATED.to_owned());
    there.host = Some("localhost.example:8443".to_owned());
    let options = there.json("/ceremony/sign-in/options", &json!({})).await.json();
    let credential = ada.authenticator.get(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
    let answer = json!({ "ceremony": options["ceremony"], "credential": credential });
    assert_eq!(there.json("/ceremony/sign-in", &answer).await.status, StatusCode::OK);
    // Its page at its own server, posting to ours, is still another site.
    there.host = Some("localhost:8480".to_owned());
    assert_eq!(there.json("/ceremony/sign-in/options", &json!({})).await.status, StatusCode::BAD_REQUEST);
    for origin in ["https://evil.example", "https://localhost.example", "null"] {
        there.origin = Some(origin.to_owned());
        there.host = origin.strip_prefix("https://").map(str::to_owned);
        let asked = there.json("/ceremony/sign-in/options", &json!({})).await;
        assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{origin}");
    }
}
