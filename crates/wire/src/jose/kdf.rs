//! Key derivation from a session key (MS-OAPXBC §3.1.5.1.3.3; NIST SP 800-108 counter mode).
//!
//! `K = HMAC-SHA256(session_key, 00000001 || label || 00 || context || 00000100)`, one block of 256 bits.

use aws_lc_rs::{digest, hmac};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// From which context the key of a request's signature is derived (prt.md §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kdf {
    /// From `ctx` alone: whoever extracted one derived key signs anything with it (CVE-2021-33779).
    V1,
    /// From `ctx` and the payload.
    V2,
}

const LABEL: &[u8] = b"AzureAD-SecureConversation";

/// The shortest context accepted: shorter ones repeat, and a repeated context is a repeated key (CVE-2021-33779).
pub const MIN_CTX: usize = 16;
/// The longest context accepted.
pub const MAX_CTX: usize = 64;

/// The secret a device and the server share for one PRT session.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionKey([u8; 32]);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

impl SessionKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for sealing and for the envelope to the device.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// KDFv1: `context = ctx`. For responses, and for requests of devices that an administrator let have nothing
    /// better.
    #[must_use]
    pub fn derive_v1(&self, ctx: &[u8]) -> Zeroizing<[u8; 32]> {
        self.derive(ctx)
    }

    /// KDFv2: `context = SHA-256(ctx || payload)`, so that a signature key is good for one payload alone.
    #[must_use]
    pub fn derive_v2(&self, ctx: &[u8], payload: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(ctx);
        hash.update(payload);
        self.derive(hash.finish().as_ref())
    }

    fn derive(&self, context: &[u8]) -> Zeroizing<[u8; 32]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut mac = hmac::Context::with_key(&key);
        mac.update(&1u32.to_be_bytes());
        mac.update(LABEL);
        mac.update(&[0]);
        mac.update(context);
        mac.update(&256u32.to_be_bytes());
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(mac.sign().as_ref());
        out
    }
}

#[cfg(test)]
mod spec_vectors {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn both_versions_match() {
        let key = SessionKey::from_bytes(std::array::from_fn(|i| i as u8));
        let ctx: Vec<u8> = (0x40..=0x57).collect();
        assert_eq!(
            hex(&*key.derive_v1(&ctx)),
            "261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375"
        );
        let payload = br#"{"refresh_token":"0.AAA.prt","is_primary":"true","request_nonce":"n1"}"#;
        let k2 = key.derive_v2(&ctx, payload);
        assert_eq!(hex(&*k2), "90933ee78993d3d8c733d518c951e7f99481a893bcf5fab50a3ad33509bfc1e8");
    }
}
