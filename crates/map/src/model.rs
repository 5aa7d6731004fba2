//! A tenant and its fleet, as far as somebody exported them. What nobody said is [`Fact::Unknown`], never a default.
//!
//! `tenant` fills it from an export, `fleet` from a list of devices; `engine` asks it. Ids are those of Graph.

use passband_core::authn::profile::PasskeyPolicy;
use passband_core::id::{DeviceId, GroupId, RoleId, UserId};
use passband_core::policy::access::facts::{Fact, Guest, Ownership, Platform, TrustType};
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::model::Policy;
use passband_core::policy::access::strength::{Mode, Strength};
use passband_core::time::Timestamp;
use serde_json::Value;

/// Where something was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The file's place in [`Tenant::files`].
    pub file: u32,
    /// The line it begins on, from 1; 0 if nobody counted.
    pub line: u32,
}

/// The edition of Graph that a document was exported through: v1.0 has no token protection to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// `v1.0`
    V1,
    /// `beta`
    Beta,
    /// Nothing in the document says.
    Unsaid,
}

/// Everything that is known of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// The files that were read, relative to the folder, in the order of [`Source::file`].
    pub files: Vec<String>,
    /// The people.
    pub people: Vec<Person>,
    /// The groups, for their names.
    pub groups: Vec<Group>,
    /// The passkey policy; unknown if it was not exported.
    pub passkeys: Fact<PasskeyMethods>,
    /// The other methods of the methods policy.
    pub methods: Vec<Method>,
    /// Conditional access; unknown if no policy was exported. An export without one says so by an empty collection.
    pub access: Fact<Vec<AccessPolicy>>,
    /// Custom authentication strengths.
    pub strengths: Vec<Strength>,
    /// Named locations.
    pub locations: Vec<NamedLocation>,
    /// The devices.
    pub devices: Vec<Device>,
    /// What a reader has to know of this export before believing what is made of it.
    pub notes: Vec<Note>,
    /// What could not be read. The rest was.
    pub left_out: Vec<LeftOut>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Graph `id`.
    pub id: GroupId,
    /// Graph `displayName`.
    pub name: String,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Graph `id`.
    pub id: UserId,
    /// Graph `userPrincipalName`, or what else names them.
    pub name: String,
    /// Graph `accountEnabled`.
    pub enabled: Fact<bool>,
    /// Whether, and how, they are from outside (Graph `userType` is `Guest`).
    pub guest: Fact<Option<Guest>>,
    /// The groups they are in, by way of other groups too, sorted.
    pub groups: Fact<Vec<GroupId>>,
    /// The roles they hold, by template, sorted.
    pub roles: Fact<Vec<RoleId>>,
    /// Their passkeys (Graph `fido2Methods`).
    pub passkeys: Fact<Vec<Passkey>>,
    /// Their other registered methods, each kind once, sorted.
    pub methods: Fact<Vec<Mode>>,
    /// Where they were read.
    pub source: Source,
}

/// A registered passkey (Graph `fido2AuthenticationMethod`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Graph `displayName`, or the model.
    pub name: String,
    /// Graph `aaGuid`.
    pub aaguid: Fact<[u8; 16]>,
    /// Graph `passkeyType` is `synced`. Exports of before 2026 do not say.
    pub synced: Fact<bool>,
    /// Graph `attestationLevel` is `attested`.
    pub attested: Fact<bool>,
    /// Graph `createdDateTime`.
    pub created: Option<Timestamp>,
}

/// The passkey policy, and how much of it is a guess.
#[derive(Clone, Debug)]
pub struct PasskeyMethods {
    /// The policy, in the types that the server decides with.
    pub policy: PasskeyPolicy,
    /// Only for an export with the properties of before there were profiles and without attestation: the same policy
    /// with synced passkeys allowed, as the automatic migration of April to June 2026 may have made it. Then `policy`
    /// is the worst case and this the best.
    pub opened: Option<PasskeyPolicy>,
    /// The document as it was.
    pub raw: Value,
    /// Where it was read.
    pub source: Source,
}

/// A method of the methods policy other than passkeys.
#[derive(Clone, Debug)]
pub struct Method {
    /// Graph `id`: `TemporaryAccessPass`, `Sms` and on.
    pub name: String,
    /// The ways of signing in that it gives, as strengths name them; none for one that this software does not know.
    pub modes: Vec<Mode>,
    /// Graph `state` is `enabled`.
    pub enabled: bool,
    /// Whether `includeTargets` names everybody.
    pub everyone: bool,
    /// The groups of `includeTargets`.
    pub include: Vec<GroupId>,
    /// The groups of `excludeTargets`.
    pub exclude: Vec<GroupId>,
    /// The document as it was.
    pub raw: Value,
}

/// A conditional access policy, as far as it could be understood.
#[derive(Clone, Debug)]
pub struct AccessPolicy {
    /// The policy, in the types that the server decides with. What is not understood makes it unknown whether it applies
    /// or is satisfied; nothing is read over.
    pub policy: Policy,
    /// What was not understood, by its path.
    pub unread: Vec<String>,
    /// The edition of Graph it came through.
    pub edition: Edition,
    /// The document as it was.
    pub raw: Value,
    /// Where it was read.
    pub source: Source,
}

/// What keeps the keys of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStore {
    /// A TPM 2.0, a Secure Enclave, StrongBox or a trusted execution environment.
    Hardware,
    /// Software.
    Software,
}

/// A browser on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Browser {
    /// Chrome
    Chrome,
    /// Edge
    Edge,
    /// Firefox
    Firefox,
    /// Safari
    Safari,
}

impl Browser {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Chrome, Self::Edge, Self::Firefox, Self::Safari];

    /// The name, in small letters, as subjects of the map end.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Edge => "edge",
            Self::Firefox => "firefox",
            Self::Safari => "safari",
        }
    }
}

/// A device, registered or only listed in a fleet.
#[derive(Clone, Debug)]
pub struct Device {
    /// Graph `deviceId`; none for one that is listed in a fleet and registered nowhere.
    pub id: Option<DeviceId>,
    /// Graph `displayName`.
    pub name: String,
    /// Whose: places in [`Tenant::people`], sorted. Empty and known: nobody's.
    pub owners: Fact<Vec<u32>>,
    /// The platform; `Known(None)` for one that policies do not name.
    pub platform: Fact<Option<Platform>>,
    /// Graph `operatingSystem`.
    pub os: Option<String>,
    /// Graph `operatingSystemVersion`.
    pub os_version: Option<String>,
    /// Graph `trustType`; `Known(None)`: it is not registered.
    pub trust: Fact<Option<TrustType>>,
    /// Graph `accountEnabled`.
    pub enabled: Fact<bool>,
    /// Graph `isCompliant`; unknown if null.
    pub compliant: Fact<bool>,
    /// Graph `isManaged`; unknown if null.
    pub managed: Fact<bool>,
    /// Graph `deviceOwnership`.
    pub ownership: Option<Ownership>,
    /// What keeps its keys: a fleet's column `keys`. No export of Graph says.
    pub keys: Fact<KeyStore>,
    /// Whether a broker or the single sign-on extension is set up: a fleet's column `sso`. No export of Graph says.
    pub sso: Fact<bool>,
    /// The browsers its owners use.
    pub browsers: Fact<Vec<Browser>>,
    /// What else device filters ask for.
    pub filtered: Box<Filtered>,
    /// Where it was read.
    pub source: Source,
}

/// Properties of a device that only filters ask for, with Graph's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the property of Graph with that name")]
pub struct Filtered {
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub mdm_app_id: Option<String>,
    pub enrollment_profile_name: Option<String>,
    pub profile_type: Option<String>,
    pub physical_ids: Vec<String>,
    pub system_labels: Vec<String>,
    pub extension_attributes: Vec<Option<String>>,
}

/// Something about an export that a reader has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A short name that does not change: `token-protection-not-exported`.
    pub code: &'static str,
    /// A sentence or two: what it is, what it means, what to do.
    pub text: String,
    /// What it is about: names of policies, files.
    pub about: Vec<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where.
    pub source: Source,
    /// The property, as a path from the resource: `conditions.users`.
    pub field: String,
    /// What was expected there.
    pub expected: String,
    /// What was there, cut short.
    pub found: String,
}
