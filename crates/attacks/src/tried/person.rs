//! Passes, and who exists: A20, A27.

use crate::attack::{Outcome, Trouble};
use crate::http::{Reply, encode};
use crate::people::{Person, done};
use crate::target::fresh;
use crate::trial::Trial;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::oauth::pkce;
use passband_wire::prt::DRS_RESOURCE;
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A20.
pub async fn passes(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let app = target.app().await?;
    let person = target.newcomer("Newcomer").await?;
    let pass = target.pass_for(&person, true).await?;
    let mut browser = target.browser();
    let entered = browser.enter_pass(&person.upn, &pass).await?;
    trial
        .control_that("a pass lets its person in", entered.cookies().any(|name| name.contains("session")))?;
    trial.mark().await?;
    let reply = target.browser().enter_pass(&person.upn, &pass).await?;
    trial.refused("a one-time pass typed twice", &reply, &["tap_used"]).await?;
    for (name, extra) in [
        ("the broker's tokens, from which a PRT would come", String::new()),
        ("the registration service", format!("&resource={}", encode(DRS_RESOURCE))),
        (
            "the registration service, as ngcmfa",
            format!("&resource={}&amr_values=ngcmfa", encode(DRS_RESOURCE)),
        ),
    ] {
        let reply = browser.broker_page(&pkce::verifier(&SystemRandom), &extra).await?;
        trial.refused(format!("a sign-in by pass for {name}"), &reply, &[]).await?;
    }
    let reply = browser.get(&app.address("&prompt=none"), &[]).await?;
    trial.refused("a sign-in by pass for an app", &reply, &[]).await?;
    for path in ["/account", "/admin"] {
        let reply = browser.get(path, &[]).await?;
        let away = (300..500).contains(&reply.status);
        trial.claim(format!("a sign-in by pass at {path}"), away, reply.brief());
    }
    device_by_pass(trial).await?;
    let reply = target.browser().enter_pass(&person.upn, "AAAAAAAA").await?;
    trial.refused("a guessed pass", &reply, &["tap_wrong", "tap_used"]).await?;
    let other = target.newcomer("Other").await?;
    let many = target.pass_for(&other, false).await?;
    let reply = target.browser().enter_pass(&person.upn, &many).await?;
    trial.refused("a pass of somebody else", &reply, &["tap_wrong", "tap_used"]).await?;
    let first = target.browser().enter_pass(&other.upn, &many).await?;
    trial
        .control_that("a pass for more than one use", first.cookies().any(|name| name.contains("session")))?;
    let mut browser = target.browser();
    browser.enter_pass(&other.upn, &many).await?;
    if trial.passes(11 * 60, "a session of a pass after ten minutes").await {
        let mut authenticator = SoftAuthenticator::new(Model::synced());
        let reply = browser.register(&mut authenticator, &target.server).await?;
        trial.refused("a session of a pass after ten minutes", &reply, &[]).await?;
    }
    if trial.passes(3600, "a pass after its end").await {
        trial.mark().await?;
        let reply = target.browser().enter_pass(&other.upn, &many).await?;
        trial.refused("a pass after its end", &reply, &["tap_expired"]).await?;
    }
    Ok(())
}

/// A device of somebody's, then a pass: the pass adds no second.
async fn device_by_pass(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let chain = target.chain("Owner").await?;
    let pass = target.pass_for(&chain.person, false).await?;
    let mut browser = target.browser();
    done("entering a pass", browser.enter_pass(&chain.person.upn, &pass).await?)?;
    trial.mark().await?;
    let extra = format!("&resource={}", encode(DRS_RESOURCE));
    let reply = browser.broker_page(&pkce::verifier(&SystemRandom), &extra).await?;
    trial.refused("a second device for somebody with a pass", &reply, &[]).await?;
    let path = "/account/recovery-codes";
    let reply = browser.form(path, &[("csrf", "x")]).await?;
    trial.claim("recovery codes by a pass", (300..500).contains(&reply.status), reply.brief());
    Ok(())
}

/// Rounds of measuring. Each asks for the one name and the other.
const ROUNDS: usize = 60;

/// A27.
pub async fn enumeration(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Known").await?;
    let disabled = target.person("Disabled").await?;
    let off = json!({ "accountEnabled": false });
    target.change(Method::PATCH, &format!("/v1.0/users/{}", disabled.id), Some(&off)).await?;
    let nobody = format!("nobody-{}@{}", fresh(), target.host());
    let names = [person.upn.as_str(), disabled.upn.as_str(), nobody.as_str()];
    let mut shapes = Vec::new();
    for name in names {
        let (first, again) = (credential_type(trial, name).await?, credential_type(trial, name).await?);
        trial.control_that("GetCredentialType answers", first.is_ok())?;
        let same = first.json()["Credentials"] == again.json()["Credentials"];
        trial.claim("asked twice, one name gets two answers", same, "the ids of a name are always the same");
        shapes.push(shape(&first.json(), name));
    }
    alike(trial, "GetCredentialType", &shapes);
    let mut realms = Vec::new();
    for name in names {
        for version in ["1.0", "2.0"] {
            let path = format!("/common/userrealm/{}?api-version={version}", encode(name));
            let reply = target.program().get(&path, &[]).await?;
            realms.push((version, format!("{} {}", reply.status, reply.body.replace(name, "NAME"))));
        }
    }
    for version in ["1.0", "2.0"] {
        let of: Vec<_> =
            realms.iter().filter(|(it, _)| *it == version).map(|(_, text)| text.clone()).collect();
        alike(trial, &format!("the user realm, version {version}"), &of);
    }
    sign_ins(trial, &names).await?;
    let mut answers = Vec::new();
    for name in names {
        let reply = target.browser().enter_pass(name, "AAAAAAAA").await?;
        let csrf = reply.field("csrf").unwrap_or_default();
        answers.push(format!("{} {}", reply.status, reply.body.replace(name, "NAME").replace(&csrf, "")));
    }
    alike(trial, "a wrong pass", &answers);
    timing(trial, &person, &nobody).await
}

/// What programs are told on the way to a sign-in.
async fn sign_ins(trial: &mut Trial<'_>, names: &[&str]) -> Result<(), Trouble> {
    let target = trial.target;
    let was = target.switch(true).await?;
    let tried = async {
        let mut pages = Vec::new();
        for name in names {
            let flow = target.flow(&mut target.program(), name).await?;
            let members: Vec<_> = flow.second.as_object().into_iter().flat_map(|it| it.keys()).collect();
            let ids = flow.second["arrFidoAllowList"].as_array().map_or(0, Vec::len);
            pages.push(format!("{members:?}, {ids} ids, error {}", flow.second["sErrorCode"]));
        }
        alike(trial, "the challenge of the page for programs", &pages);
        let mut errors = Vec::new();
        for name in names {
            let path = format!("/{}/oauth2/token", target.tenant);
            let form =
                [("grant_type", "password"), ("username", *name), ("password", "x"), ("client_id", "x")];
            let reply = target.program().form(&path, &form).await?;
            errors.push(reply.brief());
        }
        alike(trial, "a password grant", &errors);
        Ok(())
    };
    let tried: Result<(), Trouble> = tried.await;
    target.switch(was).await?;
    tried
}

async fn credential_type(trial: &Trial<'_>, name: &str) -> Result<Reply, Trouble> {
    let body = json!({ "username": name, "isFidoSupported": true, "originalRequest": "x", "flowToken": "x" });
    let path = format!("/{}/GetCredentialType", trial.target.tenant);
    trial.target.program().json(&path, &body).await
}

/// An answer without the name and with ids as no more than ids.
fn shape(answer: &Value, name: &str) -> String {
    let mut answer = answer.clone();
    if let Some(list) = answer["Credentials"]["FidoParams"]["AllowList"].as_array_mut() {
        for id in list {
            *id = json!("ID");
        }
    }
    answer.to_string().replace(name, "NAME")
}

fn alike(trial: &mut Trial<'_>, what: &str, answers: &[String]) {
    let same = answers.windows(2).all(|pair| pair[0] == pair[1]);
    let outcome = match same {
        true => Outcome::Refused {
            how: "one answer for whoever exists, is disabled, or does not".to_owned(),
            odd: false,
        },
        false => Outcome::Succeeded { got: format!("answers that differ: {answers:?}") },
    };
    trial.note(format!("who exists, by {what}"), outcome);
}

/// How long answers take: the faster quarter of each name's, which a busy machine disturbs least, the two in turn.
async fn timing(trial: &mut Trial<'_>, person: &Person, nobody: &str) -> Result<(), Trouble> {
    let mut taken: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in [round % 2, (round + 1) % 2] {
            let name = if turn == 0 { person.upn.as_str() } else { nobody };
            let begun = Instant::now();
            credential_type(trial, name).await?;
            taken[turn].push(begun.elapsed());
        }
    }
    let quarter = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 4]
    };
    let (known, unknown) = (quarter(&mut taken[0]), quarter(&mut taken[1]));
    let (less, more) = (known.min(unknown), known.max(unknown));
    // A network hides differences of less than a millisecond or two; a look-up left out is more where it matters.
    let same = more < less + Duration::from_millis(2) || more < less * 3 / 2;
    trial.claim(
        "who exists, by time",
        same,
        format!("{known:.1?} for a known name, {unknown:.1?} for an unknown one"),
    );
    Ok(())
}
