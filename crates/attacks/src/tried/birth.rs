//! How devices and PRTs come to be: A10 to A15, A17.

use crate::attack::{Outcome, Trouble};
use crate::device::{Chain, DEVICE_CREDENTIAL, Device, join_body, key, prt_claims, self_signed};
use crate::forge;
use crate::http::{Reply, encode};
use crate::people::{LOOPBACK, Person, done, text};
use crate::trial::Trial;
use passband_wire::b64;
use passband_wire::oauth::pkce;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, CREDENTIAL_NAME, DRS_RESOURCE, LINUX_BROKER};
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::{Value, json};

/// Longer than a sign-in is fresh.
const AFTER_FRESH: i64 = 11 * 60;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A10.
pub async fn without_device(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device, held } = target.chain("Owner").await?;
    trial.control("a PRT by a registered device", &target.use_prt(&held, "openid").await?)?;
    let spki = key(2)?.public_spki().unwrap_or_default();
    let parts = passband_wire::jose::rsa::components_from_spki(&spki);
    let (n, e) = parts.map_err(|error| Trouble::SetUp(error.to_string()))?;
    let stk = json!({ "kty": "RSA", "n": b64::encode(n), "e": b64::encode(e) }).to_string();
    let more = [("stk_jwk", stk.as_str()), ("prt_protocol_version", "3.0"), ("windows_api_version", "2.2")];
    let client = BROKER_CLIENT.to_string();
    let scopes = ["aza profile offline_access openid", "openid aza", "openid"];
    for scope in scopes {
        for path in ["/token".to_owned(), target.token_path()] {
            let verifier = pkce::verifier(&SystemRandom);
            let mut browser = target.signed_in(&person).await?;
            let page = browser.broker_page(&verifier, "").await?;
            let code = page.code().unwrap_or_default();
            let own = [
                ("grant_type", "authorization_code"),
                ("client_id", client.as_str()),
                ("code", &code),
                ("redirect_uri", LOOPBACK),
                ("code_verifier", &verifier),
                ("scope", scope),
            ];
            let reply = target.program().form(&path, &[&own[..], &more].concat()).await?;
            no_prt(trial, &format!("a code at {path} with stk_jwk and scope `{scope}`"), &reply);
            let token = browser.broker_refresh().await?;
            let own = [
                ("grant_type", "refresh_token"),
                ("client_id", client.as_str()),
                ("refresh_token", &token),
                ("scope", scope),
            ];
            let reply = target.program().form(&path, &[&own[..], &more].concat()).await?;
            no_prt(trial, &format!("a refresh token at {path} with stk_jwk and scope `{scope}`"), &reply);
        }
    }
    trial.mark().await?;
    for (name, header) in [
        ("no certificate", json!({ "alg": "RS256", "typ": "JWT" })),
        (
            "a jwk for a certificate",
            json!({ "alg": "RS256", "jwk": serde_json::from_str::<Value>(&stk).unwrap_or_default() }),
        ),
        (
            "a certificate of its own",
            json!({ "alg": "RS256", "x5c": [self_signed(key(2)?, &device.id, None)?] }),
        ),
    ] {
        let token = target.signed_in(&person).await?.broker_refresh().await?;
        let claims = prt_claims(&token, &target.nonce().await?).to_string();
        let reply = target.present_with(&forge::rs256(&header, claims.as_bytes(), key(2)?), &more).await?;
        trial.refused(format!("a request signed by a stranger's key with {name}"), &reply, &[]).await?;
    }
    Ok(())
}

/// Tokens that the client may have anyway are no PRT: a session key, or what serves as a PRT, would be.
fn no_prt(trial: &mut Trial<'_>, name: &str, reply: &Reply) {
    let body = reply.json();
    let prt = body["session_key_jwe"].is_string() || body["refresh_token_expires_in"].is_number();
    let how = match reply.is_ok() {
        true => "ordinary tokens, no session key".to_owned(),
        false => reply.brief(),
    };
    trial.claim(
        name,
        !prt && reply.status < 500,
        if prt { "a PRT for a key nobody knows".to_owned() } else { how },
    );
}

/// A11.
pub async fn upgrade(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device, held } = target.chain("Owner").await?;
    let app = target.app().await?;
    let token = target.signed_in(&person).await?.broker_refresh().await?;
    trial.control("the broker's own token of a fresh sign-in", &target.ask_prt(&device, &token).await?)?;
    trial.mark().await?;
    let reply = target.ask_prt(&device, &token).await?;
    trial.refused("the same token for a second PRT", &reply, &["grant_ended"]).await?;
    let of_app = text(&app.tokens(&mut target.signed_in(&person).await?).await?, "refresh_token");
    let reply = target.ask_prt(&device, &of_app).await?;
    trial.refused("an app's refresh token", &reply, &["prt_invalid"]).await?;
    let of_prt = text(&held.open(&target.use_for(&held, &app).await?), "refresh_token");
    let reply = target.ask_prt(&device, &of_prt).await?;
    trial.refused("an app's refresh token that a PRT yielded", &reply, &["prt_invalid"]).await?;
    let mallory = target.person("Mallory").await?;
    let others = target.signed_in(&mallory).await?.broker_refresh().await?;
    let reply = target.ask_prt(&device, &others).await?;
    trial.refused("another person's token on this device", &reply, &["wrong_person"]).await?;
    let by_code = by_device_code(trial, &person, &app.id).await?;
    let reply = target.ask_prt(&device, &by_code).await?;
    trial.refused("a token of the device code flow", &reply, &["prt_invalid"]).await?;
    for (name, bent) in [
        ("a token of chance", "0.AAAA".to_owned()),
        ("a token with one letter changed", forge::bent_within(&of_app)),
        ("no token", String::new()),
    ] {
        let reply = target.ask_prt(&device, &bent).await?;
        trial.refused(name, &reply, &["request_malformed", "grant_ended", "grant_replayed"]).await?;
    }
    let kept = target.signed_in(&person).await?.broker_refresh().await?;
    if trial.passes(AFTER_FRESH, "a token of a sign-in eleven minutes ago").await {
        let reply = target.ask_prt(&device, &kept).await?;
        trial.refused("a token of a sign-in eleven minutes ago", &reply, &["auth_too_old"]).await?;
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
            ("refresh_token", kept.as_str()),
        ];
        let next = target.program().form("/token", &form).await?.text("refresh_token");
        let reply = target.ask_prt(&device, &next).await?;
        trial.refused("the same, refreshed just now", &reply, &["auth_too_old"]).await?;
    }
    Ok(())
}

/// A refresh token of an ordinary app, got by device code with the person's approval.
async fn by_device_code(trial: &Trial<'_>, person: &Person, app: &str) -> Result<String, Trouble> {
    let target = trial.target;
    let mut program = target.program();
    let form = [("client_id", app), ("scope", "openid offline_access")];
    let begun = done("a device code", program.form("/device_authorization", &form).await?)?;
    let (device_code, user_code) = (begun.text("device_code"), begun.text("user_code"));
    approve(trial, person, &user_code).await?;
    let form = [("grant_type", DEVICE_CODE), ("client_id", app), ("device_code", &device_code)];
    Ok(done("polling", program.form("/token", &form).await?)?.text("refresh_token"))
}

/// The person types the code and says yes; the page they saw.
async fn approve(trial: &Trial<'_>, person: &Person, user_code: &str) -> Result<String, Trouble> {
    let mut browser = trial.target.signed_in(person).await?;
    let csrf = browser.get("/device", &[]).await?.field("csrf").unwrap_or_default();
    let form = [("userCode", user_code), ("csrf", csrf.as_str())];
    let page = done("typing a device code", browser.form("/device", &form).await?)?;
    let csrf = page.field("csrf").unwrap_or_default();
    let form = [("csrf", csrf.as_str()), ("userCode", user_code), ("answer", "yes")];
    done("approving a device code", browser.form("/device", &form).await?)?;
    Ok(page.body)
}

/// A12.
pub async fn device_code_phishing(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Victim").await?;
    let device = target.join(&person, (0, 1)).await?;
    let app = target.app().await?;
    let token = by_device_code(trial, &person, &app.id).await?;
    trial.control_that("a device code signs an ordinary app in", !token.is_empty())?;
    trial.mark().await?;
    let tenant = &target.tenant;
    let paths = [
        "/device_authorization".to_owned(),
        format!("/{tenant}/oauth2/devicecode"),
        format!("/{tenant}/oauth2/v2.0/devicecode"),
    ];
    for path in &paths {
        for client in [BROKER_CLIENT, BROKER_PLUGIN, LINUX_BROKER] {
            let client = client.to_string();
            let form = [("client_id", client.as_str()), ("scope", "openid offline_access")];
            let reply = target.program().form(path, &form).await?;
            begun_nothing(trial, &format!("the broker client {client} at {path}"), &reply).await?;
        }
        for (name, form) in [
            ("the registration service", [("client_id", app.id.as_str()), ("resource", DRS_RESOURCE)]),
            ("a PRT", [("client_id", app.id.as_str()), ("scope", "openid aza")]),
        ] {
            let reply = target.program().form(path, &form).await?;
            begun_nothing(trial, &format!("an app that asks for {name} at {path}"), &reply).await?;
        }
    }
    let reply = target.ask_prt(&device, &token).await?;
    trial.refused("the token becomes a PRT", &reply, &["prt_invalid"]).await?;
    for client in [app.id.as_str(), "29d9ed98-a469-4536-ade2-f981bc1d605e"] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", token.as_str()),
            ("resource", DRS_RESOURCE),
        ];
        let reply = target.program().form("/token", &form).await?;
        trial.refused(format!("the token for the registration service, as {client}"), &reply, &[]).await?;
    }
    let form = [("client_id", app.id.as_str()), ("scope", "openid")];
    let begun = target.program().form("/device_authorization", &form).await?;
    let page = approve(trial, &person, &begun.text("user_code")).await?;
    let name = page.contains("Attacked");
    trial.claim("the page hides which app asks", name, "it names the app");
    let link = begun.text("verification_uri_complete");
    let path = link.strip_prefix(&target.server).unwrap_or(&link).to_owned();
    let shown = target.signed_in(&person).await?.get(&path, &[]).await?;
    trial.claim(
        "a link approves by itself",
        shown.status == 200,
        "following the link answers nothing; a form asks",
    );
    let form = [("client_id", app.id.as_str()), ("scope", "openid")];
    let begun = target.program().form("/device_authorization", &form).await?;
    let form = [
        ("grant_type", DEVICE_CODE),
        ("client_id", app.id.as_str()),
        ("device_code", &begun.text("device_code")),
    ];
    let reply = target.program().form("/token", &form).await?;
    trial.refused("a code that nobody approved", &reply, &[]).await
}

async fn begun_nothing(trial: &mut Trial<'_>, name: &str, reply: &Reply) -> Result<(), Trouble> {
    if reply.text("user_code").is_empty() {
        return trial.refused(name, reply, &[]).await;
    }
    trial.note(name, Outcome::Succeeded { got: "a user code to send to the victim".to_owned() });
    Ok(())
}

/// A13.
pub async fn rogue_device(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device, held } = target.chain("Owner").await?;
    let app = target.app().await?;
    let body = join_body(key(2)?, key(2)?)?;
    let mut browser = target.signed_in(&person).await?;
    let good = browser.drs_token().await?;
    let plain = text(&browser.broker_tokens("").await?, "access_token");
    let of_app = text(&app.tokens(&mut browser).await?, "access_token");
    let of_prt = text(&held.open(&target.use_prt(&held, "openid").await?), "access_token");
    trial.mark().await?;
    for (name, token) in [
        ("no token", String::new()),
        ("a made-up token", "nonsense".to_owned()),
        ("the broker's token for another audience", plain),
        ("an app's token", of_app),
        ("a token that a PRT yielded", of_prt),
        ("the token with another end", forge::bent(&good)),
        (
            "the token without its signature",
            format!("{}.", good.rsplit_once('.').map_or("", |(head, _)| head)),
        ),
    ] {
        let reply = target.post_join(&token, &body).await?;
        trial.refused(format!("a device joins with {name}"), &reply, &[]).await?;
    }
    let reply = target.drs_by_prt(&held).await?;
    trial.refused("a PRT asks for the registration service", &reply, &["session_from_prt_confined"]).await?;
    // A pass lets its person register a passkey and nothing else.
    let newcomer = target.newcomer("Newcomer").await?;
    let pass = target.pass_for(&newcomer, false).await?;
    let mut browser = target.browser();
    done("entering a pass", browser.enter_pass(&newcomer.upn, &pass).await?)?;
    let extra = format!("&resource={}", encode(DRS_RESOURCE));
    let reply = browser.broker_page(&pkce::verifier(&SystemRandom), &extra).await?;
    trial.refused("a sign-in by pass asks for the registration service", &reply, &[]).await?;
    hybrid(trial, &device).await?;
    let page = target.signed_in(&person).await?.get("/account", &[]).await?;
    let named = page.body.contains("attack suite");
    trial.claim("a device joins unseen", named, "its owner's own page lists it, with a way to remove it");
    quota(trial, &person, &body).await?;
    let other = target.person("Other").await?;
    let kept = target.signed_in(&other).await?.drs_token().await?;
    if trial.passes(AFTER_FRESH, "a sign-in of eleven minutes ago").await {
        let reply = target.post_join(&kept, &body).await?;
        trial.refused("a sign-in of eleven minutes ago", &reply, &["auth_too_old"]).await?;
    }
    Ok(())
}

/// Joins for which nobody signs in.
async fn hybrid(trial: &mut Trial<'_>, device: &Device) -> Result<(), Trouble> {
    let mut program = trial.target.program();
    let path = format!("/EnrollmentServer/device/{}?api-version=2.0", device.id);
    let body = json!({ "JoinType": 6, "ServerAdJoinData": { "ClientIdentity": { "Type": "sha256signed" } } });
    let request = program.request(Method::PUT, &path).header("content-type", "application/json");
    let reply = program.send(request.body(body.to_string())).await?;
    trial.refused("a hybrid join on a signature that nobody knows", &reply, &[]).await
}

/// One more device than a person may have.
async fn quota(trial: &mut Trial<'_>, person: &Person, body: &Value) -> Result<(), Trouble> {
    let target = trial.target;
    let token = target.signed_in(person).await?.drs_token().await?;
    let mut joined = target.devices_of(person).await?.len();
    let first = target.post_join(&token, body).await?;
    trial.control("one more device joins", &first)?;
    joined += 1;
    let last = loop {
        let reply = target.post_join(&token, body).await?;
        if !reply.is_ok() || joined > 60 {
            break reply;
        }
        joined += 1;
    };
    trial
        .refused(format!("a device beyond the {joined} that a person may have"), &last, &["device_quota"])
        .await
}

/// A14.
pub async fn software_key(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Owner").await?;
    let token = target.signed_in(&person).await?.drs_token().await?;
    // Everything a device can say of itself.
    let boast = json!({
        "DeviceType": "Windows", "OSVersion": "10.0.26200.1", "AttestationData": b64::encode_std([7; 64]),
        "AikCertificate": b64::encode_std([7; 64]), "IsCompliant": true, "isManaged": true,
        "passband_evidence": "E4", "trustType": "ServerAd", "mdmAppId": "0000000a-0000-0000-c000-000000000000",
        "Attributes": { "ReuseDevice": "true", "SharedDevice": "true", "IsCompliant": "true" },
    });
    let body = forge::with(join_body(key(0)?, key(1)?)?, &boast);
    let joined = target.post_join(&token, &body).await?;
    trial.control("a device that boasts joins", &joined)?;
    let id = target.devices_of(&person).await?.pop().unwrap_or_default();
    let certificate = text(&joined.json()["Certificate"], "RawBody");
    let device = Device { id, certificate, key: key(0)?, transport: key(1)? };
    let held = target.log_in(&person, &device).await?;
    let shown = target.graph(Method::GET, &format!("/v1.0/devices/{}", device.id), None).await?.json();
    for member in ["isCompliant", "isManaged", "mdmAppId"] {
        let believed = !shown[member].is_null() && shown[member] != false;
        trial.claim(format!("the directory believes {member}"), !believed, shown[member].to_string());
    }
    let (evidence, trust) = (shown["passband_evidence"].clone(), shown["trustType"].clone());
    trial.claim(
        "the directory believes an attestation",
        evidence.is_null() || evidence == "E0",
        evidence.to_string(),
    );
    trial.claim("the directory believes a hybrid join", trust != "ServerAd", trust.to_string());
    let claims = crate::device::payload(&held.open(&target.use_prt(&held, "openid").await?)["access_token"]);
    let binding = claims["passband_binding"].clone();
    trial.claim("tokens call the key one of hardware", binding != "hardwareKey", binding.to_string());
    let policies = [
        (
            "compliant",
            json!({ "grantControls": { "operator": "AND", "builtInControls": ["compliantDevice"] } }),
        ),
        (
            "hybrid joined",
            json!({ "grantControls": { "operator": "AND", "builtInControls": ["domainJoinedDevice"] } }),
        ),
        ("management by a filter", filter("device.mdmAppId -eq \"0000000a-0000-0000-c000-000000000000\"")),
        ("compliance by a filter", filter("device.isCompliant -eq True")),
        ("trust by a filter", filter("device.trustType -eq \"ServerAD\"")),
    ];
    for (name, demand) in policies {
        demanded(trial, (name, &demand), &device, &held).await?;
    }
    Ok(())
}

/// A policy that blocks every device but those of a filter.
fn filter(rule: &str) -> Value {
    json!({
        "conditions": { "devices": { "deviceFilter": { "mode": "exclude", "rule": rule } } },
        "grantControls": { "operator": "OR", "builtInControls": ["block"] },
    })
}

/// An app that asks for better devices is not had with this one.
async fn demanded(
    trial: &mut Trial<'_>,
    (name, demand): (&str, &Value),
    device: &Device,
    held: &crate::device::Held,
) -> Result<(), Trouble> {
    let target = trial.target;
    let app = target.app().await?;
    trial.control("without a policy the app is had", &target.use_for(held, &app).await?)?;
    let conditions = json!({
        "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": [app.id] },
        "clientAppTypes": ["all"],
    });
    let conditions = forge::with(conditions, &demand["conditions"]);
    let policy = json!({
        "displayName": format!("Attack suite: {name}"), "state": "enabled", "conditions": conditions,
        "grantControls": demand["grantControls"],
    });
    let made = target.graph(Method::POST, "/beta/identity/conditionalAccess/policies", Some(&policy)).await?;
    if !made.is_ok() {
        trial.not_tried(
            format!("a policy that asks for {name}"),
            format!("no such policy here: {}", made.brief()),
        );
        return Ok(());
    }
    let path = format!("/beta/identity/conditionalAccess/policies/{}", made.text("id"));
    trial.mark().await?;
    let reply = target.use_for(held, &app).await?;
    trial.refused(format!("an app that asks for {name}"), &reply, &[]).await?;
    let cookie = target.cookie(held).await?;
    let reply = target.carry(&app, &[(CREDENTIAL_NAME, &cookie)], "&prompt=none").await?;
    trial.refused(format!("an app that asks for {name}, in a browser"), &reply, &[]).await?;
    let mut good = Ok(());
    if name == "compliant" {
        let device = format!("/v1.0/devices/{}", device.id);
        target.change(Method::PATCH, &device, Some(&json!({ "isCompliant": true }))).await?;
        good = trial.control("the administrator's word counts", &target.use_for(held, &app).await?);
        target.change(Method::PATCH, &device, Some(&json!({ "isCompliant": null }))).await?;
    }
    target.change(Method::DELETE, &path, None).await?;
    good
}

/// A15.
pub async fn certificates(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Owner").await?;
    let device = target.join(&person, (0, 1)).await?;
    let thief = key(2)?;
    let real = b64::decode_std(&device.certificate, 8192).unwrap_or_default();
    let mut altered = real.clone();
    if let Some(byte) = altered.last_mut() {
        *byte ^= 1;
    }
    let forged = self_signed(thief, &device.id, None)?;
    let by_ca = self_signed(thief, &device.id, Some("MS-Organization-Access"))?;
    let (own, unknown, mismatch) =
        (device.certificate.clone(), "device_certificate_unknown", "device_key_mismatch");
    let mut tries = vec![
        ("a certificate the thief gave itself, for the device's name", json!([forged]), unknown),
        ("a certificate of a CA of the same name", json!([by_ca]), unknown),
        (
            "the certificate with its last bit changed, the thief's key",
            json!([b64::encode_std(&altered)]),
            unknown,
        ),
        (
            "the device's certificate with a byte more",
            json!([b64::encode_std([&real[..], &[0]].concat())]),
            unknown,
        ),
        ("the device's certificate, the thief's key", json!([own]), mismatch),
        ("the thief's certificate in front of the device's", json!([forged, own]), unknown),
        ("the device's certificate in front of the thief's", json!([own, forged]), mismatch),
        ("as bare text, the thief's key", json!(own), mismatch),
    ];
    let gone = target.join(&person, (2, 2)).await?;
    target.change(Method::DELETE, &format!("/v1.0/devices/{}", gone.id), None).await?;
    tries.push(("the certificate of a deleted device, with its key", json!([gone.certificate]), unknown));
    match &target.other {
        Some(other) => {
            let mut twin = other.person("Owner").await?;
            let there = other.join(&twin, (2, 2)).await?;
            twin.upn.clear();
            tries.push((
                "a certificate of another server, with its key",
                json!([there.certificate]),
                unknown,
            ));
        }
        None => trial.not_tried("a certificate of another server, with its key", "needs a second server"),
    }
    trial.mark().await?;
    let token = target.signed_in(&person).await?.broker_refresh().await?;
    for (name, x5c, reason) in tries {
        let header = json!({ "alg": "RS256", "typ": "JWT", "x5c": x5c });
        let claims = prt_claims(&token, &target.nonce().await?).to_string();
        let reply = target.present(&forge::rs256(&header, claims.as_bytes(), thief)).await?;
        trial.refused(name, &reply, &[reason]).await?;
        let claims =
            json!({ "request_nonce": target.nonce().await?, "grant_type": "device_auth" }).to_string();
        let mut program = target.program();
        let leave = program.request(Method::DELETE, &format!("/EnrollmentServer/device/{}", device.id));
        let leave = leave.header(DEVICE_CREDENTIAL, forge::rs256(&header, claims.as_bytes(), thief));
        let reply = program.send(leave).await?;
        let refused = !reply.is_ok() && reply.status < 500;
        trial.claim(format!("{name}: the device is taken leave of"), refused, reply.brief());
    }
    trial.control("the device itself", &target.ask_prt(&device, &token).await?)?;
    if trial.passes(3651 * 24 * 3600, "a certificate that has ended").await {
        let token = target.signed_in(&person).await?.broker_refresh().await?;
        let reply = target.ask_prt(&device, &token).await?;
        trial.refused("a certificate that has ended", &reply, &[unknown]).await?;
    }
    Ok(())
}

/// A17.
pub async fn cross_binding(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { person, device: one, held } = target.chain("Owner").await?;
    let two = target.join(&person, (2, 3)).await?;
    let second = target.log_in(&person, &two).await?;
    let mallory = target.chain("Mallory").await?;
    let app = target.app().await?;
    let carry = async |held: &crate::device::Held, beside: &Device| {
        let nonce = target.nonce().await?;
        let cookie = forge::sign(&held.key, &held.cookie_claims(&nonce));
        let credential = beside.credential(&nonce);
        target.carry(&app, &[(CREDENTIAL_NAME, &cookie), (DEVICE_CREDENTIAL, &credential)], "").await
    };
    trial.control("PRT and credential of one device", &carry(&held, &one).await?)?;
    trial.mark().await?;
    let mismatch = &["device_key_mismatch"];
    let reply = carry(&held, &two).await?;
    trial.refused("the PRT of one device beside the credential of another", &reply, mismatch).await?;
    let reply = carry(&held, &mallory.device).await?;
    trial.refused("the PRT beside the credential of the thief's device", &reply, mismatch).await?;
    let mixed = Device { key: two.key, ..one.clone() };
    let reply = carry(&held, &mixed).await?;
    trial.refused("the PRT beside the device's certificate and another's key", &reply, mismatch).await?;
    let mixed = crate::device::Held { prt: held.prt.clone(), key: second.key };
    let reply = target.use_prt(&mixed, "openid").await?;
    trial
        .refused("the PRT of one device, the session key of another", &reply, &["session_key_signature"])
        .await?;
    let token = target.signed_in(&person).await?.broker_refresh().await?;
    let reply = target.ask_prt(&mallory.device, &token).await?;
    trial.refused("the owner's sign-in on the thief's device", &reply, &["wrong_person"]).await?;
    let was = target.switch(true).await?;
    let tried = async {
        let (first, other) = (target.broker(&person, (0, 1)).await?, target.broker(&person, (2, 3)).await?);
        let good = target.exchange(&first.held, Some(&first.device), &app.resource).await?;
        trial.control("the indirect exchange", &good)?;
        trial.mark().await?;
        let reply = target.exchange(&first.held, Some(&other.device), &app.resource).await?;
        trial.refused("the indirect exchange beside another device's credential", &reply, mismatch).await?;
        let reply = target.exchange(&first.held, None, &app.resource).await?;
        trial.refused("the indirect exchange without a device", &reply, mismatch).await
    };
    let tried: Result<(), Trouble> = tried.await;
    target.switch(was).await?;
    tried?;
    super::hello::cross_binding(trial).await
}
