//! Somebody's passkeys: where a new one is to live, the last one that is not removed in passing, accounts for
//! emergencies, and what evidence rests on.

use super::look::look;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, VirtualKind};
use passband_testkit::maker::{publisher, security_key_entry};

/// Keeps what the page asks the browser for.
const KEEP: &str = "(() => {
    const create = navigator.credentials.create.bind(navigator.credentials);
    navigator.credentials.create = (options) => {
        window.asked = { hints: options.publicKey.hints,
            attachment: options.publicKey.authenticatorSelection.authenticatorAttachment };
        return create(options);
    };
})()";

#[tokio::test]
async fn people_say_where_a_passkey_is_to_live() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    let page = &rosa.page;
    page.on_new_document(KEEP).await?;
    rosa.found(&installation).await?;
    page.goto(&format!("{url}/account")).await?;
    page.tab_to("a[href='/account/passkeys/new']").await?;
    page.led_to(&format!("{url}/account/passkeys/new"), page.press(Key::Enter)).await?;
    look(page, "register").await?;
    page.tab_to("#passkey-name").await?;
    page.replace("Work laptop").await?;
    page.tab_to("#keeper").await?;
    page.eval("document.activeElement.value = 'client-device'").await?;
    page.press(Key::Tab).await?;
    page.press(Key::Enter).await?;
    page.until("window.asked").await?;
    let asked = page.eval("JSON.stringify(asked)").await?;
    assert_eq!(asked, r#"{"hints":["client-device"],"attachment":"platform"}"#);
    // It has one already.
    page.until_text("InvalidStateError").await?;
    page.until_text("already holds a passkey for your account").await?;
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn a_last_passkey_takes_a_tick_and_emergencies_are_marked() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let ada = Person::newcomer(&installation, "Ada", VirtualKind::synced()).await?;
    ada.register("Phone", &format!("{url}/account")).await?;
    let page = &rosa.page;
    let id = installation.admin(&["user", "show", "ada@localhost"])["id"].as_str().unwrap().to_owned();
    let address = format!("{url}/admin/users/{id}");
    page.goto(&address).await?;
    look(page, "person").await?;

    page.tab_to("details:has(form[action$='/break-glass']) > summary").await?;
    page.press(Key::Enter).await?;
    page.tab_to("form[action$='/break-glass'] button").await?;
    page.led_to(&address, page.press(Key::Enter)).await?;
    page.until_text("For emergencies").await?;
    page.goto(&format!("{url}/admin/users")).await?;
    page.until_text("For emergencies").await?;
    page.goto(&address).await?;

    page.tab_to("details:has(form[action*='/passkeys/']) > summary").await?;
    page.press(Key::Enter).await?;
    page.until_text("They may lose their last passkey").await?;
    look(page, "person-last").await?;
    // Not in passing: without the tick the form is not sent.
    page.tab_to("form[action*='/passkeys/'] button").await?;
    page.press(Key::Enter).await?;
    assert_eq!(page.eval("document.activeElement.type").await?, "checkbox");
    page.press(Key::Space).await?;
    page.press(Key::Tab).await?;
    page.led_to(&format!("{address}?done="), page.press(Key::Enter)).await?;
    page.until_text("No passkey yet").await?;
    let left = installation.admin(&["passkey", "list", "ada@localhost"]);
    assert_eq!(left["value"], serde_json::json!([]));
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn what_evidence_rests_on_can_be_browsed() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let page = &rosa.page;
    page.goto(&format!("{url}/admin/trust")).await?;
    page.until_text("No metadata yet").await?;
    look(page, "trust-empty").await?;

    let (root, blob) = (installation.folder.0.join("root.pem"), installation.folder.0.join("blob.jwt"));
    std::fs::write(&root, &publisher().root)?;
    let entry = security_key_entry(&[("FIDO_CERTIFIED_L2", "2025-05-01")]);
    std::fs::write(&blob, publisher().blob(7, "2126-12-01", &[entry]))?;
    installation.admin(&["trust", "add-root", root.to_str().unwrap(), "--format", "metadata"]);
    installation.admin(&["trust", "import-metadata", blob.to_str().unwrap()]);
    page.goto(&format!("{url}/admin/trust")).await?;
    page.until_text("Test Security Key").await?;
    look(page, "trust").await?;
    page.tab_to("#f-name").await?;
    page.replace("no such key").await?;
    page.led_to(&format!("{url}/admin/trust?q=no"), page.press(Key::Enter)).await?;
    page.until_text("No model matches").await?;
    rosa.expect_clean(0).await
}
