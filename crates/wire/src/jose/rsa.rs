//! RSA-2048 in the forms of the broker protocol: BCRYPT blobs, `SubjectPublicKeyInfo`, RSA-OAEP.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey, RsaKeyPair};
use zeroize::Zeroizing;

/// An RSA key or blob of the wrong form, or an operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("RSA key is malformed, of the wrong size, or the operation failed")]
pub struct RsaError;

/// Bytes of a 2048-bit modulus.
const MODULUS: usize = 256;

/// A public transport key: session keys are encrypted to it.
#[derive(Debug)]
pub struct TransportKey(OaepPublicEncryptingKey);

impl TransportKey {
    /// The key of a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if it is not RSA-2048.
    pub fn from_spki(spki: &[u8]) -> Result<Self, RsaError> {
        let key = PublicEncryptingKey::from_der(spki).map_err(|_| RsaError)?;
        if key.key_size_bytes() != MODULUS {
            return Err(RsaError);
        }
        OaepPublicEncryptingKey::new(key).map(Self).map_err(|_| RsaError)
    }

    pub(crate) fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, RsaError> {
        let mut out = vec![0; self.0.ciphertext_size()];
        let len = self.0.encrypt(&OAEP_SHA1_MGF1SHA1, plaintext, &mut out, None).map_err(|_| RsaError)?.len();
        out.truncate(len);
        Ok(out)
    }
}

/// Whoever keeps a private transport key: software now, a TPM behind the same trait.
pub trait UnwrapKey {
    /// RSAES-OAEP with SHA-1 and an empty label.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if it does not decrypt.
    fn unwrap_key(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, RsaError>;
}

/// An RSA-2048 private key in memory.
pub struct SoftRsa {
    pkcs8: Zeroizing<Vec<u8>>,
    signer: RsaKeyPair,
    decrypter: OaepPrivateDecryptingKey,
}

impl std::fmt::Debug for SoftRsa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoftRsa(..)")
    }
}

impl SoftRsa {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if the generator fails.
    pub fn generate() -> Result<Self, RsaError> {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(|_| RsaError)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| RsaError)?;
        Self::from_pkcs8(der.as_ref())
    }

    /// The key of a PKCS#8 document.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if it is not RSA-2048.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, RsaError> {
        let decrypter = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| RsaError)?;
        if decrypter.key_size_bytes() != MODULUS {
            return Err(RsaError);
        }
        Ok(Self {
            pkcs8: Zeroizing::new(pkcs8.to_vec()),
            signer: RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| RsaError)?,
            decrypter: OaepPrivateDecryptingKey::new(decrypter).map_err(|_| RsaError)?,
        })
    }

    /// The private key as PKCS#8, for a file only its owner reads.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public key as DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if encoding fails.
    pub fn public_spki(&self) -> Result<Vec<u8>, RsaError> {
        let der: PublicKeyX509Der<'_> = self.signer.public_key().as_der().map_err(|_| RsaError)?;
        Ok(der.as_ref().to_vec())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if signing fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, RsaError> {
        let mut out = vec![0; self.signer.public_modulus_len()];
        let rng = aws_lc_rs::rand::SystemRandom::new();
        self.signer.sign(&signature::RSA_PKCS1_SHA256, &rng, message, &mut out).map_err(|_| RsaError)?;
        Ok(out)
    }
}

impl UnwrapKey for SoftRsa {
    fn unwrap_key(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        let mut out = Zeroizing::new(vec![0; self.decrypter.min_output_size()]);
        let len =
            self.decrypter.decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut out, None).map_err(|_| RsaError)?.len();
        out.truncate(len);
        Ok(out)
    }
}

/// Turns a `BCRYPT_RSAKEY_BLOB` (MS-KPP §2.2.2) into a DER `SubjectPublicKeyInfo`.
///
/// # Errors
///
/// [`RsaError`] unless it is a public RSA-2048 key whose lengths add up.
pub fn spki_from_bcrypt_blob(blob: &[u8]) -> Result<Vec<u8>, RsaError> {
    let (modulus, exponent) = components_from_blob(blob)?;
    spki_from_components(modulus, exponent)
}

/// The same for a key that only verifies: RSA-2048, 3072 or 4096 with the exponent 65537.
///
/// # Errors
///
/// [`RsaError`] unless it is such a public key whose lengths add up.
pub fn verifying_spki_from_bcrypt_blob(blob: &[u8]) -> Result<Vec<u8>, RsaError> {
    let (modulus, exponent) = components_from_blob(blob)?;
    let odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
    // A modulus with a leading zero is a shorter key than it says; an even one is none.
    if !matches!(modulus, [0x80..=0xff, ..]) || !odd || exponent != [1, 0, 1] {
        return Err(RsaError);
    }
    let spki = encoded(modulus, exponent);
    ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &spki).map_err(|_| RsaError)?;
    Ok(spki)
}

/// Modulus and exponent of a blob without private parts, of a size that is used.
fn components_from_blob(blob: &[u8]) -> Result<(&[u8], &[u8]), RsaError> {
    let word = |at: usize| -> Result<usize, RsaError> {
        let bytes: [u8; 4] = blob.get(at..at + 4).ok_or(RsaError)?.try_into().map_err(|_| RsaError)?;
        usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| RsaError)
    };
    let (bits, exponent, modulus) = (word(4)?, word(8)?, word(12)?);
    let whole = blob.len() == 24 + exponent + modulus && (1..=4).contains(&exponent);
    // Primes would mean a private key was sent; refuse it before it is stored anywhere.
    if !blob.starts_with(b"RSA1")
        || !matches!(bits, 2048 | 3072 | 4096)
        || modulus * 8 != bits
        || word(16)? != 0
        || word(20)? != 0
        || !whole
    {
        return Err(RsaError);
    }
    let (exponent, modulus) = blob[24..].split_at(exponent);
    Ok((modulus, exponent))
}

/// Turns a DER `SubjectPublicKeyInfo` into a `BCRYPT_RSAKEY_BLOB`.
///
/// # Errors
///
/// [`RsaError`] if it is not RSA-2048.
pub fn bcrypt_blob_from_spki(spki: &[u8]) -> Result<Vec<u8>, RsaError> {
    let (modulus, exponent) = components_from_spki(spki)?;
    let mut blob = b"RSA1".to_vec();
    let len = |n: usize| u32::try_from(n).map_err(|_| RsaError);
    for word in [2048, len(exponent.len())?, len(modulus.len())?, 0, 0] {
        blob.extend_from_slice(&word.to_le_bytes());
    }
    blob.extend_from_slice(&exponent);
    blob.extend_from_slice(&modulus);
    Ok(blob)
}

/// DER prefix of `rsaEncryption` with NULL parameters (RFC 8017 §A.1).
const ALGORITHM: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

/// The DER `SubjectPublicKeyInfo` of a modulus and exponent, big-endian.
///
/// # Errors
///
/// [`RsaError`] unless it is a usable RSA-2048 key with an odd exponent of at least 3.
pub fn spki_from_components(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, RsaError> {
    let big_enough = modulus.len() == MODULUS && modulus[0] & 0x80 != 0;
    let odd = exponent.last().is_some_and(|b| b & 1 == 1) && exponent != [1];
    if !big_enough || !odd || exponent[0] == 0 {
        return Err(RsaError);
    }
    let spki = encoded(modulus, exponent);
    TransportKey::from_spki(&spki)?;
    Ok(spki)
}

/// The DER `SubjectPublicKeyInfo` of components that are not empty.
fn encoded(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let body = [integer(modulus), integer(exponent)].concat();
    let mut bits = vec![0];
    bits.extend(tlv(0x30, &body));
    tlv(0x30, &[ALGORITHM.to_vec(), tlv(3, &bits)].concat())
}

/// Modulus and exponent of a DER `SubjectPublicKeyInfo`, big-endian without leading zeros.
///
/// # Errors
///
/// [`RsaError`] if it is not RSA-2048 in DER, to the last byte.
pub fn components_from_spki(spki: &[u8]) -> Result<(Vec<u8>, Vec<u8>), RsaError> {
    let key = whole(spki, 0x30)?.strip_prefix(&ALGORITHM[..]).ok_or(RsaError)?;
    let bits = whole(key, 3)?.strip_prefix(&[0]).ok_or(RsaError)?;
    let mut fields = whole(bits, 0x30)?;
    let modulus = unsigned(expect(&mut fields, 2)?)?;
    let exponent = unsigned(whole(fields, 2)?)?;
    if modulus.len() == MODULUS { Ok((modulus.to_vec(), exponent.to_vec())) } else { Err(RsaError) }
}

/// The `RSAPublicKey` (RFC 8017 §A.1.1) inside a DER `SubjectPublicKeyInfo`.
///
/// # Errors
///
/// [`RsaError`] if it is not RSA-2048.
pub fn public_key_bits(spki: &[u8]) -> Result<Vec<u8>, RsaError> {
    let (modulus, exponent) = components_from_spki(spki)?;
    Ok(tlv(0x30, &[integer(&modulus), integer(&exponent)].concat()))
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    if bytes[0] & 0x80 == 0 { tlv(2, bytes) } else { tlv(2, &[&[0], bytes].concat()) }
}

fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match body.len() {
        n @ 0..128 => out.push(n as u8),
        n @ 128..256 => out.extend([0x81, n as u8]),
        n => out.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    out.extend_from_slice(body);
    out
}

/// Takes one DER element with `tag` off the front of `input`.
fn expect<'a>(input: &mut &'a [u8], tag: u8) -> Result<&'a [u8], RsaError> {
    let (len, rest) = match **input {
        [found, len @ 0..=0x7f, ref rest @ ..] if found == tag => (usize::from(len), rest),
        [found, 0x81, len @ 0x80..=0xff, ref rest @ ..] if found == tag => (usize::from(len), rest),
        [found, 0x82, high @ 1..=0xff, low, ref rest @ ..] if found == tag => {
            (usize::from(high) << 8 | usize::from(low), rest)
        }
        _ => return Err(RsaError),
    };
    let (body, after) = rest.split_at_checked(len).ok_or(RsaError)?;
    *input = after;
    Ok(body)
}

/// The one DER element that `input` is.
fn whole(mut input: &[u8], tag: u8) -> Result<&[u8], RsaError> {
    let body = expect(&mut input, tag)?;
    if input.is_empty() { Ok(body) } else { Err(RsaError) }
}

/// The magnitude of a positive DER integer, of at least one byte: zero, negative and padded ones are refused.
fn unsigned(integer: &[u8]) -> Result<&[u8], RsaError> {
    match integer {
        [0, rest @ ..] if matches!(rest, [0x80..=0xff, ..]) => Ok(rest),
        [1..=0x7f, ..] => Ok(integer),
        _ => Err(RsaError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector_blob() -> Vec<u8> {
        let mut blob = b"RSA1".to_vec();
        for word in [2048u32, 3, 256, 0, 0] {
            blob.extend_from_slice(&word.to_le_bytes());
        }
        blob.extend([1, 0, 1]);
        blob.push(0x80);
        blob.extend(1..=255u8);
        blob
    }

    #[test]
    fn the_blob_goes_both_ways() {
        let blob = vector_blob();
        assert_eq!(blob.len(), 283);
        let spki = spki_from_bcrypt_blob(&blob).unwrap();
        assert_eq!(bcrypt_blob_from_spki(&spki).unwrap(), blob);
        let soft = SoftRsa::generate().unwrap();
        let spki = soft.public_spki().unwrap();
        assert_eq!(spki_from_bcrypt_blob(&bcrypt_blob_from_spki(&spki).unwrap()).unwrap(), spki);
    }

    #[test]
    fn other_blobs_are_refused() {
        let bend = |at: usize, to: u8| {
            let mut blob = vector_blob();
            blob[at] = to;
            spki_from_bcrypt_blob(&blob)
        };
        for (at, to) in [(0, b'X'), (5, 4), (8, 4), (13, 0), (16, 1), (20, 1), (27, 0), (26, 0)] {
            assert_eq!(bend(at, to), Err(RsaError), "byte {at}");
        }
        let blob = vector_blob();
        for cut in 0..blob.len() {
            assert_eq!(spki_from_bcrypt_blob(&blob[..cut]), Err(RsaError), "cut at {cut}");
        }
    }

    fn blob_of(bits: u32, exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
        let mut blob = b"RSA1".to_vec();
        for word in [bits, exponent.len() as u32, modulus.len() as u32, 0, 0] {
            blob.extend_from_slice(&word.to_le_bytes());
        }
        [&blob, exponent, modulus].concat()
    }

    #[test]
    fn a_key_that_only_verifies_may_be_larger_and_has_the_one_exponent() {
        let modulus = |bytes: usize| [&[0xc1][..], &vec![0x55; bytes - 1]].concat();
        for bits in [2048, 3072, 4096_u32] {
            let blob = blob_of(bits, &[1, 0, 1], &modulus(bits as usize / 8));
            assert!(verifying_spki_from_bcrypt_blob(&blob).is_ok(), "{bits}");
            // A session key is encrypted to RSA-2048 alone.
            assert_eq!(spki_from_bcrypt_blob(&blob).is_ok(), bits == 2048, "{bits}");
            for cut in [0, 3, 23, 24, 26, 27, blob.len() - 1] {
                assert_eq!(
                    verifying_spki_from_bcrypt_blob(&blob[..cut]),
                    Err(RsaError),
                    "{bits} cut at {cut}"
                );
            }
        }
        let bent = |bend: fn(&mut Vec<u8>)| {
            let mut good = modulus(256);
            bend(&mut good);
            verifying_spki_from_bcrypt_blob(&blob_of(2048, &[1, 0, 1], &good))
        };
        assert_eq!(bent(|modulus| modulus[0] = 0x7f), Err(RsaError), "shorter than it says");
        assert_eq!(bent(|modulus| modulus[255] = 0x54), Err(RsaError), "even");
        for (bits, exponent, bytes) in [
            (1024, &[1, 0, 1][..], 128),
            (2047, &[1, 0, 1], 256),
            (2048, &[1, 0, 1], 384),
            (8192, &[1, 0, 1], 1024),
            (2048, &[3], 256),
            (2048, &[0, 1, 0, 1], 256),
            (2048, &[], 256),
        ] {
            let blob = blob_of(bits, exponent, &modulus(bytes));
            assert_eq!(verifying_spki_from_bcrypt_blob(&blob), Err(RsaError), "{bits} {exponent:?}");
        }
    }

    #[test]
    fn a_key_without_an_exponent_is_refused_and_one_key_has_one_form() {
        let modulus = [&[0x80][..], &[1; 255]].concat();
        let spki = |modulus: &[u8], exponent: &[u8], after: &[u8]| {
            let body = [&tlv(2, modulus), exponent, after].concat();
            let bits = [&[0], &tlv(0x30, &body)[..]].concat();
            tlv(0x30, &[ALGORITHM.to_vec(), tlv(3, &bits)].concat())
        };
        let padded = [&[0], &modulus[..]].concat();
        let good = spki(&padded, &[2, 3, 1, 0, 1], &[]);
        assert_eq!(components_from_spki(&good), Ok((modulus.clone(), vec![1, 0, 1])));
        assert!(public_key_bits(&good).is_ok());
        for (exponent, after) in [
            (&[2, 0][..], &[][..]),
            (&[2, 1, 0], &[]),
            (&[2, 2, 0, 3], &[]),
            (&[2, 1, 0x83], &[]),
            (&[2, 0x81, 3, 1, 0, 1], &[]),
            (&[2, 0x82, 0, 3, 1, 0, 1], &[]),
            (&[], &[]),
            (&[2, 3, 1, 0, 1], &[0]),
        ] {
            let bad = spki(&padded, exponent, after);
            assert_eq!(components_from_spki(&bad), Err(RsaError), "{exponent:x?} {after:x?}");
            assert_eq!(public_key_bits(&bad), Err(RsaError), "{exponent:x?} {after:x?}");
        }
        assert_eq!(components_from_spki(&spki(&modulus, &[2, 3, 1, 0, 1], &[])), Err(RsaError));
        assert_eq!(components_from_spki(&[&good[..], &[0]].concat()), Err(RsaError));
        for cut in 0..good.len() {
            assert_eq!(components_from_spki(&good[..cut]), Err(RsaError), "cut at {cut}");
        }
    }
}
