//! An administrator at the command line with their own token, not one of the installation.

use super::sso::{Asked, Laptop, with_person};
use super::world::{Installation, Outcome, Person};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_testkit::browser::{Chromium, VirtualKind};
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_person_administers_by_the_session_of_their_device() -> Outcome {
    let installation = Installation::start();
    let url = &installation.url;
    let rosa = Person::arrive(&Chromium::shared()?, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let laptop = Laptop::join(&installation, &rosa).await?;
    let token = || {
        let run = laptop.run(&["token", "--admin"]);
        assert_eq!(run.exit, 0, "{}", run.stderr);
        run.stdout.trim().to_owned()
    };
    let own = token();
    let made = installation.admin_as(&own, &["user", "create", "ada@localhost", "--name", "Ada"]);
    assert_eq!(made.exit, 0, "{}", made.stderr);
    let lines = "/v1.0/auditLogs/directoryAudits?$top=1";
    let lines = installation.ask(&own, (Method::GET, lines), None).await;
    assert_eq!(lines["value"][0]["passband_actor"], "rosa@localhost", "{lines}");

    // To sign in again asks for the passkey, whoever signed in a moment ago too.
    let again = installation.device("laptop", &["login", "--again", "--no-browser"]);
    let again = with_person(again, &rosa.page, Asked::Yes).await?;
    assert_eq!(again.exit, 0, "{}", again.stderr);
    let own = token();

    // A passkey that somebody else registered keeps a role from its person until that is confirmed.
    let ada = installation.admin_as(&own, &["user", "show", "ada@localhost"]);
    let ada: Value = serde_json::from_str(&ada.stdout).unwrap();
    let methods = format!("/v1.0/users/{}/authentication/fido2Methods", ada["id"].as_str().unwrap());
    // A challenge is good for the token that asked for it.
    let other = installation.token();
    let options = installation.ask(&other, (Method::GET, &format!("{methods}/creationOptions")), None).await;
    let mut key = SoftAuthenticator::new(Model::device_bound());
    let made = key.create(&options["publicKey"], url, &SystemRandom).unwrap();
    let body = json!({ "displayName": "Planted", "publicKeyCredential": made });
    installation.ask(&other, (Method::POST, &methods), Some(&body)).await;
    let assign = ["role", "assign", "ada@localhost", "Global Reader"];
    let refused = installation.admin_as(&own, &assign);
    assert_eq!(refused.exit, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("Planted"), "{}", refused.stderr);
    let given = installation.admin_as(&own, &[&assign[..], &["--force"]].concat());
    assert_eq!(given.exit, 0, "{}", given.stderr);
    let held = installation.admin(&["role", "list"]);
    assert!(held.to_string().contains("ada@localhost"), "{held}");

    // Whoever has lost their role keeps a token that nothing answers to any more, old or new.
    installation.admin(&["role", "assign", "ada@localhost", "Global Administrator", "--force"]);
    installation.admin(&["role", "remove", "rosa@localhost", "Global Administrator"]);
    for token in [own, token()] {
        let refused = installation.admin_as(&token, &["user", "list"]);
        assert_eq!(refused.exit, 1, "{}", refused.stdout);
    }
    Ok(())
}
