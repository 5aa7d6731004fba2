//! Requests by policies: the table of what comes of each, kept in `decisions.txt` and read by people when it changes.

use passband_core::id::{AccessPolicyId, ClientId, DeviceId, GroupId, UserId};
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Flow, Network, PasskeyProof, Person, Platform, PlatformFact, Presented,
    Proof, Shown, Suite, Target, TrustType, UserAction,
};
use passband_core::policy::access::location::Country;
use passband_core::policy::access::strength::{KeyBinding, Methods, Mode};
use passband_core::policy::access::{Facts, Outcome, Policy, PolicySet, evaluate};
use passband_core::policy::signal::{Binding, EvidenceLevel};
use passband_core::time::{Seconds, Timestamp};
use serde_json::{Value, json};
use std::fmt::Write as _;

const NOW: Timestamp = Timestamp(1_800_000_000);
const STAFF: GroupId = GroupId::from_bytes([1; 16]);
const APP: ClientId = ClientId::from_bytes([2; 16]);

type Bend = fn(&mut Facts<'static>);

/// Ada on her compliant laptop by its hardware-bound PRT, one minute after her passkey; everything else departs from it.
const REQUESTS: [(&str, Bend); 16] = [
    ("PRT, compliant laptop", |_| {}),
    ("PRT, software key", |it| it.presented.binding = Fact::Known(Binding::SoftwareKey)),
    ("PRT, compliance stale", |it| with_device(it, |device| device.is_compliant = None)),
    ("PRT, not compliant", |it| with_device(it, |device| device.is_compliant = Some(false))),
    ("PRT, device disabled", |it| with_device(it, |device| device.enabled = false)),
    ("PRT, signed in 2 days ago", |it| it.proof.at = Fact::Known(NOW - Seconds::days(2))),
    ("browser, cookie from PRT", |it| {
        it.client_app = Fact::Known(ClientApp::Browser);
        it.presented =
            Presented { shown: Shown::CookieFromPrt, binding: Fact::Known(Binding::None), ..it.presented };
    }),
    ("browser, unregistered", unregistered),
    ("browser, synced passkey", |it| {
        unregistered(it);
        it.proof.passkey =
            Fact::Known(Some(PasskeyProof { binding: KeyBinding::Synced, ..PasskeyProof::default() }));
    }),
    ("browser, one-time pass", |it| {
        unregistered(it);
        it.proof.methods = Fact::Known(Methods::from_modes(&[Mode::TemporaryAccessPassOneTime]));
        it.proof.passkey = Fact::Known(None);
    }),
    ("the pass registers a passkey", |it| {
        unregistered(it);
        it.proof.methods = Fact::Known(Methods::from_modes(&[Mode::TemporaryAccessPassOneTime]));
        it.target.action = Some(UserAction::RegisterSecurityInfo);
    }),
    ("browser, registers a device", |it| {
        unregistered(it);
        it.target.action = Some(UserAction::RegisterDevice);
    }),
    ("refresh token of an app", |it| {
        unregistered(it);
        it.presented.shown = Shown::RefreshToken;
    }),
    ("Linux by user agent", |it| {
        unregistered(it);
        it.platform = Fact::Known(PlatformFact { platform: Some(Platform::Linux), verified: false });
    }),
    ("console, from abroad", |it| {
        it.target.suites = &[Suite::AdminPortals];
        it.network.country = Fact::Known(Country::from_code("XK"));
    }),
    ("nothing known", |it| *it = Facts::nothing_about(it.person.id, it.at)),
];

fn with_device(facts: &mut Facts<'static>, bend: fn(&mut DeviceFacts<'static>)) {
    if let Fact::Known(Some(device)) = &mut facts.device {
        bend(device);
    }
}

fn unregistered(facts: &mut Facts<'static>) {
    facts.client_app = Fact::Known(ClientApp::Browser);
    facts.device = Fact::Known(None);
    facts.presented =
        Presented { shown: Shown::Cookie, binding: Fact::Known(Binding::None), evidence: EvidenceLevel::E0 };
    if let Fact::Known(platform) = &mut facts.platform {
        platform.verified = false;
    }
}

fn facts() -> Facts<'static> {
    let device = DeviceFacts {
        is_compliant: Some(true),
        is_managed: Some(true),
        operating_system: Some("Windows"),
        trust_type: Some(TrustType::AzureAd),
        evidence: EvidenceLevel::E3,
        ..DeviceFacts::bare(DeviceId::from_bytes([3; 16]))
    };
    Facts {
        person: Person {
            id: UserId::from_bytes([4; 16]),
            groups: Fact::Known(&[STAFF]),
            roles: Fact::Known(&[]),
            guest: Fact::Known(None),
        },
        target: Target { apps: &[APP], ..Target::default() },
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
            passkey: Fact::Known(Some(PasskeyProof {
                binding: KeyBinding::Hardware,
                evidence: EvidenceLevel::E3,
                ..PasskeyProof::default()
            })),
            at: Fact::Known(NOW - Seconds::minutes(1)),
        },
        presented: Presented {
            shown: Shown::SessionKey,
            binding: Fact::Known(Binding::HardwareKey),
            evidence: EvidenceLevel::E3,
        },
        at: NOW,
    }
}

const HARDWARE: &str = "55555555-5555-4555-8555-555555555555";

fn policies() -> Vec<(&'static str, Value)> {
    let grant =
        |operator: &str, controls: &[&str]| json!({ "operator": operator, "builtInControls": controls });
    let strength = |id: &str| json!({ "operator": "OR", "authenticationStrength": { "id": id } });
    let rule =
        |mode: &str, rule: &str| json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } });
    let policy = |conditions: Value, grant: Value, session: Value| json!({ "conditions": conditions, "grantControls": grant, "sessionControls": session });
    let none = Value::Null;
    let hour = json!({ "signInFrequency": { "isEnabled": true, "value": 1, "type": "hours" } });
    let protect = json!({ "secureSignInSession": { "isEnabled": true } });
    let mut closed =
        policy(rule("include", "device.isCompliant -eq False"), grant("OR", &["block"]), none.clone());
    closed["passband_unknownDevice"] = json!("failClosed");
    vec![
        ("mfa", policy(json!({}), grant("OR", &["mfa"]), none.clone())),
        (
            "phishing-resistant",
            policy(json!({}), strength("00000000-0000-0000-0000-000000000004"), none.clone()),
        ),
        ("strength: hardware key", policy(json!({}), strength(HARDWARE), none.clone())),
        ("mfa AND compliant", policy(json!({}), grant("AND", &["mfa", "compliantDevice"]), none.clone())),
        ("mfa OR compliant", policy(json!({}), grant("OR", &["mfa", "compliantDevice"]), none.clone())),
        ("hybrid joined", policy(json!({}), grant("OR", &["domainJoinedDevice"]), none.clone())),
        ("within the hour", policy(json!({}), none.clone(), hour)),
        ("token protection", policy(json!({}), none.clone(), protect.clone())),
        (
            "token protection, apps only",
            policy(json!({ "clientAppTypes": ["mobileAppsAndDesktopClients"] }), none.clone(), protect),
        ),
        (
            "block not compliant (documented)",
            policy(rule("include", "device.isCompliant -eq False"), grant("OR", &["block"]), none.clone()),
        ),
        ("block not compliant (closed)", closed),
        (
            "block all but compliant",
            policy(rule("exclude", "device.isCompliant -eq True"), grant("OR", &["block"]), none.clone()),
        ),
        (
            "block unless bound to hardware",
            policy(
                json!({ "passband_sessionBinding": { "exclude": ["hardwareKey"] } }),
                grant("OR", &["block"]),
                none.clone(),
            ),
        ),
        (
            "block other platforms",
            policy(
                json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["windows"] } }),
                grant("OR", &["block"]),
                none.clone(),
            ),
        ),
        (
            "console: block",
            policy(
                json!({ "applications": { "includeApplications": ["MicrosoftAdminPortals"] } }),
                grant("OR", &["block"]),
                none,
            ),
        ),
    ]
}

fn compile(document: &Value) -> PolicySet {
    let mut whole = json!({
        "displayName": "P", "state": "enabled",
        "conditions": {
            "users": { "includeGroups": [STAFF.to_string()] }, "applications": { "includeApplications": ["All"] },
        },
    });
    for (name, value) in document.as_object().unwrap() {
        match (name.as_str(), value.as_object()) {
            ("conditions", Some(more)) => whole[name].as_object_mut().unwrap().extend(more.clone()),
            _ => whole[name] = value.clone(),
        }
    }
    let policy = Policy::from_graph(&whole, AccessPolicyId::from_bytes([5; 16]));
    let strength = json!({
        "displayName": "Hardware", "allowedCombinations": ["fido2"],
        "combinationConfigurations": [{ "passband_keyBinding": ["hardware"], "passband_minimumEvidence": "E3" }],
    });
    let strength =
        passband_core::policy::access::strength::Strength::from_graph(&strength, HARDWARE.parse().unwrap());
    PolicySet::compile(
        vec![policy.unwrap_or_else(|error| panic!("{error}"))],
        vec![strength.unwrap()],
        Vec::new(),
    )
}

/// One request under one policy: the outcome, and in brackets the best case where it differs.
fn cell(set: &PolicySet, facts: &Facts<'_>) -> String {
    let verdict = evaluate(set, facts);
    let outcome = match &verdict.outcome {
        Outcome::Permit(_) => verdict.said[0].result.graph_name().to_owned(),
        Outcome::Prompt(prompt) => format!("ask: {}", prompt.reason),
        Outcome::Refused(reason) => format!("no: {reason}"),
    };
    match verdict.best == verdict.outcome.kind() {
        true => outcome,
        false => format!("{outcome} (at best {:?})", verdict.best),
    }
}

#[test]
fn the_table_of_decisions_is_as_it_was_read() {
    let mut text = String::new();
    for (name, document) in policies() {
        let set = compile(&document);
        writeln!(text, "{name}").unwrap();
        for (request, bend) in REQUESTS {
            let mut facts = facts();
            bend(&mut facts);
            writeln!(text, "    {request:<30} {}", cell(&set, &facts)).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/access/decisions.txt");
    let before = std::fs::read_to_string(path).unwrap_or_default();
    if before != text {
        std::fs::write(path, &text).unwrap();
        panic!("decisions have changed: read the difference in {path}");
    }
}
