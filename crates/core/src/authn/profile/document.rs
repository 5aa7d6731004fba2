//! The passkey policy as Microsoft Graph writes it: read strictly, written whole.
//!
//! Nothing is ignored: a property that were read over would look enforced. What Graph knows and this server does not
//! enforce is refused by name. Annotations (`…@odata.…`) carry no meaning and pass.

use super::{KeyRestrictions, PasskeyPolicy, PasskeyProfile, PasskeyTypes, ProfileState, Target, Who};
use crate::id::{GroupId, KeyId, ProfileId};
use crate::manage::display_name;
use crate::policy::signal::{Certification, EvidenceLevel};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Graph's type of the passkey policy.
pub const TYPE: &str = "#microsoft.graph.fido2AuthenticationMethodConfiguration";
/// Most bytes of a passkey policy (Graph: 20 KB).
pub const MAX_DOCUMENT: usize = 20 * 1024;
/// Most profiles. Graph's documents say 3 and 10; what was exported anywhere fits.
pub const MAX_PROFILES: usize = 32;
/// Ways to verify a user that a policy may name (FIDO Registry of Predefined Values §3.1, without `USER_VERIFY_`).
pub const VERIFICATION_METHODS: [&str; 10] = [
    "fingerprint_internal",
    "passcode_internal",
    "voiceprint_internal",
    "faceprint_internal",
    "location_internal",
    "eyeprint_internal",
    "pattern_internal",
    "handprint_internal",
    "passcode_external",
    "pattern_external",
];

/// Why a document is no policy: one variant for each decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum PolicyError {
    #[error("@odata.type must be {0} here")]
    AnotherType(&'static str),
    #[error("passkeyTypes of {0:?} must be deviceBound alone: a synced passkey cannot be attested")]
    AttestedAndSynced(String),
    #[error("defaultPasskeyProfile must name an enforced profile of passkeyProfiles")]
    DefaultProfile,
    #[error("passkeyProfiles has the id {0} twice")]
    DuplicateProfile(ProfileId),
    #[error("passband_minimumEvidence of {0:?} must be E0, E1, E2 or E3")]
    Evidence(String),
    #[error("passband_minimumCertification of {0:?} must be none, L1, L1plus, L2, L2plus, L3 or L3plus")]
    Certification(String),
    #[error("keyRestrictions.aaGuids holds {0:?}, which is no GUID")]
    Aaguid(String),
    #[error("{0}")]
    Malformed(String),
    #[error("{0} contradicts the default profile in the same document")]
    Mirror(&'static str),
    #[error("name of a passkey profile must have 1 to 100 plain characters, no space at its ends")]
    Name,
    #[error("passkeyTypes of {0:?} must be deviceBound, synced, or both with a comma between")]
    PasskeyTypes(String),
    #[error("passkeyProfiles must hold 1 to 32 profiles")]
    ProfileCount,
    #[error(
        "isRegistrationRequired can only be false here: the registration campaign asks people to register"
    )]
    RegistrationRequired,
    #[error(
        "passband_replaces of {0:?} must name an enforced profile, and only a report-only profile has it"
    )]
    Replaces(String),
    #[error("includeTargets names {0} in allowedPasskeyProfiles, which is no profile")]
    TargetProfile(ProfileId),
    #[error("includeTargets has a target with report-only profiles alone: nobody in it could sign in")]
    TargetReportOnly,
    #[error("targetType of {0:?} can only be group here")]
    TargetType(String),
    #[error("a target's id is {0:?}; it must be the id of a group, or all_users in includeTargets")]
    Target(String),
    #[error("the policy is larger than 20 KB")]
    TooLarge,
    #[error("{0} is not a property of the passkey policy, or not one this server enforces")]
    Unknown(String),
    #[error(
        "passband_userVerificationMethods holds {0:?}, which is no way to verify a user in the FIDO Registry"
    )]
    Verification(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    Enabled,
    Disabled,
}

impl State {
    pub(crate) const fn of(enabled: bool) -> Self {
        if enabled { Self::Enabled } else { Self::Disabled }
    }

    pub(crate) const fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PolicyDocument {
    id: PolicyName,
    state: State,
    is_self_service_registration_allowed: bool,
    is_attestation_enforced: bool,
    key_restrictions: RestrictionsDocument,
    default_passkey_profile: ProfileId,
    include_targets: Vec<TargetDocument>,
    exclude_targets: Vec<TargetName>,
    passkey_profiles: Vec<ProfileDocument>,
}

#[derive(Serialize, Deserialize)]
enum PolicyName {
    #[serde(alias = "fido2")]
    Fido2,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RestrictionsDocument {
    is_enforced: bool,
    enforcement_type: Enforcement,
    #[serde(default)]
    aa_guids: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Enforcement {
    Allow,
    Block,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TargetDocument {
    id: String,
    target_type: String,
    #[serde(default)]
    is_registration_required: bool,
    #[serde(default)]
    allowed_passkey_profiles: Vec<ProfileId>,
}

/// Of a target, whom it means.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct TargetName {
    pub(crate) id: String,
    pub(crate) target_type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProfileDocument {
    id: ProfileId,
    name: String,
    passkey_types: String,
    attestation_enforcement: Attestation,
    #[serde(default = "unrestricted")]
    key_restrictions: RestrictionsDocument,
    #[serde(default = "lowest", rename = "passband_minimumEvidence")]
    minimum_evidence: String,
    #[serde(default = "uncertified", rename = "passband_minimumCertification")]
    minimum_certification: String,
    #[serde(default, rename = "passband_userVerificationMethods")]
    verification_methods: Vec<String>,
    #[serde(default, rename = "passband_state")]
    state: ProfileStateName,
    #[serde(default, rename = "passband_replaces")]
    replaces: Option<ProfileId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Attestation {
    Disabled,
    RegistrationOnly,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ProfileStateName {
    #[default]
    Enabled,
    EnabledForReportingButNotEnforced,
}

fn unrestricted() -> RestrictionsDocument {
    write_restrictions(&KeyRestrictions::default())
}

fn lowest() -> String {
    EvidenceLevel::E0.name().to_owned()
}

fn uncertified() -> String {
    Certification::None.name().to_owned()
}

impl PasskeyProfile {
    /// The profile as Graph shows it.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        serde_json::to_value(write_profile(self)).unwrap_or_default()
    }
}

impl PasskeyPolicy {
    /// The policy as Graph shows it, the properties of before there were profiles included.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let default = self.profiles.iter().find(|p| p.id == self.default_profile);
        let document = PolicyDocument {
            id: PolicyName::Fido2,
            state: State::of(self.enabled),
            is_self_service_registration_allowed: self.self_service,
            is_attestation_enforced: default.is_some_and(|p| p.attestation),
            key_restrictions: default.map_or_else(unrestricted, |p| write_restrictions(&p.restrictions)),
            default_passkey_profile: self.default_profile,
            include_targets: self.include.iter().map(write_target).collect(),
            exclude_targets: self.exclude.iter().map(|id| name_of(Who::Group(*id))).collect(),
            passkey_profiles: self.profiles.iter().map(write_profile).collect(),
        };
        // Strings, flags and lists: there is nothing in it that JSON could not say.
        serde_json::to_value(document).unwrap_or_default()
    }

    /// The policy of a whole document.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn from_graph(document: &Value) -> Result<Self, PolicyError> {
        let mut members = members_of(document)?;
        check_type(&members, TYPE)?;
        strip(&mut members);
        let document: PolicyDocument = parse(members)?;
        let mirrored = (document.is_attestation_enforced, document.key_restrictions.clone());
        let policy = read_policy(document)?;
        let default = policy.profiles.iter().find(|p| p.id == policy.default_profile);
        let default = default.ok_or(PolicyError::DefaultProfile)?;
        if mirrored.0 != default.attestation {
            return Err(PolicyError::Mirror("isAttestationEnforced"));
        }
        if read_restrictions(mirrored.1)? != default.restrictions {
            return Err(PolicyError::Mirror("keyRestrictions"));
        }
        fits(&policy.to_graph())?;
        Ok(policy)
    }

    /// The policy after a change (PATCH): each property that is there replaces its own whole; the others stay.
    ///
    /// `isAttestationEnforced` and `keyRestrictions`, from before there were profiles, change the default profile.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn patched(&self, patch: &Map<String, Value>) -> Result<Self, PolicyError> {
        let mut patch = patch.clone();
        check_type(&patch, TYPE)?;
        strip(&mut patch);
        let Value::Object(mut document) = self.to_graph() else { return Err(PolicyError::TooLarge) };
        let old = [patch.get("isAttestationEnforced").cloned(), patch.get("keyRestrictions").cloned()];
        let replaces_profiles =
            patch.contains_key("passkeyProfiles") || patch.contains_key("defaultPasskeyProfile");
        for (name, value) in patch {
            match document.get_mut(&name) {
                Some(slot) => *slot = value,
                None => return Err(PolicyError::Unknown(name)),
            }
        }
        mirror(&mut document, &old, replaces_profiles);
        Self::from_graph(&Value::Object(document))
    }
}

/// Makes the old properties and the default profile agree where only one of the two was set.
fn mirror(document: &mut Map<String, Value>, old: &[Option<Value>; 2], replaces_profiles: bool) {
    let default = document.get("defaultPasskeyProfile").cloned();
    let profiles = document.get_mut("passkeyProfiles").and_then(Value::as_array_mut);
    let found = profiles.and_then(|all| all.iter_mut().find(|p| p.get("id") == default.as_ref()));
    let Some(profile) = found.and_then(Value::as_object_mut) else { return };
    if !replaces_profiles {
        if let Some(enforced) = old[0].as_ref().and_then(Value::as_bool) {
            let word = if enforced { "registrationOnly" } else { "disabled" };
            profile.insert("attestationEnforcement".to_owned(), word.into());
            if enforced {
                profile.insert("passkeyTypes".to_owned(), "deviceBound".into());
            }
        }
        if let Some(restrictions) = &old[1] {
            profile.insert("keyRestrictions".to_owned(), restrictions.clone());
        }
        return;
    }
    let attested = profile.get("attestationEnforcement").and_then(Value::as_str) == Some("registrationOnly");
    let restrictions = profile.get("keyRestrictions").cloned();
    let restrictions = restrictions.or_else(|| serde_json::to_value(unrestricted()).ok());
    if old[0].is_none() {
        document.insert("isAttestationEnforced".to_owned(), attested.into());
    }
    if old[1].is_none() {
        document.insert("keyRestrictions".to_owned(), restrictions.unwrap_or_default());
    }
}

pub(crate) fn members_of(document: &Value) -> Result<Map<String, Value>, PolicyError> {
    let members = document.as_object().cloned();
    members.ok_or_else(|| PolicyError::Malformed("a policy is a JSON object".to_owned()))
}

pub(crate) fn check_type(members: &Map<String, Value>, wanted: &'static str) -> Result<(), PolicyError> {
    match members.get("@odata.type") {
        None => Ok(()),
        Some(Value::String(sent)) if sent == wanted => Ok(()),
        Some(_) => Err(PolicyError::AnotherType(wanted)),
    }
}

/// Takes annotations out. Graph puts them on objects at every depth; the reader has bounded that.
pub(crate) fn strip(members: &mut Map<String, Value>) {
    members.retain(|name, _| !name.contains("@odata."));
    for value in members.values_mut() {
        match value {
            Value::Object(inner) => strip(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(strip),
            _ => {}
        }
    }
}

pub(crate) fn parse<T: for<'de> Deserialize<'de>>(members: Map<String, Value>) -> Result<T, PolicyError> {
    let document = Value::Object(members);
    fits(&document)?;
    // Serde takes an array for a struct, its members by their place.
    if has_array_for_object(&document) {
        return Err(PolicyError::Malformed("a list stands where an object belongs".to_owned()));
    }
    serde_json::from_value(document).map_err(|error| PolicyError::Malformed(error.to_string()))
}

/// A policy is kept with what its sender left out, and read again at every start: one that only fits without would lock
/// everybody out.
pub(crate) fn fits(written: &Value) -> Result<(), PolicyError> {
    if written.to_string().len() > MAX_DOCUMENT { Err(PolicyError::TooLarge) } else { Ok(()) }
}

/// Whether a list holds a list, or `keyRestrictions` is one: nowhere in a policy is that right.
fn has_array_for_object(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_array() || has_array_for_object(item)),
        Value::Object(members) => members.iter().any(|(name, member)| {
            let object_wanted =
                matches!(name.as_str(), "keyRestrictions" | "authenticationMethodsRegistrationCampaign");
            (object_wanted && member.is_array()) || has_array_for_object(member)
        }),
        _ => false,
    }
}

fn read_policy(document: PolicyDocument) -> Result<PasskeyPolicy, PolicyError> {
    if !(1..=MAX_PROFILES).contains(&document.passkey_profiles.len()) {
        return Err(PolicyError::ProfileCount);
    }
    let profiles = document.passkey_profiles.into_iter().map(read_profile).collect::<Result<Vec<_>, _>>()?;
    for (place, profile) in profiles.iter().enumerate() {
        if profiles[..place].iter().any(|other| other.id == profile.id) {
            return Err(PolicyError::DuplicateProfile(profile.id));
        }
    }
    let enforced = |id: ProfileId| profiles.iter().any(|p| p.id == id && p.state == ProfileState::Enforced);
    for profile in &profiles {
        let right = match profile.replaces {
            None => true,
            Some(id) => profile.state == ProfileState::ReportOnly && enforced(id),
        };
        if !right {
            return Err(PolicyError::Replaces(profile.name.clone()));
        }
    }
    if !enforced(document.default_passkey_profile) {
        return Err(PolicyError::DefaultProfile);
    }
    let include = document.include_targets.into_iter().map(read_target).collect::<Result<Vec<_>, _>>()?;
    for target in &include {
        if let Some(id) = target.profiles.iter().find(|id| !profiles.iter().any(|p| p.id == **id)) {
            return Err(PolicyError::TargetProfile(*id));
        }
        if !target.profiles.is_empty() && !target.profiles.iter().any(|id| enforced(*id)) {
            return Err(PolicyError::TargetReportOnly);
        }
    }
    Ok(PasskeyPolicy {
        enabled: document.state.is_enabled(),
        self_service: document.is_self_service_registration_allowed,
        include,
        exclude: document.exclude_targets.iter().map(read_group).collect::<Result<_, _>>()?,
        default_profile: document.default_passkey_profile,
        profiles,
    })
}

fn read_target(target: TargetDocument) -> Result<Target, PolicyError> {
    if target.is_registration_required {
        return Err(PolicyError::RegistrationRequired);
    }
    let name = TargetName { id: target.id, target_type: target.target_type };
    Ok(Target { who: read_who(&name)?, profiles: target.allowed_passkey_profiles })
}

/// Whom an included target means.
pub(crate) fn read_who(target: &TargetName) -> Result<Who, PolicyError> {
    if target.target_type != "group" {
        return Err(PolicyError::TargetType(target.target_type.clone()));
    }
    if target.id == "all_users" {
        return Ok(Who::Everyone);
    }
    read_group(target).map(Who::Group)
}

/// Whom an excluded target means.
pub(crate) fn read_group(target: &TargetName) -> Result<GroupId, PolicyError> {
    if target.target_type != "group" {
        return Err(PolicyError::TargetType(target.target_type.clone()));
    }
    target.id.parse().map_err(|_| PolicyError::Target(target.id.clone()))
}

/// How Graph writes whom a target means.
pub(crate) fn name_of(who: Who) -> TargetName {
    let id = match who {
        Who::Everyone => "all_users".to_owned(),
        Who::Group(id) => id.to_string(),
    };
    TargetName { id, target_type: "group".to_owned() }
}

fn write_target(target: &Target) -> TargetDocument {
    let TargetName { id, target_type } = name_of(target.who);
    TargetDocument {
        id,
        target_type,
        is_registration_required: false,
        allowed_passkey_profiles: target.profiles.clone(),
    }
}

fn read_profile(profile: ProfileDocument) -> Result<PasskeyProfile, PolicyError> {
    let name = display_name(&profile.name).map_err(|_| PolicyError::Name)?;
    let types = read_types(&profile.passkey_types).ok_or(PolicyError::PasskeyTypes(name.clone()))?;
    let attestation = profile.attestation_enforcement == Attestation::RegistrationOnly;
    if attestation && types.synced {
        return Err(PolicyError::AttestedAndSynced(name));
    }
    let levels = [EvidenceLevel::E0, EvidenceLevel::E1, EvidenceLevel::E2, EvidenceLevel::E3];
    let level = levels.into_iter().find(|level| level.name() == profile.minimum_evidence);
    let certification = Certification::from_name(&profile.minimum_certification);
    let odd = profile.verification_methods.iter().find(|m| !VERIFICATION_METHODS.contains(&m.as_str()));
    if let Some(method) = odd {
        return Err(PolicyError::Verification(method.clone()));
    }
    Ok(PasskeyProfile {
        id: profile.id,
        types,
        attestation,
        restrictions: read_restrictions(profile.key_restrictions)?,
        minimum_evidence: level.ok_or(PolicyError::Evidence(name.clone()))?,
        minimum_certification: certification.ok_or(PolicyError::Certification(name.clone()))?,
        verification_methods: profile.verification_methods,
        state: match profile.state {
            ProfileStateName::Enabled => ProfileState::Enforced,
            ProfileStateName::EnabledForReportingButNotEnforced => ProfileState::ReportOnly,
        },
        replaces: profile.replaces,
        name,
    })
}

fn write_profile(profile: &PasskeyProfile) -> ProfileDocument {
    ProfileDocument {
        id: profile.id,
        name: profile.name.clone(),
        passkey_types: types_text(profile.types).to_owned(),
        attestation_enforcement: match profile.attestation {
            true => Attestation::RegistrationOnly,
            false => Attestation::Disabled,
        },
        key_restrictions: write_restrictions(&profile.restrictions),
        minimum_evidence: profile.minimum_evidence.name().to_owned(),
        minimum_certification: profile.minimum_certification.name().to_owned(),
        verification_methods: profile.verification_methods.clone(),
        state: match profile.state {
            ProfileState::Enforced => ProfileStateName::Enabled,
            ProfileState::ReportOnly => ProfileStateName::EnabledForReportingButNotEnforced,
        },
        replaces: profile.replaces,
    }
}

/// Graph `passkeyTypes`: a set of flags as one text.
fn read_types(text: &str) -> Option<PasskeyTypes> {
    let mut types = PasskeyTypes { device_bound: false, synced: false };
    for word in text.split(',') {
        match word.trim() {
            "deviceBound" => types.device_bound = true,
            "synced" => types.synced = true,
            _ => return None,
        }
    }
    Some(types)
}

/// Graph `passkeyTypes` of a set.
#[must_use]
pub const fn types_text(types: PasskeyTypes) -> &'static str {
    match (types.device_bound, types.synced) {
        (true, true) => "deviceBound,synced",
        (true, false) => "deviceBound",
        (false, true) => "synced",
        (false, false) => "",
    }
}

fn read_restrictions(restrictions: RestrictionsDocument) -> Result<KeyRestrictions, PolicyError> {
    let aaguids = restrictions.aa_guids.into_iter().map(|text| match text.parse::<KeyId>() {
        Ok(id) => Ok(*id.as_bytes()),
        Err(_) => Err(PolicyError::Aaguid(text)),
    });
    Ok(KeyRestrictions {
        enforced: restrictions.is_enforced,
        block: restrictions.enforcement_type == Enforcement::Block,
        aaguids: aaguids.collect::<Result<_, _>>()?,
    })
}

fn write_restrictions(restrictions: &KeyRestrictions) -> RestrictionsDocument {
    RestrictionsDocument {
        is_enforced: restrictions.enforced,
        enforcement_type: if restrictions.block { Enforcement::Block } else { Enforcement::Allow },
        aa_guids: restrictions.aaguids.iter().map(|id| aaguid_text(*id)).collect(),
    }
}

/// An AAGUID as Graph writes it.
#[must_use]
pub fn aaguid_text(aaguid: [u8; 16]) -> String {
    KeyId::from_bytes(aaguid).to_string()
}
