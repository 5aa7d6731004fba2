//! After a first passkey that lives on one device: an offer of a second way in, and no more than an offer.

use crate::recovery::codes;
use crate::world::{Browser, World, encode};
use axum::http::StatusCode;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::b64;
use serde_json::json;

/// Somebody without a passkey, in with a pass.
async fn newcomer(world: &World, name: &str) -> Browser {
    let user = world.newcomer(name).await;
    let (_, pass) = world.pass_for(&user, true).await;
    let mut browser = world.browser();
    browser.enter_pass(&user.upn, &pass, None).await;
    browser
}

#[tokio::test]
async fn a_first_passkey_on_one_device_is_followed_by_the_offer_of_a_second_way_in() {
    let world = World::new().await;
    let mut browser = newcomer(&world, "Ada").await;
    let here = "/authorize?client_id=x&state=a%26b";
    let mut key = SoftAuthenticator::new(Model::device_bound());
    let made = browser.register_as(&mut key, &json!({ "next": here }), "Key").await;
    let offer = format!("/account/passkeys/second?next={}", encode(here));
    assert_eq!(made.json()["next"], offer);
    let page = browser.get(&offer).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location());
    let another = format!("/account/passkeys/new?next={}", encode(here));
    let escaped = here.replace('&', "&#38;");
    for link in [&another, &escaped] {
        assert!(page.body.contains(&format!(r#" href="{link}""#)), "{link}: {}", page.body);
    }
    // Codes, and on from them to where it was going.
    let shown = browser.press(&offer, "/account/recovery-codes", &[("next", here)]).await;
    assert_eq!((shown.status, codes(&shown).len()), (StatusCode::OK, 10));
    assert!(shown.body.contains(&format!(r#" href="{escaped}""#)), "{}", shown.body);
    // It leads to no other server, and neither do the codes.
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let page = browser.get(&format!("/account/passkeys/second?next={}", encode(evil))).await;
        let shown = browser.press(&offer, "/account/recovery-codes", &[("next", evil)]).await;
        for page in [page, shown] {
            assert!(page.body.contains(r#" href="/account""#) && !page.body.contains("evil"), "{evil}");
        }
    }
    // With a second one there is nothing to offer.
    let mut other = SoftAuthenticator::new(Model::device_bound());
    let made = browser.register_as(&mut other, &json!({ "next": here }), "Other key").await;
    assert_eq!(made.json()["next"], here);
    assert_eq!(browser.get(&offer).await.location(), here);
    // A stranger is not told anything.
    assert!(world.browser().get(&offer).await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_passkey_that_is_copied_needs_no_second_and_the_founder_is_asked_too() {
    let world = World::new().await;
    let mut browser = newcomer(&world, "Ada").await;
    let mut phone = SoftAuthenticator::new(Model::synced());
    assert_eq!(browser.register(&mut phone, "Phone").await.json()["next"], "/account");
    assert_eq!(browser.get("/account/passkeys/second").await.location(), "/account");
    let (_, mut founder) = world.founder().await;
    let page = founder.get("/account/passkeys/second?next=%2Fadmin").await;
    assert!(page.body.contains("Add a second way in") && page.body.contains(r#" href="/admin""#));
}

#[tokio::test]
async fn a_passkey_without_a_name_gets_that_of_its_model_which_is_shown_as_a_claim() {
    let world = World::new().await;
    let mut browser = newcomer(&world, "Ada").await;
    // iCloud Keychain, as this one says of itself.
    let aaguid = 0xfbfc_3007_154e_4ecc_8c0b_6e02_0557_d7bd_u128.to_be_bytes();
    let mut apple = SoftAuthenticator::new(Model { aaguid, ..Model::synced() });
    assert_eq!(browser.register(&mut apple, " ").await.status, StatusCode::OK);
    let mut unknown = SoftAuthenticator::new(Model::device_bound());
    assert_eq!(browser.register(&mut unknown, "").await.status, StatusCode::OK);
    let mut named = SoftAuthenticator::new(Model { aaguid, ..Model::synced() });
    assert_eq!(browser.register(&mut named, "Mine").await.status, StatusCode::OK);
    let ada = world.app.store.user_by_upn("ada@localhost").await.unwrap().unwrap();
    let have = world.app.store.passkeys_of(ada.id).await.unwrap();
    let mut names: Vec<_> = have.iter().map(|passkey| passkey.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Mine", "Passkey", "iCloud Keychain"]);

    let (_, mut admin) = world.founder().await;
    let page = browser.get("/account").await;
    let theirs = admin.get(&format!("/admin/users/{}", ada.id)).await;
    for page in [page, theirs] {
        assert_eq!(page.body.matches("Says it is iCloud Keychain").count(), 2, "{}", page.body);
        assert_eq!(page.body.matches(r#"<svg class="icon""#).count(), 3);
        for words in ["Synced passkey", "Built into a device"] {
            assert!(page.body.contains(words), "{words}");
        }
        assert!(page.body.contains(&b64::encode(&have[0].id)));
    }
}
