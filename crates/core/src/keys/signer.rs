//! Token-signing keys: one signs, the next is shown before it signs, the last still verifies.

use crate::directory::KeyState;
use crate::id::KeyId;
use crate::time::{Seconds, Timestamp};
use passband_wire::jose::jwk::{Jwk, JwkSet};
use passband_wire::jose::jws::{Header, JwsError, SigningKey, Unverified, Verified, VerifyingKey};
use serde::Serialize;

/// How long a retired key stays in the key set: longer than any token it signed lives.
pub const RETIRED_FOR: Seconds = Seconds::days(2);

/// How old an active key may grow before the next takes over.
pub const ACTIVE_FOR: Seconds = Seconds::days(90);

/// How long a key is shown before it may sign: longer than resource servers cache the key set.
pub const PENDING_FOR: Seconds = Seconds::hours(24);

/// One key pair of the set.
#[derive(Debug)]
pub struct TokenKey {
    /// JOSE `kid`.
    pub id: KeyId,
    /// Where in its life it is.
    pub state: KeyState,
    /// When it entered it.
    pub since: Timestamp,
    kid: String,
    private: SigningKey,
    public: VerifyingKey,
}

impl TokenKey {
    /// The key of a PKCS#8 document.
    ///
    /// # Errors
    ///
    /// [`JwsError::Key`] if it is not a P-256 private key.
    pub fn new(id: KeyId, state: KeyState, since: Timestamp, pkcs8: &[u8]) -> Result<Self, JwsError> {
        let private = SigningKey::from_pkcs8(pkcs8)?;
        let public = VerifyingKey::from_point(private.public_point())?;
        Ok(Self { id, state, since, kid: id.to_string(), private, public })
    }
}

/// The signing keys at one moment.
#[derive(Debug)]
pub struct TokenKeys {
    keys: Vec<TokenKey>,
    active: usize,
}

impl TokenKeys {
    /// A set with exactly one active key; `None` for any other.
    #[must_use]
    pub fn new(keys: Vec<TokenKey>) -> Option<Self> {
        let mut active = keys.iter().enumerate().filter(|(_, key)| key.state == KeyState::Active);
        let (active, more) = (active.next()?.0, active.next().is_some());
        (!more).then_some(Self { keys, active })
    }

    /// Signs claims with the active key. `typ` is `JWT` or `at+jwt` (RFC 9068 §2.1).
    ///
    /// # Errors
    ///
    /// [`JwsError`] if the claims are not JSON.
    pub fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String, JwsError> {
        let key = &self.keys[self.active];
        let mut header = Header::new("ES256", typ);
        header.kid = Some(key.kid.clone());
        key.private.sign(&header, claims)
    }

    /// Verifies a token of ours of the given `typ`.
    ///
    /// # Errors
    ///
    /// [`JwsError`] if it is another's, of another type, or altered.
    pub fn verify(&self, typ: &str, text: &str) -> Result<Verified, JwsError> {
        let token = Unverified::parse(text)?;
        // A token of one kind must not pass as another (RFC 8725 §3.11).
        if token.header.typ.as_deref() != Some(typ) {
            return Err(JwsError::ForbiddenHeader);
        }
        let key =
            self.keys.iter().find(|key| Some(&key.kid) == token.header.kid.as_ref()).ok_or(JwsError::Key)?;
        token.verify_es256(&key.public)
    }

    /// The public key set, the active key first.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        let (before, rest) = self.keys.split_at(self.active);
        let keys =
            rest.iter().chain(before).filter_map(|key| Jwk::from_point(key.private.public_point(), &key.kid));
        JwkSet { keys: keys.collect() }
    }

    /// Each key with its state, for administration.
    pub fn iter(&self) -> impl Iterator<Item = &TokenKey> {
        self.keys.iter()
    }
}
