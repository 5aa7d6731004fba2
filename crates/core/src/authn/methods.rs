//! The authentication methods policy (Graph `authenticationMethodsPolicy`): passkeys, passes, and the campaign that
//! asks people to register. One document with one generation, so that a change of one part cannot undo another.

use super::campaign::Campaign;
use super::profile::document::{
    PolicyError, State, TargetName, check_type, fits, members_of, name_of, parse, read_group, read_who, strip,
};
use super::profile::{PasskeyPolicy, Who};
use super::tap::{self, Wish};
use crate::id::GroupId;
use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The name the policy is stored under.
pub const NAME: &str = "authenticationMethods";

/// Graph's type of the pass policy.
pub const TAP_TYPE: &str = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration";

/// The authentication methods policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodsPolicy {
    /// Configuration `Fido2`.
    pub passkeys: PasskeyPolicy,
    /// Configuration `TemporaryAccessPass`.
    pub passes: TapPolicy,
    /// Graph `registrationEnforcement`.
    pub campaign: Campaign,
}

impl MethodsPolicy {
    /// The policy as it is stored.
    #[must_use]
    pub fn to_document(&self) -> String {
        let document = json!({
            "fido2": self.passkeys.to_graph(),
            "temporaryAccessPass": self.passes.to_graph(),
            "registrationCampaign": self.campaign.to_graph(),
        });
        document.to_string()
    }

    /// The policy that was stored so.
    ///
    /// # Errors
    ///
    /// [`PolicyError`]: another version wrote it, or it was altered. Then nothing is allowed.
    pub fn from_document(text: &str) -> Result<Self, PolicyError> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| PolicyError::Malformed(error.to_string()))?;
        Ok(Self {
            passkeys: PasskeyPolicy::from_graph(&document["fido2"])?,
            passes: TapPolicy::from_graph(&document["temporaryAccessPass"])?,
            campaign: Campaign::from_graph(&document["registrationCampaign"])?,
        })
    }
}

/// Who may use Temporary Access Passes, and which may be made (Graph
/// `temporaryAccessPassAuthenticationMethodConfiguration`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapPolicy {
    /// Graph `state` is `enabled`.
    pub enabled: bool,
    /// Graph `includeTargets`.
    pub include: Vec<Who>,
    /// Graph `excludeTargets`.
    pub exclude: Vec<GroupId>,
    /// Graph `minimumLifetimeInMinutes`.
    pub minimum: i64,
    /// Graph `maximumLifetimeInMinutes`.
    pub maximum: i64,
    /// Graph `defaultLifetimeInMinutes`.
    pub default: i64,
    /// Graph `defaultLength`, characters.
    pub length: usize,
    /// Graph `isUsableOnce`: every pass is for one use, whatever is asked for.
    pub once: bool,
}

impl Default for TapPolicy {
    /// Of a new installation: for everybody, of any lifetime that Graph knows, longer than Graph's own.
    fn default() -> Self {
        Self {
            enabled: true,
            include: vec![Who::Everyone],
            exclude: Vec::new(),
            minimum: tap::MIN_MINUTES,
            maximum: tap::MAX_MINUTES,
            default: tap::DEFAULT_MINUTES,
            length: tap::LENGTH,
            once: false,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TapDocument {
    id: TapName,
    state: State,
    default_lifetime_in_minutes: i64,
    default_length: usize,
    minimum_lifetime_in_minutes: i64,
    maximum_lifetime_in_minutes: i64,
    is_usable_once: bool,
    include_targets: Vec<TapTarget>,
    exclude_targets: Vec<TargetName>,
}

#[derive(Serialize, Deserialize)]
enum TapName {
    #[serde(alias = "temporaryAccessPass")]
    TemporaryAccessPass,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TapTarget {
    id: String,
    target_type: String,
    #[serde(default)]
    is_registration_required: bool,
}

/// Shortest and longest pass, characters (Graph `defaultLength`).
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=48;

impl TapPolicy {
    /// Whether somebody in these groups may use a pass. Asked where it is used: a pass may be older than the policy.
    ///
    /// # Errors
    ///
    /// [`Reason::TapPolicy`].
    pub fn admits(&self, groups: &[GroupId]) -> Result<(), Reason> {
        let excluded = self.exclude.iter().any(|group| groups.contains(group));
        let included = self.include.iter().any(|who| who.covers(groups));
        if self.enabled && included && !excluded { Ok(()) } else { Err(Reason::TapPolicy) }
    }

    /// The pass to make for a wish; `None` if its lifetime is not allowed.
    #[must_use]
    pub fn granted(&self, wish: Wish) -> Option<Wish> {
        let allowed = (self.minimum..=self.maximum).contains(&wish.minutes);
        allowed.then_some(Wish { once: wish.once || self.once, length: self.length, ..wish })
    }

    /// The policy as Graph shows it.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let include = self.include.iter().map(|who| {
            let TargetName { id, target_type } = name_of(*who);
            TapTarget { id, target_type, is_registration_required: false }
        });
        let document = TapDocument {
            id: TapName::TemporaryAccessPass,
            state: State::of(self.enabled),
            default_lifetime_in_minutes: self.default,
            default_length: self.length,
            minimum_lifetime_in_minutes: self.minimum,
            maximum_lifetime_in_minutes: self.maximum,
            is_usable_once: self.once,
            include_targets: include.collect(),
            exclude_targets: self.exclude.iter().map(|id| name_of(Who::Group(*id))).collect(),
        };
        serde_json::to_value(document).unwrap_or_default()
    }

    /// The policy of a whole document.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn from_graph(document: &Value) -> Result<Self, PolicyError> {
        let mut members = members_of(document)?;
        check_type(&members, TAP_TYPE)?;
        strip(&mut members);
        let read: TapDocument = parse(members)?;
        let (min, max) = (read.minimum_lifetime_in_minutes, read.maximum_lifetime_in_minutes);
        let range = tap::MIN_MINUTES..=tap::MAX_MINUTES;
        if !range.contains(&min) || !range.contains(&max) || min > max {
            return Err(PolicyError::Malformed(
                "minimumLifetimeInMinutes and maximumLifetimeInMinutes must lie between 10 and 43200, in order".to_owned(),
            ));
        }
        if !(min..=max).contains(&read.default_lifetime_in_minutes) {
            return Err(PolicyError::Malformed(
                "defaultLifetimeInMinutes must lie between the minimum and the maximum".to_owned(),
            ));
        }
        if !LENGTHS.contains(&read.default_length) {
            return Err(PolicyError::Malformed("defaultLength must be from 8 to 48".to_owned()));
        }
        if read.include_targets.iter().any(|target| target.is_registration_required) {
            return Err(PolicyError::RegistrationRequired);
        }
        let include = read
            .include_targets
            .into_iter()
            .map(|target| read_who(&TargetName { id: target.id, target_type: target.target_type }));
        let policy = Self {
            enabled: read.state.is_enabled(),
            include: include.collect::<Result<_, _>>()?,
            exclude: read.exclude_targets.iter().map(read_group).collect::<Result<_, _>>()?,
            minimum: min,
            maximum: max,
            default: read.default_lifetime_in_minutes,
            length: read.default_length,
            once: read.is_usable_once,
        };
        fits(&policy.to_graph())?;
        Ok(policy)
    }

    /// The policy after a change (PATCH): each property that is there replaces its own whole; the others stay.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn patched(&self, patch: &Map<String, Value>) -> Result<Self, PolicyError> {
        let mut patch = patch.clone();
        check_type(&patch, TAP_TYPE)?;
        strip(&mut patch);
        let mut document = members_of(&self.to_graph())?;
        for (name, value) in patch {
            match document.get_mut(&name) {
                Some(slot) => *slot = value,
                None => return Err(PolicyError::Unknown(name)),
            }
        }
        Self::from_graph(&Value::Object(document))
    }
}
