//! Passkeys (WebAuthn L3 §7): the two ceremonies, decided without I/O.
//!
//! 1. [`registration::verify`] turns a browser's answer into a [`NewPasskey`](registration::NewPasskey).
//! 2. The caller stores it; that its credential id is new is the store's unique constraint.
//! 3. [`assertion::verify`] turns an answer and the stored passkey into an
//!    [`AssertionVerified`](assertion::AssertionVerified), which says what to write back.
//!
//! Both proofs have no public constructor, so whoever holds one has been through every step.

pub mod assertion;
mod ceremony;
pub mod registration;

use aws_lc_rs::digest::{SHA256, digest};
pub use ceremony::CeremonyError;

/// Who asks: the one RP id of an installation, and the pages that may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    id_hash: [u8; 32],
    origins: Vec<String>,
    framing: Framing,
}

impl RelyingParty {
    /// A relying party. `origins` are compared as they stand, port included: `https://id.example.org`,
    /// `https://id.example.org:8443`, `android:apk-key-hash:…`.
    #[must_use]
    pub fn new(id: impl Into<String>, origins: Vec<String>, framing: Framing) -> Self {
        let id = id.into();
        let id_hash = sha256(id.as_bytes());
        Self { id, id_hash, origins, framing }
    }

    /// The RP id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origins whose pages may run ceremonies.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

/// Whether pages may run ceremonies inside frames of other origins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// They may not.
    #[default]
    Refused,
    /// They may, under these pages.
    Within {
        /// The origins at the top that are allowed.
        top_origins: Vec<String>,
        /// Believe a browser too that does not name the top, as those before Level 3: then any page may
        /// stand there.
        unnamed: bool,
    },
}

/// A passkey as it was stored: what the next ceremony needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// Its credential id.
    pub credential_id: Vec<u8>,
    /// Whose it is: the user handle given at registration.
    pub user_handle: Vec<u8>,
    /// The RP id it was made for.
    pub rp_id: String,
    /// Its public key as a COSE key.
    pub public_key: Vec<u8>,
    /// The counter of the last ceremony.
    pub sign_count: u32,
    /// `BE` at registration: it may leave its device. Fixed for life.
    pub backup_eligible: bool,
    /// `BS` at the last ceremony: it has left its device.
    pub backup_state: bool,
}

impl StoredPasskey {
    /// Whether the key may not leave its device, by the authenticator's word.
    #[must_use]
    pub const fn device_bound(&self) -> bool {
        !self.backup_eligible
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}
