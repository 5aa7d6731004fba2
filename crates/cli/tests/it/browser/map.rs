//! The map, as somebody meets it who was sent the link: no sign-in, two widths, the keyboard, without a script.

use super::look::{look, picture};
use super::world::{Folder, Installation, Outcome, clean};
use crate::passband;
use passband_testkit::browser::{Chromium, Key, Window};

const PROTECTION: &str = "tr[data-row='token-protection.sign-in-session']";

/// What stands in the cell of macOS for token protection, as far as it can be seen.
fn protection() -> String {
    format!(
        "[...document.querySelectorAll(`{PROTECTION} td[data-platform=macos] .fact:not([hidden]) .word`)]\
         .map((word) => word.textContent).join('|')"
    )
}

/// Puts the slider on a day, as a person's arrow keys would.
fn slide(day: &str) -> String {
    format!(
        "(() => {{ const days = document.getElementById('map-slide').dataset.days.split(' '), \
         range = document.getElementById('map-range'); range.value = days.indexOf('{day}'); \
         range.dispatchEvent(new Event('input', {{ bubbles: true }})); return days[range.value]; }})()"
    )
}

#[tokio::test]
async fn the_map_is_read_by_everybody_with_and_without_a_script() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let page = Window::open(&Chromium::shared()?).await?.page().await?;
    page.goto(&format!("{url}/map?at=2026-11-22&since=2025-06-01")).await?;
    look(&page, "map").await?;
    assert_eq!(page.eval(&protection()).await?, "generally available");
    let mark = format!("{PROTECTION} td[data-platform=macos] .chg");
    assert_eq!(page.text(&mark).await?, "changed 2026-08-20", "what changed is told in words");

    // A cell opens by keyboard, and shows its source.
    const KEYS: &str = "tr[data-row='hw.key-storage'] td[data-platform=windows]";
    page.tab_to(&format!("{KEYS} summary")).await?;
    page.press(Key::Enter).await?;
    let source = format!("{KEYS} .fact[open] a[href^='https://learn.microsoft.com/']");
    assert_eq!(page.eval(&format!("document.querySelectorAll(`{source}`).length > 0")).await?, true);

    // The slider goes back in time without asking the server.
    assert_eq!(page.eval(&slide("2026-02-24")).await?, "2026-02-24");
    assert_eq!(page.eval(&protection()).await?, "preview");
    assert_eq!(page.text("#map-at").await?, "2026-02-24");
    clean(&page, 0).await?;

    // The same day asked of the server, as a browser without a script would: the form is a plain GET.
    page.goto(&format!("{url}/map?at=2025-06-01&platform=macos&section=session&missing=1")).await?;
    assert_eq!(page.eval(&protection()).await?, "not supported");
    assert_eq!(page.eval("document.querySelectorAll('.map-floor').length").await?, 1);
    assert_eq!(page.eval("document.querySelectorAll('thead:first-of-type th').length <= 4").await?, true);
    clean(&page, 0).await
}

#[tokio::test]
async fn the_exported_map_stands_alone() -> Outcome {
    let run = passband(&["map", "show", "--format", "html", "--at", "2026-11-22"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let folder = Folder::new();
    let file = folder.0.join("map.html");
    std::fs::write(&file, &run.stdout).unwrap();
    let page = Window::open(&Chromium::shared()?).await?.page().await?;
    page.goto(&format!("file://{}", file.display())).await?;
    look(&page, "map-alone").await?;
    assert_eq!(page.eval(&protection()).await?, "generally available");
    assert_eq!(page.eval(&slide("2026-08-06")).await?, "2026-08-06");
    assert_eq!(page.eval(&protection()).await?, "preview");
    assert_eq!(page.eval(&slide("2026-11-22")).await?, "2026-11-22");

    // Its filters are the script's.
    let rows = "document.querySelectorAll('tr[data-row]:not([hidden])').length";
    let all = page.eval(rows).await?.as_u64().unwrap();
    page.fill("[name=q]", "token protection").await?;
    let found = page.eval(rows).await?.as_u64().unwrap();
    assert!(found > 3 && found < all / 4, "{found} of {all}");
    page.eval(
        "(() => { const box = document.querySelector('[name=since]'); box.value = '2025-06-01'; \
               document.querySelector('[name=q]').value = ''; \
               box.dispatchEvent(new Event('input', { bubbles: true })); return 0 })()",
    )
    .await?;
    page.click("[name=changed]").await?;
    let changed = page.eval(rows).await?.as_u64().unwrap();
    assert!(changed > 20 && changed < all, "{changed} of {all}");
    page.set_media(&[("prefers-color-scheme", "light")]).await?;
    page.command("Emulation.setEmulatedMedia", serde_json::json!({ "media": "print" })).await?;
    picture(&page, "map-alone-print").await?;
    assert_eq!(page.eval("getComputedStyle(document.getElementById('map-slide')).display").await?, "none");
    clean(&page, 0).await
}
