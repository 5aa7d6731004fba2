//! What a browser carries: A3, A4, A24, A32.

use crate::attack::{Outcome, Trouble};
use crate::device::{Chain, DEVICE_CREDENTIAL};
use crate::entra::DRS_SCOPE;
use crate::forge;
use crate::http::encode;
use crate::people::text;
use crate::trial::Trial;
use passband_wire::b64;
use passband_wire::oauth::pkce;
use passband_wire::prt::{ADMIN_RESOURCE, CREDENTIAL_NAME, DRS_RESOURCE};
use passband_wire::rng::{self, SystemRandom};
use reqwest::Method;
use serde_json::json;

/// A3.
pub async fn stolen_cookie(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let nonce = target.nonce().await?;
    let cookie = forge::sign(&held.key, &held.cookie_claims(&nonce));
    trial.control("the owner's browser", &target.carry_cookie(&app, &cookie).await?)?;
    trial.mark().await?;
    let used = &["nonce_replayed"];
    let reply = target.carry_cookie(&app, &cookie).await?;
    trial.refused("the same cookie in the thief's browser, as a header", &reply, used).await?;
    let jar = format!("{CREDENTIAL_NAME}={cookie}");
    let reply = target.carry(&app, &[("cookie", &jar)], "").await?;
    trial.refused("the same, as a cookie", &reply, used).await?;
    let reply = target.carry(&app, &[(CREDENTIAL_NAME, &cookie)], &format!("&sso_nonce={nonce}")).await?;
    trial.refused("the same, as the answer to a challenge", &reply, used).await?;
    let other = forge::sign(&held.key, &held.cookie_claims(&nonce));
    let reply = target.carry_cookie(&app, &other).await?;
    trial.refused("another cookie for the used nonce", &reply, used).await?;
    let nonce = target.nonce().await?;
    let request = forge::sign(&held.key, &held.claims("openid", &nonce));
    trial.control("a token", &target.present(&request).await?)?;
    let cookie = forge::sign(&held.key, &held.cookie_claims(&nonce));
    let reply = target.carry_cookie(&app, &cookie).await?;
    trial.refused("a nonce that a token request has used", &reply, used).await?;
    let nonce = target.nonce().await?;
    for (name, nonce) in [
        ("a nonce of the attacker's making", b64::encode(rng::bytes::<40>(&SystemRandom))),
        ("a nonce with one letter changed", forge::bent_within(&nonce)),
        ("a nonce with another end", format!("{nonce}A")),
        ("an empty nonce", String::new()),
    ] {
        let cookie = forge::sign(&held.key, &held.cookie_claims(&nonce));
        let reply = target.carry_cookie(&app, &cookie).await?;
        trial.refused(name, &reply, &["nonce_invalid"]).await?;
    }
    if let Some(other) = &target.other {
        let cookie = forge::sign(&held.key, &held.cookie_claims(&other.nonce().await?));
        let reply = target.carry_cookie(&app, &cookie).await?;
        trial.refused("a nonce of another server", &reply, &["nonce_invalid"]).await?;
    } else {
        trial.not_tried("a nonce of another server", "needs a second server");
    }
    let cookie = target.cookie(&held).await?;
    if trial.passes(5 * 60 + 1, "a cookie taken and used five minutes later").await {
        let reply = target.carry_cookie(&app, &cookie).await?;
        trial.refused("a cookie taken and used five minutes later", &reply, &["nonce_expired"]).await?;
    }
    Ok(())
}

/// A4.
pub async fn without_nonce(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let good = target.cookie(&held).await?;
    trial.control("a cookie with a nonce", &target.carry_cookie(&app, &good).await?)?;
    trial.mark().await?;
    let now = target.now().0;
    let bare = json!({ "refresh_token": held.prt });
    for (name, more) in [
        ("a number as iat", json!({ "iat": now })),
        ("text as iat", json!({ "iat": now.to_string() })),
        ("iat and exp", json!({ "iat": now, "exp": now + 3600 })),
        ("a nonce that is null", json!({ "iat": now, "request_nonce": null })),
        ("neither", json!({})),
    ] {
        let cookie = forge::sign(&held.key, &forge::with(bare.clone(), &more));
        let reply = target.carry_cookie(&app, &cookie).await?;
        let offered = reply.location().split_once("sso_nonce=").map(|(_, nonce)| nonce.to_owned());
        trial
            .refused(format!("a cookie with {name}"), &reply, &["nonce_invalid", "request_malformed"])
            .await?;
        // Sent back once, to the same place; with the offer in the address there is no second.
        let again = target.carry(&app, &[(CREDENTIAL_NAME, &cookie)], "&sso_nonce=x").await?;
        trial.refused(format!("the same again after the challenge, {name}"), &again, &[]).await?;
        if let Some(nonce) = offered {
            let taken = forge::sign(&held.key, &held.cookie_claims(&nonce));
            trial.control("the offered nonce serves", &target.carry_cookie(&app, &taken).await?)?;
            trial.mark().await?;
        }
    }
    let spec = forge::without(held.claims("openid", ""), "request_nonce");
    let spec = forge::with(spec, &json!({ "iat": now, "exp": now + 3600 }));
    let reply = target.present(&forge::sign(&held.key, &spec)).await?;
    trial.refused("a token request with iat and exp alone", &reply, &["nonce_invalid"]).await
}

/// A24.
pub async fn from_web_pages(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, device, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let site = ("sec-fetch-site", "none");
    for (name, more) in [
        ("a program", vec![]),
        (
            "somebody who types the address",
            vec![site, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        ),
        (
            "a link on another site",
            vec![
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ),
        (
            "a frame of the same site",
            vec![
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ],
        ),
    ] {
        let cookie = target.cookie(&held).await?;
        let headers = [vec![(CREDENTIAL_NAME, cookie.as_str())], more].concat();
        trial.control(name, &target.carry(&app, &headers, "").await?)?;
    }
    trial.mark().await?;
    for (site, mode, dest) in [
        ("cross-site", "cors", "empty"),
        ("same-origin", "cors", "empty"),
        ("cross-site", "no-cors", "image"),
        ("cross-site", "no-cors", "script"),
        ("same-site", "same-origin", "empty"),
        ("cross-site", "websocket", "websocket"),
        ("cross-site", "navigate", "iframe"),
        ("cross-site", "navigate", "frame"),
        ("cross-site", "navigate", "embed"),
        ("cross-site", "navigate", "object"),
        ("cross-site", "navigate", "fencedframe"),
    ] {
        let cookie = target.cookie(&held).await?;
        let fetch = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
        for prompt in ["", "&prompt=none"] {
            let headers = [&[(CREDENTIAL_NAME, cookie.as_str())], fetch.as_slice()].concat();
            let reply = target.carry(&app, &headers, prompt).await?;
            trial.refused(format!("{site} {mode} for {dest} {prompt}"), &reply, &[]).await?;
        }
    }
    let cookies = (target.cookie(&held).await?, target.cookie(&held).await?);
    let jar = format!("{CREDENTIAL_NAME}={}", cookies.1);
    for (name, headers) in [
        ("header and cookie that differ", [(CREDENTIAL_NAME, cookies.0.as_str()), ("cookie", &jar)]),
        ("two headers", [(CREDENTIAL_NAME, cookies.0.as_str()), (CREDENTIAL_NAME, &cookies.1)]),
    ] {
        let reply = target.carry(&app, &headers, "").await?;
        trial.refused(name, &reply, &[]).await?;
    }
    for (path, header) in [
        (app.address(""), CREDENTIAL_NAME),
        (app.address(""), DEVICE_CREDENTIAL),
        (format!("/{}/oauth2/authorize", target.tenant), CREDENTIAL_NAME),
        (target.token_path(), CREDENTIAL_NAME),
        (format!("/EnrollmentServer/device/{}", device.id), DEVICE_CREDENTIAL),
    ] {
        let mut program = target.program();
        let request = program.request(Method::OPTIONS, &path).header("origin", "https://evil.example");
        let request = request.header("access-control-request-method", "GET");
        let reply = program.send(request.header("access-control-request-headers", header)).await?;
        let allowed = ["access-control-allow-origin", "access-control-allow-headers"];
        let denied = !allowed.iter().any(|name| reply.headers.contains_key(*name));
        let place = path.split('?').next().unwrap_or_default();
        trial.claim(format!("preflight for {header} at {place}"), denied, reply.brief());
    }
    Ok(())
}

/// A32.
pub async fn confined(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, person, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let mut browser = target.browser_of(&held, &app).await?;
    let tokens = app.tokens(&mut browser).await?;
    trial.control_that("the browser signs on to an app", tokens["access_token"].is_string())?;
    trial.mark().await?;
    let verifier = pkce::verifier(&SystemRandom);
    for extra in [
        String::new(),
        "&prompt=none".to_owned(),
        format!("&resource={}", encode(DRS_RESOURCE)),
        format!("&resource={}&amr_values=ngcmfa", encode(DRS_RESOURCE)),
        format!("&resource={}", encode(ADMIN_RESOURCE)),
    ] {
        let reply = browser.broker_page(&verifier, &extra).await?;
        trial.refused(format!("a code of the broker {extra}"), &reply, &[]).await?;
    }
    let cookie = target.cookie(&held).await?;
    let reply = target.browser().get(&broker_address(), &[(CREDENTIAL_NAME, &cookie)]).await?;
    trial.refused("a code of the broker by the PRT cookie itself", &reply, &[]).await?;
    for resource in [DRS_RESOURCE, ADMIN_RESOURCE, "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"] {
        let reply = browser.get(&app.address(&format!("&resource={}", encode(resource))), &[]).await?;
        trial.refused(format!("an app's code for {resource}"), &reply, &[]).await?;
        let claims = forge::with(held.claims("", &target.nonce().await?), &json!({ "resource": resource }));
        // The console's tokens are for a PRT by design (RFC 9470 asks for a fresh sign-in there).
        if resource != ADMIN_RESOURCE {
            let reply = target.present(&forge::sign(&held.key, &claims)).await?;
            let reasons = &["session_from_prt_confined", "resource_unknown"];
            trial.refused(format!("the PRT itself for {resource}"), &reply, reasons).await?;
        }
    }
    let token = text(&tokens, "refresh_token");
    for client in [app.id.as_str(), "29d9ed98-a469-4536-ade2-f981bc1d605e"] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", &token),
            ("scope", DRS_SCOPE),
        ];
        let reply = target.program().form(&target.token_path(), &form).await?;
        trial
            .refused(format!("its refresh token for the registration service, as {client}"), &reply, &[])
            .await?;
    }
    let reply = browser.json("/ceremony/register/options", &json!({})).await?;
    trial.refused("a new passkey in that browser", &reply, &[]).await?;
    indirect(trial, &person).await
}

/// The same of what a broker written for Entra ID gets by the indirect exchange.
async fn indirect(trial: &mut Trial<'_>, person: &crate::people::Person) -> Result<(), Trouble> {
    let target = trial.target;
    let was = target.switch(true).await?;
    let tried = async {
        let broker = target.broker(person, (2, 3)).await?;
        let app = target.app().await?;
        let page = target.exchange(&broker.held, Some(&broker.device), &app.resource).await?;
        let code = page.code().unwrap_or_default();
        let tokens = target.exchanged(&code).await?;
        trial.control("the indirect exchange", &tokens)?;
        trial.mark().await?;
        let token = tokens.text("refresh_token");
        let reply = target.ask_prt_v1(&broker.device, &token, &json!({})).await?;
        let confined = &["session_from_prt_confined"];
        trial.refused("the refresh token of the exchange becomes a PRT", &reply, confined).await?;
        let reply = target.broker_redeem(&token, DRS_SCOPE).await?;
        trial.refused("the refresh token of the exchange for the registration service", &reply, &[]).await?;
        for resource in [DRS_RESOURCE, "https://enrollment.manage.microsoft.com/", ""] {
            let page = target.exchange(&broker.held, Some(&broker.device), resource).await?;
            trial.refused(format!("the exchange for `{resource}`"), &page, &[]).await?;
        }
        Ok(())
    };
    let tried = tried.await;
    target.switch(was).await?;
    tried
}

/// The address of the broker's own sign-in.
fn broker_address() -> String {
    let client = passband_wire::prt::BROKER_CLIENT;
    let uri = encode(crate::people::LOOPBACK);
    let challenge = pkce::Challenge::of(&pkce::verifier(&SystemRandom));
    format!(
        "/authorize?client_id={client}&response_type=code&redirect_uri={uri}&scope=openid\
         &code_challenge={challenge}&code_challenge_method=S256"
    )
}

/// A23, the part of nonces: where a challenge leads to.
pub async fn nonce_challenge(trial: &mut Trial<'_>, held: &crate::device::Held) -> Result<(), Trouble> {
    let target = trial.target;
    let app = target.app().await?;
    let stale = forge::sign(&held.key, &held.cookie_claims("n1"));
    for (name, extra) in [
        ("plain", ""),
        ("an address as state", "&state=https%3A%2F%2Fevil.example%2F"),
        ("a line break", "&state=a%0d%0aLocation:%20https:%2f%2fevil.example"),
    ] {
        let path = app.address(extra);
        let reply = target.browser().get(&path, &[(CREDENTIAL_NAME, &stale)]).await?;
        let here = reply.location().strip_prefix(&target.server).unwrap_or(reply.location()).to_owned();
        let same = here.starts_with("/authorize?") && here.contains("&sso_nonce=") && here.starts_with(&path);
        let outcome = match same {
            true => Outcome::Refused { how: "back to the same path, with a nonce".to_owned(), odd: false },
            false => Outcome::Succeeded { got: format!("sent to `{}`", reply.location()) },
        };
        trial.note(format!("the challenge for a nonce, {name}"), outcome);
    }
    let headers =
        [(CREDENTIAL_NAME, stale.as_str()), ("host", "evil.example"), ("x-forwarded-host", "evil.example")];
    let reply = target.browser().get(&app.address(""), &headers).await?;
    let away = reply.location().contains("evil.example");
    trial.claim("the challenge for a nonce, under another host name", !away, reply.brief());
    Ok(())
}
