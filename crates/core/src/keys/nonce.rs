//! Nonces for signed requests: made without a row, so that a million of them cost nothing, and spent with one.
//!
//! Layout: `issued (8, big-endian seconds) || random (8) || order (8) || HMAC-SHA256 cut to 16`.
//!
//! The order is a count, so that nonces spent together lie together in the store. It travels under a mask, a
//! HMAC of what stands before it: to others it is random, and how busy the server is stays its own.

use super::seal::SealRing;
use crate::change::Change;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::{constant_time, digest, hmac};
use passband_wire::b64;

/// How long a nonce is good: pre-minting requests for later is what it prevents (attack A5).
pub const LIFETIME: Seconds = Seconds::minutes(5);

/// How far another node's clock may be ahead.
const LEEWAY: Seconds = Seconds(30);

/// A nonce this server made lately. Spending it is the caller's duty and [`spend`](Self::spend) its means.
#[derive(Debug)]
#[must_use = "a nonce that is not spent can be replayed"]
pub struct FreshNonce {
    id: [u8; 32],
    until: Timestamp,
}

impl FreshNonce {
    /// The change that uses it up.
    #[must_use]
    pub fn spend(self) -> Change {
        Change::Spend { id: self.id, until: self.until }
    }
}

/// A fresh nonce as text.
#[must_use]
pub fn issue(ring: &SealRing, now: Timestamp, rng: &dyn Random) -> String {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&now.0.to_be_bytes());
    bytes[8..16].copy_from_slice(&rng::bytes::<8>(rng));
    if let Some((key, order)) = ring.nonce_keys().next() {
        let masked = ring.next_nonce() ^ mask(order, &bytes[..16]);
        bytes[16..24].copy_from_slice(&masked.to_be_bytes());
        let tag = mac(key, &bytes[..24]);
        bytes[24..].copy_from_slice(&tag);
    }
    b64::encode(bytes)
}

/// Checks that this server made `text` within the last five minutes.
///
/// # Errors
///
/// [`Reason::NonceInvalid`] or [`Reason::NonceExpired`].
pub fn check(ring: &SealRing, text: &str, now: Timestamp) -> Result<FreshNonce, Reason> {
    let bytes: [u8; 40] = b64::decode_array(text).map_err(|_| Reason::NonceInvalid)?;
    let (signed, tag) = bytes.split_at(24);
    let (_, order) = ring
        .nonce_keys()
        .find(|(key, _)| constant_time::verify_slices_are_equal(&mac(key, signed), tag).is_ok())
        .ok_or(Reason::NonceInvalid)?;
    let issued = Timestamp(i64::from_be_bytes(word(signed)));
    if now - issued > LIFETIME || issued - now > LEEWAY {
        return Err(Reason::NonceExpired);
    }
    // Swept only once no clock could still take it, or replay reopens for that long.
    let until = issued + LIFETIME + LEEWAY + LEEWAY;
    let order = u64::from_be_bytes(word(&signed[16..])) ^ mask(order, &signed[..16]);
    let mut id = [0; 32];
    id.copy_from_slice(digest::digest(&digest::SHA256, &bytes).as_ref());
    // Ids in the order of their nonces: a group of them is written in few pages of the index.
    id[..8].copy_from_slice(&until.0.to_be_bytes());
    id[8..16].copy_from_slice(&order.to_be_bytes());
    Ok(FreshNonce { id, until })
}

/// What hides the order. The same bytes twice in a second would show the difference of two counts, no more.
fn mask(key: &hmac::Key, before: &[u8]) -> u64 {
    u64::from_be_bytes(word(hmac::sign(key, before).as_ref()))
}

/// The first eight bytes of what is longer.
fn word(bytes: &[u8]) -> [u8; 8] {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[..8]);
    word
}

fn mac(key: &hmac::Key, message: &[u8]) -> [u8; 16] {
    let tag = hmac::sign(key, message);
    let mut out = [0; 16];
    out.copy_from_slice(&tag.as_ref()[..16]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn a_nonce_is_good_for_five_minutes_and_for_its_maker() {
        let ring = SealRing::new([[1; 32]]);
        let nonce = issue(&ring, NOW, &SystemRandom);
        assert!(check(&ring, &nonce, NOW + LIFETIME).is_ok());
        assert_eq!(check(&ring, &nonce, NOW + LIFETIME + Seconds(1)).unwrap_err(), Reason::NonceExpired);
        assert_eq!(check(&ring, &nonce, NOW - Seconds(31)).unwrap_err(), Reason::NonceExpired);
        assert_eq!(check(&SealRing::new([[2; 32]]), &nonce, NOW).unwrap_err(), Reason::NonceInvalid);
        assert!(check(&SealRing::new([[2; 32], [1; 32]]), &nonce, NOW).is_ok());
        for bad in ["", "n1", &nonce[1..], &format!("{nonce}A")] {
            assert_eq!(check(&ring, bad, NOW).unwrap_err(), Reason::NonceInvalid, "{bad}");
        }
    }

    #[test]
    fn ids_follow_the_order_of_their_nonces_which_nobody_else_sees() {
        let ring = SealRing::new([[1; 32]]);
        let nonces: Vec<_> = (0..100).map(|_| issue(&ring, NOW, &SystemRandom)).collect();
        let id = |nonce: &String| match check(&ring, nonce, NOW).unwrap().spend() {
            Change::Spend { id, .. } => id,
            _ => unreachable!(),
        };
        assert!(nonces.iter().map(id).is_sorted_by(|a, b| a < b));
        let shown = |nonce: &String| b64::decode_array::<40>(nonce).unwrap()[16..24].to_vec();
        assert!(!nonces.iter().map(shown).is_sorted());
    }

    #[test]
    fn an_empty_ring_vouches_for_nothing() {
        let empty = SealRing::new([]);
        let nonce = issue(&empty, NOW, &SystemRandom);
        assert_eq!(check(&empty, &nonce, NOW).unwrap_err(), Reason::NonceInvalid);
    }
}
