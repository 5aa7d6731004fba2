//! Policies on the pages of this server.

use super::{POLICY, grants, lines, policy, put, session};
use crate::world::World;
use axum::http::StatusCode;
use passband_core::reason::Reason;
use passband_core::time::Seconds;
use serde_json::json;

#[tokio::test]
async fn the_console_is_an_admin_portal_and_the_account_pages_are_not() {
    let world = World::new().await;
    let (_, mut browser) = world.founder().await;
    let mut document = policy("No way", &grants(&["block"]));
    document["conditions"]["applications"]["includeApplications"] = json!(["MicrosoftAdminPortals"]);
    assert_eq!(browser.get("/admin/users").await.status, StatusCode::OK);
    put(&world, POLICY, Some(document)).await;
    for path in ["/admin", "/admin/users", "/admin/sign-ins"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.body.contains("access_blocked") && !page.body.contains("No way"), "{path}");
    }
    assert_eq!(browser.form("/admin/keys/rotate", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    assert_eq!(lines(&world, Reason::AccessBlocked).await[0].kind.name(), "page");
    // A policy for all speaks about both.
    put(&world, POLICY, Some(policy("No way", &grants(&["block"])))).await;
    assert_eq!(browser.get("/account").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_page_asks_again_where_the_sign_in_is_too_old() {
    let world = World::new().await;
    let (root, mut browser) = world.founder().await;
    let hourly = session(&json!({
        "signInFrequency": {
            "isEnabled": true, "type": "hours", "value": 1,
            "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased",
        },
    }));
    put(&world, POLICY, Some(policy("Hourly", &hourly))).await;
    world.pass(Seconds::minutes(61));
    let page = browser.get("/admin/users").await;
    assert!(page.body.contains("data-ceremony=\"sign-in\"") && page.body.contains("newer sign-in"));
    let form = browser.form("/admin/keys/rotate", &[]).await;
    assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/admin/keys"), "{}", form.body);
    assert_eq!(browser.sign_in(&root.authenticator).await.status, StatusCode::OK);
    assert_eq!(browser.get("/admin/users").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_console_tells_policies_in_words_to_those_who_may_read_them() {
    let world = World::new().await;
    let (_, mut browser) = world.founder().await;
    assert!(browser.get("/admin/access").await.body.contains("There is no policy"));
    let mut document = policy("Two <b>factors</b>", &grants(&["mfa"]));
    let (grace, mut nobody) = world.user("Grace").await;
    document["conditions"]["users"]["excludeUsers"] = json!([grace.user.id.to_string()]);
    put(&world, POLICY, Some(document)).await;
    let page = browser.get("/admin/access").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["all; not 1 person", "two factors", "Two &#60;b&#62;factors"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let one = browser.get(&format!("/admin/access/{POLICY}")).await;
    assert!(one.body.contains(&grace.user.id.to_string()), "{}", one.body);
    assert_eq!(nobody.get("/admin/access").await.status, StatusCode::FORBIDDEN);
}
