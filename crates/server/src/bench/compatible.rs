//! The client's side of the profile `compatible` (ADR 0017): a KDFv1 signature, and a reply in the CBC form.
//!
//! The crates that our own broker is made of have neither, and are not to: what could be asked for would be.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use passband_core::rng::{self, Random};
use passband_wire::b64;
use passband_wire::jose::kdf::SessionKey;
use serde::Serialize;

/// A request signed with a key derived from `key` for a fresh context; `None` if the claims are not JSON.
#[must_use]
pub fn sign<T: Serialize>(key: &SessionKey, claims: &T, rng: &dyn Random) -> Option<String> {
    let ctx = rng::bytes::<32>(rng);
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","ctx":"{}"}}"#, b64::encode_std(ctx));
    let input = format!("{}.{}", b64::encode(header), b64::encode(serde_json::to_vec(claims).ok()?));
    let derived = hmac::Key::new(hmac::HMAC_SHA256, &*key.derive_v1(&ctx));
    let tag = hmac::sign(&derived, input.as_bytes());
    Some(format!("{input}.{}", b64::encode(tag)))
}

/// The plaintext of a reply in the CBC form; `None` if it is of another or does not decrypt.
#[must_use]
pub fn open(key: &SessionKey, text: &str) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Named {
        ctx: String,
    }
    let [header, "", iv, body, ""] = text.split('.').collect::<Vec<_>>()[..] else { return None };
    let named: Named = serde_json::from_slice(&b64::decode(header, 1024).ok()?).ok()?;
    let derived = key.derive_v1(&b64::decode_std(&named.ctx, 64).ok()?);
    let cipher =
        PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &*derived).ok()?).ok()?;
    let iv: [u8; 16] = b64::decode_array(iv).ok()?;
    let mut body = b64::decode(body, 64 * 1024).ok()?;
    let plain = cipher.decrypt(&mut body, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_core::rng::SystemRandom;
    use passband_wire::jose::jwe;
    use passband_wire::jose::kdf::Kdf;
    use passband_wire::prt::signed::SessionSigned;

    #[test]
    fn the_server_understands_what_is_signed_and_is_understood() {
        let key = SessionKey::from_bytes([7; 32]);
        let text = sign(&key, &serde_json::json!({ "a": 1 }), &SystemRandom).unwrap();
        let signed = SessionSigned::parse(&text).unwrap();
        assert_eq!(signed.kdf(), Kdf::V1);
        assert!(signed.verify_either(&key).is_ok());
        let reply = jwe::seal_reply_cbc(&key, b"plain".to_vec(), &SystemRandom).unwrap();
        assert_eq!(open(&key, &reply).as_deref(), Some(b"plain".as_slice()));
        let strict = jwe::seal_reply(&key, b"plain".to_vec(), &SystemRandom).unwrap();
        assert_eq!(open(&key, &strict), None);
    }
}
