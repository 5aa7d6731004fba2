//! A security event, as it is kept until it has been told.

use crate::directory::{Device, Passkey};
use crate::id::{ClientId, DeviceId, EventId, KeyId, SessionId, UserId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something that happened, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Claim `jti` of its security event token: the same however often it is told.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// To whom.
    pub subject: Subject,
    /// The sessions that end by it; their applications are told (OpenID Connect Back-Channel Logout 1.0 §2.5).
    pub ends: Option<Ends>,
}

/// Which sessions end, with those made from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Those that this passkey of this person began.
    BegunWith(Vec<u8>, UserId),
    /// Those on a device.
    On(DeviceId),
    /// One.
    Session(SessionId),
    /// All of a person.
    SessionsOf(UserId),
}

/// Whom an event is about; nobody in particular if all are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// A person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// A device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// A session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// An application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<ClientId>,
}

impl Subject {
    pub(super) fn of_user(user: UserId) -> Self {
        Self { user: Some(user), ..Self::default() }
    }

    pub(super) fn of_device(device: &Device) -> Self {
        Self { user: Some(device.owner), device: Some(device.id), ..Self::default() }
    }

    pub(super) fn of_app(app: ClientId) -> Self {
        Self { app: Some(app), ..Self::default() }
    }

    /// The subject as a Subject Identifier (RFC 9493 §3; the complex form: SSF 1.0 §3.3): a person is named by issuer and
    /// `sub`, all else by its id. An event about everybody has the installation for its subject, named by the issuer.
    #[must_use]
    pub fn identifier(&self, issuer: &str) -> Value {
        let opaque = |id: String| json!({ "format": "opaque", "id": id });
        let parts = [
            (
                "user",
                self.user.map(|id| json!({ "format": "iss_sub", "iss": issuer, "sub": id.to_string() })),
            ),
            ("device", self.device.map(|id| opaque(id.to_string()))),
            ("session", self.session.map(|id| opaque(id.to_string()))),
            ("application", self.app.map(|id| opaque(id.to_string()))),
        ];
        let mut named: Vec<_> = parts.into_iter().filter_map(|(name, part)| Some((name, part?))).collect();
        match named.len() {
            0 => json!({ "format": "uri", "uri": issuer }),
            1 => named.remove(0).1,
            _ => {
                let mut whole = serde_json::Map::from_iter([("format".to_owned(), json!("complex"))]);
                whole.extend(named.into_iter().map(|(name, part)| (name.to_owned(), part)));
                whole.into()
            }
        }
    }
}

/// How CAEP 1.0 §3.3.1 names what holds a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum CredentialKind {
    /// It is part of the device.
    #[serde(rename = "fido2-platform")]
    Platform,
    /// It goes from device to device.
    #[serde(rename = "fido2-roaming")]
    Roaming,
}

/// A passkey, as an event tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What holds it, as it says itself.
    pub kind: CredentialKind,
    /// Its owner's name for it.
    pub name: String,
    /// Its model, as it says itself.
    pub aaguid: KeyId,
}

impl Credential {
    pub(super) fn of(passkey: &Passkey) -> Self {
        let built_in = passkey.transports.iter().any(|by| by == "internal");
        let kind = if built_in { CredentialKind::Platform } else { CredentialKind::Roaming };
        Self { kind, name: passkey.name.clone(), aaguid: KeyId::from_bytes(passkey.aaguid) }
    }

    fn change(&self, change: &str) -> Value {
        json!({
            "credential_type": self.kind,
            "change_type": change,
            "friendly_name": self.name,
            "fido2_aaguid": self.aaguid.to_string(),
        })
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A person may not sign in any more (RISC 1.0 §2.3).
    AccountDisabled,
    /// A person may again (RISC 1.0 §2.4).
    AccountEnabled,
    /// A person is gone (RISC 1.0 §2.2).
    AccountPurged,
    /// An application gets no tokens any more; an event of ours.
    ApplicationDisabled,
    /// A device keeps the rules now, or does not any more (CAEP 1.0 §3.5).
    ComplianceChanged {
        /// Whether it does.
        compliant: bool,
    },
    /// Somebody has a new passkey (CAEP 1.0 §3.3).
    CredentialCreated(Credential),
    /// Somebody's passkey is gone (CAEP 1.0 §3.3).
    CredentialDeleted(Credential),
    /// A policy is another; an event of ours.
    PolicyChanged,
    /// Sessions of the subject have ended (CAEP 1.0 §3.1).
    SessionRevoked,
}

/// The types of events, each with its bit in a stream's choice. The order is that of the bits: add at the end.
pub const TYPES: [&str; 8] = [
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    "https://schemas.openid.net/secevent/caep/event-type/credential-change",
    "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change",
    "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
    "https://schemas.openid.net/secevent/risc/event-type/account-enabled",
    "https://schemas.openid.net/secevent/risc/event-type/account-purged",
    "urn:passband:event-type:application-disabled",
    "urn:passband:event-type:policy-changed",
];

impl EventKind {
    /// The place of its type in [`TYPES`].
    #[must_use]
    pub const fn number(&self) -> usize {
        match self {
            Self::SessionRevoked => 0,
            Self::CredentialCreated(_) | Self::CredentialDeleted(_) => 1,
            Self::ComplianceChanged { .. } => 2,
            Self::AccountDisabled => 3,
            Self::AccountEnabled => 4,
            Self::AccountPurged => 5,
            Self::ApplicationDisabled => 6,
            Self::PolicyChanged => 7,
        }
    }

    fn members(&self) -> Value {
        let status = |compliant| if compliant { "compliant" } else { "not-compliant" };
        match self {
            Self::ComplianceChanged { compliant } => json!({
                "previous_status": status(!*compliant),
                "current_status": status(*compliant),
            }),
            Self::CredentialCreated(credential) => credential.change("create"),
            Self::CredentialDeleted(credential) => credential.change("delete"),
            Self::AccountDisabled
            | Self::AccountEnabled
            | Self::AccountPurged
            | Self::ApplicationDisabled
            | Self::PolicyChanged
            | Self::SessionRevoked => json!({}),
        }
    }
}

impl Event {
    /// What is kept of it until it has been told: its members and its subject.
    #[must_use]
    pub fn body(&self) -> String {
        let mut members = self.kind.members();
        // CAEP 1.0 §2: when it happened, which is not when it is told.
        members["event_timestamp"] = json!(self.at.0);
        json!({ "type": TYPES[self.kind.number()], "subject": self.subject, "members": members }).to_string()
    }
}
