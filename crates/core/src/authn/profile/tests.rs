//! The rules one by one, and what must hold of every policy.

use super::document::PolicyError;
use super::impact::{can_sign_in, compare, keeps_an_administrator};
use super::words::{detail, for_person};
use super::*;
use crate::directory::{Evidence, Holder, Roles, User};
use crate::id::UserId;
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

mod scope;

const fn group(n: u8) -> GroupId {
    GroupId::from_bytes([n; 16])
}

const fn profile_id(n: u8) -> ProfileId {
    ProfileId::from_bytes([n; 16])
}

fn profile(n: u8) -> PasskeyProfile {
    PasskeyProfile::open(profile_id(n), &format!("P{n}"))
}

/// Group 1 may use these profiles; the first is the default.
fn policy(profiles: Vec<PasskeyProfile>) -> PasskeyPolicy {
    let ids = profiles.iter().map(|p| p.id).collect();
    PasskeyPolicy {
        include: vec![Target { who: Who::Group(group(1)), profiles: ids }],
        default_profile: profiles[0].id,
        profiles,
        ..PasskeyPolicy::default()
    }
}

const KEY: PasskeyFacts<'static> = PasskeyFacts {
    synced: false,
    aaguid: [7; 16],
    attested: false,
    evidence: EvidenceLevel::E0,
    certification: Certification::None,
    verification: &[],
};

fn decide(policy: &PasskeyPolicy, facts: &PasskeyFacts<'_>, phase: Phase) -> Result<(), Reason> {
    evaluate(policy, &[group(1)], facts, phase).decision
}

fn both(policy: &PasskeyPolicy, facts: &PasskeyFacts<'_>) -> [Result<(), Reason>; 2] {
    [Phase::Registration, Phase::SignIn].map(|phase| decide(policy, facts, phase))
}

#[test]
fn a_new_installation_takes_every_passkey_from_everybody() {
    let policy = PasskeyPolicy::default();
    for facts in [KEY, PasskeyFacts { synced: true, ..KEY }] {
        for phase in [Phase::Registration, Phase::SignIn] {
            assert_eq!(evaluate(&policy, &[], &facts, phase).decision, Ok(()));
        }
    }
    assert!(!policy.wants_attestation(&[]));
}

#[test]
fn disabled_excluded_and_out_of_scope_are_refused() {
    let good = policy(vec![profile(1)]);
    assert_eq!(both(&good, &KEY), [Ok(()); 2]);
    let off = PasskeyPolicy { enabled: false, ..good.clone() };
    assert_eq!(both(&off, &KEY), [Err(Reason::PasskeyPolicyDisabled); 2]);
    let excluded = PasskeyPolicy { exclude: vec![group(2)], ..good.clone() };
    let of = |groups: &[GroupId]| evaluate(&excluded, groups, &KEY, Phase::SignIn).decision;
    assert_eq!(of(&[group(1), group(2)]), Err(Reason::PasskeyPolicyExcluded));
    assert_eq!(of(&[group(1)]), Ok(()));
    assert_eq!(of(&[group(3)]), Err(Reason::PasskeyPolicyNotInScope));
    assert_eq!(of(&[]), Err(Reason::PasskeyPolicyNotInScope));
}

#[test]
fn a_target_without_profiles_means_the_default() {
    let mut policy = policy(vec![profile(1), profile(2)]);
    policy.profiles[0].types = PasskeyTypes { device_bound: false, synced: true };
    policy.include[0].profiles.clear();
    assert_eq!(both(&policy, &KEY), [Err(Reason::PasskeyProfileType); 2]);
    policy.default_profile = profile_id(2);
    assert_eq!(both(&policy, &KEY), [Ok(()); 2]);
}

#[test]
fn type_and_aaguid_hold_at_both_and_attestation_at_registration_only() {
    let only_bound = PasskeyTypes { device_bound: true, synced: false };
    let bound = policy(vec![PasskeyProfile { types: only_bound, ..profile(1) }]);
    assert_eq!(both(&bound, &KEY), [Ok(()); 2]);
    assert_eq!(both(&bound, &PasskeyFacts { synced: true, ..KEY }), [Err(Reason::PasskeyProfileType); 2]);

    let list = |block, aaguid| KeyRestrictions { enforced: true, block, aaguids: vec![[aaguid; 16]] };
    let restricted = |restrictions| policy(vec![PasskeyProfile { restrictions, ..profile(1) }]);
    let refused = [Err(Reason::PasskeyProfileAaguid); 2];
    assert_eq!(both(&restricted(list(false, 7)), &KEY), [Ok(()); 2]);
    assert_eq!(both(&restricted(list(false, 8)), &KEY), refused);
    assert_eq!(both(&restricted(list(true, 7)), &KEY), refused);
    assert_eq!(both(&restricted(list(true, 8)), &KEY), [Ok(()); 2]);
    let idle = KeyRestrictions { enforced: false, ..list(true, 7) };
    assert_eq!(both(&restricted(idle), &KEY), [Ok(()); 2]);

    let attested = policy(vec![PasskeyProfile { attestation: true, ..profile(1) }]);
    assert_eq!(both(&attested, &KEY), [Err(Reason::PasskeyProfileAttestation), Ok(())]);
    assert_eq!(both(&attested, &PasskeyFacts { attested: true, ..KEY }), [Ok(()); 2]);
    // Device-bound is implied, even where the types say otherwise.
    let synced = PasskeyFacts { attested: true, synced: true, ..KEY };
    assert_eq!(both(&attested, &synced), [Err(Reason::PasskeyProfileType); 2]);
}

#[test]
fn our_own_rules_ask_what_is_known_now() {
    let with = |profile| policy(vec![profile]);
    let evidence = with(PasskeyProfile { minimum_evidence: EvidenceLevel::E2, ..profile(1) });
    assert_eq!(
        both(&evidence, &PasskeyFacts { evidence: EvidenceLevel::E1, ..KEY }),
        [Err(Reason::PasskeyProfileEvidence); 2]
    );
    assert_eq!(both(&evidence, &PasskeyFacts { evidence: EvidenceLevel::E2, ..KEY }), [Ok(()); 2]);
    let certified = with(PasskeyProfile { minimum_certification: Certification::L2, ..profile(1) });
    let facts = |certification| PasskeyFacts { certification, ..KEY };
    assert_eq!(
        both(&certified, &facts(Certification::L1plus)),
        [Err(Reason::PasskeyProfileCertification); 2]
    );
    assert_eq!(both(&certified, &facts(Certification::L2plus)), [Ok(()); 2]);

    let methods = vec!["fingerprint_internal".to_owned(), "faceprint_internal".to_owned()];
    let verified = with(PasskeyProfile { verification_methods: methods, ..profile(1) });
    let ways = |ways: &[&str]| ways.iter().map(|way| (*way).to_owned()).collect::<Vec<_>>();
    for (known, good) in [
        (ways(&["fingerprint_internal"]), true),
        (ways(&["fingerprint_internal", "faceprint_internal", "presence_internal", "all"]), true),
        // The PIN it falls back to may have been what was used.
        (ways(&["fingerprint_internal", "passcode_external"]), false),
        (ways(&["presence_internal", "none"]), false),
        (ways(&[]), false),
    ] {
        let wanted = if good { Ok(()) } else { Err(Reason::PasskeyProfileVerification) };
        assert_eq!(both(&verified, &PasskeyFacts { verification: &known, ..KEY }), [wanted; 2], "{known:?}");
    }
}

#[test]
fn conditions_of_two_profiles_are_not_mixed() {
    let list = KeyRestrictions { enforced: true, block: false, aaguids: vec![[7; 16]] };
    let bound = PasskeyTypes { device_bound: true, synced: false };
    let synced = PasskeyTypes { device_bound: false, synced: true };
    // The first has the right type, the second the right model; neither has both.
    let other = KeyRestrictions { aaguids: vec![[8; 16]], ..list.clone() };
    let both_needed = policy(vec![
        PasskeyProfile { types: bound, restrictions: other, ..profile(1) },
        PasskeyProfile { types: synced, restrictions: list, ..profile(2) },
    ]);
    assert!(decide(&both_needed, &KEY, Phase::SignIn).is_err());
}

#[test]
fn a_draft_says_what_it_would_do_in_the_place_of_its_profile() {
    let strict = PasskeyProfile {
        state: ProfileState::ReportOnly,
        replaces: Some(profile_id(1)),
        minimum_evidence: EvidenceLevel::E3,
        ..profile(9)
    };
    // It is reached through the profile it replaces; no target names it.
    let mut policy = policy(vec![profile(1), strict]);
    policy.include[0].profiles = vec![profile_id(1)];
    let report = |policy: &PasskeyPolicy, facts: &PasskeyFacts<'_>| {
        let verdict = evaluate(policy, &[group(1)], facts, Phase::SignIn);
        assert_eq!(verdict.decision, Ok(()));
        verdict.drafts.iter().map(|draft| draft.would_allow).collect::<Vec<_>>()
    };
    assert_eq!(report(&policy, &KEY), [false]);
    assert_eq!(report(&policy, &PasskeyFacts { evidence: EvidenceLevel::E3, ..KEY }), [true]);
    assert!(policy.wants_attestation(&[group(1)]), "a draft without evidence to look at reports nothing");
    // Another profile that stays would still accept the passkey.
    policy.profiles.push(profile(2));
    policy.include[0].profiles.push(profile_id(2));
    assert_eq!(report(&policy, &KEY), [true]);
    // A draft beside the others, replacing none, can only add.
    policy.profiles[1].replaces = None;
    assert_eq!(report(&policy, &KEY), Vec::<bool>::new());
    policy.include[0].profiles.push(profile_id(9));
    assert_eq!(report(&policy, &KEY), [true]);
}

#[test]
fn a_refusal_names_profile_and_rule_in_codes_and_in_words() {
    let bound = PasskeyTypes { device_bound: true, synced: false };
    let admins = PasskeyProfile {
        name: "Admins".to_owned(),
        types: bound,
        minimum_evidence: EvidenceLevel::E2,
        restrictions: KeyRestrictions { enforced: true, block: false, aaguids: vec![[9; 16]] },
        ..profile(1)
    };
    let policy = policy(vec![admins, PasskeyProfile { types: bound, ..profile(2) }]);
    let verdict = evaluate(&policy, &[group(1)], &PasskeyFacts { synced: true, ..KEY }, Phase::SignIn);
    assert_eq!(verdict.decision, Err(Reason::PasskeyProfileType));
    assert_eq!(verdict.nearest().unwrap().profile.name, "P2");
    assert_eq!(
        detail(&verdict),
        "profile \"Admins\": passkeyTypes, keyRestrictions, passband_minimumEvidence; profile \"P2\": passkeyTypes"
    );
    let told = for_person(&verdict);
    assert!(told.contains("profile “Admins” asks for a passkey that stays on one device"), "{told}");
    assert!(told.contains("Or the profile “P2” asks for a passkey that stays on one device"), "{told}");
    // Which models are listed is not for everybody to read.
    assert!(!told.contains("0909"), "{told}");
    assert_eq!(for_person(&evaluate(&policy, &[group(1)], &KEY, Phase::SignIn)), "");
}

fn holder(admin: bool, passkeys: &[(u8, bool)]) -> Holder {
    let id = UserId::from_bytes([1; 16]);
    let passkey = |(n, synced): &(u8, bool)| Passkey {
        id: vec![*n],
        user: id,
        public_key: Vec::new(),
        sign_count: 0,
        backup_eligible: *synced,
        backup_state: *synced,
        aaguid: [*n; 16],
        format: "none".to_owned(),
        attestation_object: Vec::new(),
        client_data: Vec::new(),
        transports: Vec::new(),
        name: format!("Key {n}"),
        rp_id: "localhost".to_owned(),
        evidence: Evidence::default(),
        created: Timestamp(0),
        last_used: None,
        made_by: String::new(),
    };
    let user = User {
        id,
        upn: "ada@localhost".to_owned(),
        display_name: "Ada".to_owned(),
        enabled: true,
        roles: if admin { Roles::GLOBAL } else { Roles::NONE },
        break_glass: false,
        handle: Vec::new(),
        created: Timestamp(0),
    };
    Holder { user, groups: vec![group(1)], passkeys: passkeys.iter().map(passkey).collect() }
}

#[test]
fn a_change_says_whom_it_touches_before_it_is_made() {
    let now = policy(vec![profile(1)]);
    let bound = PasskeyTypes { device_bound: true, synced: false };
    let then = policy(vec![PasskeyProfile { types: bound, ..profile(1) }]);
    let two = holder(false, &[(1, true), (2, false)]);
    let touched = compare(&now, &then, &two).unwrap();
    assert_eq!(touched.refused.len(), 1);
    assert_eq!((touched.refused[0].0.id[0], touched.refused[0].1), (1, Reason::PasskeyProfileType));
    assert!(!touched.stranded && touched.allowed.is_empty());
    let one = holder(true, &[(1, true)]);
    assert!(compare(&now, &then, &one).unwrap().stranded);
    let back = compare(&then, &now, &one).unwrap();
    assert_eq!((back.allowed.len(), back.stranded), (1, false));
    assert_eq!(compare(&now, &now, &one), None);
    assert_eq!(compare(&now, &then, &holder(false, &[(2, false)])), None);

    let admins = [one];
    assert!(can_sign_in(&now, &admins[0]) && !can_sign_in(&then, &admins[0]));
    assert_eq!(keeps_an_administrator((&now, &admins), (&then, &admins)), Err(Reason::PolicyLocksOut));
    assert_eq!(keeps_an_administrator((&then, &admins), (&then, &admins)), Ok(()), "nothing to lose");
    let two = [two];
    assert_eq!(keeps_an_administrator((&now, &two), (&then, &two)), Ok(()), "nobody administers");
}

#[test]
fn what_is_written_is_read_again_and_nothing_else() {
    let full = PasskeyProfile {
        types: PasskeyTypes { device_bound: true, synced: false },
        attestation: true,
        restrictions: KeyRestrictions { enforced: true, block: true, aaguids: vec![[7; 16]] },
        minimum_evidence: EvidenceLevel::E3,
        minimum_certification: Certification::L1plus,
        verification_methods: vec!["fingerprint_internal".to_owned()],
        ..profile(2)
    };
    let draft =
        PasskeyProfile { state: ProfileState::ReportOnly, replaces: Some(profile_id(2)), ..profile(3) };
    let mut policy = policy(vec![full, profile(1), draft]);
    policy.exclude = vec![group(4)];
    let written = policy.to_graph();
    assert_eq!(PasskeyPolicy::from_graph(&written).unwrap(), policy);
    assert_eq!(written["isAttestationEnforced"], true);
    assert_eq!(written["keyRestrictions"]["enforcementType"], "block");

    for (pointer, bad, word) in [
        ("/state", "unknownFutureValue", "unknownFutureValue"),
        ("/passkeyProfiles/1/passkeyTypes", "deviceBound,floating", "passkeyTypes"),
        ("/passkeyProfiles/0/passkeyTypes", "deviceBound,synced", "cannot be attested"),
        ("/passkeyProfiles/1/attestationEnforcement", "always", "always"),
        ("/passkeyProfiles/1/passband_minimumEvidence", "E4", "passband_minimumEvidence"),
        ("/passkeyProfiles/1/passband_minimumCertification", "L9", "passband_minimumCertification"),
        ("/passkeyProfiles/0/passband_userVerificationMethods/0", "presence_internal", "presence_internal"),
        ("/passkeyProfiles/2/passband_replaces", "00000000-0000-0000-0000-0000000000aa", "passband_replaces"),
        ("/passkeyProfiles/1/id", "02020202-0202-0202-0202-020202020202", "twice"),
        ("/passkeyProfiles/1/name", " ", "name"),
        ("/passkeyProfiles/0/keyRestrictions/aaGuids/0", "yubikey", "yubikey"),
        ("/defaultPasskeyProfile", "03030303-0303-0303-0303-030303030303", "defaultPasskeyProfile"),
        ("/includeTargets/0/targetType", "user", "targetType"),
        ("/includeTargets/0/id", "everyone", "everyone"),
        (
            "/includeTargets/0/allowedPasskeyProfiles/0",
            "00000000-0000-0000-0000-0000000000aa",
            "allowedPasskeyProfiles",
        ),
        ("/excludeTargets/0/id", "all_users", "all_users"),
        ("/id", "Sms", "Sms"),
    ] {
        let mut changed = written.clone();
        *changed.pointer_mut(pointer).unwrap() = bad.into();
        let error = PasskeyPolicy::from_graph(&changed).unwrap_err().to_string();
        assert!(error.contains(word), "{pointer} {error}");
    }
    let mut report_only = written.clone();
    report_only["includeTargets"][0]["allowedPasskeyProfiles"] =
        serde_json::json!(["03030303-0303-0303-0303-030303030303"]);
    PasskeyPolicy::from_graph(&report_only).unwrap_err();
}

fn patched(policy: &PasskeyPolicy, patch: serde_json::Value) -> Result<PasskeyPolicy, document::PolicyError> {
    policy.patched(patch.as_object().unwrap())
}

#[test]
fn a_change_replaces_what_it_names_and_the_old_properties_mean_the_default_profile() {
    use serde_json::json;
    let before = policy(vec![profile(1), profile(2)]);
    let after = patched(&before, json!({ "state": "disabled" })).unwrap();
    assert_eq!(after, PasskeyPolicy { enabled: false, ..before.clone() });

    let restrictions = json!({ "isEnforced": true, "enforcementType": "allow",
        "aaGuids": ["07070707-0707-0707-0707-070707070707"] });
    let old = json!({ "isAttestationEnforced": true, "keyRestrictions": restrictions });
    let after = patched(&before, old).unwrap();
    assert!(after.profiles[0].attestation && !after.profiles[0].types.synced);
    assert_eq!(after.profiles[0].restrictions.aaguids, [[7; 16]]);
    assert_eq!(after.profiles[1], before.profiles[1]);

    // What was read can be posted back as it stands, annotations and all.
    let mut export = after.to_graph();
    export["@odata.type"] = document::TYPE.into();
    export["includeTargets@odata.context"] = "https://example.org/$metadata".into();
    export["includeTargets"][0]["@odata.type"] = "#microsoft.graph.passkeyAuthenticationMethodTarget".into();
    assert_eq!(patched(&before, export.clone()).unwrap(), after);
    // Two halves of one document that say different things.
    export["isAttestationEnforced"] = false.into();
    let error = patched(&before, export).unwrap_err();
    assert_eq!(error, document::PolicyError::Mirror("isAttestationEnforced"));
    // Profiles alone carry the old properties along.
    let profiles = json!({ "passkeyProfiles": after.to_graph()["passkeyProfiles"] });
    assert_eq!(patched(&before, profiles).unwrap(), after);

    for bad in [
        json!({ "sate": "enabled" }),
        json!({ "state": null }),
        json!({ "isSelfServiceRegistrationAllowed": 1 }),
        json!({ "includeTargets": [["all_users", "group"]] }),
        json!({ "includeTargets": [{ "id": "all_users", "targetType": "group", "isRegistrationRequired": true }] }),
        json!({ "includeTargets": [{ "id": "all_users", "targetType": "group", "colour": "red" }] }),
        json!({ "keyRestrictions": [true, "allow", []] }),
        json!({ "passkeyProfiles": [] }),
        json!({ "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration" }),
    ] {
        patched(&before, bad.clone()).expect_err(&bad.to_string());
    }
    let many: Vec<_> = (0..1000).map(|n| format!("00000000-0000-0000-0000-{n:012}")).collect();
    let large =
        json!({ "keyRestrictions": { "isEnforced": false, "enforcementType": "block", "aaGuids": many } });
    assert_eq!(patched(&before, large).unwrap_err(), document::PolicyError::TooLarge);
}

prop_compose! {
    // Mostly lenient, or hardly any passkey would satisfy one and the properties would say nothing.
    fn any_profile()(
        n in 1..=3_u8,
        device_bound in prop::bool::weighted(0.8),
        synced in prop::bool::weighted(0.8),
        attestation in prop::bool::weighted(0.2),
        listed in prop::option::weighted(0.2, (any::<bool>(), 0..3_u8)),
        level in prop_oneof![4 => Just(0_i64), 1 => 1..4_i64],
        certification in prop_oneof![4 => Just(0_usize), 1 => 1..7_usize],
        verification in prop::option::weighted(0.2, 0..2_usize),
        draft in prop::option::weighted(0.3, prop::option::of(1..=3_u8)),
    ) -> PasskeyProfile {
        let methods = ["fingerprint_internal", "passcode_external"];
        PasskeyProfile {
            types: PasskeyTypes { device_bound, synced },
            attestation,
            restrictions: listed.map_or_else(KeyRestrictions::default, |(block, aaguid)| {
                KeyRestrictions { enforced: true, block, aaguids: vec![[aaguid; 16]] }
            }),
            minimum_evidence: EvidenceLevel::from_i64(level),
            minimum_certification: Certification::ALL[certification],
            verification_methods: verification.iter().map(|n| methods[*n].to_owned()).collect(),
            state: if draft.is_some() { ProfileState::ReportOnly } else { ProfileState::Enforced },
            replaces: draft.flatten().map(profile_id),
            ..profile(n)
        }
    }
}

prop_compose! {
    fn any_policy()(
        profiles in prop::collection::vec(any_profile(), 1..5),
        include in prop::collection::vec((0..3_u8, prop::collection::vec(1..=3_u8, 0..3)), 1..4),
        exclude in prop::option::weighted(0.2, 1..4_u8),
        default in 1..=3_u8,
    ) -> PasskeyPolicy {
        let include = include.into_iter().map(|(who, profiles)| Target {
            who: if who == 0 { Who::Everyone } else { Who::Group(group(who)) },
            profiles: profiles.into_iter().map(profile_id).collect(),
        });
        PasskeyPolicy {
            include: include.collect(),
            exclude: exclude.into_iter().map(group).collect(),
            default_profile: profile_id(default),
            profiles,
            ..PasskeyPolicy::default()
        }
    }
}

type Subject = (Vec<GroupId>, bool, u8, bool, EvidenceLevel, Certification, Vec<String>);

prop_compose! {
    fn any_subject()(
        groups in prop::collection::vec(1..4_u8, 0..3),
        synced: bool,
        aaguid in 0..3_u8,
        attested: bool,
        level in 0..5_i64,
        certification in 0..7_usize,
        ways in prop::sample::subsequence(vec!["fingerprint_internal", "passcode_external", "none"], 0..3),
    ) -> Subject {
        let groups = groups.into_iter().map(group).collect();
        let ways = ways.into_iter().map(str::to_owned).collect();
        (groups, synced, aaguid, attested, EvidenceLevel::from_i64(level), Certification::ALL[certification], ways)
    }
}

fn facts((_, synced, aaguid, attested, evidence, certification, ways): &Subject) -> PasskeyFacts<'_> {
    PasskeyFacts {
        synced: *synced,
        aaguid: [*aaguid; 16],
        attested: *attested,
        evidence: *evidence,
        certification: *certification,
        verification: ways,
    }
}

fn outcome(policy: &PasskeyPolicy, subject: &Subject, phase: Phase) -> Result<(), Reason> {
    evaluate(policy, &subject.0, &facts(subject), phase).decision
}

proptest! {
    #[test]
    fn excluded_wins(mut policy in any_policy(), subject in any_subject(), member in 1..4_u8) {
        policy.exclude.push(group(member));
        if subject.0.contains(&group(member)) {
            for phase in [Phase::Registration, Phase::SignIn] {
                prop_assert_eq!(outcome(&policy, &subject, phase), Err(Reason::PasskeyPolicyExcluded));
            }
        }
    }

    #[test]
    fn report_only_profiles_never_change_the_outcome(policy in any_policy(), subject in any_subject()) {
        let mut without = policy.clone();
        without.profiles.retain(|p| p.state == ProfileState::Enforced);
        for phase in [Phase::Registration, Phase::SignIn] {
            prop_assert_eq!(outcome(&policy, &subject, phase), outcome(&without, &subject, phase));
        }
    }

    #[test]
    fn a_draft_says_what_enforcing_it_in_the_place_of_its_profile_says(
        mut policy in any_policy(),
        subject in any_subject(),
        (base, draft) in (any_profile(), any_profile()),
    ) {
        let place = profile_id(50);
        let base = PasskeyProfile { id: place, state: ProfileState::Enforced, replaces: None, ..base };
        let swapped = PasskeyProfile { id: place, state: ProfileState::Enforced, replaces: None, ..draft.clone() };
        let id = profile_id(51);
        let draft = PasskeyProfile { id, state: ProfileState::ReportOnly, replaces: Some(place), ..draft };
        policy.include.push(Target { who: Who::Everyone, profiles: vec![place] });
        policy.profiles.push(base);
        let mut then = policy.clone();
        policy.profiles.push(draft);
        if let Some(last) = then.profiles.last_mut() {
            *last = swapped;
        }
        for phase in [Phase::Registration, Phase::SignIn] {
            let verdict = evaluate(&policy, &subject.0, &facts(&subject), phase);
            let report = verdict.drafts.iter().find(|draft| draft.finding.profile.id == id);
            prop_assert_eq!(report.is_some(), policy.admits(&subject.0).is_ok());
            if let Some(report) = report {
                prop_assert_eq!(report.would_allow, outcome(&then, &subject, phase).is_ok());
            }
        }
    }

    #[test]
    fn one_profile_satisfied_is_enough_and_none_is_too_few(policy in any_policy(), subject in any_subject()) {
        for phase in [Phase::Registration, Phase::SignIn] {
            let verdict = evaluate(&policy, &subject.0, &facts(&subject), phase);
            if policy.admits(&subject.0).is_ok() {
                let satisfied = verdict.findings.iter().any(Finding::satisfied);
                prop_assert_eq!(verdict.decision.is_ok(), satisfied);
                prop_assert_eq!(detail(&verdict).chars().count() <= 400, true);
                prop_assert_eq!(for_person(&verdict).is_empty(), satisfied);
            } else {
                prop_assert!(verdict.decision.is_err() && verdict.findings.is_empty());
            }
        }
    }

    #[test]
    fn adding_a_profile_takes_nothing_away(
        policy in any_policy(),
        subject in any_subject(),
        mut more in any_profile(),
    ) {
        more.id = profile_id(99);
        more.state = ProfileState::Enforced;
        let mut wider = policy.clone();
        wider.profiles.push(more);
        let default = policy.default_profile;
        for target in &mut wider.include {
            // An empty list means the default; to add to it is to name that as well.
            if target.profiles.is_empty() {
                target.profiles.push(default);
            }
            target.profiles.push(profile_id(99));
        }
        for phase in [Phase::Registration, Phase::SignIn] {
            if outcome(&policy, &subject, phase).is_ok() {
                prop_assert_eq!(outcome(&wider, &subject, phase), Ok(()));
            }
        }
    }

    #[test]
    fn who_may_register_a_passkey_may_use_it(policy in any_policy(), subject in any_subject()) {
        if outcome(&policy, &subject, Phase::Registration).is_ok() {
            prop_assert_eq!(outcome(&policy, &subject, Phase::SignIn), Ok(()));
        }
    }
}

#[test]
fn a_policy_that_is_taken_can_be_read_again() {
    // Each target is short as it is sent, and half as long again as it is kept.
    let target =
        |n: usize| json!({ "id": format!("00000000-0000-0000-0000-{n:012}"), "targetType": "group" });
    let patched = |count: usize| {
        let patch = json!({ "includeTargets": (0..count).map(target).collect::<Vec<_>>() });
        PasskeyPolicy::default().patched(patch.as_object().unwrap())
    };
    assert_eq!(patched(200), Err(PolicyError::TooLarge));
    for count in [1, 100, 130, 150] {
        if let Ok(policy) = patched(count) {
            assert_eq!(PasskeyPolicy::from_graph(&policy.to_graph()), Ok(policy), "{count}");
        }
    }
    assert!(patched(100).is_ok());
}
