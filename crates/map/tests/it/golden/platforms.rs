//! Platforms, browsers and dates.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, Truth};
use passband_map::engine::kit::Way;
use passband_map::engine::memo::With;
use passband_map::model::Browser;
use serde_json::json;

fn anna(passkey: passband_map::model::Passkey, platform: Platform) -> Tenancy {
    Tenancy::new().person("Anna", &[], vec![passkey]).device(platform)
}

/// A passkey in iCloud Keychain: on a Mac, not on Android or Windows.
#[test]
fn apples_passkeys_stay_with_apple() {
    for (platform, truth) in [
        (Platform::MacOs, Truth::Yes),
        (Platform::Ios, Truth::Yes),
        (Platform::Android, Truth::No),
        (Platform::Windows, Truth::No),
        (Platform::Linux, Truth::Unknown),
    ] {
        assert_eq!(anna(apple(), platform).of("Anna").to(OTHER), truth, "{platform:?}");
    }
    let android = anna(apple(), Platform::Android).of("Anna");
    assert!(android.rests_on("auth.android.passkey.synced.icloud-keychain"));
}

/// Synced passkeys: refused before November 2025, a preview until March 2026, then supported. Same passkey, same Mac.
#[test]
fn synced_passkeys_came_in_2026() {
    let it = anna(apple(), Platform::MacOs);
    assert_eq!(it.on("2025-10-31", "Anna").to(OTHER), Truth::No);
    // It was a preview, and of the provider no source says anything before March: both are no no.
    assert_eq!(it.on("2025-12-01", "Anna").to(OTHER), Truth::Unknown);
    assert_eq!(it.on("2026-03-01", "Anna").to(OTHER), Truth::Yes);
}

/// Firefox on Android takes no passkeys; Chrome there does, since July 2024.
#[test]
fn firefox_on_android_takes_none() {
    let it = anna(key(), Platform::Android);
    assert_eq!(it.of("Anna").browser(Browser::Firefox).to(OTHER), Truth::No);
    assert!(it.of("Anna").rests_on("auth.android.fido2.browser.firefox"));
    assert_eq!(it.of("Anna").browser(Browser::Chrome).to(OTHER), Truth::Yes);
    assert_eq!(it.on("2024-06-30", "Anna").browser(Browser::Chrome).to(OTHER), Truth::No);
    assert_eq!(it.on("2024-07-01", "Anna").browser(Browser::Chrome).to(OTHER), Truth::Yes);
}

/// Security keys in apps on Android need version 13; of a phone whose version nobody said, nobody can tell.
#[test]
fn a_version_decides() {
    let of = |version: Option<&str>| {
        let it = anna(key(), Platform::Android).but(|it| it.os_version = version.map(str::to_owned));
        it.of("Anna").by(Way::App).to(OTHER)
    };
    assert_eq!(of(Some("12")), Truth::No);
    assert_eq!(of(Some("13")), Truth::Yes);
    assert_eq!(of(None), Truth::Unknown);
}

/// Without a broker, Outlook and Teams on Android take no passkeys; others do.
#[test]
fn outlook_on_android_needs_a_broker() {
    let it = anna(key(), Platform::Android).of("Anna").by(Way::AppAlone);
    assert_eq!(it.to(EXCHANGE), Truth::No);
    assert_eq!(it.to("SharePoint Online"), Truth::Unknown);
    assert_eq!(it.to(OTHER), Truth::Yes);
}

/// Authenticator's passkey is carried to a computer from the phone, except to Firefox on Linux.
#[test]
fn a_phone_lends_its_passkey() {
    let it = || passkey(AUTHENTICATOR, false, true);
    assert_eq!(anna(it(), Platform::Linux).of("Anna").browser(Browser::Chrome).to(OTHER), Truth::Yes);
    assert_eq!(anna(it(), Platform::Linux).of("Anna").browser(Browser::Firefox).to(OTHER), Truth::No);
    // Its own app on Windows needs Windows 11 22H2.
    let old = anna(it(), Platform::Windows).but(|it| it.os_version = Some("10.0.19045".to_owned()));
    assert_eq!(old.of("Anna").by(Way::App).to(OTHER), Truth::No);
    assert_eq!(old.of("Anna").browser(Browser::Edge).to(OTHER), Truth::Yes);
}

/// A passkey in Windows Hello stays on one computer: of two, nobody said which. It is of no use on a Mac.
#[test]
fn a_local_passkey_is_on_one_device() {
    let it = || passkey(HELLO, false, false);
    assert_eq!(anna(it(), Platform::Windows).of("Anna").to(OTHER), Truth::Yes);
    let two = anna(it(), Platform::Windows).device(Platform::Windows);
    assert_eq!(two.of("Anna").to(OTHER), Truth::Unknown);
    assert!(two.of("Anna").says("whereKeptUnknown"));
    assert_eq!(anna(it(), Platform::MacOs).of("Anna").to(OTHER), Truth::No);
}

/// Google's passkeys on Windows need Chrome; on Android they work but on Samsung's devices.
#[test]
fn googles_passkeys_need_chrome_or_android() {
    let it = || passkey(GOOGLE, true, false);
    let windows = anna(it(), Platform::Windows);
    assert_eq!(windows.of("Anna").browser(Browser::Chrome).to(OTHER), Truth::Yes);
    assert_eq!(windows.of("Anna").browser(Browser::Edge).to(OTHER), Truth::No);
    for (maker, truth) in [(Some("Samsung"), Truth::No), (Some("Google"), Truth::Yes), (None, Truth::Unknown)]
    {
        let it = anna(it(), Platform::Android).but(|it| it.filtered.manufacturer = maker.map(str::to_owned));
        assert_eq!(it.of("Anna").browser(Browser::Chrome).to(OTHER), truth, "{maker:?}");
    }
}

fn protected(platform: Platform) -> Tenancy {
    anna(key(), platform).access(&policy("Bound", &protection()))
}

/// Token protection on macOS: not before February 2026, a preview until August 20th, then generally available on managed
/// Macs with the extension. Where it is asked for and not there, the app is locked out.
#[test]
fn token_protection_on_macos_by_date() {
    let it = protected(Platform::MacOs);
    for (at, truth) in [
        ("2026-01-15", Truth::No),
        ("2026-03-01", Truth::Unknown),
        ("2026-08-19", Truth::Unknown),
        ("2026-08-20", Truth::Yes),
    ] {
        let app = it.on(at, "Anna").by(Way::App);
        assert_eq!(app.to(EXCHANGE), truth, "{at}");
        assert_eq!(app.protected(EXCHANGE), truth, "{at}");
        // Nothing is asked for elsewhere.
        assert_eq!(app.to(OTHER), Truth::Yes, "{at}");
    }
}

/// It needs management and the extension, macOS 14 or later.
#[test]
fn token_protection_on_macos_needs_management() {
    let app = |it: Tenancy| it.of("Anna").by(Way::App).to(EXCHANGE);
    assert_eq!(app(protected(Platform::MacOs).but(|it| it.managed = Fact::Known(false))), Truth::No);
    assert_eq!(app(protected(Platform::MacOs).but(|it| it.managed = Fact::Unknown)), Truth::Unknown);
    assert_eq!(app(protected(Platform::MacOs).but(|it| it.os_version = Some("13.6".to_owned()))), Truth::No);
}

/// Windows has it, on every registered device.
#[test]
fn token_protection_on_windows() {
    let it = protected(Platform::Windows);
    assert_eq!(it.of("Anna").by(Way::App).protected(EXCHANGE), Truth::Yes);
    let unregistered = protected(Platform::Windows).but(|it| {
        it.id = None;
        it.trust = Fact::Known(None);
    });
    assert_eq!(unregistered.of("Anna").by(Way::App).to(EXCHANGE), Truth::No);
    // The policy is about apps alone.
    assert_eq!(unregistered.of("Anna").browser(Browser::Edge).to(EXCHANGE), Truth::Yes);
}

/// Android and Linux have none: the policy locks their apps out, and not their browsers.
#[test]
fn token_protection_locks_out_android_and_linux() {
    for platform in [Platform::Android, Platform::Linux] {
        let it = protected(platform).of("Anna");
        assert_eq!(it.to(EXCHANGE), Truth::Yes, "{platform:?}");
        let app = protected(platform).of("Anna").by(Way::App);
        assert_eq!(app.to(EXCHANGE), Truth::No, "{platform:?}");
        assert_eq!(app.protected(EXCHANGE), Truth::No, "{platform:?}");
        assert!(app.words.iter().any(|it| it == "“Bound” asks for token protection."), "{:?}", app.words);
    }
}

/// In a browser nothing is bound: a policy that asks all clients locks browsers out.
#[test]
fn token_protection_for_browsers_locks_them_out() {
    let all = both(&protection(), &json!({ "conditions": { "clientAppTypes": ["all"] } }));
    let it = anna(key(), Platform::Windows).access(&policy("Bound", &all));
    assert_eq!(it.of("Anna").browser(Browser::Edge).to(EXCHANGE), Truth::No);
    assert_eq!(it.of("Anna").by(Way::App).using(With::Passkey(0)).to(EXCHANGE), Truth::Yes);
}

/// For the admin portals there is a preview in Edge and Chrome on Windows 11.
#[test]
fn token_protection_in_browsers_is_a_preview() {
    let portals = json!({
        "conditions": { "applications": { "includeApplications": ["MicrosoftAdminPortals"] } },
        "sessionControls": { "secureSignInSession": { "isEnabled": true } },
    });
    let it = anna(key(), Platform::Windows).access(&policy("Bound", &portals));
    assert_eq!(it.of("Anna").browser(Browser::Edge).to(PORTALS), Truth::Unknown);
    assert_eq!(it.of("Anna").browser(Browser::Firefox).to(PORTALS), Truth::No);
    // Of the day before the preview no source says anything.
    let before = it.on("2026-08-05", "Anna").browser(Browser::Edge);
    assert_eq!(before.to(PORTALS), Truth::Unknown);
}
