//! The passkey policy, changed at its page by keyboard, and what people meet afterwards.

use super::look::look;
use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, Page, VirtualKind};

/// Follows the button of a form of the policy's page, reached by keyboard.
async fn press(page: &Page, url: &str, form: &str, leads_to: &str) -> Outcome {
    page.tab_to(&format!("form[action='/admin/passkey-policy/{form}'] [type=submit]")).await?;
    page.led_to(&format!("{url}/admin/passkey-policy{leads_to}"), page.press(Key::Enter)).await.map(drop)
}

#[tokio::test]
async fn a_profile_made_by_keyboard_refuses_synced_passkeys_by_name() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let ada = Person::newcomer(&installation, "Ada", VirtualKind::synced()).await?;
    ada.register("Phone", &format!("{url}/account")).await?;
    sign_out(&ada.page, url).await?;

    // A profile that nobody has touches nobody.
    let page = &rosa.page;
    page.goto(&format!("{url}/admin/passkey-policy")).await?;
    page.tab_to("#add-profile > summary").await?;
    page.press(Key::Enter).await?;
    page.tab_to("#name-1").await?;
    page.replace("Security keys").await?;
    page.tab_to("#synced-1").await?;
    page.press(Key::Space).await?;
    look(page, "policy-profile").await?;
    press(page, url, "profile", "/profile").await?;
    page.until_text("It touches nobody").await?;
    look(page, "policy-preview-nobody").await?;
    press(page, url, "save", "?done=").await?;
    page.until_text("Security keys").await?;

    // Everybody has it in the place of what they had: the person it would shut out is named before.
    page.tab_to("#use-1").await?;
    page.press(Key::Space).await?;
    press(page, url, "target", "/target").await?;
    page.until_text("ada@localhost").await?;
    let told = page.text("[aria-labelledby=preview]").await?;
    assert!(told.contains("1 person would have no usable passkey left"), "{told}");
    assert!(told.contains("Phone") && told.contains("passkey_profile_type"), "{told}");
    assert!(!told.contains("rosa@localhost") && !told.contains("No administrator"), "{told}");
    look(page, "policy-preview").await?;
    press(page, url, "save", "?done=").await?;
    look(page, "policy").await?;
    rosa.expect_clean(0).await?;

    // Refused at the next sign-in, and at registration: by the profile's name, in words.
    ada.page.goto(&format!("{url}/sign-in?next=/account")).await?;
    ada.press_in_vain("passkey_profile_type").await?;
    let bob = Person::newcomer(&installation, "Bob", VirtualKind::synced()).await?;
    bob.page.fill("#passkey-name", "Phone").await?;
    bob.press_in_vain("passkey_profile_type").await?;
    for person in [&ada, &bob] {
        let told = person.page.text("[data-said]").await?;
        assert!(told.contains("“Security keys” asks for a passkey that stays on one device"), "{told}");
        person.expect_clean(1).await?;
    }
    look(&bob.page, "register-refused").await?;
    look(&ada.page, "sign-in-refused").await?;

    page.goto(&format!("{url}/admin/sign-ins?user=ada&result=refused")).await?;
    page.tab_to(".log-line").await?;
    page.press(Key::Enter).await?;
    let story = page.text(".story").await?;
    assert!(story.contains("\"Security keys\": passkeyTypes"), "{story}");
    assert!(page.text(".log-line").await?.contains("passkey_profile_type"));
    look(page, "sign-ins").await?;
    rosa.expect_clean(0).await
}
