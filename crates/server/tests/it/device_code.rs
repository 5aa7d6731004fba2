//! Signing in on a device without a browser (RFC 8628).

use crate::access::{POLICY, policy, put};
use crate::oidc::Client;
use crate::world::{Browser, Reply, World};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::directory::App;
use passband_core::time::Seconds;
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE};
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A sign-in that a program has begun.
struct Begun {
    client: String,
    device_code: String,
    user_code: String,
}

async fn begin(
    browser: &mut Browser,
    path: &str,
    client: &str,
    scope: &str,
) -> Result<(Begun, Value), Reply> {
    let reply = browser.form(path, &[("client_id", client), ("scope", scope)]).await;
    if reply.status != StatusCode::OK {
        return Err(reply);
    }
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name}: {body}")).to_owned();
    let begun =
        Begun { client: client.to_owned(), device_code: text("device_code"), user_code: text("user_code") };
    Ok((begun, body))
}

impl Begun {
    async fn new(browser: &mut Browser, client: &Client) -> Self {
        let scope = "openid profile offline_access";
        let begun = begin(browser, "/device_authorization", &client.id(), scope).await;
        begun.unwrap_or_else(|reply| panic!("{}", reply.body)).0
    }

    async fn poll_at(&self, browser: &mut Browser, path: &str, name: &str) -> Reply {
        let form = [("grant_type", GRANT), ("client_id", self.client.as_str()), (name, &self.device_code)];
        browser.form(path, &form).await
    }

    async fn poll(&self, browser: &mut Browser) -> Reply {
        self.poll_at(browser, "/token", "device_code").await
    }

    /// Types the code and answers.
    async fn answer(&self, person: &mut Browser, answer: &str) -> Reply {
        let page = person.press("/device", "/device", &[("userCode", &self.user_code)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let csrf = page.csrf();
        let fields = [("csrf", csrf.as_str()), ("userCode", &self.user_code), ("answer", answer)];
        person.form("/device", &fields).await
    }
}

fn refused(reply: &Reply, error: &str, number: u64) {
    let body = reply.json();
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(
        (body["error"].as_str(), body["error_codes"][0].as_u64()),
        (Some(error), Some(number)),
        "{body}"
    );
}

#[tokio::test]
async fn a_person_lets_a_program_in_once() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let begun = Begun::new(&mut tv, &client).await;
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    // The page says which application asked, and from where, before anything is answered.
    let page = phone.press("/device", "/device", &[("userCode", &begun.user_code.to_lowercase())]).await;
    for said in ["Tasks", "127.0.0.1", &begun.user_code, "If somebody sent you this code"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    world.pass(Seconds(5));
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    let done = begun.answer(&mut phone, "yes").await;
    assert!(done.body.contains("Tasks is signed in"), "{}", done.body);
    // Answered once: neither again nor otherwise.
    let again = phone.press("/device", "/device", &[("userCode", &begun.user_code), ("answer", "no")]).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    world.pass(Seconds(5));
    let reply = begun.poll(&mut tv).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let tokens = reply.json();
    assert!(tokens["access_token"].is_string() && tokens["id_token"].is_string());
    // Single use.
    refused(&begun.poll(&mut tv).await, "invalid_grant", 70_018);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", begun.client.as_str()),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(tv.form("/token", &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_slow_down_and_the_end_are_told_apart() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let begun = Begun::new(&mut tv, &client).await;
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    refused(&begun.poll(&mut tv).await, "slow_down", 70_016);
    world.pass(Seconds(9));
    refused(&begun.poll(&mut tv).await, "slow_down", 70_016);
    world.pass(Seconds(60));
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    assert!(begun.answer(&mut phone, "no").await.body.contains("was not let in"));
    refused(&begun.poll(&mut tv).await, "access_denied", 65_004);
    // A quarter of an hour, for either side.
    let late = Begun::new(&mut tv, &client).await;
    world.pass(Seconds::minutes(15));
    refused(&late.poll(&mut tv).await, "expired_token", 70_019);
    let mut phone = world.sign_in(&ada).await;
    let page = phone.press("/device", "/device", &[("userCode", &late.user_code)]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    // Another client's, and nobody's.
    let other = Client::public(&world, "Other").await;
    let begun = Begun::new(&mut tv, &client).await;
    let stolen = Begun { client: other.id(), ..begun };
    refused(&stolen.poll(&mut tv).await, "invalid_grant", 70_018);
    let made_up = Begun { device_code: "x".to_owned(), ..stolen };
    refused(&made_up.poll(&mut tv).await, "invalid_grant", 70_018);
}

#[tokio::test]
async fn both_dialects_begin_and_poll() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    for (version, name) in [("oauth2", "code"), ("oauth2/v2.0", "device_code"), ("OAuth2/v2.0", "code")] {
        let path = format!("/common/{version}/devicecode");
        let (begun, body) = begin(&mut tv, &path, &client.id(), "openid offline_access ").await.ok().unwrap();
        assert_eq!(body["verification_url"], body["verification_uri"]);
        assert!(body["message"].as_str().unwrap().contains(&begun.user_code));
        let path = format!("/common/{version}/token");
        refused(&begun.poll_at(&mut tv, &path, name).await, "authorization_pending", 70_016);
        begun.answer(&mut phone, "yes").await;
        let reply = begun.poll_at(&mut tv, &path, name).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert!(reply.json()["refresh_token"].is_string());
    }
}

#[tokio::test]
async fn nothing_of_a_device_code_becomes_a_device_identity() {
    // Attack A12: the broker's client, and what only a broker gets, by whichever name.
    let world = World::new().await;
    let mut tv = world.browser();
    let broker = BROKER_CLIENT.to_string();
    for path in ["/device_authorization", "/common/oauth2/devicecode", "/common/oauth2/v2.0/devicecode"] {
        let reply = begin(&mut tv, path, &broker, "openid offline_access").await.err().unwrap();
        refused(&reply, "unauthorized_client", 700_016);
    }
    let client = Client::public(&world, "Tasks").await;
    for name in [DRS_RESOURCE, "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", "urn:passband:admin-api"] {
        let scope = format!("{name}/.default");
        let reply = begin(&mut tv, "/device_authorization", &client.id(), &scope).await.err().unwrap();
        assert_eq!(reply.json()["error"], "invalid_target", "{name}");
    }
}

#[tokio::test]
async fn codes_are_not_guessed_and_pages_of_others_answer_nothing() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let begun = Begun::new(&mut tv, &client).await;
    // Not signed in: first the sign-in, and the code is kept for afterwards.
    let mut nobody = world.browser();
    let sent = nobody.get(&format!("/device?user_code={}", begun.user_code)).await;
    assert!(sent.location().starts_with("/sign-in?next=%2Fdevice%3Fuser_code%3D"), "{}", sent.location());
    // A link fills the code in and answers nothing.
    let page = phone.get(&format!("/device?user_code={}&answer=yes", begun.user_code)).await;
    assert!(page.body.contains(&begun.user_code));
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    // A page of another site, and a form without its value.
    let fields = [("userCode", begun.user_code.as_str()), ("answer", "yes")];
    assert_eq!(phone.form("/device", &fields).await.status, StatusCode::BAD_REQUEST);
    let csrf = phone.get("/device").await.csrf();
    phone.origin = Some("https://evil.example".to_owned());
    let fields = [("userCode", begun.user_code.as_str()), ("answer", "yes"), ("csrf", &csrf)];
    assert_eq!(phone.form("/device", &fields).await.status, StatusCode::BAD_REQUEST);
    phone.origin = Some(crate::world::ORIGIN.to_owned());
    for _ in 0..10 {
        let page = phone.press("/device", "/device", &[("userCode", "BCDF-GHJK")]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }
    let page = phone.press("/device", "/device", &[("userCode", &begun.user_code)]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "a guesser is not listened to for a while");
}

#[tokio::test]
async fn an_application_that_is_switched_off_is_let_in_by_nobody() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let begun = Begun::new(&mut tv, &client).await;
    begun.answer(&mut phone, "yes").await;
    let off = App { enabled: false, ..client.record.clone() };
    world.app.commit(vec![Change::UpdateApp(off)]).await.unwrap();
    refused(&begun.poll(&mut tv).await, "unauthorized_client", 700_016);
    assert!(begin(&mut tv, "/device_authorization", &client.id(), "openid").await.is_err());
}

#[tokio::test]
async fn who_signs_out_takes_the_answer_along() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let begun = Begun::new(&mut tv, &client).await;
    begun.answer(&mut phone, "yes").await;
    let id = world.session_of(&phone).unwrap();
    world.app.commit(vec![Change::EndSession { id, at: world.now() }]).await.unwrap();
    refused(&begun.poll(&mut tv).await, "invalid_grant", 50_173);
}

#[tokio::test]
async fn conditional_access_is_told_that_it_is_a_device_code() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let client = Client::public(&world, "Tasks").await;
    let (mut tv, mut phone) = (world.browser(), world.sign_in(&ada).await);
    let flows = json!({
        "conditions": { "authenticationFlows": { "transferMethods": "deviceCodeFlow" } },
        "grantControls": { "operator": "OR", "builtInControls": ["block"] },
    });
    let before = Begun::new(&mut tv, &client).await;
    before.answer(&mut phone, "yes").await;
    put(&world, POLICY, Some(policy("No device codes", &flows))).await;
    // What was answered before is asked again when it is redeemed, and is used up by that.
    refused(&before.poll(&mut tv).await, "interaction_required", 53_003);
    refused(&before.poll(&mut tv).await, "invalid_grant", 70_018);
    // The person is told, and nothing was answered.
    let begun = Begun::new(&mut tv, &client).await;
    let told = begun.answer(&mut phone, "yes").await;
    assert_eq!(told.status, StatusCode::FORBIDDEN, "{}", told.body);
    assert!(told.body.contains("access_blocked"));
    refused(&begun.poll(&mut tv).await, "authorization_pending", 70_016);
    // It is the flow that is blocked, and nothing else.
    assert_eq!(phone.get("/account").await.status, StatusCode::OK);
}
