//! The rules of combining, one by one, with the answer worked out by hand.

use super::*;
use crate::policy::access::facts::{
    ClientApp, DeviceFacts, Flow, Network, PasskeyProof, Person, Platform, PlatformFact, Presented, Proof,
    Shown, Suite, Target, TrustType,
};
use crate::policy::access::location::{Country, NamedLocation, Place};
use crate::policy::access::strength::{MULTIFACTOR, Methods, Mode, RESISTS_PHISHING, WITHOUT_PASSWORD};
use crate::policy::signal::EvidenceLevel;
use crate::reason::Reason;
use passband_wire::id::{AccessPolicyId, ClientId, DeviceId, GroupId, LocationId, RoleId, UserId};
use passband_wire::time::Seconds;
use serde_json::{Value, json};
use std::slice::from_ref;

const NOW: Timestamp = Timestamp(1_800_000_000);
const ADA: UserId = UserId::from_bytes([1; 16]);
const STAFF: GroupId = GroupId::from_bytes([2; 16]);
const PILOTS: GroupId = GroupId::from_bytes([3; 16]);
const ADMIN: RoleId = RoleId::from_bytes([4; 16]);
const MAIL: ClientId = ClientId::from_bytes([5; 16]);
const OFFICE: LocationId = LocationId::from_bytes([6; 16]);
const HOME: LocationId = LocationId::from_bytes([7; 16]);

/// Ada in the office, with a passkey of this minute, on her compliant laptop, by its PRT.
fn facts() -> Facts<'static> {
    let device = DeviceFacts {
        is_compliant: Some(true),
        is_managed: Some(true),
        operating_system: Some("Windows"),
        trust_type: Some(TrustType::AzureAd),
        evidence: EvidenceLevel::E3,
        ..DeviceFacts::bare(DeviceId::from_bytes([8; 16]))
    };
    Facts {
        person: Person {
            id: ADA,
            groups: Fact::Known(&[STAFF]),
            roles: Fact::Known(&[ADMIN]),
            guest: Fact::Known(None),
        },
        target: Target { apps: &[MAIL], ..Target::default() },
        client_app: Fact::Known(ClientApp::MobileAndDesktop),
        platform: Fact::Known(PlatformFact { platform: Some(Platform::Windows), verified: true }),
        device: Fact::Known(Some(device)),
        network: Network {
            ip: Fact::Known("192.0.2.1".parse().unwrap()),
            country: Fact::Known(Country::from_code("CH")),
        },
        flow: Fact::Known(Flow::None),
        proof: Proof {
            methods: Fact::Known(Methods::from_modes(&[Mode::Fido2])),
            passkey: Fact::Known(Some(PasskeyProof::default())),
            at: Fact::Known(NOW),
        },
        presented: Presented {
            shown: Shown::SessionKey,
            binding: Fact::Known(Binding::HardwareKey),
            evidence: EvidenceLevel::E3,
        },
        at: NOW,
    }
}

/// A policy for everybody and everything, with these conditions and controls.
fn policy(conditions: Value, grant: Value, session: Value) -> Policy {
    let mut all = json!({
        "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
    });
    let members = all.as_object_mut().unwrap();
    members.extend(conditions.as_object().cloned().unwrap_or_default());
    let document = json!({
        "displayName": "P", "state": "enabled", "conditions": all, "grantControls": grant, "sessionControls": session,
    });
    Policy::from_graph(&document, AccessPolicyId::from_bytes([9; 16]))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn grant(controls: &[&str]) -> Value {
    json!({ "operator": "AND", "builtInControls": controls })
}

fn blocking(conditions: Value) -> Policy {
    policy(conditions, grant(&["block"]), Value::Null)
}

fn strong(strength: passband_wire::id::StrengthId) -> Policy {
    let grant = json!({ "operator": "OR", "authenticationStrength": { "id": strength.to_string() } });
    policy(json!({}), grant, Value::Null)
}

fn set(policies: &[Policy]) -> PolicySet {
    let office = Place::Networks { ranges: vec!["192.0.2.0/24".parse().unwrap()], trusted: true };
    let home =
        Place::Countries { countries: vec![Country::from_code("CH").unwrap()], include_unknown: false };
    let named = |id, place| NamedLocation { id, name: "L".to_owned(), place };
    PolicySet::compile(policies.to_vec(), Vec::new(), vec![named(OFFICE, office), named(HOME, home)])
}

fn kind(policies: &[Policy], facts: &Facts<'_>) -> Kind {
    evaluate(&set(policies), facts).outcome.kind()
}

fn reason(policies: &[Policy], facts: &Facts<'_>) -> Reason {
    evaluate(&set(policies), facts).outcome.permit().expect_err("a reason")
}

/// Whether a policy that blocks under these conditions blocks here.
fn matches(conditions: Value, facts: &Facts<'_>) -> bool {
    kind(&[blocking(conditions)], facts) == Kind::Refused
}

#[test]
fn without_policies_everything_passes() {
    let set = set(&[]);
    assert!(set.is_silent());
    let verdict = evaluate(&set, &Facts::nothing_about(ADA, NOW));
    assert_eq!((verdict.best, verdict.status()), (Kind::Permit, "notApplied"));
    let permit = verdict.outcome.permit().unwrap();
    assert_eq!((permit.person(), permit.at(), *permit.limits()), (ADA, NOW, Limits::default()));
    let mut off = blocking(json!({}));
    off.state = State::Disabled;
    assert_eq!(kind(&[off], &facts()), Kind::Permit);
}

#[test]
fn each_way_of_naming_people_and_applications() {
    let other = UserId::from_bytes([99; 16]).to_string();
    let facts = facts();
    for (users, expected) in [
        (json!({ "includeUsers": [ADA.to_string()] }), true),
        (json!({ "includeUsers": [other] }), false),
        (json!({ "includeUsers": ["None"] }), false),
        (json!({ "includeUsers": ["GuestsOrExternalUsers"] }), false),
        (
            json!({ "includeGroups": [PILOTS.to_string(), STAFF.to_string()] , "includeUsers": ["None"] }),
            true,
        ),
        (
            json!({ "includeRoles": [ADMIN.to_string()], "includeUsers": [] , "includeGroups": [PILOTS.to_string()] }),
            true,
        ),
        (json!({ "includeUsers": ["All"], "excludeUsers": [ADA.to_string()] }), false),
        (json!({ "includeUsers": [ADA.to_string()], "excludeGroups": [STAFF.to_string()] }), false),
        (json!({ "includeUsers": ["All"], "excludeRoles": [ADMIN.to_string()] }), false),
        (json!({ "includeUsers": ["All"], "excludeGroups": [PILOTS.to_string()] }), true),
        (json!({ "includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"] }), true),
    ] {
        assert_eq!(matches(json!({ "users": users.clone() }), &facts), expected, "{users}");
    }
    let mut guest = facts;
    guest.person.guest = Fact::Known(Some(super::super::facts::Guest::Internal));
    assert!(matches(json!({ "users": { "includeUsers": ["GuestsOrExternalUsers"] } }), &guest));
    for (apps, expected) in [
        (json!({ "includeApplications": [MAIL.to_string()] }), true),
        (json!({ "includeApplications": [other] }), false),
        (json!({ "includeApplications": ["None"] }), false),
        (json!({ "includeApplications": ["All"], "excludeApplications": [MAIL.to_string()] }), false),
        (json!({ "includeApplications": ["MicrosoftAdminPortals"] }), false),
        (json!({ "includeUserActions": ["urn:user:registersecurityinfo"] }), false),
    ] {
        assert_eq!(matches(json!({ "applications": apps.clone() }), &facts), expected, "{apps}");
    }
    let mut portal = facts;
    portal.target.suites = &[Suite::AdminPortals];
    assert!(matches(
        json!({ "applications": { "includeApplications": ["MicrosoftAdminPortals"] } }),
        &portal
    ));
    assert!(!matches(
        json!({ "applications": { "includeApplications": ["All"], "excludeApplications": ["MicrosoftAdminPortals"] } }),
        &portal
    ));
}

#[test]
fn each_other_condition() {
    let facts = facts();
    let id = |id: LocationId| id.to_string();
    for (conditions, expected) in [
        (json!({ "clientAppTypes": ["mobileAppsAndDesktopClients"] }), true),
        (json!({ "clientAppTypes": ["browser", "other"] }), false),
        (json!({ "platforms": { "includePlatforms": ["windows"] } }), true),
        (json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["windows"] } }), false),
        (json!({ "platforms": { "includePlatforms": ["linux", "macOS"] } }), false),
        (json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } }), false),
        (json!({ "locations": { "includeLocations": ["AllTrusted"] } }), true),
        (json!({ "locations": { "includeLocations": [id(HOME)] } }), true),
        (json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [id(OFFICE)] } }), false),
        (
            json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "device.isCompliant -eq True" } } }),
            true,
        ),
        (
            json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } }),
            false,
        ),
        (json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } }), false),
        (json!({ "authenticationFlows": { "transferMethods": "none" } }), true),
        (json!({ "passband_sessionBinding": { "include": ["hardwareKey"] } }), true),
        (json!({ "passband_sessionBinding": { "include": ["none", "softwareKey"] } }), false),
        (json!({ "passband_sessionBinding": { "exclude": ["hardwareKey"] } }), false),
        (json!({ "passband_sessionBinding": { "excludeMinimumEvidence": "E4" } }), true),
        (json!({ "passband_sessionBinding": { "excludeMinimumEvidence": "E3" } }), false),
    ] {
        assert_eq!(matches(conditions.clone(), &facts), expected, "{conditions}");
    }
    let mut flow = facts;
    flow.flow = Fact::Known(Flow::DeviceCode);
    assert!(matches(json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } }), &flow));
    // A cookie is bound to nothing, whatever device it was made on.
    let mut cookie = facts;
    cookie.presented.binding = Fact::Known(Binding::None);
    assert!(matches(json!({ "passband_sessionBinding": { "excludeMinimumEvidence": "E3" } }), &cookie));
    // A platform that nobody recognises is covered by all, and by nothing else.
    let mut odd = facts;
    odd.platform = Fact::Known(PlatformFact { platform: None, verified: false });
    assert!(matches(
        json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["windows"] } }),
        &odd
    ));
    assert!(!matches(json!({ "platforms": { "includePlatforms": ["windows"] } }), &odd));
}

#[test]
fn all_unmatched_conditions_are_told_and_what_rests_on_a_hint() {
    let policies = [blocking(json!({
        "users": { "includeGroups": [PILOTS.to_string()] },
        "clientAppTypes": ["browser"],
        "platforms": { "includePlatforms": ["windows"] },
        "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] },
    }))];
    let set = set(&policies);
    let mut facts = facts();
    facts.platform = Fact::Known(PlatformFact { platform: Some(Platform::Windows), verified: false });
    let verdict = evaluate(&set, &facts);
    let said = &verdict.said[0];
    let unmatched: Vec<_> = said.unmatched.iter().collect();
    assert_eq!(unmatched, [Condition::Users, Condition::ClientApps, Condition::Locations]);
    assert_eq!(said.first_unmatched(), Some(Condition::Users));
    assert_eq!(said.hinted.iter().collect::<Vec<_>>(), [Condition::Platforms]);
    assert_eq!((said.result, said.applies), (PolicyResult::NotApplied, Truth::No));
    assert_eq!(Conditions::from_bits(said.unmatched.bits()), said.unmatched);
}

#[test]
fn controls_are_joined_by_the_policys_operator() {
    let mut facts = facts();
    let one_of = |controls: &[&str]| {
        policy(json!({}), json!({ "operator": "OR", "builtInControls": controls }), Value::Null)
    };
    let both = policy(json!({}), grant(&["mfa", "compliantDevice"]), Value::Null);
    let any = one_of(&["mfa", "compliantDevice"]);
    assert_eq!(kind(from_ref(&both), &facts), Kind::Permit);
    // Signing in can mend this one.
    facts.proof.methods = Fact::Known(Methods::NONE);
    assert_eq!(reason(from_ref(&both), &facts), Reason::AccessMfaRequired);
    assert_eq!(kind(from_ref(&both), &facts), Kind::Prompt);
    assert_eq!(kind(from_ref(&any), &facts), Kind::Permit);
    // And cannot mend these.
    facts.device = Fact::Known(None);
    assert_eq!(kind(from_ref(&both), &facts), Kind::Refused);
    assert_eq!(
        reason(from_ref(&both), &facts),
        Reason::AccessDeviceNotCompliant,
        "not what a prompt would mend"
    );
    assert_eq!(kind(from_ref(&any), &facts), Kind::Prompt, "a passkey would be enough");
    facts.proof.methods = Fact::Known(Methods::from_modes(&[Mode::Fido2]));
    assert_eq!(reason(&[both], &facts), Reason::AccessDeviceNotCompliant);
    assert_eq!(kind(&[any], &facts), Kind::Permit);
    assert_eq!(
        reason(&[one_of(&["domainJoinedDevice", "compliantDevice"])], &facts),
        Reason::AccessDeviceNotCompliant
    );
}

#[test]
fn a_device_satisfies_only_while_it_is_enabled_and_reported_so() {
    let compliant = [policy(json!({}), grant(&["compliantDevice"]), Value::Null)];
    let joined = [policy(json!({}), grant(&["domainJoinedDevice"]), Value::Null)];
    let mut facts = facts();
    let Fact::Known(Some(device)) = facts.device else { panic!("a device") };
    let mut with = |device: DeviceFacts<'static>| {
        facts.device = Fact::Known(Some(device));
        (kind(&compliant, &facts), kind(&joined, &facts))
    };
    let hybrid = DeviceFacts { trust_type: Some(TrustType::ServerAd), ..device };
    assert_eq!(with(device), (Kind::Permit, Kind::Refused));
    assert_eq!(with(hybrid), (Kind::Permit, Kind::Permit));
    assert_eq!(with(DeviceFacts { enabled: false, ..hybrid }), (Kind::Refused, Kind::Refused));
    for compliance in [None, Some(false)] {
        assert_eq!(with(DeviceFacts { is_compliant: compliance, ..device }).0, Kind::Refused);
    }
}

#[test]
fn strengths_intersect_and_a_strength_that_is_not_there_is_never_satisfied() {
    let mut facts = facts();
    let policies = [strong(MULTIFACTOR), strong(RESISTS_PHISHING)];
    assert_eq!(kind(&policies, &facts), Kind::Permit);
    // Satisfies the first alone, which also stands for "the strongest wins".
    facts.proof.methods = Fact::Known(Methods::from_modes(&[Mode::TemporaryAccessPassOneTime]));
    assert_eq!(reason(&policies, &facts), Reason::AccessStrength);
    let missing = strong(passband_wire::id::StrengthId::from_bytes([77; 16]));
    let set = set(from_ref(&missing));
    assert_eq!(set.missing().len(), 1);
    assert_eq!(evaluate(&set, &super::tests::facts()).outcome.permit(), Err(Reason::AccessStrength));
}

#[test]
fn a_sign_in_grows_old_and_the_shortest_frequency_counts() {
    let frequency = |value: u32, unit: &str| {
        policy(
            json!({}),
            Value::Null,
            json!({ "signInFrequency": { "isEnabled": true, "value": value, "type": unit } }),
        )
    };
    let every = policy(
        json!({}),
        Value::Null,
        json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } }),
    );
    let (day, hours) = (frequency(1, "days"), frequency(4, "hours"));
    let mut facts = facts();
    for (policies, age, expected) in [
        (vec![day.clone()], 86_400, Kind::Permit),
        (vec![day.clone()], 86_401, Kind::Prompt),
        (vec![day.clone(), hours.clone()], 14_401, Kind::Prompt),
        (vec![hours.clone(), day.clone()], 14_400, Kind::Permit),
        (vec![every.clone()], 300, Kind::Permit),
        (vec![every.clone()], 301, Kind::Prompt),
        (vec![every.clone()], -300, Kind::Permit),
        // A proof from the future would stay fresh for ever.
        (vec![every.clone()], -301, Kind::Prompt),
        (vec![day.clone()], -301, Kind::Prompt),
    ] {
        facts.proof.at = Fact::Known(NOW - Seconds(age));
        assert_eq!(kind(&policies, &facts), expected, "{age}");
    }
    facts.proof.at = Fact::Known(NOW - Seconds::hours(5));
    let set = set(&[day, hours]);
    let verdict = evaluate(&set, &facts);
    assert_eq!(verdict.limits.frequency, Some(Seconds::hours(4)));
    assert_eq!(verdict.limits.sign_in_good_until, Some(NOW - Seconds::hours(1)));
    let Outcome::Prompt(prompt) = verdict.outcome else { panic!("a prompt") };
    assert_eq!((prompt.reason, prompt.not_older_than), (Reason::AccessSignInTooOld, Some(Seconds::hours(4))));
}

#[test]
fn token_protection_takes_what_a_session_key_or_device_key_signed_and_nothing_else() {
    let policies = [policy(json!({}), Value::Null, json!({ "secureSignInSession": { "isEnabled": true } }))];
    let mut facts = facts();
    for shown in [
        Shown::SignIn,
        Shown::CookieFromPrt,
        Shown::Cookie,
        Shown::Code,
        Shown::RefreshToken,
        Shown::AccessToken,
        Shown::SessionKey,
        Shown::DeviceKey,
    ] {
        facts.presented.shown = shown;
        for (binding, code) in
            [(Binding::HardwareKey, None), (Binding::SoftwareKey, None), (Binding::None, Some(1003))]
        {
            facts.presented.binding = Fact::Known(binding);
            let signed = matches!(shown, Shown::SessionKey | Shown::DeviceKey);
            let code = if signed { code } else { Some(1008) };
            let set = set(&policies);
            let verdict = evaluate(&set, &facts);
            assert_eq!(verdict.protection.code, code, "{shown:?} {binding:?}");
            assert_eq!(verdict.outcome.kind() == Kind::Permit, code.is_none(), "{shown:?} {binding:?}");
        }
    }
    facts.device = Fact::Known(None);
    let set = set(&policies);
    let verdict = evaluate(&set, &facts);
    assert_eq!((verdict.protection.status, verdict.protection.code), ("unbound", Some(1002)));
    assert_eq!(verdict.outcome.permit(), Err(Reason::AccessTokenUnbound));
}

#[test]
fn session_controls_are_added_up() {
    let browser = |mode: &str| {
        policy(json!({}), Value::Null, json!({ "persistentBrowser": { "mode": mode, "isEnabled": true } }))
    };
    let evaluation = |mode: &str| {
        policy(json!({}), Value::Null, json!({ "continuousAccessEvaluation": { "mode": mode } }))
    };
    let limits = |policies: &[Policy]| evaluate(&set(policies), &facts()).limits;
    assert_eq!(limits(&[browser("always")]).persistent_browser, Some(PersistentBrowser::Always));
    for both in [[browser("always"), browser("never")], [browser("never"), browser("always")]] {
        assert_eq!(limits(&both).persistent_browser, Some(PersistentBrowser::Never));
    }
    assert_eq!(limits(&[evaluation("disabled")]).continuous_evaluation, Some(ContinuousEvaluation::Disabled));
    for both in [["disabled", "strictEnforcement"], ["strictEnforcement", "disabled"]] {
        let both = both.map(evaluation);
        assert_eq!(limits(&both).continuous_evaluation, Some(ContinuousEvaluation::Strict));
    }
    let mut report = browser("never");
    report.state = State::ReportOnly;
    assert_eq!(limits(&[report]).persistent_browser, None);
}

#[test]
fn report_only_is_told_and_decides_nothing() {
    let mut block = blocking(json!({}));
    block.state = State::ReportOnly;
    let mut mfa = policy(json!({}), grant(&["mfa"]), Value::Null);
    mfa.state = State::ReportOnly;
    let mut elsewhere = blocking(json!({ "clientAppTypes": ["browser"] }));
    elsewhere.state = State::ReportOnly;
    let set = set(&[block, mfa, elsewhere]);
    let mut facts = facts();
    facts.proof.methods = Fact::Known(Methods::NONE);
    let verdict = evaluate(&set, &facts);
    let results: Vec<_> = verdict.said.iter().map(|said| said.result.graph_name()).collect();
    assert_eq!(results, ["reportOnlyFailure", "reportOnlyInterrupted", "reportOnlyNotApplied"]);
    assert_eq!((verdict.status(), verdict.outcome.kind()), ("notApplied", Kind::Permit));
}

#[test]
fn what_signing_in_cannot_mend_is_refused_and_the_first_reason_is_by_order() {
    let mut facts = facts();
    facts.proof.methods = Fact::Known(Methods::NONE);
    facts.proof.at = Fact::Known(NOW - Seconds::days(9));
    facts.presented = Presented { shown: Shown::RefreshToken, ..Presented::default() };
    facts.device = Fact::Known(None);
    let mfa = policy(json!({}), grant(&["mfa"]), Value::Null);
    let compliant = policy(json!({}), grant(&["compliantDevice"]), Value::Null);
    let old = policy(
        json!({}),
        Value::Null,
        json!({ "signInFrequency": { "isEnabled": true, "value": 1, "type": "days" } }),
    );
    let bound = policy(json!({}), Value::Null, json!({ "secureSignInSession": { "isEnabled": true } }));
    let set = set(&[old.clone(), strong(WITHOUT_PASSWORD), mfa.clone()]);
    let Outcome::Prompt(prompt) = evaluate(&set, &facts).outcome else { panic!("a prompt") };
    let need: Vec<_> = prompt.need.iter().collect();
    assert_eq!(need, [Control::Mfa, Control::Strength, Control::SignInFrequency]);
    assert_eq!(prompt.reason, Reason::AccessMfaRequired);
    assert_eq!(reason(&[old.clone(), bound.clone(), mfa.clone()], &facts), Reason::AccessTokenUnbound);
    assert_eq!(
        reason(&[bound.clone(), compliant.clone(), mfa.clone()], &facts),
        Reason::AccessDeviceNotCompliant
    );
    assert_eq!(reason(&[bound, compliant, mfa, blocking(json!({}))], &facts), Reason::AccessBlocked);
}

#[test]
fn a_strength_on_registering_takes_the_place_of_the_others() {
    let action = json!({ "applications": { "includeUserActions": ["urn:user:registersecurityinfo"] } });
    let own = |id: passband_wire::id::StrengthId| {
        policy(
            action.clone(),
            json!({ "operator": "OR", "authenticationStrength": { "id": id.to_string() } }),
            Value::Null,
        )
    };
    let mut facts = facts();
    facts.proof.methods = Fact::Known(Methods::from_modes(&[Mode::TemporaryAccessPassOneTime]));
    facts.target.action = Some(UserAction::RegisterSecurityInfo);
    let all = strong(RESISTS_PHISHING);
    assert_eq!(kind(from_ref(&all), &facts), Kind::Prompt);
    assert_eq!(kind(&[all.clone(), own(MULTIFACTOR)], &facts), Kind::Permit);
    assert_eq!(kind(&[own(RESISTS_PHISHING), all.clone()], &facts), Kind::Prompt);
    // A draft takes nobody's place, nor does one that does not apply.
    let (mut draft, mut elsewhere) = (own(MULTIFACTOR), own(MULTIFACTOR));
    draft.state = State::ReportOnly;
    elsewhere.conditions.exclude_people.users.push(ADA);
    assert_eq!(kind(&[all.clone(), draft, elsewhere], &facts), Kind::Prompt);
    // Everything else of the others is still asked.
    assert_eq!(kind(&[blocking(json!({})), own(MULTIFACTOR)], &facts), Kind::Refused);
    facts.target.action = None;
    assert_eq!(kind(&[all, own(MULTIFACTOR)], &facts), Kind::Prompt, "only while registering");
}

#[test]
fn a_device_that_is_being_registered_is_not_asked_to_be_compliant() {
    let mut facts = facts();
    (facts.device, facts.presented) =
        (Fact::Known(None), Presented { binding: Fact::Known(Binding::None), ..Presented::default() });
    let demanding = policy(
        json!({}),
        grant(&["compliantDevice", "mfa"]),
        json!({ "secureSignInSession": { "isEnabled": true } }),
    );
    assert_eq!(kind(from_ref(&demanding), &facts), Kind::Refused);
    facts.target.action = Some(UserAction::RegisterDevice);
    let set = set(from_ref(&demanding));
    let verdict = evaluate(&set, &facts);
    assert_eq!(verdict.outcome.kind(), Kind::Permit);
    assert_eq!(verdict.said[0].waived.iter().count(), 2);
    assert!(!verdict.limits.token_protection);
    facts.proof.methods = Fact::Known(Methods::NONE);
    assert_eq!(kind(&[demanding], &facts), Kind::Prompt, "the rest is still asked");
    let rule = json!({ "applications": { "includeUserActions": ["urn:user:registerdevice"] } });
    assert!(matches(rule, &facts) && matches(json!({}), &facts));
}

#[test]
fn of_what_nobody_knows_the_worst_decides_and_the_best_is_told() {
    let both = |policies: &[Policy], facts: &Facts<'_>| {
        let set = set(policies);
        let verdict = evaluate(&set, facts);
        (verdict.outcome.kind(), verdict.best)
    };
    let nothing = Facts::nothing_about(ADA, NOW);
    for policy in [
        blocking(json!({ "users": { "includeGroups": [STAFF.to_string()] } })),
        blocking(json!({ "users": { "includeUsers": ["All"], "excludeGroups": [STAFF.to_string()] } })),
        blocking(json!({ "platforms": { "includePlatforms": ["windows"] } })),
        blocking(json!({ "locations": { "includeLocations": [HOME.to_string()] } })),
        blocking(
            json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [OFFICE.to_string()] } }),
        ),
        blocking(
            json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } }),
        ),
        blocking(json!({ "passband_sessionBinding": { "include": ["none"] } })),
        policy(json!({}), grant(&["compliantDevice"]), Value::Null),
    ] {
        assert_eq!(both(from_ref(&policy), &nothing), (Kind::Refused, Kind::Permit), "{policy:?}");
    }
    for policy in [
        policy(json!({}), grant(&["mfa"]), Value::Null),
        strong(MULTIFACTOR),
        policy(
            json!({}),
            Value::Null,
            json!({ "signInFrequency": { "isEnabled": true, "value": 1, "type": "days" } }),
        ),
    ] {
        assert_eq!(both(from_ref(&policy), &nothing), (Kind::Prompt, Kind::Permit), "{policy:?}");
    }
    // What is certain stays so: an app that is named, a person who is excluded by name.
    assert_eq!(both(&[blocking(json!({}))], &nothing), (Kind::Refused, Kind::Refused));
    let excluded =
        json!({ "users": { "includeGroups": [STAFF.to_string()], "excludeUsers": [ADA.to_string()] } });
    assert_eq!(both(&[blocking(excluded)], &nothing), (Kind::Permit, Kind::Permit));
    // A policy that may not apply widens nothing.
    let perhaps = json!({ "users": { "includeUsers": ["All"], "excludeGroups": [STAFF.to_string()] } });
    let always =
        policy(perhaps, Value::Null, json!({ "persistentBrowser": { "mode": "always", "isEnabled": true } }));
    assert_eq!(evaluate(&set(&[always]), &nothing).limits.persistent_browser, None);
}

#[test]
fn an_unregistered_device_under_fail_closed() {
    let mut facts = facts();
    facts.device = Fact::Known(None);
    let rule =
        |mode: &str, rule: &str| json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } });
    for (mode, text, documented) in [
        // "Block what is reported as not compliant": as documented this lets the unregistered device through.
        ("include", "device.isCompliant -eq False", Kind::Permit),
        ("include", "device.isCompliant -ne True", Kind::Refused),
        ("exclude", "device.isCompliant -eq True", Kind::Refused),
        ("exclude", "device.isCompliant -ne False", Kind::Permit),
    ] {
        let mut policy = blocking(rule(mode, text));
        assert_eq!(kind(from_ref(&policy), &facts), documented, "{mode} {text}");
        policy.unknown_device = super::super::model::UnknownDevice::FailClosed;
        assert_eq!(kind(&[policy], &facts), Kind::Refused, "{mode} {text}");
    }
}

#[test]
fn a_location_that_is_not_there_decides_for_the_worst() {
    let gone = LocationId::from_bytes([55; 16]).to_string();
    let include = blocking(json!({ "locations": { "includeLocations": [gone] } }));
    let exclude =
        blocking(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [gone] } }));
    for policy in [include, exclude] {
        let set = set(&[policy]);
        assert_eq!(set.missing().len(), 1);
        assert_eq!(evaluate(&set, &facts()).outcome.kind(), Kind::Refused);
    }
}
