//! `--tls-dev`: the same by https, with a CA of the installation's own.

use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person, spki_hash};
use passband_testkit::browser::{Chromium, VirtualKind};
use std::sync::Arc;

#[tokio::test]
async fn over_tls_cookies_are_bound_to_the_host() -> Outcome {
    let installation = Installation::start_with(&["--tls-dev"]);
    let url = &installation.url;
    let trusted = spki_hash(&installation.data().join("tls-dev.pem"));
    let trust = format!("--ignore-certificate-errors-spki-list={trusted}");
    let browser = Arc::new(Chromium::start(&[&trust])?);
    let rosa = Person::arrive(&browser, VirtualKind::synced()).await?;
    rosa.found(&installation).await?;
    for cookie in rosa.page.cookies(url).await? {
        let name = cookie["name"].as_str().unwrap();
        assert!(name.starts_with("__Host-passband_"), "{name}");
        assert_eq!(
            (&cookie["secure"], &cookie["httpOnly"], &cookie["path"], &cookie["domain"]),
            (&true.into(), &true.into(), &"/".into(), &"localhost".into())
        );
    }
    // What a neighbour plants under the old name or without TLS is not looked at.
    rosa.page.set_cookie(url, "passband_session", "planted").await?;
    rosa.page.goto(&format!("{url}/account")).await?;
    rosa.page.until_text("Rosa Root").await?;
    sign_out(&rosa.page, url).await?;
    rosa.page.goto(&format!("{url}/sign-in?next=/account")).await?;
    rosa.press_sign_in(&format!("{url}/account")).await?;
    rosa.page.until_text("Rosa Root").await?;
    rosa.expect_clean(0).await?;

    // The commands trust the CA they are given, and nothing else.
    let people = installation.admin(&["user", "list"]);
    assert_eq!(people["value"][0]["userPrincipalName"], "rosa@localhost");
    let stranger = ["admin", "--url", url, "--token", "x", "user", "list"];
    assert_eq!(crate::passband(&stranger).exit, 3);
    Ok(())
}
