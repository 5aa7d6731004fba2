//! Who is asked, and when (OpenID Connect Core §3.1.2.1).

use super::{Client, keys, member, verify};
use crate::world::{Browser, Person, Reply, World};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::time::Seconds;

async fn signed_in() -> (World, Client, Person, Browser) {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (person, browser) = world.user("Ada").await;
    (world, wiki, person, browser)
}

/// The page that asks for a passkey.
fn asks(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.location());
    assert!(reply.body.contains("Sign in with a passkey"), "{}", reply.body);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_and_comes_back() {
    let (world, wiki, person, _) = signed_in().await;
    let mut browser = world.browser();
    asks(&browser.get(&wiki.address()).await);
    assert_eq!(browser.sign_in(&person.authenticator).await.status, StatusCode::OK);
    wiki.code(&mut browser).await;
}

#[tokio::test]
async fn prompt_none_never_asks() {
    let (world, wiki, person, mut browser) = signed_in().await;
    let silent = wiki.with(&[("prompt", "none")]);
    assert!(member(&browser.get(&silent).await, "code").is_some());
    let refused = |reply: &Reply| {
        assert_eq!(reply.status, StatusCode::FOUND);
        assert_eq!(member(reply, "error").as_deref(), Some("login_required"));
        assert_eq!(member(reply, "code"), None);
    };
    refused(&world.browser().get(&silent).await);
    // A pass lets a person make a passkey, and into no app.
    let newcomer = world.newcomer("Grace").await;
    let (_, pass) = world.pass_for(&newcomer, false).await;
    let mut with_pass = world.browser();
    assert_eq!(with_pass.enter_pass(&newcomer.upn, &pass, None).await.status, StatusCode::SEE_OTHER);
    refused(&with_pass.get(&silent).await);
    asks(&with_pass.get(&wiki.address()).await);
    // Too old for what the app wants.
    world.pass(Seconds(61));
    refused(&browser.get(&wiki.with(&[("prompt", "none"), ("max_age", "60")])).await);
    refused(&browser.get(&wiki.with(&[("prompt", "none"), ("max_age", "0")])).await);
    // Ended.
    let id = world.session_of(&browser).unwrap();
    world.app.commit(vec![Change::EndSession { id, at: world.now() }]).await.unwrap();
    refused(&browser.get(&silent).await);
    let mut disabled = world.sign_in(&person).await;
    let mut user = person.user.clone();
    user.enabled = false;
    world.app.commit(vec![Change::UpdateUser(user)]).await.unwrap();
    refused(&disabled.get(&silent).await);
}

#[tokio::test]
async fn max_age_is_measured_from_the_sign_in() {
    let (world, wiki, person, mut browser) = signed_in().await;
    let within = wiki.with(&[("max_age", "60")]);
    world.pass(Seconds(60));
    assert!(member(&browser.get(&within).await, "code").is_some());
    world.pass(Seconds(1));
    asks(&browser.get(&within).await);
    assert_eq!(browser.sign_in(&person.authenticator).await.status, StatusCode::OK);
    let reply = browser.get(&within).await;
    let tokens = wiki.redeem(&world, &member(&reply, "code").unwrap()).await.json();
    let claims = verify(&tokens["id_token"], "JWT", &keys(&world).await).unwrap();
    assert_eq!(claims["auth_time"], world.now().0);
}

#[tokio::test]
async fn prompt_login_asks_however_recent_the_sign_in() {
    let (world, wiki, person, mut browser) = signed_in().await;
    for wish in [("prompt", "login"), ("max_age", "0")] {
        let before = world.session_of(&browser).unwrap();
        let wanted = wiki.with(&[wish]);
        let moved = browser.get(&wanted).await;
        assert_eq!(moved.status, StatusCode::FOUND, "{wish:?}");
        let here = moved.location().to_owned();
        assert!(here.starts_with("/authorize?") && here.contains("passband_asked="), "{here}");
        asks(&browser.get(&here).await);
        // Loaded again, it still asks: the question does not answer itself.
        asks(&browser.get(&here).await);
        // The page may be left open for a while; the answer is recent all the same.
        world.pass(Seconds::minutes(5));
        assert_eq!(browser.sign_in(&person.authenticator).await.status, StatusCode::OK);
        world.pass(Seconds(5));
        assert!(member(&browser.get(&here).await, "code").is_some(), "{wish:?}");
        assert_ne!(world.session_of(&browser).unwrap(), before);
        // The next request is another question.
        assert_eq!(member(&browser.get(&wanted).await, "code"), None);
    }
}

#[tokio::test]
async fn nobody_else_can_say_that_the_question_was_asked() {
    let (world, wiki, person, mut browser) = signed_in().await;
    let wanted = wiki.with(&[("prompt", "login")]);
    let is_asked_anew = |reply: &Reply| {
        assert_eq!(reply.status, StatusCode::FOUND);
        assert!(reply.location().starts_with("/authorize?"), "{}", reply.location());
    };
    for forged in ["", "x", &"A".repeat(80), &"A".repeat(1000)] {
        is_asked_anew(&browser.get(&format!("{wanted}&passband_asked={forged}")).await);
    }
    // Asked before the person signed out and in again with another app: too old to be this question.
    let here = browser.get(&wanted).await.location().to_owned();
    world.pass(Seconds::minutes(31));
    assert_eq!(browser.sign_in(&person.authenticator).await.status, StatusCode::OK);
    is_asked_anew(&browser.get(&here).await);
}
