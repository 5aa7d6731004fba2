//! What strangers can make a server say, and what passkeys answer for: A30, A31.

use crate::attack::{Outcome, Trouble};
use crate::device::{Chain, DEVICE_CREDENTIAL, Device, Held, key, prt_claims, self_signed};
use crate::forge;
use crate::http::Reply;
use crate::people::Person;
use crate::trial::{Trial, gain};
use passband_testkit::authenticator::Quirks;
use passband_wire::b64;
use passband_wire::rng::{self, SystemRandom};
use reqwest::Method;
use serde_json::json;

/// AADSTS numbers at which brokers forget their device.
const DESTRUCTIVE: [&str; 2] = ["50155", "135011"];

/// A30.
pub async fn destructive(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device, held } = target.chain("Owner").await?;
    let app = target.app().await?;
    let mallory = target.chain("Mallory").await?;
    let thief = key(2)?;
    let token = target.signed_in(&mallory.person).await?.broker_refresh().await?;
    trial.control("the device itself", &target.use_prt(&held, "openid").await?)?;
    let forged = json!({ "alg": "RS256", "x5c": [self_signed(thief, &device.id, None)?] });
    let real = device.header();
    for (name, header) in [("a forged certificate of the device", forged), ("the device's certificate", real)]
    {
        for (about, nonce) in [("a good nonce", target.nonce().await?), ("no good nonce", "n1".to_owned())] {
            let claims = prt_claims(&token, &nonce).to_string();
            let reply = target.present(&forge::rs256(&header, claims.as_bytes(), thief)).await?;
            harmless(trial, &format!("{name}, a stranger's key, {about}"), &reply);
            let claims = json!({ "request_nonce": nonce, "grant_type": "device_auth" }).to_string();
            let credential = forge::rs256(&header, claims.as_bytes(), thief);
            let mut program = target.program();
            let leave = program.request(Method::DELETE, &format!("/EnrollmentServer/device/{}", device.id));
            let reply = program.send(leave.header(DEVICE_CREDENTIAL, &credential)).await?;
            harmless(trial, &format!("{name} takes leave, {about}"), &reply);
            let cookie = forge::sign(&mallory.held.key, &mallory.held.cookie_claims(&target.nonce().await?));
            let headers =
                [(passband_wire::prt::CREDENTIAL_NAME, cookie.as_str()), (DEVICE_CREDENTIAL, &credential)];
            harmless(
                trial,
                &format!("{name} beside a PRT, {about}"),
                &target.carry(&app, &headers, "").await?,
            );
        }
    }
    let chance = rng::bytes::<32>(&SystemRandom);
    for (name, prt, key) in [
        ("the PRT under a key of chance", held.prt.clone(), chance),
        ("the PRT under another's session key", held.prt.clone(), mallory.held.key),
        ("the PRT with a letter changed", forge::bent_within(&held.prt), held.key),
        ("a PRT of chance", format!("1.{}", b64::encode(rng::bytes::<200>(&SystemRandom))), chance),
    ] {
        let bent = Held { prt, key };
        for scope in ["openid", "openid aza"] {
            harmless(trial, &format!("{name}, {scope}"), &target.use_prt(&bent, scope).await?);
        }
        let cookie = forge::sign(&bent.key, &bent.cookie_claims(&target.nonce().await?));
        harmless(trial, &format!("{name}, in a browser"), &target.carry_cookie(&app, &cookie).await?);
    }
    harmless(trial, "another's sign-in on another's device", &target.ask_prt(&mallory.device, &token).await?);
    let other = Device { key: thief, ..device.clone() };
    harmless(trial, "the owner's certificate, another's sign-in", &target.ask_prt(&other, &token).await?);
    let mut program = target.program();
    for header in [None, Some(mallory.device.credential(&target.nonce().await?))] {
        let leave = program.request(Method::DELETE, &format!("/EnrollmentServer/device/{}", device.id));
        let leave = header.iter().fold(leave, |it, text| it.header(DEVICE_CREDENTIAL, text));
        let reply = program.send(leave).await?;
        harmless(trial, "taking leave for it", &reply);
        let there = target.devices_of(&person).await?.contains(&device.id);
        trial.claim("the device is removed by a stranger", there, "it is still in the directory");
    }
    trial.control("the device still works", &target.use_prt(&held, "openid").await?)?;
    // So that the numbers are shown to be there at all.
    let off = json!({ "accountEnabled": false });
    target.change(Method::PATCH, &format!("/v1.0/devices/{}", device.id), Some(&off)).await?;
    let reply = target.use_prt(&held, "openid").await?;
    trial.control_that("of a disabled device its holder hears so", names_destructive(&reply))
}

fn names_destructive(reply: &Reply) -> bool {
    DESTRUCTIVE.iter().any(|number| reply.body.contains(number) || reply.location().contains(number))
}

fn harmless(trial: &mut Trial<'_>, name: &str, reply: &Reply) {
    let outcome = if names_destructive(reply) {
        Outcome::Succeeded { got: format!("the device would forget itself: {}", reply.brief()) }
    } else if let Some(got) = gain(reply).filter(|_| !name.starts_with("another's sign-in")) {
        Outcome::Succeeded { got }
    } else {
        Outcome::Refused { how: reply.brief(), odd: false }
    };
    trial.note(name, outcome);
}

/// A31.
pub async fn other_site(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let mut person = target.person("Owner").await?;
    let (own, host) = (target.server.clone(), target.host().to_owned());
    let reply = target.browser().sign_in(&person.authenticator, &own).await?;
    trial.control("a passkey on the server's own page", &reply)?;
    trial.mark().await?;
    let microsoft = Some("login.microsoft.com".to_owned());
    let at = |origin: &str| Quirks { origin: Some(origin.to_owned()), ..Quirks::default() };
    let other_port = format!("http://{host}:1");
    let tries = vec![
        (
            "login.microsoft.com, both",
            Quirks { rp_id: microsoft.clone(), ..at("https://login.microsoft.com") },
        ),
        ("login.microsoft.com as RP id", Quirks { rp_id: microsoft, ..Quirks::default() }),
        ("a page of login.microsoft.com over our RP id", at("https://login.microsoft.com")),
        ("a page of login.microsoftonline.com", at("https://login.microsoftonline.com")),
        ("a page of another site", at("https://evil.example")),
        (
            "another site, both",
            Quirks { rp_id: Some("evil.example".to_owned()), ..at("https://evil.example") },
        ),
        ("a host below ours", at(&own.replace("://", "://evil."))),
        ("a host that ends like ours", at(&own.replace("://", "://not"))),
        ("another port", at(&other_port)),
        ("another scheme", at(&own.replace("http", "ftp"))),
        ("our page with a path", at(&format!("{own}/"))),
        ("an origin of null", at("null")),
        ("another domain's RP id", Quirks { rp_id: Some("example".to_owned()), ..Quirks::default() }),
        (
            "a frame in another site",
            Quirks { top_origin: Some("https://evil.example".to_owned()), ..Quirks::default() },
        ),
        (
            "a registration shown as a sign-in",
            Quirks { kind: Some("webauthn.create".to_owned()), ..Quirks::default() },
        ),
        (
            "a challenge of the attacker's",
            Quirks { challenge: Some(b64::encode([7; 32])), ..Quirks::default() },
        ),
        ("no user verification", Quirks { flip_flags: 0x04, ..Quirks::default() }),
        ("nobody present", Quirks { flip_flags: 0x01, ..Quirks::default() }),
    ];
    for (name, quirks) in &tries {
        *person.authenticator.quirks() = quirks.clone();
        let mut browser = target.browser();
        let reply = browser.sign_in(&person.authenticator, &own).await?;
        trial.refused(format!("{name}, on the page"), &reply, &[]).await?;
    }
    *person.authenticator.quirks() = Quirks::default();
    let was = target.switch(true).await?;
    let tried = by_program(trial, &mut person, &tries).await;
    target.switch(was).await?;
    tried
}

/// The same by the page for programs.
async fn by_program(
    trial: &mut Trial<'_>,
    person: &mut Person,
    tries: &[(&'static str, Quirks)],
) -> Result<(), Trouble> {
    let target = trial.target;
    let (own, host) = (target.server.clone(), target.host().to_owned());
    for (name, quirks) in std::iter::once(&("", Quirks::default())).chain(tries) {
        *person.authenticator.quirks() = Quirks::default();
        let mut program = target.program();
        let flow = target.flow(&mut program, &person.upn).await?;
        *person.authenticator.quirks() = quirks.clone();
        let reply = flow.end(&mut program, target, &flow.assertion(person, &own, &host)?).await?;
        match name.is_empty() {
            true => {
                trial.control("a passkey by the page for programs", &reply)?;
                trial.mark().await?;
            }
            false => trial.refused(format!("{name}, by the page for programs"), &reply, &[]).await?,
        }
    }
    Ok(())
}
