//! Why somebody cannot sign in somewhere, or why nobody can tell.

use super::Engine;
use crate::atlas::Atlas;
use passband_core::policy::access::facts::Platform;
use passband_core::policy::access::model::State;
use passband_core::policy::access::verdict::{Condition, Conditions, Control, Controls};

/// What a passkey policy says against a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Against {
    /// Passkeys are switched off.
    Disabled,
    /// A group of theirs is excluded.
    Excluded,
    /// No target covers them.
    NotInScope,
    /// No profile of theirs takes this type.
    Type,
    /// No profile of theirs takes this model.
    Aaguid,
    /// A profile asks for attestation; only when a passkey is registered.
    Attestation,
    /// A rule of this software's own.
    Other,
}

/// A reason. Small, so that one can be kept for each answer; [`Engine::words`] puts it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The account is disabled.
    AccountDisabled,
    /// Nobody said whether the account is enabled.
    AccountUnknown,
    /// They have no way to sign in that the methods policy allows.
    NoMethod,
    /// Nobody exported the passkeys they have.
    PasskeysUnknown,
    /// Nobody exported their other methods, or what the methods policy says of them.
    MethodsUnknown,
    /// They are from outside: their own organisation signs them in.
    Guest,
    /// The passkey policy was not exported.
    PasskeyPolicyUnknown,
    /// The export is older than passkey profiles: whether its migration let synced passkeys in, nobody said.
    Migration,
    /// Nobody said which groups they are in.
    MembershipUnknown,
    /// The passkey policy refuses the passkey; the profile that comes closest, by its place.
    Passkey(Against, Option<u32>),
    /// Nobody said what type of passkey it is.
    TypeUnknown,
    /// Nobody said what model it is.
    ModelUnknown,
    /// Nobody said whether it is attested.
    AttestationUnknown,
    /// The platform cannot do it, or not surely: a fact of the map.
    Platform(&'static str),
    /// The platform has no such thing.
    NotOnPlatform(Platform),
    /// The map says nothing of that day: the row, and the platform.
    MapSilent(&'static str, Platform),
    /// The operating system is older than a fact of the map asks for.
    OsTooOld(&'static str),
    /// Nobody said how old the operating system is, and a fact of the map asks.
    OsVersionUnknown(&'static str),
    /// Nobody said on which platform.
    PlatformUnknown,
    /// Nobody said who made the device, and a fact of the map asks.
    MakerUnknown(&'static str),
    /// Nobody said whether the broker or single sign-on extension is set up, and a fact of the map asks.
    SsoUnknown(&'static str),
    /// Nobody said whether the device is managed, and a fact of the map asks.
    ManagedUnknown(&'static str),
    /// It stays on one of their devices, and nobody said which.
    WhereKept,
    /// It is in the store of another browser.
    OtherStore,
    /// Nobody said whether they have this browser or app.
    ProgramUnknown,
    /// The device is disabled.
    DeviceDisabled,
    /// No conditional access policy was exported.
    AccessUnknown,
    /// A policy asks for what is not there, or blocks: its place, and the controls ([`Controls::bits`]).
    Policy(u32, u16),
    /// Nobody can tell whether a policy applies or is satisfied: its place, the conditions and the controls.
    PolicyUnsure(u32, u16, u16),
}

impl Why {
    /// A name that does not change.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccountDisabled => "accountDisabled",
            Self::AccountUnknown => "accountUnknown",
            Self::NoMethod => "noMethod",
            Self::PasskeysUnknown => "passkeysUnknown",
            Self::MethodsUnknown => "methodsUnknown",
            Self::Guest => "guest",
            Self::PasskeyPolicyUnknown => "passkeyPolicyUnknown",
            Self::Migration => "migrationUnknown",
            Self::MembershipUnknown => "membershipUnknown",
            Self::Passkey(Against::Disabled, _) => "passkeysDisabled",
            Self::Passkey(Against::Excluded, _) => "passkeysExcluded",
            Self::Passkey(Against::NotInScope, _) => "passkeysNotInScope",
            Self::Passkey(Against::Type, _) => "profileType",
            Self::Passkey(Against::Aaguid, _) => "profileAaguid",
            Self::Passkey(Against::Attestation, _) => "profileAttestation",
            Self::Passkey(Against::Other, _) => "profileRule",
            Self::TypeUnknown => "typeUnknown",
            Self::ModelUnknown => "modelUnknown",
            Self::AttestationUnknown => "attestationUnknown",
            Self::Platform(_) => "platform",
            Self::NotOnPlatform(_) => "notOnPlatform",
            Self::MapSilent(..) => "mapSilent",
            Self::OsTooOld(_) => "osTooOld",
            Self::OsVersionUnknown(_) => "osVersionUnknown",
            Self::PlatformUnknown => "platformUnknown",
            Self::MakerUnknown(_) => "makerUnknown",
            Self::SsoUnknown(_) => "ssoUnknown",
            Self::ManagedUnknown(_) => "managedUnknown",
            Self::WhereKept => "whereKeptUnknown",
            Self::OtherStore => "otherStore",
            Self::ProgramUnknown => "programUnknown",
            Self::DeviceDisabled => "deviceDisabled",
            Self::AccessUnknown => "conditionalAccessUnknown",
            Self::Policy(..) => "policy",
            Self::PolicyUnsure(..) => "policyUnsure",
        }
    }

    /// A short name for exactly this reason, the same in every run over the same input.
    #[must_use]
    pub fn key(self) -> String {
        let code = self.code();
        match self {
            Self::Passkey(_, Some(profile)) => format!("{code}:{profile}"),
            Self::NotOnPlatform(platform) => format!("{code}:{}", platform.name()),
            Self::MapSilent(subject, platform) => format!("{code}:{}:{subject}", platform.name()),
            Self::Policy(policy, controls) => format!("{code}:{policy}:{controls}"),
            Self::PolicyUnsure(policy, conditions, controls) => {
                format!("{code}:{policy}:{conditions}:{controls}")
            }
            _ => self.fact().map_or_else(|| code.to_owned(), |fact| format!("{code}:{fact}")),
        }
    }

    /// The same about who made the device, where what makes the difference is that.
    #[must_use]
    pub const fn of_maker(self) -> Self {
        match self {
            Self::Platform(fact) => Self::MakerUnknown(fact),
            other => other,
        }
    }

    /// The fact of the map that it rests on.
    #[must_use]
    pub const fn fact(self) -> Option<&'static str> {
        match self {
            Self::Platform(fact)
            | Self::OsTooOld(fact)
            | Self::OsVersionUnknown(fact)
            | Self::MakerUnknown(fact)
            | Self::SsoUnknown(fact)
            | Self::ManagedUnknown(fact) => Some(fact),
            _ => None,
        }
    }

    /// What to export or find out to settle it, if it is something that nobody said.
    #[must_use]
    pub const fn to_settle(self) -> Option<&'static str> {
        Some(match self {
            Self::AccountUnknown => "Export users with accountEnabled.",
            Self::PasskeysUnknown => "Export each user’s authentication/fido2Methods.",
            Self::MethodsUnknown => {
                "Export each user’s authentication/methods and policies/authenticationMethodsPolicy."
            }
            Self::Guest => "Ask the organisation they come from how they sign in.",
            Self::PasskeyPolicyUnknown => "Export policies/authenticationMethodsPolicy.",
            Self::Migration => "Export policies/authenticationMethodsPolicy again, with passkeyProfiles.",
            Self::MembershipUnknown => "Export groups with their transitiveMembers.",
            Self::TypeUnknown | Self::ModelUnknown | Self::AttestationUnknown => {
                "Export fido2Methods again: passkeyType, aaGuid and attestationLevel are there since March 2026."
            }
            Self::OsVersionUnknown(_) | Self::PlatformUnknown | Self::MakerUnknown(_) => {
                "Export devices, or give a fleet list with platform, os_version and manufacturer."
            }
            Self::SsoUnknown(_) => "Give a fleet list with the column sso.",
            Self::ManagedUnknown(_) => "Export devices with isManaged, from the device management.",
            Self::WhereKept => "Ask the person on which device it is.",
            Self::ProgramUnknown => "Give a fleet list with the columns browsers and sso.",
            Self::AccessUnknown => "Export identity/conditionalAccess/policies through Graph beta.",
            Self::PolicyUnsure(..) => "See the policy: what it asks is in no export, or was not understood.",
            Self::Platform(_) | Self::MapSilent(..) => "The map has no firm answer: try it on one device.",
            _ => return None,
        })
    }
}

impl serde::Serialize for Why {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.key())
    }
}

impl Engine<'_> {
    /// A reason in words.
    #[must_use]
    pub fn words(&self, why: Why) -> String {
        let profile = |place: Option<u32>| self.profile_name(place);
        let text = match why {
            Why::AccountDisabled => "The account is disabled.",
            Why::AccountUnknown => "Nobody said whether the account is enabled.",
            Why::NoMethod => "There is no way to sign in that the methods policy allows them.",
            Why::PasskeysUnknown => "Their passkeys were not exported.",
            Why::MethodsUnknown => "Their other methods, or what is allowed of them, were not exported.",
            Why::Guest => "They are from outside; their own organisation signs them in.",
            Why::PasskeyPolicyUnknown => "The passkey policy was not exported.",
            Why::Migration => {
                "The export is older than passkey profiles; their migration may have let synced passkeys in."
            }
            Why::MembershipUnknown => "Nobody said which groups they are in.",
            Why::Passkey(Against::Disabled, _) => "The passkey policy is switched off.",
            Why::Passkey(Against::Excluded, _) => "A group of theirs is excluded from the passkey policy.",
            Why::Passkey(Against::NotInScope, _) => "No target of the passkey policy covers them.",
            Why::Passkey(Against::Type, place) => {
                return format!("The profile {} does not take this type of passkey.", profile(place));
            }
            Why::Passkey(Against::Aaguid, place) => {
                return format!("The profile {} does not take this model.", profile(place));
            }
            Why::Passkey(Against::Attestation, place) => {
                return format!("The profile {} asks for attestation.", profile(place));
            }
            Why::Passkey(Against::Other, place) => {
                return format!("The profile {} asks for more than the passkey shows.", profile(place));
            }
            Why::TypeUnknown => "Nobody said whether the passkey is synced.",
            Why::ModelUnknown => "Nobody said what model the passkey is.",
            Why::AttestationUnknown => "Nobody said whether the passkey is attested.",
            Why::Platform(fact) => return format!("The platform decides: {}.", row_words(fact)),
            Why::NotOnPlatform(platform) => {
                return format!("There is no such thing on {}.", platform.name());
            }
            Why::MapSilent(subject, platform) => {
                let title = Atlas::subject(subject).map_or(subject, |it| it.title);
                return format!("The map says nothing of that day: {}: {title}.", platform.name());
            }
            Why::OsTooOld(fact) => {
                return format!("The operating system is too old: {}.", row_words(fact));
            }
            Why::OsVersionUnknown(fact) => {
                return format!("The version of the operating system is not known: {}.", row_words(fact));
            }
            Why::PlatformUnknown => "Nobody said what platform the device is.",
            Why::MakerUnknown(_) => "Nobody said who made the device; on Samsung’s it does not work.",
            Why::SsoUnknown(_) => "Nobody said whether the broker or single sign-on extension is set up.",
            Why::ManagedUnknown(_) => "Nobody said whether the device is managed.",
            Why::WhereKept => "The passkey stays on one of their devices, and nobody said which.",
            Why::OtherStore => "The passkey is in the store of another browser.",
            Why::ProgramUnknown => "Nobody said whether they have this browser or app.",
            Why::DeviceDisabled => "The device is disabled.",
            Why::AccessUnknown => "Conditional access policies were not exported.",
            Why::Policy(policy, controls) => return self.policy_words(policy, controls),
            Why::PolicyUnsure(policy, conditions, controls) => {
                return self.unsure_words(policy, conditions, controls);
            }
        };
        text.to_owned()
    }

    fn policy_words(&self, policy: u32, controls: u16) -> String {
        let name = self.policy_name(policy);
        let controls = Controls::from_bits(controls);
        if controls.has(Control::Block) {
            return format!("“{name}” blocks it.");
        }
        let wants: Vec<_> = controls.iter().map(|control| self.want(policy, control)).collect();
        format!("“{name}” asks for {}.", wants.join(", "))
    }

    fn want(&self, policy: u32, control: Control) -> String {
        match control {
            Control::Block => "nothing that could be given".to_owned(),
            Control::Mfa => "multifactor authentication".to_owned(),
            Control::Strength => match self.strength_name(policy) {
                Some(name) => format!("the authentication strength “{name}”"),
                None => "an authentication strength that was not exported".to_owned(),
            },
            Control::CompliantDevice => "a compliant device".to_owned(),
            Control::DomainJoinedDevice => "a hybrid joined device".to_owned(),
            Control::SignInFrequency => "a newer sign-in".to_owned(),
            Control::TokenProtection => "token protection".to_owned(),
            Control::Unread => "something this software does not understand".to_owned(),
        }
    }

    fn unsure_words(&self, policy: u32, conditions: u16, controls: u16) -> String {
        let name = self.policy_name(policy);
        let conditions: Vec<_> = Conditions::from_bits(conditions).iter().map(Condition::property).collect();
        let controls = Controls::from_bits(controls).iter().map(|control| self.want(policy, control));
        let controls: Vec<_> = controls.collect();
        match (conditions.is_empty(), controls.is_empty()) {
            (true, true) => format!("Nobody can tell what “{name}” comes to."),
            (true, false) => {
                format!("Nobody can tell whether “{name}” is satisfied: {}.", controls.join(", "))
            }
            (false, true) => {
                format!("Nobody can tell whether “{name}” applies: {}.", conditions.join(", "))
            }
            (false, false) => format!(
                "Nobody can tell whether “{name}” applies ({}); it asks for {}.",
                conditions.join(", "),
                controls.join(", ")
            ),
        }
    }

    /// The name of a conditional access policy, by its place.
    #[must_use]
    pub fn policy_name(&self, place: u32) -> String {
        let policy = self.policies().get(place as usize);
        let report = policy.is_some_and(|it| it.state == State::ReportOnly);
        let name = policy.map_or("", |it| it.name.as_str());
        if report { format!("{name} (report-only)") } else { name.to_owned() }
    }
}

/// A fact of the map in words: `Android: passkeys in Firefox: not supported`, with its conditions.
fn row_words(id: &str) -> String {
    let Some(fact) = Atlas::embedded().facts().iter().find(|fact| fact.id == id) else {
        return id.to_owned();
    };
    let mut text = format!("{}: {}: {}", fact.platform, fact.subject.title, Atlas::embedded().word(fact));
    if !fact.conditions.is_empty() {
        text.push_str(&format!(" ({})", fact.conditions.join("; ")));
    }
    text
}
