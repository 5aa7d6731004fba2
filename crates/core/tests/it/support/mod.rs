//! What the tests share: the rules they try, the vectors, forged registrations and certificates.

pub mod cert;
pub mod forge;
pub mod vector;

use passband_core::authn::passkey::registration::RegistrationRules;
use passband_core::authn::passkey::{Framing, RelyingParty};
use passband_core::platform::path::TrustAnchor;
use passband_wire::cose::Algorithm;
use passband_wire::time::Timestamp;

pub const ORIGIN: &str = "https://example.org";
pub const RP_ID: &str = "example.org";
pub const CHALLENGE: [u8; 32] = [7; 32];
/// 2026-11-22
pub const NOW: Timestamp = Timestamp(1_795_348_800);
pub const ALL: &[Algorithm] = &[
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Ps256,
];

/// As we run it: no frames.
pub fn party() -> RelyingParty {
    RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], Framing::Refused)
}

pub fn rules<'a>(
    relying_party: &'a RelyingParty,
    challenge: &'a [u8],
    attestation_roots: Option<&'a [TrustAnchor]>,
) -> RegistrationRules<'a> {
    RegistrationRules {
        relying_party,
        challenge,
        user_verification: false,
        conditional: false,
        algorithms: ALL,
        attestation_roots,
        now: NOW,
    }
}

/// Pseudo-random numbers that are the same in each run (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
}
