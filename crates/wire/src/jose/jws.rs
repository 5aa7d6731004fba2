//! JWS compact serialization (RFC 7515 §7.1).

use crate::b64;
use crate::rng::Random;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair as _, ParsedPublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// No compact JWS of ours or of any client is longer.
pub const MAX_LEN: usize = 32 * 1024;

/// Longest certificate in `x5c`, in bytes.
const MAX_CERTIFICATE: usize = 8 * 1024;

/// Why a JWS was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// `alg` is not the one the caller demands.
    #[error("algorithm is not the one required")]
    Algorithm,
    /// The header carries a key or an extension that must not choose the key (RFC 7515 §10.3).
    #[error("header member is not allowed")]
    ForbiddenHeader,
    /// A key has the wrong form.
    #[error("key is malformed")]
    Key,
    /// Not three base64url parts, or a part is not the JSON it must be.
    #[error("not a compact JWS")]
    Malformed,
    /// The signature does not verify.
    #[error("signature is wrong")]
    Signature,
    /// Longer than [`MAX_LEN`].
    #[error("too long")]
    TooLong,
}

/// The header members that mean something here (RFC 7515 §4.1, MS-OAPXBC §2.2.1).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Header {
    /// Algorithm.
    pub alg: String,
    /// Media type of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// Key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Key-derivation context, base64 with padding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctx: Option<String>,
    /// Key-derivation version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "even_null")]
    pub kdf_ver: Option<serde_json::Value>,
    /// What the signature is for: `ngc` in the assertion of a Hello key (MS-OAPXBC §3.1.5.1.3).
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Certificate chain of the signer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5c: Option<X5c>,
    #[serde(default, skip_serializing)]
    jwk: Present,
    #[serde(default, skip_serializing)]
    jku: Present,
    #[serde(default, skip_serializing)]
    x5u: Present,
    #[serde(default, skip_serializing)]
    crit: Present,
    #[serde(default, skip_serializing)]
    b64: Present,
}

/// A member that is `null` is there: it must not read as one that is not (attack A7).
fn even_null<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(input).map(Some)
}

/// Whether a member is there, whatever its value: `null` too is one that another reader may act on.
#[derive(Clone, Copy, Debug, Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(input).map(|_| Self(true))
    }
}

impl Header {
    /// A header with `alg` and `typ` alone.
    #[must_use]
    pub fn new(alg: &str, typ: &str) -> Self {
        Self { alg: alg.to_owned(), typ: Some(typ.to_owned()), ..Self::default() }
    }
}

/// `x5c`: the array of RFC 7515 §4.1.6, or the bare string that Windows sends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum X5c {
    /// The first is the signer's.
    Chain(Vec<String>),
    /// The signer's alone.
    One(String),
}

impl X5c {
    /// The signer's certificate, DER.
    #[must_use]
    pub fn leaf(&self) -> Option<Vec<u8>> {
        let text = match self {
            Self::Chain(chain) => chain.first()?,
            Self::One(text) => text,
        };
        b64::decode_std(text, MAX_CERTIFICATE).ok()
    }

    /// Every certificate, the signer's first; `None` if there are none, more than `most`, or one is not base64.
    #[must_use]
    pub fn chain(&self, most: usize) -> Option<Vec<Vec<u8>>> {
        let texts = match self {
            Self::Chain(chain) => chain.as_slice(),
            Self::One(text) => std::slice::from_ref(text),
        };
        if texts.is_empty() || texts.len() > most {
            return None;
        }
        texts.iter().map(|text| b64::decode_std(text, MAX_CERTIFICATE).ok()).collect()
    }
}

/// A JWS whose signature has not been looked at.
#[derive(Debug)]
pub struct Unverified<'a> {
    /// Its header.
    pub header: Header,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The payload of a JWS whose signature was verified. Only this module makes one.
#[derive(Debug)]
pub struct Verified {
    payload: Vec<u8>,
}

impl Verified {
    /// The payload read as JSON claims.
    ///
    /// # Errors
    ///
    /// [`JwsError::Malformed`] if it is not such an object.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        object(&self.payload)
    }
}

/// Reads a JSON object; serde would also take an array for a struct.
fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JwsError> {
    // As text first: a member that is skipped could hold bytes that are none, which another reader refuses or mends.
    let text = std::str::from_utf8(bytes).map_err(|_| JwsError::Malformed)?;
    if !text.starts_with('{') {
        return Err(JwsError::Malformed);
    }
    serde_json::from_str(text).map_err(|_| JwsError::Malformed)
}

impl<'a> Unverified<'a> {
    /// Splits and decodes `text`.
    ///
    /// # Errors
    ///
    /// [`JwsError`] if it is too long, not a JWS, or its header brings a key of its own.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        Self::parse_within(text, MAX_LEN)
    }

    /// [`parse`](Self::parse), for a document that may have `most` bytes; its header still has to be short.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_within(text: &'a str, most: usize) -> Result<Self, JwsError> {
        if text.len() > most {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        let decode = |part, most| b64::decode(part, most).map_err(|_| JwsError::Malformed);
        let header: Header = object(&decode(header, MAX_LEN)?)?;
        // A key from the header is the forger's own (RFC 7515 §10.3); an extension we do not know may
        // change what is signed (§4.1.11).
        let forbidden = [header.jwk, header.jku, header.x5u, header.crit, header.b64];
        if forbidden.iter().any(|member| member.0) {
            return Err(JwsError::ForbiddenHeader);
        }
        let (payload, signature) = (decode(payload, most)?, decode(signature, MAX_LEN)?);
        Ok(Self { header, signing_input, payload, signature })
    }

    /// The payload bytes exactly as transmitted: what KDFv2 hashes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Claims nobody vouches for, needed to find the key that would.
    ///
    /// # Errors
    ///
    /// [`JwsError::Malformed`] if the payload is not such an object.
    pub fn claims_unverified<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        object(&self.payload)
    }

    /// Verifies HS256 in constant time.
    ///
    /// # Errors
    ///
    /// [`JwsError::Algorithm`] or [`JwsError::Signature`].
    pub fn verify_hs256(self, key: &[u8; 32]) -> Result<Verified, JwsError> {
        self.demand("HS256")?;
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
        aws_lc_rs::hmac::verify(&key, self.signing_input.as_bytes(), &self.signature)
            .map_err(|_| JwsError::Signature)?;
        Ok(Verified { payload: self.payload })
    }

    /// Verifies RS256 under an RSA key of 2048 to 8192 bits.
    ///
    /// # Errors
    ///
    /// [`JwsError::Algorithm`], [`JwsError::Key`] or [`JwsError::Signature`].
    pub fn verify_rs256(self, spki: &[u8]) -> Result<Verified, JwsError> {
        self.demand("RS256")?;
        let key =
            ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, spki).map_err(|_| JwsError::Key)?;
        key.verify_sig(self.signing_input.as_bytes(), &self.signature).map_err(|_| JwsError::Signature)?;
        Ok(Verified { payload: self.payload })
    }

    /// Verifies ES256.
    ///
    /// # Errors
    ///
    /// [`JwsError::Algorithm`] or [`JwsError::Signature`].
    pub fn verify_es256(self, key: &VerifyingKey) -> Result<Verified, JwsError> {
        self.demand("ES256")?;
        key.0.verify_sig(self.signing_input.as_bytes(), &self.signature).map_err(|_| JwsError::Signature)?;
        Ok(Verified { payload: self.payload })
    }

    fn demand(&self, alg: &str) -> Result<(), JwsError> {
        // Algorithm confusion: the header may agree with the caller, never choose.
        if self.header.alg == alg { Ok(()) } else { Err(JwsError::Algorithm) }
    }
}

/// A public P-256 key that verifies ES256.
#[derive(Clone, Debug)]
pub struct VerifyingKey(ParsedPublicKey);

impl VerifyingKey {
    /// The key of an uncompressed point (65 bytes, `04 || x || y`).
    ///
    /// # Errors
    ///
    /// [`JwsError::Key`] if it is not a point of the curve.
    pub fn from_point(point: &[u8]) -> Result<Self, JwsError> {
        ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).map(Self).map_err(|_| JwsError::Key)
    }
}

/// A private P-256 key that signs ES256.
pub struct SigningKey(EcdsaKeyPair);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// A fresh key as PKCS#8.
    ///
    /// # Errors
    ///
    /// [`JwsError::Key`] if the generator fails.
    pub fn generate_pkcs8() -> Result<zeroize::Zeroizing<Vec<u8>>, JwsError> {
        let alg = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let rng = aws_lc_rs::rand::SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(alg, &rng).map_err(|_| JwsError::Key)?;
        Ok(zeroize::Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    /// The key of a PKCS#8 document.
    ///
    /// # Errors
    ///
    /// [`JwsError::Key`] if it is not a P-256 private key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, JwsError> {
        EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map(Self)
            .map_err(|_| JwsError::Key)
    }

    /// The public key as an uncompressed point.
    #[must_use]
    pub fn public_point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs `claims` under `header`, whose `alg` must be `ES256`.
    ///
    /// # Errors
    ///
    /// [`JwsError::Malformed`] if the claims are not JSON, [`JwsError::Key`] if signing fails.
    pub fn sign<T: Serialize>(&self, header: &Header, claims: &T) -> Result<String, JwsError> {
        let input = signing_input(header, claims)?;
        // ECDSA nonces come from the library's generator: a caller's randomness must never reach them.
        let rng = aws_lc_rs::rand::SystemRandom::new();
        let signature = self.0.sign(&rng, input.as_bytes()).map_err(|_| JwsError::Key)?;
        Ok(join(input, signature.as_ref()))
    }
}

fn signing_input<T: Serialize>(header: &Header, claims: &T) -> Result<String, JwsError> {
    let header = serde_json::to_vec(header).map_err(|_| JwsError::Malformed)?;
    let claims = serde_json::to_vec(claims).map_err(|_| JwsError::Malformed)?;
    Ok(input_of(&header, &claims))
}

/// Room for the longest signature, RS256 by 2048 bits, and its dot.
const SIGNATURE: usize = b64::encoded_len(256) + 1;

fn input_of(header: &[u8], payload: &[u8]) -> String {
    let len = b64::encoded_len(header.len()) + 1 + b64::encoded_len(payload.len()) + SIGNATURE;
    let mut text = String::with_capacity(len);
    b64::push(&mut text, header);
    text.push('.');
    b64::push(&mut text, payload);
    text
}

fn join(mut input: String, signature: &[u8]) -> String {
    input.push('.');
    b64::push(&mut input, signature);
    input
}

/// Signs payload bytes with HS256 under `key`, for [`crate::prt`].
pub(crate) fn sign_hs256(header: &Header, payload: &[u8], key: &[u8; 32]) -> Result<String, JwsError> {
    let header = serde_json::to_vec(header).map_err(|_| JwsError::Malformed)?;
    let input = input_of(&header, payload);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
    Ok(join(input, tag.as_ref()))
}

/// Signs claims with RS256 through `sign`, which keeps the private key (software or TPM).
///
/// # Errors
///
/// [`JwsError::Malformed`] if the claims are not JSON; whatever `sign` says as [`JwsError::Key`].
pub fn sign_rs256_with<T: Serialize, E>(
    header: &Header,
    claims: &T,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<String, JwsError> {
    sign_with(header, claims, sign)
}

/// Signs claims with ES256 through `sign`, which keeps the private key and makes `r || s` (RFC 7518 §3.4).
///
/// # Errors
///
/// As [`sign_rs256_with`].
pub fn sign_es256_with<T: Serialize, E>(
    header: &Header,
    claims: &T,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<String, JwsError> {
    sign_with(header, claims, sign)
}

fn sign_with<T: Serialize, E>(
    header: &Header,
    claims: &T,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<String, JwsError> {
    let input = signing_input(header, claims)?;
    let signature = sign(input.as_bytes()).map_err(|_| JwsError::Key)?;
    Ok(join(input, &signature))
}

/// `N` random bytes as base64url text, for `state`, `jti` and the like.
#[must_use]
pub fn random_text<const N: usize>(rng: &dyn Random) -> String {
    b64::encode(crate::rng::bytes::<N>(rng))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap()
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        let signer = key();
        let text = signer.sign(&Header::new("ES256", "JWT"), &serde_json::json!({"a": 1})).unwrap();
        let public = VerifyingKey::from_point(signer.public_point()).unwrap();
        let claims: serde_json::Value =
            Unverified::parse(&text).unwrap().verify_es256(&public).unwrap().claims().unwrap();
        assert_eq!(claims["a"], 1);
        let other = VerifyingKey::from_point(key().public_point()).unwrap();
        assert_eq!(Unverified::parse(&text).unwrap().verify_es256(&other).unwrap_err(), JwsError::Signature);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bytes).unwrap();
            if let Ok(jws) = Unverified::parse(&bent) {
                assert!(jws.verify_es256(&public).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_token_that_is_no_text_is_refused_wherever_it_is_not() {
        #[derive(Debug, Deserialize)]
        struct Named {
            iss: String,
        }
        let token = |header: &[u8], payload: &[u8]| {
            format!("{}.{}.{}", b64::encode(header), b64::encode(payload), b64::encode([0; 64]))
        };
        let (header, payload) = (&b"{\"alg\":\"ES256\"}"[..], &b"{\"iss\":\"x\",\"skipped\":\"y\"}"[..]);
        let read = |header: &[u8], payload: &[u8]| {
            Unverified::parse(&token(header, payload))?.claims_unverified::<Named>()
        };
        assert_eq!(read(header, payload).unwrap().iss, "x");
        let bent = payload.iter().map(|byte| if *byte == b'y' { 0xff } else { *byte }).collect::<Vec<_>>();
        assert_eq!(read(header, &bent).unwrap_err(), JwsError::Malformed);
        let bent = b"{\"alg\":\"ES256\",\"skipped\":\"\xff\"}";
        assert_eq!(read(bent, payload).unwrap_err(), JwsError::Malformed);
    }

    #[test]
    fn the_header_does_not_choose_the_algorithm_or_the_key() {
        let make =
            |header: &str| format!("{}.{}.{}", b64::encode(header), b64::encode("{}"), b64::encode([0; 32]));
        for alg in ["none", "None", "HS512", "RS256", ""] {
            let text = make(&format!(r#"{{"alg":"{alg}"}}"#));
            assert_eq!(
                Unverified::parse(&text).unwrap().verify_hs256(&[0; 32]).unwrap_err(),
                JwsError::Algorithm
            );
        }
        for member in ["jwk", "jku", "x5u", "crit", "b64"] {
            for value in ["\"x\"", "null", "{\"kty\":\"oct\"}"] {
                let text = make(&format!(r#"{{"alg":"HS256","{member}":{value}}}"#));
                assert_eq!(Unverified::parse(&text).unwrap_err(), JwsError::ForbiddenHeader, "{member}");
            }
        }
        for header in ["[\"HS256\"]", r#"{"alg":"HS256","alg":"none"}"#, "{}", "\"a\""] {
            assert_eq!(Unverified::parse(&make(header)).unwrap_err(), JwsError::Malformed, "{header}");
        }
        for text in ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.!"] {
            assert_eq!(Unverified::parse(text).unwrap_err(), JwsError::Malformed, "{text}");
        }
        assert_eq!(Unverified::parse(&"a".repeat(MAX_LEN + 1)).unwrap_err(), JwsError::TooLong);
    }
}
