//! The compatible client profile from outside: the whole chain of a broker written for Entra ID, and the attacks on it
//! that prt.md §12 names.

pub mod client;

use crate::device::{Device, nonce as strict_nonce, payload, present};
use crate::dialect::{code_of_page, switch};
use crate::world::{Reply, World};
use axum::http::StatusCode;
use client::{Broker, DRS_SCOPE, GRAPH, Way, nonce, program, redeem, redeem_code, tenant};
use passband_core::directory::ClientProfile;
use passband_core::reason::Reason;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::message::PrtUseClaims;
use passband_wire::prt::{BROKER_PLUGIN, DRS_RESOURCE, LINUX_BROKER, signed};
use serde_json::json;

/// The reason stands in the log.
async fn logged(world: &World, reason: Reason) {
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    assert!(lines.iter().any(|line| line.reason == reason), "{reason} is in the log");
}

async fn refused(world: &World, reply: &Reply, reason: Reason) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    logged(world, reason).await;
}

async fn profile(world: &World) -> ClientProfile {
    world.app.store.devices(&Page::first(9), None).await.unwrap().items[0].profile
}

#[tokio::test]
async fn a_broker_written_for_entra_id_goes_the_whole_way() {
    let (world, ada) = tenant().await;
    let mut broker = Broker::enrol(&world, &ada, 0).await;
    assert_eq!(profile(&world).await, ClientProfile::Compatible);
    for (way, version) in [(Way::First(GRAPH), 1), (Way::Second, 2)] {
        let tokens = broker.exchange(&world, way).await;
        assert_eq!(tokens["expires_in"].is_string(), version == 1, "{tokens}");
        assert!(tokens["refresh_token"].is_string() && tokens["token_type"] == "Bearer");
        let claims = payload(&tokens["access_token"]);
        assert_eq!(claims["aud"], GRAPH);
        assert_eq!(claims["upn"], ada.user.upn);
        assert!(claims["deviceid"].is_string(), "the device is in the token");
    }
    let request = broker.claims(BROKER_PLUGIN, "openid ugs aza", &nonce(&world).await);
    let renewed = broker.open(&broker.present(&world, &broker.sign(&request)).await);
    assert!(renewed["expires_in"].is_string() && renewed.get("session_key_jwe").is_none());
    broker.prt = renewed["refresh_token"].as_str().unwrap().to_owned();
    let scope = format!("openid offline_access {GRAPH}/.default");
    let request = broker.claims(LINUX_BROKER, &scope, &nonce(&world).await);
    let direct = broker.open(&broker.present(&world, &broker.sign(&request)).await);
    assert!(direct["expires_in"].is_string() && direct["ext_expires_in"].is_string(), "{direct}");
    assert!(direct["refresh_token"].is_string() && direct["client_info"].is_string());
    assert_eq!(
        (&direct["resource"], &payload(&direct["access_token"])["aud"]),
        (&json!(GRAPH), &json!(GRAPH))
    );
    // The whole of it once more: the refresh token of the sign-in still yields a PRT.
    broker.log_in(&world).await;
    broker.exchange(&world, Way::First(GRAPH)).await;
    let lines = world.app.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap().items;
    assert!(lines.iter().any(|line| line.detail == "client profile compatible"), "the log says so");
}

#[tokio::test]
async fn a32_a_refresh_token_of_the_exchange_becomes_no_prt_and_no_device() {
    // A11 too: what a PRT yields makes nothing that outlives it.
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let tokens = broker.exchange(&world, Way::First(GRAPH)).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    refused(&world, &broker.ask_prt(&world, token, json!({})).await, Reason::SessionFromPrtConfined).await;
    assert_eq!(redeem(&world, token, DRS_SCOPE).await.status, StatusCode::BAD_REQUEST);
    for way in [Way::First(DRS_RESOURCE), Way::First("https://enrollment.manage.microsoft.com/")] {
        let page = broker.authorize(&world, way).await;
        assert!(!page.location().contains("code="), "{}", page.location());
    }
}

#[tokio::test]
async fn a6_the_older_derivation_is_for_devices_marked_for_it_and_a_context_is_good_once() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let ctx = [7; 32];
    let ask = async |ctx: &[u8]| {
        let claims = broker.claims(BROKER_PLUGIN, "openid aza", &nonce(&world).await);
        broker.present(&world, &broker.sign_with(ctx, &claims)).await
    };
    assert_eq!(ask(&ctx).await.status, StatusCode::OK);
    refused(&world, &ask(&ctx).await, Reason::NonceReplayed).await;
    assert_eq!(ask(&[8; 32]).await.status, StatusCode::OK);
    assert_eq!(ask(&[9; 8]).await.status, StatusCode::BAD_REQUEST, "and long enough");
    // A device that joined while the switch was off signs KDFv1 with its true session key, and is refused; switching it
    // on afterwards makes no difference to it.
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let device = Device::join(&world, &ada, 0).await;
    let held = device.login(&world, &ada).await;
    switch(&world, BROKER_PLUGIN, true).await;
    let strict = Broker {
        certificate: String::new(),
        n: 0,
        refresh_token: String::new(),
        prt: held.prt.clone(),
        key: *held.key.expose(),
    };
    let claims = strict.claims(BROKER_PLUGIN, "openid aza", &nonce(&world).await);
    let reply = strict.present(&world, &strict.sign(&claims)).await;
    refused(&world, &reply, Reason::KdfDowngrade).await;
    let page = strict.cookie(&nonce(&world).await);
    let carried = crate::prt::authorize(
        &mut world.browser(),
        &world,
        &[(passband_wire::prt::CREDENTIAL_NAME, &page)],
        "",
    )
    .await;
    assert!(!carried.location().contains("code="), "nor at /authorize");
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a7_who_used_or_announced_the_better_derivation_never_goes_back() {
    let (world, ada) = tenant().await;
    let mut broker = Broker::enrol(&world, &ada, 0).await;
    let older = async |broker: &Broker| {
        let claims = broker.claims(BROKER_PLUGIN, "openid aza", &nonce(&world).await);
        broker.present(&world, &broker.sign(&claims)).await
    };
    assert_eq!(older(&broker).await.status, StatusCode::OK);
    let nonce = strict_nonce(&mut world.browser()).await;
    let claims = PrtUseClaims {
        refresh_token: broker.prt.clone(),
        grant_type: "refresh_token".to_owned(),
        client_id: BROKER_PLUGIN.to_string(),
        scope: "openid aza".to_owned(),
        resource: None,
        request_nonce: Some(nonce),
    };
    let request = signed::sign(&SessionKey::from_bytes(broker.key), &claims, &SystemRandom).unwrap();
    assert_eq!(present(&mut world.browser(), &request).await.status, StatusCode::OK);
    assert_eq!(profile(&world).await, ClientProfile::Strict);
    refused(&world, &older(&broker).await, Reason::KdfDowngrade).await;
    // Announced with the request for the PRT.
    let (world, ada) = tenant().await;
    broker = Broker::enrol(&world, &ada, 0).await;
    let reply = broker.ask_prt(&world, &broker.refresh_token, json!({ "kdf_ver": 2 })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(profile(&world).await, ClientProfile::Strict);
    let claims = broker.claims(BROKER_PLUGIN, "openid aza", &client::nonce(&world).await);
    refused(&world, &broker.present(&world, &broker.sign(&claims)).await, Reason::KdfDowngrade).await;
}

#[tokio::test]
async fn a17_the_prt_of_one_device_beside_the_credential_of_another_yields_nothing() {
    let (world, ada) = tenant().await;
    let (one, two) = (Broker::enrol(&world, &ada, 0).await, Broker::enrol(&world, &ada, 1).await);
    for way in [Way::Beside(&two), Way::Alone] {
        let page = one.authorize(&world, way).await;
        assert!(!page.location().contains("code="), "{}", page.location());
    }
    logged(&world, Reason::DeviceKeyMismatch).await;
    one.exchange(&world, Way::Beside(&one)).await;
}

#[tokio::test]
async fn a22_a_code_of_the_exchange_is_good_once_for_a_minute_and_dies_with_the_device() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let way = Way::First(GRAPH);
    let code = async || code_of_page(&broker.authorize(&world, way).await.body);
    let first = code().await;
    let tokens = redeem_code(&world, way, &first).await.json();
    refused(&world, &redeem_code(&world, way, &first).await, Reason::CodeReplayed).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    refused(&world, &redeem(&world, token, "openid").await, Reason::GrantEnded).await;
    let late = code().await;
    world.pass(Seconds(61));
    refused(&world, &redeem_code(&world, way, &late).await, Reason::CodeExpired).await;
    let orphan = code().await;
    let id = world.app.store.devices(&Page::first(9), None).await.unwrap().items[0].id;
    let off = passband_core::change::Change::SetDeviceEnabled { id, enabled: false };
    world.app.commit(vec![off]).await.unwrap();
    refused(&world, &redeem_code(&world, way, &orphan).await, Reason::DeviceDisabled).await;
}

#[tokio::test]
async fn a_refresh_token_of_the_sign_in_serves_again_for_ten_minutes_and_where_it_is_switched_on() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let old = broker.refresh_token.clone();
    world.pass(Seconds::minutes(9));
    assert_eq!(redeem(&world, &old, DRS_SCOPE).await.status, StatusCode::OK);
    assert_eq!(broker.ask_prt(&world, &old, json!({})).await.status, StatusCode::OK);
    world.pass(Seconds::minutes(2));
    refused(&world, &broker.ask_prt(&world, &old, json!({})).await, Reason::GrantEnded).await;
    refused(&world, &redeem(&world, &old, "openid").await, Reason::GrantReplayed).await;
    // Switched off, the token of a sign-in serves again for the usual half minute.
    let (world, ada) = tenant().await;
    let tokens = crate::dialect::sign_in_of_broker(&world, &ada).await;
    let old = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(redeem(&world, old, DRS_SCOPE).await.status, StatusCode::OK);
    switch(&world, BROKER_PLUGIN, false).await;
    world.pass(Seconds(31));
    refused(&world, &redeem(&world, old, DRS_SCOPE).await, Reason::GrantReplayed).await;
}

#[tokio::test]
async fn a4_a_cookie_without_a_nonce_gets_one_offered_and_with_it_signs_in() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let app = crate::device::app_path(&world).await;
    let carry = async |cookie: &str, extra: &str| {
        let request = axum::http::Request::get(format!("{app}{extra}"))
            .header("x-ms-RefreshTokenCredential", cookie)
            .body(axum::body::Body::empty());
        program(&world).send(request.unwrap()).await
    };
    let bare =
        broker.sign(&json!({ "refresh_token": broker.prt, "iat": world.now().0, "ua_client_id": null }));
    let offered = carry(&bare, "").await;
    let (_, given) = offered.location().split_once("&sso_nonce=").expect("a nonce");
    let done = carry(&broker.cookie(given), &format!("&sso_nonce={given}")).await;
    assert!(done.location().contains("code="), "{} {}", done.status, done.body);
    // A3: once.
    let cookie = broker.cookie(&nonce(&world).await);
    assert!(carry(&cookie, "").await.location().contains("code="));
    assert!(!carry(&cookie, "").await.location().contains("code="));
}
