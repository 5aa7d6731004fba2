//! `/userinfo`: opened by this server's own access tokens, as everything stands now.

use super::{Client, authorized, program};
use crate::world::{Reply, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::time::Seconds;

async fn ask(world: &World, token: &str) -> Reply {
    authorized(world, Method::GET, "/userinfo", &format!("Bearer {token}"), String::new()).await
}

fn refused(reply: &Reply, why: &str) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{why}");
    // RFC 6750 §3.
    assert!(reply.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"), "{why}");
    assert_eq!(reply.body, "", "{why}");
}

#[tokio::test]
async fn it_says_who_to_the_right_token_only() {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (person, mut browser) = world.user("Ada").await;
    let tokens = wiki.tokens(&world, &mut browser).await;
    let access = tokens["access_token"].as_str().unwrap();
    let reply = ask(&world, access).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    let claims = reply.json();
    assert_eq!((&claims["sub"], &claims["name"]), (&person.user.id.to_string().into(), &"Ada".into()));

    // Another audience's token (RFC 9068 §4), other kinds of token, and what is none.
    let code = browser.get(&wiki.with(&[("resource", "https://wiki.example.com")])).await;
    let other = wiki.redeem(&world, &super::member(&code, "code").unwrap()).await.json();
    refused(&ask(&world, other["access_token"].as_str().unwrap()).await, "another audience");
    refused(&ask(&world, tokens["id_token"].as_str().unwrap()).await, "an ID token");
    refused(&ask(&world, tokens["refresh_token"].as_str().unwrap()).await, "a refresh token");
    for strange in ["", "x", "a.b.c", &access[..access.len() - 4], &"A".repeat(50_000)] {
        refused(&ask(&world, strange).await, strange);
    }
    refused(&program(&world).get("/userinfo").await, "none");
    // Never by address: it would be written into logs (RFC 6750 §5.3).
    refused(&program(&world).get(&format!("/userinfo?access_token={access}")).await, "in the address");
    let twice = Request::get("/userinfo")
        .header(header::AUTHORIZATION, format!("Bearer {access}"))
        .header(header::AUTHORIZATION, format!("Bearer {access}"))
        .body(Body::empty())
        .unwrap();
    refused(&program(&world).send(twice).await, "two headers");
    let basic = authorized(&world, Method::GET, "/userinfo", &format!("Basic {access}"), String::new()).await;
    refused(&basic, "another scheme");
}

#[tokio::test]
async fn it_stops_with_the_session_the_person_and_the_quarter_hour() {
    for ends in ["session", "person", "time"] {
        let world = World::new().await;
        let wiki = Client::public(&world, "Wiki").await;
        let (person, mut browser) = world.user("Ada").await;
        let tokens = wiki.tokens(&world, &mut browser).await;
        let access = tokens["access_token"].as_str().unwrap();
        match ends {
            "session" => {
                let id = world.session_of(&browser).unwrap();
                world.app.commit(vec![Change::EndSession { id, at: world.now() }]).await.unwrap();
            }
            "person" => {
                let mut user = person.user.clone();
                user.enabled = false;
                world.app.commit(vec![Change::UpdateUser(user)]).await.unwrap();
            }
            _ => {
                world.pass(Seconds(899));
                assert_eq!(ask(&world, access).await.status, StatusCode::OK, "its last second");
                world.pass(Seconds(1));
            }
        }
        refused(&ask(&world, access).await, ends);
    }
}
