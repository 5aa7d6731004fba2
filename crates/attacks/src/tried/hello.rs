//! Keys of Windows Hello: A18, A19, and their part of A17.

use crate::attack::Trouble;
use crate::device::{DEVICE_CREDENTIAL, Device, key};
use crate::entra::Broker;
use crate::forge;
use crate::http::{Reply, encode};
use crate::people::{Person, done};
use crate::target::Target;
use crate::trial::Trial;
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::b64;
use passband_wire::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE, GRANT_JWT_BEARER};
use reqwest::Method;
use serde_json::{Value, json};

/// Where such keys are registered.
const PATH: &str = "/EnrollmentServer/key/?api-version=1.0";

/// Longer than a sign-in is fresh.
const AFTER_FRESH: i64 = 11 * 60;

/// Somebody with a device of a broker that has Hello keys.
struct Holder {
    person: Person,
    broker: Broker,
}

/// The blob of a public key (prt.md §3.2).
fn blob(key: &SoftRsa) -> Result<Vec<u8>, Trouble> {
    let blob = key.public_spki().and_then(|spki| bcrypt_blob_from_spki(&spki));
    blob.map_err(|error| Trouble::SetUp(format!("making a key blob: {error}")))
}

/// The name of a key in assertions.
fn kid(key: &SoftRsa) -> Result<String, Trouble> {
    Ok(b64::encode_std(digest(&SHA256, &blob(key)?)))
}

/// Brings a key to be registered.
async fn bring(trial: &Trial<'_>, bearer: &str, blob: &[u8]) -> Result<Reply, Trouble> {
    let mut program = trial.target.program();
    let request = program.request(Method::POST, PATH).header("content-type", "application/json");
    let request = request.body(json!({ "kngc": b64::encode_std(blob) }).to_string());
    let request = if bearer.is_empty() { request } else { request.bearer_auth(bearer) };
    program.send(request).await
}

/// Whether the server has such keys at all. If not, the attack is told as not tried.
async fn exists(trial: &mut Trial<'_>, name: &str) -> Result<bool, Trouble> {
    let there = bring(trial, "", &[]).await?.status != 404;
    if !there {
        trial.not_tried(name, "the server has no keys of Windows Hello");
    }
    Ok(there)
}

/// The answer to a broker that asks, with its PRT, for a token by which a Hello key is registered.
async fn asked(trial: &Trial<'_>, broker: &Broker) -> Result<Reply, Trouble> {
    let query = format!("resource={}&amr_values=ngcmfa", encode(DRS_RESOURCE));
    let page = trial.target.exchange_for(&broker.held, Some(&broker.device), &query).await?;
    match page.code() {
        Some(code) => trial.target.exchanged(&code).await,
        None => Ok(page),
    }
}

/// Somebody whose broker has registered a Hello key.
async fn holder(
    trial: &Trial<'_>,
    name: &str,
    hello: usize,
    keys: (usize, usize),
) -> Result<Holder, Trouble> {
    let person = trial.target.person(name).await?;
    let broker = trial.target.broker(&person, keys).await?;
    let token = asked(trial, &broker).await?;
    trial.control("a token to register a Hello key", &token)?;
    let reply = bring(trial, &token.text("access_token"), &blob(key(hello)?)?).await?;
    trial.control("registering a Hello key", &reply)?;
    Ok(Holder { person, broker })
}

/// Claims of an assertion (prt.md §4.3).
fn claims(target: &Target, upn: &str, nonce: &str) -> Value {
    let now = target.now().0;
    json!({
        "iss": upn, "aud": "common", "iat": now - 300, "exp": now + 300, "scope": "openid aza ugs",
        "request_nonce": nonce,
    })
}

/// An assertion by this key.
fn assertion(key: &SoftRsa, change: &Value, claims: &Value) -> Result<String, Trouble> {
    let header = json!({ "alg": "RS256", "typ": "JWT", "use": "ngc", "kid": kid(key)? });
    Ok(forge::rs256(&forge::with(header, change), claims.to_string().as_bytes(), key))
}

/// A request for a PRT by an assertion, signed by a device.
async fn request(target: &Target, device: &Device, upn: &str, assertion: &str) -> Result<String, Trouble> {
    Ok(device.sign(&json!({
        "client_id": BROKER_CLIENT.to_string(), "request_nonce": target.nonce().await?,
        "scope": "openid aza ugs", "grant_type": GRANT_JWT_BEARER, "username": upn, "assertion": assertion,
    })))
}

/// Asks for a PRT by an assertion.
async fn ask(target: &Target, device: &Device, upn: &str, assertion: &str) -> Result<Reply, Trouble> {
    target.present_v1(&request(target, device, upn, assertion).await?).await
}

/// Runs with brokers written for Entra ID switched on.
macro_rules! switched_on {
    ($trial:ident, $attack:expr) => {{
        let was = $trial.target.switch(true).await?;
        let tried: Result<(), Trouble> = $attack.await;
        $trial.target.switch(was).await?;
        tried
    }};
}

/// A18.
pub async fn replay(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    if !exists(trial, "an assertion of a Hello key").await? {
        return Ok(());
    }
    switched_on!(trial, replayed(trial))
}

async fn replayed(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Holder { person, broker } = holder(trial, "Owner", 2, (0, 1)).await?;
    let (device, upn, own) = (&broker.device, person.upn.as_str(), key(2)?);
    let none = json!({});
    let good = assertion(own, &none, &claims(target, upn, &target.nonce().await?))?;
    let whole = request(target, device, upn, &good).await?;
    trial.control("a PRT by a Hello key", &target.present_v1(&whole).await?)?;
    trial.mark().await?;
    let used = &["nonce_replayed"];
    trial.refused("the same request again", &target.present_v1(&whole).await?, used).await?;
    let reply = ask(target, device, upn, &good).await?;
    trial.refused("the same assertion in a new request", &reply, used).await?;
    let now = target.now().0;
    let bare = |nonce: &str| claims(target, upn, nonce);
    let invalid = &["nonce_invalid", "request_malformed"][..];
    let late = &["hello_assertion_expired"][..];
    let tries = [
        ("without a nonce", forge::without(bare(""), "request_nonce"), invalid),
        ("with a nonce that is null", forge::with(bare(""), &json!({ "request_nonce": null })), invalid),
        ("with an empty nonce", bare(""), invalid),
        ("with a made-up nonce", bare(&b64::encode([7; 40])), invalid),
        (
            "good for a year",
            forge::with(bare(&target.nonce().await?), &json!({ "exp": now + 365 * 86_400 })),
            late,
        ),
        ("that has ended", forge::with(bare(&target.nonce().await?), &json!({ "exp": now - 1 })), late),
        (
            "made in an hour",
            forge::with(bare(&target.nonce().await?), &json!({ "iat": now + 3600, "exp": now + 7000 })),
            late,
        ),
        ("without an end", forge::without(bare(&target.nonce().await?), "exp"), &["request_malformed"][..]),
    ];
    for (name, claims, reasons) in tries {
        let reply = ask(target, device, upn, &assertion(own, &none, &claims)?).await?;
        trial.refused(format!("an assertion {name}"), &reply, reasons).await?;
    }
    for (name, change) in [
        ("for no use", json!({ "use": null })),
        ("for another use", json!({ "use": "sig" })),
        ("by no key", json!({ "kid": null })),
        ("by a key nobody knows", json!({ "kid": b64::encode_std([7; 32]) })),
        ("of alg none", json!({ "alg": "none" })),
        ("with a jwk", json!({ "jwk": {} })),
    ] {
        let nonce = target.nonce().await?;
        let reply = ask(target, device, upn, &assertion(own, &change, &claims(target, upn, &nonce))?).await?;
        trial.refused(format!("an assertion {name}"), &reply, &[]).await?;
    }
    let other = json!({ "kid": kid(own)? });
    let forged = assertion(key(3)?, &other, &claims(target, upn, &target.nonce().await?))?;
    let reply = ask(target, device, upn, &forged).await?;
    trial.refused("an assertion by another key under its name", &reply, &["hello_key_signature"]).await?;
    let kept = assertion(own, &none, &claims(target, upn, &target.nonce().await?))?;
    let long = forge::with(claims(target, upn, &target.nonce().await?), &json!({ "exp": now + 3000 }));
    let long = assertion(own, &none, &long)?;
    if trial.passes(5 * 60 + 1, "an assertion made for later").await {
        let reasons = &["nonce_expired", "hello_assertion_expired"];
        trial
            .refused("an assertion made for later", &ask(target, device, upn, &kept).await?, reasons)
            .await?;
        let reply = ask(target, device, upn, &long).await?;
        trial.refused("the same, good for an hour by its own word", &reply, &["nonce_expired"]).await?;
    }
    Ok(())
}

/// A19.
pub async fn provisioning(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    if !exists(trial, "registering a Hello key").await? {
        return Ok(());
    }
    switched_on!(trial, provisioned(trial))
}

async fn provisioned(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Holder { person, broker } = holder(trial, "Owner", 2, (0, 1)).await?;
    let own = blob(key(3)?)?;
    let app = target.app().await?;
    let mut browser = target.signed_in(&person).await?;
    let without_device = browser.drs_token().await?;
    let of_app = crate::people::text(&app.tokens(&mut browser).await?, "access_token");
    let page = target.exchange(&broker.held, Some(&broker.device), &app.resource).await?;
    let of_exchange = target.exchanged(&page.code().unwrap_or_default()).await?.text("access_token");
    trial.mark().await?;
    for (name, token) in [
        ("no token", String::new()),
        ("a made-up token", "nonsense".to_owned()),
        ("a token to register a device, which no device asked for", without_device),
        ("an app's token", of_app),
        ("a token of the exchange for an app", of_exchange),
    ] {
        trial.refused(format!("a key with {name}"), &bring(trial, &token, &own).await?, &[]).await?;
    }
    // With KDFv1, or the device would be strict from here on, and the exchange with it.
    let wish =
        forge::with(broker.held.claims("", &target.nonce().await?), &json!({ "resource": DRS_RESOURCE }));
    let reply = target.present_v1(&forge::sign_v1(&broker.held.key, &forge::ctx(), &wish)).await?;
    trial
        .refused("the PRT itself asks for the registration service", &reply, &["session_from_prt_confined"])
        .await?;
    let drs = asked(trial, &broker).await?.text("access_token");
    let mut other_exponent = own.clone();
    other_exponent[26] = 3;
    let mut private = own.clone();
    private[16] = 128;
    trial.mark().await?;
    for (name, blob) in [
        ("nothing", Vec::new()),
        ("a key cut short", own[..200].to_vec()),
        ("a key with a byte more", [&own[..], &[0]].concat()),
        ("a key with another exponent", other_exponent),
        ("a private key", private),
        ("another kind of key", [b"RSA2", &own[4..]].concat()),
        ("the owner's own key once more", blob(key(2)?)?),
    ] {
        let reply = bring(trial, &drs, &blob).await?;
        trial.refused(format!("{name} for a key"), &reply, &["hello_key_malformed"]).await?;
    }
    let by_hello = assertion(key(2)?, &json!({}), &claims(target, &person.upn, &target.nonce().await?))?;
    let reply = done("a PRT by a Hello key", ask(target, &broker.device, &person.upn, &by_hello).await?)?;
    let second = Broker {
        held: broker.device.held(&reply.json())?,
        refresh: String::new(),
        device: broker.device.clone(),
    };
    trial.refused("a Hello key begets another", &asked(trial, &second).await?, &[]).await?;
    if trial.passes(AFTER_FRESH, "a PRT whose sign-in was eleven minutes ago").await {
        trial.mark().await?;
        let old = &["auth_too_old"];
        let reply = asked(trial, &broker).await?;
        trial.refused("a PRT whose sign-in was eleven minutes ago", &reply, old).await?;
        let reply = bring(trial, &drs, &own).await?;
        trial.refused("a token got in time, used too late", &reply, old).await?;
        let renewed = target.renew_v1(&broker.held, &forge::ctx()).await?;
        trial.control("the PRT is renewed", &renewed)?;
    }
    Ok(())
}

/// A17, its part of Hello keys.
pub async fn cross_binding(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    // Where there are none, there is nothing to bind.
    if bring(trial, "", &[]).await?.status == 404 {
        return Ok(());
    }
    switched_on!(trial, crossed(trial))
}

async fn crossed(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Holder { person, broker } = holder(trial, "Keyed", 2, (0, 1)).await?;
    let other = target.broker(&person, (1, 0)).await?;
    let thief = holder(trial, "Thief", 3, (1, 0)).await?;
    let (upn, own, none) = (person.upn.as_str(), key(2)?, json!({}));
    trial.mark().await?;
    let elsewhere = &["hello_key_elsewhere"];
    let by = async |key: &SoftRsa, iss: &str, device: &Device| {
        let nonce = target.nonce().await?;
        let signed = assertion(key, &none, &claims(target, iss, &nonce))?;
        ask(target, device, iss, &signed).await
    };
    let replies = [
        ("a Hello key of one device, on another of the same person", by(own, upn, &other.device).await?),
        ("a Hello key of the owner, on the thief's device", by(own, upn, &thief.broker.device).await?),
        (
            "the thief's key in the owner's name, on the owner's device",
            by(key(3)?, upn, &broker.device).await?,
        ),
        (
            "the thief's key in the owner's name, on the thief's device",
            by(key(3)?, upn, &thief.broker.device).await?,
        ),
        ("the owner's key in the thief's name", by(own, &thief.person.upn, &broker.device).await?),
    ];
    for (name, reply) in &replies {
        trial.refused(*name, reply, &[]).await?;
    }
    let nonce = target.nonce().await?;
    let signed = assertion(own, &none, &claims(target, upn, &nonce))?;
    let mut program = target.program();
    let leave = program.request(Method::DELETE, &format!("/EnrollmentServer/device/{}", broker.device.id));
    let reply = program.send(leave.header(DEVICE_CREDENTIAL, signed)).await?;
    trial.refused("a Hello key signs for the device", &reply, &[]).await?;
    let reply = by(own, upn, &other.device).await?;
    trial.refused("once more, for the log", &reply, elsewhere).await
}
