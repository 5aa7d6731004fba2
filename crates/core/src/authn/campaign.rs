//! The registration campaign: asking people who have no passkey good enough, or only one that can be lost, to
//! register another (Graph `authenticationMethodsRegistrationCampaign`).

use super::profile::document::{PolicyError, members_of, parse, strip};
use super::profile::{PasskeyFacts, PasskeyPolicy, Phase, evaluate};
use crate::directory::{Holder, Snoozed};
use crate::id::{GroupId, UserId};
use crate::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How often the question may be put off where that has an end (Graph, `enforceRegistrationAfterAllowedSnoozes`).
pub const ALLOWED_SNOOZES: u32 = 3;

/// Longest time the question is put off, days (Graph `snoozeDurationInDays`).
const MAX_DAYS: i64 = 14;

/// Whom a campaign means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody: `all_users`.
    Everyone,
    /// The members of a group.
    Group(GroupId),
    /// One person.
    User(UserId),
}

impl Audience {
    fn covers(self, holder: &Holder) -> bool {
        match self {
            Self::Everyone => true,
            Self::Group(id) => holder.groups.contains(&id),
            Self::User(id) => holder.user.id == id,
        }
    }
}

/// A registration campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Graph `state` is `enabled`.
    pub enabled: bool,
    /// Graph `snoozeDurationInDays`; 0 asks at every sign-in.
    pub snooze_days: i64,
    /// Graph `enforceRegistrationAfterAllowedSnoozes`.
    pub enforced: bool,
    /// Graph `includeTargets`.
    pub include: Vec<Audience>,
    /// Graph `excludeTargets`.
    pub exclude: Vec<Audience>,
}

impl Default for Campaign {
    /// Of a new installation: off, and once switched on for everybody, who may put it off for a day.
    fn default() -> Self {
        Self {
            enabled: false,
            snooze_days: 1,
            enforced: true,
            include: vec![Audience::Everyone],
            exclude: Vec::new(),
        }
    }
}

/// Why somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// None of their passkeys satisfies a profile, or what a report-only profile would ask.
    NoneGoodEnough,
    /// Their one passkey is bound to one device: with the device, the account is lost.
    OnlyOne,
}

/// What a campaign does after somebody has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Leave,
    /// Ask, and let them put it off; how often they still may, if that has an end.
    Ask(Why, Option<u32>),
    /// Ask, and let nothing else happen before.
    Insist(Why),
}

impl Campaign {
    /// What to do with somebody who has just signed in.
    #[must_use]
    pub fn step(&self, policy: &PasskeyPolicy, holder: &Holder, snoozed: Snoozed, now: Timestamp) -> Step {
        let meant = |list: &[Audience]| list.iter().any(|audience| audience.covers(holder));
        // Whoever may not register could only be vexed.
        let may = policy.self_service && policy.admits(&holder.groups).is_ok();
        if !self.enabled || !may || !meant(&self.include) || meant(&self.exclude) {
            return Step::Leave;
        }
        let Some(why) = lacking(policy, holder) else { return Step::Leave };
        if !self.enforced {
            return if now < snoozed.until { Step::Leave } else { Step::Ask(why, None) };
        }
        match ALLOWED_SNOOZES.checked_sub(snoozed.times) {
            _ if now < snoozed.until => Step::Leave,
            None | Some(0) => Step::Insist(why),
            Some(left) => Step::Ask(why, Some(left)),
        }
    }

    /// The person after putting the question off; `None` if they may not.
    #[must_use]
    pub fn snooze(&self, step: Step, snoozed: Snoozed, now: Timestamp) -> Option<Snoozed> {
        let Step::Ask(..) = step else { return None };
        let until = now + Seconds::days(self.snooze_days);
        Some(Snoozed { times: snoozed.times.saturating_add(1), until })
    }

    /// The groups it names.
    pub fn groups_named(&self) -> impl Iterator<Item = GroupId> {
        self.include.iter().chain(&self.exclude).filter_map(|audience| match audience {
            Audience::Group(id) => Some(*id),
            Audience::Everyone | Audience::User(_) => None,
        })
    }

    /// Graph `registrationEnforcement`.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let include = self.include.iter().map(|audience| {
            let AudienceDocument { id, target_type, .. } = write_audience(*audience);
            AudienceDocument { id, target_type, targeted_authentication_method: Some(METHOD.to_owned()) }
        });
        let document = CampaignDocument {
            state: if self.enabled { "enabled" } else { "disabled" }.to_owned(),
            snooze_duration_in_days: self.snooze_days,
            enforce_registration_after_allowed_snoozes: self.enforced,
            include_targets: include.collect(),
            exclude_targets: self.exclude.iter().map(|audience| write_audience(*audience)).collect(),
        };
        json!({ "authenticationMethodsRegistrationCampaign": document })
    }

    /// The campaign of Graph `registrationEnforcement`, whole.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn from_graph(document: &Value) -> Result<Self, PolicyError> {
        let mut members = members_of(document)?;
        strip(&mut members);
        let Enforcement { authentication_methods_registration_campaign: read } = parse(members)?;
        let enabled = match read.state.as_str() {
            "enabled" => true,
            "disabled" => false,
            _ => return Err(bad("state of the campaign can only be enabled or disabled here")),
        };
        if !(0..=MAX_DAYS).contains(&read.snooze_duration_in_days) {
            return Err(bad("snoozeDurationInDays must be from 0 to 14"));
        }
        let include = read.include_targets.into_iter().map(|target| {
            match target.targeted_authentication_method.as_deref() {
                None | Some(METHOD) => read_audience(&target),
                Some(_) => Err(bad("targetedAuthenticationMethod can only be fido2 here")),
            }
        });
        let include = include.collect::<Result<_, _>>()?;
        if read.exclude_targets.iter().any(|target| target.targeted_authentication_method.is_some()) {
            return Err(PolicyError::Unknown("targetedAuthenticationMethod of excludeTargets".to_owned()));
        }
        Ok(Self {
            enabled,
            snooze_days: read.snooze_duration_in_days,
            enforced: read.enforce_registration_after_allowed_snoozes,
            include,
            exclude: read.exclude_targets.iter().map(read_audience).collect::<Result<_, _>>()?,
        })
    }

    /// The campaign after a change (PATCH) of `registrationEnforcement`.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn patched(&self, enforcement: &Value) -> Result<Self, PolicyError> {
        const MEMBER: &str = "authenticationMethodsRegistrationCampaign";
        let mut sent = members_of(enforcement)?;
        strip(&mut sent);
        if let Some(name) = sent.keys().find(|name| *name != MEMBER) {
            return Err(PolicyError::Unknown(name.clone()));
        }
        let mut document = self.to_graph();
        if let (Some(patch), Some(members)) = (sent.get(MEMBER), document[MEMBER].as_object_mut()) {
            for (name, value) in members_of(patch)? {
                match members.get_mut(&name) {
                    Some(slot) => *slot = value,
                    None => return Err(PolicyError::Unknown(name)),
                }
            }
        }
        Self::from_graph(&document)
    }
}

/// What somebody lacks. A passkey that a report-only profile would refuse counts as none: asking in time is what a
/// report-only profile is for.
fn lacking(policy: &PasskeyPolicy, holder: &Holder) -> Option<Why> {
    let good = holder.passkeys.iter().any(|passkey| {
        let verdict = evaluate(policy, &holder.groups, &PasskeyFacts::of(passkey), Phase::SignIn);
        verdict.decision.is_ok() && verdict.drafts.iter().all(|draft| draft.would_allow)
    });
    match holder.passkeys.as_slice() {
        _ if !good => Some(Why::NoneGoodEnough),
        [only] if !only.backup_eligible => Some(Why::OnlyOne),
        _ => None,
    }
}

/// The method a campaign is for.
const METHOD: &str = "fido2";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Enforcement {
    authentication_methods_registration_campaign: CampaignDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CampaignDocument {
    state: String,
    snooze_duration_in_days: i64,
    enforce_registration_after_allowed_snoozes: bool,
    include_targets: Vec<AudienceDocument>,
    exclude_targets: Vec<AudienceDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AudienceDocument {
    id: String,
    target_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targeted_authentication_method: Option<String>,
}

fn bad(text: &str) -> PolicyError {
    PolicyError::Malformed(text.to_owned())
}

fn read_audience(target: &AudienceDocument) -> Result<Audience, PolicyError> {
    let wrong = || PolicyError::Target(target.id.clone());
    match (target.target_type.as_str(), target.id.as_str()) {
        ("group", "all_users") => Ok(Audience::Everyone),
        ("group", id) => id.parse().map(Audience::Group).map_err(|_| wrong()),
        ("user", id) => id.parse().map(Audience::User).map_err(|_| wrong()),
        (other, _) => Err(PolicyError::TargetType(other.to_owned())),
    }
}

fn write_audience(audience: Audience) -> AudienceDocument {
    let (id, target_type) = match audience {
        Audience::Everyone => ("all_users".to_owned(), "group"),
        Audience::Group(id) => (id.to_string(), "group"),
        Audience::User(id) => (id.to_string(), "user"),
    };
    AudienceDocument { id, target_type: target_type.to_owned(), targeted_authentication_method: None }
}
