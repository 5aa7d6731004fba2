//! Devices, and filters on them.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, Truth};
use passband_map::engine::kit::Way;
use passband_map::model::Browser;
use serde_json::{Value, json};

fn filter(mode: &str, rule: &str) -> Value {
    let filter = json!({ "conditions": { "devices": { "deviceFilter": { "mode": mode, "rule": rule } } } });
    policy("Filter", &both(&filter, &grant(&["block"])))
}

fn anna(document: &Value) -> Tenancy {
    Tenancy::new().access(document).person("Anna", &[], vec![key()]).device(Platform::Windows)
}

/// On a device that is not registered every property is null. A negative operator matches null: blocked. A positive one
/// does not: not blocked (`policy.md` §2.1).
#[test]
fn negative_operators_match_what_is_not_registered() {
    let unregistered = |document: &Value| {
        anna(document).but(|it| {
            it.id = None;
            it.trust = Fact::Known(None);
        })
    };
    let negative = filter("include", "device.isCompliant -ne True");
    let positive = filter("include", "device.isCompliant -eq True");
    assert_eq!(unregistered(&negative).of("Anna").to(OTHER), Truth::No);
    assert_eq!(unregistered(&positive).of("Anna").to(OTHER), Truth::Yes);
    // The same of a compliant device is the other way around.
    assert_eq!(anna(&negative).of("Anna").by(Way::App).to(OTHER), Truth::Yes);
    assert_eq!(anna(&positive).of("Anna").by(Way::App).to(OTHER), Truth::No);
}

/// A filter that excludes compliant devices from the block spares Anna in Edge, which shows the device; Chrome on Windows
/// shows it only with an extension or a policy, so nobody can tell.
#[test]
fn a_browser_has_to_show_the_device() {
    let it = anna(&filter("exclude", "device.isCompliant -eq True"));
    assert_eq!(it.of("Anna").browser(Browser::Edge).to(OTHER), Truth::Yes);
    assert_eq!(it.of("Anna").browser(Browser::Chrome).to(OTHER), Truth::Unknown);
}

/// Compliance that nobody said: a compliant device may be there. Of one that certainly is not, it is not.
#[test]
fn unknown_compliance_is_unknown() {
    let wanted = policy("Compliant", &grant(&["compliantDevice"]));
    let unknown = anna(&wanted).but(|it| it.compliant = Fact::Unknown);
    assert_eq!(unknown.of("Anna").by(Way::App).to(OTHER), Truth::Unknown);
    let not = anna(&wanted).but(|it| it.compliant = Fact::Known(false));
    assert_eq!(not.of("Anna").by(Way::App).to(OTHER), Truth::No);
    assert!(not.of("Anna").words.iter().any(|it| it == "“Compliant” asks for a compliant device."));
}

/// A device that is disabled cannot sign in through its broker; a browser on it still is a browser, without a device.
#[test]
fn a_disabled_device_is_none() {
    let free = Tenancy::new().person("Anna", &[], vec![key()]).device(Platform::Windows);
    let free = free.but(|it| it.enabled = Fact::Known(false));
    assert_eq!(free.of("Anna").by(Way::App).to(OTHER), Truth::No);
    assert!(free.of("Anna").says("deviceDisabled"));
    assert_eq!(free.of("Anna").browser(Browser::Edge).to(OTHER), Truth::Yes);
    let strict = anna(&policy("Compliant", &grant(&["compliantDevice"])));
    let strict = strict.but(|it| it.enabled = Fact::Known(false));
    assert_eq!(strict.of("Anna").to(OTHER), Truth::No);
}

/// A disabled account is a no everywhere, whatever it has.
#[test]
fn a_disabled_account_is_a_no() {
    let it = Tenancy::new()
        .person("Anna", &[], vec![key()])
        .who(|it| it.enabled = Fact::Known(false))
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert!(it.of("Anna").says("accountDisabled"));
}

/// Devices were exported and none is Anna's: hers, if any, is not registered, so not compliant. Without any export of
/// devices nobody can tell.
#[test]
fn no_device_is_not_an_unknown_one() {
    let wanted = policy("Compliant", &grant(&["compliantDevice"]));
    let known = Tenancy::new().access(&wanted).person("Ben", &[], vec![]).device(Platform::Windows).person(
        "Anna",
        &[],
        vec![key()],
    );
    assert_eq!(known.of("Anna").to(OTHER), Truth::No);
    let unknown = Tenancy::new().access(&wanted).person("Anna", &[], vec![key()]);
    assert_eq!(unknown.of("Anna").to(OTHER), Truth::Unknown);
}

/// Whether the device is registered at all, nobody said.
#[test]
fn unknown_registration_is_unknown() {
    let it = anna(&policy("Compliant", &grant(&["compliantDevice"]))).but(|it| {
        it.trust = Fact::Unknown;
        it.id = None;
    });
    assert_eq!(it.of("Anna").by(Way::App).to(OTHER), Truth::Unknown);
}

/// A filter on a model finds the device of that model and no other.
#[test]
fn filters_read_properties() {
    let document = filter("include", "device.model -startsWith \"Surface\"");
    let surface = anna(&document).but(|it| it.filtered.model = Some("Surface Pro".to_owned()));
    let other = anna(&document).but(|it| it.filtered.model = Some("Latitude".to_owned()));
    assert_eq!(surface.of("Anna").by(Way::App).to(OTHER), Truth::No);
    assert_eq!(other.of("Anna").by(Way::App).to(OTHER), Truth::Yes);
}
