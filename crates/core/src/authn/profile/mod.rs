//! Passkey profiles: which passkeys are accepted from whom (Graph `fido2AuthenticationMethodConfiguration` and
//! `passkeyProfile`, with rules of our own under the prefix `passband_`).
//!
//! No I/O: a planner asks the same questions over exported policies as the server asks at a sign-in.
//!
//! | module | holds |
//! |---|---|
//! | here | the policy and its evaluation |
//! | [`document`] | the policy as Graph writes it, read strictly |
//! | [`impact`] | whom a change touches |
//! | [`templates`] | ready-made profiles, and what a profile says of a model |
//! | [`words`] | a verdict in a log's codes and in a person's words |
//!
//! # Rules
//!
//! 1. A person in an excluded group is refused, whatever else covers them.
//! 2. So is one whom no target covers, and everybody while the policy is disabled.
//! 3. Every enforced profile that a target of theirs names is *reachable*. There is no order among them: a passkey
//!    is accepted if it satisfies **one** of them completely. Rules of two profiles are never mixed.
//! 4. Type and AAGUID are asked at registration and at every sign-in, attestation at registration only.
//!    `registrationOnly` implies device-bound: nothing can attest a key that is copied.
//! 5. The rules of our own (evidence, certification, ways of user verification) are asked at both, about what is
//!    known of the passkey *now*: a model that loses its certification fails at the next sign-in.
//!
//! Of a passkey without attestation the AAGUID is the authenticator's own word. A rule on AAGUIDs alone guides
//! honest people to the right model; it proves nothing. One that has to hold also asks for attestation or evidence.
//!
//! # Report-only profiles
//!
//! A profile in state `enabledForReportingButNotEnforced` is a *draft*. What is decided, is decided by the enforced
//! profiles alone, so a draft can neither admit nor refuse anyone. Since any one profile is enough, a stricter
//! profile beside the old one would never refuse anything; so a draft says with `passband_replaces` which enforced
//! profile it is meant to stand in for. Its report is the exact answer to "what if it were enforced instead":
//!
//! - a draft is reachable where the profile it replaces is, or where a target names the draft itself;
//! - the report says *would allow* if the passkey satisfies the draft, or any reachable enforced profile other than
//!   the one it replaces.
//!
//! A draft that replaces nothing can only add, and its report says so.

pub mod document;
pub mod impact;
pub mod templates;
pub mod words;

use crate::directory::Passkey;
use crate::id::{GroupId, ProfileId};
use crate::policy::signal::{Certification, EvidenceLevel};
use crate::reason::Reason;

/// The id of the profile that a new installation begins with.
pub const FIRST_PROFILE: ProfileId = ProfileId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/// Whom a target means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody: `all_users`.
    Everyone,
    /// The members of a group.
    Group(GroupId),
}

impl Who {
    /// Whether somebody in these groups is meant.
    #[must_use]
    pub fn covers(self, groups: &[GroupId]) -> bool {
        match self {
            Self::Everyone => true,
            Self::Group(id) => groups.contains(&id),
        }
    }
}

/// An included target (Graph `passkeyAuthenticationMethodTarget`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Graph `id`.
    pub who: Who,
    /// Graph `allowedPasskeyProfiles`; none means the default profile.
    pub profiles: Vec<ProfileId>,
}

/// Whether a profile decides or only reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileState {
    /// It decides: `enabled`.
    #[default]
    Enforced,
    /// It is a draft: `enabledForReportingButNotEnforced`.
    ReportOnly,
}

/// The kinds of passkey a profile takes (Graph `passkeyTypes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyTypes {
    /// Keys that stay in their authenticator.
    pub device_bound: bool,
    /// Keys that a provider copies to a person's other devices.
    pub synced: bool,
}

/// Which models a profile takes (Graph `fido2KeyRestrictions`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRestrictions {
    /// Graph `isEnforced`.
    pub enforced: bool,
    /// Graph `enforcementType`: `block` if true, else `allow`.
    pub block: bool,
    /// Graph `aaGuids`.
    pub aaguids: Vec<[u8; 16]>,
}

/// A passkey profile (Graph `passkeyProfile`, 2026-03-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyProfile {
    /// Graph `id`.
    pub id: ProfileId,
    /// Graph `name`.
    pub name: String,
    /// Graph `passkeyTypes`.
    pub types: PasskeyTypes,
    /// Graph `attestationEnforcement` is `registrationOnly`.
    pub attestation: bool,
    /// Graph `keyRestrictions`.
    pub restrictions: KeyRestrictions,
    /// `passband_minimumEvidence`.
    pub minimum_evidence: EvidenceLevel,
    /// `passband_minimumCertification`.
    pub minimum_certification: Certification,
    /// `passband_userVerificationMethods`, as the FIDO Registry names them without prefix; empty takes any.
    pub verification_methods: Vec<String>,
    /// `passband_state`.
    pub state: ProfileState,
    /// `passband_replaces`: of a draft, the enforced profile it is meant to stand in for.
    pub replaces: Option<ProfileId>,
}

/// The passkey policy (Graph `fido2AuthenticationMethodConfiguration`, 2026-03-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyPolicy {
    /// Graph `state` is `enabled`.
    pub enabled: bool,
    /// Graph `isSelfServiceRegistrationAllowed`.
    pub self_service: bool,
    /// Graph `includeTargets`.
    pub include: Vec<Target>,
    /// Graph `excludeTargets`.
    pub exclude: Vec<GroupId>,
    /// Graph `defaultPasskeyProfile`.
    pub default_profile: ProfileId,
    /// Graph `passkeyProfiles`.
    pub profiles: Vec<PasskeyProfile>,
}

impl Default for PasskeyPolicy {
    /// Of a new installation: every passkey, for everybody, by themselves.
    fn default() -> Self {
        Self {
            enabled: true,
            self_service: true,
            include: vec![Target { who: Who::Everyone, profiles: vec![FIRST_PROFILE] }],
            exclude: Vec::new(),
            default_profile: FIRST_PROFILE,
            profiles: vec![PasskeyProfile::open(FIRST_PROFILE, "Default")],
        }
    }
}

impl PasskeyProfile {
    /// A profile that takes every passkey.
    #[must_use]
    pub fn open(id: ProfileId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            types: PasskeyTypes { device_bound: true, synced: true },
            attestation: false,
            restrictions: KeyRestrictions::default(),
            minimum_evidence: EvidenceLevel::E0,
            minimum_certification: Certification::None,
            verification_methods: Vec::new(),
            state: ProfileState::Enforced,
            replaces: None,
        }
    }

    /// Whether a rule of it can only hold for a passkey whose model says what it is.
    const fn asks_the_model(&self) -> bool {
        self.attestation
            || self.restrictions.enforced
            || !self.verification_methods.is_empty()
            || !matches!(self.minimum_evidence, EvidenceLevel::E0)
            || !matches!(self.minimum_certification, Certification::None)
    }
}

/// When a passkey is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being registered.
    Registration,
    /// It signs its owner in.
    SignIn,
}

/// What a policy is told of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyFacts<'a> {
    /// It is synced (`BE`), fixed for life.
    pub synced: bool,
    /// Its model, as it says; proved only if `attested`, or by its evidence.
    pub aaguid: [u8; 16],
    /// Whether, at registration, a statement led to a trusted root.
    pub attested: bool,
    /// What is proved of it now.
    pub evidence: EvidenceLevel,
    /// The certification of its proved model now.
    pub certification: Certification,
    /// How its proved model verifies its user, as the FIDO Registry names it without prefix.
    pub verification: &'a [String],
}

impl<'a> PasskeyFacts<'a> {
    /// What the directory knows of a passkey.
    #[must_use]
    pub fn of(passkey: &'a Passkey) -> Self {
        Self {
            synced: passkey.backup_eligible,
            aaguid: passkey.aaguid,
            attested: passkey.evidence.attested,
            evidence: passkey.evidence.level,
            certification: passkey.evidence.certification,
            verification: &passkey.evidence.verification,
        }
    }
}

/// A rule of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `passkeyTypes`, and device-bound under attestation.
    Type,
    /// `keyRestrictions`
    Aaguid,
    /// `attestationEnforcement`
    Attestation,
    /// `passband_minimumEvidence`
    Evidence,
    /// `passband_minimumCertification`
    Certification,
    /// `passband_userVerificationMethods`
    Verification,
}

impl Rule {
    /// Each of them, in the order they are told.
    pub const ALL: [Self; 6] = [
        Self::Type,
        Self::Aaguid,
        Self::Attestation,
        Self::Evidence,
        Self::Certification,
        Self::Verification,
    ];

    /// The log's reason for a passkey that breaks it.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Type => Reason::PasskeyProfileType,
            Self::Aaguid => Reason::PasskeyProfileAaguid,
            Self::Attestation => Reason::PasskeyProfileAttestation,
            Self::Evidence => Reason::PasskeyProfileEvidence,
            Self::Certification => Reason::PasskeyProfileCertification,
            Self::Verification => Reason::PasskeyProfileVerification,
        }
    }

    /// The property that sets it.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::Type => "passkeyTypes",
            Self::Aaguid => "keyRestrictions",
            Self::Attestation => "attestationEnforcement",
            Self::Evidence => "passband_minimumEvidence",
            Self::Certification => "passband_minimumCertification",
            Self::Verification => "passband_userVerificationMethods",
        }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The passkey fulfils it.
    Held,
    /// The passkey does not.
    Broken,
    /// The profile does not ask for it, or not in this phase.
    NotAsked,
}

/// What a profile says of a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'p> {
    /// The profile.
    pub profile: &'p PasskeyProfile,
    /// Each rule, in the order of [`Rule::ALL`].
    pub rules: [(Rule, Outcome); 6],
}

impl Finding<'_> {
    /// Whether every rule that was asked held.
    #[must_use]
    pub fn satisfied(&self) -> bool {
        self.broken().next().is_none()
    }

    /// The rules that did not hold.
    pub fn broken(&self) -> impl Iterator<Item = Rule> {
        self.rules.iter().filter(|(_, outcome)| *outcome == Outcome::Broken).map(|(rule, _)| *rule)
    }
}

/// What a report-only profile says of a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<'p> {
    /// Its rules, one by one.
    pub finding: Finding<'p>,
    /// Whether the passkey would be accepted if the draft stood where the profile it replaces stands now.
    pub would_allow: bool,
}

/// What a policy says of a passkey of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict<'p> {
    /// Whether it is accepted; made of the enforced profiles alone.
    pub decision: Result<(), Reason>,
    /// The reachable enforced profiles. Empty if nobody got as far as asking them.
    pub findings: Vec<Finding<'p>>,
    /// The reachable report-only profiles.
    pub drafts: Vec<Draft<'p>>,
}

impl<'p> Verdict<'p> {
    fn refused(reason: Reason) -> Self {
        Self { decision: Err(reason), findings: Vec::new(), drafts: Vec::new() }
    }

    /// The first profile that the passkey satisfies.
    #[must_use]
    pub fn satisfied(&self) -> Option<&Finding<'p>> {
        self.findings.iter().find(|finding| finding.satisfied())
    }

    /// The profile that the passkey comes closest to: the one with the fewest broken rules.
    #[must_use]
    pub fn nearest(&self) -> Option<&Finding<'p>> {
        self.findings.iter().min_by_key(|finding| finding.broken().count())
    }
}

impl PasskeyPolicy {
    /// Whether somebody in these groups may have passkeys at all.
    ///
    /// # Errors
    ///
    /// [`Reason::PasskeyPolicyDisabled`], [`Reason::PasskeyPolicyExcluded`], or [`Reason::PasskeyPolicyNotInScope`].
    pub fn admits(&self, groups: &[GroupId]) -> Result<(), Reason> {
        if !self.enabled {
            return Err(Reason::PasskeyPolicyDisabled);
        }
        if self.exclude.iter().any(|group| groups.contains(group)) {
            return Err(Reason::PasskeyPolicyExcluded);
        }
        if self.enforced(groups).next().is_none() {
            return Err(Reason::PasskeyPolicyNotInScope);
        }
        Ok(())
    }

    /// The enforced profiles that somebody in these groups can reach.
    pub fn enforced(&self, groups: &[GroupId]) -> impl Iterator<Item = &PasskeyProfile> {
        let named = self.named(groups);
        self.profiles.iter().filter(move |p| p.state == ProfileState::Enforced && named.contains(&p.id))
    }

    /// The report-only profiles that somebody in these groups can reach.
    pub fn drafts(&self, groups: &[GroupId]) -> impl Iterator<Item = &PasskeyProfile> {
        let named = self.named(groups);
        self.profiles.iter().filter(move |p| {
            let reached = named.contains(&p.id) || p.replaces.is_some_and(|id| named.contains(&id));
            p.state == ProfileState::ReportOnly && reached
        })
    }

    fn named(&self, groups: &[GroupId]) -> Vec<ProfileId> {
        let covering = self.include.iter().filter(|target| target.who.covers(groups));
        let mut named = Vec::new();
        for target in covering {
            if target.profiles.is_empty() {
                named.push(self.default_profile);
            }
            named.extend_from_slice(&target.profiles);
        }
        named
    }

    /// Whether a registration by somebody in these groups should ask the authenticator what it is (WebAuthn L3
    /// §5.4.7, `direct`). Without a profile that looks at it, the question would only cost privacy and a prompt.
    #[must_use]
    pub fn wants_attestation(&self, groups: &[GroupId]) -> bool {
        self.enforced(groups).chain(self.drafts(groups)).any(PasskeyProfile::asks_the_model)
    }
}

/// What the policy says of this passkey of somebody in these groups.
#[must_use]
pub fn evaluate<'p>(
    policy: &'p PasskeyPolicy,
    groups: &[GroupId],
    facts: &PasskeyFacts<'_>,
    phase: Phase,
) -> Verdict<'p> {
    if let Err(reason) = policy.admits(groups) {
        return Verdict::refused(reason);
    }
    let findings: Vec<_> = policy.enforced(groups).map(|p| examine(p, facts, phase)).collect();
    let drafts = policy.drafts(groups).map(|p| {
        let finding = examine(p, facts, phase);
        let mut others = findings.iter().filter(|f| Some(f.profile.id) != p.replaces);
        let would_allow = finding.satisfied() || others.any(Finding::satisfied);
        Draft { finding, would_allow }
    });
    let drafts = drafts.collect();
    let mut verdict = Verdict { decision: Ok(()), findings, drafts };
    if verdict.satisfied().is_none() {
        let rule = verdict.nearest().and_then(|finding| finding.broken().next());
        verdict.decision = Err(rule.map_or(Reason::PasskeyPolicyNotInScope, Rule::reason));
    }
    verdict
}

/// Each rule of one profile.
fn examine<'p>(profile: &'p PasskeyProfile, facts: &PasskeyFacts<'_>, phase: Phase) -> Finding<'p> {
    let held = |holds: bool| if holds { Outcome::Held } else { Outcome::Broken };
    let asked = |is: bool, holds: bool| if is { held(holds) } else { Outcome::NotAsked };
    let rules = Rule::ALL.map(|rule| {
        let outcome = match rule {
            Rule::Type => held(takes_type(profile, facts)),
            Rule::Aaguid => {
                let list = &profile.restrictions;
                asked(list.enforced, list.block != list.aaguids.contains(&facts.aaguid))
            }
            // A synced key cannot be attested, whatever its statement says.
            Rule::Attestation => {
                asked(profile.attestation && phase == Phase::Registration, facts.attested && !facts.synced)
            }
            Rule::Evidence => asked(
                profile.minimum_evidence > EvidenceLevel::E0,
                facts.evidence >= profile.minimum_evidence,
            ),
            Rule::Certification => asked(
                profile.minimum_certification > Certification::None,
                facts.certification >= profile.minimum_certification,
            ),
            Rule::Verification => asked(
                !profile.verification_methods.is_empty(),
                verifies_so(&profile.verification_methods, facts.verification),
            ),
        };
        (rule, outcome)
    });
    Finding { profile, rules }
}

const fn takes_type(profile: &PasskeyProfile, facts: &PasskeyFacts<'_>) -> bool {
    if facts.synced { profile.types.synced && !profile.attestation } else { profile.types.device_bound }
}

/// Entries of a model's statement that are no way to know a user (FIDO Registry §3.1): presence, nothing, and the
/// mark that several are joined. A ceremony that demanded verification did not pass with these.
const NO_VERIFICATION: [&str; 3] = ["presence_internal", "none", "all"];

/// Whether a model verifies its user in accepted ways only. Which of its ways was used nobody says, so every one
/// of them must be accepted, and at least one be known.
fn verifies_so(accepted: &[String], ways: &[String]) -> bool {
    let mut real = ways.iter().filter(|way| !NO_VERIFICATION.contains(&way.as_str())).peekable();
    real.peek().is_some() && real.all(|way| accepted.contains(way))
}

/// A passkey that the policy accepts from its owner at a sign-in. Only [`permit_sign_in`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Permitted<'k>(&'k Passkey);

impl<'k> Permitted<'k> {
    /// The passkey.
    #[must_use]
    pub const fn passkey(self) -> &'k Passkey {
        self.0
    }
}

/// A new passkey that the policy accepts from its owner. Only [`permit_registration`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct PermittedNew<'k>(&'k Passkey);

impl<'k> PermittedNew<'k> {
    /// The passkey.
    #[must_use]
    pub const fn passkey(self) -> &'k Passkey {
        self.0
    }
}

/// Asks about a sign-in with a passkey, once its signature is verified: before that a stranger would learn from the
/// answer what an organisation accepts. The verdict goes to the log either way; the error is its decision.
pub fn permit_sign_in<'k, 'p>(
    policy: &'p PasskeyPolicy,
    groups: &[GroupId],
    passkey: &'k Passkey,
) -> (Result<Permitted<'k>, Reason>, Verdict<'p>) {
    let verdict = evaluate(policy, groups, &PasskeyFacts::of(passkey), Phase::SignIn);
    (verdict.decision.map(|()| Permitted(passkey)), verdict)
}

/// Asks about a registration, once the new passkey is verified and its evidence judged.
pub fn permit_registration<'k, 'p>(
    policy: &'p PasskeyPolicy,
    groups: &[GroupId],
    passkey: &'k Passkey,
) -> (Result<PermittedNew<'k>, Reason>, Verdict<'p>) {
    let verdict = evaluate(policy, groups, &PasskeyFacts::of(passkey), Phase::Registration);
    (verdict.decision.map(|()| PermittedNew(passkey)), verdict)
}

#[cfg(test)]
mod tests;
