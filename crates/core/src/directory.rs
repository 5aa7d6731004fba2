//! What the directory remembers: plain records, named as Microsoft Graph names them where it has a name.

mod access;
mod client_profile;
mod compliance;
pub mod device_code;
pub mod hello;
mod roles;

pub use access::{AccessKind, AccessVersion};
pub use client_profile::ClientProfile;
pub use compliance::{Attribute, Compliance, Details, Ownership, Told};
pub use roles::{Role, Roles};

use crate::policy::signal::{Certification, EvidenceLevel, Factors};
use passband_wire::id::{ClientId, DeviceId, GroupId, KeyId, SessionId, TapId, UserId};
use passband_wire::time::Timestamp;

/// A person (Graph `user`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Graph `id`; the claims `sub` and `oid`.
    pub id: UserId,
    /// Graph `userPrincipalName`, lower case.
    pub upn: String,
    /// Graph `displayName`.
    pub display_name: String,
    /// Graph `accountEnabled`.
    pub enabled: bool,
    /// What the person may administer.
    pub roles: Roles,
    /// Whether this is an account for emergencies, whose every use is to be looked at.
    pub break_glass: bool,
    /// WebAuthn user handle: random, never shown, constant for the account's life.
    pub handle: Vec<u8>,
    /// Graph `createdDateTime`.
    pub created: Timestamp,
}

/// A group of people (Graph `group`, a security group with assigned members).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Graph `id`.
    pub id: GroupId,
    /// Graph `displayName`.
    pub name: String,
    /// Graph `description`.
    pub description: String,
    /// Graph `mailNickname`: kept for scripts that set it; nothing here sends mail.
    pub nickname: String,
    /// Graph `createdDateTime`.
    pub created: Timestamp,
}

/// What decides which policies speak about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The groups the person is in.
    pub groups: Vec<GroupId>,
    /// The generation of the authentication methods policy at the moment the groups were read.
    pub policy: u64,
}

/// A person with everything a passkey policy is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub user: User,
    /// The groups they are in.
    pub groups: Vec<GroupId>,
    /// Their passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
}

/// How often a person has put a registration campaign off (Graph has no name for it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snoozed {
    /// How often.
    pub times: u32,
    /// Until when they are left in peace.
    pub until: Timestamp,
}

/// How far a passkey is believed, and since when: judged at registration, and again whenever what is trusted changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The rung of the ladder.
    pub level: EvidenceLevel,
    /// What proved that level, or kept it from being higher: a stable code.
    pub proof: String,
    /// When it was judged so.
    pub judged: Timestamp,
    /// The `no` of the metadata it was judged under, if there were any.
    pub metadata: Option<u32>,
    /// Graph `attestationLevel`: a statement that led to a trusted root, as it was last judged.
    pub attested: bool,
    /// Certification of the proved model.
    pub certification: Certification,
    /// How the proved model verifies its user, as the FIDO Registry names it without prefix: `fingerprint_internal`.
    pub verification: Vec<String>,
}

/// What a document of the trust is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrustKind {
    /// The FIDO Alliance's metadata BLOB.
    Metadata,
    /// Google's list of revoked attestation keys.
    Revocations,
    /// A root certificate that an administrator added.
    Root,
}

impl TrustKind {
    /// The name in the database and the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Revocations => "revocations",
            Self::Root => "root",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Metadata, Self::Revocations, Self::Root].into_iter().find(|kind| kind.name() == name)
    }
}

/// Something that evidence rests on, as it was given to us. It is verified each time it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustDocument {
    /// Unique: `metadata`, `revocations`, or `root/<scope>/<sha-256>`.
    pub name: String,
    /// What it is.
    pub kind: TrustKind,
    /// What a root vouches for: an attestation format, or `metadata`; otherwise empty.
    pub scope: String,
    /// The AAGUIDs a root vouches for, as GUIDs; none for any.
    pub models: Vec<String>,
    /// The `no` of metadata.
    pub edition: Option<u32>,
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// When it was given.
    pub added: Timestamp,
    /// By whom, as in the audit log.
    pub actor: String,
    /// The bytes.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for TrustDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body may have megabytes.
        f.debug_struct("TrustDocument")
            .field("name", &self.name)
            .field("edition", &self.edition)
            .finish_non_exhaustive()
    }
}

/// A registered passkey (Graph `fido2AuthenticationMethod`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// WebAuthn credential id, unique over all people.
    pub id: Vec<u8>,
    /// Its owner.
    pub user: UserId,
    /// COSE key.
    pub public_key: Vec<u8>,
    /// Last signature counter seen.
    pub sign_count: u32,
    /// BE flag, fixed for life.
    pub backup_eligible: bool,
    /// BS flag at the last use.
    pub backup_state: bool,
    /// Model, as the authenticator says.
    pub aaguid: [u8; 16],
    /// Attestation statement format.
    pub format: String,
    /// As received, for later re-evaluation.
    pub attestation_object: Vec<u8>,
    /// As received with it.
    pub client_data: Vec<u8>,
    /// WebAuthn transports, e.g. `internal`, `hybrid`.
    pub transports: Vec<String>,
    /// The person's name for it (Graph `displayName`).
    pub name: String,
    /// RP ID it is scoped to.
    pub rp_id: String,
    /// What proves what it says of itself.
    pub evidence: Evidence,
    /// Registered.
    pub created: Timestamp,
    /// Last sign-in.
    pub last_used: Option<Timestamp>,
    /// Who registered it for them, as the audit log names them; empty if they did themselves.
    pub made_by: String,
}

/// A Temporary Access Pass (Graph `temporaryAccessPassAuthenticationMethod`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// Graph `id`.
    pub id: TapId,
    /// Whom it lets in.
    pub user: UserId,
    /// HMAC of the pass under a key of the installation; the pass itself is never stored.
    pub hash: [u8; 32],
    /// Graph `createdDateTime`.
    pub created: Timestamp,
    /// Graph `startDateTime`.
    pub starts: Timestamp,
    /// Start plus Graph `lifetimeInMinutes`.
    pub expires: Timestamp,
    /// Graph `isUsableOnce`.
    pub once: bool,
    /// First use; for a one-time pass also the last.
    pub used: Option<Timestamp>,
}

/// A recovery code: a way back in that a person made for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryCode {
    /// Whom it lets in.
    pub user: UserId,
    /// HMAC of the code under a key of the installation; the code itself is never stored.
    pub hash: [u8; 32],
    /// When the set it belongs to was made.
    pub created: Timestamp,
    /// Its one use.
    pub used: Option<Timestamp>,
}

/// What somebody has to be told until they say that they know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// An account for emergencies signed in. For administrators.
    BreakGlassUsed,
    /// Somebody tried to sign in to an account for emergencies. For administrators.
    BreakGlassRefused,
    /// A recovery code was used. For its owner.
    RecoveryCodeUsed,
    /// A Temporary Access Pass was used on an account that had a passkey already. For its owner.
    TemporaryAccessPassUsed,
}

impl AlarmKind {
    /// Each of them.
    pub const ALL: [Self; 4] = [
        Self::BreakGlassUsed,
        Self::BreakGlassRefused,
        Self::RecoveryCodeUsed,
        Self::TemporaryAccessPassUsed,
    ];

    /// The name in the database, in metrics and in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BreakGlassUsed => "breakGlassUsed",
            Self::BreakGlassRefused => "breakGlassRefused",
            Self::RecoveryCodeUsed => "recoveryCodeUsed",
            Self::TemporaryAccessPassUsed => "temporaryAccessPassUsed",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether administrators are to be told; otherwise the person themselves.
    #[must_use]
    pub const fn is_for_administrators(self) -> bool {
        matches!(self, Self::BreakGlassUsed | Self::BreakGlassRefused)
    }
}

/// An alarm that nobody has acknowledged yet. One a person and kind, with a count, so that a stranger who provokes
/// alarms fills neither the database nor the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Whose account it is about.
    pub user: UserId,
    /// What happened.
    pub kind: AlarmKind,
    /// When it first did.
    pub first: Timestamp,
    /// When it last did.
    pub last: Timestamp,
    /// How often it has.
    pub count: u32,
    /// Of the last time, a line for a person: how, and from where.
    pub detail: String,
}

/// How a device is known (Graph `trustType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinType {
    /// Belongs to the organisation: Graph `AzureAd`.
    Joined,
    /// Belongs to a person: Graph `Workplace`.
    Registered,
}

impl JoinType {
    /// Graph `trustType`.
    #[must_use]
    pub const fn trust_type(self) -> &'static str {
        match self {
            Self::Joined => "AzureAd",
            Self::Registered => "Workplace",
        }
    }

    /// The type of a stored `trustType`.
    #[must_use]
    pub fn from_trust_type(text: &str) -> Option<Self> {
        match text {
            "AzureAd" => Some(Self::Joined),
            "Workplace" => Some(Self::Registered),
            _ => None,
        }
    }
}

/// A device with an identity (Graph `device`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Graph `deviceId`, subject of its certificate.
    pub id: DeviceId,
    /// Who registered it.
    pub owner: UserId,
    /// Graph `displayName`.
    pub name: String,
    /// Graph `trustType`.
    pub join: JoinType,
    /// Graph `accountEnabled`.
    pub enabled: bool,
    /// Graph `operatingSystem`, as the device says.
    pub os: String,
    /// Graph `operatingSystemVersion`, as the device says.
    pub os_version: String,
    /// Public device key, DER `SubjectPublicKeyInfo`.
    pub device_key: Vec<u8>,
    /// Public transport key, DER `SubjectPublicKeyInfo`.
    pub transport_key: Vec<u8>,
    /// The certificate the installation gave it, DER.
    pub certificate: Vec<u8>,
    /// SHA-256 of the certificate.
    pub thumbprint: [u8; 32],
    /// End of the certificate.
    pub certificate_expires: Timestamp,
    /// What proves its keys.
    pub evidence: EvidenceLevel,
    /// Whether it keeps the rules, as others say.
    pub compliance: Compliance,
    /// What else others say about it.
    pub details: Details,
    /// What its broker is let off.
    pub profile: ClientProfile,
    /// How often something was said about it.
    pub revision: u32,
    /// Graph `registrationDateTime`.
    pub created: Timestamp,
    /// Graph `approximateLastSignInDateTime`.
    pub last_seen: Option<Timestamp>,
}

/// A client or resource (Graph `application`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Graph `appId`, OAuth `client_id`.
    pub id: ClientId,
    /// Graph `displayName`.
    pub name: String,
    /// Exact redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Exact post-logout redirect URIs.
    pub logout_uris: Vec<String>,
    /// Names under which tokens for it are asked for (Graph `identifierUris`); its id is always one.
    pub identifier_uris: Vec<String>,
    /// SHA-256 of the client secret; `None` for a public client.
    pub secret_hash: Option<[u8; 32]>,
    /// Whether it may get tokens.
    pub enabled: bool,
    /// Graph `createdDateTime`.
    pub created: Timestamp,
    /// Where to tell that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.2).
    pub backchannel_logout_uri: Option<String>,
}

/// What kind of session a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser, held by a cookie.
    Browser,
    /// A device's Primary Refresh Token.
    Prt,
}

/// A sign-in and everything born of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Claim `sid`.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Browser or PRT.
    pub kind: SessionKind,
    /// The device it is bound to.
    pub device: Option<DeviceId>,
    /// The PRT session a browser session was made from; it ends with it.
    pub parent: Option<SessionId>,
    /// The passkey that began it; it ends when that is deleted.
    pub credential: Option<Vec<u8>>,
    /// What was proved. Never grows.
    pub factors: Factors,
    /// When it was proved. Never moves.
    pub auth_time: Timestamp,
    /// Row made.
    pub created: Timestamp,
    /// Useless from here on.
    pub expires: Timestamp,
    /// Last renewal or sign-in through it.
    pub last_seen: Timestamp,
    /// When it was ended, if it was.
    pub ended: Option<Timestamp>,
    /// Generation of the PRT that is current.
    pub generation: u32,
    /// When that generation replaced the one before.
    pub advanced: Timestamp,
    /// User agent or broker version, cut to 200 characters.
    pub agent: String,
    /// Where it began.
    pub ip: String,
}

/// A refresh-token family: one consent of one session to one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The family; also the id of the authorization code it began with.
    pub family: [u8; 16],
    /// The session it lives and dies with.
    pub session: SessionId,
    /// To whom.
    pub client: ClientId,
    /// Granted scope, space-separated.
    pub scope: String,
    /// Audience of its access tokens.
    pub resource: String,
    /// First issue.
    pub created: Timestamp,
    /// Useless from here on.
    pub expires: Timestamp,
    /// Generation of the refresh token that is current.
    pub generation: u32,
    /// When that generation replaced the one before.
    pub advanced: Timestamp,
    /// When it was ended, if it was.
    pub ended: Option<Timestamp>,
}

/// What stands behind a session right now: one query, everything joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The session itself.
    pub session: Session,
    /// Its user; `None` once deleted.
    pub user: Option<User>,
    /// Its device; `None` if it has none or it was deleted.
    pub device: Option<DeviceStanding>,
    /// Whether the passkey that began it is still registered. True if none did.
    pub credential_present: bool,
    /// What is known of that passkey.
    pub passkey: Option<PasskeyStanding>,
    /// When the session's parent ended, if it did; also set when the parent is gone.
    pub parent_ended: Option<Timestamp>,
    /// The groups its user is in.
    pub groups: Vec<GroupId>,
    /// The generation of conditional access at that moment.
    pub access: u64,
}

/// What a decision needs to know of the passkey that a session began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyStanding {
    /// Model, as the authenticator says.
    pub aaguid: [u8; 16],
    /// How far it is believed, as it was last judged.
    pub evidence: EvidenceLevel,
    /// Graph `attestationLevel`.
    pub attested: bool,
    /// Certification of the proved model.
    pub certification: Certification,
}

/// What a decision needs to know of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStanding {
    /// Which.
    pub id: DeviceId,
    /// Whether it may be used.
    pub enabled: bool,
    /// Its name, for the log.
    pub name: String,
    /// What proves its keys.
    pub evidence: EvidenceLevel,
    /// Graph `trustType`.
    pub join: JoinType,
    /// Graph `operatingSystem`.
    pub os: String,
    /// Graph `operatingSystemVersion`.
    pub os_version: String,
    /// Whether it keeps the rules; ask [`Compliance::as_of`].
    pub compliance: Compliance,
    /// What else others say about it.
    pub details: Details,
    /// What its broker is let off.
    pub profile: ClientProfile,
}

/// What a stored key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// ES256, signs tokens.
    Token,
    /// AES-256-GCM, seals what the server hands out and takes back.
    Seal,
    /// ES256 and a self-signed certificate, signs device certificates.
    DeviceCa,
}

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Published, does not sign yet.
    Pending,
    /// Signs and verifies.
    Active,
    /// Verifies only.
    Retired,
}

/// A key at rest; its body is sealed under the master key of the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// JOSE `kid`.
    pub id: KeyId,
    /// What for.
    pub purpose: KeyPurpose,
    /// State.
    pub state: KeyState,
    /// Made.
    pub created: Timestamp,
    /// When it entered its state.
    pub since: Timestamp,
    /// Sealed private key (and certificate, for a CA).
    pub sealed: Vec<u8>,
}
