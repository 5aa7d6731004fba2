//! Signatures as forgers make them: any header over any bytes under any key. The cryptography is written here once more,
//! from the specification (prt.md §5), so that a server is not tested by its own.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use passband_wire::b64;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::rng::{self, SystemRandom};
use serde_json::{Value, json};

const LABEL: &[u8] = b"AzureAD-SecureConversation";

/// SP 800-108 in counter mode, one block (prt.md §5.2).
fn kdf(key: &[u8], context: &[u8]) -> [u8; 32] {
    let message = [&[0, 0, 0, 1], LABEL, &[0], context, &[0, 0, 1, 0]].concat();
    mac(key, &message)
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref());
    out
}

/// The key of KDFv1: the same for everything signed with this context.
pub fn derive_v1(key: &[u8; 32], ctx: &[u8]) -> [u8; 32] {
    kdf(key, ctx)
}

/// The key of KDFv2: for this payload alone.
pub fn derive_v2(key: &[u8; 32], ctx: &[u8], payload: &[u8]) -> [u8; 32] {
    kdf(key, digest(&SHA256, &[ctx, payload].concat()).as_ref())
}

/// A context as honest clients make one.
pub fn ctx() -> [u8; 24] {
    rng::bytes(&SystemRandom)
}

/// The header of a request signed by a session key, KDFv2.
pub fn header(ctx: &[u8]) -> Value {
    json!({ "alg": "HS256", "typ": "JWT", "ctx": b64::encode_std(ctx), "kdf_ver": 2 })
}

/// A value with members put into it, or changed.
pub fn with(mut value: Value, changes: &Value) -> Value {
    if let (Some(into), Some(changes)) = (value.as_object_mut(), changes.as_object()) {
        into.extend(changes.clone());
    }
    value
}

/// A value without a member.
pub fn without(mut value: Value, member: &str) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.remove(member);
    }
    value
}

/// The part of a JWS that is signed.
pub fn input(header: &Value, payload: &[u8]) -> String {
    format!("{}.{}", b64::encode(header.to_string()), b64::encode(payload))
}

/// A JWS with this HMAC key.
pub fn hs256(header: &Value, payload: &[u8], key: &[u8]) -> String {
    let input = input(header, payload);
    let tag = mac(key, input.as_bytes());
    format!("{input}.{}", b64::encode(tag))
}

/// A JWS with this RSA key.
pub fn rs256(header: &Value, payload: &[u8], key: &SoftRsa) -> String {
    let input = input(header, payload);
    // Signing with a key of our own fails only without memory; the forged request is then merely empty.
    let signature = key.sign(input.as_bytes()).unwrap_or_default();
    format!("{input}.{}", b64::encode(signature))
}

/// A request as an honest client signs it with a session key, KDFv2.
pub fn sign(key: &[u8; 32], claims: &Value) -> String {
    let (ctx, payload) = (ctx(), claims.to_string());
    hs256(&header(&ctx), payload.as_bytes(), &derive_v2(key, &ctx, payload.as_bytes()))
}

/// The same with KDFv1 and this context.
pub fn sign_v1(key: &[u8; 32], ctx: &[u8], claims: &Value) -> String {
    let header = without(header(ctx), "kdf_ver");
    hs256(&header, claims.to_string().as_bytes(), &derive_v1(key, ctx))
}

/// Somebody's JWS with another header over the same payload and signature.
pub fn reheaded(jws: &str, header: &Value) -> String {
    let rest = jws.split_once('.').map_or("", |(_, rest)| rest);
    format!("{}.{rest}", b64::encode(header.to_string()))
}

/// Text with its last letter changed.
pub fn bent(text: &str) -> String {
    let mut text = text.to_owned();
    let last = text.pop();
    text.push(if last == Some('A') { 'Q' } else { 'A' });
    text
}

/// Text with a letter in its middle changed.
pub fn bent_within(text: &str) -> String {
    let at = text.len() / 2;
    let other = if text[at..].starts_with('x') { "y" } else { "x" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of prt.md §5.5.
    #[test]
    fn the_derivations_are_those_of_the_vectors() {
        let key: [u8; 32] = std::array::from_fn(|n| n as u8);
        let ctx: Vec<u8> = (0x40..=0x57).collect();
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let payload = br#"{"refresh_token":"0.AAA.prt","is_primary":"true","request_nonce":"n1"}"#;
        assert_eq!(
            hex(derive_v1(&key, &ctx)),
            "261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375"
        );
        assert_eq!(
            hex(derive_v2(&key, &ctx, payload)),
            "90933ee78993d3d8c733d518c951e7f99481a893bcf5fab50a3ad33509bfc1e8"
        );
    }

    #[test]
    fn what_is_bent_differs() {
        for text in ["AA", "AB", "xyz", "abc"] {
            assert!(bent(text) != text && bent(text).len() == text.len());
            assert!(bent_within(text) != text && bent_within(text).len() == text.len());
        }
    }
}
