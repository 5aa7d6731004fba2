//! Everything by keyboard: no pointer is needed from the set-up link to the way out.

use super::look::PAGES;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Key, VirtualKind};

#[tokio::test]
async fn set_up_sign_in_and_out_by_keyboard() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    let page = &rosa.page;

    page.goto(&installation.setup).await?;
    page.until("document.readyState === 'complete'").await?;
    for (field, words) in
        [("#display-name", "Rosa Root"), ("#upn", "rosa@localhost"), ("#passkey-name", "Key")]
    {
        page.tab_to(field).await?;
        page.replace(words).await?;
    }
    page.tab_to("[data-act]").await?;
    // A keyboard's user must see where they are (WCAG 2.2, 2.4.7).
    let ring = "(() => { const s = getComputedStyle(document.activeElement); \
                return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 })()";
    assert_eq!(page.eval(ring).await?, true, "no focus ring");
    page.led_to(&format!("{url}/account/passkeys/second"), page.press(Key::Enter)).await?;
    page.tab_to("a[href='/admin']").await?;
    page.led_to(&format!("{url}/admin"), page.press(Key::Enter)).await?;

    // From page to page of the console by its menu.
    for path in PAGES.into_iter().filter(|path| path.starts_with("/admin/")) {
        page.tab_to(&format!(".side a[href='{path}']")).await?;
        assert_eq!(page.eval(ring).await?, true, "no focus ring on the way to {path}");
        page.led_to(&format!("{url}{path}"), page.press(Key::Enter)).await?;
        let here = "document.querySelector('.side [aria-current=page]').getAttribute('href')";
        assert_eq!(page.eval(here).await?, path);
    }
    // Every field and button of the largest page can be reached, and is seen when it is.
    page.goto(&format!("{url}/admin/passkey-policy")).await?;
    for fold in ["#fold-0", "#add-profile"] {
        page.tab_to(&format!("{fold} > summary")).await?;
        page.press(Key::Enter).await?;
        for end in ["[name=name]", "[name=evidence]", "[name=state]", "[type=submit]"] {
            page.tab_to(&format!("{fold} {end}")).await?;
            assert_eq!(page.eval(ring).await?, true, "no focus ring at {fold} {end}");
        }
    }

    page.goto(&format!("{url}/logout")).await?;
    page.tab_to("form [type=submit]").await?;
    page.led_to(&format!("{url}/logout"), page.press(Key::Space)).await?;
    page.until_text("signed out").await?;

    page.goto(&format!("{url}/sign-in?next=/account")).await?;
    page.tab_to("[data-act]").await?;
    page.led_to(&format!("{url}/account"), page.press(Key::Enter)).await?;
    page.until_text("Rosa Root").await?;

    // The pass page too, and back from it.
    page.goto(&format!("{url}/tap")).await?;
    page.tab_to("#pass").await?;
    page.press(Key::BackTab).await?;
    assert_eq!(page.eval("document.activeElement.id").await?, "upn");
    page.replace("nobody@localhost").await?;
    page.press(Key::Tab).await?;
    page.replace("not-a-pass").await?;
    page.led_to(&format!("{url}/tap"), page.press(Key::Enter)).await?;
    page.until_text("no longer good").await?;
    rosa.expect_clean(1).await
}
