//! Ways of signing in other than passkeys.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_core::policy::access::strength::Mode;
use passband_map::engine::memo::With;
use passband_map::model::Method;
use serde_json::Value;

/// A method of the methods policy, for everybody.
pub(crate) fn method(name: &str, modes: &[Mode], enabled: bool) -> Method {
    Method {
        name: name.to_owned(),
        modes: modes.to_vec(),
        enabled,
        everyone: true,
        include: Vec::new(),
        exclude: Vec::new(),
        raw: Value::Null,
    }
}

/// A pass is multifactor, and resists no phishing: the first policy is satisfied, the second is not.
#[test]
fn a_pass_alone_is_not_phishing_resistant() {
    let with = |n: u8| {
        let mut it = Tenancy::new()
            .access(&policy("Strength", &wants_strength(n)))
            .person("Anna", &[], vec![])
            .methods(&[Mode::TemporaryAccessPassOneTime])
            .device(Platform::Windows);
        it.0.methods.push(method("TemporaryAccessPass", &[Mode::TemporaryAccessPassOneTime], true));
        it.of("Anna").to(OTHER)
    };
    assert_eq!(with(2), Truth::Yes);
    assert_eq!(with(4), Truth::No);
}

/// Only those whom the method includes can use a pass, even if somebody made them one.
#[test]
fn a_pass_needs_the_methods_policy() {
    let mut it = Tenancy::new()
        .person("Anna", &[], vec![])
        .methods(&[Mode::TemporaryAccessPassOneTime])
        .device(Platform::Windows);
    it.0.methods.push(method("TemporaryAccessPass", &[Mode::TemporaryAccessPassOneTime], false));
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    // Nobody said what the methods policy has.
    it.0.methods.clear();
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
}

/// Windows Hello for Business resists phishing, on the joined device it was set up on; not on a Mac, not on a Windows
/// computer that is only registered.
#[test]
fn hello_for_business_satisfies_phishing_resistance_where_it_is() {
    let with = |platform, trust| {
        Tenancy::new()
            .access(&policy("Strong", &wants_strength(4)))
            .person("Anna", &[], vec![])
            .methods(&[Mode::Password, Mode::WindowsHelloForBusiness])
            .device(platform)
            .but(|it| it.trust = Fact::Known(Some(trust)))
            .of("Anna")
            .to(OTHER)
    };
    assert_eq!(with(Platform::Windows, TrustType::AzureAd), Truth::Yes);
    assert_eq!(with(Platform::Windows, TrustType::Workplace), Truth::No);
    assert_eq!(with(Platform::MacOs, TrustType::AzureAd), Truth::No);
}

/// A password and a text message are two factors; a password alone is one.
#[test]
fn a_password_needs_a_second_factor() {
    let with = |modes: &[Mode]| {
        let mut it = Tenancy::new()
            .access(&policy("MFA", &grant(&["mfa"])))
            .person("Anna", &[], vec![])
            .methods(modes)
            .device(Platform::Windows);
        it.0.methods.push(method("Sms", &[Mode::Sms], true));
        it.of("Anna").to(OTHER)
    };
    assert_eq!(with(&[Mode::Password, Mode::Sms]), Truth::Yes);
    assert_eq!(with(&[Mode::Password]), Truth::No);
}

/// Without a passkey and without a method there is nothing to try.
#[test]
fn nothing_is_nothing() {
    let it = Tenancy::new().person("Anna", &[], vec![]).device(Platform::Windows);
    assert!(it.of("Anna").attempts.is_empty());
}

/// Passkeys that nobody exported may be there.
#[test]
fn passkeys_not_exported_are_not_none() {
    let it = Tenancy::new()
        .access(&policy("Strong", &wants_strength(4)))
        .person("Anna", &[], vec![])
        .who(|it| it.passkeys = Fact::Unknown)
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").using(With::SomePasskey).to(OTHER), Truth::Unknown);
    assert!(it.of("Anna").says("passkeysUnknown"));
}

/// A second factor alone cannot begin a sign-in.
#[test]
fn a_second_factor_alone_is_no_way_in() {
    let mut it =
        Tenancy::new().person("Anna", &[], vec![]).methods(&[Mode::SoftwareOath]).device(Platform::Windows);
    it.0.methods.push(method("SoftwareOath", &[Mode::SoftwareOath], true));
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert!(it.of("Anna").says("noMethod"));
}
