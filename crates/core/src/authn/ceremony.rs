//! WebAuthn ceremonies under way: sealed, so that starting one costs no row; spent with one.

use crate::change::Change;
use crate::id::UserId;
use crate::keys::seal::{Purpose, SealRing};
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::b64;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// How long a challenge is good (WebAuthn §13.4.3; the browser's own timeout with slack).
pub const LIFETIME: Seconds = Seconds::minutes(5);

/// What a ceremony is for. A challenge for one never answers another (failure class 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// `navigator.credentials.create`.
    Registration,
    /// `navigator.credentials.get`.
    SignIn,
    /// The same by a program that reads the sign-in page; its challenge is the text of [`Ceremony::text_challenge`].
    ProgramSignIn,
}

#[derive(Serialize, Deserialize)]
struct Body {
    kind: Kind,
    challenge: [u8; 32],
    asker: [u8; 32],
    user: Option<UserId>,
    note: String,
    expires: Timestamp,
}

/// What a ceremony is begun for.
#[derive(Clone, Debug)]
pub struct Aim {
    /// Sign-in or registration.
    pub kind: Kind,
    /// For whom, if it is for someone.
    pub user: Option<UserId>,
    /// Whatever the one who begins it wants to find again, unaltered, at its end.
    pub note: String,
}

/// A ceremony that was begun here, by this browser, for this purpose, and not too long ago.
#[derive(Debug)]
#[must_use = "a ceremony that is not spent can be replayed"]
pub struct Ceremony {
    challenge: [u8; 32],
    user: Option<UserId>,
    note: String,
    expires: Timestamp,
}

/// Begins a ceremony: the sealed text for the page to send back, and the challenge.
///
/// `asker` is a secret of the browser (a cookie): one party's ceremony cannot be finished by another.
///
/// # Errors
///
/// [`Reason::CeremonyInvalid`] if there is no sealing key.
pub fn begin(
    ring: &SealRing,
    aim: Aim,
    asker: &str,
    now: Timestamp,
    rng: &dyn Random,
) -> Result<(String, [u8; 32]), Reason> {
    let challenge = rng::bytes(rng);
    let Aim { kind, user, note } = aim;
    let body = Body { kind, challenge, asker: hash(asker), user, note, expires: now + LIFETIME };
    let body = serde_json::to_vec(&body).map_err(|_| Reason::CeremonyInvalid)?;
    let sealed = ring.seal(Purpose::Ceremony, &body, rng).map_err(|_| Reason::CeremonyInvalid)?;
    Ok((b64::encode(sealed), challenge))
}

/// Takes a ceremony up again.
///
/// # Errors
///
/// [`Reason::CeremonyInvalid`] or [`Reason::CeremonyExpired`].
pub fn resume(
    ring: &SealRing,
    text: &str,
    kind: Kind,
    asker: &str,
    now: Timestamp,
) -> Result<Ceremony, Reason> {
    let sealed = b64::decode(text, 2048).map_err(|_| Reason::CeremonyInvalid)?;
    let body = ring.open(Purpose::Ceremony, &sealed).map_err(|_| Reason::CeremonyInvalid)?;
    let body: Body = serde_json::from_slice(&body).map_err(|_| Reason::CeremonyInvalid)?;
    let same_asker = bool::from(body.asker.ct_eq(&hash(asker)));
    if body.kind != kind || !same_asker || asker.is_empty() {
        return Err(Reason::CeremonyInvalid);
    }
    if now >= body.expires {
        return Err(Reason::CeremonyExpired);
    }
    Ok(Ceremony { challenge: body.challenge, user: body.user, note: body.note, expires: body.expires })
}

impl Ceremony {
    /// The challenge the authenticator must have signed.
    #[must_use]
    pub const fn challenge(&self) -> &[u8; 32] {
        &self.challenge
    }

    /// The challenge of [`Kind::ProgramSignIn`]: such programs sign the bytes of the text they were sent (prt.md §10.3).
    #[must_use]
    pub fn text_challenge(&self) -> String {
        b64::encode(self.challenge)
    }

    /// For whom it was begun, if it was for someone.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        self.user
    }

    /// When it was begun.
    #[must_use]
    pub fn begun(&self) -> Timestamp {
        self.expires - LIFETIME
    }

    /// What its beginner noted.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The change that uses it up, on the first answer, good or bad.
    #[must_use]
    pub fn spend(&self) -> Change {
        let until = self.expires + LIFETIME;
        let mut id = hash_bytes(&self.challenge);
        // Ids of one time lie side by side in the index, so that a group of them is written in few pages.
        id[..8].copy_from_slice(&until.0.to_be_bytes());
        Change::Spend { id, until }
    }
}

fn hash(text: &str) -> [u8; 32] {
    hash_bytes(text.as_bytes())
}

fn hash_bytes(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    #[test]
    fn a_ceremony_is_for_its_browser_its_purpose_and_five_minutes() {
        let ring = SealRing::new([[1; 32]]);
        let now = Timestamp(1_800_000_000);
        let aim = Aim { kind: Kind::SignIn, user: None, note: String::new() };
        let (text, challenge) = begin(&ring, aim, "cookie", now, &SystemRandom).unwrap();
        assert_eq!(*resume(&ring, &text, Kind::SignIn, "cookie", now).unwrap().challenge(), challenge);
        let refused = |kind, asker, at| resume(&ring, &text, kind, asker, at).unwrap_err();
        assert_eq!(refused(Kind::Registration, "cookie", now), Reason::CeremonyInvalid);
        assert_eq!(refused(Kind::ProgramSignIn, "cookie", now), Reason::CeremonyInvalid);
        assert_eq!(refused(Kind::SignIn, "other", now), Reason::CeremonyInvalid);
        assert_eq!(refused(Kind::SignIn, "", now), Reason::CeremonyInvalid);
        assert_eq!(refused(Kind::SignIn, "cookie", now + LIFETIME), Reason::CeremonyExpired);
        assert_eq!(resume(&ring, "AAAA", Kind::SignIn, "cookie", now).unwrap_err(), Reason::CeremonyInvalid);
    }
}
