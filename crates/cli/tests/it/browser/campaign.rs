//! A registration campaign: asked after the sign-in, put off by keyboard, and then not put off any more.

use super::look::look;
use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, VirtualKind};
use serde_json::json;

#[tokio::test]
async fn a_campaign_asks_lets_people_put_it_off_and_then_insists() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let campaign = json!({ "state": "enabled", "snoozeDurationInDays": 0 });
    let enforcement = json!({ "authenticationMethodsRegistrationCampaign": campaign });
    let policy = json!({ "registrationEnforcement": enforcement });
    installation.patch("/v1.0/policies/authenticationMethodsPolicy", &policy).await;

    let page = &rosa.page;
    for left in ["3 more times", "2 more times", "once more"] {
        sign_out(page, url).await?;
        page.goto(&format!("{url}/sign-in?next=/account")).await?;
        rosa.press_sign_in(&format!("{url}/account/campaign?next=")).await?;
        page.until_text(left).await?;
        if left == "once more" {
            look(page, "campaign").await?;
        }
        page.tab_to("form[action='/account/campaign/snooze'] button").await?;
        page.led_to(&format!("{url}/account"), page.press(Key::Enter)).await?;
        page.until_text("Rosa Root").await?;
    }

    sign_out(page, url).await?;
    page.goto(&format!("{url}/sign-in?next=/account")).await?;
    rosa.press_sign_in(&format!("{url}/account/passkeys/new")).await?;
    page.until_text("before you can go on").await?;
    look(page, "campaign-insists").await?;
    page.goto(&format!("{url}/admin")).await?;
    assert!(page.url().await?.contains("/account/passkeys/new"), "nothing else is open");
    // The device that has one already is no second place.
    page.fill("#passkey-name", "Again").await?;
    rosa.press_in_vain("InvalidStateError").await?;
    page.until_text("already holds a passkey for your account").await?;
    look(page, "register-again").await?;
    rosa.key.clone().remove().await?;
    let phone = page.authenticator(VirtualKind::synced()).await?;
    page.led_to(&format!("{url}/"), page.click("[data-act]")).await?;
    assert_eq!(phone.credentials().await?.len(), 1);
    page.goto(&format!("{url}/account")).await?;
    page.until_text("Again").await?;
    sign_out(page, url).await?;
    page.goto(&format!("{url}/sign-in?next=/account")).await?;
    rosa.press_sign_in(&format!("{url}/account")).await?;
    page.until_text("Rosa Root").await?;
    assert!(!page.url().await?.contains("campaign"));
    rosa.expect_clean(0).await
}
