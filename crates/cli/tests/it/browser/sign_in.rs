//! The first minutes of an installation, and signing in to it again.

use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Page, VirtualKind};
use std::time::Duration;

/// What a newcomer may need from the command to being signed in (product.md).
const NEWCOMER: Duration = Duration::from_secs(120);

/// Ends the session by the page's own button.
pub(super) async fn sign_out(page: &Page, url: &str) -> Outcome {
    page.goto(&format!("{url}/logout")).await?;
    page.led_to(&format!("{url}/logout"), page.click("form [type=submit]")).await?;
    page.until_text("signed out").await?;
    let session = if url.starts_with("https") { "__Host-passband_session" } else { "passband_session" };
    assert!(page.cookies(url).await?.iter().all(|cookie| cookie["name"] != session));
    Ok(())
}

#[tokio::test]
async fn the_first_administrator_is_signed_in_within_two_minutes() -> Outcome {
    let installation = Installation::start();
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let took = installation.begun.elapsed();
    println!("from `passband serve` to signed in as administrator: {:.1} s", took.as_secs_f64());
    assert!(took < NEWCOMER, "{took:?}");
    rosa.page.until_text("Rosa Root").await?;
    let cookies = rosa.page.cookies(&installation.url).await?;
    let session = cookies.iter().find(|cookie| cookie["name"] == "passband_session").expect("a session");
    assert_eq!((&session["httpOnly"], &session["sameSite"]), (&true.into(), &"Lax".into()));
    rosa.expect_clean(0).await?;

    // The link made one administrator and makes no second, in whatever browser.
    let other = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    other.page.goto(&installation.setup).await?;
    other.page.fill("#display-name", "Mallory").await?;
    other.page.fill("#upn", "mallory@localhost").await?;
    other.page.click("[data-act]").await?;
    other.page.until_text("setup_link_invalid").await?;
    assert!(other.key.credentials().await?.is_empty(), "no passkey was even asked for");
    other.expect_clean(1).await
}

#[tokio::test]
async fn a_passkey_signs_in_by_button_and_by_autofill() -> Outcome {
    let browser = Chromium::shared()?;
    for kind in [VirtualKind::device_bound(), VirtualKind::synced()] {
        let installation = Installation::start();
        let rosa = Person::arrive(&browser, kind).await?;
        rosa.found(&installation).await?;
        sign_out(&rosa.page, &installation.url).await?;

        rosa.page.goto(&format!("{}/sign-in?next=/account", installation.url)).await?;
        rosa.page.until_text("Sign in with a passkey").await?;
        rosa.press_sign_in(&format!("{}/account", installation.url)).await?;
        rosa.page.until_text("Rosa Root").await?;
        sign_out(&rosa.page, &installation.url).await?;

        rosa.page.goto(&format!("{}/sign-in?next=/account", installation.url)).await?;
        rosa.autofill(&format!("{}/account", installation.url)).await?;
        rosa.page.until_text("Rosa Root").await?;
        assert_eq!(rosa.key.credentials().await?.len(), 1);
        rosa.expect_clean(0).await?;
    }
    Ok(())
}
