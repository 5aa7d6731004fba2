//! The authentication methods policy: as it is stored, as Graph writes it, and as a change of the one in force.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::authn::methods::MethodsPolicy;
use passband_core::authn::profile::templates::templates;
use passband_core::authn::profile::{PasskeyFacts, PasskeyPolicy, Phase, ProfileState, evaluate};
use passband_core::id::GroupId;
use passband_core::policy::signal::{Certification, EvidenceLevel};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(stored) = MethodsPolicy::from_document(text) {
        let again = MethodsPolicy::from_document(&stored.to_document());
        assert_eq!(again.as_ref(), Ok(&stored), "what is stored is read again");
        policy(&stored.passkeys);
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(read) = PasskeyPolicy::from_graph(&document) {
        policy(&read);
    }
    let Value::Object(patch) = document else { return };
    if let Ok(changed) = PasskeyPolicy::default().patched(&patch) {
        policy(&changed);
        let same = changed.patched(&serde_json::Map::new());
        assert_eq!(same, Ok(changed), "a change of nothing changes nothing");
    }
});

fn policy(policy: &PasskeyPolicy) {
    let again = PasskeyPolicy::from_graph(&policy.to_graph());
    assert_eq!(again.as_ref(), Ok(policy), "what is taken can be read again, or everybody is locked out");
    let mut enforced = policy.clone();
    enforced.profiles.retain(|profile| profile.state == ProfileState::Enforced);
    let groups: Vec<Vec<GroupId>> = vec![vec![], policy.exclude.iter().copied().take(1).collect()];
    for template in templates() {
        // A passkey that fulfils everything, and one that fulfils nothing.
        let ways = template.profile.verification_methods.clone();
        for (synced, evidence, certification) in
            [(false, EvidenceLevel::E3, Certification::L3), (true, EvidenceLevel::E0, Certification::None)]
        {
            let attested = !synced;
            let facts = PasskeyFacts {
                synced,
                aaguid: [0; 16],
                attested,
                evidence,
                certification,
                verification: &ways,
            };
            for (groups, phase) in groups.iter().flat_map(|g| [(g, Phase::Registration), (g, Phase::SignIn)])
            {
                let verdict = evaluate(policy, groups, &facts, phase);
                let without = evaluate(&enforced, groups, &facts, phase);
                assert_eq!(verdict.decision, without.decision, "a draft has decided");
                assert_eq!(verdict.decision.is_ok(), verdict.satisfied().is_some());
                assert!(verdict.decision.is_err() || policy.enabled);
            }
        }
    }
}
