//! A policy that blocks, on each path there is; and the paths that policies are not asked on.

use super::{POLICY, grants, lines, policy, put, refused};
use crate::device::{Device, Held, broker_tokens, drs_token, join_body, key, post_join};
use crate::oidc::{Client, SECRET, authorized, basic, member};
use crate::prt::{authorize, cookie_for};
use crate::world::{Person, Reply, World};
use axum::http::{Method, StatusCode};
use passband_core::audit::SignInKind;
use passband_core::change::Change;
use passband_core::id::ClientId;
use passband_core::manage::methods::Membership;
use passband_core::reason::Reason;
use passband_server::policies::change_members;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::prt::CREDENTIAL_NAME;
use serde_json::{Value, json};

const BLOCKED: (&str, u32) = ("interaction_required", 53_003);

async fn block(world: &World) {
    put(world, POLICY, Some(policy("No way", &grants(&["block"])))).await;
}

async fn blocked(world: &World, reply: &Reply) {
    refused(world, reply, BLOCKED, Reason::AccessBlocked).await;
}

async fn device() -> (World, Person, Device, Held) {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    (world, person, device, held)
}

/// Introspection by a confidential client.
pub async fn introspect(world: &World, client: &Client, token: &str) -> Reply {
    let line = basic(&client.id(), SECRET);
    authorized(world, Method::POST, "/introspect", &line, format!("token={token}")).await
}

pub async fn userinfo(world: &World, token: &str) -> Reply {
    authorized(world, Method::GET, "/userinfo", &format!("Bearer {token}"), String::new()).await
}

pub fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_prt_buys_nothing_that_is_blocked() {
    let (world, _, _, held) = device().await;
    let before = held.use_it(&mut world.browser(), "openid").await;
    assert_eq!(before.status, StatusCode::OK);
    block(&world).await;
    blocked(&world, &held.use_it(&mut world.browser(), "openid").await).await;
    let line = &lines(&world, Reason::AccessBlocked).await[0];
    assert_eq!((line.kind, line.user.is_some()), (SignInKind::PrtToken, true));
    // Out of force at the next request too.
    put(&world, POLICY, None).await;
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_prt_is_issued_and_renewed_whatever_policies_say() {
    let (world, person, device, held) = device().await;
    block(&world).await;
    assert_eq!(held.use_it(&mut world.browser(), "openid aza").await.status, StatusCode::OK);
    let again = device.login(&world, &person).await;
    blocked(&world, &again.use_it(&mut world.browser(), "openid").await).await;
    // The broker's refresh token is good for a PRT and otherwise judged as any.
    let mut browser = world.sign_in(&person).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let client = passband_wire::prt::BROKER_CLIENT.to_string();
    let refresh = text(&tokens, "refresh_token");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", refresh.as_str()),
    ];
    blocked(&world, &world.browser().form("/token", &form).await).await;
    assert_eq!(userinfo(&world, &text(&tokens, "access_token")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn codes_refresh_tokens_and_access_tokens_are_judged_when_they_are_shown() {
    let world = World::new().await;
    let wiki = Client::confidential(&world, "Wiki").await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let code = app.code(&mut browser).await;
    let other = app.code(&mut browser).await;
    let tokens = app.tokens(&world, &mut browser).await;
    let access = text(&tokens, "access_token");
    let resource = browser.get(&app.with(&[("resource", "https://wiki.example.com")])).await;
    let for_wiki = app.redeem(&world, &member(&resource, "code").unwrap()).await.json();
    let for_wiki = text(&for_wiki, "access_token");
    let shown = introspect(&world, &wiki, &for_wiki).await.json();
    assert_eq!((&shown["active"], &shown["aud"]), (&json!(true), &json!("https://wiki.example.com")));
    assert_eq!(userinfo(&world, &access).await.status, StatusCode::OK);

    block(&world).await;
    blocked(&world, &app.redeem(&world, &code).await).await;
    blocked(&world, &app.refresh(&world, &text(&tokens, "refresh_token")).await).await;
    assert_eq!(userinfo(&world, &access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(introspect(&world, &wiki, &for_wiki).await.json(), json!({ "active": false }));
    let page = browser.get(&app.address()).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
    assert!(page.body.contains("access_blocked") && !page.body.contains("No way"));
    assert!(page.body.contains("error=access_denied"), "a way back to the app");
    let silent = browser.get(&app.with(&[("prompt", "none")])).await;
    assert_eq!(member(&silent, "error").as_deref(), Some("access_denied"));

    // A refusal takes nothing away but the code, which was used up.
    put(&world, POLICY, None).await;
    assert_eq!(app.redeem(&world, &code).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.redeem(&world, &other).await.status, StatusCode::OK);
    assert_eq!(app.refresh(&world, &text(&tokens, "refresh_token")).await.status, StatusCode::OK);
    assert_eq!(introspect(&world, &wiki, &for_wiki).await.json()["active"], true);
}

#[tokio::test]
async fn introspection_tells_a_resource_of_its_own_tokens_and_nobody_else() {
    let world = World::new().await;
    let wiki = Client::confidential(&world, "Wiki").await;
    let other = Client::confidential(&world, "Other").await;
    let app = Client::public(&world, "App").await;
    let (person, mut browser) = world.user("Ada").await;
    let page = browser.get(&app.with(&[("resource", "https://wiki.example.com")])).await;
    let tokens = app.redeem(&world, &member(&page, "code").unwrap()).await.json();
    let access = text(&tokens, "access_token");
    let none = json!({ "active": false });
    assert_eq!(introspect(&world, &other, &access).await.json(), none, "another's");
    for bad in [text(&tokens, "refresh_token"), text(&tokens, "id_token"), "x".to_owned()] {
        assert_eq!(introspect(&world, &wiki, &bad).await.json(), none, "{bad}");
    }
    let id = app.id();
    let form = [("client_id", id.as_str()), ("token", access.as_str())];
    let public = world.browser().form("/introspect", &form).await;
    assert_eq!(public.status, StatusCode::UNAUTHORIZED, "a public client may not ask");
    let (line, body) = (basic(&wiki.id(), "wrong"), format!("token={access}"));
    let wrong = authorized(&world, Method::POST, "/introspect", &line, body).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(introspect(&world, &wiki, &access).await.json()["sub"], person.user.id.to_string());
    world.pass(passband_core::time::Seconds::minutes(15));
    assert_eq!(introspect(&world, &wiki, &access).await.json(), none, "expired");
    // And what it rests on.
    let page = browser.get(&app.with(&[("resource", "https://wiki.example.com")])).await;
    let fresh = text(&app.redeem(&world, &member(&page, "code").unwrap()).await.json(), "access_token");
    assert_eq!(introspect(&world, &wiki, &fresh).await.json()["active"], true);
    let end = Change::EndSessionsOf { user: person.user.id, at: world.now() };
    world.app.commit(vec![end]).await.unwrap();
    assert_eq!(introspect(&world, &wiki, &fresh).await.json(), none, "revoked");
}

#[tokio::test]
async fn a_browser_with_a_prt_is_judged_for_the_app_it_opens() {
    let (world, _, _, held) = device().await;
    block(&world).await;
    let cookie = cookie_for(&world, &held).await;
    let page = authorize(&mut world.browser(), &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&world, Reason::AccessBlocked).await[0].kind, SignInKind::Authorize);
}

#[tokio::test]
async fn registering_a_device_or_a_passkey_is_an_action_of_its_own() {
    let world = World::new().await;
    let (person, mut browser) = world.user("Ada").await;
    let app = Client::public(&world, "App").await;
    let token = drs_token(&mut world.sign_in(&person).await).await;
    let action = |urn: &str| {
        let apps = json!({ "includeApplications": [], "includeUserActions": [urn] });
        let mut document = policy("No way", &grants(&["block"]));
        document["conditions"]["applications"] = apps;
        document
    };
    put(&world, POLICY, Some(action("urn:user:registerdevice"))).await;
    blocked(&world, &post_join(&mut world.browser(), &token, &join_body(key(0))).await).await;
    let page = broker_tokens(
        &mut world.sign_in(&person).await,
        &format!("&resource={}", crate::world::encode(passband_wire::prt::DRS_RESOURCE)),
    )
    .await
    .unwrap_err();
    assert_eq!(page.status, StatusCode::FORBIDDEN, "nor is a token for it given");
    assert_eq!(app.tokens(&world, &mut browser).await["token_type"], "Bearer", "apps are another matter");
    let done = browser.register(&mut SoftAuthenticator::new(Model::synced()), "Second").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);

    put(&world, POLICY, Some(action("urn:user:registersecurityinfo"))).await;
    let token = drs_token(&mut world.sign_in(&person).await).await;
    let joined = post_join(&mut world.browser(), &token, &join_body(key(0))).await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.body);
    let mut fresh = world.sign_in(&person).await;
    let stopped = fresh.register(&mut SoftAuthenticator::new(Model::synced()), "Third").await;
    assert_eq!(stopped.status, StatusCode::BAD_REQUEST, "{}", stopped.body);
    assert!(stopped.body.contains("A rule of your organisation"), "{}", stopped.body);
    let page = fresh.press("/account", "/account/recovery-codes", &[]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "nor recovery codes");
}

#[tokio::test]
async fn a_group_that_is_left_out_is_left_out_at_the_next_request() {
    let (world, person, _, held) = device().await;
    let group = passband_core::directory::Group {
        id: passband_core::id::GroupId::from_bytes([7; 16]),
        name: "Emergency".to_owned(),
        description: String::new(),
        nickname: "emergency".to_owned(),
        created: world.now(),
    };
    world.app.commit(vec![Change::InsertGroup(group.clone())]).await.unwrap();
    let except = json!({ "conditions": { "users": { "excludeGroups": [group.id.to_string()] } } });
    let mut document = policy("No way", &grants(&["block"]));
    super::merge(&mut document, &except);
    put(&world, POLICY, Some(document)).await;
    blocked(&world, &held.use_it(&mut world.browser(), "openid").await).await;
    let member = (group.id, person.user.id);
    world.app.commit(vec![Change::AddMember { group: member.0, user: member.1 }]).await.unwrap();
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    world.app.commit(vec![Change::RemoveMember { group: member.0, user: member.1 }]).await.unwrap();
    blocked(&world, &held.use_it(&mut world.browser(), "openid").await).await;
    world.app.commit(vec![Change::AddMember { group: member.0, user: member.1 }]).await.unwrap();
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    let kept = change_members(&world.app, "root@localhost", group.id, Membership::Dissolve).await;
    assert!(kept.unwrap_err().to_string().contains("conditional access policy names this group"));
    world.app.commit(vec![Change::DeleteGroup(group.id)]).await.unwrap();
    blocked(&world, &held.use_it(&mut world.browser(), "openid").await).await;
}

#[tokio::test]
async fn a_policy_for_one_app_is_about_its_resource_whoever_asks() {
    let world = World::new().await;
    let wiki = Client::confidential(&world, "Wiki").await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let only = |id: ClientId| {
        let mut document = policy("No way", &grants(&["block"]));
        document["conditions"]["applications"]["includeApplications"] = json!([id.to_string()]);
        document
    };
    put(&world, POLICY, Some(only(wiki.record.id))).await;
    let for_wiki = app.with(&[("resource", "https://wiki.example.com")]);
    assert_eq!(browser.get(&for_wiki).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FOUND, "the app itself is free");
    put(&world, POLICY, Some(only(app.record.id))).await;
    assert_eq!(browser.get(&for_wiki).await.status, StatusCode::FOUND);
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FORBIDDEN);
}
