//! Refresh tokens: rotation, theft, revocation (RFC 6749 §6, RFC 7009, RFC 9700 §4.14).

use super::{Client, error, keys, program, token, verify};
use crate::world::{Browser, Person, World};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::session::grant::{GRACE, RefreshToken};
use passband_core::time::Seconds;
use serde_json::Value;
use std::collections::BTreeMap;

const BAD: StatusCode = StatusCode::BAD_REQUEST;

async fn signed_in() -> (World, Client, Person, Browser) {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (person, browser) = world.user("Ada").await;
    (world, wiki, person, browser)
}

fn refresh_token(tokens: &Value) -> String {
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

fn opened(world: &World, text: &str) -> RefreshToken {
    RefreshToken::open(&world.app.keys().ring, text).unwrap()
}

async fn narrowed(
    world: &World,
    client: &Client,
    refresh: &str,
    member: (&'static str, &str),
) -> crate::world::Reply {
    let form = BTreeMap::from([
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", client.id()),
        ("refresh_token", refresh.to_owned()),
        (member.0, member.1.to_owned()),
    ]);
    token(world, &form).await
}

#[tokio::test]
async fn each_use_brings_the_next() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let first = wiki.tokens(&world, &mut browser).await;
    let (began, mut current) = (world.now(), refresh_token(&first));
    for generation in 1..=5 {
        world.pass(Seconds::hours(1));
        let reply = wiki.refresh(&world, &current).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let tokens = reply.json();
        current = refresh_token(&tokens);
        assert_eq!(opened(&world, &current).generation, generation);
        let claims = verify(&tokens["access_token"], "at+jwt", &keys(&world).await).unwrap();
        // A refresh is no sign-in: it is as old as the one it came from.
        assert_eq!((&claims["auth_time"], &claims["iat"]), (&began.0.into(), &world.now().0.into()));
    }
}

#[tokio::test]
async fn a_lost_answer_is_forgiven_and_a_late_replay_is_not() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let first = refresh_token(&wiki.tokens(&world, &mut browser).await);
    let second = refresh_token(&wiki.refresh(&world, &first).await.json());
    world.pass(GRACE);
    let repeated = refresh_token(&wiki.refresh(&world, &first).await.json());
    assert_eq!(opened(&world, &repeated), opened(&world, &second), "the same generation, not a second line");
    world.pass(Seconds(1));
    assert_eq!(error(&wiki.refresh(&world, &first).await, BAD), "invalid_grant");
    for token in [&second, &repeated] {
        assert_eq!(error(&wiki.refresh(&world, token).await, BAD), "invalid_grant", "the family has ended");
    }
}

#[tokio::test]
async fn two_generations_back_is_theft_at_once() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let first = refresh_token(&wiki.tokens(&world, &mut browser).await);
    let second = refresh_token(&wiki.refresh(&world, &first).await.json());
    let third = refresh_token(&wiki.refresh(&world, &second).await.json());
    assert_eq!(error(&wiki.refresh(&world, &first).await, BAD), "invalid_grant");
    assert_eq!(error(&wiki.refresh(&world, &third).await, BAD), "invalid_grant");
    // Another sign-on of the same person in the same app is another family.
    wiki.tokens(&world, &mut browser).await;
}

#[tokio::test]
async fn a_hundred_at_once_never_fork() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let mut current = refresh_token(&wiki.tokens(&world, &mut browser).await);
    for generation in 1..=3 {
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (mut program, id, token) = (program(&world), wiki.id(), current.clone());
            racing.spawn(async move {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", id.as_str()),
                    ("refresh_token", token.as_str()),
                ];
                program.form("/token", &form).await
            });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.len(), 100);
        for reply in replies {
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            current = refresh_token(&reply.json());
            assert_eq!(opened(&world, &current).generation, generation, "one line, one step");
        }
    }
}

#[tokio::test]
async fn a_refresh_asks_for_no_more_than_was_granted() {
    let (world, wiki, _, mut browser) = signed_in().await;
    Client::public(&world, "Mail").await;
    let refresh = refresh_token(&wiki.tokens(&world, &mut browser).await);
    for (member, expected) in [
        (("scope", "openid email"), "invalid_scope"),
        (("scope", "openid openi"), "invalid_scope"),
        (("scope", " "), "invalid_scope"),
        (("resource", "https://mail.example.com"), "invalid_target"),
    ] {
        assert_eq!(error(&narrowed(&world, &wiki, &refresh, member).await, BAD), expected, "{member:?}");
    }
    let less = narrowed(&world, &wiki, &refresh, ("scope", "profile")).await.json();
    assert_eq!(less["scope"], "profile");
    assert!(less.get("id_token").is_none());
    // Narrowed once is not narrowed for good (RFC 6749 §6).
    let again = wiki.refresh(&world, &refresh_token(&less)).await.json();
    assert_eq!(again["scope"], "offline_access openid profile");
}

#[tokio::test]
async fn it_is_its_clients_alone() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let other = Client::public(&world, "Other").await;
    let tokens = wiki.tokens(&world, &mut browser).await;
    let refresh = refresh_token(&tokens);
    assert_eq!(error(&other.refresh(&world, &refresh).await, StatusCode::UNAUTHORIZED), "invalid_client");
    for strange in ["", "x", &refresh[1..], tokens["access_token"].as_str().unwrap(), &"A".repeat(20_000)] {
        assert_eq!(error(&wiki.refresh(&world, strange).await, BAD), "invalid_request", "{strange}");
    }
    assert_eq!(wiki.refresh(&world, &refresh).await.status, StatusCode::OK, "none of it harmed the owner");
}

#[tokio::test]
async fn it_lives_no_longer_than_what_it_stands_on() {
    for ends in ["session", "person", "time"] {
        let (world, wiki, person, mut browser) = signed_in().await;
        let refresh = refresh_token(&wiki.tokens(&world, &mut browser).await);
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
            _ => world.pass(Seconds::days(31)),
        }
        assert_eq!(error(&wiki.refresh(&world, &refresh).await, BAD), "invalid_grant", "{ends}");
    }
}

#[tokio::test]
async fn its_client_can_revoke_it_and_nobody_else() {
    let (world, wiki, _, mut browser) = signed_in().await;
    let other = Client::public(&world, "Other").await;
    let tokens = wiki.tokens(&world, &mut browser).await;
    let refresh = refresh_token(&tokens);
    let revoke = async |client: &Client, token: &str| {
        let id = client.id();
        program(&world).form("/revoke", &[("client_id", &id), ("token", token)]).await.status
    };
    // The answer is the same whatever the token is (RFC 7009 §2.2).
    for strange in ["", "x", tokens["access_token"].as_str().unwrap(), &refresh[1..]] {
        assert_eq!(revoke(&wiki, strange).await, StatusCode::OK);
    }
    assert_eq!(revoke(&other, &refresh).await, StatusCode::OK);
    let refresh = refresh_token(&wiki.refresh(&world, &refresh).await.json());
    assert_eq!(revoke(&wiki, &refresh).await, StatusCode::OK);
    assert_eq!(error(&wiki.refresh(&world, &refresh).await, BAD), "invalid_grant");
    // A client that must authenticate must do so here too.
    let mail = Client::confidential(&world, "Mail").await;
    assert_eq!(revoke(&mail, &refresh).await, StatusCode::UNAUTHORIZED);
    assert_eq!(program(&world).form("/revoke", &[("token", &refresh)]).await.status, BAD);
}
