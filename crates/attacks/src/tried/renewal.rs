//! What becomes of a PRT as time passes: A21, A29.

use crate::attack::{Outcome, Trouble};
use crate::device::{Chain, payload};
use crate::forge;
use crate::people::{App, text};
use crate::trial::{Trial, gain};
use passband_wire::prt::CREDENTIAL_NAME;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A21.
pub async fn laundering(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { mut held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let born = payload(&held.open(&target.use_prt(&held, "openid").await?)["access_token"]);
    trial.control_that("a token says how and when its person signed in", {
        born["auth_time"].is_number() && !methods(&born).is_empty()
    })?;
    let wish = json!({ "access_token": { "amr": { "values": ["ngcmfa", "mfa"] } } });
    for (name, change) in [
        ("amr_values in the claims", json!({ "amr_values": "ngcmfa" })),
        ("amr in the claims", json!({ "amr": ["ngcmfa", "mfa", "hwk"], "acr": "phrh" })),
        ("auth_time in the claims", json!({ "auth_time": i64::MAX })),
        ("a claims request", json!({ "claims": wish.to_string() })),
        ("an acr wanted", json!({ "acr_values": "phrh" })),
    ] {
        let claims = forge::with(held.claims("openid", &target.nonce().await?), &change);
        let reply = target.present(&forge::sign(&held.key, &claims)).await?;
        let token = payload(&held.open(&reply)["access_token"]);
        trial.note(format!("a token, {name}"), grown(&born, &token, &reply.brief()));
        let claims = forge::with(held.claims("openid aza", &target.nonce().await?), &change);
        let renewed = held.open(&target.present(&forge::sign(&held.key, &claims)).await?);
        if let Some(next) = renewed["refresh_token"].as_str() {
            held.prt = next.to_owned();
        }
        let token = payload(&held.open(&target.use_prt(&held, "openid").await?)["access_token"]);
        trial.control_that("the renewed PRT serves", token.is_object())?;
        trial.note(format!("a renewal, {name}"), grown(&born, &token, "renewed"));
    }
    if trial.passes(2, "renewals some time later").await {
        for _ in 0..3 {
            target.pass(10 * 24 * 3600).await;
            let renewed = held.open(&target.use_prt(&held, "openid aza").await?);
            trial.control_that("a renewal", renewed["refresh_token"].is_string())?;
            held = held.next(&renewed);
        }
        let token = payload(&held.open(&target.use_prt(&held, "openid").await?)["access_token"]);
        trial.note("renewals some time later", grown(&born, &token, "renewed three times"));
        let id = payload(&held.open(&target.use_prt(&held, "openid aza").await?)["id_token"]);
        trial.note("the ID token of a renewal", grown(&born, &id, "renewed"));
        in_browser(trial, &held, &app, &born).await?;
    }
    Ok(())
}

/// An app that asks for a fresh sign-in must not be given the PRT's.
async fn in_browser(
    trial: &mut Trial<'_>,
    held: &crate::device::Held,
    app: &App,
    born: &Value,
) -> Result<(), Trouble> {
    let target = trial.target;
    trial.mark().await?;
    for extra in ["&prompt=login", "&max_age=0", "&max_age=1", "&prompt=select_account"] {
        let cookie = target.cookie(held).await?;
        let reply = target.carry(app, &[(CREDENTIAL_NAME, &cookie)], extra).await?;
        trial.refused(format!("a fresh sign-in by the PRT alone, {extra}"), &reply, &[]).await?;
    }
    let mut browser = target.browser_of(held, app).await?;
    let tokens = app.tokens(&mut browser).await?;
    trial.note("a browser's tokens", grown(born, &payload(&tokens["id_token"]), "as at the sign-in"));
    Ok(())
}

fn methods(claims: &Value) -> BTreeSet<String> {
    let all = claims["amr"].as_array().into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Whether a token claims more, or a later sign-in, than there was.
fn grown(born: &Value, token: &Value, how: &str) -> Outcome {
    if token.is_null() {
        return Outcome::Refused { how: how.to_owned(), odd: false };
    }
    let more: Vec<_> = methods(token).difference(&methods(born)).cloned().collect();
    // An ID token may name fewer.
    let later = token["auth_time"].as_i64() > born["auth_time"].as_i64();
    match more.is_empty() && !later {
        true => Outcome::Refused { how: "amr and auth_time are those of the sign-in".to_owned(), odd: false },
        false => Outcome::Succeeded { got: format!("amr more by {more:?}, auth_time later: {later}") },
    }
}

/// A29.
pub async fn race(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let mut requests = Vec::new();
    for _ in 0..10 {
        requests.push(forge::sign(&held.key, &held.claims("openid aza", &target.nonce().await?)));
    }
    let begun = requests.iter().map(|request| target.present(request));
    let (mut next, mut unclear) = (Vec::new(), 0);
    for reply in join_all(begun).await {
        let reply = reply?;
        let opened = held.open(&reply);
        match opened["refresh_token"].is_string() {
            true => next.push(held.next(&opened)),
            false if reply.status < 500 => {}
            false => unclear += 1,
        }
    }
    trial.control_that("one of ten renewals at once succeeds", !next.is_empty())?;
    let how = format!("{} of 10 succeed, the others are refused cleanly", next.len());
    trial.claim("ten renewals at once break something", unclear == 0, how);
    let mut dead = 0;
    for held in &next {
        dead += usize::from(!target.use_prt(held, "openid").await?.is_ok());
    }
    trial.claim(
        "a renewal of the race is worth nothing",
        dead == 0,
        format!("{dead} of {} are dead", next.len()),
    );
    trial.control("the PRT of before still serves for a while", &target.use_prt(&held, "openid").await?)?;
    trial.mark().await?;
    for (n, request) in requests.iter().take(2).enumerate() {
        let reply = target.present(request).await?;
        trial.refused(format!("renewal {} sent again", n + 1), &reply, &["nonce_replayed"]).await?;
    }
    superseded(trial).await
}

/// A generation that was replaced, after its grace.
async fn superseded(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held: old, .. } = target.chain("Robbed").await?;
    let app = target.app().await?;
    let next = old.next(&old.open(&target.use_prt(&old, "openid aza").await?));
    let tokens = next.open(&target.use_for(&next, &app).await?);
    trial.control_that("the new PRT serves", tokens["access_token"].is_string())?;
    let name = "a PRT that was replaced, a day and an hour later";
    if !trial.passes(25 * 3600, name).await {
        return Ok(());
    }
    trial.mark().await?;
    let reply = target.use_prt(&old, "openid").await?;
    trial.refused(name, &reply, &["prt_superseded"]).await?;
    let reply = target.use_prt(&next, "openid").await?;
    trial
        .refused("the PRT that replaced it: one of the two holders is a thief", &reply, &["session_ended"])
        .await?;
    let reply = app.refresh(&mut target.program(), &text(&tokens, "refresh_token")).await?;
    trial.refused("tokens of the session, at an app", &reply, &["session_ended", "grant_ended"]).await?;
    let cookie = target.cookie(&next).await?;
    let reply = target.carry_cookie(&app, &cookie).await?;
    trial.claim("a browser by it", gain(&reply).is_none(), reply.brief());
    Ok(())
}

/// All of them at once.
async fn join_all<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|it| (Box::pin(it), None)).collect();
    std::future::poll_fn(|context| {
        let mut waits = false;
        for (future, done) in &mut all {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => waits = true,
                }
            }
        }
        if waits { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    all.into_iter().filter_map(|(_, done)| done).collect()
}
