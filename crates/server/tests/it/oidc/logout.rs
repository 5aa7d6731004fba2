//! `/logout` (OpenID Connect RP-Initiated Logout 1.0).

use super::{Client, keys, verify};
use crate::world::{Browser, Reply, World, encode};
use axum::http::StatusCode;
use passband_core::session::standing::judge;
use passband_core::time::Seconds;
use passband_wire::b64;
use serde_json::Value;

const BYE: &str = "https://wiki.example.com/bye";

async fn signed_in() -> (World, Client, Browser, Value) {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (_, mut browser) = world.user("Ada").await;
    let tokens = wiki.tokens(&world, &mut browser).await;
    (world, wiki, browser, tokens)
}

fn address(hint: &str, to: &str) -> String {
    format!("/logout?id_token_hint={}&post_logout_redirect_uri={}&state=a%26b", encode(hint), encode(to))
}

/// The page that asks before it ends anything.
fn asks(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.location());
    assert!(reply.body.contains("Sign out?"), "{}", reply.body);
}

async fn is_signed_in(world: &World, browser: &Browser) -> bool {
    let Some(id) = world.session_of(browser) else { return false };
    let standing = world.app.store.standing(id).await.unwrap();
    standing.is_some_and(|standing| judge(&standing, world.now()).is_ok())
}

#[tokio::test]
async fn an_app_that_knows_the_session_ends_it() {
    let (world, _, mut browser, tokens) = signed_in().await;
    let before = browser.clone();
    // A hint may have expired; it still names the session.
    world.pass(Seconds::hours(1));
    let reply = browser.get(&address(tokens["id_token"].as_str().unwrap(), BYE)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    assert_eq!(reply.location(), "https://wiki.example.com/bye?state=a%26b");
    assert_eq!(world.session_of(&browser), None, "the cookie is gone");
    assert!(!is_signed_in(&world, &before).await, "and the session with it, for whoever kept the cookie");
    // Again, with nobody signed in: the same answer.
    let reply = browser.get(&address(tokens["id_token"].as_str().unwrap(), BYE)).await;
    assert_eq!(reply.location(), "https://wiki.example.com/bye?state=a%26b");
}

#[tokio::test]
async fn without_a_good_hint_the_person_is_asked() {
    let (world, wiki, mut browser, tokens) = signed_in().await;
    let (_, mut other) = world.user("Grace").await;
    let theirs = wiki.tokens(&world, &mut other).await;
    let id_token = tokens["id_token"].as_str().unwrap();
    let claims = verify(&tokens["id_token"], "JWT", &keys(&world).await).unwrap();
    let unsigned =
        format!("{}.{}.", b64::encode(r#"{"alg":"none","typ":"JWT"}"#), b64::encode(claims.to_string()));
    for hint in [
        "",
        "x",
        &unsigned,
        &id_token[..id_token.len() - 4],
        tokens["access_token"].as_str().unwrap(),
        theirs["id_token"].as_str().unwrap(),
    ] {
        asks(&browser.get(&address(hint, BYE)).await);
        assert!(is_signed_in(&world, &browser).await, "{hint}");
    }
    asks(&browser.get(&format!("/logout?client_id={}", wiki.id())).await);

    // A form of another site ends nothing either: no anti-forgery value, a wrong one, or another origin.
    asks(&browser.form("/logout", &[]).await);
    asks(&browser.form("/logout", &[("csrf", "x")]).await);
    let csrf = browser.get("/logout").await.csrf();
    asks(&other.form("/logout", &[("csrf", &csrf)]).await);
    browser.origin = Some("https://evil.example".to_owned());
    asks(&browser.form("/logout", &[("csrf", &csrf)]).await);
    assert!(is_signed_in(&world, &browser).await && is_signed_in(&world, &other).await);
    browser.origin = Some(crate::world::ORIGIN.to_owned());
    let reply = browser.form("/logout", &[("csrf", &csrf)]).await;
    assert!(reply.body.contains("You are signed out"), "{}", reply.body);
    assert!(!is_signed_in(&world, &browser).await);
    assert!(is_signed_in(&world, &other).await, "nobody else is");
}

#[tokio::test]
async fn it_leads_only_where_the_app_said_beforehand() {
    let (world, _, browser, tokens) = signed_in().await;
    let hint = tokens["id_token"].as_str().unwrap();
    for elsewhere in [
        "https://evil.example/",
        "https://wiki.example.com/bye/",
        "https://wiki.example.com/bye?x",
        "https://wiki.example.com/cb",
        "//evil.example",
        "javascript:alert(1)",
        "",
    ] {
        let mut browser = browser.clone();
        let reply = browser.get(&address(hint, elsewhere)).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::OK, ""), "{elsewhere}");
        assert!(reply.body.contains("You are signed out") && !reply.body.contains("evil.example"));
    }
    // Not where another app said.
    let other = Client::public(&world, "Other").await;
    let mut record = other.record.clone();
    record.logout_uris = vec!["https://other.example.com/bye".to_owned()];
    world.app.commit(vec![passband_core::change::Change::UpdateApp(record)]).await.unwrap();
    let reply = browser.clone().get(&address(hint, "https://other.example.com/bye")).await;
    assert_eq!(reply.location(), "");
}
