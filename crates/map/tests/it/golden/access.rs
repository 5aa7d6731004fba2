//! Conditional access.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Guest, Platform, Truth};
use passband_core::policy::access::strength::Mode;
use passband_map::engine::kit::Way;
use passband_map::engine::memo::With;
use passband_map::model::Browser;
use serde_json::json;

/// `Office365` covers Exchange, SharePoint and Teams, and nothing else: there it blocks.
#[test]
fn the_office_group_is_three_applications() {
    let office = json!({ "conditions": { "applications": { "includeApplications": ["Office365"] } } });
    let it = Tenancy::new()
        .access(&policy("No Office", &both(&office, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    for (resource, truth) in
        [(EXCHANGE, Truth::No), ("SharePoint Online", Truth::No), (TEAMS, Truth::No), (OTHER, Truth::Yes)]
    {
        assert_eq!(it.of("Anna").to(resource), truth, "{resource}");
    }
    assert!(it.of("Anna").words.iter().any(|it| it == "“No Office” blocks it."));
}

/// Forms is a member of the suite, so a policy on `Office365` is about it; an application of one's own is not. That they are
/// told apart at all takes a policy that names them.
#[test]
fn a_named_member_of_the_office_group_is_in_it() {
    let office = json!({ "conditions": { "applications": { "includeApplications": ["Office365"] } } });
    let named = json!({ "conditions": { "applications": { "includeApplications": [
        "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", "0af06dc6-e4b5-4f28-818e-e78e62d137a5", guid(77)] } } });
    let it = Tenancy::new()
        .access(&policy("No Office", &both(&office, &grant(&["block"]))))
        .access(&policy("MFA", &both(&named, &grant(&["mfa"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to("Microsoft Forms"), Truth::No);
    assert_eq!(it.of("Anna").to("Windows 365"), Truth::Yes);
    assert_eq!(it.of("Anna").to(&format!("application {}", guid(77))), Truth::Yes);
}

/// Everything is blocked except Exchange, which is excluded by its id.
#[test]
fn an_excluded_application_is_spared() {
    let but = json!({ "conditions": { "applications": {
        "includeApplications": ["All"], "excludeApplications": ["00000002-0000-0ff1-ce00-000000000000"] } } });
    let it = Tenancy::new()
        .access(&policy("Block", &both(&but, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(EXCHANGE), Truth::Yes);
    assert_eq!(it.of("Anna").to(TEAMS), Truth::No);
}

/// Report-only blocks nobody.
#[test]
fn report_only_decides_nothing() {
    let state = json!({ "state": "enabledForReportingButNotEnforced" });
    let it = Tenancy::new()
        .access(&policy("Block", &both(&state, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}

/// One policy grants on multifactor authentication, another blocks: block wins, in either order.
#[test]
fn block_beats_every_grant() {
    let (mfa, block) = (policy("MFA", &grant(&["mfa"])), policy("Block", &grant(&["block"])));
    for order in [[&mfa, &block], [&block, &mfa]] {
        let it = order
            .into_iter()
            .fold(Tenancy::new(), |it, one| it.access(one))
            .person("Anna", &[], vec![key()])
            .device(Platform::Windows);
        assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    }
}

/// Somebody excluded from the block by group gets through; somebody included and not excluded does not.
#[test]
fn an_exclusion_from_a_block_beats_its_inclusion() {
    let users = json!({ "conditions": { "users": { "excludeGroups": [guid(9)] } } });
    let it = Tenancy::new()
        .access(&policy("Block", &both(&users, &grant(&["block"]))))
        .person("Anna", &[9], vec![key()])
        .device(Platform::Windows)
        .person("Ben", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
    assert_eq!(it.of("Ben").to(OTHER), Truth::No);
}

/// Two strengths with a model each: every one has to be satisfied, no key has both models, so nobody gets in. With one
/// model in common, that model does.
#[test]
fn strengths_intersect() {
    let with = |first: &[&str], second: &[&str]| {
        Tenancy::new()
            .strength(0x21, &["fido2"], first)
            .strength(0x22, &["fido2"], second)
            .access(&policy("A", &wants_strength(0x21)))
            .access(&policy("B", &wants_strength(0x22)))
            .person("Anna", &[], vec![key(), passkey(TITAN, false, true)])
            .device(Platform::Windows)
    };
    assert_eq!(with(&[YUBIKEY], &[TITAN]).of("Anna").to(OTHER), Truth::No);
    let common = with(&[YUBIKEY, TITAN], &[TITAN]);
    assert_eq!(common.of("Anna").using(With::Passkey(0)).to(OTHER), Truth::No);
    assert_eq!(common.of("Anna").using(With::Passkey(1)).to(OTHER), Truth::Yes);
}

/// A strength that lists models takes a synced passkey of one of them: it has no selector for the type (`policy.md`
/// §2.2).
#[test]
fn a_strength_cannot_tell_synced_from_bound() {
    let it = Tenancy::new()
        .strength(0x21, &["fido2"], &[APPLE])
        .access(&policy("A", &wants_strength(0x21)))
        .person("Anna", &[], vec![apple(), key()])
        .device(Platform::MacOs);
    assert_eq!(it.of("Anna").using(With::Passkey(0)).to(OTHER), Truth::Yes);
    assert_eq!(it.of("Anna").using(With::Passkey(1)).to(OTHER), Truth::No);
}

/// A policy that names a strength which was not exported is satisfied by nothing.
#[test]
fn a_strength_that_is_not_there_is_never_satisfied() {
    let it = Tenancy::new()
        .access(&policy("Lost", &wants_strength(0x77)))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
}

/// Compliant or hybrid joined: either is enough. Both: neither alone is.
#[test]
fn compliant_or_hybrid() {
    use passband_core::policy::access::facts::TrustType::ServerAd;
    let with = |operator: &str, hybrid: bool, compliant: bool| {
        let controls = json!({ "grantControls": {
            "operator": operator, "builtInControls": ["compliantDevice", "domainJoinedDevice"] } });
        let it = Tenancy::new()
            .access(&policy("Devices", &controls))
            .person("Anna", &[], vec![key()])
            .device(Platform::Windows)
            .but(|it| it.compliant = Fact::Known(compliant));
        let it = if hybrid { it.but(|it| it.trust = Fact::Known(Some(ServerAd))) } else { it };
        it.of("Anna").by(Way::App).to(OTHER)
    };
    assert_eq!(with("OR", true, false), Truth::Yes);
    assert_eq!(with("OR", false, true), Truth::Yes);
    assert_eq!(with("OR", false, false), Truth::No);
    assert_eq!(with("AND", true, false), Truth::No);
    assert_eq!(with("AND", true, true), Truth::Yes);
}

/// A policy on a role is about who holds it; about somebody whose roles were not exported, nobody can tell.
#[test]
fn roles_that_were_not_exported_are_not_none() {
    let admin = "62e90394-69f5-4237-9190-012177145e10";
    let users = json!({ "conditions": { "users": { "includeUsers": [], "includeRoles": [admin] } } });
    let it = Tenancy::new()
        .access(&policy("No admins", &both(&users, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .who(|it| it.roles = Fact::Known(vec![admin.parse().unwrap()]))
        .device(Platform::Windows)
        .person("Ben", &[], vec![key()])
        .device(Platform::Windows)
        .person("Cleo", &[], vec![key()])
        .who(|it| it.roles = Fact::Unknown)
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
    assert_eq!(it.of("Ben").to(OTHER), Truth::Yes);
    assert_eq!(it.of("Cleo").to(OTHER), Truth::Unknown);
    assert!(it.of("Cleo").says("policyUnsure"));
}

/// A guest signs in at home: with what, nobody knows. So a policy for multifactor authentication may be satisfied; one
/// that blocks guests does; without any, they get in.
#[test]
fn guests_prove_themselves_at_home() {
    let guest = |it: Tenancy| {
        it.person("Anna", &[], vec![])
            .who(|it| it.guest = Fact::Known(Some(Guest::CollaborationGuest)))
            .device(Platform::Windows)
    };
    assert_eq!(guest(Tenancy::new()).of("Anna").to(OTHER), Truth::Yes);
    let mfa = Tenancy::new().access(&policy("MFA", &grant(&["mfa"])));
    assert_eq!(guest(mfa).of("Anna").to(OTHER), Truth::Unknown);
    let users = json!({ "conditions": { "users": { "includeUsers": ["GuestsOrExternalUsers"] } } });
    let block = Tenancy::new().access(&policy("No guests", &both(&users, &grant(&["block"]))));
    assert_eq!(guest(block).of("Anna").to(OTHER), Truth::No);
}

/// A block for risky sign-ins: nobody can tell whether this one is, so nobody can tell whether it blocks.
#[test]
fn risk_is_unknown() {
    let risk = json!({ "conditions": { "signInRiskLevels": ["high"] } });
    let it = Tenancy::new()
        .access(&policy("Risk", &both(&risk, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
    assert!(it.of("Anna").says("policyUnsure"));
}

/// A policy that asks for multifactor authentication when there is risk takes a passkey either way.
#[test]
fn risk_does_not_matter_where_its_control_is_satisfied() {
    let risk = json!({ "conditions": { "signInRiskLevels": ["high"] } });
    let it = Tenancy::new()
        .access(&policy("Risk", &both(&risk, &grant(&["mfa"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}

/// Several sign-in frequencies: they sign in now, so none is in the way.
#[test]
fn frequencies_are_met_by_signing_in() {
    let every = |n: u8| {
        json!({ "sessionControls": { "signInFrequency": { "isEnabled": true, "value": n, "type": "hours",
            "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased" } } })
    };
    let always = json!({ "sessionControls": { "signInFrequency": { "isEnabled": true, "value": null, "type": null,
        "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "everyTime" } } });
    let it = Tenancy::new()
        .access(&policy("Hour", &every(1)))
        .access(&policy("Day", &every(24)))
        .access(&policy("Always", &always))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}

/// Only browsers are blocked: the app of the same device is not.
#[test]
fn kinds_of_client_are_told_apart() {
    let apps = json!({ "conditions": { "clientAppTypes": ["browser"] } });
    let it = Tenancy::new()
        .access(&policy("No browsers", &both(&apps, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").browser(Browser::Edge).to(OTHER), Truth::No);
    assert_eq!(it.of("Anna").by(Way::App).to(OTHER), Truth::Yes);
}

/// All platforms but Windows are blocked.
#[test]
fn platforms_are_told_apart() {
    let platforms = json!({ "conditions": { "platforms": {
        "includePlatforms": ["all"], "excludePlatforms": ["windows"] } } });
    let it = Tenancy::new()
        .access(&policy("Windows only", &both(&platforms, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows)
        .device(Platform::Linux);
    assert_eq!(it.of("Anna").platform(Platform::Windows).to(OTHER), Truth::Yes);
    assert_eq!(it.of("Anna").platform(Platform::Linux).to(OTHER), Truth::No);
}

/// A place that nobody gave: whether the block outside the office applies, nobody can tell.
#[test]
fn the_network_is_unknown_unless_said() {
    use passband_core::policy::access::location::NamedLocation;
    let location = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
        "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24" }],
    });
    let outside = json!({ "conditions": { "locations": {
        "includeLocations": ["All"], "excludeLocations": [guid(7)] } } });
    let mut it = Tenancy::new()
        .access(&policy("Outside", &both(&outside, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    it.0.locations.push(NamedLocation::from_graph(&location, guid(7).parse().unwrap()).unwrap());
    assert_eq!(it.of("Anna").to(OTHER), Truth::Unknown);
    for (ip, truth) in [("192.0.2.1", Truth::Yes), ("198.51.100.1", Truth::No)] {
        let mut options = passband_map::engine::Options::at(day("2026-11-22"));
        options.network.ip = Fact::Known(ip.parse().unwrap());
        assert_eq!(it.with(options, "Anna").to(OTHER), truth, "{ip}");
    }
}

/// To register security information, a strength on that action takes the place of one on everything (`policy.md` §2.2):
/// with a pass Anna gets there, and nowhere else.
#[test]
fn a_strength_on_the_action_is_preferred() {
    let action = json!({ "conditions": { "applications": {
        "includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"] } } });
    let mut it = Tenancy::new()
        .access(&policy("Everything", &wants_strength(4)))
        .access(&policy("Registering", &both(&action, &wants_strength(2))))
        .person("Anna", &[], vec![])
        .methods(&[Mode::TemporaryAccessPassOneTime])
        .device(Platform::Windows);
    it.0.methods.push(super::methods::method(
        "TemporaryAccessPass",
        &[Mode::TemporaryAccessPassOneTime],
        true,
    ));
    assert_eq!(it.of("Anna").to(REGISTER), Truth::Yes);
    assert_eq!(it.of("Anna").to(OTHER), Truth::No);
}

/// The admin portals are a set of their own.
#[test]
fn admin_portals_are_told_apart() {
    let portals =
        json!({ "conditions": { "applications": { "includeApplications": ["MicrosoftAdminPortals"] } } });
    let it = Tenancy::new()
        .access(&policy("Portals", &both(&portals, &grant(&["block"]))))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    assert_eq!(it.of("Anna").to(PORTALS), Truth::No);
    assert_eq!(it.of("Anna").to(OTHER), Truth::Yes);
}
