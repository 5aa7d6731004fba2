//! The broker protocol from outside: what a PRT yields, and each attack on it that prt.md §12 names.

use crate::device::{
    Device, Held, broker_tokens, csr, drs_token, join_body, key, nonce, payload, post_join, present,
};
use crate::world::{Browser, NOW, Person, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use passband_core::change::Change;
use passband_core::directory::User;
use passband_core::reason::Reason;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_wire::b64;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::message::CookieClaims;
use passband_wire::prt::{CREDENTIAL_NAME, signed};
use serde_json::{Value, json};

async fn chain() -> (World, Person, Device, Held) {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    (world, person, device, held)
}

/// A refusal: 400, the OAuth error, and the reason in the log alone.
pub async fn refused(world: &World, reply: &crate::world::Reply, reason: Reason) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert!(!reply.body.contains(reason.code()), "the wire does not say what the log says");
    // Lines of one second sort by chance: look at all of them.
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    assert!(lines.iter().any(|line| line.reason == reason), "{reason} is in the log");
}

#[tokio::test]
async fn a_prt_yields_a_token_that_says_how() {
    let (world, person, device, held) = chain().await;
    let reply = held.use_it(&mut world.browser(), "openid").await;
    assert!(reply.headers.contains_key("passband-nonce"), "the next nonce comes along");
    let tokens = held.open(&reply);
    let claims = payload(&tokens["access_token"]);
    assert_eq!(claims["sub"], person.user.id.to_string());
    assert_eq!(claims["deviceid"], device.id.to_string());
    assert_eq!(claims["passband_binding"], "softwareKey");
    assert_eq!(claims["acr"], "phr");
    assert_eq!(claims["auth_time"], NOW.0);
    assert_eq!(claims["amr"], json!(["swk", "user", "pop", "fido", "mfa"]));
}

#[tokio::test]
async fn renewal_never_upgrades_and_never_refreshes_the_sign_in() {
    let (world, _, _, mut held) = chain().await;
    let before = payload(&held.open(&held.use_it(&mut world.browser(), "openid").await)["access_token"]);
    for _ in 0..3 {
        world.pass(Seconds::days(10));
        let reply = held.open(&held.use_it(&mut world.browser(), "openid aza").await);
        assert_eq!(reply.get("session_key_jwe"), None, "the key stays");
        assert!(reply["expires_in"].is_string() && reply["refresh_token_expires_in"].is_number());
        held.prt = reply["refresh_token"].as_str().unwrap().to_owned();
    }
    let after = payload(&held.open(&held.use_it(&mut world.browser(), "openid").await)["access_token"]);
    for claim in ["auth_time", "amr", "acr", "sid"] {
        assert_eq!(after[claim], before[claim], "{claim}");
    }
}

#[tokio::test]
async fn renewals_do_not_stretch_a_sign_in_past_ninety_days() {
    let (world, _, _, mut held) = chain().await;
    for _ in 0..9 {
        world.pass(Seconds::days(9));
        let reply = held.open(&held.use_it(&mut world.browser(), "openid aza").await);
        held.prt = reply["refresh_token"].as_str().unwrap().to_owned();
    }
    world.pass(Seconds::days(9));
    let reply = held.use_it(&mut world.browser(), "openid aza").await;
    refused(&world, &reply, Reason::PrtExpired).await;
}

#[tokio::test]
async fn a_prt_without_its_key_yields_nothing() {
    // A1, A10: in the clear, as a refresh token, or under another key.
    let (world, _, _, held) = chain().await;
    let mut thief = world.browser();
    let client = passband_wire::prt::BROKER_CLIENT.to_string();
    let form =
        [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("refresh_token", &held.prt)];
    for path in ["/token", "/common/oauth2/token", "/common/oauth2/v2.0/token"] {
        let reply = thief.form(path, &form).await;
        refused(&world, &reply, Reason::PrtUnboundUse).await;
    }
    let forged = Held { key: SessionKey::from_bytes([7; 32]), ..held.clone() };
    let reply = forged.use_it(&mut thief, "openid").await;
    refused(&world, &reply, Reason::SessionKeySignature).await;
    assert_eq!(held.use_it(&mut thief, "openid").await.status, StatusCode::OK, "the owner lost nothing");
}

#[tokio::test]
async fn headers_choose_neither_suite_nor_algorithm() {
    // A6, A7, A9.
    let (world, _, _, held) = chain().await;
    let mut browser = world.browser();
    let good = {
        let nonce = nonce(&mut browser).await;
        signed::sign(&held.key, &held.claims("openid", &nonce), &SystemRandom).unwrap()
    };
    let (header, rest) = good.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&b64::decode(header, 999).unwrap()).unwrap();
    let bent = |member: &str, to: Value| {
        let mut header = header.clone();
        header[member] = to;
        format!("{}.{rest}", b64::encode(header.to_string()))
    };
    for version in [json!(1), json!("2"), json!(2.0), json!(null)] {
        let reply = present(&mut browser, &bent("kdf_ver", version)).await;
        refused(&world, &reply, Reason::KdfDowngrade).await;
    }
    for alg in ["none", "HS512", "ES256"] {
        let reply = present(&mut browser, &bent("alg", json!(alg))).await;
        refused(&world, &reply, Reason::SessionKeySignature).await;
    }
    for (member, to) in [("jwk", json!({})), ("x5u", json!("https://evil.example")), ("ctx", json!("QUJD"))] {
        let reply = present(&mut browser, &bent(member, to)).await;
        refused(&world, &reply, Reason::RequestMalformed).await;
    }
    assert_eq!(present(&mut browser, &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_nonce_is_ours_fresh_and_used_once() {
    // A3, A5: replay, pre-minting, another server's nonce, none.
    let (world, _, _, held) = chain().await;
    let mut browser = world.browser();
    let made = nonce(&mut browser).await;
    let request = signed::sign(&held.key, &held.claims("openid", &made), &SystemRandom).unwrap();
    assert_eq!(present(&mut browser, &request).await.status, StatusCode::OK);
    refused(&world, &present(&mut browser, &request).await, Reason::NonceReplayed).await;
    let again = signed::sign(&held.key, &held.claims("", &made), &SystemRandom).unwrap();
    refused(&world, &present(&mut browser, &again).await, Reason::NonceReplayed).await;
    let other = World::new().await;
    for nonce in [nonce(&mut other.browser()).await, "n1".to_owned(), String::new()] {
        let request = signed::sign(&held.key, &held.claims("openid", &nonce), &SystemRandom).unwrap();
        refused(&world, &present(&mut browser, &request).await, Reason::NonceInvalid).await;
    }
    let hoarded = nonce(&mut browser).await;
    world.pass(Seconds::minutes(6));
    let request = signed::sign(&held.key, &held.claims("openid", &hoarded), &SystemRandom).unwrap();
    refused(&world, &present(&mut browser, &request).await, Reason::NonceExpired).await;
}

#[tokio::test]
async fn whatever_loses_its_standing_takes_the_prt_along_at_once() {
    // A2.
    let (world, person, device, held) = chain().await;
    let mut browser = world.browser();
    let commit = |change: Change| world.app.commit(vec![change]);
    let disabled = User { enabled: false, ..person.user.clone() };
    commit(Change::SetDeviceEnabled { id: device.id, enabled: false }).await.unwrap();
    refused(&world, &held.use_it(&mut browser, "openid").await, Reason::DeviceDisabled).await;
    commit(Change::SetDeviceEnabled { id: device.id, enabled: true }).await.unwrap();
    assert_eq!(held.use_it(&mut browser, "openid").await.status, StatusCode::OK);
    commit(Change::UpdateUser(disabled)).await.unwrap();
    refused(&world, &held.use_it(&mut browser, "openid aza").await, Reason::UserDisabled).await;
    commit(Change::UpdateUser(person.user.clone())).await.unwrap();
    let passkeys = world.app.store.passkeys_of(person.user.id).await.unwrap();
    let second = device.login(&world, &person).await;
    commit(Change::EndSessionsOf { user: person.user.id, at: world.now() }).await.unwrap();
    refused(&world, &second.use_it(&mut browser, "openid").await, Reason::SessionEnded).await;
    let third = device.login(&world, &person).await;
    commit(Change::DeletePasskey { id: passkeys[0].id.clone(), user: person.user.id }).await.unwrap();
    refused(&world, &third.use_it(&mut browser, "openid").await, Reason::CredentialRemoved).await;
    commit(Change::DeleteDevice(device.id)).await.unwrap();
    refused(&world, &third.use_it(&mut browser, "openid").await, Reason::DeviceGone).await;
}

#[tokio::test]
async fn an_old_generation_works_for_a_day_and_then_ends_the_session() {
    // A29.
    let (world, _, _, old) = chain().await;
    let mut browser = world.browser();
    let renewed = old.open(&old.use_it(&mut browser, "openid aza").await);
    let new = Held { prt: renewed["refresh_token"].as_str().unwrap().to_owned(), ..old.clone() };
    assert_eq!(
        old.use_it(&mut browser, "openid").await.status,
        StatusCode::OK,
        "a crash before storing is forgiven"
    );
    let again = old.open(&old.use_it(&mut browser, "openid aza").await);
    let twin = Held { prt: again["refresh_token"].as_str().unwrap().to_owned(), ..old.clone() };
    for held in [&new, &twin] {
        assert_eq!(
            held.use_it(&mut browser, "openid").await.status,
            StatusCode::OK,
            "both are the same generation"
        );
    }
    world.pass(Seconds::hours(25));
    refused(&world, &old.use_it(&mut browser, "openid").await, Reason::PrtSuperseded).await;
    refused(&world, &new.use_it(&mut browser, "openid").await, Reason::SessionEnded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewals_at_once_all_succeed_and_make_one_generation() {
    let (world, _, _, held) = chain().await;
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let (held, mut browser) = (held.clone(), world.browser());
        tasks.push(tokio::spawn(async move { held.open(&held.use_it(&mut browser, "openid aza").await) }));
    }
    for task in tasks {
        let reply = task.await.unwrap();
        let next = Held { prt: reply["refresh_token"].as_str().unwrap().to_owned(), ..held.clone() };
        assert_eq!(next.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    }
    let session = passband_core::session::prt::Prt::open(&world.app.keys().ring, &held.prt).unwrap().session;
    assert_eq!(world.app.store.standing(session).await.unwrap().unwrap().session.generation, 1);
}

/// Opens `/authorize` for an app as a browser whose device adds a PRT to its requests.
pub async fn authorize(
    browser: &mut Browser,
    world: &World,
    carried: &[(&str, &str)],
    extra: &str,
) -> crate::world::Reply {
    let app = crate::device::app_path(world).await;
    let mut request = Request::builder().uri(format!("{app}{extra}"));
    for (name, value) in carried {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::empty()).unwrap()).await
}

/// A PRT cookie for a browser.
pub async fn cookie_for(world: &World, held: &Held) -> String {
    let nonce = nonce(&mut world.browser()).await;
    signed::sign(&held.key, &CookieClaims::new(&held.prt, &nonce), &SystemRandom).unwrap()
}

#[tokio::test]
async fn a_prt_cookie_signs_a_browser_in_once() {
    let (world, _, device, held) = chain().await;
    let cookie = cookie_for(&world, &held).await;
    let mut browser = world.browser();
    let reply = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert!(reply.location().contains("code="), "{}", reply.body);
    let second = authorize(&mut browser, &world, &[], "").await;
    assert!(second.location().contains("code="), "a second app needs no interaction");
    let replayed = authorize(&mut world.browser(), &world, &[(CREDENTIAL_NAME, &cookie)], "").await;
    assert_eq!(replayed.status, StatusCode::OK);
    assert!(replayed.body.contains("data-ceremony=\"sign-in\""), "a replay is asked for a passkey");
    // The session it made dies with the device.
    world.app.commit(vec![Change::SetDeviceEnabled { id: device.id, enabled: false }]).await.unwrap();
    let after = authorize(&mut browser, &world, &[], "&prompt=none").await;
    assert!(after.location().contains("error=login_required"));
}

#[tokio::test]
async fn a_cookie_without_our_nonce_gets_a_nonce_and_only_once() {
    // A4 and the loop guard of §7.3.
    let (world, _, _, held) = chain().await;
    let stale = signed::sign(&held.key, &CookieClaims::new(&held.prt, "n1"), &SystemRandom).unwrap();
    let mut browser = world.browser();
    let reply = authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &stale)], "").await;
    assert_eq!(reply.status, StatusCode::FOUND);
    let (here, given) = reply.location().split_once("&sso_nonce=").expect("a nonce is offered");
    assert!(here.starts_with("/authorize?"), "at the same path");
    let second =
        authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &stale)], &format!("&sso_nonce={given}")).await;
    assert_eq!(second.status, StatusCode::OK, "the page, not another round");
    let good = signed::sign(&held.key, &CookieClaims::new(&held.prt, given), &SystemRandom).unwrap();
    let third =
        authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &good)], &format!("&sso_nonce={given}")).await;
    assert!(third.location().contains("code="));
}

#[tokio::test]
async fn carriers_that_disagree_and_scripts_of_pages_carry_nothing() {
    // §7.1, A24.
    let (world, _, _, held) = chain().await;
    let (one, two) = (cookie_for(&world, &held).await, cookie_for(&world, &held).await);
    let jar = format!("{CREDENTIAL_NAME}={two}");
    let cases: [&[(&str, &str)]; 3] = [
        &[(CREDENTIAL_NAME, &one), ("cookie", &jar)],
        &[(CREDENTIAL_NAME, &one), (CREDENTIAL_NAME, &two)],
        &[(CREDENTIAL_NAME, &one), ("sec-fetch-mode", "cors")],
    ];
    for carried in cases {
        let reply = authorize(&mut world.browser(), &world, carried, "").await;
        assert!(reply.body.contains("data-ceremony=\"sign-in\""), "{carried:?}");
    }
    let alone = authorize(&mut world.browser(), &world, &[("cookie", &jar)], "").await;
    assert!(alone.location().contains("code="), "a cookie alone is as good as the header");
}

#[tokio::test]
async fn a_frame_in_a_page_of_another_site_carries_nothing() {
    // A24.
    let (world, _, _, held) = chain().await;
    let carry = async |site: &str, dest: &str| {
        let cookie = cookie_for(&world, &held).await;
        let carried = [
            (CREDENTIAL_NAME, cookie.as_str()),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", site),
            ("sec-fetch-dest", dest),
        ];
        authorize(&mut world.browser(), &world, &carried, "").await.location().contains("code=")
    };
    for dest in ["iframe", "frame", "embed", "object", "fencedframe", "x"] {
        assert!(!carry("cross-site", dest).await && !carry("none", dest).await, "{dest}");
    }
    for (site, dest) in
        [("cross-site", "document"), ("none", "document"), ("same-origin", "iframe"), ("same-site", "iframe")]
    {
        assert!(carry(site, dest).await, "{site} {dest}");
    }
}

#[tokio::test]
async fn a_browser_session_from_a_prt_gets_no_broker_tokens() {
    // A32.
    let (world, _, _, held) = chain().await;
    let cookie = cookie_for(&world, &held).await;
    let mut browser = world.browser();
    assert!(
        authorize(&mut browser, &world, &[(CREDENTIAL_NAME, &cookie)], "").await.location().contains("code=")
    );
    let page = broker_tokens(&mut browser, "").await.unwrap_err();
    assert!(page.body.contains("data-ceremony=\"sign-in\""), "a person is asked for");
    // Nor does a PRT buy a token for the registration service (A13, A19).
    let mut claims = held.claims("", &nonce(&mut browser).await);
    claims.resource = Some(passband_wire::prt::DRS_RESOURCE.to_owned());
    let request = signed::sign(&held.key, &claims, &SystemRandom).unwrap();
    refused(&world, &present(&mut browser, &request).await, Reason::SessionFromPrtConfined).await;
}

#[tokio::test]
async fn only_a_fresh_sign_in_of_the_owner_becomes_a_prt() {
    // A11.
    let (world, person, device, _) = chain().await;
    let mut browser = world.sign_in(&person).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    world.pass(Seconds::minutes(11));
    refused(&world, &device.ask_prt(&mut browser, token).await, Reason::AuthTooOld).await;
    let (other, _) = world.user("Mallory").await;
    let mut browser = world.sign_in(&other).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    refused(&world, &device.ask_prt(&mut browser, token).await, Reason::WrongPerson).await;
    refused(&world, &device.ask_prt(&mut browser, "0.AAAA").await, Reason::RequestMalformed).await;
    // One refresh token becomes one PRT.
    let mut browser = world.sign_in(&person).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(device.ask_prt(&mut browser, token).await.status, StatusCode::OK);
    refused(&world, &device.ask_prt(&mut browser, token).await, Reason::GrantEnded).await;
}

#[tokio::test]
async fn a_device_is_known_by_the_certificate_it_was_given_and_its_key() {
    // A15, A17, A30.
    let (world, person, device, _) = chain().await;
    let (other, _) = world.user("Mallory").await;
    let second = Device::join(&world, &other, 1).await;
    let mut browser = world.sign_in(&person).await;
    let tokens = broker_tokens(&mut browser, "").await.unwrap();
    let token = tokens["refresh_token"].as_str().unwrap();
    let stranger = rcgen::generate_simple_self_signed(vec![device.id.to_string()]).unwrap();
    let forged = Device { id: device.id, certificate: stranger.cert.der().to_vec(), key: device.key };
    let reply = forged.ask_prt(&mut browser, token).await;
    refused(&world, &reply, Reason::DeviceCertificateUnknown).await;
    assert!(
        !reply.body.contains("135011") && !reply.body.contains("50155"),
        "no stranger makes a device forget itself"
    );
    let crossed = Device { id: device.id, certificate: device.certificate.clone(), key: second.key };
    let reply = crossed.ask_prt(&mut browser, token).await;
    refused(&world, &reply, Reason::DeviceKeyMismatch).await;
    assert!(!reply.body.contains("135011") && !reply.body.contains("50155"));
    world.app.commit(vec![Change::SetDeviceEnabled { id: device.id, enabled: false }]).await.unwrap();
    refused(&world, &device.ask_prt(&mut browser, token).await, Reason::DeviceDisabled).await;
}

#[tokio::test]
async fn registration_wants_a_fresh_passkey_and_a_sound_request() {
    // A13.
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let mut browser = world.sign_in(&person).await;
    let token = drs_token(&mut browser).await;
    let good = join_body(key(0));
    let mut bent = Vec::new();
    for (place, to) in [
        ("/JoinType", json!(6)),
        ("/TransportKey", json!(b64::encode_std([0; 283]))),
        ("/CertificateRequest/Type", json!("pkcs7")),
        ("/CertificateRequest/Data", json!(b64::encode_std(csr(key(0), "someone else")))),
        ("/CertificateRequest/Data", json!("AAAA")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(place).unwrap() = to;
        bent.push(body);
    }
    let mut der = csr(key(0), passband_wire::prt::join::CSR_COMMON_NAME);
    let last = der.len() - 1;
    der[last] ^= 1;
    let mut body = good.clone();
    body["CertificateRequest"]["Data"] = json!(b64::encode_std(der));
    bent.push(body);
    for body in bent {
        let reply = post_join(&mut browser, &token, &body).await;
        refused(&world, &reply, Reason::DeviceRequestMalformed).await;
    }
    assert_eq!(post_join(&mut browser, "nonsense", &good).await.status, StatusCode::UNAUTHORIZED);
    let plain = broker_tokens(&mut browser, "").await.unwrap();
    let wrong_audience = plain["access_token"].as_str().unwrap();
    assert_eq!(post_join(&mut browser, wrong_audience, &good).await.status, StatusCode::UNAUTHORIZED);
    world.pass(Seconds::minutes(11));
    let reply = post_join(&mut browser, &token, &good).await;
    refused(&world, &reply, Reason::AuthTooOld).await;
}

#[tokio::test]
async fn a_device_takes_leave_with_its_own_key_only() {
    let (world, person, device, _) = chain().await;
    let second = Device::join(&world, &person, 1).await;
    let mut browser = world.browser();
    let mut leave = async |who: &Device, id: &str| {
        let claims = json!({ "request_nonce": nonce(&mut browser).await, "grant_type": "device_auth" });
        let request = Request::builder().method("DELETE").uri(format!("/EnrollmentServer/device/{id}"));
        let request = request.header("x-ms-DeviceCredential", who.sign(&claims));
        browser.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(leave(&second, &device.id.to_string()).await, StatusCode::BAD_REQUEST);
    assert_eq!(leave(&device, &device.id.to_string()).await, StatusCode::OK);
    assert!(world.app.store.device(device.id).await.unwrap().is_none());
    assert!(world.app.store.device(second.id).await.unwrap().is_some());
}

#[tokio::test]
async fn other_tenants_paths_are_not_ours() {
    // A28.
    let world = World::new().await;
    let mut browser = world.browser();
    let form = [("grant_type", "srv_challenge")];
    for tenant in ["common", "organizations", "localhost", &world.app.tenant.to_string()] {
        assert_eq!(browser.form(&format!("/{tenant}/oauth2/token"), &form).await.status, StatusCode::OK);
    }
    for tenant in ["consumers", "evil.example", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            browser.form(&format!("/{tenant}/oauth2/token"), &form).await.status,
            StatusCode::NOT_FOUND
        );
    }
}
