//! Proof Key for Code Exchange (RFC 7636), method S256 alone.

use crate::b64;
use crate::rng::{self, Random};
use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// A code challenge: SHA-256 of a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

/// The challenge is not 43 characters of base64url, or the method is not `S256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge must be S256: 43 characters of base64url")]
pub struct ChallengeError;

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method` (§4.3). `plain` is refused: it proves nothing to
    /// whoever saw the request.
    ///
    /// # Errors
    ///
    /// [`ChallengeError`].
    pub fn parse(challenge: &str, method: &str) -> Result<Self, ChallengeError> {
        if method != "S256" {
            return Err(ChallengeError);
        }
        b64::decode_array(challenge).map(Self).map_err(|_| ChallengeError)
    }

    /// The challenge of these bytes, as sealed into a code.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The challenge of a verifier.
    #[must_use]
    pub fn of(verifier: &str) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, verifier.as_bytes()).as_ref());
        Self(out)
    }

    /// Whether `verifier` is 43 to 128 unreserved characters and hashes to this (§4.1, §4.6).
    #[must_use]
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        (43..=128).contains(&verifier.len())
            && verifier.bytes().all(unreserved)
            && bool::from(Self::of(verifier).0.ct_eq(&self.0))
    }
}

impl std::fmt::Display for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&b64::encode(self.0))
    }
}

/// A fresh verifier of 256 bits.
#[must_use]
pub fn verifier(rng: &dyn Random) -> String {
    b64::encode(rng::bytes::<32>(rng))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_appendix_b() {
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "S256").unwrap();
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"));
        assert!(!challenge.is_met_by(""));
    }

    #[test]
    fn plain_and_malformed_challenges_are_refused() {
        assert!(Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "plain").is_err());
        assert!(Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "S256").is_err());
        assert!(Challenge::parse("", "S256").is_err());
    }
}
