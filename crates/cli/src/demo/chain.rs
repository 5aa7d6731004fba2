//! The chain closes: from the first administrator to single sign-on.

use super::ground::{ADA, GRACE, Ground, NOTES_API, TASKS_API};
use super::robot::{Robot, Trouble};
use super::story::Story;
use crate::failure::Failure;
use passband_broker::agent::Agent;
use passband_broker::enrol::{Description, JoinKind};
use passband_broker::prt::TokenRequest;
use passband_wire::b64;
use reqwest::Method;
use serde_json::{Value, json};

/// Tells the chain.
///
/// # Errors
///
/// [`Failure`] if a step could not be taken at all.
pub async fn tell(ground: &mut Ground, story: &mut Story) -> Result<(), Failure> {
    told(ground, story).await.map_err(|trouble| Failure::no("demoFailed", trouble.to_string()))
}

async fn told(ground: &mut Ground, story: &mut Story) -> Result<(), Trouble> {
    people(ground, story).await?;
    passkey(ground, story).await?;
    let laptop = device(ground, story).await?;
    prt(ground, story, &laptop).await?;
    sso(ground, story, &laptop).await
}

async fn people(ground: &mut Ground, story: &mut Story) -> Result<(), Trouble> {
    story.chapter("1  People");
    let ada = ground.browser(Some(&ground.ada))?;
    let ask =
        json!({ "setup": ground.setup_token(), "userPrincipalName": ADA, "displayName": "Ada Lovelace" });
    let next = ada.register(&ask, "Ada's key").await?;
    let landed = ada.visit(&format!("{}{next}", ground.server)).await?;
    story.step(
        landed.status.is_success() && landed.url.contains("/account/passkeys/second"),
        "The set-up link makes Ada the first administrator: a passkey, and she is signed in and offered a second way in",
    );
    let again = ground.browser(Some(&ground.ada))?.register(&ask, "x").await;
    story.step(again.is_err(), "The same link a second time: refused");
    let body = json!({ "userPrincipalName": GRACE, "displayName": "Grace Hopper", "accountEnabled": true });
    let grace = ground.admin(Method::POST, "/users", Some(body)).await?;
    ground.grace_id = grace["id"].as_str().unwrap_or_default().to_owned();
    ground.tasks_id = app(ground, "Tasks", &ground.tasks, TASKS_API).await?;
    ground.notes_id = app(ground, "Notes", &ground.notes, NOTES_API).await?;
    ground.start_apps();
    story.step(true, "Ada creates Grace, and registers two apps, Tasks and Notes, by the admin API");
    Ok(())
}

async fn app(ground: &Ground, name: &str, url: &str, api: &str) -> Result<String, Trouble> {
    let body = json!({
        "displayName": name,
        "identifierUris": [api],
        "web": { "redirectUris": [format!("{url}/callback")], "logoutUrl": format!("{url}/") },
    });
    let made = ground.admin(Method::POST, "/applications", Some(body)).await?;
    Ok(made["appId"].as_str().unwrap_or_default().to_owned())
}

async fn passkey(ground: &Ground, story: &mut Story) -> Result<(), Trouble> {
    story.chapter("2  A passkey proves who you are");
    let path = format!("/users/{}/authentication/temporaryAccessPassMethods", ground.grace_id);
    let body = json!({ "isUsableOnce": true, "lifetimeInMinutes": 60 });
    let made = ground.admin(Method::POST, &path, Some(body)).await?;
    let pass = made["temporaryAccessPass"].as_str().unwrap_or_default();
    let browser = ground.browser(Some(&ground.grace))?;
    let entered = browser.type_pass(GRACE, pass).await?;
    browser.register(&json!({}), "Grace's key").await?;
    story.step(entered, "Grace types a one-time Temporary Access Pass and makes her passkey");
    let again = ground.browser(None)?.type_pass(GRACE, pass).await?;
    story.step(!again, "The pass a second time: refused");
    let browser = ground.browser(Some(&ground.grace))?;
    let page = browser.visit(&format!("{}/sign-in", ground.tasks)).await?;
    let shown = page.url == format!("{}/", ground.tasks) && page.text.contains("Grace Hopper");
    story.step(
        shown && browser.prompts() == 1 && page.text.contains("phr"),
        "In a fresh browser Grace opens Tasks, touches her passkey once, and is in: acr=phr, nothing typed",
    );
    Ok(())
}

async fn device(ground: &Ground, story: &mut Story) -> Result<Agent, Trouble> {
    story.chapter("3  A device gets an identity");
    let laptop = ground.device("laptop")?;
    let browser = ground.browser(Some(&ground.grace))?;
    let identity = laptop.join(JoinKind::Join, &called("Grace's laptop"), &browser).await?;
    let known = ground.admin(Method::GET, &format!("/devices/{}", identity.device_id), None).await?;
    story.step(
        known["accountEnabled"] == true
            && known["trustType"] == "AzureAd"
            && known["passband_suite"] == "deviceKey",
        &format!("Grace's laptop makes two keys and gets a certificate: device {}", identity.device_id),
    );
    story.note("Its keys are software here, so its evidence level is E0: believed, not proved. A TPM comes behind the same trait.");
    Ok(laptop)
}

/// A device of this name.
pub fn called(name: &str) -> Description {
    Description {
        device_type: "Linux".to_owned(),
        os_version: "demo".to_owned(),
        display_name: name.to_owned(),
    }
}

async fn prt(ground: &Ground, story: &mut Story, laptop: &Agent) -> Result<(), Trouble> {
    story.chapter("4  Passkey + device key = Primary Refresh Token");
    let browser = ground.browser(Some(&ground.grace))?;
    let prt = laptop.login(&browser, None).await?;
    story.step(
        prt.user() == GRACE && prt.token().expose().starts_with("1."),
        "One passkey touch in the system browser, one signature of the device key: a PRT, good for 14 days",
    );
    story.note("No session key came with it: the laptop's own key signs each use, and there is nothing else to steal.");
    let notes = TokenRequest { client_id: &ground.notes_id, scope: "openid", resource: Some(NOTES_API) };
    let before = laptop.token(&notes).await?;
    let claims = payload(&before.access_token)?;
    let told =
        claims["aud"] == NOTES_API && claims["passband_binding"] == "softwareKey" && claims["acr"] == "phr";
    let seen = ground
        .http
        .get(format!("{}/api/whoami", ground.notes))
        .bearer_auth(&before.access_token)
        .send()
        .await?;
    let seen: Value = seen.json().await?;
    story.step(
        told && seen["upn"] == GRACE,
        "The PRT buys a token for Notes, signed for with the device key, answered encrypted; Notes accepts it offline",
    );
    let renewed = laptop.renew().await?;
    let after = payload(&laptop.token(&notes).await?.access_token)?;
    story.step(
        renewed.token().expose() != prt.token().expose()
            && after["auth_time"] == claims["auth_time"]
            && after["amr"] == claims["amr"],
        "Renewal gives a new PRT; who, how and when stay what they were",
    );
    Ok(())
}

async fn sso(ground: &Ground, story: &mut Story, laptop: &Agent) -> Result<(), Trouble> {
    story.chapter("5  Single sign-on in the browser");
    let browser = fresh_with_cookie(ground, laptop).await?;
    let page = browser.visit(&format!("{}/sign-in", ground.tasks)).await?;
    story.step(
        page.text.contains("Grace Hopper") && page.text.contains("deviceid"),
        "A browser without any session opens Tasks with the laptop's PRT cookie: signed in, no prompt, deviceid in the token",
    );
    let page = browser.visit(&format!("{}/sign-in", ground.notes)).await?;
    story.step(
        page.text.contains("Grace Hopper"),
        "The same browser opens Notes: signed in, no interaction at all",
    );
    let lines = ground.log(50).await?;
    let interactive = lines.iter().filter(|line| line["isInteractive"] == true).count();
    story.step(
        lines.len() > interactive && interactive > 0,
        &format!(
            "The sign-in log has every decision so far: {} lines, {interactive} of them with a person there",
            lines.len()
        ),
    );
    Ok(())
}

/// A browser with nothing but a PRT cookie for a fresh nonce.
pub async fn fresh_with_cookie(ground: &Ground, device: &Agent) -> Result<Robot, Trouble> {
    let cookie = device.cookie(None).await?;
    Ok(ground.browser(None)?.with_prt(cookie.expose().to_owned()))
}

/// The claims of a token whose signature somebody else has checked.
pub fn payload(token: &str) -> Result<Value, Trouble> {
    let body = token.split('.').nth(1).ok_or("not a token")?;
    Ok(serde_json::from_slice(&b64::decode(body, 16 * 1024)?)?)
}
