//! Passkey profiles.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, Truth};
use passband_map::engine::memo::With;
use serde_json::json;

/// Anna is in a group with two profiles: synced of any model, and device-bound of one model. Her Titan key is
/// device-bound (only the second takes that) but not that model (only the first takes it): no profile takes both, so no.
/// Mixed, they would. Ben's YubiKey satisfies the second alone: yes.
#[test]
fn profiles_are_not_mixed() {
    let synced = profile(1, "synced", &json!({}));
    let yubikeys = profile(2, "deviceBound", &models("allow", &[YUBIKEY]));
    let it = Tenancy::new()
        .passkeys(json!({
            "passkeyProfiles": [synced, yubikeys], "defaultPasskeyProfile": guid(1),
            "includeTargets": [target(&guid(9), &[&json!(guid(1)), &json!(guid(2))])],
        }))
        .person("Anna", &[9], vec![passkey(TITAN, false, true)])
        .device(Platform::Windows)
        .person("Ben", &[9], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert_eq!(it.of("Ben").to(OTHER), Truth::Yes);
}

/// Two groups with a profile each; Anna is in both. One is enough (rule 3): the open one takes her Titan. Ben is only in
/// the strict one: no.
#[test]
fn one_profile_of_several_groups_is_enough() {
    let open = profile(1, "deviceBound,synced", &json!({}));
    let strict = profile(2, "deviceBound", &models("allow", &[YUBIKEY]));
    let it = Tenancy::new()
        .passkeys(json!({
            "passkeyProfiles": [open, strict], "defaultPasskeyProfile": guid(1),
            "includeTargets": [target(&guid(8), &[&json!(guid(1))]), target(&guid(9), &[&json!(guid(2))])],
        }))
        .person("Anna", &[8, 9], vec![passkey(TITAN, false, true)])
        .device(Platform::Windows)
        .person("Ben", &[9], vec![passkey(TITAN, false, true)])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
    assert_eq!(it.of("Ben").to(OTHER), Truth::No);
    assert!(it.of("Ben").says("profileAaguid"));
}

/// Anna is included as everybody and excluded by a group: excluded wins (rule 1).
#[test]
fn an_excluded_group_wins() {
    let it = Tenancy::new()
        .passkeys(json!({ "excludeTargets": [{ "id": guid(9), "targetType": "group" }] }))
        .person("Anna", &[9], vec![key()])
        .device(Platform::Windows)
        .person("Ben", &[8], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert!(it.of("Anna").says("passkeysExcluded"));
    assert_eq!(it.of("Ben").to(OTHER), Truth::Yes);
}

/// Attestation is asked at registration alone (rule 6): Anna's unattested key keeps working. But the profile implies
/// device-bound (rule 5): Ben's synced passkey does not.
#[test]
fn attestation_after_the_fact_spares_what_is_bound() {
    let it = Tenancy::new()
        .profile(profile(1, "deviceBound", &json!({ "attestationEnforcement": "registrationOnly" })))
        .person("Anna", &[], vec![bare_key()])
        .device(Platform::MacOs)
        .person("Ben", &[], vec![apple()])
        .device(Platform::MacOs);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
    assert_eq!(it.of("Ben").to(OTHER), Truth::No);
    assert!(it.of("Ben").says("profileType"));
}

/// A blocked model is refused at every sign-in, whatever was true when it was registered; another is not.
#[test]
fn a_blocked_model_is_locked_out() {
    let it = Tenancy::new()
        .profile(profile(1, "deviceBound,synced", &models("block", &[YUBIKEY])))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows)
        .person("Ben", &[], vec![passkey(TITAN, false, true)])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert_eq!(it.of("Ben").to(OTHER), Truth::Yes);
}

/// A list that is not enforced restricts nothing.
#[test]
fn a_list_that_is_not_enforced_is_none() {
    let mut list = models("allow", &[TITAN]);
    list["keyRestrictions"]["isEnforced"] = json!(false);
    let it = Tenancy::new()
        .profile(profile(1, "deviceBound", &list))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}

/// The policy is switched off: nobody has passkeys. Anna's other method, WHfB, is not governed by it.
#[test]
fn switched_off_means_off() {
    use passband_core::policy::access::strength::Mode;
    let it = Tenancy::new()
        .passkeys(json!({ "state": "disabled" }))
        .person("Anna", &[], vec![key()])
        .methods(&[Mode::WindowsHelloForBusiness])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").using(With::Passkey(0)).to(OTHER), Truth::No);
    assert_eq!(it.of("Anna").using(With::Others).to(OTHER), Truth::Yes);
}

/// A target without profiles has the default one.
#[test]
fn a_target_without_profiles_has_the_default_one() {
    let default = profile(1, "deviceBound", &json!({}));
    let other = profile(2, "synced", &json!({}));
    let it = Tenancy::new()
        .passkeys(json!({
            "passkeyProfiles": [default, other], "defaultPasskeyProfile": guid(1),
            "includeTargets": [target("all_users", &[])],
        }))
        .person("Anna", &[], vec![key(), apple()])
        .device(Platform::MacOs);
    assert_eq!(it.of("Anna").using(With::Passkey(0)).to(OTHER), Truth::Yes);
    assert_eq!(it.of("Anna").using(With::Passkey(1)).to(OTHER), Truth::No);
}

/// Somebody whom no target covers has no passkeys, whatever the profiles say.
#[test]
fn nobody_named_is_nobody_covered() {
    let it = Tenancy::new()
        .passkeys(json!({ "includeTargets": [target(&guid(9), &[])] }))
        .person("Anna", &[8], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert!(it.of("Anna").says("passkeysNotInScope"));
}

/// An old export without attestation: device-bound only, or, since its migration in 2026, both (`policy.md` §1.3). So
/// Anna's synced passkey may work; Ben's key does, either way.
#[test]
fn a_migration_may_have_let_synced_passkeys_in() {
    let mut it = Tenancy::new()
        .profile(profile(1, "deviceBound", &json!({})))
        .person("Anna", &[], vec![apple()])
        .device(Platform::MacOs)
        .person("Ben", &[], vec![key()])
        .device(Platform::MacOs);
    let opened = Tenancy::new().profile(profile(1, "deviceBound,synced", &json!({})));
    if let (Fact::Known(old), Fact::Known(new)) = (&mut it.0.passkeys, opened.0.passkeys) {
        old.opened = Some(new.policy);
    }
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
    assert!(it.of("Anna").says("migrationUnknown"));
    assert_eq!(it.of("Ben").to(OTHER), Truth::Yes);
}

/// A passkey whose model nobody said, under an allow list: it may be on it. Under a list that blocks nothing it has, the
/// type alone decides: yes.
#[test]
fn an_unknown_model_may_be_on_the_list() {
    let unknown = || {
        let mut it = key();
        it.aaguid = Fact::Unknown;
        it
    };
    let listed = Tenancy::new()
        .profile(profile(1, "deviceBound", &models("allow", &[YUBIKEY])))
        .person("Anna", &[], vec![unknown()])
        .device(Platform::Windows);
    assert_eq!(listed.of("Anna").to(OTHER), Truth::Unknown);
    assert!(listed.of("Anna").says("modelUnknown"));
}

/// Attestation proves that a key is not copied: an attested passkey of which nobody said the type is device-bound.
#[test]
fn an_attested_passkey_is_bound() {
    let mut it = key();
    it.synced = Fact::Unknown;
    let it = Tenancy::new()
        .profile(profile(1, "deviceBound", &json!({})))
        .person("Anna", &[], vec![it])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}
