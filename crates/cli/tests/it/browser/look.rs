//! What the tests look at pages with: it sees what is wrong, and pages fit where people open them.

use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{BrowserError, Chromium, Page, Problem, ProblemKind, VirtualKind};

/// What people open, apart from what a test of its own leads to.
pub(super) const PAGES: [&str; 16] = [
    "/admin",
    "/admin/users",
    "/admin/devices",
    "/admin/apps",
    "/admin/sign-ins",
    "/admin/trust",
    "/admin/passkey-policy",
    "/admin/access",
    "/admin/signals",
    "/admin/keys",
    "/account",
    "/account/passkeys/new",
    "/logout",
    "/tap",
    "/recover",
    "/sign-in?fresh=1",
];

/// A policy with every column filled.
const POLICY: &str = r#"{
    "displayName": "Strong sign-in for administration, tried first", "state": "enabledForReportingButNotEnforced",
    "conditions": {
        "users": { "includeUsers": ["All"] }, "clientAppTypes": ["all"],
        "applications": { "includeApplications": ["MicrosoftAdminPortals"] },
        "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["linux"] }
    },
    "grantControls": { "operator": "OR", "builtInControls": ["mfa", "compliantDevice"] },
    "sessionControls": { "signInFrequency": { "isEnabled": true, "type": "hours", "value": 4,
        "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased" } }
}"#;

/// What somebody would see, or not find, on a page: a list of sentences.
const FAULTS: &str = "(() => {
    const found = [], root = document.documentElement;
    const say = (what, e) => found.push(`${what}: <${e.localName} id='${e.id}' class='${e.className}'> ${e.innerText?.slice(0, 60) ?? ''}`);
    if (root.scrollWidth > root.clientWidth) found.push(`sideways: ${root.scrollWidth} of ${root.clientWidth}`);
    const hidden = (e) => e.closest('.vh, .skip, [hidden], thead') || !e.checkVisibility();
    for (const e of document.querySelectorAll('body *')) {
        if (hidden(e)) continue;
        const r = e.getBoundingClientRect(), style = getComputedStyle(e);
        if (r.right > root.clientWidth + 1 || r.left < -1) say('sideways', e);
        const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const cuts = style.overflowX !== 'visible' || e.localName === 'button';
        if (text && cuts && e.scrollWidth > e.clientWidth + 1 && e.localName !== 'textarea') say('cut off', e);
        if (!e.matches('input:not([type=hidden]), select, textarea, button, a, summary')) continue;
        const named = e.getAttribute('aria-label') || e.textContent.trim() && !e.matches('select, textarea') ||
            [...(e.labels ?? [])].some((label) => label.textContent.trim());
        if (!named) say('no name', e);
        const ticked = e.matches('[type=checkbox], [type=radio]');
        if (ticked && (Math.abs(r.width - r.height) > 1 || r.width > 28)) say('stretched', e);
        // WCAG 2.2, 2.5.8; a box is pressed by its label too, a link in a sentence is as high as its line.
        const alone = ticked ? e.closest('label') ?? e.labels[0] : e;
        const box = alone.getBoundingClientRect();
        if (getComputedStyle(alone).display !== 'inline' && (box.height < 20 || box.width < 20)) say('too small', e);
    }
    return found;
})()";

/// What is wrong with how a page looks, at its present size.
async fn faults(page: &Page) -> Result<Vec<String>, BrowserError> {
    let found = page.eval(FAULTS).await?;
    Ok(found
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one.as_str().unwrap_or_default().to_owned())
        .collect())
}

/// Looks at a page in two widths, and makes pictures of it in both colour schemes if somebody wants them.
pub(super) async fn look(page: &Page, name: &str) -> Outcome {
    for (width, height) in [(360, 740), (1280, 900)] {
        page.set_viewport(width, height).await?;
        assert_eq!(page.eval("innerWidth").await?, width);
        assert_eq!(faults(page).await?, Vec::<String>::new(), "{name} at {width}");
        picture(page, &format!("{name}-{width}")).await?;
    }
    Ok(())
}

pub(super) async fn expect_to_fit(page: &Page, path: &str) -> Outcome {
    page.set_viewport(360, 740).await?;
    assert_eq!(faults(page).await?, Vec::<String>::new(), "{path}");
    Ok(())
}

/// Where pictures of the pages go, if somebody wants to look at them.
pub(super) async fn picture(page: &Page, name: &str) -> Outcome {
    let Some(folder) = std::env::var_os("PASSBAND_PICTURES") else { return Ok(()) };
    for scheme in ["light", "dark"] {
        page.set_media(&[("prefers-color-scheme", scheme)]).await?;
        page.screenshot(&std::path::Path::new(&folder).join(format!("{name}-{scheme}.png"))).await?;
    }
    page.set_media(&[("prefers-color-scheme", "light")]).await
}

#[tokio::test]
async fn what_goes_wrong_on_a_page_is_seen() -> Outcome {
    let installation = Installation::start();
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    let page = &rosa.page;
    page.goto(&installation.setup).await?;
    rosa.expect_clean(0).await?;
    // Without this, every "nothing went wrong" of the other tests would say nothing.
    let csp = ProblemKind::ContentSecurityPolicy;
    let picture = "document.createElement('img').src = 'https://evil.example/x.png'";
    let script = "document.createElement('script').src = 'https://evil.example/x.js'";
    for (act, kind, words) in [
        ("console.error('told')", ProblemKind::Console, "told"),
        ("setTimeout(() => { throw new Error('thrown') })", ProblemKind::Exception, "thrown"),
        ("fetch('/no-such-page')", ProblemKind::Network, "no-such-page"),
        (picture, csp, "img-src"),
        (script, csp, "trusted-types"),
    ] {
        // The policy throws where it can; it must be seen all the same.
        page.eval(&format!("try {{ {act} }} catch {{}} 0")).await?;
        let mut seen = Vec::new();
        let found = |seen: &[Problem]| seen.iter().any(|one| one.kind == kind && one.text.contains(words));
        for _ in 0..200 {
            seen.extend(page.problems().await?);
            if found(&seen) {
                break;
            }
            page.eval("new Promise(requestAnimationFrame)").await?;
        }
        assert!(found(&seen), "{act}: {seen:?}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_fit_a_phone_and_follow_the_colour_scheme() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    let page = &rosa.page;
    rosa.found(&installation).await?;
    installation.admin(&["user", "create", "ada@localhost", "--name", "Ada King, Countess of Lovelace"]);
    installation.app("Wiki", &["--public"]);
    let policy = installation.folder.0.join("policy.json");
    std::fs::write(&policy, POLICY)?;
    installation.admin(&["policy", "access", "create", &policy.display().to_string()]);
    for path in PAGES {
        page.goto(&format!("{url}{path}")).await?;
        look(page, &path.trim_matches('/').replace(['/', '?', '='], "-")).await?;
        let mut grounds = Vec::new();
        for scheme in ["light", "dark"] {
            page.set_media(&[("prefers-color-scheme", scheme)]).await?;
            grounds.push(page.eval("getComputedStyle(document.body).backgroundColor").await?);
        }
        assert_ne!(grounds[0], grounds[1], "{path} has one scheme only");
    }
    let shot = installation.folder.0.join("sign-in.png");
    page.screenshot(&shot).await?;
    assert!(std::fs::read(&shot)?.starts_with(b"\x89PNG"));
    rosa.expect_clean(0).await
}

#[tokio::test]
async fn what_does_not_look_right_is_seen() -> Outcome {
    let installation = Installation::start();
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    let page = &rosa.page;
    page.goto(&format!("{}/tap", installation.url)).await?;
    assert_eq!(faults(page).await?, Vec::<String>::new());
    // Without this, "no faults" of the other pages would say nothing.
    for (act, fault) in [
        ("upn.style.width = '150vw'", "sideways"),
        (
            "const b = document.querySelector('[type=submit]'); b.style.width = '3rem'; b.style.overflow = 'hidden'",
            "cut off",
        ),
        ("upn.labels[0].remove()", "no name"),
        ("upn.type = 'checkbox'; upn.style.width = '10rem'", "stretched"),
        (
            "Object.assign(document.querySelector('[type=submit]').style, { minHeight: 0, height: '9px', padding: 0 })",
            "too small",
        ),
    ] {
        page.goto(&format!("{}/tap", installation.url)).await?;
        page.eval(&format!("(() => {{ const upn = document.getElementById('upn'); {act} }})()")).await?;
        let found = faults(page).await?;
        assert!(found.iter().any(|one| one.starts_with(fault)), "{act}: {found:?}");
    }
    Ok(())
}
