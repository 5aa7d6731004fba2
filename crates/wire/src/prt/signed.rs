//! Requests signed with a key derived from the session key (MS-OAPXBC §3.1.5.1.3.3).

use crate::b64;
use crate::jose::jws::{self, Header, JwsError, Unverified, Verified};
use crate::jose::kdf::{Kdf, MAX_CTX, MIN_CTX, SessionKey};
use crate::rng::{self, Random};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a request signed by a session key was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// `ctx` is missing, too short, too long or not canonical.
    #[error("key-derivation context is missing or malformed")]
    Context,
    /// `kdf_ver` is there and not the number 2, or is not there where it must be.
    #[error("key derivation is not the one demanded")]
    Downgrade,
    /// Not such a JWS.
    #[error(transparent)]
    Jws(#[from] JwsError),
}

/// A request that names a PRT and has yet to be verified under its session key.
#[derive(Debug)]
pub struct SessionSigned<'a> {
    jws: Unverified<'a>,
    ctx: Vec<u8>,
    kdf: Kdf,
}

impl<'a> SessionSigned<'a> {
    /// Reads the request.
    ///
    /// # Errors
    ///
    /// [`SignedError`] if it is no JWS with a context of 16 to 64 bytes, or names a derivation that there is none of.
    pub fn parse(text: &'a str) -> Result<Self, SignedError> {
        Self::of(Unverified::parse(text)?)
    }

    /// The request that a JWS is.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn of(jws: Unverified<'a>) -> Result<Self, SignedError> {
        // Before anything else: a downgrade is worth naming whatever the rest says. Only the number 2 counts;
        // "2", 2.0, 1 and null fail rather than fall back (CVE-2021-33779).
        let kdf = match &jws.header.kdf_ver {
            None => Kdf::V1,
            Some(version) if version.as_u64() == Some(2) => Kdf::V2,
            Some(_) => return Err(SignedError::Downgrade),
        };
        let ctx = jws.header.ctx.as_deref().ok_or(SignedError::Context)?;
        let ctx = b64::decode_std(ctx, MAX_CTX).map_err(|_| SignedError::Context)?;
        if ctx.len() < MIN_CTX {
            return Err(SignedError::Context);
        }
        Ok(Self { jws, ctx, kdf })
    }

    /// The derivation it uses, by its own word. Verified with the signature: each derivation yields another key.
    #[must_use]
    pub const fn kdf(&self) -> Kdf {
        self.kdf
    }

    /// The context its key is derived from.
    #[must_use]
    pub fn ctx(&self) -> &[u8] {
        &self.ctx
    }

    /// Claims nobody vouches for yet: which PRT, so which key.
    ///
    /// # Errors
    ///
    /// [`SignedError::Jws`] if the payload is not such an object.
    pub fn claims_unverified<T: DeserializeOwned>(&self) -> Result<T, SignedError> {
        Ok(self.jws.claims_unverified()?)
    }

    /// Verifies it under the session key of the PRT it names, with KDFv2.
    ///
    /// # Errors
    ///
    /// [`SignedError::Downgrade`] for KDFv1; [`SignedError::Jws`] with the signature or algorithm at fault.
    pub fn verify(self, key: &SessionKey) -> Result<Verified, SignedError> {
        match self.kdf {
            Kdf::V1 => Err(SignedError::Downgrade),
            Kdf::V2 => self.verify_either(key),
        }
    }

    /// Verifies it with whichever derivation it uses. The caller asks [`kdf`](Self::kdf), and refuses KDFv1 to whoever
    /// may not use it.
    ///
    /// # Errors
    ///
    /// [`SignedError::Jws`] with the signature or algorithm at fault.
    pub fn verify_either(self, key: &SessionKey) -> Result<Verified, SignedError> {
        let derived = match self.kdf {
            Kdf::V1 => key.derive_v1(&self.ctx),
            Kdf::V2 => key.derive_v2(&self.ctx, self.jws.payload()),
        };
        Ok(self.jws.verify_hs256(&derived)?)
    }
}

/// Signs `claims` with a key derived from `key` for exactly this payload.
///
/// # Errors
///
/// [`JwsError::Malformed`] if the claims are not JSON.
pub fn sign<T: Serialize>(key: &SessionKey, claims: &T, rng: &dyn Random) -> Result<String, JwsError> {
    sign_with(key, &rng::bytes::<24>(rng), claims)
}

fn sign_with<T: Serialize>(key: &SessionKey, ctx: &[u8], claims: &T) -> Result<String, JwsError> {
    let payload = serde_json::to_vec(claims).map_err(|_| JwsError::Malformed)?;
    let mut header = Header::new("HS256", "JWT");
    header.ctx = Some(b64::encode_std(ctx));
    header.kdf_ver = Some(2.into());
    jws::sign_hs256(&header, &payload, &key.derive_v2(ctx, &payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prt::message::CookieClaims;

    const COOKIE_V1: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIn0.eyJyZWZyZXNoX3Rva2VuIjoiMC5BQUEucHJ0IiwiaXNfcHJpbWFyeSI6InRydWUiLCJyZXF1ZXN0X25vbmNlIjoibjEifQ.FrnkmgjfsTDZ6QdSKXnHaEcv31Qiaz6RQ50L348RQqI";
    const COOKIE_V2: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIiwia2RmX3ZlciI6Mn0.eyJyZWZyZXNoX3Rva2VuIjoiMC5BQUEucHJ0IiwiaXNfcHJpbWFyeSI6InRydWUiLCJyZXF1ZXN0X25vbmNlIjoibjEifQ.cfC69aSScyjlWinmbcadnV8yj2vFFLOVpIlk7D64rpw";

    fn key() -> SessionKey {
        SessionKey::from_bytes(std::array::from_fn(|i| i as u8))
    }

    fn with_header(header: &str) -> String {
        let (_, rest) = COOKIE_V2.split_once('.').unwrap();
        format!("{}.{rest}", b64::encode(header))
    }

    #[test]
    fn the_v2_vector_is_made_and_verified() {
        let claims = CookieClaims::new("0.AAA.prt", "n1");
        let ctx: Vec<u8> = (0x40..=0x57).collect();
        assert_eq!(sign_with(&key(), &ctx, &claims).unwrap(), COOKIE_V2);
        let signed = SessionSigned::parse(COOKIE_V2).unwrap();
        let named: CookieClaims = signed.claims_unverified().unwrap();
        assert_eq!(named.refresh_token, "0.AAA.prt");
        assert!(signed.verify(&key()).is_ok());
    }

    #[test]
    fn kdf_downgrade_is_refused_in_every_spelling() {
        let first = SessionSigned::parse(COOKIE_V1).unwrap();
        assert_eq!((first.kdf(), first.verify(&key()).unwrap_err()), (Kdf::V1, SignedError::Downgrade));
        let ctx = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX";
        for version in ["1", "0", "\"2\"", "2.0", "null", "[2]", "-2", "true"] {
            let text = with_header(&format!(r#"{{"alg":"HS256","ctx":"{ctx}","kdf_ver":{version}}}"#));
            assert_eq!(SessionSigned::parse(&text).unwrap_err(), SignedError::Downgrade, "{version}");
        }
    }

    #[test]
    fn the_v1_vector_is_verified_where_it_is_asked_for_and_stripping_the_version_is_no_way_there() {
        assert!(SessionSigned::parse(COOKIE_V1).unwrap().verify_either(&key()).is_ok());
        // A7: the member taken off a KDFv2 request; the key is another one then.
        let text = with_header(r#"{"alg":"HS256","typ":"JWT","ctx":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX"}"#);
        let refused = SessionSigned::parse(&text).unwrap().verify_either(&key()).unwrap_err();
        assert_eq!(refused, SignedError::Jws(JwsError::Signature));
    }

    #[test]
    fn short_missing_and_unpadded_contexts_are_refused() {
        for ctx in ["", "QEFCQ0RFRkdISUpLTE1O", "QEFCQ0RFRkdISUpLTE1OT1A", &b64::encode_std([0; 65])] {
            let text = with_header(&format!(r#"{{"alg":"HS256","ctx":"{ctx}","kdf_ver":2}}"#));
            assert_eq!(SessionSigned::parse(&text).unwrap_err(), SignedError::Context, "{ctx}");
        }
        let text = with_header(r#"{"alg":"HS256","kdf_ver":2}"#);
        assert_eq!(SessionSigned::parse(&text).unwrap_err(), SignedError::Context);
    }

    #[test]
    fn a_derived_key_signs_no_other_payload() {
        // A8: an attacker who extracted one derived key re-signs a changed payload with it.
        let ctx: Vec<u8> = (0x40..=0x57).collect();
        let (_, payload) = COOKIE_V2.split_once('.').unwrap();
        let payload = b64::decode(payload.split_once('.').unwrap().0, 999).unwrap();
        let stolen = key().derive_v2(&ctx, &payload);
        let mut header = Header::new("HS256", "JWT");
        header.ctx = Some(b64::encode_std(&ctx));
        header.kdf_ver = Some(2.into());
        let other = String::from_utf8(payload).unwrap().replace("n1", "n2");
        let forged = jws::sign_hs256(&header, other.as_bytes(), &stolen).unwrap();
        let refused = SessionSigned::parse(&forged).unwrap().verify(&key()).unwrap_err();
        assert_eq!(refused, SignedError::Jws(JwsError::Signature));
    }
}
