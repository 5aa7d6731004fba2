//! Sealed values: what the server hands out and takes back, readable and writable by nobody else.
//!
//! Layout: `key id (4) || salt (16) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM under a key derived
//! from the ring key, the purpose and the salt. A key for each value means that random nonces never run out
//! and that a value made for one purpose opens for no other.

use super::master::derive_with;
use crate::rng::{self, Random};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

/// What a sealed value is for. One made for one purpose opens for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A bearer token of the admin API.
    AdminToken,
    /// The question to sign in again, in an address.
    AskedAgain,
    /// A browser's session cookie.
    BrowserCookie,
    /// A WebAuthn ceremony under way.
    Ceremony,
    /// An authorization code.
    Code,
    /// A form's anti-forgery token.
    Csrf,
    /// A private key in the database.
    KeyAtRest,
    /// What a program that reads the sign-in page came for.
    ProgramSignIn,
    /// The challenge of a registration for somebody else.
    OnBehalf,
    /// A Primary Refresh Token.
    Prt,
    /// A pushed authorization request.
    PushedRequest,
    /// A refresh token.
    RefreshToken,
    /// The link that makes the first administrator.
    SetupLink,
    /// What a receiver of signals wants sent as `Authorization`.
    StreamAuthorization,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::AdminToken => b"admin-token",
            Self::AskedAgain => b"asked-again",
            Self::BrowserCookie => b"browser-cookie",
            Self::Ceremony => b"ceremony",
            Self::Code => b"code",
            Self::Csrf => b"csrf",
            Self::KeyAtRest => b"key-at-rest",
            Self::ProgramSignIn => b"program-sign-in",
            Self::OnBehalf => b"on-behalf",
            Self::Prt => b"prt",
            Self::PushedRequest => b"pushed-request",
            Self::RefreshToken => b"refresh-token",
            Self::SetupLink => b"setup-link",
            Self::StreamAuthorization => b"stream-authorization",
        }
    }
}

/// The value was not sealed by this ring for this purpose, or was altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not sealed by this server for this purpose")]
pub struct SealError;

#[derive(Clone)]
struct RingKey {
    id: [u8; 4],
    /// Derives the key of each value. Kept expanded, which is what most of a derivation costs; aws-lc wipes
    /// expanded keys when they are dropped.
    key: hmac::Key,
    /// Vouches for nonces.
    nonce: hmac::Key,
    /// Hides their order.
    order: hmac::Key,
}

/// Sealing keys: the first writes, all read.
#[derive(Clone)]
pub struct SealRing {
    keys: Vec<RingKey>,
    /// How many nonces were made.
    nonces: Arc<AtomicU64>,
}

impl std::fmt::Debug for SealRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealRing({} keys)", self.keys.len())
    }
}

const HEAD: usize = 4 + 16 + 12;
const TAG: usize = 16;

impl SealRing {
    /// A ring of keys, the writing one first. Empty rings seal and open nothing.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let ring = |key: [u8; 32]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &*Zeroizing::new(key));
            let name = derive_with(&key, &[b"key-id"]);
            let mac = |label: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, &*derive_with(&key, &[b"mac", label]));
            let (nonce, order) = (mac(b"nonce"), mac(b"nonce-order"));
            RingKey { id: [name[0], name[1], name[2], name[3]], key, nonce, order }
        };
        Self { keys: keys.into_iter().map(ring).collect(), nonces: Arc::default() }
    }

    /// Seals `plain` for `purpose`.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the ring is empty.
    pub fn seal(&self, purpose: Purpose, plain: &[u8], rng: &dyn Random) -> Result<Vec<u8>, SealError> {
        let ring = self.keys.first().ok_or(SealError)?;
        let random = rng::bytes::<28>(rng);
        let mut out = Vec::with_capacity(HEAD + plain.len() + TAG);
        out.extend_from_slice(&ring.id);
        out.extend_from_slice(&random);
        out.extend_from_slice(plain);
        let (nonce, key) = key_for(ring, purpose, &random)?;
        let (head, body) = out.split_at_mut(HEAD);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(head), body).map_err(|_| SealError)?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    ///
    /// # Errors
    ///
    /// [`SealError`], whatever is wrong: a stranger must not learn what.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if sealed.len() < HEAD + TAG {
            return Err(SealError);
        }
        let (head, body) = sealed.split_at(HEAD);
        let ring = self.keys.iter().find(|ring| ring.id == head[..4]).ok_or(SealError)?;
        let random: [u8; 28] = head[4..].try_into().map_err(|_| SealError)?;
        let (nonce, key) = key_for(ring, purpose, &random)?;
        let mut body = Zeroizing::new(body.to_vec());
        let len = key.open_in_place(nonce, Aad::from(head), &mut body).map_err(|_| SealError)?.len();
        body.truncate(len);
        Ok(body)
    }

    /// The keys that vouch for nonces and those that hide their order, the writing ones first.
    pub(super) fn nonce_keys(&self) -> impl Iterator<Item = (&hmac::Key, &hmac::Key)> + '_ {
        self.keys.iter().map(|ring| (&ring.nonce, &ring.order))
    }

    /// How many nonces this ring has made before this one.
    pub(super) fn next_nonce(&self) -> u64 {
        self.nonces.fetch_add(1, Ordering::Relaxed)
    }
}

fn key_for(ring: &RingKey, purpose: Purpose, random: &[u8; 28]) -> Result<(Nonce, LessSafeKey), SealError> {
    let (salt, nonce) = random.split_at(16);
    let key = derive_with(&ring.key, &[b"seal", purpose.label(), salt]);
    let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| SealError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
    Ok((nonce, LessSafeKey::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    #[test]
    fn a_value_opens_for_its_purpose_alone_and_not_when_bent() {
        let ring = SealRing::new([[1; 32]]);
        let sealed = ring.seal(Purpose::Code, b"hello", &SystemRandom).unwrap();
        assert_eq!(*ring.open(Purpose::Code, &sealed).unwrap(), b"hello");
        assert!(ring.open(Purpose::Prt, &sealed).is_err());
        assert!(SealRing::new([[2; 32]]).open(Purpose::Code, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(ring.open(Purpose::Code, &bent).is_err(), "byte {at}");
            assert!(ring.open(Purpose::Code, &sealed[..at]).is_err(), "cut {at}");
        }
    }

    #[test]
    fn older_keys_of_the_ring_still_open() {
        let sealed = SealRing::new([[1; 32]]).seal(Purpose::Prt, b"x", &SystemRandom).unwrap();
        assert!(SealRing::new([[2; 32], [1; 32]]).open(Purpose::Prt, &sealed).is_ok());
        assert!(SealRing::new([]).seal(Purpose::Prt, b"x", &SystemRandom).is_err());
    }
}
