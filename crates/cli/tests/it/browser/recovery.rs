//! Losing every passkey and coming back; accounts for emergencies; removed passkeys that the browser forgets.

use super::look::{expect_to_fit, picture};
use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Page, VirtualKind};

/// Ten codes, as the page shows them.
async fn codes(page: &Page) -> Result<Vec<String>, passband_testkit::browser::BrowserError> {
    let shown = page
        .eval("[...document.querySelectorAll('.codes code')].map((c) => c.textContent).join(' ')")
        .await?;
    Ok(shown.as_str().unwrap_or_default().split(' ').map(str::to_owned).collect())
}

#[tokio::test]
async fn who_lost_every_passkey_comes_back_with_a_code() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let page = &rosa.page;
    page.set_viewport(1200, 900).await?;
    page.goto(&format!("{url}/account")).await?;
    page.until_text("Recovery codes").await?;
    picture(page, "account").await?;
    page.eval(
        "document.querySelector(\"form[action='/account/recovery-codes']\").closest('details').open = true",
    )
    .await?;
    page.led_to(
        &format!("{url}/account/recovery-codes"),
        page.click("form[action='/account/recovery-codes'] button"),
    )
    .await?;
    let codes = codes(page).await?;
    assert_eq!((codes.len(), codes[0].len()), (10, 19));
    picture(page, "codes").await?;
    expect_to_fit(page, "codes").await?;
    picture(page, "codes-360").await?;
    sign_out(page, url).await?;
    rosa.expect_clean(0).await?;

    // Another browser, no passkey: the way is on the sign-in page, and works without a pointer.
    let back = Person::arrive(&browser, VirtualKind::synced()).await?;
    let page = &back.page;
    page.set_viewport(360, 740).await?;
    page.goto(&format!("{url}/sign-in?next=/account")).await?;
    expect_to_fit(page, "sign-in").await?;
    picture(page, "sign-in-360").await?;
    page.led_to(&format!("{url}/recover"), page.click("a[href^='/recover']")).await?;
    expect_to_fit(page, "recover").await?;
    picture(page, "recover-360").await?;
    page.tab_to("#upn").await?;
    page.replace("rosa@localhost").await?;
    page.tab_to("#code").await?;
    page.replace(&codes[2].to_lowercase()).await?;
    page.led_to(&format!("{url}/account/passkeys/new"), page.press(passband_testkit::browser::Key::Enter))
        .await?;
    page.goto(&format!("{url}/account")).await?;
    assert!(page.url().await?.ends_with("/account/passkeys/new"), "nothing else is open");
    page.fill("#passkey-name", "New phone").await?;
    page.led_to(&format!("{url}/admin"), page.click("[data-act]")).await?;
    page.goto(&format!("{url}/account")).await?;
    page.until_text("A recovery code of yours was used").await?;
    expect_to_fit(page, "account").await?;
    picture(page, "alarm-360").await?;
    back.expect_clean(0).await?;

    // And the owner hears of it at the next sign-in, wherever they were going.
    let page = &rosa.page;
    page.goto(&format!("{url}/sign-in?next=/admin")).await?;
    rosa.press_sign_in(&format!("{url}/account?next=")).await?;
    page.until_text("A recovery code of yours was used").await?;
    page.led_to(&format!("{url}/admin"), page.click("form[action^='/account/alarms/'] button")).await?;
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn an_account_for_emergencies_raises_an_alarm_in_the_console() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    installation.admin(&["user", "create", "glass@localhost", "--name", "Break Glass", "--break-glass"]);
    let pass = installation.admin(&["tap", "create", "glass@localhost", "--once"]);
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let glass = Person::arrive(&browser, VirtualKind::synced()).await?;
    glass.page.goto(&format!("{url}/tap")).await?;
    glass.page.fill("#upn", "glass@localhost").await?;
    glass.page.fill("#pass", pass["temporaryAccessPass"].as_str().unwrap()).await?;
    let made = format!("{url}/account/passkeys/new");
    glass.page.led_to(&made, glass.page.click("form [type=submit]")).await?;
    let page = &rosa.page;
    page.goto(&format!("{url}/admin")).await?;
    page.until_text("An account for emergencies was used").await?;
    picture(page, "admin-alarm").await?;
    expect_to_fit(page, "admin").await?;
    picture(page, "admin-alarm-360").await?;
    page.led_to(&format!("{url}/admin"), page.click("form[action^='/admin/alarms/'] button")).await?;
    page.until_text("It stays in the audit log").await?;
    assert_eq!(page.eval("document.querySelector('.alarm') === null").await?, true);
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn a_passkey_that_is_not_known_any_more_is_forgotten_by_the_browser() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    installation.admin(&["user", "create", "ada@localhost", "--name", "Ada"]);
    let pass = installation.admin(&["tap", "create", "ada@localhost", "--once"]);
    let ada = Person::arrive(&browser, VirtualKind::synced()).await?;
    ada.page.goto(&format!("{url}/tap")).await?;
    ada.page.fill("#upn", "ada@localhost").await?;
    ada.page.fill("#pass", pass["temporaryAccessPass"].as_str().unwrap()).await?;
    let made = format!("{url}/account/passkeys/new");
    ada.page.led_to(&made, ada.page.click("form [type=submit]")).await?;
    ada.page.fill("#passkey-name", "Phone").await?;
    ada.page.led_to(&format!("{url}/account"), ada.page.click("[data-act]")).await?;
    sign_out(&ada.page, url).await?;
    let listed = installation.admin(&["passkey", "list", "ada@localhost"]);
    let id = listed["value"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        installation.try_admin(&["passkey", "delete", "ada@localhost", &id]).exit,
        1,
        "it is the last"
    );
    installation.admin(&["passkey", "delete", "ada@localhost", &id, "--force"]);

    ada.page.goto(&format!("{url}/sign-in?next=/account")).await?;
    ada.press_in_vain("passkey_not_accepted").await?;
    assert_eq!(ada.key.credentials().await?.len(), 1, "once may be an accident");
    ada.page.until("!document.querySelector('[data-act]').disabled").await?;
    ada.page.click("[data-act]").await?;
    for _ in 0..200 {
        if ada.key.credentials().await?.is_empty() {
            break;
        }
        ada.page.eval("new Promise(requestAnimationFrame)").await?;
    }
    assert!(ada.key.credentials().await?.is_empty(), "the browser was told");
    Ok(())
}
