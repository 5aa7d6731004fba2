//! The master key: 32 bytes in a file of the data folder. Everything secret at rest is sealed under it.

use aws_lc_rs::hmac;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key at the root. Whoever reads its file and the database has everything; either alone has nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key for one purpose. Knowing one says nothing of another.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.0, &[purpose.as_bytes()])
    }

    /// The stored form of a Temporary Access Pass. A keyed hash: a stolen database cannot be searched for the
    /// short passes that a person can type.
    #[must_use]
    pub fn tap_hash(&self, tap: &crate::id::TapId, pass: &str) -> [u8; 32] {
        *derive(&self.0, &[b"tap", tap.as_bytes(), pass.as_bytes()])
    }

    /// The stored form of a recovery code, keyed for the same reason.
    #[must_use]
    pub fn recovery_hash(&self, user: &crate::id::UserId, code: &str) -> [u8; 32] {
        *derive(&self.0, &[b"recovery", user.as_bytes(), code.as_bytes()])
    }
}

/// HMAC-SHA256 over length-prefixed parts, so that no two lists of parts give the same input.
pub(super) fn derive(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    derive_with(&hmac::Key::new(hmac::HMAC_SHA256, key), parts)
}

/// [`derive`], by a key already expanded.
pub(super) fn derive_with(key: &hmac::Key, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = hmac::Context::with_key(key);
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(mac.sign().as_ref());
    out
}
