//! Receivers and transmitters of signals, added and removed at their page by keyboard.

use super::look::look;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, Page, VirtualKind};
use passband_wire::jose::jwk::{Jwk, JwkSet};
use passband_wire::jose::jws::SigningKey;

async fn fill(page: &Page, fields: &[(&str, &str)]) -> Outcome {
    for (selector, words) in fields {
        page.tab_to(selector).await?;
        page.replace(words).await?;
    }
    Ok(())
}

async fn press(page: &Page, url: &str, form: &str, leads_to: &str) -> Outcome {
    page.tab_to(&format!("form[action$='{form}'] [type=submit]")).await?;
    page.led_to(&format!("{url}/admin/signals{leads_to}"), page.press(Key::Enter)).await.map(drop)
}

/// Opens the question before an act, and answers it.
async fn confirm(page: &Page, url: &str, form: &str, leads_to: &str) -> Outcome {
    page.tab_to(&format!("details:has(form[action$='{form}']) > summary")).await?;
    page.press(Key::Enter).await?;
    press(page, url, form, leads_to).await
}

#[tokio::test]
async fn receivers_and_transmitters_come_and_go_by_keyboard() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let page = &rosa.page;
    page.goto(&format!("{url}/admin/signals")).await?;
    page.until_text("Nobody is told of anything yet.").await?;

    let receiver = [
        ("#receiver-name", "SIEM"),
        ("#audience", "https://siem.example.org"),
        ("#push-url", "http://10.0.0.1/"),
    ];
    fill(page, &receiver).await?;
    press(page, url, "/receivers", "/receivers").await?;
    page.until_text("The push address must be https://").await?;
    fill(page, &receiver[..2]).await?;
    press(page, url, "/receivers", "/receivers").await?;
    page.until_text("SIEM has a new credential").await?;
    let first = page.text("#secret-value").await?;
    assert!(first.starts_with("pbsig_"), "{first}");
    look(page, "signals-receiver").await?;
    page.goto(&format!("{url}/admin/signals")).await?;
    assert!(!page.text("main").await?.contains("pbsig_"), "it is shown once");

    let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
    let keys =
        serde_json::to_string(&JwkSet { keys: vec![Jwk::from_point(key.public_point(), "k1").unwrap()] })
            .unwrap();
    let mut transmitter =
        [("#transmitter-name", "MDM"), ("#issuer", "https://mdm.example.org"), ("#jwks", "{}")];
    fill(page, &transmitter).await?;
    press(page, url, "/transmitters", "/transmitters").await?;
    page.until_text("The key set must be a key set").await?;
    transmitter[2].1 = &keys;
    fill(page, &transmitter).await?;
    page.tab_to("#sessions").await?;
    page.press(Key::Space).await?;
    press(page, url, "/transmitters", "?done=").await?;
    page.until_text("lower devices, end sessions").await?;
    page.until_text("/ssf/receive/").await?;
    look(page, "signals").await?;

    confirm(page, url, "/renew", "/receivers/").await?;
    page.until_text("SIEM has a new credential").await?;
    assert_ne!(page.text("#secret-value").await?, first);
    confirm(page, url, "/delete", "?done=").await?;
    page.until_text("Receiver deleted, with all that waited for it.").await?;
    confirm(page, url, "/delete", "?done=").await?;
    page.until_text("Nobody tells this server of anything yet.").await?;
    look(page, "signals-empty").await?;
    rosa.expect_clean(2).await
}
