//! Authenticators that err or lie: refused, with the reason in the log and none for the liar.

use super::sign_in::sign_out;
use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, Overrides, VirtualKind};

#[tokio::test]
async fn what_an_authenticator_gets_wrong_is_refused_and_logged() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::synced()).await?;
    rosa.found(&installation).await?;
    sign_out(&rosa.page, url).await?;
    let id = rosa.key.credentials().await?[0].id().to_owned();
    let sign_in = format!("{url}/sign-in?next=/account");
    let logged = |reason: &str| {
        assert_eq!(installation.log("1"), [("passkey".to_owned(), reason.to_owned())]);
    };

    // A person the authenticator did not verify: the browser itself gives up, nothing reaches the server.
    rosa.key.set_user_verified(false).await?;
    rosa.page.goto(&sign_in).await?;
    rosa.press_in_vain("NotAllowedError").await?;
    rosa.key.set_user_verified(true).await?;
    rosa.expect_clean(0).await?;

    // One that skips verification and says so.
    rosa.key.falsify(Overrides { no_user_verification: true, ..Overrides::default() }).await?;
    rosa.page.goto(&sign_in).await?;
    rosa.press_in_vain("passkey_not_verified").await?;
    logged("passkey_not_verified");

    rosa.key.falsify(Overrides { bogus_signature: true, ..Overrides::default() }).await?;
    rosa.page.goto(&sign_in).await?;
    rosa.press_in_vain("passkey_not_accepted").await?;
    logged("passkey_signature");
    rosa.key.falsify(Overrides::default()).await?;

    // A synced passkey that says it is device-bound now is not the one that was registered (BE never changes).
    rosa.key.set_backup(&id, false, false).await?;
    rosa.page.goto(&sign_in).await?;
    rosa.press_in_vain("passkey_not_accepted").await?;
    logged("passkey_flags");
    rosa.expect_clean(3).await?;

    // Not backed up for a while, then again: that is what the flag is for.
    for state in [false, true] {
        rosa.key.set_backup(&id, true, state).await?;
        rosa.page.goto(&sign_in).await?;
        rosa.press_sign_in(&format!("{url}/account")).await?;
        logged("granted");
        sign_out(&rosa.page, url).await?;
    }
    rosa.expect_clean(0).await
}
