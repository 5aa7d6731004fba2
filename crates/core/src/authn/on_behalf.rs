//! Registering a passkey for somebody else (Graph `fido2AuthenticationMethod: creationOptions`): an administrator's
//! tool makes the passkey on a security key, and hands the key over.
//!
//! The answer brings nothing back but the challenge, inside the client data. So the challenge is the sealed word for
//! whom it was made, at whose request, and until when; no row is written before it is answered.

use crate::change::Change;
use crate::id::UserId;
use crate::keys::seal::{Purpose, SealRing};
use crate::reason::Reason;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// Shortest time a challenge may be good, minutes (Graph `challengeTimeoutInMinutes`).
pub const MIN_MINUTES: i64 = 5;
/// Longest, minutes. Graph allows more; here an administrator's token is good no longer than this.
pub const MAX_MINUTES: i64 = 15;
/// When none is asked for, minutes.
pub const DEFAULT_MINUTES: i64 = 5;

/// How long a spent challenge is remembered after its end, beyond every clock's error.
const LEEWAY: Seconds = Seconds::minutes(10);

/// A registration that this administrator began for this person, not too long ago. Only [`resume`] makes one.
#[derive(Debug)]
#[must_use = "a registration that is not spent can be replayed"]
pub struct OnBehalf {
    challenge: Vec<u8>,
    expires: Timestamp,
}

/// A challenge for `user`, at the request of `actor`, and its end.
///
/// # Errors
///
/// `None` unless `minutes` lies between [`MIN_MINUTES`] and [`MAX_MINUTES`], or if there is no sealing key.
#[must_use]
pub fn begin(
    ring: &SealRing,
    (user, actor): (UserId, &str),
    minutes: i64,
    now: Timestamp,
    rng: &dyn Random,
) -> Option<(Vec<u8>, Timestamp)> {
    if !(MIN_MINUTES..=MAX_MINUTES).contains(&minutes) {
        return None;
    }
    let expires = now + Seconds::minutes(minutes);
    let mut body = user.as_bytes().to_vec();
    body.extend_from_slice(&hash(actor.as_bytes()));
    body.extend_from_slice(&expires.0.to_be_bytes());
    Some((ring.seal(Purpose::OnBehalf, &body, rng).ok()?, expires))
}

/// Takes a registration up again by the challenge that came back.
///
/// # Errors
///
/// [`Reason::CeremonyInvalid`] if the challenge is not ours, for another person or another administrator's, or
/// [`Reason::CeremonyExpired`].
pub fn resume(
    ring: &SealRing,
    challenge: &[u8],
    (user, actor): (UserId, &str),
    now: Timestamp,
) -> Result<OnBehalf, Reason> {
    let body = ring.open(Purpose::OnBehalf, challenge).map_err(|_| Reason::CeremonyInvalid)?;
    let (whose, rest) = body.split_at_checked(16).ok_or(Reason::CeremonyInvalid)?;
    let (by, expires) = rest.split_at_checked(32).ok_or(Reason::CeremonyInvalid)?;
    let expires: [u8; 8] = expires.try_into().map_err(|_| Reason::CeremonyInvalid)?;
    let same = whose.ct_eq(user.as_bytes()) & by.ct_eq(&hash(actor.as_bytes()));
    if !bool::from(same) {
        return Err(Reason::CeremonyInvalid);
    }
    let expires = Timestamp(i64::from_be_bytes(expires));
    if now >= expires {
        return Err(Reason::CeremonyExpired);
    }
    Ok(OnBehalf { challenge: challenge.to_vec(), expires })
}

impl OnBehalf {
    /// The challenge the authenticator must have signed.
    #[must_use]
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// The change that uses it up.
    #[must_use]
    pub fn spend(&self) -> Change {
        Change::Spend { id: hash(&self.challenge), until: self.expires + LEEWAY }
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn a_challenge_is_for_one_person_one_administrator_and_its_minutes() {
        let ring = SealRing::new([[1; 32]]);
        let (ada, bert) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let (challenge, expires) = begin(&ring, (ada, "root"), 5, NOW, &SystemRandom).unwrap();
        assert_eq!(expires, NOW + Seconds::minutes(5));
        assert_eq!(resume(&ring, &challenge, (ada, "root"), NOW).unwrap().challenge(), challenge);
        let refused = |challenge: &[u8], who, at| resume(&ring, challenge, who, at).unwrap_err();
        assert_eq!(refused(&challenge, (bert, "root"), NOW), Reason::CeremonyInvalid);
        assert_eq!(refused(&challenge, (ada, "other"), NOW), Reason::CeremonyInvalid);
        assert_eq!(refused(&challenge[1..], (ada, "root"), NOW), Reason::CeremonyInvalid);
        assert_eq!(refused(b"", (ada, "root"), NOW), Reason::CeremonyInvalid);
        assert_eq!(refused(&challenge, (ada, "root"), expires), Reason::CeremonyExpired);
        let other = ring.seal(Purpose::Ceremony, &[0; 56], &SystemRandom).unwrap();
        assert_eq!(refused(&other, (ada, "root"), NOW), Reason::CeremonyInvalid);
        for minutes in [0, 4, 16, -5, i64::MAX] {
            assert!(begin(&ring, (ada, "root"), minutes, NOW, &SystemRandom).is_none(), "{minutes}");
        }
    }
}
