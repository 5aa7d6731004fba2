//! What holds of any tenant.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_map::model::{Browser, Passkey};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// A profile: its types, and a list that allows or blocks models.
type Shape = (&'static str, Option<(&'static str, Vec<&'static str>)>);

/// A tenant of one person in a few numbers.
#[derive(Clone, Debug)]
struct Recipe {
    profiles: Vec<Shape>,
    /// Whom a target names, 0 for everybody, and by their places the profiles it gives.
    targets: Vec<(u8, Vec<u8>)>,
    excluded: Vec<u8>,
    groups: Vec<u8>,
    passkeys: Vec<u8>,
    policies: Vec<(Value, &'static str)>,
    platform: Platform,
    trust: Option<TrustType>,
    old: bool,
    compliant: bool,
    managed: bool,
}

const GROUPS: [u8; 3] = [0x11, 0x12, 0x13];
const RESOURCES: [&str; 6] = [EXCHANGE, "SharePoint Online", TEAMS, PORTALS, OTHER, REGISTER];

fn profiles() -> impl Strategy<Value = Vec<Shape>> {
    let list = (select(vec!["allow", "block"]), subsequence(vec![YUBIKEY, TITAN, APPLE], 0..=3));
    let types = select(vec!["deviceBound", "synced", "deviceBound,synced"]);
    proptest::collection::vec((types, proptest::option::of(list)), 1..4)
}

fn policies() -> impl Strategy<Value = Vec<(Value, &'static str)>> {
    let users = json!({ "conditions": { "users": { "includeUsers": [], "includeGroups": [guid(0x11)] } } });
    let filter = |rule: &str| json!({ "conditions": { "devices": { "deviceFilter": { "mode": "include", "rule": rule } } } });
    let office = json!({ "conditions": { "applications": { "includeApplications": ["Office365"] } } });
    let risk = json!({ "conditions": { "signInRiskLevels": ["high"] } });
    let menu = vec![
        grant(&["mfa"]),
        grant(&["compliantDevice", "domainJoinedDevice"]),
        wants_strength(4),
        protection(),
        both(&users, &grant(&["block"])),
        both(&office, &grant(&["compliantDevice"])),
        both(&risk, &grant(&["block"])),
        both(&filter("device.isCompliant -ne True"), &grant(&["block"])),
        both(&filter("device.trustType -eq \"AzureAD\""), &grant(&["block"])),
        both(
            &json!({ "conditions": { "platforms": { "includePlatforms": ["android"] } } }),
            &grant(&["block"]),
        ),
    ];
    let state =
        select(vec!["enabled", "enabled", "enabled", "disabled", "enabledForReportingButNotEnforced"]);
    proptest::collection::vec((select(menu), state), 0..4)
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let targets = proptest::collection::vec((0u8..4, subsequence(vec![0u8, 1, 2], 0..=3)), 0..3);
    let place = (
        select(vec![Platform::Windows, Platform::MacOs, Platform::Ios, Platform::Android, Platform::Linux]),
        select(vec![None, Some(TrustType::AzureAd), Some(TrustType::ServerAd), Some(TrustType::Workplace)]),
        any::<[bool; 3]>(),
    );
    let who = (
        subsequence(GROUPS.to_vec(), 0..=1),
        subsequence(GROUPS.to_vec(), 0..=3),
        proptest::collection::vec(0u8..5, 1..3),
    );
    (profiles(), targets, who, policies(), place).prop_map(
        |(profiles, targets, (excluded, groups, passkeys), policies, (platform, trust, bits))| Recipe {
            profiles,
            targets,
            excluded,
            groups,
            passkeys,
            policies,
            platform,
            trust,
            old: bits[0],
            compliant: bits[1],
            managed: bits[2],
        },
    )
}

fn some_passkey(kind: u8) -> Passkey {
    match kind {
        0 => key(),
        1 => bare_key(),
        2 => apple(),
        3 => passkey(TITAN, false, true),
        _ => passkey(AUTHENTICATOR, false, true),
    }
}

impl Recipe {
    fn document(&self) -> Value {
        let profiles: Vec<_> = self
            .profiles
            .iter()
            .enumerate()
            .map(|(at, (types, list))| {
                let more = list.as_ref().map_or(json!({}), |(kind, models_of)| models(kind, models_of));
                profile(u8::try_from(at).unwrap() + 1, types, &more)
            })
            .collect();
        let count = u8::try_from(profiles.len()).unwrap();
        let mut targets: Vec<(String, Vec<Value>)> = Vec::new();
        for (who, of) in &self.targets {
            let id = if *who == 0 { "all_users".to_owned() } else { guid(GROUPS[usize::from(*who) - 1]) };
            let of = of.iter().filter(|at| **at < count).map(|at| json!(guid(at + 1))).collect();
            if !targets.iter().any(|it| it.0 == id) {
                targets.push((id, of));
            }
        }
        let targets: Vec<_> =
            targets.iter().map(|(id, of)| target(id, &of.iter().collect::<Vec<_>>())).collect();
        let excluded: Vec<_> =
            self.excluded.iter().map(|n| json!({ "id": guid(*n), "targetType": "group" })).collect();
        json!({
            "passkeyProfiles": profiles, "defaultPasskeyProfile": guid(1), "includeTargets": targets,
            "excludeTargets": excluded,
        })
    }

    fn tenancy(&self) -> Tenancy {
        let mut it = Tenancy::new().passkeys(self.document());
        for (at, (more, state)) in self.policies.iter().enumerate() {
            it = it.access(&policy(&format!("Policy {at}"), &both(more, &json!({ "state": state }))));
        }
        let passkeys = self.passkeys.iter().map(|kind| some_passkey(*kind)).collect();
        it.person("Anna", &self.groups, passkeys).device(self.platform).but(|device| {
            device.trust = Fact::Known(self.trust);
            device.compliant = Fact::Known(self.compliant);
            device.managed = Fact::Known(self.managed);
            device.filtered.manufacturer = Some("Google".to_owned());
            if self.trust.is_none() {
                device.id = None;
            }
            if self.old {
                device.os_version = Some("10.0.17763".to_owned());
            }
        })
    }
}

fn answers(it: &Tenancy) -> Vec<Truth> {
    let answers = it.of("Anna");
    RESOURCES.iter().map(|resource| answers.to(resource)).collect()
}

const fn rank(truth: Truth) -> u8 {
    match truth {
        Truth::No => 0,
        Truth::Unknown => 1,
        Truth::Yes => 2,
    }
}

fn no_better(after: &Tenancy, before: &Tenancy) -> Result<(), TestCaseError> {
    let (after, before) = (answers(after), answers(before));
    for (a, b) in after.iter().zip(&before) {
        prop_assert!(rank(*a) <= rank(*b), "{before:?} became {after:?}");
    }
    Ok(())
}

/// Forgets something; which, the number says.
fn forget(it: Tenancy, what: u8) -> Tenancy {
    match what {
        0 => it.who(|it| it.groups = Fact::Unknown),
        1 => it.who(|it| it.guest = Fact::Unknown),
        2 => it.who(|it| it.passkeys = Fact::Unknown),
        3 => it.but(|it| it.compliant = Fact::Unknown),
        4 => it.but(|it| it.trust = Fact::Unknown),
        5 => it.but(|it| it.managed = Fact::Unknown),
        6 => it.but(|it| it.sso = Fact::Unknown),
        7 => it.but(|it| it.os_version = None),
        8 => it.but(|it| it.browsers = Fact::Unknown),
        9 => it.but(|it| it.platform = Fact::Unknown),
        10 => it.but(|it| it.filtered.manufacturer = None),
        11 => it.who(|it| it.enabled = Fact::Unknown),
        12 => it.but(|it| it.enabled = Fact::Unknown),
        13..=15 => it.who(|it| {
            if let Fact::Known(all) = &mut it.passkeys {
                match what {
                    13 => all[0].aaguid = Fact::Unknown,
                    14 => all[0].synced = Fact::Unknown,
                    _ => all[0].attested = Fact::Unknown,
                }
            }
        }),
        _ => {
            let mut it = it;
            it.0.access = Fact::Unknown;
            it
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Excluding somebody from the passkey policy gives nobody anything. (From a conditional access policy it may.)
    #[test]
    fn an_exclusion_from_passkeys_never_grants(recipe in recipe(), n in select(GROUPS.to_vec())) {
        let mut after = recipe.clone();
        if !after.excluded.contains(&n) {
            after.excluded.push(n);
        }
        no_better(&after.tenancy(), &recipe.tenancy())?;
    }

    /// A profile more takes nothing from anybody.
    #[test]
    fn a_profile_more_never_revokes(recipe in recipe(), more in profiles()) {
        let mut after = recipe.clone();
        after.profiles.push(more[0].clone());
        let place = u8::try_from(after.profiles.len() - 1).unwrap();
        for (_, of) in &mut after.targets {
            // A target without profiles has the default one; named beside the new one, it keeps it. Places of profiles
            // that were not there meant nothing and must not come to mean the new one.
            of.retain(|at| *at < place);
            if of.is_empty() {
                of.push(0);
            }
            of.push(place);
        }
        no_better(&recipe.tenancy(), &after.tenancy())?;
    }

    /// A report-only policy changes no decision.
    #[test]
    fn report_only_never_changes_a_decision(recipe in recipe(), more in policies()) {
        let mut after = recipe.clone();
        after.policies.extend(more.into_iter().map(|(it, _)| (it, "enabledForReportingButNotEnforced")));
        prop_assert_eq!(answers(&after.tenancy()), answers(&recipe.tenancy()));
    }

    /// No policy allows: one more gives nobody anything.
    #[test]
    fn a_policy_more_never_grants(recipe in recipe(), more in policies()) {
        // But one on registering takes the place of others, by a rule of its own; none here names it.
        let mut after = recipe.clone();
        after.policies.extend(more);
        no_better(&after.tenancy(), &recipe.tenancy())?;
    }

    /// What is certain is possible.
    #[test]
    fn the_worst_case_is_never_better_than_the_best(recipe in recipe(), gaps in proptest::collection::vec(0u8..17, 0..4)) {
        let it = gaps.into_iter().filter(|it| *it != 2).fold(recipe.tenancy(), forget);
        for attempt in it.of("Anna").attempts {
            prop_assert_eq!(attempt.yes & !attempt.maybe, 0);
            prop_assert_eq!(attempt.protected & !attempt.perhaps_protected, 0);
            prop_assert!(attempt.yes == attempt.maybe || !attempt.whys.is_empty(), "no reason: {:?}", attempt);
        }
    }

    /// Whatever turns out to be so lies between the worst and the best case of not knowing it.
    #[test]
    fn what_is_found_out_lies_between(recipe in recipe(), gaps in proptest::collection::vec(0u8..17, 1..4)) {
        let known = answers(&recipe.tenancy());
        let mut gaps = gaps;
        // There is no first passkey left to forget something of.
        gaps.sort_unstable_by_key(|it| (*it == 2, *it));
        let gaps_told = format!("{gaps:?}");
        let guessed = answers(&gaps.into_iter().fold(recipe.tenancy(), forget));
        for (known, guessed) in known.iter().zip(&guessed) {
            let fits = *guessed == Truth::Unknown || known == guessed;
            prop_assert!(fits, "{gaps_told}: {guessed:?}, but {known:?}");
        }
    }

    /// The order of everything means nothing.
    #[test]
    fn order_means_nothing(recipe in recipe()) {
        let mut turned = recipe.clone();
        turned.policies.reverse();
        turned.groups.reverse();
        turned.targets.reverse();
        turned.passkeys.reverse();
        let mut turned = turned.tenancy();
        if let Fact::Known(it) = &mut turned.0.passkeys {
            it.policy.profiles.reverse();
        }
        turned = turned.but(|it| it.browsers = Fact::Known(Browser::ALL.iter().rev().copied().collect()));
        // Of two targets for the same people only the first is kept by the document, so turn only those without.
        let mut seen: Vec<u8> = recipe.targets.iter().map(|it| it.0).collect();
        seen.sort_unstable();
        seen.dedup();
        prop_assume!(seen.len() == recipe.targets.len());
        prop_assert_eq!(answers(&turned), answers(&recipe.tenancy()));
    }
}
