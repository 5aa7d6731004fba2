//! JWE compact serialization (RFC 7516 §7.1) in the two forms the broker protocol uses.

use super::kdf::{MAX_CTX, MIN_CTX, SessionKey};
use super::rsa::{TransportKey, UnwrapKey};
use crate::b64;
use crate::rng::{self, Random};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use serde::Deserialize;

/// Why a JWE was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// `alg` or `enc` is not the one required.
    #[error("algorithm is not the one required")]
    Algorithm,
    /// It does not decrypt under this key.
    #[error("does not decrypt")]
    Decrypt,
    /// The key cannot encrypt.
    #[error("key is malformed")]
    Key,
    /// Not five parts of the form required.
    #[error("not a compact JWE of this kind")]
    Malformed,
}

/// The longest reply a server sends: tokens with many claims.
const MAX_LEN: usize = 256 * 1024;

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    ctx: Option<String>,
}

/// Wraps `key` for the device that holds the private transport key: `session_key_jwe`.
///
/// RSA-OAEP (SHA-1, as RFC 7518 §4.3 names it) over the 32 bytes that are at once content-encryption key and
/// session key; the content is a single byte nobody needs.
///
/// # Errors
///
/// [`JweError::Key`] if the transport key cannot encrypt.
pub fn wrap_session_key(key: &SessionKey, to: &TransportKey, rng: &dyn Random) -> Result<String, JweError> {
    let header = b64::encode(br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let wrapped = to.wrap(key.expose()).map_err(|_| JweError::Key)?;
    let iv = rng::bytes::<12>(rng);
    let (ciphertext, tag) = seal(key.expose(), iv, header.as_bytes(), vec![0])?;
    Ok(join(header, [&wrapped, &iv, &ciphertext, &tag]))
}

/// Takes the session key out of `session_key_jwe`.
///
/// # Errors
///
/// [`JweError`] if it is not such an envelope for this key.
pub fn unwrap_session_key(text: &str, key: &dyn UnwrapKey) -> Result<SessionKey, JweError> {
    let [header, wrapped, ..] = split(text)?;
    let header = parse_header(header)?;
    if header.alg != "RSA-OAEP" || header.enc != "A256GCM" {
        return Err(JweError::Algorithm);
    }
    let wrapped = b64::decode(wrapped, 1024).map_err(|_| JweError::Malformed)?;
    let bytes = key.unwrap_key(&wrapped).map_err(|_| JweError::Decrypt)?;
    let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| JweError::Decrypt)?;
    Ok(SessionKey::from_bytes(bytes))
}

/// Encrypts a reply under a key derived from the session key: `dir`, A256GCM, fresh `ctx`.
///
/// # Errors
///
/// [`JweError::Key`] never in practice: the key has the right length by its type.
pub fn seal_reply(key: &SessionKey, plaintext: Vec<u8>, rng: &dyn Random) -> Result<String, JweError> {
    seal_reply_with(key, &rng::bytes::<24>(rng), rng::bytes::<12>(rng), plaintext)
}

fn seal_reply_with(
    key: &SessionKey,
    ctx: &[u8],
    iv: [u8; 12],
    plaintext: Vec<u8>,
) -> Result<String, JweError> {
    let header = reply_header(ctx);
    let derived = key.derive_v1(ctx);
    let (ciphertext, tag) = seal(&derived, iv, header.as_bytes(), plaintext)?;
    Ok(join(header, [&[], &iv, &ciphertext, &tag]))
}

/// Encrypts a reply as older clients read it: AES-256-CBC with PKCS#7 padding and no tag, though the header says A256GCM
/// (prt.md §5.4). Nothing but TLS vouches for it, so it is for devices that an administrator let have nothing better, and
/// this server never decrypts one.
///
/// # Errors
///
/// [`JweError::Key`] never in practice: the key has the right length by its type.
pub fn seal_reply_cbc(key: &SessionKey, plaintext: Vec<u8>, rng: &dyn Random) -> Result<String, JweError> {
    seal_reply_cbc_with(key, &rng::bytes::<24>(rng), rng::bytes::<16>(rng), plaintext)
}

fn seal_reply_cbc_with(
    key: &SessionKey,
    ctx: &[u8],
    iv: [u8; 16],
    mut body: Vec<u8>,
) -> Result<String, JweError> {
    let unusable = |_| JweError::Key;
    let derived = key.derive_v1(ctx);
    let cipher = UnboundCipherKey::new(&AES_256, &*derived).map_err(unusable)?;
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).map_err(unusable)?;
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    cipher.less_safe_encrypt(&mut body, context).map_err(unusable)?;
    Ok(join(reply_header(ctx), [&[], &iv, &body, &[]]))
}

fn reply_header(ctx: &[u8]) -> String {
    b64::encode(format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":"{}"}}"#, b64::encode_std(ctx)))
}

/// Decrypts what [`seal_reply`] made. The unauthenticated CBC form of older servers is refused.
///
/// # Errors
///
/// [`JweError`] if it is of another form or does not decrypt.
pub fn open_reply(key: &SessionKey, text: &str) -> Result<Vec<u8>, JweError> {
    let [protected, wrapped, iv, ciphertext, tag] = split(text)?;
    let header = parse_header(protected)?;
    if header.alg != "dir" || header.enc != "A256GCM" || !wrapped.is_empty() {
        return Err(JweError::Algorithm);
    }
    let ctx = b64::decode_std(header.ctx.as_deref().unwrap_or_default(), MAX_CTX)
        .map_err(|_| JweError::Malformed)?;
    if ctx.len() < MIN_CTX {
        return Err(JweError::Malformed);
    }
    open(&key.derive_v1(&ctx), protected, [iv, ciphertext, tag])
}

/// Decrypts the last three parts with A256GCM, the header as it came vouched for.
pub(super) fn open(
    key: &[u8; 32],
    protected: &str,
    [iv, ciphertext, tag]: [&str; 3],
) -> Result<Vec<u8>, JweError> {
    let iv = b64::decode_array::<12>(iv).map_err(|_| JweError::Malformed)?;
    let tag = b64::decode_array::<16>(tag).map_err(|_| JweError::Malformed)?;
    let mut body = b64::decode(ciphertext, MAX_LEN).map_err(|_| JweError::Malformed)?;
    body.extend_from_slice(&tag);
    let opening = aead_key(key)?;
    let aad = Aad::from(protected.as_bytes());
    let plain = opening
        .open_in_place(Nonce::assume_unique_for_key(iv), aad, &mut body)
        .map_err(|_| JweError::Decrypt)?
        .len();
    body.truncate(plain);
    Ok(body)
}

fn aead_key(key: &[u8; 32]) -> Result<LessSafeKey, JweError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| JweError::Key)
}

pub(super) fn seal(
    key: &[u8; 32],
    iv: [u8; 12],
    aad: &[u8],
    mut body: Vec<u8>,
) -> Result<(Vec<u8>, [u8; 16]), JweError> {
    let tag = aead_key(key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut body)
        .map_err(|_| JweError::Key)?;
    let tag = tag.as_ref().try_into().map_err(|_| JweError::Key)?;
    Ok((body, tag))
}

pub(super) fn split(text: &str) -> Result<[&str; 5], JweError> {
    if text.len() > MAX_LEN * 2 {
        return Err(JweError::Malformed);
    }
    let mut parts = text.splitn(6, '.');
    let five = std::array::from_fn(|_| parts.next());
    if parts.next().is_some() {
        return Err(JweError::Malformed);
    }
    match five {
        [Some(a), Some(b), Some(c), Some(d), Some(e)] => Ok([a, b, c, d, e]),
        _ => Err(JweError::Malformed),
    }
}

fn parse_header(text: &str) -> Result<Header, JweError> {
    let bytes = b64::decode(text, 1024).map_err(|_| JweError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| JweError::Malformed)
}

/// The header, encoded already, and the other parts.
pub(super) fn join(header: String, parts: [&[u8]; 4]) -> String {
    let mut text = header;
    text.reserve(parts.iter().map(|part| b64::encoded_len(part.len()) + 1).sum());
    for part in parts {
        text.push('.');
        b64::push(&mut text, part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const CBC: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..AAECAwQFBgcICQoLDA0ODw.JKGZzJRW8wl24_M090bQj0m43L0D9-6iIPi_fAhW_rI.";

    #[test]
    fn the_reply_vector_matches() {
        let key = SessionKey::from_bytes(std::array::from_fn(|i| i as u8));
        let ctx: Vec<u8> = (0x40..=0x57).collect();
        let iv = std::array::from_fn(|i| i as u8);
        let text = seal_reply_with(&key, &ctx, iv, br#"{"token_type":"Bearer"}"#.to_vec()).unwrap();
        let vector = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..AAECAwQFBgcICQoL.tAZw3FwbToD0ZG7zJ6_qra07CqsFI5Y.v_v2-YvVU5MwpHKH3nSQMw";
        assert_eq!(text, vector);
        let iv = std::array::from_fn(|i| i as u8);
        let text = seal_reply_cbc_with(&key, &ctx, iv, br#"{"token_type":"Bearer"}"#.to_vec()).unwrap();
        assert_eq!(text, CBC);
        assert_eq!(open_reply(&key, vector).unwrap(), br#"{"token_type":"Bearer"}"#);
    }

    #[test]
    fn the_unauthenticated_form_and_every_bent_byte_are_refused() {
        let key = SessionKey::from_bytes(std::array::from_fn(|i| i as u8));
        assert!(open_reply(&key, CBC).is_err());
        let good = seal_reply(&key, b"secret".to_vec(), &SystemRandom).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(open_reply(&key, &String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
        }
        assert!(open_reply(&SessionKey::from_bytes([9; 32]), &good).is_err());
        for text in ["", "....", "a.b.c.d.e.f"] {
            assert!(open_reply(&key, text).is_err());
        }
    }

    #[test]
    fn a_session_key_reaches_only_the_holder_of_the_transport_key() {
        let mine = super::super::rsa::SoftRsa::generate().unwrap();
        let other = super::super::rsa::SoftRsa::generate().unwrap();
        let to = TransportKey::from_spki(&mine.public_spki().unwrap()).unwrap();
        let key = SessionKey::from_bytes([7; 32]);
        let jwe = wrap_session_key(&key, &to, &SystemRandom).unwrap();
        assert_eq!(unwrap_session_key(&jwe, &mine).unwrap().expose(), key.expose());
        assert_eq!(unwrap_session_key(&jwe, &other).unwrap_err(), JweError::Decrypt);
    }
}
