//! Pushed authorization requests (RFC 9126).

use super::{Client, REDIRECT, SECRET};
use crate::world::{World, encode};
use axum::http::StatusCode;
use passband_core::time::Seconds;

fn address(client: &str, reference: &str) -> String {
    format!("/authorize?client_id={client}&request_uri={}", encode(reference))
}

#[tokio::test]
async fn a_pushed_request_is_answered_for_its_client_while_it_lives() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::confidential(&world, "Wiki").await;
    let mut server = world.browser();
    let request = client.request();
    let mut form: Vec<_> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Who it is from is proved first.
    let refused = server.form("/par", &form).await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("invalid_client"))
    );
    form.push(("client_secret", SECRET));
    let pushed = server.form("/par", &form).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.body);
    let pushed = pushed.json();
    assert_eq!(pushed["expires_in"], 600);
    let reference = pushed["request_uri"].as_str().unwrap();
    let mut browser = world.browser();
    let here = address(&client.id(), reference);
    assert!(browser.get(&here).await.body.contains("Sign in with a passkey"));
    browser.sign_in(&ada.authenticator).await;
    let done = browser.get(&here).await;
    assert!(done.location().starts_with(&format!("{REDIRECT}?code=")), "{} {}", done.status, done.body);
    assert!(done.location().contains("state=a+state"));
    // What stands beside the reference counts for nothing.
    let mixed = browser.get(&format!("{here}&redirect_uri=https%3A%2F%2Fevil.example%2F&state=other")).await;
    assert!(mixed.location().starts_with(REDIRECT) && mixed.location().contains("state=a+state"));
    // Another client's, altered, too old.
    let other = Client::public(&world, "Other").await;
    for wrong in [
        address(&other.id(), reference),
        format!("{here}AAAA"),
        address(&client.id(), "urn:ietf:params:oauth:request_uri:AAAA"),
    ] {
        assert_eq!(browser.get(&wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    world.pass(Seconds::minutes(10));
    assert_eq!(browser.get(&here).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_would_be_refused_is_refused_when_it_is_pushed() {
    let world = World::new().await;
    let client = Client::public(&world, "Wiki").await;
    let mut browser = world.browser();
    for (name, value, error) in [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:AAAA", "request_uri_not_supported"),
        ("scope", "everything", "invalid_scope"),
    ] {
        let mut request = client.request();
        request.insert(name, value.to_owned());
        let form: Vec<_> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = browser.form("/par", &form).await;
        assert_eq!(
            (refused.status, refused.json()["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some(error)),
            "{name}"
        );
    }
}
