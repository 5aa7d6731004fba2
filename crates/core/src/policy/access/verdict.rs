//! What the policies say of a request, policy by policy, and what comes of it.

use super::facts::{Presented, Truth};
use super::model::{ContinuousEvaluation, Operator, PersistentBrowser, Policy, State};
use super::strength::Strength;
use crate::policy::signal::Binding;
use crate::reason::Reason;
use passband_wire::id::UserId;
use passband_wire::time::{Seconds, Timestamp};

/// A condition of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `users`
    Users,
    /// `applications`, user actions among them.
    Applications,
    /// `clientAppTypes`
    ClientApps,
    /// `platforms`
    Platforms,
    /// `devices`
    Devices,
    /// `locations`
    Locations,
    /// `authenticationFlows`
    Flows,
    /// `passband_sessionBinding`
    SessionBinding,
    /// Conditions that whoever read the policy did not understand; see [`Unread`](super::model::Unread). Nothing at the
    /// server has any.
    Unread,
}

impl Condition {
    /// Each of them, in the order they are told.
    pub const ALL: [Self; 9] = [
        Self::Users,
        Self::Applications,
        Self::ClientApps,
        Self::Platforms,
        Self::Devices,
        Self::Locations,
        Self::Flows,
        Self::SessionBinding,
        Self::Unread,
    ];

    /// The property that sets it.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::Users => "conditions.users",
            Self::Applications => "conditions.applications",
            Self::ClientApps => "conditions.clientAppTypes",
            Self::Platforms => "conditions.platforms",
            Self::Devices => "conditions.devices",
            Self::Locations => "conditions.locations",
            Self::Flows => "conditions.authenticationFlows",
            Self::SessionBinding => "conditions.passband_sessionBinding",
            Self::Unread => "conditions",
        }
    }

    /// The name in the sign-in log (Graph `conditionalAccessConditions`) and in what-if (`analysisReasons`, where it
    /// differs: see [`analysis_reason`](Self::analysis_reason)).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Applications => "application",
            Self::ClientApps => "client",
            Self::Platforms => "devicePlatform",
            Self::Devices => "deviceState",
            Self::Locations => "location",
            Self::Flows => "authenticationFlows",
            Self::SessionBinding => "passband_sessionBinding",
            Self::Unread => "unknownFutureValue",
        }
    }

    /// The name in what-if (Graph `whatIfAnalysisReasons`).
    #[must_use]
    pub const fn analysis_reason(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Applications => "application",
            Self::ClientApps => "clientApps",
            Self::Platforms => "devicePlatform",
            Self::Devices => "devices",
            Self::Locations => "location",
            Self::Flows => "authenticationFlow",
            Self::SessionBinding => "passband_sessionBinding",
            Self::Unread => "notEnoughInformation",
        }
    }
}

/// A control of a policy, in the order in which several are asked for (`policy.md` §2.3.6; the last two are session
/// controls that can refuse).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// `block`
    Block,
    /// `mfa`
    Mfa,
    /// `authenticationStrength`
    Strength,
    /// `compliantDevice`
    CompliantDevice,
    /// `domainJoinedDevice`
    DomainJoinedDevice,
    /// `signInFrequency`
    SignInFrequency,
    /// `secureSignInSession`
    TokenProtection,
    /// Grant controls that whoever read the policy did not understand; see [`Unread`](super::model::Unread). Nothing at
    /// the server has any.
    Unread,
}

impl Control {
    /// Each of them, in the order they are asked for.
    pub const ALL: [Self; 8] = [
        Self::Block,
        Self::Mfa,
        Self::Strength,
        Self::CompliantDevice,
        Self::DomainJoinedDevice,
        Self::SignInFrequency,
        Self::TokenProtection,
        Self::Unread,
    ];

    /// The name in the sign-in log (`enforcedGrantControls`, `enforcedSessionControls`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "Block",
            Self::Mfa => "Mfa",
            Self::Strength => "AuthenticationStrength",
            Self::CompliantDevice => "RequireCompliantDevice",
            Self::DomainJoinedDevice => "RequireDomainJoinedDevice",
            Self::SignInFrequency => "SignInFrequency",
            Self::TokenProtection => "SignInTokenProtection",
            Self::Unread => "unknownFutureValue",
        }
    }

    /// The log's reason for a request that was refused for want of it.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Block => Reason::AccessBlocked,
            Self::Mfa => Reason::AccessMfaRequired,
            Self::Strength => Reason::AccessStrength,
            Self::CompliantDevice => Reason::AccessDeviceNotCompliant,
            Self::DomainJoinedDevice => Reason::AccessDeviceNotJoined,
            Self::SignInFrequency => Reason::AccessSignInTooOld,
            Self::TokenProtection => Reason::AccessTokenUnbound,
            // Nobody is refused for it: only a planner reads so.
            Self::Unread => Reason::AccessBlocked,
        }
    }

    /// Whether it belongs to the session controls.
    #[must_use]
    pub const fn is_session(self) -> bool {
        matches!(self, Self::SignInFrequency | Self::TokenProtection)
    }

    /// Whether signing in (again, or otherwise) can satisfy it.
    #[must_use]
    pub const fn by_signing_in(self) -> bool {
        matches!(self, Self::Mfa | Self::Strength | Self::SignInFrequency)
    }
}

macro_rules! set {
    ($(#[$doc:meta])* $name:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u16);

        impl $name {
            /// None.
            pub const NONE: Self = Self(0);

            /// With one more.
            #[must_use]
            pub const fn with(self, item: $item) -> Self {
                Self(self.0 | 1 << item as u16)
            }

            /// Whether one is in it.
            #[must_use]
            pub const fn has(self, item: $item) -> bool {
                self.0 & 1 << item as u16 != 0
            }

            /// Both sets together.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Without those of the other.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether it is empty.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Each of them, in the order of [`ALL`]
            #[doc = concat!("(", stringify!($item), "::ALL).")]
            pub fn iter(self) -> impl Iterator<Item = $item> {
                $item::ALL.into_iter().filter(move |item| self.has(*item))
            }

            /// The set as a number, for a column.
            #[must_use]
            pub const fn bits(self) -> u16 {
                self.0
            }

            /// The set of a number this program wrote; bits without meaning are dropped.
            #[must_use]
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits & ((1 << $item::ALL.len()) - 1))
            }
        }
    };
}

set! {
    /// A set of conditions.
    Conditions of Condition
}
set! {
    /// A set of controls.
    Controls of Control
}

/// What a policy said (Graph `appliedConditionalAccessPolicyResult`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyResult {
    /// It applied, and all it asks for was there.
    Success,
    /// It applied, and what it asks for was not there; signing in would not help.
    Failure,
    /// It applied, and signing in (again, or otherwise) would give what it asks for.
    UserActionRequired,
    /// It did not apply.
    NotApplied,
    /// Report-only: it would have been satisfied.
    ReportOnlySuccess,
    /// Report-only: it would have refused.
    ReportOnlyFailure,
    /// Report-only: it would have asked the person to do something.
    ReportOnlyInterrupted,
    /// Report-only: it would not have applied.
    ReportOnlyNotApplied,
}

impl PolicyResult {
    /// Each of them.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::Failure,
        Self::UserActionRequired,
        Self::NotApplied,
        Self::ReportOnlySuccess,
        Self::ReportOnlyFailure,
        Self::ReportOnlyInterrupted,
        Self::ReportOnlyNotApplied,
    ];

    /// The name in Graph. Graph has no word for an enforced policy that asks for something: `failure`.
    #[must_use]
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure | Self::UserActionRequired => "failure",
            Self::NotApplied => "notApplied",
            Self::ReportOnlySuccess => "reportOnlySuccess",
            Self::ReportOnlyFailure => "reportOnlyFailure",
            Self::ReportOnlyInterrupted => "reportOnlyInterrupted",
            Self::ReportOnlyNotApplied => "reportOnlyNotApplied",
        }
    }

    /// The result as a number, for a column.
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        self as u8
    }

    /// The result of a number this program wrote.
    #[must_use]
    pub fn from_u8(n: u8) -> Option<Self> {
        Self::ALL.get(usize::from(n)).copied()
    }
}

/// What one policy said, and why.
#[derive(Clone, Debug)]
pub struct Said<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// What came of it, where unknown facts turn out badly.
    pub result: PolicyResult,
    /// What would come of it if every unknown fact turned out well.
    pub best: PolicyResult,
    /// Whether it applied; all of its conditions together.
    pub applies: Truth,
    /// The conditions that certainly did not match: all of them, not the first alone.
    pub unmatched: Conditions,
    /// The conditions that rest on facts nobody knows.
    pub unknown: Conditions,
    /// The conditions that rest on what the user agent says of itself.
    pub hinted: Conditions,
    /// The controls it asks for here.
    pub asked: Controls,
    /// Those that were satisfied.
    pub satisfied: Controls,
    /// Those that rest on facts nobody knows.
    pub unsure: Controls,
    /// Those that it names but does not ask for here, since the target is an action; see [`super`].
    pub waived: Controls,
    /// The strength it names, unless that does not exist; then nothing satisfies it.
    pub strength: Option<&'p Strength>,
}

impl Said<'_> {
    /// The first condition that did not match.
    #[must_use]
    pub fn first_unmatched(&self) -> Option<Condition> {
        self.unmatched.iter().next()
    }

    /// What was asked for and not there, in the order in which it is asked for.
    #[must_use]
    pub const fn missing(&self) -> Controls {
        self.asked.without(self.satisfied)
    }

    /// The controls it still waits for: what is missing, but of grant controls joined by OR only if none is satisfied.
    #[must_use]
    pub fn blocking(&self) -> Controls {
        let missing = self.missing();
        let grants = |controls: Controls| {
            let of = controls.iter().filter(|it| !it.is_session() && *it != Control::Block);
            of.fold(Controls::NONE, Controls::with)
        };
        let enough = self.policy.grant.operator == Operator::Or && !grants(self.satisfied).is_empty();
        if enough { missing.without(grants(missing)) } else { missing }
    }

    /// Whether it decides, and stood in the way.
    #[must_use]
    pub const fn stood_in_the_way(&self) -> bool {
        matches!(self.result, PolicyResult::Failure | PolicyResult::UserActionRequired)
    }

    /// Whether it decides at all.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        self.policy.state == State::Enabled
    }
}

/// What the policies make of what is granted, all of them added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// From when on the sign-in is too old: the shortest of all frequencies that apply, counted from the proof. No
    /// session or token that is granted now should outlive it without being asked again.
    pub sign_in_good_until: Option<Timestamp>,
    /// The shortest sign-in frequency.
    pub frequency: Option<Seconds>,
    /// Whether a browser keeps its session; `never` beats `always`.
    pub persistent_browser: Option<PersistentBrowser>,
    /// Whether a policy asks for token protection.
    pub token_protection: bool,
    /// Continuous access evaluation; `strictEnforcement` beats `disabled`.
    pub continuous_evaluation: Option<ContinuousEvaluation>,
}

/// The policies let this pass. Only [`super::evaluate`] makes one, and only of a request that every enforced policy lets
/// pass; it is for one person at one instant, can be used once, and minting demands it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit is there to be used"]
pub struct Permit {
    person: UserId,
    at: Timestamp,
    limits: Limits,
}

impl Permit {
    pub(super) const fn new(person: UserId, at: Timestamp, limits: Limits) -> Self {
        Self { person, at, limits }
    }

    /// Who may have it. Whoever mints for somebody else has mixed two requests up.
    #[must_use]
    pub const fn person(&self) -> UserId {
        self.person
    }

    /// When it was decided.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What the policies make of what is granted.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// What the person can still do: sign in so that all of this is satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Why it was not granted: the first thing that is asked for.
    pub reason: Reason,
    /// All that is asked for; each can be had by signing in.
    pub need: Controls,
    /// With `SignInFrequency` among it: the sign-in must not be older than this.
    pub not_older_than: Option<Seconds>,
}

/// What comes of it all.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every enforced policy that applies is satisfied.
    Permit(Permit),
    /// Signing in (again, or otherwise) would satisfy them.
    Prompt(Prompt),
    /// It would not.
    Refused(Reason),
}

impl Outcome {
    /// Which of the three.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Permit(_) => Kind::Permit,
            Self::Prompt(_) => Kind::Prompt,
            Self::Refused(_) => Kind::Refused,
        }
    }

    /// The permit, or the log's reason why there is none.
    ///
    /// # Errors
    ///
    /// The [`Reason`] of a prompt or a refusal.
    pub fn permit(self) -> Result<Permit, Reason> {
        match self {
            Self::Permit(permit) => Ok(permit),
            Self::Prompt(prompt) => Err(prompt.reason),
            Self::Refused(reason) => Err(reason),
        }
    }
}

/// An outcome without what belongs to it; the better, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Refused.
    Refused,
    /// The person is asked to sign in.
    Prompt,
    /// Granted.
    Permit,
}

/// Whether what was presented is protected against theft (Graph beta, `tokenProtectionStatusDetails`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenProtection {
    /// `signInSessionStatus`: `bound` or `unbound`.
    pub status: &'static str,
    /// `signInSessionStatusCode`, of what is unbound: 1002 no registered device stands behind it; 1003 the device has
    /// no key that it could be bound to; 1005 another cause; 1008 the program did not use the broker.
    pub code: Option<u16>,
}

impl TokenProtection {
    /// Of what was presented, and whether a registered device stands behind it.
    #[must_use]
    pub fn of(presented: &Presented, device: Truth) -> Self {
        let unbound = |code| Self { status: "unbound", code: Some(code) };
        let signed = presented.shown.is_signed();
        match presented.binding.known() {
            _ if device.is_no() => unbound(1002),
            Some(Binding::HardwareKey | Binding::SoftwareKey) if signed && device.is_yes() => {
                Self { status: "bound", code: None }
            }
            Some(Binding::None) if signed => unbound(1003),
            _ if !signed && device.is_yes() => unbound(1008),
            _ => unbound(1005),
        }
    }

    /// Whether it is bound.
    #[must_use]
    pub const fn is_bound(&self) -> bool {
        self.code.is_none()
    }
}

/// What the policies say of a request.
#[derive(Debug)]
pub struct Verdict<'p> {
    /// What comes of it, where unknown facts turn out badly. Enforced policies alone make it.
    pub outcome: Outcome,
    /// What would come of it if every unknown fact turned out well. The same as `outcome` where all is known.
    pub best: Kind,
    /// What the policies make of the session, whether it is granted or not.
    pub limits: Limits,
    /// Whether what was presented is bound.
    pub protection: TokenProtection,
    /// What each policy said, in the order of the set. Those that are switched off say nothing.
    pub said: Vec<Said<'p>>,
}

impl<'p> Verdict<'p> {
    /// The policies that stood in the way.
    pub fn in_the_way(&self) -> impl Iterator<Item = &Said<'p>> {
        self.said.iter().filter(|said| said.stood_in_the_way())
    }

    /// Graph `conditionalAccessStatus`: `success`, `failure`, or `notApplied` if no enforced policy applied.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.outcome {
            Outcome::Prompt(_) | Outcome::Refused(_) => "failure",
            Outcome::Permit(_) if self.said.iter().any(|said| said.result == PolicyResult::Success) => {
                "success"
            }
            Outcome::Permit(_) => "notApplied",
        }
    }
}
