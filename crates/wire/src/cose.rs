//! Public keys as COSE carries them (RFC 9052, RFC 9053, RFC 8230), and the signatures WebAuthn makes with
//! them (WebAuthn L3 §6.5.5).

use crate::cbor::{CborError, Reader, Writer};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, ParsedPublicKey};
use serde::{Deserialize, Serialize};

/// Longest encoded key that is read, in bytes: RSA with 8192 bits, and some.
pub const MAX_KEY_LEN: usize = 1200;

/// A signature algorithm of the COSE registry that is verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum Algorithm {
    /// EdDSA with Ed25519, -8.
    EdDsa,
    /// ECDSA with P-256 and SHA-256, -7.
    Es256,
    /// ECDSA with P-384 and SHA-384, -35.
    Es384,
    /// ECDSA with P-521 and SHA-512, -36.
    Es512,
    /// RSASSA-PSS with SHA-256, -37.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, -257.
    Rs256,
}

impl Algorithm {
    /// Its number in the COSE registry.
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Es384 => -35,
            Self::Es512 => -36,
            Self::Ps256 => -37,
            Self::Rs256 => -257,
        }
    }

    /// The algorithm with a number of the COSE registry.
    ///
    /// # Errors
    ///
    /// [`CoseError::UnsupportedAlgorithm`] if it is not verified here.
    pub const fn from_id(id: i64) -> Result<Self, CoseError> {
        match id {
            -8 => Ok(Self::EdDsa),
            -7 => Ok(Self::Es256),
            -35 => Ok(Self::Es384),
            -36 => Ok(Self::Es512),
            -37 => Ok(Self::Ps256),
            -257 => Ok(Self::Rs256),
            _ => Err(CoseError::UnsupportedAlgorithm),
        }
    }

    /// The hash the algorithm signs over; `None` for EdDSA, which hashes inside.
    #[must_use]
    pub fn hash(self) -> Option<&'static digest::Algorithm> {
        match self {
            Self::EdDsa => None,
            Self::Es256 | Self::Rs256 | Self::Ps256 => Some(&digest::SHA256),
            Self::Es384 => Some(&digest::SHA384),
            Self::Es512 => Some(&digest::SHA512),
        }
    }
}

impl TryFrom<i64> for Algorithm {
    type Error = CoseError;

    fn try_from(id: i64) -> Result<Self, CoseError> {
        Self::from_id(id)
    }
}

impl From<Algorithm> for i64 {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.id()
    }
}

/// A curve of ECDSA (RFC 9053 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, 1.
    P256,
    /// NIST P-384, 2.
    P384,
    /// NIST P-521, 3.
    P521,
}

impl Curve {
    /// Length of one coordinate, in bytes.
    #[must_use]
    pub const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    const fn id(self) -> i64 {
        match self {
            Self::P256 => 1,
            Self::P384 => 2,
            Self::P521 => 3,
        }
    }
}

/// The mathematical key, whatever it came in: COSE, a certificate or a TPM's public area.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyMaterial {
    /// A point in the uncompressed form of SEC 1 §2.3.3: `04 || x || y`.
    Ec2 {
        /// Its curve.
        curve: Curve,
        /// `04 || x || y`
        point: Box<[u8]>,
    },
    /// An Ed25519 key (RFC 8032).
    Ed25519([u8; 32]),
    /// Modulus and public exponent, big-endian without leading zeros.
    Rsa {
        /// Modulus.
        n: Box<[u8]>,
        /// Public exponent.
        e: Box<[u8]>,
    },
}

impl KeyMaterial {
    /// A point from its coordinates, which may lack leading zeros; `None` if one is too long.
    #[must_use]
    pub fn ec2(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        let len = curve.coordinate_len();
        let mut point = vec![0; 1 + 2 * len];
        point[0] = 4;
        point[1 + len.checked_sub(x.len())?..=len].copy_from_slice(x);
        point[1 + len + len.checked_sub(y.len())?..].copy_from_slice(y);
        Some(Self::Ec2 { curve, point: point.into() })
    }
}

/// Why bytes are not a key this crate verifies with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// Not one canonical CBOR map of integers to values.
    #[error("COSE key: {0}")]
    Cbor(#[from] CborError),
    /// `kty`, `alg` and `crv` do not belong together.
    #[error("COSE key type, algorithm and curve do not belong together")]
    KeyTypeMismatch,
    /// A parameter the key type needs is missing.
    #[error("COSE key lacks a parameter")]
    MissingParameter,
    /// The point is not on its curve, or a coordinate is not of the curve's length.
    #[error("COSE key is not a point of its curve")]
    NotOnCurve,
    /// The RSA public exponent is even, below 3, or longer than 32 bits.
    #[error("RSA exponent is not an odd number from 3 to 2^32")]
    RsaExponent,
    /// The RSA modulus is shorter than 2048 or longer than 8192 bits, or starts with zero.
    #[error("RSA modulus is not of 2048 to 8192 bits")]
    RsaModulus,
    /// More than [`MAX_KEY_LEN`] bytes.
    #[error("COSE key is too long")]
    TooLong,
    /// A parameter that a public key of its type does not have.
    #[error("COSE key has a parameter that does not belong there")]
    UnknownParameter,
    /// `alg` is not one of [`Algorithm`].
    #[error("COSE algorithm is not supported")]
    UnsupportedAlgorithm,
}

impl CoseError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cbor(_) => "key_not_canonical_cbor",
            Self::KeyTypeMismatch => "key_type_mismatch",
            Self::MissingParameter => "key_parameter_missing",
            Self::NotOnCurve => "key_not_on_curve",
            Self::RsaExponent => "key_rsa_exponent",
            Self::RsaModulus => "key_rsa_modulus",
            Self::TooLong => "key_too_long",
            Self::UnknownParameter => "key_parameter_unknown",
            Self::UnsupportedAlgorithm => "key_algorithm_unsupported",
        }
    }
}

/// The signature is not one by this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct BadSignature;

/// A public key with the one algorithm it may be used with. It is a valid key: on its curve, strong enough.
#[derive(Clone, Debug)]
pub struct CoseKey {
    algorithm: Algorithm,
    material: KeyMaterial,
    verifier: ParsedPublicKey,
}

impl PartialEq for CoseKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.material == other.material
    }
}

impl Eq for CoseKey {}

impl CoseKey {
    /// A key of known parts.
    ///
    /// # Errors
    ///
    /// [`CoseError`] if algorithm and key do not belong together, or the key is not a valid one.
    pub fn new(algorithm: Algorithm, material: KeyMaterial) -> Result<Self, CoseError> {
        let verifier = verifier(algorithm, &material)?;
        Ok(Self { algorithm, material, verifier })
    }

    /// Reads one key, to the last byte.
    ///
    /// # Errors
    ///
    /// [`CoseError`] if it is not a canonical, complete and valid public key of a supported algorithm.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoseError> {
        if bytes.len() > MAX_KEY_LEN {
            return Err(CoseError::TooLong);
        }
        let fields = Fields::read(bytes)?;
        let algorithm = Algorithm::from_id(fields.alg.ok_or(CoseError::MissingParameter)?)?;
        Self::new(algorithm, fields.material()?)
    }

    /// The algorithm the key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key itself.
    #[must_use]
    pub const fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// The key in canonical CBOR: what [`parse`](Self::parse) reads.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let alg = self.algorithm.id();
        match &self.material {
            KeyMaterial::Ec2 { curve, point } => {
                let (x, y) = point[1..].split_at(curve.coordinate_len());
                out.map(5).int(KTY).int(KTY_EC2).int(ALG).int(alg).int(-1).int(curve.id());
                out.int(-2).bytes(x).int(-3).bytes(y);
            }
            KeyMaterial::Ed25519(x) => {
                out.map(4).int(KTY).int(KTY_OKP).int(ALG).int(alg).int(-1).int(CRV_ED25519).int(-2).bytes(x);
            }
            KeyMaterial::Rsa { n, e } => {
                out.map(4).int(KTY).int(KTY_RSA).int(ALG).int(alg).int(-1).bytes(n).int(-2).bytes(e);
            }
        }
        out.into_bytes()
    }

    /// Verifies a signature in the form WebAuthn uses: for ECDSA the DER of RFC 3279 §2.2.3, so the raw
    /// `r || s` of JOSE is refused.
    ///
    /// # Errors
    ///
    /// [`BadSignature`] if it does not verify.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.verifier.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

const KTY: i64 = 1;
const ALG: i64 = 3;
const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;
const CRV_ED25519: i64 = 6;

/// The labels of a COSE key before they are understood: -1 is a number or bytes, by key type.
#[derive(Default)]
struct Fields<'a> {
    kty: Option<i64>,
    alg: Option<i64>,
    crv: Option<i64>,
    minus_1: Option<&'a [u8]>,
    minus_2: Option<&'a [u8]>,
    minus_3: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, CoseError> {
        let mut reader = Reader::new(bytes);
        let mut map = reader.map()?;
        let mut fields = Self::default();
        while let Some(label) = map.key(&mut reader, Reader::int)? {
            match (label, fields.kty) {
                (KTY, _) => fields.kty = Some(reader.int()?),
                (ALG, _) => fields.alg = Some(reader.int()?),
                // RFC 8230 §4: the private parts of RSA are -3 to -12, of EC2 and OKP -4.
                (-1, Some(KTY_RSA)) => fields.minus_1 = Some(reader.bytes()?),
                (-1, Some(KTY_EC2 | KTY_OKP)) => fields.crv = Some(reader.int()?),
                (-2, Some(KTY_EC2 | KTY_OKP | KTY_RSA)) => fields.minus_2 = Some(reader.bytes()?),
                (-3, Some(KTY_EC2)) => fields.minus_3 = Some(reader.bytes()?),
                (_, Some(KTY_EC2 | KTY_OKP | KTY_RSA)) => return Err(CoseError::UnknownParameter),
                (_, Some(_)) => return Err(CoseError::KeyTypeMismatch),
                (_, None) => return Err(CoseError::MissingParameter),
            }
        }
        reader.finish()?;
        Ok(fields)
    }

    fn material(&self) -> Result<KeyMaterial, CoseError> {
        let part = |part: Option<&'a [u8]>| part.ok_or(CoseError::MissingParameter);
        match self.kty.ok_or(CoseError::MissingParameter)? {
            KTY_EC2 => {
                let curve = match self.crv.ok_or(CoseError::MissingParameter)? {
                    1 => Curve::P256,
                    2 => Curve::P384,
                    3 => Curve::P521,
                    _ => return Err(CoseError::KeyTypeMismatch),
                };
                let (x, y) = (part(self.minus_2)?, part(self.minus_3)?);
                // RFC 9053 §7.1.1: leading zeros are kept, so the length is that of the field.
                let len = curve.coordinate_len();
                let full = x.len() == len && y.len() == len;
                KeyMaterial::ec2(curve, x, y).filter(|_| full).ok_or(CoseError::NotOnCurve)
            }
            KTY_OKP => match self.crv.ok_or(CoseError::MissingParameter)? {
                CRV_ED25519 => {
                    let x = part(self.minus_2)?;
                    Ok(KeyMaterial::Ed25519(x.try_into().map_err(|_| CoseError::NotOnCurve)?))
                }
                _ => Err(CoseError::KeyTypeMismatch),
            },
            KTY_RSA => {
                let (n, e) = (part(self.minus_1)?, part(self.minus_2)?);
                Ok(KeyMaterial::Rsa { n: n.into(), e: e.into() })
            }
            _ => Err(CoseError::KeyTypeMismatch),
        }
    }
}

fn verifier(algorithm: Algorithm, material: &KeyMaterial) -> Result<ParsedPublicKey, CoseError> {
    // WebAuthn L3 §5.8.5: each ECDSA algorithm goes with one curve, uncompressed points only.
    match (algorithm, material) {
        (Algorithm::Es256, KeyMaterial::Ec2 { curve: Curve::P256, point }) => {
            on_curve(&signature::ECDSA_P256_SHA256_ASN1, point)
        }
        (Algorithm::Es384, KeyMaterial::Ec2 { curve: Curve::P384, point }) => {
            on_curve(&signature::ECDSA_P384_SHA384_ASN1, point)
        }
        (Algorithm::Es512, KeyMaterial::Ec2 { curve: Curve::P521, point }) => {
            on_curve(&signature::ECDSA_P521_SHA512_ASN1, point)
        }
        (Algorithm::EdDsa, KeyMaterial::Ed25519(x)) => on_curve(&signature::ED25519, x),
        (Algorithm::Rs256, KeyMaterial::Rsa { n, e }) => rsa(&signature::RSA_PKCS1_2048_8192_SHA256, n, e),
        (Algorithm::Ps256, KeyMaterial::Rsa { n, e }) => rsa(&signature::RSA_PSS_2048_8192_SHA256, n, e),
        _ => Err(CoseError::KeyTypeMismatch),
    }
}

fn on_curve(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
) -> Result<ParsedPublicKey, CoseError> {
    ParsedPublicKey::new(algorithm, key).map_err(|_| CoseError::NotOnCurve)
}

fn rsa(
    parameters: &'static signature::RsaParameters,
    n: &[u8],
    e: &[u8],
) -> Result<ParsedPublicKey, CoseError> {
    // With e = 1 every message signs itself, and an even e is no permutation.
    let odd = e.last().is_some_and(|byte| byte & 1 == 1);
    if e.is_empty() || e.len() > 4 || e[0] == 0 || !odd || e == [1] {
        return Err(CoseError::RsaExponent);
    }
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let odd = n.last().is_some_and(|byte| byte & 1 == 1);
    if n.first() == Some(&0) || !(2048..=8192).contains(&bits) || !odd {
        return Err(CoseError::RsaModulus);
    }
    PublicKeyComponents { n, e }.to_parsed_public_key(parameters).map_err(|_| CoseError::RsaModulus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair,
    };

    /// RFC 9052 Appendix C.7.1, the key "meriadoc.brandybuck@buckland.example", with its algorithm added.
    const X: &[u8] = b"\x65\xed\xa5\xa1\x25\x77\xc2\xba\xe8\x29\x43\x7f\xe3\x38\x70\x1a\
        \x10\xaa\xa3\x75\xe1\xbb\x5b\x5d\xe1\x08\xde\x43\x9c\x08\x55\x1d";
    const Y: &[u8] = b"\x1e\x52\xed\x75\x70\x11\x63\xf7\xf9\xe4\x0d\xdf\x9f\x34\x1b\x3d\
        \xc9\xba\x86\x0a\xf7\xe0\xca\x7c\xa7\xe9\xee\xcd\x00\x84\xd1\x9c";

    #[test]
    fn what_is_read_is_written_again() {
        let mut out = Writer::new();
        out.map(5).int(1).int(2).int(3).int(-7).int(-1).int(1).int(-2).bytes(X).int(-3).bytes(Y);
        let bytes = out.into_bytes();
        let key = CoseKey::parse(&bytes).unwrap();
        assert_eq!(key.algorithm(), Algorithm::Es256);
        assert_eq!(key.to_bytes(), bytes);
        assert_eq!(CoseKey::parse(&bytes[..bytes.len() - 1]), Err(CborError::Truncated.into()));
        assert_eq!(CoseKey::parse(&[&bytes[..], &[0]].concat()), Err(CborError::Trailing.into()));
    }

    #[test]
    fn ecdsa_signatures_are_der() {
        let rng = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let der = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
        let raw = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = der.public_key().as_ref().into();
        let key = CoseKey::new(Algorithm::Es256, KeyMaterial::Ec2 { curve: Curve::P256, point }).unwrap();
        assert_eq!(key.verify(b"hi", der.sign(&rng, b"hi").unwrap().as_ref()), Ok(()));
        assert_eq!(key.verify(b"ho", der.sign(&rng, b"hi").unwrap().as_ref()), Err(BadSignature));
        assert_eq!(key.verify(b"hi", raw.sign(&rng, b"hi").unwrap().as_ref()), Err(BadSignature));
    }

    #[test]
    fn an_ed25519_key_verifies_and_comes_back() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = pair.public_key().as_ref().try_into().unwrap();
        let key = CoseKey::new(Algorithm::EdDsa, KeyMaterial::Ed25519(x)).unwrap();
        assert_eq!(CoseKey::parse(&key.to_bytes()), Ok(key.clone()));
        assert_eq!(key.verify(b"hi", pair.sign(b"hi").as_ref()), Ok(()));
        assert_eq!(key.verify(b"ho", pair.sign(b"hi").as_ref()), Err(BadSignature));
    }

    #[test]
    fn numbers_name_one_algorithm_each() {
        for algorithm in [
            Algorithm::EdDsa,
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::Es512,
            Algorithm::Ps256,
            Algorithm::Rs256,
        ] {
            assert_eq!(Algorithm::from_id(algorithm.id()), Ok(algorithm));
        }
        for id in [0, 7, -9, -47, -53, -65535] {
            assert_eq!(Algorithm::from_id(id), Err(CoseError::UnsupportedAlgorithm), "{id}");
        }
    }
}
