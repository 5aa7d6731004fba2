//! Temporary Access Passes: how somebody comes to their first passkey.

use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, VirtualKind};

/// Types a pass on its page.
async fn enter(person: &Person, url: &str, pass: &str, leads_to: &str) -> Outcome {
    person.page.goto(&format!("{url}/tap")).await?;
    person.page.fill("#upn", "ada@localhost").await?;
    person.page.fill("#pass", pass).await?;
    person.page.led_to(leads_to, person.page.click("form [type=submit]")).await.map(drop)
}

#[tokio::test]
async fn a_pass_leads_to_a_passkey_once() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    installation.admin(&["user", "create", "ada@localhost", "--name", "Ada Lovelace"]);
    let made = installation.admin(&["tap", "create", "ada@localhost", "--once"]);
    let pass = made["temporaryAccessPass"].as_str().unwrap();

    let browser = Chromium::shared()?;
    let ada = Person::arrive(&browser, VirtualKind::synced()).await?;
    enter(&ada, url, pass, &format!("{url}/account/passkeys/new")).await?;
    ada.page.until_text("Ada Lovelace").await?;
    ada.page.fill("#passkey-name", "Phone").await?;
    ada.page.led_to(&format!("{url}/account"), ada.page.click("[data-act]")).await?;
    ada.page.until_text("Phone").await?;
    sign_out(&ada.page, url).await?;

    ada.page.goto(&format!("{url}/sign-in?next=/account")).await?;
    ada.press_sign_in(&format!("{url}/account")).await?;
    ada.page.until_text("Ada Lovelace").await?;
    ada.expect_clean(0).await?;

    let thief = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    enter(&thief, url, pass, &format!("{url}/tap")).await?;
    thief.page.until_text("no longer good").await?;
    // A wrong pass is told in the same words: neither says whether there was one.
    enter(&thief, url, "not-a-pass-at-all", &format!("{url}/tap")).await?;
    thief.page.until_text("no longer good").await?;
    thief.page.goto(&format!("{url}/account/passkeys/new")).await?;
    assert!(thief.page.url().await?.contains("/sign-in"), "the pass let nobody in");
    let log = installation.log("2");
    assert_eq!(log, [("temporaryAccessPass", "tap_wrong"), ("temporaryAccessPass", "tap_used")].map(own));
    thief.expect_clean(2).await
}

fn own((kind, reason): (&str, &str)) -> (String, String) {
    (kind.to_owned(), reason.to_owned())
}
