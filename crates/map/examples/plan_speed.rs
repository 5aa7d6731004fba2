//! How long a plan takes, of tenants made in memory: `cargo run --release -p passband-map --example plan_speed`.
//!
//! 30 policies, 20 profiles, three devices for two people, half of what can be unknown known.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement, not part of the software"
)]

use passband_core::authn::profile::{KeyRestrictions, PasskeyPolicy, PasskeyProfile, Target, Who};
use passband_core::id::{AccessPolicyId, DeviceId, GroupId, ProfileId, UserId};
use passband_core::policy::access::Policy;
use passband_core::policy::access::facts::{Fact, Platform, TrustType};
use passband_core::policy::access::strength::Mode;
use passband_core::time::Timestamp;
use passband_map::engine::{Engine, Options};
use passband_map::model::{
    AccessPolicy, Browser, Device, Edition, Filtered, KeyStore, Passkey, PasskeyMethods, Person, Source,
    Tenant,
};
use passband_map::plan::answer::{Answer, everybody, threads};
use passband_map::plan::change::Wanted;
use passband_map::plan::{Asked, Plan};
use serde_json::{Value, json};
use std::time::Instant;

/// A small generator (splitmix64): the same tenant each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

fn bytes(kind: u8, n: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[0] = kind;
    id[8..].copy_from_slice(&n.to_be_bytes());
    id
}

const MODELS: [&str; 8] = [
    "2fc0579f-8113-47ea-b116-bb5a8db9202a",
    "42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3",
    "de1e552d-db1d-4423-a619-566b625cdc84",
    "90a3ccdf-635c-4729-a248-9b709135078f",
    "08987058-cadc-4b81-b6e1-30de50dcbe96",
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd",
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",
    "bada5566-a7aa-401f-bd96-45619a55120d",
];

fn model(n: usize) -> [u8; 16] {
    MODELS[n % MODELS.len()].parse::<DeviceId>().map_or([0; 16], |id| *id.as_bytes())
}

fn passkeys() -> PasskeyPolicy {
    let mut policy = PasskeyPolicy { include: Vec::new(), profiles: Vec::new(), ..PasskeyPolicy::default() };
    for n in 0..20u64 {
        let id = ProfileId::from_bytes(bytes(5, n));
        let mut profile = PasskeyProfile::open(id, &format!("Profile {n}"));
        profile.types.synced = n % 3 == 0;
        if n % 4 == 1 {
            profile.restrictions =
                KeyRestrictions { enforced: true, block: n % 8 == 1, aaguids: vec![model(n as usize)] };
        }
        policy.profiles.push(profile);
        let who = if n == 0 { Who::Everyone } else { Who::Group(GroupId::from_bytes(bytes(2, n))) };
        policy.include.push(Target { who, profiles: vec![id] });
    }
    policy.default_profile = policy.profiles[0].id;
    policy.exclude = vec![GroupId::from_bytes(bytes(2, 77))];
    policy
}

fn policies() -> Vec<AccessPolicy> {
    let kinds: [fn(u64) -> Value; 6] = [
        |_| json!({ "grantControls": { "operator": "OR", "builtInControls": ["mfa"] } }),
        |_| json!({ "grantControls": { "operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"] } }),
        |_| {
            json!({ "grantControls": { "operator": "OR", "builtInControls": [],
            "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" } } })
        },
        |_| json!({ "sessionControls": { "secureSignInSession": { "isEnabled": true } } }),
        |_| json!({ "grantControls": { "operator": "OR", "builtInControls": ["block"] } }),
        |_| {
            json!({ "sessionControls": { "signInFrequency": { "isEnabled": true, "value": 4, "type": "hours",
            "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased" } } })
        },
    ];
    let make = |n: u64| {
        let mut document = kinds[n as usize % kinds.len()](n);
        let group = GroupId::from_bytes(bytes(2, n * 3 % 90)).to_string();
        let excluded = GroupId::from_bytes(bytes(2, n * 7 % 90)).to_string();
        let apps = match n % 5 {
            0 => json!(["All"]),
            1 => json!(["Office365"]),
            2 => json!(["MicrosoftAdminPortals"]),
            _ => json!([AccessPolicyId::from_bytes(bytes(6, n)).to_string()]),
        };
        document["displayName"] = json!(format!("Policy {n}"));
        document["state"] = json!(if n % 10 == 9 { "enabledForReportingButNotEnforced" } else { "enabled" });
        document["conditions"] = json!({
            "users": { "includeUsers": [], "includeGroups": [group], "excludeGroups": [excluded] },
            "applications": { "includeApplications": apps },
            "clientAppTypes": [if n % 6 == 3 { "mobileAppsAndDesktopClients" } else { "all" }],
        });
        if n % 7 == 4 {
            document["conditions"]["devices"] =
                json!({ "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } });
        }
        document
    };
    let read = |n: u64| {
        let raw = make(n);
        let (policy, problems) =
            Policy::from_graph_leniently(&raw, AccessPolicyId::from_bytes(bytes(7, n))).ok()?;
        let unread = problems.into_iter().map(|it| it.path).collect();
        Some(AccessPolicy { policy, unread, edition: Edition::Beta, raw, source: Source::default() })
    };
    (0..30).filter_map(read).collect()
}

fn person(random: &mut Random, n: u64) -> Person {
    let mut groups: Vec<_> = (0..12).map(|_| GroupId::from_bytes(bytes(2, random.below(400)))).collect();
    groups.sort_unstable();
    let passkeys: Vec<_> = (0..random.below(4))
        .map(|at| {
            let kind = random.below(MODELS.len() as u64) as usize;
            let synced = kind >= 5;
            Passkey {
                name: format!("passkey {at}"),
                aaguid: Fact::Known(model(kind)),
                synced: if random.below(10) == 0 { Fact::Unknown } else { Fact::Known(synced) },
                attested: Fact::Known(!synced && random.below(2) == 0),
                created: None,
            }
        })
        .collect();
    let methods = [vec![], vec![Mode::Password], vec![Mode::Password, Mode::Sms]];
    Person {
        id: UserId::from_bytes(bytes(1, n)),
        name: format!("person{n:06}@example.org"),
        enabled: Fact::Known(random.below(50) != 0),
        guest: Fact::Known(None),
        groups: Fact::Known(groups),
        roles: Fact::Known(Vec::new()),
        passkeys: Fact::Known(passkeys),
        methods: Fact::Known(methods[random.below(3) as usize].clone()),
        source: Source::default(),
    }
}

fn device(random: &mut Random, n: u64, people: u64) -> Device {
    let kinds = [
        (Platform::Windows, "10.0.22631.3880", TrustType::AzureAd),
        (Platform::Windows, "10.0.19045.1", TrustType::ServerAd),
        (Platform::MacOs, "14.5", TrustType::AzureAd),
        (Platform::Ios, "17.4", TrustType::Workplace),
        (Platform::Android, "14", TrustType::Workplace),
        (Platform::Linux, "24.04", TrustType::AzureAd),
    ];
    let (platform, version, trust) = random.one(&kinds);
    let maybe = |random: &mut Random, it: bool| {
        if random.below(4) == 0 { Fact::Unknown } else { Fact::Known(it) }
    };
    Device {
        id: Some(DeviceId::from_bytes(bytes(3, n))),
        name: format!("device{n:06}"),
        owners: Fact::Known(vec![u32::try_from(n % people).unwrap_or(0)]),
        platform: Fact::Known(Some(platform)),
        os: Some(platform.name().to_owned()),
        os_version: Some(version.to_owned()),
        trust: Fact::Known(Some(trust)),
        enabled: Fact::Known(true),
        compliant: {
            let it = random.below(3) != 0;
            maybe(random, it)
        },
        managed: maybe(random, true),
        ownership: None,
        keys: if random.below(2) == 0 { Fact::Unknown } else { Fact::Known(KeyStore::Hardware) },
        sso: maybe(random, true),
        browsers: if random.below(2) == 0 { Fact::Unknown } else { Fact::Known(Browser::ALL.to_vec()) },
        filtered: Box::new(Filtered::default()),
        source: Source::default(),
    }
}

fn tenant(people: u64) -> Tenant {
    let mut random = Random(7);
    let policy =
        PasskeyMethods { policy: passkeys(), opened: None, raw: Value::Null, source: Source::default() };
    Tenant {
        people: (0..people).map(|n| person(&mut random, n)).collect(),
        devices: (0..people * 3 / 2).map(|n| device(&mut random, n, people)).collect(),
        passkeys: Fact::Known(policy),
        access: Fact::Known(policies()),
        ..Tenant::default()
    }
}

/// The most memory that was in use, in MiB (Linux `VmHWM`).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    println!("{} threads", threads());
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|it| it.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 100_000, 300_000] } else { sizes };
    for people in sizes {
        let tenant = tenant(people);
        let options = Options::at(Timestamp(1_795_348_800));
        let before = peak();
        let start = Instant::now();
        let engine = Engine::new(&tenant, options);
        let ready = start.elapsed();
        let answers = everybody(&engine, threads(), |memo, at| Answer::of(&memo.attempts(at)));
        let asked = start.elapsed();
        let certain = answers.iter().filter(|it| it.any.yes != 0).count();
        let start = Instant::now();
        let plan = Plan::new(&tenant, options, &Asked::default());
        let whole = start.elapsed();
        drop(plan);
        let start = Instant::now();
        let asked_for = Asked { change: Some(Wanted::DeviceBound), wave_size: None };
        let plan = Plan::new(&tenant, options, &asked_for);
        let changed = start.elapsed();
        let waves = plan.map_or(0, |it| it.waves.len());
        println!(
            "{people} people, {} devices: ready {ready:.2?}, everybody asked {asked:.2?} ({certain} reach something), plan \
             {whole:.2?}, with a change {changed:.2?} ({waves} waves), {before} MiB before, {} MiB at most",
            tenant.devices.len(),
            peak(),
        );
    }
}
