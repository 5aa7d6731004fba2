//! What the fuzz targets share: one fixed world, so that an input means the same in each run.

pub mod publisher;
pub mod statement;
pub mod transmitter;
pub mod vector;
pub mod world;

use aws_lc_rs::hmac;
use passband_wire::b64;
use passband_wire::jose::kdf::{MAX_CTX, SessionKey};
use passband_wire::time::Timestamp;
use serde_json::Value;

/// 2026-11-22T12:00:00Z: the instant at which everything is decided.
pub const NOW: Timestamp = Timestamp(1_795_348_800);

/// Splits an input at its first line feed, into what stands for a header and what for a payload.
#[must_use]
pub fn header_and_payload(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    (&data[..at], data.get(at + 1..).unwrap_or_default())
}

/// A compact JWS of any header and payload bytes, with the signature that HS256 under `key` gives.
#[must_use]
pub fn sign_hs256(header: &[u8], payload: &[u8], key: &[u8; 32]) -> String {
    let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), input.as_bytes());
    format!("{input}.{}", b64::encode(tag))
}

/// The same under the key that KDFv2 derives for the `ctx` the header names, if it names one: what the
/// holder of the session key can make.
#[must_use]
pub fn sign_session(header: &[u8], payload: &[u8], key: &SessionKey) -> String {
    let named: Option<Value> = serde_json::from_slice(header).ok();
    let ctx = named.as_ref().and_then(|header| header["ctx"].as_str()).unwrap_or_default();
    let ctx = b64::decode_std(ctx, MAX_CTX).unwrap_or_default();
    sign_hs256(header, payload, &key.derive_v2(&ctx, payload))
}

/// Changes `text` as the input says, two bytes of it for one byte of the text. It may come out as it was.
#[must_use]
pub fn bend(text: &str, edits: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]]));
        match bytes.len() {
            0 => break,
            len if edit[2] == 0 => bytes.truncate(at % len),
            len if edit[2] < 0x80 => bytes[at % len] = edit[2],
            len => bytes.insert(at % len, edit[2] & 0x7f),
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a JSON object has one of these members.
#[must_use]
pub fn names_any(object: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| object.get(name).is_some())
}
