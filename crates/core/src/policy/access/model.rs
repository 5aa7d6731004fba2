//! A conditional access policy, with the names of Graph's `conditionalAccessPolicy` (2026-06-20).

use super::facts::{ClientApp, Guest, Platform, Suite, UserAction};
use super::filter::Filter;
use crate::policy::signal::{Binding, EvidenceLevel};
use passband_wire::id::{AccessPolicyId, ClientId, GroupId, LocationId, RoleId, StrengthId, UserId};
use passband_wire::time::{Seconds, Timestamp};

/// Whether a policy decides, only reports, or is silent (Graph `conditionalAccessPolicyState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// `enabled`
    Enabled,
    /// `disabled`
    Disabled,
    /// `enabledForReportingButNotEnforced`
    ReportOnly,
}

impl State {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::ReportOnly];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::ReportOnly => "enabledForReportingButNotEnforced",
        }
    }
}

/// People (half of Graph `conditionalAccessUsers`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// `All`
    pub all: bool,
    /// Ids of people.
    pub users: Vec<UserId>,
    /// Ids of groups.
    pub groups: Vec<GroupId>,
    /// Templates of roles.
    pub roles: Vec<RoleId>,
    /// Kinds of people from outside; all of them stand for `GuestsOrExternalUsers`.
    pub guests: Vec<Guest>,
}

/// Applications (half of Graph `conditionalAccessApplications`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications {
    /// `All`
    pub all: bool,
    /// Ids of applications.
    pub apps: Vec<ClientId>,
    /// Sets of applications.
    pub suites: Vec<Suite>,
    /// `includeUserActions`; an exclusion has none.
    pub actions: Vec<UserAction>,
}

/// Platforms (Graph `conditionalAccessPlatforms`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platforms {
    /// `includePlatforms` is `all`: those that nobody recognises too.
    pub all: bool,
    /// `includePlatforms`
    pub include: Vec<Platform>,
    /// `excludePlatforms`
    pub exclude: Vec<Platform>,
}

/// Places (half of Graph `conditionalAccessLocations`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// `All`
    pub all: bool,
    /// `AllTrusted`
    pub all_trusted: bool,
    /// Ids of named locations.
    pub named: Vec<LocationId>,
}

/// A filter for devices (Graph `conditionalAccessFilter`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFilter {
    /// `mode` is `exclude`: the policy leaves out the devices that the rule finds. Otherwise it is about them alone.
    pub exclude: bool,
    /// `rule`
    pub rule: Filter,
}

/// Flows that carry a sign-in from one device to another (Graph `conditionalAccessAuthenticationFlows`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferMethods {
    /// `deviceCodeFlow`
    pub device_code: bool,
    /// `authenticationTransfer`
    pub authentication_transfer: bool,
}

/// What the session is bound to (`passband_sessionBinding`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionBinding {
    /// `include`: the policy is about sessions bound so; none means all of them.
    pub include: Vec<Binding>,
    /// `exclude`: but not about those.
    pub exclude: Vec<Binding>,
    /// `excludeMinimumEvidence`: nor about bound ones whose device has at least this evidence.
    pub exclude_minimum_evidence: Option<EvidenceLevel>,
}

/// When a policy applies: all of these must match (Graph `conditionalAccessConditionSet`). `None`, and an empty list of
/// kinds, ask nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `users`, included.
    pub include_people: People,
    /// `users`, excluded.
    pub exclude_people: People,
    /// `applications`, included.
    pub include_apps: Applications,
    /// `applications`, excluded.
    pub exclude_apps: Applications,
    /// `clientAppTypes`; none for `all`.
    pub client_apps: Vec<ClientApp>,
    /// `platforms`
    pub platforms: Option<Platforms>,
    /// `devices.deviceFilter`
    pub devices: Option<DeviceFilter>,
    /// `locations`, included and excluded.
    pub locations: Option<(Places, Places)>,
    /// `authenticationFlows`
    pub flows: Option<TransferMethods>,
    /// `passband_sessionBinding`
    pub binding: Option<SessionBinding>,
}

/// How the controls of one policy are joined (Graph `operator`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operator {
    /// Every one of them.
    And,
    /// Any one of them.
    #[default]
    Or,
}

/// What a policy asks for before it grants (Graph `conditionalAccessGrantControls`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// `operator`
    pub operator: Operator,
    /// `block`
    pub block: bool,
    /// `mfa`
    pub mfa: bool,
    /// `compliantDevice`
    pub compliant_device: bool,
    /// `domainJoinedDevice`
    pub domain_joined_device: bool,
    /// `authenticationStrength`
    pub strength: Option<StrengthId>,
}

impl Grant {
    /// Whether it asks for anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !(self.block
            || self.mfa
            || self.compliant_device
            || self.domain_joined_device
            || self.strength.is_some())
    }
}

/// How long a sign-in is good for (Graph `signInFrequencySessionControl`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// `timeBased`, `hours`.
    Hours(u32),
    /// `timeBased`, `days`.
    Days(u32),
    /// `everyTime`, with five minutes for clocks that differ and for the way from the passkey to the token.
    EveryTime,
}

/// How old a sign-in may be under `everyTime`.
pub const EVERY_TIME: Seconds = Seconds::minutes(5);

impl Frequency {
    /// How old a sign-in may be.
    #[must_use]
    pub const fn span(self) -> Seconds {
        match self {
            Self::Hours(n) => Seconds::hours(n as i64),
            Self::Days(n) => Seconds::days(n as i64),
            Self::EveryTime => EVERY_TIME,
        }
    }
}

/// Whether a browser keeps its session when it is closed (Graph `persistentBrowserSessionControl`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersistentBrowser {
    /// `always`
    Always,
    /// `never`
    Never,
}

/// Continuous access evaluation (Graph beta, `continuousAccessEvaluationSessionControl`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContinuousEvaluation {
    /// `disabled`: tokens live as long as ever and only the standing of the session is asked while they do.
    Disabled,
    /// `strictEnforcement`: tokens live for minutes, and policies are asked again each time.
    Strict,
}

/// What a policy makes of the session (Graph `conditionalAccessSessionControls`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionControls {
    /// `signInFrequency`
    pub frequency: Option<Frequency>,
    /// Whether `signInFrequency` was written for `secondaryAuthentication`. A passkey proves both factors at once, so it
    /// comes to the same; it is kept to be written back as it came.
    pub second_factor_only: bool,
    /// `persistentBrowser`
    pub persistent_browser: Option<PersistentBrowser>,
    /// `secureSignInSession`: token protection.
    pub token_protection: bool,
    /// `continuousAccessEvaluation`
    pub continuous_evaluation: Option<ContinuousEvaluation>,
    /// `disableResilienceDefaults` is true. This server never grants what it could not evaluate, so it does as much
    /// anyway; it is kept to be written back as it came.
    pub no_resilience_defaults: bool,
}

impl SessionControls {
    /// Whether it makes anything of the session.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.frequency.is_none()
            && self.persistent_browser.is_none()
            && !self.token_protection
            && self.continuous_evaluation.is_none()
    }
}

/// What a device filter makes of a device that is not registered, or whose report on compliance has gone stale
/// (`passband_unknownDevice`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnknownDevice {
    /// `asDocumented`: its properties are null. Positive operators do not match, negative ones do.
    #[default]
    AsDocumented,
    /// `failClosed`: nobody can tell, so the policy applies, whichever way its filter is written.
    FailClosed,
}

impl UnknownDevice {
    /// `asDocumented` or `failClosed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsDocumented => "asDocumented",
            Self::FailClosed => "failClosed",
        }
    }
}

/// Parts of a policy that whoever read it did not understand: then nobody can tell whether they hold. Always empty at
/// the server, whose reader refuses such a policy; a planner has to live with what others wrote
/// (see [`Policy::from_graph_leniently`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Conditions that may include more than was understood.
    pub include: super::verdict::Conditions,
    /// Conditions that may exclude more than was understood.
    pub exclude: super::verdict::Conditions,
    /// Other conditions: the policy may not apply at all.
    pub conditions: bool,
    /// Grant controls.
    pub grants: bool,
    /// Whether it asks for token protection: an export through Graph v1.0 does not show it.
    pub token_protection: bool,
}

/// A conditional access policy (Graph `conditionalAccessPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Graph `id`.
    pub id: AccessPolicyId,
    /// Graph `displayName`.
    pub name: String,
    /// Graph beta `description`.
    pub description: Option<String>,
    /// Graph `state`.
    pub state: State,
    /// Graph `templateId`: kept, without meaning here.
    pub template: Option<AccessPolicyId>,
    /// Graph `createdDateTime`.
    pub created: Option<Timestamp>,
    /// Graph `modifiedDateTime`.
    pub modified: Option<Timestamp>,
    /// Graph `conditions`.
    pub conditions: Conditions,
    /// Graph `grantControls`.
    pub grant: Grant,
    /// Graph `sessionControls`.
    pub session: SessionControls,
    /// `passband_unknownDevice`
    pub unknown_device: UnknownDevice,
    /// What was not understood of it.
    pub unread: Unread,
}
