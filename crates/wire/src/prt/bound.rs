//! Requests signed by the device's key itself (protocol version 4; prt.md §5.6): nothing that could be stolen signs.
//!
//! The certificate in `x5c` names the device. `purpose` says what the signature is for, so that one made for a cookie,
//! which a browser carries about, does nothing at the token endpoint. `jwe_crypto` says how the answer is encrypted.

use crate::b64;
use crate::jose::ecdh::MAX_PARTY;
use crate::jose::jws::{self, Header, JwsError, X5c};
use crate::rng::{self, Random};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `prt_protocol_version` in the form of such a request.
pub const PROTOCOL_VERSION: &str = "4.0";

/// `purpose` of a request that uses a PRT at the token endpoint.
pub const PURPOSE_USE: &str = "prt_usage";

/// `purpose` of the cookie or header that carries a PRT into `/authorize`. Ours: no client is known that has another.
pub const PURPOSE_COOKIE: &str = "prt_cookie";

/// How the answer is to be encrypted: `jwe_crypto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JweCrypto {
    /// What goes into the agreement for the device (RFC 7518 §4.6.1.3), base64url.
    pub apv: String,
    /// `ECDH-ES`.
    pub alg: String,
    /// `A256GCM`.
    pub enc: String,
}

impl JweCrypto {
    /// The one way there is, for this `apv`.
    #[must_use]
    pub fn of(apv: &[u8]) -> Self {
        Self { apv: b64::encode(apv), alg: "ECDH-ES".to_owned(), enc: "A256GCM".to_owned() }
    }

    /// `apv`, if the rest names the one way there is; `None` otherwise, or if it is empty or longer than 256 bytes.
    #[must_use]
    pub fn apv(&self) -> Option<Vec<u8>> {
        let known = self.alg == "ECDH-ES" && self.enc == "A256GCM";
        b64::decode(&self.apv, MAX_PARTY).ok().filter(|apv| known && !apv.is_empty())
    }
}

/// What a device chooses for one request, so that no answer to another opens.
#[must_use]
pub fn fresh_apv(rng: &dyn Random) -> [u8; 32] {
    rng::bytes(rng)
}

/// The members beside the claims of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// What the signature is for; absent where a PRT is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// How to answer; absent where nothing is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwe_crypto: Option<JweCrypto>,
}

/// Claims with what a device-signed request has besides.
#[derive(Clone, Serialize)]
pub struct Bound<C> {
    /// The claims.
    #[serde(flatten)]
    pub claims: C,
    /// What stands beside them.
    #[serde(flatten)]
    pub beside: Beside,
}

impl<C> fmt::Debug for Bound<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bound(..)")
    }
}

impl<C> Bound<C> {
    /// Asks for a PRT.
    pub fn issue(claims: C, apv: &[u8]) -> Self {
        Self { claims, beside: Beside { purpose: None, jwe_crypto: Some(JweCrypto::of(apv)) } }
    }

    /// Uses a PRT at the token endpoint.
    pub fn usage(claims: C, apv: &[u8]) -> Self {
        let purpose = Some(PURPOSE_USE.to_owned());
        Self { claims, beside: Beside { purpose, jwe_crypto: Some(JweCrypto::of(apv)) } }
    }

    /// Carries a PRT into `/authorize`.
    pub fn cookie(claims: C) -> Self {
        let purpose = Some(PURPOSE_COOKIE.to_owned());
        Self { claims, beside: Beside { purpose, jwe_crypto: None } }
    }
}

/// Signs `claims` with ES256 through `sign`, `certificate` (DER, base64) in `x5c`.
///
/// # Errors
///
/// [`JwsError::Malformed`] if the claims are not JSON; whatever `sign` says as [`JwsError::Key`].
pub fn sign<T: Serialize, E>(
    certificate: &str,
    claims: &T,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<String, JwsError> {
    let mut header = Header::new("ES256", "JWT");
    header.x5c = Some(X5c::Chain(vec![certificate.to_owned()]));
    jws::sign_es256_with(&header, claims, sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::ec::SoftEc;
    use crate::jose::jws::{Unverified, VerifyingKey};
    use crate::prt::message::CookieClaims;
    use serde_json::{Value, json};

    #[test]
    fn only_the_one_way_to_answer_is_one() {
        let good = JweCrypto::of(b"request");
        assert_eq!(good.apv().as_deref(), Some(&b"request"[..]));
        // As an open client writes it.
        let short = JweCrypto { apv: "HOI".to_owned(), ..good.clone() };
        assert_eq!(short.apv(), Some(vec![0x1c, 0xe2]));
        for bent in [
            JweCrypto { alg: "ECDH-ES+A256KW".to_owned(), ..good.clone() },
            JweCrypto { alg: "dir".to_owned(), ..good.clone() },
            JweCrypto { enc: "A128GCM".to_owned(), ..good.clone() },
            JweCrypto { apv: String::new(), ..good.clone() },
            JweCrypto { apv: "+/+/".to_owned(), ..good.clone() },
            JweCrypto::of(&[1; MAX_PARTY + 1]),
        ] {
            assert_eq!(bent.apv(), None, "{bent:?}");
        }
        assert!(JweCrypto::of(&[1; MAX_PARTY]).apv().is_some());
    }

    #[test]
    fn a_request_reads_as_claims_with_a_purpose_and_is_signed_by_the_key() {
        let key = SoftEc::generate().unwrap();
        let bound = Bound::cookie(CookieClaims::new("1.prt", "n1"));
        let text = sign("AAAA", &bound, |input| key.sign(input)).unwrap();
        let jws = Unverified::parse(&text).unwrap();
        assert_eq!(jws.header.x5c.as_ref().unwrap().leaf().unwrap(), [0; 3]);
        let verified = jws.verify_es256(&VerifyingKey::from_point(key.public().point()).unwrap()).unwrap();
        let expected = json!({
            "refresh_token": "1.prt", "is_primary": "true", "request_nonce": "n1", "purpose": "prt_cookie",
        });
        assert_eq!(verified.claims::<Value>().unwrap(), expected);
        assert_eq!(verified.claims::<Beside>().unwrap(), bound.beside);
        assert_eq!(format!("{bound:?}"), "Bound(..)");
    }
}
