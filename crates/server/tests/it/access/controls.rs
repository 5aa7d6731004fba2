//! Each control that does more than block.

use super::paths::{text, userinfo};
use super::{POLICY, grants, lines, policy, put, put_part, refused, session};
use crate::device::{Device, payload};
use crate::oidc::{Client, member};
use crate::prt::{authorize, cookie_for};
use crate::world::World;
use axum::http::{StatusCode, header};
use passband_core::directory::AccessKind;
use passband_core::reason::Reason;
use passband_core::time::Seconds;
use passband_wire::prt::CREDENTIAL_NAME;
use serde_json::{Value, json};

fn frequency(value: &Value) -> Value {
    session(&json!({ "signInFrequency": value }))
}

fn hourly() -> Value {
    frequency(&json!({
        "isEnabled": true, "type": "hours", "value": 1,
        "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased",
    }))
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_asked_again() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (person, mut browser) = world.user("Ada").await;
    put(&world, POLICY, Some(policy("No way", &hourly()))).await;
    world.pass(Seconds::minutes(50));
    let tokens = app.tokens(&world, &mut browser).await;
    // No token outlives the sign-in behind it.
    let claims = payload(&tokens["access_token"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(tokens["expires_in"], 600);
    world.pass(Seconds::minutes(11));
    let reply = app.refresh(&world, &text(&tokens, "refresh_token")).await;
    refused(&world, &reply, ("invalid_grant", 70_043), Reason::AccessSignInTooOld).await;
    let silent = browser.get(&app.with(&[("prompt", "none")])).await;
    assert_eq!(member(&silent, "error").as_deref(), Some("interaction_required"));
    let page = browser.get(&app.address()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("data-ceremony=\"sign-in\"") && page.body.contains("newer sign-in"));
    assert_eq!(browser.sign_in(&person.authenticator).await.status, StatusCode::OK);
    assert_eq!(app.tokens(&world, &mut browser).await["token_type"], "Bearer");
}

/// A token that ends on its way would send its client into a circle.
#[tokio::test]
async fn the_shortest_token_lives_for_a_minute() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    put(&world, POLICY, Some(policy("No way", &hourly()))).await;
    for (passes, lives) in [(3600 - 61, 61), (2, 60), (59, 60)] {
        world.pass(Seconds(passes));
        assert_eq!(app.tokens(&world, &mut browser).await["expires_in"], lives, "after {passes} s more");
    }
}

#[tokio::test]
async fn every_time_means_within_five_minutes() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let every = frequency(&json!({
        "isEnabled": true, "frequencyInterval": "everyTime",
        "authenticationType": "primaryAndSecondaryAuthentication",
    }));
    put(&world, POLICY, Some(policy("Each time", &every))).await;
    world.pass(Seconds::minutes(5));
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FOUND);
    world.pass(Seconds(1));
    assert!(browser.get(&app.address()).await.body.contains("data-ceremony=\"sign-in\""));
}

#[tokio::test]
async fn token_protection_takes_a_devices_key_and_nothing_else() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (person, mut browser) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    let before = app.tokens(&world, &mut browser).await;
    let protect = session(&json!({ "secureSignInSession": { "isEnabled": true } }));
    put(&world, POLICY, Some(policy("No way", &protect))).await;
    let unbound = ("interaction_required", 530_084);
    let reply = app.refresh(&world, &text(&before, "refresh_token")).await;
    refused(&world, &reply, unbound, Reason::AccessTokenUnbound).await;
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FORBIDDEN, "a cookie is no key");
    let tokens = held.open(&held.use_it(&mut world.browser(), "openid").await);
    assert_eq!(userinfo(&world, &text(&tokens, "access_token")).await.status, StatusCode::OK);
    // What the device's key signs for goes through to the tokens, once; the cookie it leaves is none.
    let cookie = cookie_for(&world, &held).await;
    let mut other = world.browser();
    let request = app.address();
    let page = {
        let request = axum::http::Request::builder().uri(request).header(CREDENTIAL_NAME, &cookie);
        other.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let code = member(&page, "code").unwrap_or_else(|| panic!("{} {}", page.status, page.body));
    let redeemed = app.redeem(&world, &code).await;
    assert_eq!(redeemed.status, StatusCode::OK, "{}", redeemed.body);
    assert_eq!(other.get(&app.address()).await.status, StatusCode::FORBIDDEN);
    let reply = app.refresh(&world, &text(&redeemed.json(), "refresh_token")).await;
    refused(&world, &reply, unbound, Reason::AccessTokenUnbound).await;
}

#[tokio::test]
async fn a_cookie_that_is_not_enough_gives_way_to_the_devices_key() {
    let world = World::new().await;
    let (person, mut browser) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    let protect = session(&json!({ "secureSignInSession": { "isEnabled": true } }));
    put(&world, POLICY, Some(policy("No way", &protect))).await;
    let cookie = cookie_for(&world, &held).await;
    let page = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert!(page.location().contains("code="), "{} {}", page.status, page.body);
    assert!(lines(&world, Reason::AccessTokenUnbound).await.is_empty(), "nobody was refused");
}

#[tokio::test]
async fn a_compliant_device_is_one_that_is_known_to_be() {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    put(&world, POLICY, Some(policy("No way", &grants(&["compliantDevice"])))).await;
    let reply = held.use_it(&mut world.browser(), "openid").await;
    refused(&world, &reply, ("interaction_required", 53_000), Reason::AccessDeviceNotCompliant).await;
    // But a device may be registered: it could never become compliant otherwise.
    Device::join(&world, &person, 1).await;
}

#[tokio::test]
async fn a_strength_asks_for_another_passkey() {
    const STRENGTH: &str = "00000000-0000-0000-0000-0000000000b1";
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let hardware = json!({
        "displayName": "Hardware keys",
        "allowedCombinations": ["fido2"],
        "combinationConfigurations": [{
            "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
            "appliesToCombinations": ["fido2"],
            "passband_keyBinding": ["hardware"],
        }],
    });
    put_part(&world, AccessKind::Strength, STRENGTH, Some(hardware)).await;
    let ask = json!({ "grantControls": { "operator": "AND", "authenticationStrength": { "id": STRENGTH } } });
    put(&world, POLICY, Some(policy("No way", &ask))).await;
    let page = browser.get(&app.address()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("access_strength") && page.body.contains("another passkey"), "{}", page.body);
    // The built-in one takes any passkey.
    let ask = json!({
        "grantControls": {
            "operator": "AND", "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" },
        },
    });
    put(&world, POLICY, Some(policy("No way", &ask))).await;
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn strict_evaluation_shortens_tokens_and_none_spares_them() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let mode = |mode: &str| session(&json!({ "continuousAccessEvaluation": { "mode": mode } }));
    assert_eq!(app.tokens(&world, &mut browser).await["expires_in"], 900);
    put(&world, POLICY, Some(policy("Strict", &mode("strictEnforcement")))).await;
    let tokens = app.tokens(&world, &mut browser).await;
    assert_eq!(tokens["expires_in"], 300);
    let claims = payload(&tokens["access_token"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    put(&world, "00000000-0000-0000-0000-0000000000a2", Some(policy("No way", &grants(&["block"])))).await;
    assert_eq!(userinfo(&world, &text(&tokens, "access_token")).await.status, StatusCode::UNAUTHORIZED);
    put(&world, POLICY, Some(policy("Spare", &mode("disabled")))).await;
    assert_eq!(userinfo(&world, &text(&tokens, "access_token")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_keeps_its_session_as_policies_say() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let mode = |mode: &str| session(&json!({ "persistentBrowser": { "isEnabled": true, "mode": mode } }));
    assert!(!browser.get(&app.address()).await.headers.contains_key(header::SET_COOKIE));
    put(&world, POLICY, Some(policy("Keep", &mode("always")))).await;
    let kept = browser.get(&app.address()).await;
    let line = kept.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(line.starts_with("passband_session=") && line.contains("; Max-Age="), "{line}");
    put(&world, POLICY, Some(policy("Forget", &mode("never")))).await;
    let forgotten = browser.get(&app.address()).await;
    let line = forgotten.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(line.starts_with("passband_session=") && !line.contains("Max-Age"), "{line}");
}

#[tokio::test]
async fn a_confidential_clients_own_address_is_not_the_persons() {
    const OFFICE: &str = "00000000-0000-0000-0000-0000000000c1";
    let world = World::new().await;
    let (open, wiki) = (Client::public(&world, "App").await, Client::confidential(&world, "Wiki").await);
    let (_, mut browser) = world.user("Ada").await;
    let office = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Office",
        "isTrusted": true,
        "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "127.0.0.0/8" }],
    });
    put_part(&world, AccessKind::Location, OFFICE, Some(office)).await;
    let mut document = policy("No way", &grants(&["block"]));
    document["conditions"]["locations"] =
        json!({ "includeLocations": ["All"], "excludeLocations": [OFFICE] });
    put(&world, POLICY, Some(document)).await;
    let mut elsewhere = world.browser();
    elsewhere.ip = [203, 0, 113, 9].into();
    elsewhere.origin = None;
    let redeem = async |client: &Client, code: String, caller: &mut crate::world::Browser| {
        let secret = client.record.secret_hash.map(|_| crate::oidc::SECRET);
        let mut form: Vec<_> = client.redemption(&code).into_iter().collect();
        form.extend(secret.map(|secret| ("client_secret", secret.to_owned())));
        let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        caller.form("/token", &fields).await
    };
    let code = wiki.code(&mut browser).await;
    assert_eq!(redeem(&wiki, code, &mut elsewhere).await.status, StatusCode::OK, "its own server calls");
    let code = open.code(&mut browser).await;
    let reply = redeem(&open, code, &mut elsewhere).await;
    refused(&world, &reply, ("interaction_required", 53_003), Reason::AccessBlocked).await;
    browser.ip = [203, 0, 113, 9].into();
    assert_eq!(browser.get(&wiki.address()).await.status, StatusCode::FORBIDDEN);
}
