//! How long a conditional access decision takes: `cargo run --release -p passband-core --example decisions`.
//!
//! Policies of every kind, none of which refuses, so that each one is asked everything.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]

use passband_core::id::{AccessPolicyId, ClientId, DeviceId, GroupId, UserId};
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Flow, Network, PasskeyProof, Person, Platform, PlatformFact, Presented,
    Proof, Shown, Target,
};
use passband_core::policy::access::strength::{Methods, Mode};
use passband_core::policy::access::{Facts, Policy, PolicySet, evaluate};
use passband_core::policy::signal::{Binding, EvidenceLevel};
use passband_core::time::Timestamp;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const NOW: Timestamp = Timestamp(1_800_000_000);
const APP: ClientId = ClientId::from_bytes([2; 16]);
const ROUNDS: u32 = 15;
const DECISIONS: u32 = 20_000;

fn group(n: usize) -> GroupId {
    let mut bytes = [3; 16];
    bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
    GroupId::from_bytes(bytes)
}

/// The policy at a place: of five kinds in turn, each about three groups of its own and without one.
fn policy(n: usize) -> Policy {
    let own = [group(n), group(n + 1), group(n + 2)].map(|id| id.to_string());
    let users = json!({
        "includeGroups": own,
        "excludeGroups": [group(100_000 + n).to_string()],
    });
    let mut conditions = json!({ "users": users, "applications": { "includeApplications": ["All"] } });
    let (name, value) = match n % 5 {
        0 => ("clientAppTypes", json!(["browser", "mobileAppsAndDesktopClients"])),
        1 => ("platforms", json!({ "includePlatforms": ["all"], "excludePlatforms": ["iOS"] })),
        2 => ("locations", json!({ "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] })),
        3 => {
            let rule = r#"device.isCompliant -eq True -and device.operatingSystem -startsWith "Win""#;
            ("devices", json!({ "deviceFilter": { "mode": "include", "rule": rule } }))
        }
        _ => ("passband_sessionBinding", json!({ "exclude": ["none"] })),
    };
    conditions[name] = value;
    let grant = match n % 3 {
        0 => json!({ "operator": "AND", "builtInControls": ["mfa", "compliantDevice"] }),
        1 => {
            json!({ "operator": "OR", "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" } })
        }
        _ => Value::Null,
    };
    let session = json!({
        "signInFrequency": { "isEnabled": true, "value": 8, "type": "hours" },
        "secureSignInSession": { "isEnabled": true },
    });
    let document = json!({
        "displayName": "P", "state": "enabled", "conditions": conditions, "grantControls": grant,
        "sessionControls": session,
    });
    Policy::from_graph(&document, AccessPolicyId::from_bytes([1; 16])).unwrap()
}

fn facts(groups: &[GroupId]) -> Facts<'_> {
    let device = DeviceFacts {
        is_compliant: Some(true),
        operating_system: Some("Windows"),
        evidence: EvidenceLevel::E3,
        ..DeviceFacts::bare(DeviceId::from_bytes([5; 16]))
    };
    Facts {
        person: Person {
            id: UserId::from_bytes([4; 16]),
            groups: Fact::Known(groups),
            roles: Fact::Known(&[]),
            guest: Fact::Known(None),
        },
        target: Target { apps: &[APP], ..Target::default() },
        client_app: Fact::Known(ClientApp::MobileAndDesktop),
        platform: Fact::Known(PlatformFact { platform: Some(Platform::Windows), verified: true }),
        device: Fact::Known(Some(device)),
        network: Network { ip: Fact::Known("192.0.2.1".parse().unwrap()), country: Fact::Known(None) },
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

fn main() {
    println!("| policies | groups of the person | applying | µs a decision |\n|---|---|---|---|");
    for (policies, groups) in [(0, 20), (1, 20), (10, 20), (100, 20), (100, 200), (240, 200)] {
        let set = PolicySet::compile((0..policies).map(policy).collect(), Vec::new(), Vec::new());
        let groups: Vec<_> = (0..groups).map(|n| group(n * 10)).collect();
        let facts = facts(&groups);
        let applying = evaluate(&set, &facts).said.iter().filter(|said| said.applies.is_yes()).count();
        let mut least = f64::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..DECISIONS {
                black_box(evaluate(black_box(&set), black_box(&facts)));
            }
            least = least.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS));
        }
        println!("| {policies} | {} | {applying} | {least:.2} |", groups.len());
    }
}
