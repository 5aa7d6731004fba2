//! Passkeys by what can matter, and what the passkey policy says of them.

use super::people::Key;
use super::platform::{Said, is_model_synced, kind_of};
use super::table::Kind;
use super::why::{Against, Why};
use crate::model::Passkey;
use passband_core::authn::profile::{PasskeyFacts, PasskeyPolicy, Phase, evaluate};
use passband_core::policy::access::facts::{PasskeyProof, Truth};
use passband_core::policy::access::strength::{KeyBinding, Strength};
use passband_core::policy::signal::{Certification, EvidenceLevel};
use passband_core::reason::Reason;
use std::collections::BTreeSet;

/// What is known of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Its model.
    pub aaguid: Option<[u8; 16]>,
    /// Whether it is synced.
    pub synced: Option<bool>,
    /// Whether it is attested.
    pub attested: Option<bool>,
}

impl Token {
    /// What is known of a registered one. Where nobody said whether it is synced, its model or an attestation may.
    #[must_use]
    pub fn of(passkey: &Passkey) -> Self {
        let aaguid = passkey.aaguid.known().copied();
        let attested = passkey.attested.known().copied();
        // Nothing can attest a key that is copied.
        let by_attestation = attested.filter(|it| *it).map(|_| false);
        let said = passkey.synced.known().copied().or(by_attestation);
        let synced = said.or_else(|| is_model_synced(aaguid?));
        let attested = attested.or(synced.filter(|it| *it).map(|_| false));
        Self { aaguid, synced, attested }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        kind_of(self.aaguid, self.synced)
    }

    /// What is not known of it, as a reason.
    #[must_use]
    pub const fn gap(&self) -> Option<Why> {
        match (self.synced, self.aaguid, self.attested) {
            (None, ..) => Some(Why::TypeUnknown),
            (_, None, _) => Some(Why::ModelUnknown),
            (.., None) => Some(Why::AttestationUnknown),
            _ => None,
        }
    }
}

/// One thing that a passkey may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its model.
    pub aaguid: [u8; 16],
    /// Whether it is synced.
    pub synced: bool,
    /// Whether it is attested.
    pub attested: bool,
    /// What is proved of it.
    pub evidence: EvidenceLevel,
}

/// A model that nothing names.
const SOME_MODEL: [u8; 16] = [0xfe; 16];

/// What policies ask of passkeys: only so far cases have to be told apart.
#[derive(Debug, Default)]
pub struct Asked {
    models: BTreeSet<[u8; 16]>,
    evidence: bool,
    attested: bool,
    strengths: BTreeSet<[u8; 16]>,
}

impl Asked {
    /// What these policies and strengths ask.
    #[must_use]
    pub fn by(policies: &[&PasskeyPolicy], strengths: &[Strength]) -> Self {
        let mut asked = Self::default();
        for strength in strengths {
            asked.strengths.extend(&strength.passkeys.aaguids);
            asked.attested |= strength.passkeys.attested;
            asked.evidence |= !strength.passkeys.bindings.is_empty()
                || strength.passkeys.minimum_evidence > EvidenceLevel::E0;
        }
        asked.models.clone_from(&asked.strengths);
        for profile in policies.iter().flat_map(|it| &it.profiles) {
            asked.models.extend(&profile.restrictions.aaguids);
            asked.evidence |= profile.minimum_evidence > EvidenceLevel::E0;
        }
        asked
    }

    /// The models that anything names.
    pub fn models(&self) -> impl Iterator<Item = [u8; 16]> {
        self.models.iter().copied()
    }

    /// Everything that a passkey may be.
    #[must_use]
    pub fn cases(&self, token: &Token) -> Vec<Case> {
        let models: Vec<_> = match token.aaguid {
            Some(known) => vec![known],
            None => self.models.iter().copied().chain([SOME_MODEL]).collect(),
        };
        let either = |known: Option<bool>| known.map_or(vec![false, true], |it| vec![it]);
        let mut cases = Vec::new();
        for aaguid in models {
            for synced in either(token.synced) {
                for attested in either(token.attested).into_iter().filter(|it| !(synced && *it)) {
                    for evidence in self.evidence_of(attested) {
                        cases.push(Case { aaguid, synced, attested, evidence });
                    }
                }
            }
        }
        if cases.is_empty() {
            // It says of itself that it is synced and attested. Then nobody vouches for it.
            let aaguid = token.aaguid.unwrap_or(SOME_MODEL);
            cases.push(Case { aaguid, synced: true, attested: false, evidence: EvidenceLevel::E0 });
        }
        cases
    }

    /// Attestation proves the model; whether hardware keeps the key is not in an export.
    fn evidence_of(&self, attested: bool) -> Vec<EvidenceLevel> {
        match (attested, self.evidence) {
            (true, true) => vec![EvidenceLevel::E2, EvidenceLevel::E3],
            (true, false) => vec![EvidenceLevel::E2],
            (false, _) => vec![EvidenceLevel::E0],
        }
    }

    /// A case in the words of strengths, without what none of them asks.
    #[must_use]
    pub fn proof(&self, case: &Case) -> PasskeyProof {
        PasskeyProof {
            aaguid: if self.strengths.contains(&case.aaguid) { case.aaguid } else { SOME_MODEL },
            binding: if self.evidence {
                KeyBinding::of(case.synced, case.evidence)
            } else {
                KeyBinding::Unknown
            },
            evidence: if self.evidence { case.evidence } else { EvidenceLevel::E0 },
            attested: self.attested && case.attested,
            certification: Certification::None,
        }
    }
}

/// What the passkey policy says of a case. Several policies are what one export may mean.
#[must_use]
pub fn accepted(policies: &[&PasskeyPolicy], key: &Key, case: &Case, phase: Phase) -> Said {
    if policies.is_empty() {
        return Said::unsure(Why::PasskeyPolicyUnknown);
    }
    let facts = PasskeyFacts {
        synced: case.synced,
        aaguid: case.aaguid,
        attested: case.attested,
        evidence: case.evidence,
        certification: Certification::None,
        verification: &[],
    };
    let of_policy = |policy: &PasskeyPolicy| {
        let cases = key.cases(policy).into_iter();
        cases
            .map(|groups| one(policy, &groups, &facts, phase))
            .reduce(|a, b| either(a, b, Why::MembershipUnknown))
    };
    let all = policies.iter().filter_map(|policy| of_policy(policy));
    all.reduce(|a, b| either(a, b, Why::Migration)).unwrap_or(Said::unsure(Why::PasskeyPolicyUnknown))
}

/// One of the two, and nobody can tell which.
fn either(a: Said, b: Said, why: Why) -> Said {
    if a.truth == b.truth { a } else { Said::unsure(why) }
}

fn one(
    policy: &PasskeyPolicy,
    groups: &[passband_core::id::GroupId],
    facts: &PasskeyFacts<'_>,
    phase: Phase,
) -> Said {
    let verdict = evaluate(policy, groups, facts, phase);
    let Err(reason) = verdict.decision else { return Said::YES };
    let nearest = verdict.nearest().map(|finding| finding.profile.id);
    let place = policy.profiles.iter().position(|profile| Some(profile.id) == nearest);
    Said {
        truth: Truth::No,
        why: Some(Why::Passkey(against(reason), place.and_then(|place| u32::try_from(place).ok()))),
    }
}

const fn against(reason: Reason) -> Against {
    match reason {
        Reason::PasskeyPolicyDisabled => Against::Disabled,
        Reason::PasskeyPolicyExcluded => Against::Excluded,
        Reason::PasskeyPolicyNotInScope => Against::NotInScope,
        Reason::PasskeyProfileType => Against::Type,
        Reason::PasskeyProfileAaguid => Against::Aaguid,
        Reason::PasskeyProfileAttestation => Against::Attestation,
        _ => Against::Other,
    }
}
