//! A program without a browser is let in: its code is typed, what asks is shown, and the answer is a press of its own.

use super::look::look;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, VirtualKind};
use serde_json::Value;

async fn begin(url: &str, client: &str) -> Value {
    let form = [("client_id", client), ("scope", "openid offline_access")];
    let asked = reqwest::Client::new().post(format!("{url}/device_authorization")).form(&form).send().await;
    asked.unwrap().json().await.unwrap()
}

async fn poll(url: &str, client: &str, begun: &Value) -> Value {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    reqwest::Client::new()
        .post(format!("{url}/token"))
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_person_compares_codes_and_answers() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let app = installation.app("Television", &["--public"]);
    let page = &rosa.page;

    let begun = begin(url, &app.id).await;
    let code = begun["user_code"].as_str().unwrap();
    page.goto(begun["verification_uri_complete"].as_str().unwrap()).await?;
    page.until_text("Enter it only if you started this sign-in yourself").await?;
    look(page, "device").await?;
    page.led_to(&format!("{url}/device"), page.click("form [type=submit]")).await?;
    page.until_text("Let Television in?").await?;
    page.until_text(code).await?;
    look(page, "device-confirm").await?;
    assert_eq!(poll(url, &app.id, &begun).await["error"], "authorization_pending");
    page.tab_to("button[value=yes]").await?;
    page.led_to(&format!("{url}/device"), page.press(Key::Enter)).await?;
    page.until_text("Television is signed in").await?;
    look(page, "device-done").await?;
    assert!(poll(url, &app.id, &begun).await["access_token"].is_string());

    let begun = begin(url, &app.id).await;
    page.goto(&format!("{url}/device")).await?;
    page.fill("#code", begun["user_code"].as_str().unwrap()).await?;
    page.led_to(&format!("{url}/device"), page.press(Key::Enter)).await?;
    page.led_to(&format!("{url}/device"), page.click("button[value=no]")).await?;
    page.until_text("Television was not let in").await?;
    assert_eq!(poll(url, &app.id, &begun).await["error"], "access_denied");
    rosa.expect_clean(0).await
}
