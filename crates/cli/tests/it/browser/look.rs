//! What the tests look at pages with: it sees what is wrong, and pages fit where people open them.

use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Problem, ProblemKind, VirtualKind};

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
    page.set_viewport(360, 740).await?;
    rosa.found(&installation).await?;
    for path in ["/admin", "/account", "/account/passkeys/new", "/logout", "/tap", "/sign-in?fresh=1"] {
        page.goto(&format!("{url}{path}")).await?;
        assert_eq!(page.eval("innerWidth").await?, 360);
        let fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(page.eval(fits).await?, true, "{path} scrolls sideways");
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
