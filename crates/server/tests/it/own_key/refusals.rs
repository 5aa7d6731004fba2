//! What a v4 PRT yields to whoever is not its device: nothing.

use super::{Device, Keys, chain, claims, csr, join_body, present};
use crate::device::{broker_tokens, drs_token, join_body as rsa_join_body, key, nonce, post_join};
use crate::prt::{authorize, refused};
use crate::world::World;
use passband_core::change::Change;
use passband_core::reason::Reason;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_wire::jose::jws::{Header, X5c, sign_es256_with, sign_rs256_with};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::bound::{Bound, fresh_apv};
use passband_wire::prt::message::CookieClaims;
use passband_wire::prt::{CREDENTIAL_NAME, signed};
use serde_json::{Value, json};

#[tokio::test]
async fn everything_but_the_device_key_is_worth_nothing() {
    // A1, A2: the thief has the PRT, the certificate, the transport key, and whatever the process held in memory.
    let (world, _, device, prt) = chain().await;
    let mut thief = world.browser();
    let own = Keys::fresh();
    let stolen = Device { keys: own, ..device.clone() };
    let apv = fresh_apv(&SystemRandom);
    for scope in ["openid", "openid aza"] {
        let made = nonce(&mut thief).await;
        let request = stolen.sign(&Bound::usage(claims(&prt, scope, &made), &apv));
        refused(&world, &present(&mut thief, &request).await, Reason::DeviceKeyMismatch).await;
    }
    // The transport key opens answers; it signs nothing.
    let with_transport = {
        let mut header = Header::new("ES256", "JWT");
        header.x5c = Some(X5c::Chain(vec![device.certificate.clone()]));
        let usage = Bound::usage(claims(&prt, "openid", &nonce(&mut thief).await), &apv);
        sign_es256_with(&header, &usage, |input| device.keys.transport.sign(input)).unwrap()
    };
    refused(&world, &present(&mut thief, &with_transport).await, Reason::DeviceKeyMismatch).await;
    let client = passband_wire::prt::BROKER_CLIENT.to_string();
    let form = [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("refresh_token", &prt)];
    refused(&world, &thief.form("/token", &form).await, Reason::PrtUnboundUse).await;
    let cookie = stolen.cookie(&world, &prt).await;
    let page = authorize(&mut thief, &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert!(page.body.contains("data-ceremony=\"sign-in\""), "{}", page.body);
    assert!(
        device.redeem(&world, &prt, "openid").await["access_token"].is_string(),
        "the owner lost nothing"
    );
}

#[tokio::test]
async fn a_recorded_request_and_a_hoarded_nonce_are_worth_nothing() {
    let (world, _, device, prt) = chain().await;
    let mut browser = world.browser();
    let (made, apv) = (nonce(&mut browser).await, fresh_apv(&SystemRandom));
    let request = device.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    device.open(&present(&mut browser, &request).await, &apv);
    refused(&world, &present(&mut browser, &request).await, Reason::NonceReplayed).await;
    let again = device.sign(&Bound::cookie(CookieClaims::new(&prt, &made)));
    let page = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &again)], "").await;
    assert!(page.body.contains("data-ceremony=\"sign-in\""), "one nonce is one request, whatever it is for");
    let hoarded = nonce(&mut browser).await;
    world.pass(Seconds::minutes(6));
    let late = device.sign(&Bound::usage(claims(&prt, "openid", &hoarded), &apv));
    refused(&world, &present(&mut browser, &late).await, Reason::NonceExpired).await;
}

#[tokio::test]
async fn no_request_chooses_the_suite() {
    let (world, person, device, prt) = chain().await;
    let old = crate::device::Device::join(&world, &person, 0).await;
    let held = old.login(&world, &person).await;
    let mut browser = world.browser();
    let apv = fresh_apv(&SystemRandom);
    // A v4 PRT under a session key, of the thief's or of another session.
    for key in [SessionKey::from_bytes([7; 32]), held.key.clone()] {
        let made = nonce(&mut browser).await;
        let request = signed::sign(&key, &claims(&prt, "openid", &made), &SystemRandom).unwrap();
        refused(&world, &present(&mut browser, &request).await, Reason::DeviceKeyMismatch).await;
    }
    // A session-key PRT under device keys: of its own device, and of another.
    let made = nonce(&mut browser).await;
    let own = old.sign(&json!(Bound::usage(claims(&held.prt, "openid", &made), &apv)));
    refused(&world, &present(&mut browser, &own).await, Reason::SessionKeySignature).await;
    let made = nonce(&mut browser).await;
    let other = device.sign(&Bound::usage(claims(&held.prt, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &other).await, Reason::SessionKeySignature).await;
    // Other algorithms, and a key that the header brings along.
    let made = nonce(&mut browser).await;
    let usage = Bound::usage(claims(&prt, "openid", &made), &apv);
    for alg in ["RS256", "HS256", "none", "ES384", ""] {
        let mut header = Header::new(alg, "JWT");
        header.x5c = Some(X5c::Chain(vec![device.certificate.clone()]));
        let request = sign_rs256_with(&header, &usage, |input| device.keys.device.sign(input)).unwrap();
        refused(&world, &present(&mut browser, &request).await, Reason::DeviceKeyMismatch).await;
    }
    let good = device.sign(&usage);
    let (header, rest) = good.split_once('.').unwrap();
    let mut header: Value =
        serde_json::from_slice(&passband_wire::b64::decode(header, 9999).unwrap()).unwrap();
    header["jwk"] = json!({ "kty": "EC" });
    let bent = format!("{}.{rest}", passband_wire::b64::encode(header.to_string()));
    refused(&world, &present(&mut browser, &bent).await, Reason::RequestMalformed).await;
    device.open(&present(&mut browser, &good).await, &apv);
}

#[tokio::test]
async fn a_signature_is_good_for_its_purpose_and_its_device() {
    let (world, person, device, prt) = chain().await;
    let second = Device::join(&world, &person).await;
    let mut browser = world.browser();
    let apv = fresh_apv(&SystemRandom);
    // A17: another device of the same person.
    let made = nonce(&mut browser).await;
    let crossed = second.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &crossed).await, Reason::DeviceKeyMismatch).await;
    // A15: the right key under a certificate that is not the one of the PRT.
    let made = nonce(&mut browser).await;
    let named = Device { certificate: second.certificate.clone(), ..device.clone() };
    let crossed = named.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &crossed).await, Reason::DeviceKeyMismatch).await;
    // A cookie at the token endpoint: nothing in it uses a PRT there.
    let cookie = device.cookie(&world, &prt).await;
    refused(&world, &present(&mut browser, &cookie).await, Reason::RequestMalformed).await;
    // A use at /authorize.
    let made = nonce(&mut browser).await;
    let usage = device.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    let page = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &usage)], "").await;
    assert!(page.body.contains("data-ceremony=\"sign-in\""));
    device.open(&present(&mut browser, &usage).await, &apv);
    // A use that does not say how to answer, or asks for what is not spoken.
    for (member, to) in [
        ("jwe_crypto", json!(null)),
        ("jwe_crypto", json!({ "apv": "", "alg": "ECDH-ES", "enc": "A256GCM" })),
        ("jwe_crypto", json!({ "apv": "AAAA", "alg": "dir", "enc": "A256GCM" })),
        ("jwe_crypto", json!({ "apv": "AAAA", "alg": "ECDH-ES", "enc": "A128GCM" })),
        ("purpose", json!("prt_cookie")),
        ("purpose", json!("PRT_USAGE")),
        ("purpose", json!(["prt_usage"])),
        ("purpose", json!(null)),
    ] {
        let made = nonce(&mut browser).await;
        let mut bent = json!(Bound::usage(claims(&prt, "openid", &made), &apv));
        bent[member] = to;
        refused(&world, &present(&mut browser, &device.sign(&bent)).await, Reason::RequestMalformed).await;
    }
    // The device credential is for the device alone, not for a purpose.
    let made = nonce(&mut browser).await;
    let leave = device.sign(&json!({
        "request_nonce": made, "grant_type": "device_auth", "purpose": "prt_cookie",
    }));
    let request = axum::http::Request::delete(format!("/EnrollmentServer/device/{}", device.id));
    let request = request.header("x-ms-DeviceCredential", leave).body(axum::body::Body::empty()).unwrap();
    assert_eq!(browser.send(request).await.status, axum::http::StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn standing_is_asked_as_with_a_session_key() {
    let (world, person, device, prt) = chain().await;
    let mut browser = world.browser();
    let apv = fresh_apv(&SystemRandom);
    world.app.commit(vec![Change::SetDeviceEnabled { id: device.id, enabled: false }]).await.unwrap();
    let made = nonce(&mut browser).await;
    let request = device.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &request).await, Reason::DeviceDisabled).await;
    world.app.commit(vec![Change::SetDeviceEnabled { id: device.id, enabled: true }]).await.unwrap();
    // A29: an old generation past its grace ends the session.
    let renewed = device.redeem(&world, &prt, "openid aza").await;
    world.pass(Seconds::hours(25));
    let made = nonce(&mut browser).await;
    let request = device.sign(&Bound::usage(claims(&prt, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &request).await, Reason::PrtSuperseded).await;
    let new = renewed["refresh_token"].as_str().unwrap();
    let made = nonce(&mut browser).await;
    let request = device.sign(&Bound::usage(claims(new, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &request).await, Reason::SessionEnded).await;
    let again = device.login(&world, &person).await;
    world.app.commit(vec![Change::DeleteDevice(device.id)]).await.unwrap();
    let made = nonce(&mut browser).await;
    let request = device.sign(&Bound::usage(claims(&again, "openid", &made), &apv));
    refused(&world, &present(&mut browser, &request).await, Reason::DeviceGone).await;
}

#[tokio::test]
async fn a_registration_brings_two_keys_of_one_suite() {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let mut browser = world.sign_in(&person).await;
    let token = drs_token(&mut browser).await;
    let keys = Keys::fresh();
    let good = join_body(&keys);
    let rsa = rsa_join_body(key(0));
    let mut bent = Vec::new();
    let mut with = |pointer: &str, to: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = to;
        bent.push(body);
    };
    let entry = good["DeviceKeys"][0].clone();
    with("/DeviceKeys", json!([]));
    with("/DeviceKeys", json!([entry, entry]));
    with("/DeviceKeys/0/Usage", json!("NGC"));
    with("/DeviceKeys/0/Type", json!("RSA"));
    with("/DeviceKeys/0/Encoding", json!("DER"));
    with("/DeviceKeys/0/Data", json!("{}"));
    let mut off: Value = serde_json::from_str(entry["Data"].as_str().unwrap()).unwrap();
    off["x"] = off["y"].clone();
    with("/DeviceKeys/0/Data", json!(off.to_string()));
    with("/CertificateRequest/Data", rsa["CertificateRequest"]["Data"].clone());
    let mut both = good.clone();
    both["TransportKey"] = rsa["TransportKey"].clone();
    bent.push(both);
    let mut rsa_with_p256 = rsa.clone();
    rsa_with_p256["DeviceKeys"] = good["DeviceKeys"].clone();
    bent.push(rsa_with_p256);
    // A request signed by another key than the one it asks for.
    let mut der = passband_wire::b64::decode_std(&csr(&keys.device), 4096).unwrap();
    let last = der.len() - 1;
    der[last] ^= 1;
    let mut forged = good.clone();
    forged["CertificateRequest"]["Data"] = json!(passband_wire::b64::encode_std(der));
    bent.push(forged);
    for body in bent {
        let reply = post_join(&mut browser, &token, &body).await;
        refused(&world, &reply, Reason::DeviceRequestMalformed).await;
    }
    assert_eq!(post_join(&mut browser, &token, &good).await.status, axum::http::StatusCode::OK);
}

#[tokio::test]
async fn a_prt_is_asked_for_by_the_key_and_with_a_way_to_answer() {
    let (world, person, device, _) = chain().await;
    let mut browser = world.sign_in(&person).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    let stolen = Device { keys: Keys::fresh(), ..device.clone() };
    let reply = stolen.ask_prt(&mut browser, token, &[1]).await;
    refused(&world, &reply, Reason::DeviceKeyMismatch).await;
    let plain = |nonce: String| {
        json!({
            "client_id": passband_wire::prt::BROKER_CLIENT.to_string(), "request_nonce": nonce,
            "scope": "openid aza", "grant_type": "refresh_token", "refresh_token": token,
        })
    };
    let request = device.sign(&plain(nonce(&mut browser).await));
    refused(&world, &present(&mut browser, &request).await, Reason::RequestMalformed).await;
    // By RS256 with its certificate: the key that was registered is no RSA key.
    let mut header = Header::new("RS256", "JWT");
    header.x5c = Some(X5c::Chain(vec![device.certificate.clone()]));
    let made = plain(nonce(&mut browser).await);
    let request = sign_rs256_with(&header, &made, |input| key(0).sign(input)).unwrap();
    refused(&world, &present(&mut browser, &request).await, Reason::DeviceKeyMismatch).await;
    let apv = fresh_apv(&SystemRandom);
    let reply = device.ask_prt(&mut browser, token, &apv).await;
    assert!(device.open(&reply, &apv)["refresh_token"].is_string());
}
