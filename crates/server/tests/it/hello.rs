//! Hello keys from outside (prt.md §3.10, §4.3), with the attacks A17 to A19; what is told of a refused PRT, and hybrid join.

use crate::access::{POLICY, grants, policy, put};
use crate::compatible::client::{Broker, DRS_SCOPE, GRAPH, Way, nonce, program, redeem, redeem_code, tenant};
use crate::device::{key, payload};
use crate::dialect::code_of_page;
use crate::world::{NOW, Person, Reply, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::User;
use passband_core::directory::hello::{HelloKey, HelloKeyChange};
use passband_core::id::UserId;
use passband_core::reason::Reason;
use passband_core::rng::{self, SystemRandom};
use passband_core::session::claims::ACCESS_TOKEN_TYP;
use passband_core::session::hello::QUOTA;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_wire::b64;
use passband_wire::jose::jwe;
use passband_wire::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};
use passband_wire::prt::hello::{KeyRequest, PublicKey, kid};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE, GRANT_JWT_BEARER, LINUX_BROKER};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Making RSA keys is slow.
static HELLO: LazyLock<[SoftRsa; 2]> =
    LazyLock::new(|| [SoftRsa::generate().unwrap(), SoftRsa::generate().unwrap()]);

fn blob(n: usize) -> String {
    b64::encode_std(bcrypt_blob_from_spki(&HELLO[n].public_spki().unwrap()).unwrap())
}

fn public(n: usize) -> PublicKey {
    PublicKey::parse(&KeyRequest { kngc: blob(n) }).unwrap()
}

pub async fn logged(world: &World, reason: Reason) -> bool {
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    lines.iter().any(|line| line.reason == reason)
}

pub async fn refused(world: &World, reply: &Reply, (number, reason): (u32, Reason)) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert_eq!(reply.json()["error_codes"], json!([number]), "{}", reply.body);
    assert!(!reply.body.contains(reason.code()), "the wire does not say what the log says");
    assert!(logged(world, reason).await, "{reason} is in the log");
}

/// What libhimmelblau asks for before it registers a key.
const FOR_A_KEY: Way<'static> = Way::Proving(DRS_RESOURCE);

async fn key_token(world: &World, broker: &Broker) -> Value {
    broker.exchange(world, FOR_A_KEY).await["access_token"].clone()
}

async fn send_key(world: &World, token: &str, body: &Value) -> Reply {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/EnrollmentServer/key/?api-version=1.0")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    program(world).send(request).await
}

/// Registers one of the two keys.
async fn enrol(world: &World, broker: &Broker, n: usize) -> Reply {
    let token = key_token(world, broker).await;
    send_key(world, token.as_str().unwrap(), &json!({ "kngc": blob(n) })).await
}

/// What an assertion says, and what is bent about it.
fn claims(upn: &str, nonce: &str) -> Value {
    let now = NOW.0;
    json!({
        "iss": upn, "aud": "common", "iat": now - 300, "exp": now + 300, "scope": "openid aza ugs",
        "request_nonce": nonce,
    })
}

/// An assertion of key `n` that names key `named`.
fn assertion((n, named): (usize, usize), claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "typ": "JWT", "use": "ngc", "kid": kid(public(named).id()) });
    let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(claims.to_string()));
    format!("{input}.{}", b64::encode(HELLO[n].sign(input.as_bytes()).unwrap()))
}

/// Asks for a PRT with an assertion, in a request of this device with a nonce of its own.
async fn sign_in(world: &World, broker: &Broker, assertion: &str) -> Reply {
    let nonce = nonce(world).await;
    sign_in_with(world, broker, (assertion, &nonce)).await
}

async fn sign_in_with(world: &World, broker: &Broker, (assertion, nonce): (&str, &str)) -> Reply {
    let claims = json!({
        "client_id": BROKER_CLIENT.to_string(), "scope": "openid aza ugs", "win_ver": null,
        "request_nonce": nonce, "grant_type": GRANT_JWT_BEARER, "username": "whoever", "assertion": assertion,
    });
    let request = broker.rs256(&claims, json!({}));
    broker.present(world, &request).await
}

/// A broker with a Hello key.
async fn enrolled() -> (World, Person, Broker) {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let reply = enrol(&world, &broker, 0).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    (world, ada, broker)
}

/// The PRT of an answer, in the hands of this broker.
fn take(broker: &Broker, reply: &Reply) -> Broker {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = reply.json();
    let envelope = reply["session_key_jwe"].as_str().unwrap();
    let session_key = *jwe::unwrap_session_key(envelope, key(1 - broker.n)).unwrap().expose();
    let prt = reply["refresh_token"].as_str().unwrap().to_owned();
    Broker { prt, key: session_key, ..broker.clone() }
}

async fn good(world: &World, ada: &Person) -> String {
    assertion((0, 0), &claims(&ada.user.upn, &nonce(world).await))
}

#[tokio::test]
async fn a_hello_key_is_registered_and_signs_its_owner_in() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let token = key_token(&world, &broker).await;
    let said = payload(&token);
    assert_eq!(said["aud"], DRS_RESOURCE);
    assert!(said["amr"].as_array().unwrap().contains(&json!("ngcmfa")) && said["deviceid"].is_string());
    let reply = send_key(&world, token.as_str().unwrap(), &json!({ "kngc": blob(0) })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = reply.json();
    assert_eq!(reply["upn"], ada.user.upn);
    assert!(reply["kid"].as_str().unwrap().len() == 36 && reply["krctx"].is_string(), "{reply}");
    let kept = world.app.store.hello_keys_of(ada.user.id).await.unwrap();
    assert_eq!((kept.len(), kept[0].id, kept[0].last_used), (1, *public(0).id(), None));

    // The name of the person is the client's to write.
    let upper = claims(&ada.user.upn.to_uppercase(), &nonce(&world).await);
    let reply = sign_in(&world, &broker, &assertion((0, 0), &upper)).await;
    let id = payload(&reply.json()["id_token"]);
    assert_eq!(
        (&id["upn"], &id["amr"], &id["acr"]),
        (&json!(ada.user.upn), &json!(["rsa", "pop"]), &json!("0"))
    );
    let held = take(&broker, &reply);
    assert_eq!(world.app.store.hello_keys_of(ada.user.id).await.unwrap()[0].last_used, Some(world.now()));
    for way in [Way::First(GRAPH), Way::Second] {
        let tokens = held.exchange(&world, way).await;
        let said = payload(&tokens["access_token"]);
        assert_eq!((&said["upn"], &said["amr"]), (&json!(ada.user.upn), &json!(["rsa", "pop"])));
        assert!(said["deviceid"].is_string());
    }
    let request = held.claims(LINUX_BROKER, &format!("openid {GRAPH}/.default"), &nonce(&world).await);
    assert_eq!(held.open(&held.present(&world, &held.sign(&request)).await)["resource"], GRAPH);
}

#[tokio::test]
async fn a19_a_key_is_registered_with_a_passkey_of_the_last_ten_minutes_alone() {
    let (world, ada, mut broker) = enrolled().await;
    let fresh = key_token(&world, &broker).await;
    world.pass(Seconds(590));
    let page = broker.authorize(&world, FOR_A_KEY).await;
    world.pass(Seconds(20));
    // The code is good for a minute; what it was made for is not.
    let reply = redeem_code(&world, FOR_A_KEY, &code_of_page(&page.body)).await;
    refused(&world, &reply, (50_076, Reason::AuthTooOld)).await;
    // The token is good for a quarter of an hour; what it proved is not.
    let reply = send_key(&world, fresh.as_str().unwrap(), &json!({ "kngc": blob(1) })).await;
    refused(&world, &reply, (50_076, Reason::AuthTooOld)).await;
    // A PRT of an older sign-in has merely inherited it, renewed or not.
    let request = broker.claims(passband_wire::prt::BROKER_PLUGIN, "openid aza ugs", &nonce(&world).await);
    let renewed = broker.open(&broker.present(&world, &broker.sign(&request)).await);
    broker.prt = renewed["refresh_token"].as_str().unwrap().to_owned();
    let page = broker.authorize(&world, FOR_A_KEY).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location());
    assert!(page.body.contains(r#""sErrorCode":"50076""#) && page.body.contains(r#""iErrorCode":50076"#));
    // Nor does a Hello key beget another.
    let now = world.now().0;
    let mut said = claims(&ada.user.upn, &nonce(&world).await);
    (said["iat"], said["exp"]) = (json!(now), json!(now + 60));
    let by_key = take(&broker, &sign_in(&world, &broker, &assertion((0, 0), &said)).await);
    let page = by_key.authorize(&world, FOR_A_KEY).await;
    assert!(page.status == StatusCode::OK && page.body.contains(r#""sErrorCode":"50076""#));
    assert!(logged(&world, Reason::AuthTooWeak).await);
    assert_eq!(world.app.store.hello_keys_of(ada.user.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a19_only_a_token_that_was_asked_for_this_on_the_device_registers_a_key() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let kngc = json!({ "kngc": blob(0) });
    // Without ngcmfa there is no code for the registration service, and without the device's signature neither.
    for way in [Way::First(DRS_RESOURCE), Way::ProvingAlone(DRS_RESOURCE)] {
        let page = broker.authorize(&world, way).await;
        assert!(!page.location().contains("code="), "{}", page.location());
    }
    // A token for registering devices is of a browser: no device stands behind it.
    let mut browser = world.sign_in(&ada).await;
    let token = crate::device::drs_token(&mut browser).await;
    let reply = send_key(&world, &token, &kngc).await;
    refused(&world, &reply, (50_187, Reason::HelloKeyNoDevice)).await;
    // And the one for keys registers no device.
    let token = key_token(&world, &broker).await;
    let join = crate::device::join_body(key(1));
    let reply = crate::device::post_join(&mut program(&world), token.as_str().unwrap(), &join).await;
    refused(&world, &reply, (50_076, Reason::SessionFromPrtConfined)).await;
    // Whatever else is signed here some day: it says what it is for, and of which device.
    let said = payload(&token);
    for (member, to) in
        [("amr", json!(["mfa"])), ("deviceid", json!(ada.user.id.to_string())), ("deviceid", json!(null))]
    {
        let mut bent = said.clone();
        bent[member] = to;
        let bent = world.app.keys().tokens.sign(ACCESS_TOKEN_TYP, &bent).unwrap();
        let reply = send_key(&world, &bent, &kngc).await;
        refused(&world, &reply, (50_187, Reason::HelloKeyNoDevice)).await;
    }
    // Tokens for something else are none.
    let other = broker.exchange(&world, Way::First(GRAPH)).await;
    for token in [other["access_token"].as_str().unwrap(), "", "x.y.z"] {
        assert_eq!(send_key(&world, token, &kngc).await.status, StatusCode::UNAUTHORIZED);
    }
    // What came of the code beside the token is not good for another.
    let tokens = broker.exchange(&world, FOR_A_KEY).await;
    let again = tokens["refresh_token"].as_str().unwrap();
    let reply = redeem(&world, again, DRS_SCOPE).await;
    refused(&world, &reply, (50_076, Reason::SessionFromPrtConfined)).await;
    assert!(world.app.store.hello_keys_of(ada.user.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_key_is_not_registered_nor_one_twice_nor_too_many() {
    let (world, ada, broker) = enrolled().await;
    let token = key_token(&world, &broker).await;
    let token = token.as_str().unwrap();
    for body in [
        json!({}),
        json!({ "kngc": "" }),
        json!({ "kngc": null }),
        json!({ "kngc": "A".repeat(100_000) }),
        json!({ "kngc": blob(0) }),
    ] {
        let reply = send_key(&world, token, &body).await;
        refused(&world, &reply, (90_014, Reason::HelloKeyMalformed)).await;
    }
    let device = world.app.store.hello_keys_of(ada.user.id).await.unwrap()[0].device;
    let more = (1..QUOTA).map(|_| {
        Change::HelloKey(HelloKeyChange::Insert(Box::new(HelloKey {
            id: rng::bytes(&SystemRandom),
            user: ada.user.id,
            device,
            public_key: Vec::new(),
            created: world.now(),
            last_used: None,
        })))
    });
    world.app.commit(more.collect()).await.unwrap();
    let reply = send_key(&world, token, &json!({ "kngc": blob(1) })).await;
    refused(&world, &reply, (90_014, Reason::HelloKeyQuota)).await;
}

#[tokio::test]
async fn a17_a_key_signs_in_its_owner_on_its_device_and_nobody_else_anywhere_else() {
    let (world, ada, broker) = enrolled().await;
    let (eve, _) = world.user("Eve").await;
    let other = Broker::enrol(&world, &ada, 1).await;
    let reply = sign_in(&world, &other, &good(&world, &ada).await).await;
    refused(&world, &reply, (130_004, Reason::HelloKeyElsewhere)).await;
    let named = claims(&eve.user.upn, &nonce(&world).await);
    let reply = sign_in(&world, &broker, &assertion((0, 0), &named)).await;
    refused(&world, &reply, (130_004, Reason::HelloKeyElsewhere)).await;
    // A key of another, on a device of hers.
    let hers = Broker::enrol(&world, &eve, 1).await;
    let reply = sign_in(&world, &hers, &good(&world, &ada).await).await;
    refused(&world, &reply, (130_004, Reason::HelloKeyElsewhere)).await;
    // A key that names another's id, and one that nobody has registered.
    let forged = assertion((1, 0), &claims(&ada.user.upn, &nonce(&world).await));
    refused(&world, &sign_in(&world, &broker, &forged).await, (130_005, Reason::HelloKeySignature)).await;
    let unknown = assertion((1, 1), &claims(&ada.user.upn, &nonce(&world).await));
    refused(&world, &sign_in(&world, &broker, &unknown).await, (130_004, Reason::HelloKeyUnknown)).await;
    assert_eq!(sign_in(&world, &broker, &good(&world, &ada).await).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a18_an_assertion_takes_a_nonce_of_its_own_and_is_good_once() {
    let (world, ada, broker) = enrolled().await;
    let mut without = claims(&ada.user.upn, "");
    for (nonce, number, reason) in [
        (json!(null), 90_014, Reason::RequestMalformed),
        (json!(""), 140_000, Reason::NonceInvalid),
        (json!("AAAA"), 140_000, Reason::NonceInvalid),
    ] {
        without["request_nonce"] = nonce;
        let reply = sign_in(&world, &broker, &assertion((0, 0), &without)).await;
        refused(&world, &reply, (number, reason)).await;
    }
    without.as_object_mut().unwrap().remove("request_nonce");
    let reply = sign_in(&world, &broker, &assertion((0, 0), &without)).await;
    refused(&world, &reply, (90_014, Reason::RequestMalformed)).await;
    // Each of the two nonces is good once.
    let once = good(&world, &ada).await;
    assert_eq!(sign_in(&world, &broker, &once).await.status, StatusCode::OK);
    refused(&world, &sign_in(&world, &broker, &once).await, (140_000, Reason::NonceReplayed)).await;
    let outer = nonce(&world).await;
    let fresh = good(&world, &ada).await;
    assert_eq!(sign_in_with(&world, &broker, (&fresh, &outer)).await.status, StatusCode::OK);
    let fresh = good(&world, &ada).await;
    let reply = sign_in_with(&world, &broker, (&fresh, &outer)).await;
    refused(&world, &reply, (140_000, Reason::NonceReplayed)).await;
    // The specification has one value in both places.
    let both = nonce(&world).await;
    let same = assertion((0, 0), &claims(&ada.user.upn, &both));
    assert_eq!(sign_in_with(&world, &broker, (&same, &both)).await.status, StatusCode::OK);
    refused(&world, &sign_in_with(&world, &broker, (&same, &both)).await, (140_000, Reason::NonceReplayed))
        .await;
    // Made in advance: for a nonce that is old by now, or to be good for long.
    let early = good(&world, &ada).await;
    world.pass(Seconds(301));
    refused(&world, &sign_in(&world, &broker, &early).await, (140_000, Reason::NonceExpired)).await;
    let now = world.now().0;
    for (iat, exp) in [(now - 3600, now + 3601), (now - 60, now), (now + 301, now + 400), (now, i64::MAX)] {
        let mut long = claims(&ada.user.upn, &nonce(&world).await);
        (long["iat"], long["exp"]) = (json!(iat), json!(exp));
        let reply = sign_in(&world, &broker, &assertion((0, 0), &long)).await;
        refused(&world, &reply, (70_008, Reason::HelloAssertionExpired)).await;
    }
}

#[tokio::test]
async fn what_is_no_assertion_of_a_hello_key_signs_nobody_in() {
    let (world, ada, broker) = enrolled().await;
    let good = good(&world, &ada).await;
    let (header, rest) = good.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&b64::decode(header, 999).unwrap()).unwrap();
    let bent = |member: &str, to: Value| {
        let mut header = header.clone();
        header[member] = to;
        format!("{}.{rest}", b64::encode(header.to_string()))
    };
    for (bad, reason, number) in [
        (String::new(), Reason::RequestMalformed, 90_014),
        ("x".repeat(40_000), Reason::RequestMalformed, 90_014),
        (bent("use", json!("sig")), Reason::RequestMalformed, 90_014),
        (bent("use", json!(null)), Reason::RequestMalformed, 90_014),
        (bent("kid", json!("AAAA")), Reason::RequestMalformed, 90_014),
        (bent("alg", json!("none")), Reason::HelloKeySignature, 130_005),
        (bent("alg", json!("HS256")), Reason::HelloKeySignature, 130_005),
        (bent("typ", json!("jwt")), Reason::HelloKeySignature, 130_005),
        (bent("jwk", json!({})), Reason::RequestMalformed, 90_014),
    ] {
        refused(&world, &sign_in(&world, &broker, &bad).await, (number, reason)).await;
    }
    // The request itself is the device's to sign.
    let claims = json!({
        "client_id": BROKER_CLIENT.to_string(), "scope": "openid aza", "request_nonce": nonce(&world).await,
        "grant_type": GRANT_JWT_BEARER, "assertion": good,
    });
    let another = Broker { n: 1, ..broker.clone() };
    let reply = broker.present(&world, &another.rs256(&claims, json!({}))).await;
    refused(&world, &reply, (50_097, Reason::DeviceKeyMismatch)).await;
}

#[tokio::test]
async fn a_key_that_is_gone_and_its_device_and_its_owner_sign_nobody_in() {
    let (world, ada, broker) = enrolled().await;
    let held = take(&broker, &sign_in(&world, &broker, &good(&world, &ada).await).await);
    let use_it = async |held: &Broker| {
        let request = held.claims(LINUX_BROKER, "openid", &nonce(&world).await);
        held.present(&world, &held.sign(&request)).await
    };
    assert_eq!(use_it(&held).await.status, StatusCode::OK);
    let id = *public(0).id();
    let gone = vec![Change::HelloKey(HelloKeyChange::Delete { id, user: ada.user.id })];
    world.app.commit(gone).await.unwrap();
    refused(&world, &use_it(&held).await, (50_173, Reason::CredentialRemoved)).await;
    let reply = sign_in(&world, &broker, &good(&world, &ada).await).await;
    refused(&world, &reply, (130_004, Reason::HelloKeyUnknown)).await;
    // With the PRT of the passkey it is made again, and goes with the device.
    assert_eq!(enrol(&world, &broker, 0).await.status, StatusCode::OK);
    let disabled = User { enabled: false, ..ada.user.clone() };
    world.app.commit(vec![Change::UpdateUser(disabled)]).await.unwrap();
    let reply = sign_in(&world, &broker, &good(&world, &ada).await).await;
    refused(&world, &reply, (50_057, Reason::UserDisabled)).await;
    world.app.commit(vec![Change::UpdateUser(ada.user.clone())]).await.unwrap();
    let device = world.app.store.hello_keys_of(ada.user.id).await.unwrap()[0].device;
    let off = Change::SetDeviceEnabled { id: device, enabled: false };
    world.app.commit(vec![off]).await.unwrap();
    let reply = sign_in(&world, &broker, &good(&world, &ada).await).await;
    refused(&world, &reply, (135_011, Reason::DeviceDisabled)).await;
    world.app.commit(vec![Change::DeleteDevice(device)]).await.unwrap();
    assert!(world.app.store.hello_keys_of(ada.user.id).await.unwrap().is_empty(), "gone with its device");
}

#[tokio::test]
async fn a_hello_key_opens_apps_and_neither_our_pages_nor_policies_for_two_factors() {
    let (world, ada, broker) = enrolled().await;
    let held = take(&broker, &sign_in(&world, &broker, &good(&world, &ada).await).await);
    // In a browser: signed in to an app, and asked for a passkey by the account.
    let mut browser = world.browser();
    let cookie = held.cookie(&nonce(&world).await);
    let to_app =
        crate::prt::authorize(&mut browser, &world, &[(passband_wire::prt::CREDENTIAL_NAME, &cookie)], "")
            .await;
    assert!(to_app.location().contains("code="), "{} {}", to_app.status, to_app.location());
    for page in ["/account", "/admin"] {
        let reply = browser.get(page).await;
        assert!(
            reply.location().starts_with("/sign-in?next="),
            "{page}: {} {}",
            reply.status,
            reply.location()
        );
    }
    // Under a policy for two factors it gets nothing, and the broker is told which number that is.
    put(&world, POLICY, Some(policy("Two factors", &grants(&["mfa"])))).await;
    let page = held.authorize(&world, Way::First(GRAPH)).await;
    assert!(page.status == StatusCode::OK && page.body.contains(r#""sErrorCode":"50076""#), "{}", page.body);
    assert!(logged(&world, Reason::AccessMfaRequired).await);
    let request = held.claims(LINUX_BROKER, &format!("openid {GRAPH}/.default"), &nonce(&world).await);
    let reply = held.present(&world, &held.sign(&request)).await;
    refused(&world, &reply, (50_076, Reason::AccessMfaRequired)).await;
    let page = broker.authorize(&world, Way::First(GRAPH)).await;
    assert!(page.location().contains("code="), "a passkey is two factors");
}

#[tokio::test]
async fn a_refused_prt_is_told_to_programs_by_number_and_to_browsers_in_words() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let page = broker.authorize(&world, Way::First(GRAPH)).await;
    assert!(page.location().contains("code="));
    let session = Broker { key: [7; 32], ..broker.clone() };
    let page = session.authorize(&world, Way::First(GRAPH)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(r#""sErrorCode":"140001""#) && page.body.contains(r#""iErrorCode":140001"#));
    assert!(page.body.contains("urlFidoLogin"), "with a way to sign in instead");
    let address = format!(
        "/common/oauth2/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri=msauth://Microsoft.AAD.BrokerPlugin&resource={GRAPH}"
    );
    let request = Request::get(address)
        .header("x-ms-RefreshTokenCredential", session.cookie(&nonce(&world).await))
        .header("sec-fetch-mode", "navigate");
    let page = world.browser().send(request.body(Body::empty()).unwrap()).await;
    assert!(page.status == StatusCode::OK && !page.body.contains("sErrorCode"), "{}", page.body);
}

#[tokio::test]
async fn a_hybrid_join_is_refused_with_a_reason_for_people() {
    let world = World::new().await;
    let path = "/EnrollmentServer/device/6b1f7c0e-0000-4000-8000-000000000000?api-version=2.0";
    let request = Request::put(path).body(Body::from(r#"{"JoinType":6}"#)).unwrap();
    let reply = program(&world).send(request).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let body = reply.json();
    assert!(body["message"].as_str().unwrap().contains("no on-premises directory"), "{body}");
    for member in ["code", "subcode", "operation", "requestid", "time"] {
        assert!(body[member].is_string(), "{member}");
    }
    assert!(logged(&world, Reason::HybridJoinUnavailable).await);
    assert!(world.app.store.devices(&Page::first(9), None).await.unwrap().items.is_empty());
}

/// A Hello key of somebody on a device of theirs, by its name in addresses.
pub async fn hello_key_of(world: &World, user: UserId) -> String {
    let owner = world.app.store.user(user).await.unwrap().unwrap();
    let device = crate::console::device_of(world, &owner, "laptop").await;
    let id = rng::bytes(&SystemRandom);
    let created = world.now();
    let key = HelloKey { id, user, device, public_key: Vec::new(), created, last_used: None };
    world.app.commit(vec![Change::HelloKey(HelloKeyChange::Insert(Box::new(key)))]).await.unwrap();
    b64::encode(id)
}

#[tokio::test]
async fn a_person_sees_their_hello_key_and_takes_it_away() {
    let (world, ada, broker) = enrolled().await;
    let held = take(&broker, &sign_in(&world, &broker, &good(&world, &ada).await).await);
    let (_, mut stranger) = world.user("Eve").await;
    let name = b64::encode(public(0).id());
    let action = format!("/account/hello-keys/{name}/delete");
    let mut browser = world.sign_in(&ada).await;
    let page = browser.get("/account").await;
    assert!(page.actions().contains(&action.as_str()), "{:?}", page.actions());
    assert!(!stranger.get("/account").await.body.contains("hello-keys"));
    assert_eq!(stranger.press("/account", &action, &[]).await.status, StatusCode::NOT_FOUND);
    let missing = browser.press("/account", "/account/hello-keys/AAAA/delete", &[]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.press("/account", &action, &[]).await.status, StatusCode::SEE_OTHER);
    let request = held.claims(LINUX_BROKER, "openid", &nonce(&world).await);
    let reply = held.present(&world, &held.sign(&request)).await;
    refused(&world, &reply, (50_173, Reason::CredentialRemoved)).await;
    let audits = world.app.store.audit_chain(0, 99).await.unwrap();
    assert!(audits.iter().any(|line| line.activity == "Register Hello key" && line.actor == ada.user.upn));
    assert!(audits.iter().any(|line| line.activity == "Remove Hello key" && line.actor == ada.user.upn));
}
