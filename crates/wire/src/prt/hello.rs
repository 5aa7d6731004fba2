//! Hello keys: how one is registered (MS-KPP; prt.md §3.10), and the assertion by which it signs somebody in (MS-OAPXBC
//! §3.1.5.1.3; prt.md §4.3).

use super::message::number_or_text;
use crate::b64;
use crate::jose::jws::{JwsError, Unverified};
use crate::jose::rsa::{self, RsaError};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `use` in the header of an assertion. Nothing else that such a key signs has it.
pub const USE: &str = "ngc";

/// `amr` of a token whose person has just proved themselves to register such a key, and only of that.
pub const AMR: &str = "ngcmfa";

/// The largest blob: 24 bytes, an exponent of 3 and a modulus of 512.
const MAX_BLOB: usize = 24 + 3 + 512;

/// `POST /EnrollmentServer/key/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRequest {
    /// `BCRYPT_RSAKEY_BLOB`, base64.
    pub kngc: String,
}

/// Its reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReply {
    /// The registration, as a GUID; the key itself is named by [`kid`].
    pub kid: String,
    /// Whose it is.
    pub upn: String,
    /// Base64 of a JSON envelope around a signed statement of the registration; opaque to clients.
    pub krctx: String,
}

impl KeyReply {
    /// A reply; `statement` is a compact JWS.
    #[must_use]
    pub fn new(kid: String, upn: String, statement: &str) -> Self {
        let envelope = json!({ "Data": b64::encode_std(statement), "Format": 1, "Version": 1 });
        Self { kid, upn, krctx: b64::encode_std(envelope.to_string()) }
    }
}

/// A public key that was brought to be registered: RSA-2048 to 4096, exponent 65537.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: [u8; 32],
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads the key of a registration.
    ///
    /// # Errors
    ///
    /// [`RsaError`] if it is not canonical base64 of such a key's blob.
    pub fn parse(request: &KeyRequest) -> Result<Self, RsaError> {
        let blob = b64::decode_std(&request.kngc, MAX_BLOB).map_err(|_| RsaError)?;
        let spki = rsa::verifying_spki_from_bcrypt_blob(&blob)?;
        Ok(Self { id: sha256(&blob), spki })
    }

    /// SHA-256 of its blob.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// A key's id as an assertion names it: base64 of the SHA-256 of its blob.
#[must_use]
pub fn kid(id: &[u8; 32]) -> String {
    b64::encode_std(id)
}

/// Claims of an assertion. Its `aud` is "common", a tenant or an issuer, as the client likes, and says nothing.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AssertionClaims {
    /// The UPN of the key's owner.
    pub iss: String,
    /// Made, seconds since 1970.
    #[serde(deserialize_with = "number_or_text")]
    pub iat: i64,
    /// End.
    #[serde(deserialize_with = "number_or_text")]
    pub exp: i64,
    /// A nonce of this server: without one, an assertion could be made today for use in a year (CVE-2023-35348).
    pub request_nonce: String,
}

/// An assertion whose signature has not been looked at.
#[derive(Debug)]
pub struct Assertion<'a> {
    jws: Unverified<'a>,
    key: [u8; 32],
}

impl<'a> Assertion<'a> {
    /// Reads an assertion.
    ///
    /// # Errors
    ///
    /// [`JwsError::Malformed`] if it is none, is for another use, or names no key by its exact id.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        let jws = Unverified::parse(text)?;
        if jws.header.usage.as_deref() != Some(USE) {
            return Err(JwsError::Malformed);
        }
        let kid = jws.header.kid.as_deref().unwrap_or_default();
        let key = b64::decode_std(kid, 32).ok().and_then(|id| id.try_into().ok());
        Ok(Self { jws, key: key.ok_or(JwsError::Malformed)? })
    }

    /// The key it names, by SHA-256 of its blob.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Its claims, once `spki` has verified its signature (RS256).
    ///
    /// # Errors
    ///
    /// [`JwsError`].
    pub fn verify(self, spki: &[u8]) -> Result<AssertionClaims, JwsError> {
        self.jws.verify_rs256(spki)?.claims()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jws::{Header, sign_rs256_with};
    use crate::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};

    #[test]
    fn the_key_id_is_that_of_the_vector() {
        // prt.md §5.5: e = 65537, n = 80 01 02 .. ff.
        let mut blob = b"RSA1".to_vec();
        for word in [2048u32, 3, 256, 0, 0] {
            blob.extend_from_slice(&word.to_le_bytes());
        }
        blob.extend([1, 0, 1, 0x80]);
        blob.extend(1..=255u8);
        let key = PublicKey::parse(&KeyRequest { kngc: b64::encode_std(&blob) }).unwrap();
        assert_eq!(kid(key.id()), "zq3WqVXrCCdAq+1PmKMTQf9T5Jpc3xbzqlbn1JyvMdI=");
        for bad in [String::new(), b64::encode(&blob), b64::encode_std(&blob[1..]), "A".repeat(100_000)] {
            assert!(PublicKey::parse(&KeyRequest { kngc: bad }).is_err());
        }
    }

    #[test]
    fn an_assertion_names_its_use_and_its_key_exactly() {
        let key = SoftRsa::generate().unwrap();
        let spki = key.public_spki().unwrap();
        let kngc = b64::encode_std(bcrypt_blob_from_spki(&spki).unwrap());
        let public = PublicKey::parse(&KeyRequest { kngc }).unwrap();
        let claims =
            json!({ "iss": "ada@localhost", "aud": "common", "iat": 1, "exp": "2", "request_nonce": "n" });
        let signed = |usage: Option<&str>, kid: Option<String>| {
            let mut header = Header::new("RS256", "JWT");
            (header.usage, header.kid) = (usage.map(str::to_owned), kid);
            sign_rs256_with(&header, &claims, |input| key.sign(input)).unwrap()
        };
        let good = signed(Some(USE), Some(kid(public.id())));
        let assertion = Assertion::parse(&good).unwrap();
        assert_eq!(assertion.key(), public.id());
        let read = assertion.verify(public.spki()).unwrap();
        assert_eq!((read.iss.as_str(), read.iat, read.exp), ("ada@localhost", 1, 2));
        let other = SoftRsa::generate().unwrap().public_spki().unwrap();
        assert_eq!(Assertion::parse(&good).unwrap().verify(&other).unwrap_err(), JwsError::Signature);
        for (usage, kid) in [
            (None, Some(kid(public.id()))),
            (Some("sig"), Some(kid(public.id()))),
            (Some(USE), None),
            (Some(USE), Some(b64::encode(public.id()))),
            (Some(USE), Some(b64::encode_std(&public.id()[1..]))),
        ] {
            assert!(Assertion::parse(&signed(usage, kid)).is_err());
        }
    }
}
