//! Codes and where they go: A22, A23.

use crate::attack::Trouble;
use crate::device::{Chain, Held};
use crate::entra::{BROKER_REDIRECT, DRS_REDIRECT};
use crate::http::encode;
use crate::people::{App, CALLBACK};
use crate::trial::Trial;
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, CREDENTIAL_NAME};
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::json;

/// A code that a PRT yields for an app.
async fn code(trial: &Trial<'_>, held: &Held, app: &App) -> Result<String, Trouble> {
    let cookie = trial.target.cookie(held).await?;
    let reply = trial.target.carry_cookie(app, &cookie).await?;
    reply.code().ok_or_else(|| Trouble::Control(format!("no code by a PRT: {}", reply.brief())))
}

/// A22.
pub async fn interception(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let chain = target.chain("Owner").await?;
    let (held, app, other) = (&chain.held, target.app().await?, target.app().await?);
    let mut thief = target.program();
    let first = code(trial, held, &app).await?;
    trial.mark().await?;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", app.id.as_str()),
        ("code", &first),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &app.verifier),
    ];
    let guess = pkce::verifier(&SystemRandom);
    let plain = Challenge::of(&app.verifier).to_string();
    for (name, field, value, reason) in [
        ("without the verifier", "code_verifier", "", "pkce_failed"),
        ("with a guessed verifier", "code_verifier", guess.as_str(), "pkce_failed"),
        ("with the challenge as verifier", "code_verifier", plain.as_str(), "pkce_failed"),
        ("as another client", "client_id", other.id.as_str(), "code_invalid"),
        ("for another address", "redirect_uri", "https://app.example/cb/", "code_invalid"),
        ("for no address", "redirect_uri", "", "code_invalid"),
        ("as the broker", "client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e", "code_invalid"),
    ] {
        let mut form = good;
        for pair in &mut form {
            if pair.0 == field {
                pair.1 = value;
            }
        }
        let reply = thief.form("/token", &form).await?;
        trial.refused(name, &reply, &[reason]).await?;
    }
    let tokens = app.redeem(&mut target.program(), &first).await?;
    trial.control("the app redeems its code", &tokens)?;
    let refresh = tokens.text("refresh_token");
    trial.mark().await?;
    let reply = app.redeem(&mut thief, &first).await?;
    trial.refused("a code redeemed twice", &reply, &["code_replayed"]).await?;
    let reply = app.refresh(&mut thief, &refresh).await?;
    trial.refused("the tokens of the first, after that", &reply, &["grant_ended"]).await?;
    // Without a refresh token there is no row of tokens that a second redemption would meet.
    let mut browser = target.browser_of(held, &app).await?;
    let bare = app.address("").replace("offline_access", "profile");
    let bare = browser.get(&bare, &[]).await?.code().unwrap_or_default();
    let once = app.redeem(&mut target.program(), &bare).await?;
    trial.control("a code for an access token alone", &once)?;
    trial.control_that("no refresh token comes of it", once.text("refresh_token").is_empty())?;
    trial.mark().await?;
    let reply = app.redeem(&mut thief, &bare).await?;
    trial.refused("a code for an access token alone, redeemed twice", &reply, &["code_replayed"]).await?;
    for (name, place) in [("in the middle", true), ("at the end", false)] {
        let fresh = code(trial, held, &app).await?;
        let bent = if place { crate::forge::bent_within(&fresh) } else { crate::forge::bent(&fresh) };
        let reply = app.redeem(&mut thief, &bent).await?;
        trial.refused(format!("a code with a letter changed {name}"), &reply, &["code_invalid"]).await?;
    }
    let late = code(trial, held, &app).await?;
    if trial.passes(61, "a code of a minute and a second ago").await {
        let reply = app.redeem(&mut thief, &late).await?;
        trial.refused("a code of a minute and a second ago", &reply, &["code_expired"]).await?;
    }
    let was = target.switch(true).await?;
    let tried = indirect(trial, &chain).await;
    target.switch(was).await?;
    tried?;
    let orphan = code(trial, held, &app).await?;
    let device = format!("/v1.0/devices/{}", chain.device.id);
    target.change(Method::PATCH, &device, Some(&json!({ "accountEnabled": false }))).await?;
    trial.mark().await?;
    let reply = app.redeem(&mut thief, &orphan).await?;
    trial.refused("a code of a device that was disabled", &reply, &["device_disabled"]).await?;
    target.change(Method::PATCH, &device, Some(&json!({ "accountEnabled": true }))).await?;
    let orphan = code(trial, held, &app).await?;
    let revoke = format!("/v1.0/users/{}/revokeSignInSessions", chain.person.id);
    target.change(Method::POST, &revoke, None).await?;
    let reply = app.redeem(&mut thief, &orphan).await?;
    trial.refused("a code of a session that was revoked", &reply, &["session_ended"]).await
}

/// Codes of the indirect exchange, which have no PKCE.
async fn indirect(trial: &mut Trial<'_>, chain: &Chain) -> Result<(), Trouble> {
    let target = trial.target;
    let app = target.app().await?;
    let broker = target.broker(&chain.person, (2, 3)).await?;
    let page = target.exchange(&broker.held, Some(&broker.device), &app.resource).await?;
    let first = page.code().unwrap_or_default();
    let tokens = target.exchanged(&first).await?;
    trial.control("a code of the indirect exchange", &tokens)?;
    trial.mark().await?;
    let reply = target.exchanged(&first).await?;
    trial.refused("a code of the indirect exchange, redeemed twice", &reply, &["code_replayed"]).await?;
    let refresh = tokens.text("refresh_token");
    let reply = target.broker_redeem(&refresh, "openid").await?;
    trial.refused("the tokens of the first, after that, at the broker", &reply, &["grant_ended"]).await?;
    let page = target.exchange(&broker.held, Some(&broker.device), &app.resource).await?;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("code", &page.code().unwrap_or_default()),
        ("redirect_uri", BROKER_REDIRECT),
        ("code_verifier", &pkce::verifier(&SystemRandom)),
    ];
    let reply = target.program().form("/token", &form).await?;
    trial.refused("a verifier for a code without challenge", &reply, &["pkce_failed"]).await
}

/// A23.
pub async fn redirects(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let mut browser = target.signed_in(&person).await?;
    let own = browser.get(&app.address(""), &[]).await?;
    trial.control("the app's own address", &own)?;
    for uri in [
        "https://evil.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example/cb/",
        "https://app.example/cb/../evil",
        "https://app.example/cb?x=1",
        "https://app.example/cb#x",
        "https://app.example/CB",
        "https://app.example:443/cb",
        "http://app.example/cb",
        "https://app.example/cb%00",
        "https://app.example\\@evil.example/cb",
        "//app.example/cb",
        "javascript:alert(1)",
        BROKER_REDIRECT,
        DRS_REDIRECT,
        "companyportal://com.microsoft.CompanyPortal",
        "",
    ] {
        let address = app.address("").replace(&encode(CALLBACK), &encode(uri));
        let cookie = target.cookie(&held).await?;
        let reply = browser.get(&address, &[(CREDENTIAL_NAME, &cookie)]).await?;
        stays(trial, &format!("an app answered at `{uri}`"), &reply, "");
    }
    for on in [false, true] {
        let was = target.switch(on).await?;
        let tried = broker_addresses(trial, &person, on).await;
        target.switch(was).await?;
        tried?;
    }
    super::browser::nonce_challenge(trial, &held).await
}

/// Whether an answer leads nowhere but to the server itself.
fn stays(trial: &mut Trial<'_>, name: &str, reply: &crate::http::Reply, allowed: &str) {
    let to = reply.location();
    let server = &trial.target.server;
    let local = to.is_empty()
        || (to.starts_with('/') && !to.starts_with("//"))
        || to.starts_with(&format!("{server}/"))
        || (!allowed.is_empty() && to.starts_with(allowed));
    trial.claim(
        name,
        local && reply.status < 500,
        if local { reply.brief() } else { format!("sent to `{to}`") },
    );
}

/// Addresses of brokers, bent; with brokers written for Entra ID switched off and on.
async fn broker_addresses(
    trial: &mut Trial<'_>,
    person: &crate::people::Person,
    on: bool,
) -> Result<(), Trouble> {
    let target = trial.target;
    let mut browser = target.signed_in(person).await?;
    let said = if on { "switched on" } else { "switched off" };
    let ask = |client: &str, uri: &str, path: &str| {
        format!(
            "{path}?client_id={client}&response_type=code&redirect_uri={}&scope=openid&state=s",
            encode(uri)
        )
    };
    let (client, plugin) = (BROKER_CLIENT.to_string(), BROKER_PLUGIN.to_string());
    let dialect = format!("/{}/oauth2/v2.0/authorize", target.tenant);
    // As a browser, which has a session to show.
    let page =
        browser.get(&ask(&client, BROKER_REDIRECT, &dialect), &[("sec-fetch-mode", "navigate")]).await?;
    match on {
        true => trial.control("a broker's own address, switched on", &page)?,
        false => stays(trial, "a broker's own address, switched off", &page, ""),
    }
    let mut tries = vec![
        (client.as_str(), "msauth://Microsoft.AAD.BrokerPlugin.evil"),
        (client.as_str(), "msauth://Microsoft.AAD.BrokerPlugin/evil"),
        (client.as_str(), "msauth://evil@Microsoft.AAD.BrokerPlugin"),
        (client.as_str(), "msauth://microsoft.aad.brokerplugin:1/"),
        (client.as_str(), "ms-appx-web://Microsoft.AAD.BrokerPlugin/drs"),
        (client.as_str(), "ms-aadj-redir://auth/drs/../evil"),
        (client.as_str(), "companyportal://com.microsoft.CompanyPortal"),
        (client.as_str(), "https://login.microsoftonline.com/common/oauth2/nativeclient"),
        (client.as_str(), "urn:ietf:wg:oauth:2.0:oob"),
        (client.as_str(), "http://localhost.evil.example/"),
        (plugin.as_str(), DRS_REDIRECT),
    ];
    if !on {
        tries.push((client.as_str(), DRS_REDIRECT));
    }
    for (client, uri) in tries {
        for path in [dialect.as_str(), "/authorize"] {
            let reply = browser.get(&ask(client, uri, path), &[("sec-fetch-mode", "navigate")]).await?;
            stays(trial, &format!("{said}: {client} answered at `{uri}` from {path}"), &reply, "");
        }
    }
    // The standard path lets nobody off.
    let reply = browser.get(&ask(&client, BROKER_REDIRECT, "/authorize"), &[]).await?;
    stays(trial, &format!("{said}: a broker's address at the standard path"), &reply, "");
    trial.claim(format!("{said}: a page that carries a code"), !reply.body.contains("code="), reply.brief());
    Ok(())
}
