//! Hello keys: keys that sign a person in on one device (Graph `windowsHelloForBusinessAuthenticationMethod`), as they are
//! kept.

use passband_wire::id::{DeviceId, UserId};
use passband_wire::time::Timestamp;

/// A registered Hello key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloKey {
    /// SHA-256 of the blob it was brought in.
    pub id: [u8; 32],
    /// Whom it signs in.
    pub user: UserId,
    /// On which device, and no other.
    pub device: DeviceId,
    /// DER `SubjectPublicKeyInfo`, RSA.
    pub public_key: Vec<u8>,
    /// Graph `createdDateTime`.
    pub created: Timestamp,
    /// When it last signed its owner in.
    pub last_used: Option<Timestamp>,
}

/// A write to a Hello key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloKeyChange {
    /// Add one; [`Conflict::Duplicate`](crate::change::Conflict::Duplicate) if anybody has registered it, or its device or
    /// owner is gone.
    Insert(Box<HelloKey>),
    /// Take one away; [`Conflict::Stale`](crate::change::Conflict::Stale) if this person has none such.
    Delete {
        /// Which.
        id: [u8; 32],
        /// Whose.
        user: UserId,
    },
    /// Note a sign-in; [`Conflict::Stale`](crate::change::Conflict::Stale) if it is gone: then nobody is signed in.
    Use {
        /// Which.
        id: [u8; 32],
        /// Now.
        at: Timestamp,
    },
}
