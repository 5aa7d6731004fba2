//! Single sign-on from the device: the PRT in the browser.

use super::world::{AppClient, Installation, Outcome, Person, Running, clean};
use crate::{Run, finish};
use passband_testkit::browser::{BrowserError, Chromium, Page, VirtualKind, Window};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

const CREDENTIAL: &str = "x-ms-RefreshTokenCredential";

/// Whether the page is expected to ask for the passkey on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    No,
    Yes,
}

/// Runs a command that prints an address for a person to open, and opens it in `page`.
pub(super) async fn with_person(
    mut command: Command,
    page: &Page,
    asked: Asked,
) -> Result<Run, BrowserError> {
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(child.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("http") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended without an address");
    }
    // Whoever signed in a moment ago, in person, is not asked again; the browser ends at the command's own page.
    let mut end = page.goto(line.trim()).await?;
    if asked == Asked::Yes {
        assert!(!end.url.starts_with("http://127.0.0.1:"), "{end:?}");
        end = page.led_to("http://127.0.0.1:", page.click("[data-act]")).await?;
    }
    assert!(end.url.starts_with("http://127.0.0.1:"), "{end:?}");
    page.until_text("close this window").await?;
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.0.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    said.read_to_string(&mut stderr).unwrap();
    Ok(Run { exit: child.0.wait().unwrap().code().unwrap(), stdout, stderr })
}

/// A window nobody has signed in to, whose requests carry a PRT cookie in the header.
async fn carrying(browser: &Arc<Chromium>, cookie: &str) -> Result<Page, BrowserError> {
    let page = Window::open(browser).await?.page().await?;
    page.set_headers(&[(CREDENTIAL, cookie)]).await?;
    Ok(page)
}

/// A device that joined, with somebody signed in on it.
pub(super) struct Laptop<'a> {
    installation: &'a Installation,
    id: String,
}

impl<'a> Laptop<'a> {
    pub(super) async fn join(installation: &'a Installation, rosa: &Person) -> Result<Self, BrowserError> {
        let (server, json) = (["--server", installation.url.as_str()], ["--output", "json"]);
        let join = ["device", "join", "--name", "Laptop", "--no-browser"];
        let joined = installation.device("laptop", &[&join[..], &server, &json].concat());
        let joined = with_person(joined, &rosa.page, Asked::No).await?;
        assert_eq!(joined.exit, 0, "{}", joined.stderr);
        let joined: Value = serde_json::from_str(&joined.stdout).unwrap();
        let login = installation.device("laptop", &["login", "--no-browser"]);
        let login = with_person(login, &rosa.page, Asked::No).await?;
        assert_eq!(login.exit, 0, "{}", login.stderr);
        Ok(Self { installation, id: joined["deviceId"].as_str().unwrap().to_owned() })
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.installation.device("laptop", arguments))
    }

    fn cookie(&self, further: &[&str]) -> String {
        let run = self.run(&[&["cookie"], further].concat());
        assert_eq!(run.exit, 0, "{}", run.stderr);
        run.stdout.trim().to_owned()
    }
}

#[tokio::test]
async fn the_device_signs_the_browser_in() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let (wiki, mail) = (installation.app("Wiki", &["--public"]), installation.app("Mail", &["--public"]));
    let laptop = Laptop::join(&installation, &rosa).await?;

    // A browser that has never been here and has no passkey: not one prompt.
    let cookie = laptop.cookie(&[]);
    let page = carrying(&browser, &cookie).await?;
    let tokens = wiki.redeem(&page.goto(&wiki.authorize("")).await?).await.unwrap();
    assert_eq!(
        (&tokens.id["upn"], &tokens.id["deviceid"]),
        (&"rosa@localhost".into(), &laptop.id.as_str().into())
    );
    // The browser's session hangs on the device's, but its cookie is bound to no key; the claim does not say more.
    assert_eq!(tokens.id["passband_binding"], "none");
    mail.redeem(&page.goto(&mail.authorize("")).await?).await.unwrap();
    clean(&page, 0).await?;

    // A cookie is good once: whoever copies it meets the sign-in page.
    let thief = carrying(&browser, &cookie).await?;
    let asked = thief.goto(&wiki.authorize("")).await?;
    assert_eq!((asked.status, asked.url.starts_with(url)), (200, true), "{asked:?}");
    thief.until_text("single sign-on was not accepted").await?;
    assert!(installation.log("5").contains(&("prtCookie".to_owned(), "nonce_replayed".to_owned())));

    // One for no nonce of this server is answered with a nonce, once; its answer signs in.
    let stale = carrying(&browser, &laptop.cookie(&["--nonce", "not-a-nonce-of-this-server"])).await?;
    let asked = stale.goto(&wiki.authorize("")).await?;
    let (status, to) = &asked.redirects[0];
    assert_eq!((asked.redirects.len(), *status, to.contains("&sso_nonce=")), (1, 302, true), "{asked:?}");
    stale.until_text("single sign-on was not accepted").await?;
    stale.set_headers(&[]).await?;
    stale.set_cookie(url, CREDENTIAL, &laptop.cookie(&["--url", to])).await?;
    wiki.redeem(&stale.goto(to).await?).await.unwrap();

    disabled(&installation, &laptop, &page, &wiki).await
}

/// Disabled, a device takes what it gave with it: browser sessions, refresh tokens, the PRT.
async fn disabled(
    installation: &Installation,
    laptop: &Laptop<'_>,
    page: &Page,
    wiki: &AppClient,
) -> Outcome {
    page.set_headers(&[]).await?;
    let tokens = wiki.redeem(&page.goto(&wiki.authorize("")).await?).await.unwrap();
    assert_eq!(laptop.run(&["token", "--client-id", &wiki.id]).exit, 0);
    installation.admin(&["device", "disable", &laptop.id]);
    assert_eq!(page.goto(&wiki.authorize("")).await?.status, 200);
    page.until_text("Sign in to Wiki").await?;
    assert_eq!(wiki.refresh(&tokens.refresh).await.err().unwrap()["error"], "invalid_grant");
    for command in [&["token", "--client-id", &wiki.id][..], &["device", "status", "--check"]] {
        assert_eq!(laptop.run(command).exit, 1, "{command:?}");
    }
    let kinds = installation.log("3");
    assert!(kinds.iter().all(|(_, reason)| reason == "device_disabled"), "{kinds:?}");
    installation.admin(&["device", "enable", &laptop.id]);
    assert_eq!(laptop.run(&["token", "--client-id", &wiki.id]).exit, 0);
    Ok(())
}
