//! What holds of any policies and any request.

use passband_core::id::{AccessPolicyId, ClientId, DeviceId, GroupId, LocationId, RoleId, UserId};
use passband_core::policy::access::document::Version;
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Flow, Network, Ownership, PasskeyProof, Person, Platform, PlatformFact,
    Presented, Proof, Shown, Target, TrustType, Truth, UserAction,
};
use passband_core::policy::access::filter::Filter;
use passband_core::policy::access::location::{Country, NamedLocation, Place};
use passband_core::policy::access::model::{
    Applications, Conditions, ContinuousEvaluation, DeviceFilter, Frequency, Grant, Operator, People,
    PersistentBrowser, Places, Platforms, SessionBinding, SessionControls, State, TransferMethods,
    UnknownDevice, Unread,
};
use passband_core::policy::access::strength::{KeyBinding, MULTIFACTOR, Methods, Mode, RESISTS_PHISHING};
use passband_core::policy::access::verdict::Kind;
use passband_core::policy::access::{Facts, Policy, PolicySet, evaluate};
use passband_core::policy::signal::{Binding, EvidenceLevel};
use passband_core::time::{Seconds, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const NOW: Timestamp = Timestamp(1_800_000_000);
const USERS: [UserId; 2] = [UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16])];
const GROUPS: [GroupId; 3] =
    [GroupId::from_bytes([3; 16]), GroupId::from_bytes([4; 16]), GroupId::from_bytes([5; 16])];
const ROLES: [RoleId; 1] = [RoleId::from_bytes([6; 16])];
const APPS: [ClientId; 2] = [ClientId::from_bytes([7; 16]), ClientId::from_bytes([8; 16])];
const OFFICE: LocationId = LocationId::from_bytes([9; 16]);
const HOME: LocationId = LocationId::from_bytes([10; 16]);
/// One that is not there.
const LOST: LocationId = LocationId::from_bytes([11; 16]);

const RULES: [&str; 5] = [
    "device.isCompliant -eq True",
    "device.isCompliant -ne True",
    r#"device.operatingSystem -startsWith "Win" -and device.trustType -eq "AzureAD""#,
    r#"-not (device.extensionAttribute1 -eq "SAW") -or device.deviceOwnership -eq "Company""#,
    r#"device.displayName -notContains "kiosk""#,
];

fn some<T: Clone + std::fmt::Debug + 'static>(of: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    subsequence(of.to_vec(), 0..=of.len())
}

fn people() -> impl Strategy<Value = People> {
    let guests = prop_oneof![
        4 => Just(Vec::new()), 1 => Just(passband_core::policy::access::facts::Guest::ALL.to_vec())
    ];
    (any::<bool>(), some(&USERS), some(&GROUPS), some(&ROLES), guests).prop_map(
        |(all, users, groups, roles, guests)| {
            // As a document can say it: all stands alone.
            if all {
                People { all, ..People::default() }
            } else {
                People { all, users, groups, roles, guests }
            }
        },
    )
}

fn exclusion() -> impl Strategy<Value = People> {
    prop_oneof![2 => Just(People::default()), 1 => people()]
        .prop_map(|people| People { all: false, ..people })
}

fn applications() -> impl Strategy<Value = Applications> {
    (0..4, some(&APPS)).prop_map(|(kind, apps)| match kind {
        0 => Applications { actions: vec![UserAction::RegisterSecurityInfo], ..Applications::default() },
        1 => Applications { apps, ..Applications::default() },
        _ => Applications { all: true, ..Applications::default() },
    })
}

fn places() -> impl Strategy<Value = Option<(Places, Places)>> {
    let named = || subsequence(vec![OFFICE, HOME, LOST], 0..=2);
    let pair =
        (any::<bool>(), named(), any::<bool>(), named()).prop_map(|(all, include, trusted, exclude)| {
            let include = if all {
                Places { all, ..Places::default() }
            } else {
                Places { all_trusted: true, named: include, all }
            };
            (include, Places { all: false, all_trusted: trusted, named: exclude })
        });
    proptest::option::weighted(0.4, pair)
}

prop_compose! {
    fn conditions()(
        include_people in people(), exclude_people in exclusion(), include_apps in applications(),
        client_apps in some(&[ClientApp::Browser, ClientApp::MobileAndDesktop]),
        platforms in proptest::option::weighted(0.3, (any::<bool>(), some(&Platform::ALL))),
        devices in proptest::option::weighted(0.4, (any::<bool>(), select(&RULES[..]))),
        locations in places(),
        flows in proptest::option::weighted(0.1, Just(TransferMethods { device_code: true, authentication_transfer: false })),
        binding in proptest::option::weighted(0.2, select(vec![Binding::None, Binding::SoftwareKey])),
    ) -> Conditions {
        Conditions {
            include_people, exclude_people, include_apps, client_apps,
            exclude_apps: Applications::default(),
            platforms: platforms.map(|(all, include)| Platforms {
                all, include: if all || include.is_empty() { vec![Platform::Windows; usize::from(!all)] } else { include },
                exclude: Vec::new(),
            }),
            devices: devices.map(|(exclude, rule)| DeviceFilter { exclude, rule: Filter::parse(rule).unwrap() }),
            locations, flows,
            binding: binding.map(|it| SessionBinding { include: vec![it], ..SessionBinding::default() }),
        }
    }
}

fn grant() -> impl Strategy<Value = Grant> {
    let operator = select(vec![Operator::And, Operator::Or]);
    (0..8, operator, any::<bool>(), any::<bool>(), select(vec![MULTIFACTOR, RESISTS_PHISHING])).prop_map(
        |(kind, operator, compliant_device, domain_joined_device, strength)| match kind {
            0 => Grant { block: true, ..Grant::default() },
            1 | 2 => Grant { operator, strength: Some(strength), compliant_device, ..Grant::default() },
            3 => Grant { operator, compliant_device: true, domain_joined_device, ..Grant::default() },
            _ => Grant { operator, mfa: true, compliant_device, ..Grant::default() },
        },
    )
}

fn session() -> impl Strategy<Value = SessionControls> {
    let frequency = select(vec![
        None,
        None,
        Some(Frequency::Hours(4)),
        Some(Frequency::Days(1)),
        Some(Frequency::EveryTime),
    ]);
    let browser = select(vec![None, None, Some(PersistentBrowser::Never), Some(PersistentBrowser::Always)]);
    let cae = select(vec![None, Some(ContinuousEvaluation::Strict), Some(ContinuousEvaluation::Disabled)]);
    (frequency, browser, cae, proptest::bool::weighted(0.2)).prop_map(
        |(frequency, browser, cae, token_protection)| SessionControls {
            frequency,
            persistent_browser: browser,
            token_protection,
            continuous_evaluation: cae,
            ..SessionControls::default()
        },
    )
}

prop_compose! {
    fn policy()(
        id in any::<[u8; 16]>(), state in select(vec![State::Enabled, State::Enabled, State::ReportOnly, State::Disabled]),
        conditions in conditions(), grant in grant(), session in session(), closed in any::<bool>(),
    ) -> Policy {
        let session = if grant.block { SessionControls::default() } else { session };
        let persistent_browser = session.persistent_browser.filter(|_| conditions.include_apps.all);
        Policy {
            id: AccessPolicyId::from_bytes(id), name: "P".to_owned(), description: None, state, template: None,
            created: None, modified: None, conditions, grant,
            session: SessionControls { persistent_browser, ..session },
            unknown_device: if closed { UnknownDevice::FailClosed } else { UnknownDevice::AsDocumented },
            unread: Unread::default(),
        }
    }
}

/// A request, owned, so that it can be bent.
#[derive(Clone, Debug)]
struct Request {
    user: UserId,
    groups: Vec<GroupId>,
    roles: Vec<RoleId>,
    app: ClientId,
    action: Option<UserAction>,
    client_app: ClientApp,
    platform: Option<Platform>,
    device: Option<Option<bool>>,
    ip: &'static str,
    country: Option<&'static str>,
    methods: Vec<Mode>,
    age: i64,
    shown: Shown,
    binding: Binding,
    attributes: Vec<Option<String>>,
    /// Which facts nobody knows, by bit.
    unknown: u8,
}

prop_compose! {
    fn request()(
        user in select(&USERS[..]), groups in some(&GROUPS), roles in some(&ROLES), app in select(&APPS[..]),
        action in proptest::option::weighted(0.3, select(&UserAction::ALL[..])),
        client_app in select(vec![ClientApp::Browser, ClientApp::MobileAndDesktop]),
        platform in proptest::option::weighted(0.9, select(&Platform::ALL[..])),
        device in proptest::option::of(proptest::option::of(any::<bool>())),
        ip in select(vec!["192.0.2.1", "198.51.100.1"]), country in select(vec![Some("CH"), Some("DE"), None]),
        methods in some(&[Mode::Fido2, Mode::TemporaryAccessPassOneTime]),
        age in select(vec![0_i64, 301, 15_000, 90_000]),
        (shown, binding) in select(vec![
            (Shown::SessionKey, Binding::HardwareKey), (Shown::SessionKey, Binding::SoftwareKey),
            (Shown::Cookie, Binding::None), (Shown::RefreshToken, Binding::SoftwareKey),
        ]),
        saw in any::<bool>(), unknown in any::<u8>(),
    ) -> Request {
        let attributes = vec![saw.then(|| "SAW".to_owned())];
        Request {
            user, groups, roles, app, action, client_app, platform, device, ip, country, methods, age, shown, binding,
            attributes, unknown,
        }
    }
}

impl Request {
    fn facts(&self, unknown: u8) -> Facts<'_> {
        fn fact<T>(unknown: u8, bit: u8, it: T) -> Fact<T> {
            if unknown & (1 << bit) == 0 { Fact::Known(it) } else { Fact::Unknown }
        }
        let device = self.device.map(|is_compliant| DeviceFacts {
            is_compliant,
            is_managed: is_compliant,
            display_name: Some("Laptop"),
            ownership: Some(Ownership::Personal),
            operating_system: Some("Windows"),
            trust_type: Some(TrustType::AzureAd),
            extension_attributes: &self.attributes,
            ..DeviceFacts::bare(DeviceId::from_bytes([12; 16]))
        });
        Facts {
            person: Person {
                id: self.user,
                groups: fact(unknown, 0, self.groups.as_slice()),
                roles: fact(unknown, 0, self.roles.as_slice()),
                guest: fact(unknown, 0, None),
            },
            target: Target { apps: std::slice::from_ref(&self.app), suites: &[], action: self.action },
            client_app: fact(unknown, 1, self.client_app),
            platform: fact(unknown, 2, PlatformFact { platform: self.platform, verified: false }),
            device: fact(unknown, 3, device),
            network: Network {
                ip: fact(unknown, 4, self.ip.parse().unwrap()),
                country: fact(unknown, 4, self.country.and_then(Country::from_code)),
            },
            flow: fact(unknown, 5, Flow::None),
            proof: Proof {
                methods: fact(unknown, 6, Methods::from_modes(&self.methods)),
                passkey: fact(
                    unknown,
                    6,
                    Some(PasskeyProof { binding: KeyBinding::Os, ..PasskeyProof::default() }),
                ),
                at: fact(unknown, 6, NOW - Seconds(self.age)),
            },
            presented: Presented {
                shown: self.shown,
                binding: fact(unknown, 7, self.binding),
                evidence: EvidenceLevel::E0,
            },
            at: NOW,
        }
    }

    fn all(&self) -> Facts<'_> {
        self.facts(0)
    }
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

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    proptest::collection::vec(policy(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_block_that_applies_wins(mut policies in policies(), request in request(), at in any::<prop::sample::Index>()) {
        let block = Policy {
            state: State::Enabled,
            conditions: Conditions {
                include_people: People { all: true, ..People::default() },
                include_apps: Applications { all: true, ..Applications::default() },
                ..Conditions::default()
            },
            grant: Grant { block: true, ..Grant::default() },
            ..policies.first().cloned().unwrap_or_else(least)
        };
        policies.insert(at.index(policies.len() + 1), block);
        prop_assert_eq!(kind(&policies, &request.all()), Kind::Refused);
    }

    #[test]
    fn who_is_excluded_from_every_policy_passes(mut policies in policies(), request in request(), by_group in any::<bool>()) {
        for policy in &mut policies {
            match request.groups.first() {
                Some(group) if by_group => policy.conditions.exclude_people.groups.push(*group),
                _ => policy.conditions.exclude_people.users.push(request.user),
            }
        }
        prop_assert_eq!(kind(&policies, &request.all()), Kind::Permit);
    }

    /// Only for applications: while security information is registered, a policy for that takes the place of strengths.
    #[test]
    fn one_policy_more_never_grants(policies in policies(), more in policy(), mut request in request()) {
        request.action = None;
        let before = evaluate(&set(&policies), &request.all()).outcome.kind();
        let mut all = policies;
        all.push(more);
        prop_assert!(kind(&all, &request.all()) <= before);
    }

    #[test]
    fn report_only_never_changes_the_outcome(policies in policies(), drafts in policies(), request in request()) {
        let facts = request.facts(request.unknown);
        let drafts = drafts.into_iter().map(|draft| Policy { state: State::ReportOnly, ..draft });
        let with: Vec<_> = policies.iter().cloned().chain(drafts).collect();
        let (without, with) = (set(&policies), set(&with));
        let (without, with) = (evaluate(&without, &facts), evaluate(&with, &facts));
        prop_assert_eq!(without.outcome, with.outcome);
        prop_assert_eq!((without.best, without.limits), (with.best, with.limits));
    }

    #[test]
    fn the_order_of_policies_does_not_matter(policies in policies(), request in request(), turn in any::<prop::sample::Index>()) {
        let facts = request.facts(request.unknown);
        let mut turned = policies.clone();
        turned.rotate_left(turn.index(policies.len().max(1)).min(policies.len()));
        turned.reverse();
        let (one, other) = (set(&policies), set(&turned));
        let (one, other) = (evaluate(&one, &facts), evaluate(&other, &facts));
        prop_assert_eq!(one.outcome, other.outcome);
        prop_assert_eq!((one.best, one.limits), (other.best, other.limits));
    }

    /// Whatever the unknown facts turn out to be, what was said with them unknown lies around it.
    #[test]
    fn the_unknown_lies_between_worst_and_best(policies in policies(), mut request in request()) {
        // Otherwise an unknown condition of the policy for registration decides whose strengths are asked.
        request.action = None;
        let (set, known) = (set(&policies), request.all());
        let truth = evaluate(&set, &known).outcome.kind();
        let partly = evaluate(&set, &request.facts(request.unknown));
        prop_assert!(partly.outcome.kind() <= truth, "unknown granted");
        prop_assert!(partly.best >= truth, "the best case is worse than the truth");
        let worse = evaluate(&set, &request.facts(0xff));
        prop_assert!(worse.outcome.kind() <= partly.outcome.kind());
    }

    /// With everything known and every location there, nothing is uncertain but stale reports.
    #[test]
    fn fail_closed_never_grants_what_was_refused_as_documented(policies in policies(), mut request in request()) {
        request.action = None;
        let with = |unknown_device| -> Vec<Policy> {
            policies.iter().cloned().map(|it| Policy { unknown_device, ..it }).collect()
        };
        let (open, closed) = (with(UnknownDevice::AsDocumented), with(UnknownDevice::FailClosed));
        prop_assert!(kind(&closed, &request.all()) <= kind(&open, &request.all()));
    }

    #[test]
    fn a_policy_can_be_written_and_read(policy in policy()) {
        let document = policy.to_graph(Version::Beta);
        match Policy::from_graph(&document, policy.id) {
            // A set of people, applications or places that cannot be written is one that a document cannot say.
            Err(error) => prop_assert!(
                error.problems.iter().all(|it| it.path.starts_with("conditions.users.include")), "{}", error
            ),
            Ok(read) => prop_assert_eq!(read, policy),
        }
    }

    #[test]
    fn a_verdict_agrees_with_what_was_said(policies in policies(), request in request()) {
        let set = set(&policies);
        let verdict = evaluate(&set, &request.facts(request.unknown));
        let stood = verdict.in_the_way().count();
        prop_assert_eq!(stood == 0, verdict.outcome.kind() == Kind::Permit);
        for said in &verdict.said {
            prop_assert_eq!(said.applies == Truth::No, !said.unmatched.is_empty());
            prop_assert!(said.satisfied.without(said.asked).is_empty() && said.unsure.without(said.missing()).is_empty());
            prop_assert!(!said.stood_in_the_way() || (said.is_enforced() && !said.blocking().is_empty()));
            prop_assert!(!said.explanation().is_empty());
        }
    }

    #[test]
    fn a_rule_of_any_characters_is_read_or_refused(text in ".{0,80}", words in proptest::collection::vec(
        select(vec!["device.model", "-eq", "-in", "\"a\"", "[", "]", ",", "(", ")", "-not", "-and", "-or", "device.isCompliant", "True", "'", "`"]), 0..12)
    ) {
        for rule in [text, words.join(" ")] {
            match Filter::parse(&rule) {
                Ok(filter) => prop_assert_eq!(Filter::parse(filter.text()), Ok(filter.clone())),
                Err(error) => prop_assert!((1..=rule.chars().count() + 1).contains(&error.at), "{}: {}", rule, error),
            }
        }
    }
}

fn least() -> Policy {
    Policy {
        id: AccessPolicyId::from_bytes([0; 16]),
        name: "P".to_owned(),
        description: None,
        state: State::Enabled,
        template: None,
        created: None,
        modified: None,
        conditions: Conditions::default(),
        grant: Grant::default(),
        session: SessionControls::default(),
        unknown_device: UnknownDevice::AsDocumented,
        unread: Unread::default(),
    }
}
