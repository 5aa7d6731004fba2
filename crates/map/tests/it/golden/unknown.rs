//! What nobody said.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_map::engine::Options;
use passband_map::engine::kit::Way;
use serde_json::json;

/// A v1.0 export cannot show token protection: whether the policy asks for it, nobody can tell. Assumed away on request.
#[test]
fn an_export_through_v1_may_hide_token_protection() {
    let mut it = Tenancy::new()
        .access(&policy("MFA", &grant(&["mfa"])))
        .person("Anna", &[], vec![key()])
        .device(Platform::Android);
    if let Fact::Known(all) = &mut it.0.access {
        all[0].policy.unread.token_protection = true;
    }
    assert_eq!(it.of("Anna").to(EXCHANGE), Truth::Unknown);
    let options = Options { assume_no_token_protection: true, ..Options::at(day("2026-11-22")) };
    assert_eq!(it.with(options, "Anna").to(EXCHANGE), Truth::Yes);
}

/// Membership that nobody gave: the block may be about Anna.
#[test]
fn unknown_membership_is_unknown() {
    let users = json!({ "conditions": { "users": { "includeUsers": [], "includeGroups": [guid(9)] } } });
    let it = Tenancy::new()
        .access(&policy("Block", &both(&users, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .who(|it| it.groups = Fact::Unknown)
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
}

/// Membership decides which profile: with an open one for everybody and a stricter one for a group, everybody has the
/// open one (a profile never revokes), so it is a yes after all. With an excluded group it is not.
#[test]
fn unknown_membership_matters_only_where_it_can() {
    let open = profile(1, "deviceBound,synced", &json!({}));
    let strict = profile(2, "deviceBound", &models("allow", &[TITAN]));
    let document = json!({
        "passkeyProfiles": [open, strict], "defaultPasskeyProfile": guid(1),
        "includeTargets": [target("all_users", &[&json!(guid(1))]), target(&guid(9), &[&json!(guid(2))])],
    });
    let anna = |document: &serde_json::Value| {
        Tenancy::new()
            .passkeys(document.clone())
            .person("Anna", &[], vec![key()])
            .who(|it| it.groups = Fact::Unknown)
            .device(Platform::Windows)
    };
    assert_eq!(anna(&document).of("Anna").to(OTHER), Truth::Yes);
    let excluded = both(&document, &json!({ "excludeTargets": [{ "id": guid(8), "targetType": "group" }] }));
    assert_eq!(anna(&excluded).of("Anna").to(OTHER), Truth::Unknown);
    assert!(anna(&excluded).of("Anna").says("membershipUnknown"));
}

/// How a device is registered, nobody said: joined to the domain it would do, joined to the directory alone it would not.
#[test]
fn unknown_trust_is_unknown() {
    for (trust, truth) in [
        (Fact::Known(Some(TrustType::ServerAd)), Truth::Yes),
        (Fact::Known(Some(TrustType::AzureAd)), Truth::No),
        (Fact::Unknown, Truth::Unknown),
    ] {
        let it = Tenancy::new()
            .access(&policy("Hybrid", &grant(&["domainJoinedDevice"])))
            .person("Anna", &[], vec![key()])
            .device(Platform::Windows)
            .but(|it| it.trust = trust);
        assert_eq!(it.of("Anna").by(Way::App).to(OTHER), truth, "{trust:?}");
    }
}

/// No conditional access export is not the same as an empty one.
#[test]
fn no_export_is_not_an_empty_one() {
    let mut it = Tenancy::new().person("Anna", &[], vec![key()]).device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
    it.0.access = Fact::Unknown;
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
    assert!(it.of("Anna").says("conditionalAccessUnknown"));
}

/// No passkey policy in the export: nobody can tell whether passkeys are allowed.
#[test]
fn no_passkey_policy_is_unknown() {
    let mut it = Tenancy::new().person("Anna", &[], vec![key()]).device(Platform::Windows);
    it.0.passkeys = Fact::Unknown;
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
    assert!(it.of("Anna").says("passkeyPolicyUnknown"));
}

/// A type that nobody said, under a profile for bound passkeys alone: unknown. The model settles it, where the map knows
/// the model.
#[test]
fn an_unknown_type_is_settled_by_the_model() {
    let strange = || {
        let mut it = passkey("00112233-4455-6677-8899-aabbccddeeff", false, false);
        it.synced = Fact::Unknown;
        it
    };
    let bound = |one| {
        Tenancy::new()
            .profile(profile(1, "deviceBound", &json!({})))
            .person("Anna", &[], vec![one])
            .device(Platform::Windows)
    };
    assert_eq!(bound(strange()).of("Anna").to(OTHER), Truth::Unknown);
    assert!(bound(strange()).of("Anna").says("typeUnknown"));
    let mut yubikey = bare_key();
    yubikey.synced = Fact::Unknown;
    assert_eq!(bound(yubikey).of("Anna").to(OTHER), Truth::Yes);
}

/// A condition that this software does not know: whether the block applies, nobody can tell.
#[test]
fn what_was_not_understood_is_unknown() {
    let strange = json!({ "conditions": { "moonPhases": { "include": ["full"] } } });
    let it = Tenancy::new()
        .access(&policy("Moon", &both(&strange, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
}
