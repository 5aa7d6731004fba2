//! Cookies that carry a time in place of a nonce (prt.md §7.4, ADR 0019).
//!
//! A nonce is this server's word that a cookie was made for it and lately. A time is the word of whoever made the cookie:
//! who had the session key for a moment makes cookies of every later time there will be (attacks A4, A5). So they count
//! only where an administrator said so, only from a device that knows no better, for five minutes, and once.

use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};

/// How old such a cookie may be.
pub const LIFETIME: Seconds = Seconds::minutes(5);

/// How far the clock of the device may be ahead.
const LEEWAY: Seconds = Seconds(30);

/// Whether a request may come without a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonces {
    /// Every request names one.
    Demanded,
    /// A cookie may name a time in its place.
    OrAge,
}

/// Whether a request without a nonce counts. `used_once`: whether what else it holds is used up with it, as is the
/// context of a KDFv1 signature; who signs by KDFv2 could as well ask for a nonce.
///
/// # Errors
///
/// [`Reason::NonceInvalid`] where a nonce is demanded, or [`Reason::NonceExpired`].
pub fn check(nonces: Nonces, made: Option<Timestamp>, used_once: bool, now: Timestamp) -> Result<(), Reason> {
    match (nonces, made) {
        (Nonces::OrAge, Some(made)) if used_once => {
            // Compared without a difference, which a time from outside could make overflow.
            let recent = made.0 >= now.0 - LIFETIME.0 && made.0 <= now.0 + LEEWAY.0;
            if recent { Ok(()) } else { Err(Reason::NonceExpired) }
        }
        _ => Err(Reason::NonceInvalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn a_time_counts_where_it_was_said_to_for_five_minutes_and_once() {
        let at = |by: i64| check(Nonces::OrAge, Some(Timestamp(NOW.0 + by)), true, NOW);
        assert_eq!(at(0), Ok(()));
        assert_eq!(at(-LIFETIME.0), Ok(()));
        assert_eq!(at(LEEWAY.0), Ok(()));
        for by in [-LIFETIME.0 - 1, LEEWAY.0 + 1, i64::MIN, -NOW.0, i64::MAX - NOW.0] {
            assert_eq!(
                check(Nonces::OrAge, Some(Timestamp(NOW.0.wrapping_add(by))), true, NOW),
                Err(Reason::NonceExpired),
                "{by}"
            );
        }
        assert_eq!(check(Nonces::OrAge, Some(NOW), false, NOW), Err(Reason::NonceInvalid));
        assert_eq!(check(Nonces::OrAge, None, true, NOW), Err(Reason::NonceInvalid));
        assert_eq!(check(Nonces::Demanded, Some(NOW), true, NOW), Err(Reason::NonceInvalid));
    }
}
