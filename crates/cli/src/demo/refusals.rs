//! What a thief, a stale device or an old protocol gets: nothing, and a line in the log that says why.

use super::chain::{called, fresh_with_cookie};
use super::ground::{Ground, NOTES_API, TASKS_API};
use super::memory;
use super::robot::{Robot, Trouble};
use super::story::Story;
use crate::failure::Failure;
use passband_broker::Error;
use passband_broker::agent::Agent;
use passband_broker::enrol::{Device, JoinKind};
use passband_broker::prt::{self, TokenRequest};
use passband_wire::b64;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::message::PrtUseClaims;
use passband_wire::prt::suite::Suite;
use passband_wire::prt::{GRANT_JWT_BEARER, signed};
use passband_wire::rng::{self, SystemRandom};
use reqwest::Method;
use serde_json::{Value, json};

/// Tells the refusals.
///
/// # Errors
///
/// [`Failure`] if a step could not be taken at all.
pub async fn tell(ground: &mut Ground, story: &mut Story) -> Result<(), Failure> {
    told(ground, story).await.map_err(|trouble| Failure::no("demoFailed", trouble.to_string()))
}

async fn told(ground: &Ground, story: &mut Story) -> Result<(), Trouble> {
    story.chapter("6  Theft");
    // A second laptop of Grace's, so that what is broken here stays apart.
    let victim = ground.device("victim")?;
    let browser = ground.browser(Some(&ground.grace))?;
    let identity = victim.join(JoinKind::Join, &called("Grace's second laptop"), &browser).await?;
    let taken = victim.login(&browser, None).await?;
    memory::tell(ground, story, &victim, &taken).await?;
    cookies(ground, story, &victim, &taken).await?;
    audience(ground, story, &victim).await?;
    story.chapter("7  Theft from a device with a session key");
    // As brokers did before, and still may: RSA keys, and a session key beside the PRT.
    let older = ground.device("older")?;
    let suite = Suite::SessionKey;
    older.join_in(suite, JoinKind::Join, &called("Grace's older laptop"), &browser).await?;
    let stolen = older.login(&browser, None).await?;
    let key = stolen.session_key().ok_or("the older laptop has no session key")?;
    stolen_prt(ground, story, &stolen).await?;
    downgrade(ground, story, &stolen, key).await?;
    other_device(ground, story, &stolen).await?;
    story.chapter("8  Standing");
    standing(ground, story, &victim, &identity.device_id.to_string()).await
}

/// Whether the newest line of the log gives this reason.
pub async fn logged(ground: &Ground, reason: &str) -> Result<bool, Trouble> {
    let lines = ground.log(3).await?;
    Ok(lines.iter().any(|line| line["passband_reason"] == reason))
}

/// Posts a signed request as a thief would, with whatever it is signed.
pub async fn present(ground: &Ground, request: &str) -> Result<(u16, Value), Trouble> {
    let form = [("grant_type", GRANT_JWT_BEARER), ("request", request), ("prt_protocol_version", "3.0")];
    let response =
        ground.http.post(format!("{}/common/oauth2/v2.0/token", ground.server)).form(&form).send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

pub async fn nonce(ground: &Ground) -> Result<String, Trouble> {
    let form = [("grant_type", "srv_challenge")];
    let response =
        ground.http.post(format!("{}/common/oauth2/token", ground.server)).form(&form).send().await?;
    let reply: Value = response.json().await?;
    Ok(reply["Nonce"].as_str().unwrap_or_default().to_owned())
}

pub fn claims(ground: &Ground, stolen: &prt::Prt, nonce: String) -> PrtUseClaims {
    PrtUseClaims {
        refresh_token: stolen.token().expose().to_owned(),
        grant_type: "refresh_token".to_owned(),
        client_id: ground.notes_id.clone(),
        scope: "openid".to_owned(),
        resource: Some(NOTES_API.to_owned()),
        request_nonce: Some(nonce),
    }
}

async fn stolen_prt(ground: &Ground, story: &mut Story, stolen: &prt::Prt) -> Result<(), Trouble> {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &ground.notes_id),
        ("refresh_token", stolen.token().expose()),
    ];
    let response = ground.http.post(format!("{}/token", ground.server)).form(&form).send().await?;
    let refused = response.status().as_u16() == 400;
    story.step(
        refused && logged(ground, "prt_unbound_use").await?,
        "A stolen PRT, presented as a refresh token: refused, prt_unbound_use",
    );
    let forged = SessionKey::from_bytes(rng::bytes(&SystemRandom));
    let request = signed::sign(&forged, &claims(ground, stolen, nonce(ground).await?), &SystemRandom)?;
    let (status, body) = present(ground, &request).await?;
    story.step(
        status == 400 && body["error"] == "invalid_grant" && logged(ground, "session_key_signature").await?,
        "A stolen PRT without its session key, signed with another: refused, session_key_signature",
    );
    Ok(())
}

async fn cookies(
    ground: &Ground,
    story: &mut Story,
    victim: &Agent,
    stolen: &prt::Prt,
) -> Result<(), Trouble> {
    let cookie = victim.cookie(None).await?.expose().to_owned();
    let with =
        |cookie: &str| -> Result<Robot, Trouble> { Ok(ground.browser(None)?.with_prt(cookie.to_owned())) };
    let first = with(&cookie)?.visit(&format!("{}/sign-in", ground.tasks)).await?;
    let second = with(&cookie)?.visit(&format!("{}/sign-in", ground.tasks)).await?;
    let asked = second.text.contains(r#"data-ceremony="sign-in""#);
    story.step(
        first.text.contains("Grace Hopper") && asked && logged(ground, "nonce_replayed").await?,
        "A PRT cookie works once; replayed from another browser it is refused, nonce_replayed, and a passkey is asked for",
    );
    let (identity, keys) = victim.device()?;
    let device = Device { keys: &keys, certificate: &identity.certificate };
    let made_up = prt::cookie(device, stolen, &b64::encode([7; 40]), &SystemRandom)?;
    let page = with(made_up.expose())?.visit(&format!("{}/sign-in", ground.tasks)).await?;
    story.step(
        page.text.contains(r#"data-ceremony="sign-in""#) && logged(ground, "nonce_invalid").await?,
        "A PRT cookie for a nonce this server never made: refused, nonce_invalid",
    );
    Ok(())
}

async fn downgrade(
    ground: &Ground,
    story: &mut Story,
    stolen: &prt::Prt,
    key: &SessionKey,
) -> Result<(), Trouble> {
    // The session key is the victim's own here: even with it, the older derivation opens nothing.
    let good = signed::sign(key, &claims(ground, stolen, nonce(ground).await?), &SystemRandom)?;
    let (header, rest) = good.split_once('.').ok_or("not a token")?;
    let header = String::from_utf8(b64::decode(header, 4096)?)?.replace(r#""kdf_ver":2"#, r#""kdf_ver":1"#);
    let (status, _) = present(ground, &format!("{}.{rest}", b64::encode(header))).await?;
    story.step(
        status == 400 && logged(ground, "kdf_downgrade").await?,
        "A request that asks for the older key derivation: refused, kdf_downgrade",
    );
    let (status, _) = present(ground, &good).await?;
    let (again, _) = present(ground, &good).await?;
    story.step(
        status == 200 && again == 400 && logged(ground, "nonce_replayed").await?,
        "A whole signed request, recorded and sent again: refused, nonce_replayed",
    );
    Ok(())
}

async fn audience(ground: &Ground, story: &mut Story, victim: &Agent) -> Result<(), Trouble> {
    let wanted = TokenRequest { client_id: &ground.tasks_id, scope: "openid", resource: Some(TASKS_API) };
    let token = victim.token(&wanted).await?.access_token;
    let at = |app: &str| ground.http.get(format!("{app}/api/whoami")).bearer_auth(&token).send();
    let (tasks, notes) = (at(&ground.tasks).await?, at(&ground.notes).await?);
    story.step(
        tasks.status().as_u16() == 200 && notes.status().as_u16() == 401,
        "A token for Tasks, shown to Notes: wrong audience, refused by Notes itself",
    );
    let unknown =
        TokenRequest { client_id: &ground.tasks_id, scope: "openid", resource: Some("api://nowhere") };
    let refused = victim.token(&unknown).await;
    story.step(
        matches!(&refused, Err(Error::Refused(no)) if no.error == "invalid_target")
            && logged(ground, "resource_unknown").await?,
        "A token for an audience nobody registered: refused, resource_unknown",
    );
    Ok(())
}

async fn other_device(ground: &Ground, story: &mut Story, stolen: &prt::Prt) -> Result<(), Trouble> {
    // Ada's device, with Ada's own PRT: its session key signs for Grace's stolen PRT.
    let device = ground.device("ada")?;
    let browser = ground.browser(Some(&ground.ada))?;
    let suite = Suite::SessionKey;
    device.join_in(suite, JoinKind::Register, &called("Ada's desktop"), &browser).await?;
    let own = device.login(&browser, None).await?;
    let key = own.session_key().ok_or("Ada's desktop has no session key")?;
    let request = signed::sign(key, &claims(ground, stolen, nonce(ground).await?), &SystemRandom)?;
    let (status, _) = present(ground, &request).await?;
    story.step(
        status == 400 && logged(ground, "session_key_signature").await?,
        "Grace's PRT on Ada's device, signed with Ada's session key: refused, session_key_signature",
    );
    // Grace signs in on Ada's device: the device is not hers, so it gets no PRT of hers.
    let refused = device.login(&ground.browser(Some(&ground.grace))?, None).await;
    story.step(
        matches!(refused, Err(Error::Refused(_))) && logged(ground, "wrong_person").await?,
        "Grace signs in on Ada's device: no PRT, wrong_person",
    );
    Ok(())
}

async fn standing(ground: &Ground, story: &mut Story, victim: &Agent, id: &str) -> Result<(), Trouble> {
    let notes = TokenRequest { client_id: &ground.notes_id, scope: "openid", resource: Some(NOTES_API) };
    let path = format!("/devices/{id}");
    let set = |enabled: bool| ground.admin(Method::PATCH, &path, Some(json!({ "accountEnabled": enabled })));
    let browser = fresh_with_cookie(ground, victim).await?;
    let before = browser.visit(&format!("{}/sign-in", ground.tasks)).await?;
    set(false).await?;
    let token = victim.token(&notes).await;
    let token_refused = matches!(token, Err(Error::Refused(_))) && logged(ground, "device_disabled").await?;
    let cookie = fresh_with_cookie(ground, victim).await?.visit(&format!("{}/sign-in", ground.tasks)).await?;
    let after = browser.visit(&format!("{}/sign-in?prompt=none", ground.tasks)).await?;
    story.step(
        before.text.contains("Grace Hopper")
            && token_refused
            && cookie.text.contains(r#"data-ceremony="sign-in""#)
            && after.text.contains("login_required"),
        "Ada disables the laptop: no token, no cookie sign-in, and the browser it had signed in is out, at once",
    );
    set(true).await?;
    story.step(victim.token(&notes).await.is_ok(), "She enables it again: it works again");
    ground.admin(Method::POST, &format!("/users/{}/revokeSignInSessions", ground.grace_id), None).await?;
    let revoked = victim.token(&notes).await;
    let renewed = victim.renew().await;
    story.step(
        matches!(revoked, Err(Error::Refused(_)))
            && matches!(renewed, Err(Error::Refused(_)))
            && logged(ground, "session_ended").await?,
        "Ada revokes Grace's sessions: the PRT buys nothing and cannot be renewed, session_ended",
    );
    ground.admin(Method::DELETE, &format!("/devices/{id}"), None).await?;
    let login = victim.login(&ground.browser(Some(&ground.grace))?, None).await;
    story.step(
        matches!(login, Err(Error::Refused(_))),
        "Ada deletes the laptop: a fresh passkey sign-in on it gets no PRT",
    );
    Ok(())
}
