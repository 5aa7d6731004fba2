//! Ready-made profiles, and what a profile says of a model of authenticator before anybody has one.
//!
//! A template is data: it does nothing until an administrator takes it into the policy and a target names it there.

use super::{Finding, PasskeyFacts, PasskeyPolicy, PasskeyProfile, PasskeyTypes, Phase, examine};
use crate::authn::profile::document::PolicyError;
use crate::id::ProfileId;
use crate::platform::evidence::ModelFacts;
use crate::policy::signal::{Certification, EvidenceLevel};

/// A ready-made profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name in addresses and commands.
    pub key: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// The profile as the policy would have it.
    pub profile: PasskeyProfile,
}

/// Each of them, from the widest to the narrowest.
#[must_use]
pub fn templates() -> [Template; 4] {
    let profile = |number: u8, name: &str| {
        let mut id = [0; 16];
        // Fixed, so that taking one twice is noticed, and apart from the first profile of an installation.
        (id[7], id[15]) = (1, number);
        PasskeyProfile::open(ProfileId::from_bytes(id), name)
    };
    let bound = |number, name| PasskeyProfile {
        types: PasskeyTypes { device_bound: true, synced: false },
        ..profile(number, name)
    };
    let hardware = |number, name| PasskeyProfile {
        attestation: true,
        minimum_evidence: EvidenceLevel::E3,
        ..bound(number, name)
    };
    [
        Template {
            key: "any",
            purpose: "Every passkey, synced ones too.",
            profile: profile(1, "Any passkey"),
        },
        Template {
            key: "device-bound",
            purpose: "Passkeys that say they stay on one device; their own word.",
            profile: bound(2, "Device-bound"),
        },
        Template {
            key: "attested-hardware",
            purpose: "Models whose maker vouches at registration that hardware keeps the key.",
            profile: hardware(3, "Attested hardware"),
        },
        Template {
            key: "certified-l2-hardware",
            purpose: "The same, with FIDO certification L2 or higher in force.",
            profile: PasskeyProfile {
                minimum_certification: Certification::L2,
                ..hardware(4, "Certified L2 hardware")
            },
        },
    ]
}

impl PasskeyPolicy {
    /// The policy with a ready-made profile more. No target names it yet, so nobody is touched.
    ///
    /// # Errors
    ///
    /// [`PolicyError::DuplicateProfile`] if it is there already, or what else the policy could not hold.
    pub fn with_template(&self, template: &Template) -> Result<Self, PolicyError> {
        let mut after = self.clone();
        after.profiles.push(template.profile.clone());
        // Through the document, which knows what a policy can hold.
        Self::from_graph(&after.to_graph())
    }

    /// The profiles to show models against: those of the policy, then the templates that are not in it; `true` marks
    /// a template.
    #[must_use]
    pub fn with_templates(&self) -> Vec<(PasskeyProfile, bool)> {
        let own = self.profiles.iter().map(|profile| (profile.clone(), false));
        let is_taken = |id: ProfileId| self.profiles.iter().any(|profile| profile.id == id);
        let ready = templates().into_iter().map(|template| template.profile);
        own.chain(ready.filter(|profile| !is_taken(profile.id)).map(|profile| (profile, true))).collect()
    }
}

impl<'a> PasskeyFacts<'a> {
    /// A passkey of this model that attests as the model's metadata say, and stays on its device unless they say
    /// that it is synced. What the metadata say beyond that counts for a proved model only, as it does for a passkey.
    #[must_use]
    pub fn of_model(facts: &'a ModelFacts) -> Self {
        let proved = facts.level >= EvidenceLevel::E2;
        Self {
            synced: !facts.device_bound,
            // U2F has none: its credentials say all zeros (WebAuthn L3 §6.5.1).
            aaguid: facts.aaguid.unwrap_or_default(),
            attested: proved,
            evidence: facts.level,
            certification: if proved { facts.certification } else { Certification::None },
            verification: if proved { &facts.verification } else { &[] },
        }
    }
}

/// What a profile says of such a passkey at its registration.
#[must_use]
pub fn judge_model<'p>(profile: &'p PasskeyProfile, facts: &ModelFacts) -> Finding<'p> {
    examine(profile, &PasskeyFacts::of_model(facts), Phase::Registration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authn::profile::Rule;
    use crate::platform::evidence::Proof;

    fn model() -> ModelFacts {
        ModelFacts {
            aaguid: Some([7; 16]),
            name: "Key".to_owned(),
            level: EvidenceLevel::E3,
            proof: Proof::ModelHardware,
            certification: Certification::L2,
            status: "FIDO_CERTIFIED_L2".to_owned(),
            verification: vec!["passcode_external".to_owned()],
            protection: vec!["hardware".to_owned()],
            attachment: vec![],
            device_bound: true,
        }
    }

    /// The rules of each template that the model breaks.
    fn broken(facts: &ModelFacts) -> [Vec<Rule>; 4] {
        templates().map(|template| judge_model(&template.profile, facts).broken().collect())
    }

    #[test]
    fn each_template_takes_less_than_the_one_before() {
        use Rule::{Attestation, Certification as Certified, Evidence, Type};
        let hardware = model();
        assert_eq!(broken(&hardware), [vec![], vec![], vec![], vec![]]);
        let first = ModelFacts { certification: Certification::L1plus, ..model() };
        assert_eq!(broken(&first), [vec![], vec![], vec![], vec![Certified]]);
        let software = ModelFacts { level: EvidenceLevel::E2, proof: Proof::ModelNotHardware, ..model() };
        assert_eq!(broken(&software), [vec![], vec![], vec![Evidence], vec![Evidence]]);
        let synced = ModelFacts { device_bound: false, proof: Proof::BackupEligible, ..software };
        let all = vec![Type, Attestation, Evidence];
        assert_eq!(broken(&synced), [vec![], vec![Type], all.clone(), all]);
        // Broken or self-attested: what its metadata say of certification proves nothing.
        let unproved = ModelFacts { level: EvidenceLevel::E1, proof: Proof::ModelDisqualified, ..model() };
        let both = vec![Attestation, Evidence];
        assert_eq!(broken(&unproved), [vec![], vec![], both.clone(), vec![Attestation, Evidence, Certified]]);
        let picky = PasskeyProfile {
            verification_methods: vec!["passcode_external".to_owned()],
            ..templates()[0].profile.clone()
        };
        assert!(judge_model(&picky, &hardware).satisfied());
        let told: Vec<_> = judge_model(&picky, &unproved).broken().collect();
        assert_eq!(told, [Rule::Verification]);
    }

    #[test]
    fn a_template_is_taken_once() {
        let policy = PasskeyPolicy::default();
        for template in templates() {
            let after = policy.with_template(&template).unwrap();
            assert_eq!(after.profiles.last(), Some(&template.profile), "{}", template.key);
            assert_eq!(after.include, policy.include, "nobody is touched");
            let again = after.with_template(&template);
            assert_eq!(again, Err(PolicyError::DuplicateProfile(template.profile.id)));
            assert_eq!(after.with_templates().iter().filter(|(_, is_template)| *is_template).count(), 3);
        }
        let marks: Vec<_> = policy.with_templates().iter().map(|(_, is_template)| *is_template).collect();
        assert_eq!(marks, [false, true, true, true, true]);
    }
}
