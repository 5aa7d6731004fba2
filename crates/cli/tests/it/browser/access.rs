//! Conditional access in the console: a policy from its template to its restoration by keyboard, the same without a
//! script, and a sign-in that nobody has made.

use super::look::look;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{BrowserError, Chromium, Key, Page, VirtualKind};
use serde_json::json;

const NEW: &str = "/admin/access/new";

/// Presses what a selector finds, reached by keyboard, and follows it.
async fn press(page: &Page, selector: &str, leads_to: &str) -> Outcome {
    page.tab_to(selector).await?;
    page.led_to(leads_to, page.press(Key::Enter)).await.map(drop)
}

/// Puts a text into the field of the policy's page, as pasting does.
async fn write(page: &Page, document: &str) -> Outcome {
    page.tab_to("#policy-document").await?;
    page.eval("document.getElementById('policy-document').select()").await?;
    page.command("Input.insertText", json!({ "text": document })).await.map(drop)
}

/// What the field holds, as JSON.
async fn written(page: &Page) -> Result<serde_json::Value, BrowserError> {
    let text = page.eval("document.getElementById('policy-document').value").await?;
    Ok(serde_json::from_str(text.as_str().unwrap_or_default()).unwrap_or_default())
}

async fn administrator(installation: &Installation) -> Result<Person, BrowserError> {
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(installation).await?;
    Ok(rosa)
}

#[tokio::test]
async fn a_policy_goes_from_its_template_to_its_restoration_by_keyboard() -> Outcome {
    let installation = Installation::start();
    let access = format!("{}/admin/access", installation.url);
    let rosa = administrator(&installation).await?;
    let page = &rosa.page;
    // A sign-in to an application, which a change can be tried on.
    let wiki = installation.app("Wiki", &["--public"]);
    wiki.redeem(&page.goto(&wiki.authorize("")).await?).await.unwrap();
    page.goto(&access).await?;
    page.until_text("There is no policy").await?;
    press(page, "a[href='/admin/access/new']", &format!("{access}/new")).await?;
    look(page, "access-new").await?;
    press(page, "a[href*='start=compliant-device']", &format!("{access}/new?start=")).await?;
    assert_eq!(written(page).await?["displayName"], "Require a compliant device");

    // What is wrong is told with its place, and the field still holds it.
    write(page, r#"{ "displayName": "Office", "state": "on" }"#).await?;
    press(page, "form[action$='/check'] [type=submit]", &format!("{access}/new/check")).await?;
    page.until_text("What is wrong with it").await?;
    let told = page.text("[aria-labelledby=problems]").await?;
    assert!(told.contains("state") && told.contains("enabledForReportingButNotEnforced"), "{told}");
    assert_eq!(written(page).await?["state"], "on");
    look(page, "access-problems").await?;

    page.goto(&format!("{access}/new?start=compliant-device")).await?;
    press(page, "form[action$='/check'] [type=submit]", &format!("{access}/new/check")).await?;
    let told = page.text("[aria-labelledby=tried]").await?;
    assert!(told.contains("If it were on, no Global Administrator"), "{told}");
    assert!(told.contains("would have been refused. It touches 1 person."), "{told}");
    assert!(told.contains("rosa@localhost") && told.contains("conditions.users.includeUsers"), "{told}");
    look(page, "access-check").await?;
    press(page, "form[action$='/save'] [type=submit]", &format!("{access}/")).await?;
    page.until_text("Policy saved").await?;
    look(page, "access-policy").await?;
    let place = page.url().await?.split('?').next().unwrap_or_default().to_owned();

    // Switched on from the list: refused, for it locks everybody out; nothing was changed.
    page.goto(&access).await?;
    look(page, "access-list").await?;
    press(page, "a[href$='?state=enabled']", &format!("{place}?state=enabled")).await?;
    press(page, "form[action$='/save'] [type=submit]", &format!("{place}/save")).await?;
    page.until_text("Nothing was changed").await?;
    look(page, "access-locks-out").await?;
    page.goto(&access).await?;
    let off = "form:has([value=disabled]) [type=submit]";
    press(page, off, &format!("{access}?done=")).await?;
    page.until_text("Policy switched").await?;

    // Somebody else is faster.
    page.goto(&place).await?;
    write(page, &written(page).await?.to_string().replace("Require a", "A")).await?;
    press(page, "form[action$='/check'] [type=submit]", &format!("{place}/check")).await?;
    let id = place.rsplit('/').next().unwrap_or_default();
    let of = format!("/v1.0/identity/conditionalAccess/policies/{id}");
    installation.patch(&of, &json!({ "description": "Of somebody else" })).await;
    press(page, "form[action$='/save'] [type=submit]", &format!("{place}/save")).await?;
    page.until_text("Version 3 was made meanwhile").await?;
    assert_eq!(written(page).await?["displayName"], "A compliant device");
    look(page, "access-stale").await?;

    // Back to the first version, deleted, and restored.
    page.goto(&place).await?;
    press(page, "a[href$='/versions/1']", &format!("{place}/versions/1")).await?;
    page.until_text("back to version 1").await?;
    look(page, "access-back").await?;
    press(page, "form[action$='/rollback'] [type=submit]", &format!("{place}?done=")).await?;
    look(page, "access-history").await?;
    page.tab_to("details:has(form[action$='/delete']) > summary").await?;
    page.press(Key::Enter).await?;
    press(page, "form[action$='/delete'] [type=submit]", &format!("{access}?done=")).await?;
    look(page, "access-deleted").await?;
    press(page, "a[href$='/versions/5']", &format!("{place}/versions/5")).await?;
    look(page, "access-restore").await?;
    press(page, "form[action$='/rollback'] [type=submit]", &format!("{place}?done=")).await?;
    page.until_text("Version 6").await?;
    // Pages that say that nothing was changed answer with a code that says so too.
    rosa.expect_clean(2).await
}

#[tokio::test]
async fn what_was_written_survives_the_way_to_the_passkey() -> Outcome {
    let installation = Installation::start();
    let rosa = administrator(&installation).await?;
    let page = &rosa.page;
    let new = format!("{}{NEW}", installation.url);
    page.goto(&new).await?;
    assert_eq!(page.eval("document.querySelector('[data-draft-back]').checkVisibility()").await?, false);
    write(page, "{ \"displayName\": \"Mine\" }").await?;
    press(page, "form[action$='/check'] [type=submit]", &format!("{new}/check")).await?;
    // As after the page that asks for the passkey: back at the policy's own address.
    page.goto(&new).await?;
    page.tab_to("[data-draft-back]").await?;
    page.press(Key::Enter).await?;
    assert_eq!(written(page).await?["displayName"], "Mine");
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn a_policy_is_made_and_asked_about_without_a_script() -> Outcome {
    let installation = Installation::start();
    let access = format!("{}/admin/access", installation.url);
    let rosa = administrator(&installation).await?;
    let page = &rosa.page;
    page.command("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
    page.goto(&format!("{access}/new?start=phishing-resistant")).await?;
    let follow = async |selector: &str, leads_to: String| page.led_to(&leads_to, page.click(selector)).await;
    follow("form[action$='/check'] [type=submit]", format!("{access}/new/check")).await?;
    page.until_text("Not saved yet").await?;
    follow("form[action$='/save'] [type=submit]", format!("{access}/")).await?;
    page.until_text("Policy saved").await?;

    page.goto(&access).await?;
    follow("a[href='/admin/access/what-if']", format!("{access}/what-if")).await?;
    look(page, "access-what-if").await?;
    page.fill("#person", "rosa@localhost").await?;
    follow("form[action='/admin/access/what-if'] [type=submit]", format!("{access}/what-if?person=")).await?;
    page.until_text("at best").await?;
    look(page, "access-what-if-open").await?;
    // Once they are known, what they have can be chosen.
    page.eval("document.getElementById('passkey').selectedIndex = 1").await?;
    follow("form[action='/admin/access/what-if'] [type=submit]", format!("{access}/what-if?person=")).await?;
    page.until_text("Report-only: satisfied").await?;
    look(page, "access-what-if-answer").await?;
    rosa.expect_clean(0).await
}

/// Whoever may only read finds no button that they would be refused.
#[tokio::test]
async fn the_pages_of_a_reader_look_right() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = administrator(&installation).await?;
    installation.admin(&["user", "create", "carol@localhost", "--name", "Carol"]);
    installation.admin(&["role", "assign", "carol@localhost", "Helpdesk Administrator"]);
    let ada = Person::newcomer(&installation, "Ada", VirtualKind::synced()).await?;
    ada.register("Phone", &format!("{url}/account")).await?;
    installation.admin(&["role", "assign", "ada@localhost", "Global Reader"]);
    for (path, name) in [
        ("/admin/access", "reader-access"),
        (NEW, "reader-access-new"),
        ("/admin/passkey-policy", "reader-passkey-policy"),
    ] {
        ada.page.goto(&format!("{url}{path}")).await?;
        ada.page.until_text("Your role lets you read").await?;
        look(&ada.page, name).await?;
    }
    let id = installation.admin(&["user", "show", "carol@localhost"])["id"].as_str().unwrap().to_owned();
    rosa.page.goto(&format!("{url}/admin/users/{id}")).await?;
    rosa.page.until_text("Helpdesk Administrator").await?;
    look(&rosa.page, "person-roles").await?;
    ada.expect_clean(0).await?;
    rosa.expect_clean(0).await
}
