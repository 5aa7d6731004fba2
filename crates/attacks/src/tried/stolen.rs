//! What was stolen from a device, and what was taken away from it: A1, A2, A5, S1.

use crate::attack::{Outcome, Trouble};
use crate::bound;
use crate::device::{Chain, DEVICE_CREDENTIAL, Held, prt_claims};
use crate::forge;
use crate::people::{done, text};
use crate::trial::{Trial, gain};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::prt::{BROKER_CLIENT, CREDENTIAL_NAME};
use passband_wire::rng::{self, SystemRandom};
use reqwest::Method;
use serde_json::json;

/// Longer than a nonce lives.
const AFTER_NONCE: i64 = 5 * 60 + 1;

/// A1.
pub async fn pass_the_prt(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let mallory = target.chain("Mallory").await?;
    let app = target.app().await?;
    trial.control("the owner uses the PRT", &target.use_prt(&held, "openid").await?)?;
    trial.mark().await?;
    let (prt, client) = (held.prt.as_str(), BROKER_CLIENT.to_string());
    let mut program = target.program();
    let v1 = format!("/{}/oauth2/token", target.tenant);
    for path in ["/token", v1.as_str(), target.token_path().as_str()] {
        for id in [client.as_str(), &app.id] {
            let form = [("grant_type", "refresh_token"), ("client_id", id), ("refresh_token", prt)];
            let reply = program.form(path, &form).await?;
            let whose = if id == app.id { "an app" } else { "the broker" };
            let name = format!("as {whose}'s refresh token, in the clear, at {path}");
            trial.refused(name, &reply, &["prt_unbound_use"]).await?;
        }
    }
    let form = [("grant_type", "authorization_code"), ("client_id", app.id.as_str()), ("code", prt)];
    let reply = program.form("/token", &form).await?;
    trial.refused("as an authorization code", &reply, &["code_invalid"]).await?;
    let reply = target.ask_prt(&mallory.device, prt).await?;
    let reasons = &["prt_unbound_use", "session_key_signature"];
    trial.refused("as the refresh token for a PRT of the thief's own device", &reply, reasons).await?;
    for (name, key) in [
        ("signed with a key of chance", rng::bytes::<32>(&SystemRandom)),
        ("signed with the session key of the thief's own PRT", mallory.held.key),
        ("signed with zeros", [0; 32]),
    ] {
        let claims = held.claims("openid", &target.nonce().await?);
        let reply = target.present(&forge::sign(&key, &claims)).await?;
        trial.refused(name, &reply, &["session_key_signature"]).await?;
        let cookie = forge::sign(&key, &held.cookie_claims(&target.nonce().await?));
        let reply = target.carry_cookie(&app, &cookie).await?;
        trial.refused(format!("a cookie {name}"), &reply, &["session_key_signature"]).await?;
    }
    let claims = held.claims("openid aza", &target.nonce().await?);
    let reply = target.present(&mallory.device.sign(&claims)).await?;
    trial.refused("signed by the thief's own device key", &reply, reasons).await?;
    let reply = target.carry_cookie(&app, prt).await?;
    trial.refused("itself as the credential of a browser", &reply, &["request_malformed"]).await?;
    for path in ["/userinfo", "/v1.0/users"] {
        let request = program.request(Method::GET, path).bearer_auth(prt);
        let reply = program.send(request).await?;
        trial.refused(format!("as a bearer token at {path}"), &reply, &[]).await?;
    }
    trial.control("the owner lost nothing", &target.use_prt(&held, "openid").await?)?;
    let mut browser = target.browser();
    let cookie = target.cookie(&held).await?;
    trial.control("nor for browsers", &browser.get(&app.address(""), &[(CREDENTIAL_NAME, &cookie)]).await?)
}

/// What takes a session away, and the reason that is logged then.
const ENDS: [(&str, &str); 6] = [
    ("the device is disabled", "device_disabled"),
    ("the device is deleted", "device_gone"),
    ("the person is disabled", "user_disabled"),
    ("the person's sessions are revoked", "session_ended"),
    ("the passkey is deleted", "credential_removed"),
    ("the person is deleted", "session_ended"),
];

/// A2.
pub async fn pass_the_session_key(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    for (what, reason) in ENDS {
        after(trial, what, reason).await?;
    }
    Ok(())
}

/// Everything that was had before one of the ends, tried after it.
async fn after(trial: &mut Trial<'_>, what: &str, reason: &str) -> Result<(), Trouble> {
    let target = trial.target;
    let chain = target.chain("Owner").await?;
    let (held, app) = (&chain.held, target.app().await?);
    let mut browser = target.browser_of(held, &app).await?;
    let opened = held.open(&target.use_for(held, &app).await?);
    let refresh = text(&opened, "refresh_token");
    trial.control_that("an app gets a refresh token by the PRT", !refresh.is_empty())?;
    let code = browser.get(&app.address(""), &[]).await?.code();
    let code = code.ok_or_else(|| Trouble::Control("a browser of the PRT gets no code".to_owned()))?;
    let minted = target.cookie(held).await?;
    let signed = forge::sign(&held.key, &held.claims("openid", &target.nonce().await?));
    let bearer = text(&held.open(&target.use_prt(held, "openid").await?), "access_token");
    let mut program = target.program();
    let info = program.send(program.request(Method::GET, "/userinfo").bearer_auth(&bearer)).await?;
    trial.control("an access token by the PRT opens userinfo", &info)?;
    end(trial, &chain, what).await?;
    trial.mark().await?;
    let reasons = &[reason];
    let named = |it: &str| format!("{what}: {it}");
    trial.refused(named("a request signed before"), &target.present(&signed).await?, reasons).await?;
    let reply = target.use_prt(held, "openid").await?;
    trial.refused(named("a new request"), &reply, reasons).await?;
    let reply = target.use_prt(held, "openid aza").await?;
    trial.refused(named("a renewal"), &reply, reasons).await?;
    let reply = target.carry_cookie(&app, &minted).await?;
    trial.refused(named("a cookie minted before"), &reply, reasons).await?;
    let reply = browser.get(&app.address("&prompt=none"), &[]).await?;
    trial.refused(named("a browser signed in before"), &reply, &[]).await?;
    let reply = app.redeem(&mut program, &code).await?;
    trial.refused(named("a code got before"), &reply, reasons).await?;
    let reply = app.refresh(&mut program, &refresh).await?;
    trial
        .refused(
            named("an app's refresh token got before"),
            &reply,
            &[reason, "session_ended", "grant_ended"],
        )
        .await?;
    let reply = program.send(program.request(Method::GET, "/userinfo").bearer_auth(&bearer)).await?;
    trial.refused(named("an access token got before, at userinfo"), &reply, &[]).await?;
    Ok(())
}

/// Brings one of the ends about.
async fn end(trial: &Trial<'_>, chain: &Chain, what: &str) -> Result<(), Trouble> {
    let target = trial.target;
    let (person, device) =
        (format!("/v1.0/users/{}", chain.person.id), format!("/v1.0/devices/{}", chain.device.id));
    let off = json!({ "accountEnabled": false });
    match what {
        "the device is disabled" => target.change(Method::PATCH, &device, Some(&off)).await,
        "the device is deleted" => target.change(Method::DELETE, &device, None).await,
        "the person is disabled" => target.change(Method::PATCH, &person, Some(&off)).await,
        "the person is deleted" => target.change(Method::DELETE, &person, None).await,
        "the person's sessions are revoked" => {
            target.change(Method::POST, &format!("{person}/revokeSignInSessions"), None).await
        }
        _ => {
            // The one the session began with; another is there first, or nobody may take the last away.
            let all = format!("{person}/authentication/fido2Methods");
            let listed = target.graph(Method::GET, &all, None).await?.json();
            let id = text(&listed["value"][0], "id");
            let mut spare = SoftAuthenticator::new(Model::synced());
            let mut browser = target.signed_in(&chain.person).await?;
            done("a second passkey", browser.register(&mut spare, &target.server).await?)?;
            target.change(Method::DELETE, &format!("{all}/{id}"), None).await
        }
    }
}

/// A5.
pub async fn minted_ahead(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device, held } = target.chain("Owner").await?;
    let app = target.app().await?;
    trial.control("a fresh nonce serves", &target.use_prt(&held, "openid").await?)?;
    let mut nonces = Vec::new();
    for _ in 0..6 {
        nonces.push(target.nonce().await?);
    }
    let drs = target.program().get(&format!("/EnrollmentServer/nonce/{}/", target.tenant), &[]).await?;
    nonces.push(drs.text("Value"));
    trial.control_that("seven nonces are given", nonces.iter().all(|nonce| !nonce.is_empty()))?;
    if !trial.passes(AFTER_NONCE, "nonces kept for five minutes and a second").await {
        return Ok(());
    }
    let token = target.signed_in(&person).await?.broker_refresh().await?;
    trial.mark().await?;
    let old = &["nonce_expired"];
    let reply = target.present(&forge::sign(&held.key, &held.claims("openid", &nonces[0]))).await?;
    trial.refused("a token for a PRT", &reply, old).await?;
    let reply = target.present(&forge::sign(&held.key, &held.claims("openid aza", &nonces[1]))).await?;
    trial.refused("a renewal", &reply, old).await?;
    let reply = target.present(&device.sign(&prt_claims(&token, &nonces[2]))).await?;
    trial.refused("a PRT", &reply, old).await?;
    let cookie = forge::sign(&held.key, &held.cookie_claims(&nonces[3]));
    trial.refused("a cookie", &target.carry_cookie(&app, &cookie).await?, old).await?;
    let fresh = target.cookie(&held).await?;
    let headers = [(CREDENTIAL_NAME, fresh.as_str()), (DEVICE_CREDENTIAL, &device.credential(&nonces[4]))];
    let reply = target.carry(&app, &headers, "").await?;
    trial.refused("a device credential beside a good cookie", &reply, old).await?;
    let mut program = target.program();
    let leave = program.request(Method::DELETE, &format!("/EnrollmentServer/device/{}", device.id));
    let reply = program.send(leave.header(DEVICE_CREDENTIAL, device.credential(&nonces[5]))).await?;
    trial.refused("a device that takes its leave", &reply, &[]).await?;
    let reply = target.present(&forge::sign(&held.key, &held.claims("openid", &nonces[6]))).await?;
    trial.refused("a nonce of the registration service", &reply, old).await?;
    trial.control("the device is still there", &target.use_prt(&held, "openid").await?)
}

/// S1: what a thief has of the session key and the PRT, and what bounds it.
pub async fn session_key(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let chain = target.chain("Owner").await?;
    // A copy of both, as malware with the rights of the broker gets them.
    let stolen = chain.held.clone();
    let reply = target.use_prt(&stolen, "openid").await?;
    let known = match gain(&reply) {
        Some(got) => Outcome::Known { got: format!("{got}: whoever has PRT and session key has both") },
        None => Outcome::Refused { how: reply.brief(), odd: false },
    };
    trial.note("PRT and session key used on another machine", known);
    trial.mark().await?;
    let reply = target.drs_by_prt(&stolen).await?;
    trial.refused("bound: they register no device", &reply, &["session_from_prt_confined"]).await?;
    let reply = target.ask_prt(&chain.device, &stolen.prt).await?;
    trial
        .refused("bound: they become no other PRT", &reply, &["prt_unbound_use", "session_key_signature"])
        .await?;
    end(trial, &chain, "the device is disabled").await?;
    let reply = target.use_prt(&stolen, "openid").await?;
    trial.refused("bound: the device is disabled", &reply, &["device_disabled"]).await?;
    let second = target.chain("Second").await?;
    end(trial, &second, "the person's sessions are revoked").await?;
    let reply = target.use_prt(&second.held, "openid").await?;
    trial.refused("bound: the PRT is revoked", &reply, &["session_ended"]).await?;
    device_key(trial, &second.held).await
}

/// The same theft where the device's own key signs (protocol version 4): there is no session key, and all that a process
/// can be robbed of is worth nothing elsewhere.
async fn device_key(trial: &mut Trial<'_>, own: &Held) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Bound").await?;
    let Some(device) = target.join_bound(&person).await? else {
        trial.not_tried("protocol version 4", "the server registers no device whose own key signs");
        return Ok(());
    };
    let born = target.log_in_bound(&person, &device).await?;
    let there = born["session_key_jwe"].is_string();
    trial.claim("version 4: a session key to steal", !there, "none comes with the PRT");
    let app = target.app().await?;
    let held = Held { prt: text(&born, "refresh_token"), key: [0; 32] };
    let honest = bound::usage(&held.claims("openid", &target.nonce().await?));
    let used = device.key.sign(&device.certificate, &honest)?;
    let reply = target.present_bound(&used).await?;
    trial.control_that("the device uses its PRT", device.open(&reply)["access_token"].is_string())?;
    let carried = bound::cookie(&held.cookie_claims(&target.nonce().await?));
    let carried = device.key.sign(&device.certificate, &carried)?;
    trial.control("its cookie signs a browser in", &target.carry_cookie(&app, &carried).await?)?;
    // What the thief has: the PRT, the certificate, requests and cookies of before. What not: the key.
    let mallory = target.person("Mallory").await?;
    let thief = target.join_bound(&mallory).await?;
    let thief = thief.ok_or_else(|| Trouble::SetUp("a second such device".to_owned()))?;
    trial.mark().await?;
    let reply = target.present_bound(&used).await?;
    trial.refused("version 4: a recorded request", &reply, &["nonce_replayed"]).await?;
    let reply = target.carry_cookie(&app, &carried).await?;
    trial.refused("version 4: a recorded cookie", &reply, &["nonce_replayed"]).await?;
    let fresh = bound::cookie(&held.cookie_claims(&target.nonce().await?));
    let fresh = device.key.sign(&device.certificate, &fresh)?;
    let reply = target.present_bound(&fresh).await?;
    trial.refused("version 4: a stolen cookie at the token endpoint", &reply, &[]).await?;
    let tail = used.rsplit('.').next().unwrap_or_default();
    for scope in ["openid", "openid aza"] {
        let claims = bound::usage(&held.claims(scope, &target.nonce().await?));
        let spliced = format!(
            "{}.{tail}",
            forge::input(
                &json!({ "alg": "ES256", "typ": "JWT", "x5c": [device.certificate] }),
                claims.to_string().as_bytes()
            )
        );
        let reply = target.present_bound(&spliced).await?;
        trial
            .refused(format!("version 4: an old signature, {scope}"), &reply, &["device_key_mismatch"])
            .await?;
        let claims = bound::usage(&held.claims(scope, &target.nonce().await?));
        let forged = thief.key.sign(&device.certificate, &claims)?;
        let reply = target.present_bound(&forged).await?;
        trial
            .refused(
                format!("version 4: the thief's key, the device's certificate, {scope}"),
                &reply,
                &["device_key_mismatch"],
            )
            .await?;
        let claims = bound::usage(&held.claims(scope, &target.nonce().await?));
        let forged = thief.key.sign(&thief.certificate, &claims)?;
        let reply = target.present_bound(&forged).await?;
        trial
            .refused(format!("version 4: the thief's own device, {scope}"), &reply, &["device_key_mismatch"])
            .await?;
        for (name, key) in [("zeros", [0; 32]), ("the session key of another PRT", own.key)] {
            let request = forge::sign(&key, &held.claims(scope, &target.nonce().await?));
            let reply = target.present(&request).await?;
            trial.refused(format!("version 4: signed with {name}, {scope}"), &reply, &[]).await?;
        }
    }
    let claims = bound::cookie(&held.cookie_claims(&target.nonce().await?));
    let reply = target.carry_cookie(&app, &thief.key.sign(&device.certificate, &claims)?).await?;
    trial.refused("version 4: a cookie by the thief's key", &reply, &["device_key_mismatch"]).await?;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("refresh_token", held.prt.as_str()),
    ];
    let reply = target.program().form("/token", &form).await?;
    trial.refused("version 4: the PRT in the clear", &reply, &["prt_unbound_use"]).await?;
    let claims = bound::usage(&held.claims("openid", &target.nonce().await?));
    let reply = target.present_bound(&device.key.sign(&device.certificate, &claims)?).await?;
    trial.control_that("the owner lost nothing", device.open(&reply)["access_token"].is_string())
}
