//! Conditional access documents. The first byte: 0 a policy, 1 a strength, 2 a named location, 3 the rule of a device
//! filter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::policy::access::document::{MAX_LOCATION, Version};
use passband_core::policy::access::facts::{DeviceFacts, Fact, Guest, Target, UserAction};
use passband_core::policy::access::filter::Filter;
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::model::{Policy, State, UnknownDevice};
use passband_core::policy::access::set::PolicySet;
use passband_core::policy::access::strength::Strength;
use passband_core::policy::access::verdict::Kind;
use passband_core::policy::access::{Facts, evaluate};
use passband_fuzz::NOW;
use passband_wire::id::{AccessPolicyId, ClientId, DeviceId, UserId};
use serde_json::{Map, Value, json};

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if *kind == 3 {
        return filter(text);
    }
    if text.len() > MAX_LOCATION {
        return;
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    match kind {
        0 => policy(&document),
        1 => {
            let id = "00000000-0000-0000-0000-0000000000b1".parse().expect("an id");
            let Ok(read) = Strength::from_graph(&document, id) else { return };
            assert_eq!(Strength::from_graph(&read.to_graph(), id).as_ref(), Ok(&read));
        }
        _ => {
            let id = "00000000-0000-0000-0000-0000000000c1".parse().expect("an id");
            let Ok(read) = NamedLocation::from_graph(&document, id) else { return };
            assert_eq!(NamedLocation::from_graph(&read.to_graph(), id).as_ref(), Ok(&read));
        }
    }
});

fn policy(document: &Value) {
    let id = AccessPolicyId::from_bytes([0xa1; 16]);
    let Ok(read) = Policy::from_graph(document, id) else { return };
    let shown = read.to_graph(Version::Beta);
    assert_eq!(Policy::from_graph(&shown, id).as_ref(), Ok(&read), "what is taken can be read again");
    assert_eq!(read.patched(&Map::new()).as_ref(), Ok(&read), "a change of nothing changes nothing");
    assert!(Policy::from_graph(&read.to_graph(Version::V1), id).is_ok(), "v1.0 shows a whole policy");
    // Nothing that was written is left out in silence: a member that is not known is refused.
    let mut more = document.clone();
    if let Value::Object(members) = &mut more {
        members.insert("notAMember".to_owned(), json!(true));
    }
    assert!(Policy::from_graph(&more, id).is_err(), "a member is ignored");

    let alone = PolicySet::compile(vec![read.clone()], Vec::new(), Vec::new());
    let block = Policy::from_graph(&blocking(), AccessPolicyId::from_bytes([0xa2; 16])).expect("a policy");
    let both = PolicySet::compile(vec![read.clone(), block], Vec::new(), Vec::new());
    let apps = [ClientId::from_bytes([6; 16])];
    for action in [None, Some(UserAction::RegisterSecurityInfo), Some(UserAction::RegisterDevice)] {
        let target = Target { apps: &apps, action, ..Target::default() };
        let nothing = Facts { target, ..Facts::nothing_about(UserId::from_bytes([2; 16]), NOW) };
        let worst = kind(&alone, &nothing);
        if read.state != State::Enabled {
            assert_eq!(worst, Kind::Permit, "a policy that is not in force has decided");
        }
        assert_eq!(kind(&both, &nothing), Kind::Refused, "a policy has allowed what another blocks");
        for facts in completions(&nothing) {
            let found = kind(&alone, &facts);
            assert!(found >= worst, "what was not known was better than what is: {worst:?}, {found:?}");
            assert_eq!(kind(&both, &facts), Kind::Refused);
        }
    }
}

fn blocking() -> Value {
    json!({
        "displayName": "Block", "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
        "grantControls": { "operator": "OR", "builtInControls": ["block"] },
    })
}

fn kind(set: &PolicySet, facts: &Facts<'_>) -> Kind {
    let verdict = evaluate(set, facts);
    let kind = verdict.outcome.kind();
    assert!(verdict.best >= kind, "the best case is worse than the worst");
    kind
}

/// The same request, with more that is known.
fn completions<'a>(nothing: &Facts<'a>) -> Vec<Facts<'a>> {
    let mut all = Vec::new();
    let bare = DeviceFacts::bare(DeviceId::from_bytes([3; 16]));
    let good = DeviceFacts { is_compliant: Some(true), is_managed: Some(true), model: Some("X1"), ..bare };
    for device in [None, Some(bare), Some(good)] {
        for guest in [None, Some(Guest::ServiceProvider)] {
            let mut facts = *nothing;
            facts.device = Fact::Known(device);
            facts.person.guest = Fact::Known(guest);
            facts.person.groups = Fact::Known(&[]);
            facts.person.roles = Fact::Known(&[]);
            facts.network.ip = Fact::Known([192, 0, 2, 1].into());
            facts.network.country = Fact::Known(None);
            all.push(facts);
        }
    }
    all
}

fn filter(text: &str) {
    let Ok(read) = Filter::parse(text) else { return };
    assert_eq!(read.text(), text);
    assert_eq!(Filter::parse(read.text()).as_ref(), Ok(&read));
    // The opposite of a rule can be written unless it is as deep or long as rules may be.
    let opposite = Filter::parse(&format!("-not ({text})"));
    let bare = DeviceFacts::bare(DeviceId::from_bytes([3; 16]));
    let known = DeviceFacts {
        display_name: Some("Ada's laptop"),
        model: Some("X1"),
        manufacturer: Some("Lenovo"),
        operating_system: Some("Linux"),
        operating_system_version: Some("12"),
        is_compliant: Some(true),
        ..bare
    };
    for device in [Fact::Unknown, Fact::Known(None), Fact::Known(Some(bare)), Fact::Known(Some(known))] {
        for unknown in [UnknownDevice::AsDocumented, UnknownDevice::FailClosed] {
            let found = read.finds(&device, unknown);
            if let Ok(opposite) = &opposite {
                assert_eq!(opposite.finds(&device, unknown), found.not(), "not what the rule does not find");
            }
        }
    }
}
