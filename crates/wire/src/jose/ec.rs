//! P-256 in the forms of the broker protocol's device-key suite: points, `SubjectPublicKeyInfo`, signatures, ECDH.

use crate::b64;
use crate::rng::{self, Random};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A P-256 key of the wrong form, or an operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("P-256 key is malformed, not on the curve, or the operation failed")]
pub struct EcError;

/// Bytes of an uncompressed point: `04 || x || y` (SEC 1 §2.3.3).
const POINT: usize = 65;

/// DER before the point of a P-256 `SubjectPublicKeyInfo` (RFC 5480 §2): one key has this one form.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Whether a DER `SubjectPublicKeyInfo` names P-256. Says nothing of its point.
#[must_use]
pub fn is_p256_spki(spki: &[u8]) -> bool {
    spki.len() == SPKI.len() + POINT && spki.starts_with(&SPKI)
}

/// A public P-256 key: a point of the curve, which only a check makes one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcPublicKey([u8; POINT]);

impl EcPublicKey {
    /// The key of an uncompressed point.
    ///
    /// # Errors
    ///
    /// [`EcError`] if it is of another form or not on the curve: agreeing with such a point would tell about our own
    /// key (RFC 7748 §7, "invalid curve").
    pub fn from_point(point: &[u8]) -> Result<Self, EcError> {
        let point: [u8; POINT] = point.try_into().map_err(|_| EcError)?;
        if point[0] != 4 {
            return Err(EcError);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| EcError)?;
        Ok(Self(point))
    }

    /// The key of its two coordinates, `x || y`.
    ///
    /// # Errors
    ///
    /// [`EcError`] as [`from_point`](Self::from_point).
    pub fn from_coordinates(coordinates: &[u8]) -> Result<Self, EcError> {
        Self::from_point(&[&[4], coordinates].concat())
    }

    /// The key of a DER `SubjectPublicKeyInfo`, to the last byte.
    ///
    /// # Errors
    ///
    /// [`EcError`] if it is of another form or not on the curve.
    pub fn from_spki(spki: &[u8]) -> Result<Self, EcError> {
        Self::from_point(spki.strip_prefix(&SPKI).ok_or(EcError)?)
    }

    /// The uncompressed point.
    #[must_use]
    pub const fn point(&self) -> &[u8; POINT] {
        &self.0
    }

    /// `x || y`.
    #[must_use]
    pub fn coordinates(&self) -> &[u8] {
        &self.0[1..]
    }

    /// DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        [&SPKI[..], &self.0].concat()
    }
}

/// A public P-256 key as JSON (RFC 7518 §6.2.1), with nothing but the point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcJwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// X coordinate, base64url.
    pub x: String,
    /// Y coordinate, base64url.
    pub y: String,
}

impl EcJwk {
    /// The JSON form of a key.
    #[must_use]
    pub fn of(key: &EcPublicKey) -> Self {
        let (x, y) = key.coordinates().split_at(32);
        Self { kty: "EC".to_owned(), crv: "P-256".to_owned(), x: b64::encode(x), y: b64::encode(y) }
    }

    /// The key.
    ///
    /// # Errors
    ///
    /// [`EcError`] if it is no P-256 key, its coordinates are not of 32 bytes in base64url (§6.2.1.2), or it is not on
    /// the curve.
    pub fn key(&self) -> Result<EcPublicKey, EcError> {
        self.key_of(|text| b64::decode_array::<32>(text).map_err(|_| EcError))
    }

    /// The key, its coordinates in padded base64 and perhaps without their leading zeros, as older clients write them
    /// (prt.md §3.2).
    ///
    /// # Errors
    ///
    /// [`EcError`] if it is no P-256 key in either alphabet or not on the curve.
    pub fn key_in_either_alphabet(&self) -> Result<EcPublicKey, EcError> {
        self.key_of(|text| {
            let bytes = b64::decode(text, 32).or_else(|_| b64::decode_std(text, 32)).map_err(|_| EcError)?;
            let mut full = [0; 32];
            full[32 - bytes.len()..].copy_from_slice(&bytes);
            Ok(full)
        })
    }

    fn key_of(&self, read: impl Fn(&str) -> Result<[u8; 32], EcError>) -> Result<EcPublicKey, EcError> {
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(EcError);
        }
        EcPublicKey::from_coordinates(&[read(&self.x)?, read(&self.y)?].concat())
    }
}

/// Whoever keeps a private transport key: software now, a TPM or an enclave behind the same trait.
pub trait AgreeKey {
    /// The shared secret with the holder of `peer` (SP 800-56A §5.7.1.2): the x coordinate.
    ///
    /// # Errors
    ///
    /// [`EcError`] if whatever holds the key says no.
    fn agree(&self, peer: &EcPublicKey) -> Result<Zeroizing<[u8; 32]>, EcError>;
}

/// A P-256 private key in memory.
pub struct SoftEc {
    pkcs8: Zeroizing<Vec<u8>>,
    signer: EcdsaKeyPair,
    private: PrivateKey,
    public: EcPublicKey,
}

impl std::fmt::Debug for SoftEc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoftEc(..)")
    }
}

impl SoftEc {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`EcError`] if the generator fails.
    pub fn generate() -> Result<Self, EcError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self::from_pkcs8(pkcs8.map_err(|_| EcError)?.as_ref())
    }

    /// The key of a PKCS#8 document.
    ///
    /// # Errors
    ///
    /// [`EcError`] if it is no P-256 private key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, EcError> {
        let signer =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| EcError)?;
        let public = EcPublicKey::from_point(signer.public_key().as_ref())?;
        let private = PrivateKey::from_private_key_der(&ECDH_P256, pkcs8).map_err(|_| EcError)?;
        Ok(Self { pkcs8: Zeroizing::new(pkcs8.to_vec()), signer, private, public })
    }

    /// The private key as PKCS#8, for a file only its owner reads.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &EcPublicKey {
        &self.public
    }

    /// ES256 (RFC 7518 §3.4): `r || s`, 64 bytes.
    ///
    /// # Errors
    ///
    /// [`EcError`] if signing fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EcError> {
        // ECDSA nonces come from the library's generator: a caller's randomness must never reach them.
        let signature = self.signer.sign(&SystemRandom::new(), message).map_err(|_| EcError)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl AgreeKey for SoftEc {
    fn agree(&self, peer: &EcPublicKey) -> Result<Zeroizing<[u8; 32]>, EcError> {
        agree(&self.private, peer)
    }
}

/// A key for one reply (RFC 7518 §4.6: a new one for each agreement).
pub(super) struct Ephemeral {
    private: PrivateKey,
    public: EcPublicKey,
}

impl Ephemeral {
    /// A fresh one.
    pub(super) fn fresh(rng: &dyn Random) -> Result<Self, EcError> {
        // A draw is no key once in 2^32, so two such in a row say that the generator is broken.
        let draw = || Self::of(&Zeroizing::new(rng::bytes::<32>(rng)));
        draw().or_else(|_| draw())
    }

    /// The one of this private number.
    pub(super) fn of(private: &[u8; 32]) -> Result<Self, EcError> {
        let private = PrivateKey::from_private_key(&ECDH_P256, private).map_err(|_| EcError)?;
        let public = private.compute_public_key().map_err(|_| EcError)?;
        let public = EcPublicKey::from_point(public.as_ref())?;
        Ok(Self { private, public })
    }

    pub(super) const fn public(&self) -> &EcPublicKey {
        &self.public
    }
}

impl AgreeKey for Ephemeral {
    fn agree(&self, peer: &EcPublicKey) -> Result<Zeroizing<[u8; 32]>, EcError> {
        agree(&self.private, peer)
    }
}

fn agree(private: &PrivateKey, peer: &EcPublicKey) -> Result<Zeroizing<[u8; 32]>, EcError> {
    let peer = UnparsedPublicKey::new(&ECDH_P256, peer.point());
    agreement::agree(private, peer, EcError, |secret| {
        Ok(Zeroizing::new(secret.try_into().map_err(|_| EcError)?))
    })
}

/// A signature `r || s` as DER (RFC 3279 §2.2.3), which certificates and their requests want.
///
/// # Errors
///
/// [`EcError`] if it has not 64 bytes.
pub fn der_signature(fixed: &[u8]) -> Result<Vec<u8>, EcError> {
    let fixed: &[u8; 64] = fixed.try_into().map_err(|_| EcError)?;
    let mut out = vec![0x30, 0];
    for half in fixed.chunks(32) {
        let from = half.iter().position(|byte| *byte != 0).unwrap_or(31);
        let magnitude = &half[from..];
        let sign = usize::from(magnitude[0] & 0x80 != 0);
        out.extend([2, (magnitude.len() + sign) as u8]);
        out.extend(&[0][..sign]);
        out.extend(magnitude);
    }
    out[1] = (out.len() - 2) as u8;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1;

    #[test]
    fn a_key_comes_back_in_each_form_and_no_other_is_one() {
        let key = *SoftEc::generate().unwrap().public();
        assert_eq!(EcPublicKey::from_spki(&key.spki()), Ok(key));
        assert_eq!(EcPublicKey::from_coordinates(key.coordinates()), Ok(key));
        assert_eq!(EcJwk::of(&key).key(), Ok(key));
        assert!(is_p256_spki(&key.spki()));
        let spki = key.spki();
        for at in 0..spki.len() {
            let mut bent = spki.clone();
            bent[at] ^= 1;
            assert_ne!(EcPublicKey::from_spki(&bent), Ok(key), "byte {at}");
            // One bit of a coordinate leaves the curve, all but never for another of its points.
            assert!(EcPublicKey::from_spki(&bent).is_err(), "byte {at}");
            assert!(EcPublicKey::from_spki(&spki[..at]).is_err());
        }
        assert!(EcPublicKey::from_spki(&[&spki[..], &[0]].concat()).is_err());
        let compressed = [&[2 + (key.point()[64] & 1)], &key.point()[1..33]].concat();
        for point in [&compressed[..], &[0], &[], &[4; 65], &[&[4][..], &[0; 64]].concat()] {
            assert!(EcPublicKey::from_point(point).is_err());
        }
    }

    #[test]
    fn json_keys_are_read_strictly_and_those_of_older_clients_leniently() {
        let key = *SoftEc::generate().unwrap().public();
        let (x, y) = key.coordinates().split_at(32);
        let own = EcJwk::of(&key);
        let older = EcJwk { x: b64::encode_std(x), y: b64::encode_std(y), ..own.clone() };
        assert_eq!(older.key_in_either_alphabet(), Ok(key));
        assert_eq!(own.key_in_either_alphabet(), Ok(key));
        assert!(older.key().is_err());
        for bent in [
            EcJwk { kty: "OKP".to_owned(), ..own.clone() },
            EcJwk { crv: "P-384".to_owned(), ..own.clone() },
            EcJwk { x: String::new(), ..own.clone() },
            EcJwk { x: b64::encode([1; 33]), ..own.clone() },
            EcJwk { y: own.x.clone(), ..own.clone() },
        ] {
            assert!(bent.key().is_err() && bent.key_in_either_alphabet().is_err(), "{bent:?}");
        }
    }

    #[test]
    fn a_stored_key_is_the_same_key_and_does_not_print() {
        let made = SoftEc::generate().unwrap();
        let again = SoftEc::from_pkcs8(made.pkcs8()).unwrap();
        assert_eq!(made.public(), again.public());
        let peer = SoftEc::generate().unwrap();
        assert_eq!(made.agree(peer.public()).unwrap(), peer.agree(again.public()).unwrap());
        assert_eq!(format!("{made:?}"), "SoftEc(..)");
        assert!(SoftEc::from_pkcs8(&made.pkcs8()[1..]).is_err());
    }

    #[test]
    fn a_signature_in_der_verifies_as_the_one_it_was() {
        let key = SoftEc::generate().unwrap();
        let verifier = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public().point()).unwrap();
        // Often enough that halves with and without their highest bit set, and short ones, come by.
        for n in 0..600u16 {
            let der = der_signature(&key.sign(&n.to_be_bytes()).unwrap()).unwrap();
            assert!(verifier.verify_sig(&n.to_be_bytes(), &der).is_ok());
        }
        let short = [&[0; 31][..], &[1], &[0; 30], &[0x80, 2]].concat();
        assert_eq!(der_signature(&short).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2]);
        assert!(der_signature(&short[1..]).is_err());
    }
}
