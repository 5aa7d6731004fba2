//! Applications: OpenID Connect as they see it, with people who press buttons only when they must.

use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, VirtualKind};

#[tokio::test]
async fn one_sign_in_serves_every_app() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let founder = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    founder.found(&installation).await?;
    let wiki = installation.app("Wiki", &["--public"]);
    let mail = installation.app("Mail", &["--secret"]);

    // The same passkey in a browser that has not been here.
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.key.add(&founder.key.credentials().await?[0]).await?;
    assert_eq!(
        wiki.answer(&rosa.page.goto(&wiki.authorize("&prompt=none")).await?)["error"],
        "login_required"
    );

    let asked = rosa.page.goto(&wiki.authorize("")).await?;
    assert_eq!((asked.status, asked.redirects.len()), (200, 0));
    rosa.page.until_text("Sign in to Wiki").await?;
    let back = rosa.press_sign_in(&wiki.redirect).await?;
    let tokens = wiki.redeem(&back).await.unwrap();
    assert_eq!((&tokens.id["iss"], &tokens.id["aud"]), (&url.as_str().into(), &wiki.id.as_str().into()));
    assert_eq!((&tokens.id["nonce"], &tokens.id["upn"]), (&"n-0S6".into(), &"rosa@localhost".into()));
    assert_eq!((&tokens.id["acr"], &tokens.access["client_id"]), (&"phr".into(), &wiki.id.as_str().into()));
    assert_eq!(tokens.access["aud"], url.as_str());
    assert_eq!(wiki.redeem(&back).await.err().unwrap()["error"], "invalid_grant", "a code is redeemed once");
    // The second redemption may be a thief's or its owner's: the tokens of the first are gone too.
    assert_eq!(wiki.refresh(&tokens.refresh).await.err().unwrap()["error"], "invalid_grant");

    // Another app, a moment later: no question.
    let back = rosa.page.goto(&mail.authorize("")).await?;
    let theirs = mail.redeem(&back).await.unwrap();
    assert_eq!((&theirs.id["sub"], &theirs.id["sid"]), (&tokens.id["sub"], &tokens.id["sid"]));
    assert_eq!(
        (&theirs.id["aud"], &theirs.id["auth_time"]),
        (&mail.id.as_str().into(), &tokens.id["auth_time"])
    );
    mail.redeem(&rosa.page.goto(&mail.authorize("&prompt=none&max_age=3600")).await?).await.unwrap();

    // Unless an app wants to see the person again.
    for wish in ["&prompt=login", "&max_age=0"] {
        rosa.page.goto(&mail.authorize(wish)).await?;
        rosa.page.until_text("Sign in to Mail").await?;
        let back = rosa.press_sign_in(&mail.redirect).await?;
        let again = mail.redeem(&back).await.unwrap();
        assert_ne!(again.id["sid"], theirs.id["sid"], "{wish}: a new sign-in is a new session");
    }
    let silent = rosa.page.goto(&mail.authorize("&prompt=none&max_age=0")).await?;
    assert_eq!(mail.answer(&silent)["error"], "login_required");

    // What cannot be told to an app is told to the person, and goes nowhere.
    let elsewhere = wiki.authorize("").replace("redirect_uri=http", "redirect_uri=https");
    let stopped = rosa.page.goto(&elsewhere).await?;
    assert_eq!((stopped.status, stopped.redirects.len()), (400, 0));
    rosa.page.until_text("redirect_uri_unknown").await?;
    rosa.expect_clean(1).await
}
