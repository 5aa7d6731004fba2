//! `/authorize`: what is sent where.

use super::{Client, REDIRECT, member};
use crate::world::{Browser, ORIGIN, Reply, World};
use axum::http::StatusCode;
use passband_core::change::Change;

/// A page with this reason, and nothing sent anywhere.
fn stopped(reply: &Reply, code: &str) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.location(), "");
    assert!(reply.body.contains(code), "{}", reply.body);
}

async fn signed_in() -> (World, Client, Browser) {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (_, browser) = world.user("Ada").await;
    (world, wiki, browser)
}

#[tokio::test]
async fn an_answer_carries_code_state_and_issuer() {
    let (_world, wiki, mut browser) = signed_in().await;
    let reply = browser.get(&wiki.address()).await;
    assert_eq!(reply.status, StatusCode::FOUND);
    assert!(reply.location().starts_with(&format!("{REDIRECT}?")), "{}", reply.location());
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(member(&reply, "state").as_deref(), Some("a state"));
    assert_eq!(member(&reply, "iss").as_deref(), Some(ORIGIN));
    let again = wiki.code(&mut browser).await;
    assert_ne!(member(&reply, "code").unwrap(), again);

    // The state is the client's, whatever is in it; without one there is none.
    for state in ["&iss=https://evil.example&code=x#f", "\r\nSet-Cookie: a=b", "\u{1f511}", "%2526+ "] {
        let reply = browser.get(&wiki.with(&[("state", state)])).await;
        assert_eq!(member(&reply, "state").as_deref(), Some(state));
        assert_eq!(member(&reply, "iss").as_deref(), Some(ORIGIN));
        assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 0);
    }
    let without = browser.get(&wiki.with(&[("state", "")])).await;
    assert!(member(&without, "code").is_some() && member(&without, "state").is_none());
}

#[tokio::test]
async fn a_redirect_uri_is_matched_exactly() {
    let (_world, wiki, mut browser) = signed_in().await;
    for other in [
        "https://wiki.example.com/cb/",
        "https://wiki.example.com/cb?x=1",
        "https://wiki.example.com/cb#f",
        "https://wiki.example.com/c",
        "https://wiki.example.com/",
        "https://wiki.example.com/x/../cb",
        "https://WIKI.example.com/cb",
        "https://wiki.example.com:443/cb",
        "https://wiki.example.com@evil.example/cb",
        "https://wiki.example.com.evil.example/cb",
        "http://wiki.example.com/cb",
        "HTTPS://wiki.example.com/cb",
        "//wiki.example.com/cb",
        "https://evil.example/cb",
        "javascript:alert(1)",
        "http://127.0.0.1:1234/other",
        "http://127.0.0.1:1234@evil.example/native",
        "http://localhost:1234/native",
        "http://127.0.0.2/native",
        "",
    ] {
        stopped(&browser.get(&wiki.with(&[("redirect_uri", other)])).await, "redirect_uri_unknown");
    }
    // RFC 8252 §7.3: a native app does not know its port beforehand.
    let native = browser.get(&wiki.with(&[("redirect_uri", "http://127.0.0.1:51004/native")])).await;
    assert!(native.location().starts_with("http://127.0.0.1:51004/native?"), "{}", native.location());
}

#[tokio::test]
async fn a_client_that_is_not_known_gets_nothing() {
    let (world, wiki, mut browser) = signed_in().await;
    for other in ["", "x", "00000000-0000-0000-0000-000000000000", "' or 1=1", "\0"] {
        stopped(&browser.get(&wiki.with(&[("client_id", other)])).await, "app_unknown");
    }
    let mut off = wiki.record.clone();
    off.enabled = false;
    world.app.commit(vec![Change::UpdateApp(off)]).await.unwrap();
    stopped(&browser.get(&wiki.address()).await, "app_disabled");
}

#[tokio::test]
async fn what_a_client_gets_wrong_it_is_told_without_a_code() {
    let (_world, wiki, mut browser) = signed_in().await;
    let challenge = wiki.request()["code_challenge"].clone();
    let upper = challenge.to_uppercase() + "A";
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", &challenge[1..], "invalid_request"),
        ("code_challenge", &upper, "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "s256", "invalid_request"),
        ("response_type", "", "unsupported_response_type"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("response_mode", "query.jwt", "invalid_request"),
        ("prompt", "consent", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("max_age", "99999999999999999999", "invalid_request"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://evil.example/r", "request_uri_not_supported"),
        ("scope", "openid admin", "invalid_scope"),
        ("scope", "openid  profile", "invalid_scope"),
        ("scope", "openid \"", "invalid_scope"),
        ("resource", "https://nobody.example.com", "invalid_target"),
        // The registration service speaks to the broker alone (attack A32).
        ("resource", "urn:ms-drs:enterpriseregistration.windows.net", "invalid_target"),
    ] {
        let reply = browser.get(&wiki.with(&[(name, value)])).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{name}={value}");
        assert!(reply.location().starts_with(&format!("{REDIRECT}?")), "{}", reply.location());
        assert_eq!(member(&reply, "error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(member(&reply, "code"), None, "{name}={value}");
        assert_eq!(member(&reply, "state").as_deref(), Some("a state"));
        assert_eq!(member(&reply, "iss").as_deref(), Some(ORIGIN));
    }
}

#[tokio::test]
async fn an_app_that_wants_it_gets_its_answer_by_post_and_in_no_address() {
    let (_world, wiki, mut browser) = signed_in().await;
    let state = "\"><script>alert(1)</script>";
    let page = browser.get(&wiki.with(&[("response_mode", "form_post"), ("state", state)])).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.headers.contains_key("location"));
    assert!(
        page.body
            .contains(&format!("<form class=\"stack\" method=\"post\" action=\"{REDIRECT}\" data-submit>"))
    );
    for name in ["code", "state", "iss"] {
        assert_eq!(
            page.body.matches(&format!("type=\"hidden\" name=\"{name}\" value=\"")).count(),
            1,
            "{name}"
        );
    }
    assert!(!page.body.contains("<script>alert"), "what the app sent is text");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' https://wiki.example.com"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    // An error goes the same way.
    let page = browser.get(&wiki.with(&[("response_mode", "form_post"), ("scope", "openid admin")])).await;
    assert!(page.body.contains("name=\"error\" value=\"invalid_scope\""), "{}", page.body);
    assert!(!page.body.contains("name=\"code\""));
    let page = browser
        .get(&wiki.with(&[("response_mode", "form_post"), ("redirect_uri", "https://evil.example/cb")]))
        .await;
    stopped(&page, "redirect_uri_unknown");
}

#[tokio::test]
async fn a_member_given_twice_stops_the_request() {
    let (_world, wiki, mut browser) = signed_in().await;
    for (name, value) in wiki.request() {
        let twice = format!("{}&{name}={}", wiki.address(), crate::world::encode(&value));
        stopped(&browser.get(&twice).await, "request_malformed");
    }
    let disguised = format!("{}&redirect%5furi=https://evil.example", wiki.address());
    stopped(&browser.get(&disguised).await, "request_malformed");
}

#[tokio::test]
async fn too_much_of_anything_is_refused() {
    let (_world, wiki, mut browser) = signed_in().await;
    // What an HTTP library can carry at most as an address, less than 64 KiB; then many members.
    let long = "x".repeat(60_000);
    let reply = browser.get(&wiki.with(&[("state", &long)])).await;
    assert_eq!(member(&reply, "state").as_deref(), Some(long.as_str()), "within bounds it is echoed");
    let many: String = (0..100).map(|n| format!("&x{n}=y")).collect();
    stopped(&browser.get(&format!("{}{many}", wiki.address())).await, "request_malformed");
    let reply = browser.form("/authorize", &[("state", &"x".repeat(70_000))]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_form_is_answered_at_the_address_it_stands_for() {
    let (_world, wiki, mut browser) = signed_in().await;
    let request = wiki.request();
    let fields: Vec<_> = request.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let moved = browser.form("/authorize", &fields).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let reply = browser.get(moved.location()).await;
    assert!(member(&reply, "code").is_some());
}
