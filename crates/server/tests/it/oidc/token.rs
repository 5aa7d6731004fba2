//! `/token` with a code, and how clients say who they are.

use super::{Client, SECRET, authorized, basic, error, keys, program, token, verify};
use crate::world::{Browser, ORIGIN, World, encode};
use axum::http::{Method, StatusCode, header};
use passband_core::change::Change;
use passband_core::session::code::LIFETIME;
use passband_core::time::Seconds;
use serde_json::json;

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

async fn signed_in() -> (World, Client, Browser) {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (_, browser) = world.user("Ada").await;
    (world, wiki, browser)
}

#[tokio::test]
async fn a_code_yields_tokens_that_say_who_and_how() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    let reply = wiki.redeem(&world, &code).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    let (tokens, keys) = (reply.json(), keys(&world).await);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &900.into()));
    let id = verify(&tokens["id_token"], "JWT", &keys).unwrap();
    let access = verify(&tokens["access_token"], "at+jwt", &keys).unwrap();
    let now = world.now().0;
    for (claims, audience) in [(&id, wiki.id()), (&access, ORIGIN.to_owned())] {
        assert_eq!((&claims["iss"], &claims["aud"]), (&ORIGIN.into(), &audience.into()));
        assert_eq!((&claims["iat"], &claims["exp"]), (&now.into(), &(now + 900).into()));
        assert_eq!((&claims["auth_time"], &claims["acr"]), (&now.into(), &"phr".into()));
        assert!(claims["amr"].as_array().unwrap().contains(&json!("fido")), "{claims}");
        assert_eq!(claims["sid"], world.session_of(&browser).unwrap().to_string());
        assert_eq!((&claims["upn"], &claims["passband_binding"]), (&"ada@localhost".into(), &"none".into()));
    }
    assert_eq!((&id["nonce"], &access["client_id"]), (&"a nonce".into(), &wiki.id().into()));
    assert_eq!(access["scope"], "offline_access openid profile");

    // Without `openid` there is no ID token, without `offline_access` no refresh token.
    let reply = browser.get(&wiki.with(&[("scope", "profile")])).await;
    let plain = wiki.redeem(&world, &super::member(&reply, "code").unwrap()).await.json();
    assert!(plain.get("id_token").is_none() && plain.get("refresh_token").is_none(), "{plain}");
}

#[tokio::test]
async fn a_code_is_good_once_and_its_replay_costs_the_tokens() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    let tokens = wiki.redeem(&world, &code).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(wiki.refresh(&world, refresh).await.status, StatusCode::OK);
    assert_eq!(error(&wiki.redeem(&world, &code).await, BAD), "invalid_grant");
    assert_eq!(error(&wiki.refresh(&world, refresh).await, BAD), "invalid_grant");
    // Whoever is signed in stays so: a stolen code ends one grant, not the person's day.
    wiki.tokens(&world, &mut browser).await;
}

#[tokio::test]
async fn of_many_that_redeem_a_code_at_once_one_gets_tokens() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut program, form) = (program(&world), wiki.redemption(&code));
        racing.spawn(async move {
            let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            program.form("/token", &fields).await
        });
    }
    let replies = racing.join_all().await;
    let (good, bad): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == StatusCode::OK);
    assert_eq!((good.len(), bad.len()), (1, 19));
    assert!(bad.iter().all(|reply| error(reply, BAD) == "invalid_grant"));
    let refresh = good[0].json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(error(&wiki.refresh(&world, &refresh).await, BAD), "invalid_grant", "the replays ended it");
}

#[tokio::test]
async fn a_code_is_for_its_client_its_uri_and_its_verifier() {
    let (world, wiki, mut browser) = signed_in().await;
    let other = Client::public(&world, "Other").await;
    let code = wiki.code(&mut browser).await;
    let verifier = wiki.verifier.as_str();
    let other_id = other.id();
    for (name, value) in [
        ("client_id", other_id.as_str()),
        ("redirect_uri", "http://127.0.0.1/native"),
        ("redirect_uri", ""),
        ("code_verifier", &other.verifier),
        ("code_verifier", &verifier[1..]),
        ("code_verifier", ""),
        ("code_verifier", &wiki.request()["code_challenge"]),
        ("code", &code[1..]),
        ("code", ""),
        ("code", "0.AAAA"),
        ("code", &"A".repeat(20_000)),
    ] {
        let mut form = wiki.redemption(&code);
        form.insert(name, value.to_owned());
        assert_eq!(error(&token(&world, &form).await, BAD), "invalid_grant", "{name}={value}");
    }
    // None of it used the code up: a stranger cannot spoil a sign-in.
    assert_eq!(wiki.redeem(&world, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_expires_and_ends_with_its_session() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    world.pass(LIFETIME);
    assert_eq!(error(&wiki.redeem(&world, &code).await, BAD), "invalid_grant");
    let code = wiki.code(&mut browser).await;
    world.pass(Seconds(LIFETIME.0 - 1));
    assert_eq!(wiki.redeem(&world, &code).await.status, StatusCode::OK);
    let code = wiki.code(&mut browser).await;
    let id = world.session_of(&browser).unwrap();
    world.app.commit(vec![Change::EndSession { id, at: world.now() }]).await.unwrap();
    assert_eq!(error(&wiki.redeem(&world, &code).await, BAD), "invalid_grant");
}

#[tokio::test]
async fn a_client_with_a_secret_must_show_it_once() {
    let (world, _, mut browser) = signed_in().await;
    let mail = Client::confidential(&world, "Mail").await;
    let id = mail.id();
    let without_id = |code: &str| {
        let mut form = mail.redemption(code);
        form.remove("client_id");
        let pairs: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.join("&")
    };
    let by_basic = async |authorization: &str, body: String| {
        authorized(&world, Method::POST, "/token", authorization, body).await
    };

    let code = mail.code(&mut browser).await;
    let mut form = mail.redemption(&code);
    assert_eq!(error(&token(&world, &form).await, UNAUTHORIZED), "invalid_client");
    for wrong in ["wrong", "", &SECRET[1..], &format!("{SECRET} ")] {
        form.insert("client_secret", wrong.to_owned());
        let reply = token(&world, &form).await;
        assert_eq!(error(&reply, UNAUTHORIZED), "invalid_client");
        assert!(reply.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic "));
        assert_eq!(
            error(&by_basic(&basic(&id, wrong), without_id(&code)).await, UNAUTHORIZED),
            "invalid_client"
        );
    }
    // Both ways at once (RFC 6749 §2.3), a header for one and a body for another, and headers that are none.
    form.insert("client_secret", SECRET.to_owned());
    let both = format!("{}&client_secret={}", without_id(&code), encode(SECRET));
    assert_eq!(error(&by_basic(&basic(&id, SECRET), both).await, UNAUTHORIZED), "invalid_client");
    let mixed = format!("{}&client_id={}", without_id(&code), ORIGIN);
    assert_eq!(error(&by_basic(&basic(&id, SECRET), mixed).await, UNAUTHORIZED), "invalid_client");
    for header in
        ["Basic", "Basic !", "Basic YQ==", "Bearer x", &basic(&id, SECRET).replace("Basic", "Digest")]
    {
        assert_eq!(
            error(&by_basic(header, without_id(&code)).await, UNAUTHORIZED),
            "invalid_client",
            "{header}"
        );
    }

    assert_eq!(token(&world, &form).await.status, StatusCode::OK, "client_secret_post");
    let code = mail.code(&mut browser).await;
    let reply = by_basic(&basic(&id, SECRET), without_id(&code)).await;
    assert_eq!(reply.status, StatusCode::OK, "client_secret_basic: {}", reply.body);
    // Its refresh tokens need the secret too.
    let refresh = reply.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(error(&mail.refresh(&world, &refresh).await, UNAUTHORIZED), "invalid_client");
    let body = format!("grant_type=refresh_token&refresh_token={}", encode(&refresh));
    assert_eq!(by_basic(&basic(&id, SECRET), body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_without_a_secret_cannot_show_one() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    let mut form = wiki.redemption(&code);
    form.insert("client_secret", "anything".to_owned());
    assert_eq!(error(&token(&world, &form).await, UNAUTHORIZED), "invalid_client");
    form.remove("client_secret");
    form.insert("client_id", "00000000-0000-0000-0000-000000000000".to_owned());
    assert_eq!(error(&token(&world, &form).await, BAD), "unauthorized_client");
    let mut off = wiki.record.clone();
    off.enabled = false;
    world.app.commit(vec![Change::UpdateApp(off)]).await.unwrap();
    assert_eq!(error(&wiki.redeem(&world, &code).await, BAD), "unauthorized_client");
}

#[tokio::test]
async fn what_is_no_token_request_is_refused() {
    let (world, wiki, mut browser) = signed_in().await;
    let code = wiki.code(&mut browser).await;
    for kind in
        ["", "password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange"]
    {
        let mut form = wiki.redemption(&code);
        form.insert("grant_type", kind.to_owned());
        assert_eq!(error(&token(&world, &form).await, BAD), "unsupported_grant_type", "{kind}");
    }
    for (name, value) in wiki.redemption(&code) {
        let form = wiki.redemption(&code);
        let mut fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push((name, &value));
        let reply = program(&world).form("/token", &fields).await;
        assert_eq!(error(&reply, BAD), "invalid_request", "{name} twice");
    }
    // By address alone: what is in a query ends up in logs (RFC 6749 §3.2 has the body).
    let query = wiki.with(&[]).replace("/authorize", "/token");
    assert_eq!(error(&program(&world).form(&query, &[]).await, BAD), "unsupported_grant_type");
    let reply = program(&world).form("/token", &[("code", &"x".repeat(70_000))]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(wiki.redeem(&world, &code).await.status, StatusCode::OK);
}
