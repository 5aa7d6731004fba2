//! The payload of the FIDO metadata BLOB (FIDO Metadata Service v3.1 §3.1), as far as it decides anything here.
//!
//! Values that may be added to a list in a later edition (statuses, protections, methods) stay text: an edition
//! with a new one must not stop the rest from being read. What a value means is the core's business.

use crate::b64;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer};

/// Longest BLOB that is read, in bytes. The edition of November 2026 has about 12 MB.
pub const MAX_BLOB: usize = 48 * 1024 * 1024;

/// Most entries that are read.
pub const MAX_ENTRIES: usize = 10_000;

/// Most members of a list inside an entry that are read.
const MAX_LIST: usize = 256;

/// Longest text inside an entry that is kept, in characters.
const MAX_TEXT: usize = 256;

/// Longest root certificate, in bytes.
const MAX_ROOT: usize = 8 * 1024;

/// `MetadataBLOBPayload` (§3.1.6).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// `no`: the edition; each has a larger one than the edition before.
    pub no: u32,
    /// `nextUpdate`: when the next edition is due at the latest.
    #[serde(deserialize_with = "date")]
    pub next_update: Timestamp,
    /// `entries`
    #[serde(deserialize_with = "bounded::<_, _, MAX_ENTRIES>")]
    pub entries: Vec<Entry>,
}

/// `MetadataBLOBPayloadEntry` (§3.1.1): one model.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// `aaguid`, of a FIDO2 model.
    #[serde(default, deserialize_with = "aaguid")]
    pub aaguid: Option<[u8; 16]>,
    /// `attestationCertificateKeyIdentifiers`, of a U2F model: SHA-1 of the attestation certificate's public key,
    /// as in RFC 5280 §4.2.1.2 method 1.
    #[serde(default, deserialize_with = "key_identifiers")]
    pub attestation_certificate_key_identifiers: Vec<[u8; 20]>,
    /// `metadataStatement`
    pub metadata_statement: Option<Statement>,
    /// `statusReports`, in no particular order.
    #[serde(deserialize_with = "list")]
    pub status_reports: Vec<StatusReport>,
}

/// `MetadataStatement` (FIDO Metadata Statement v3.1 §4).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// `description`: what the maker calls the model.
    #[serde(deserialize_with = "text")]
    pub description: String,
    /// `protocolFamily`: `fido2`, `u2f` or `uaf`.
    #[serde(default, deserialize_with = "text")]
    pub protocol_family: String,
    /// `attestationTypes`, e.g. `basic_full`.
    #[serde(default, deserialize_with = "texts")]
    pub attestation_types: Vec<String>,
    /// `attestationRootCertificates` in DER: roots, intermediates, or the attestation certificate itself. One that
    /// is not base64 is left out: nothing is trusted for it.
    #[serde(default, deserialize_with = "certificates")]
    pub attestation_root_certificates: Vec<Vec<u8>>,
    /// `keyProtection` (FIDO Registry §3.2), e.g. `hardware`.
    #[serde(default, deserialize_with = "texts")]
    pub key_protection: Vec<String>,
    /// `attachmentHint` (FIDO Registry §3.4), e.g. `internal`.
    #[serde(default, deserialize_with = "texts")]
    pub attachment_hint: Vec<String>,
    /// `userVerificationDetails`: alternatives, each of methods that are used together.
    #[serde(default, deserialize_with = "list")]
    pub user_verification_details: Vec<Vec<VerificationMethod>>,
    /// `multiDeviceCredentialSupport` (v3.1): absent or `unsupported` where a key stays on its device.
    #[serde(default, deserialize_with = "opt_text")]
    pub multi_device_credential_support: Option<String>,
}

/// `VerificationMethodDescriptor`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationMethod {
    /// `userVerificationMethod` (FIDO Registry §3.1), e.g. `fingerprint_internal`.
    #[serde(default, deserialize_with = "text")]
    pub user_verification_method: String,
}

/// `StatusReport` (§3.1.3).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// `status` (§3.1.4), e.g. `REVOKED`.
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// `effectiveDate`; without one it holds as long as it is there.
    #[serde(default, deserialize_with = "opt_date")]
    pub effective_date: Option<Timestamp>,
    /// `authenticatorVersion`: the firmware it is about.
    #[serde(default)]
    pub authenticator_version: Option<u64>,
}

/// Why a payload cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the payload of a metadata BLOB")]
pub struct PayloadError;

impl Payload {
    /// Reads a payload, without asking who signed it.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] if it is none, or has more in it than any edition could.
    pub fn parse(json: &[u8]) -> Result<Self, PayloadError> {
        if json.len() > MAX_BLOB || json.first() != Some(&b'{') {
            return Err(PayloadError);
        }
        // As text first: in members that are skipped the JSON reader would not look whether bytes are UTF-8 (RFC 8259 §8.1).
        let text = std::str::from_utf8(json).map_err(|_| PayloadError)?;
        serde_json::from_str(text).map_err(|_| PayloadError)
    }
}

fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>, const N: usize>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let read = Vec::<T>::deserialize(from)?;
    if read.len() > N { Err(serde::de::Error::custom("too many")) } else { Ok(read) }
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    bounded::<D, T, MAX_LIST>(from)
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(cut(&String::deserialize(from)?))
}

fn opt_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.as_deref().map(cut))
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(list::<D, String>(from)?.iter().map(|text| cut(text)).collect())
}

/// `2026-11-01`, as midnight UTC.
fn day(text: &str) -> Option<Timestamp> {
    Timestamp::from_rfc3339(&format!("{text}T00:00:00Z"))
}

fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    day(&String::deserialize(from)?).ok_or_else(|| serde::de::Error::custom("not a date"))
}

fn opt_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    day(&text).map(Some).ok_or_else(|| serde::de::Error::custom("not a date"))
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut out = [0; N];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    // `from_str_radix` takes a sign.
    (!text.contains(['+', '-'])).then_some(out)
}

fn aaguid<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 16]>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    let read = if parts == [8, 4, 4, 4, 12] { hex(&text.replace('-', "")) } else { None };
    read.map(Some).ok_or_else(|| serde::de::Error::custom("not an AAGUID"))
}

fn key_identifiers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<[u8; 20]>, D::Error> {
    let texts = list::<D, String>(from)?;
    let read: Option<Vec<_>> = texts.iter().map(|text| hex(text)).collect();
    read.ok_or_else(|| serde::de::Error::custom("not a key identifier"))
}

fn certificates<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<u8>>, D::Error> {
    let texts = list::<D, String>(from)?;
    // Some editions have line breaks inside.
    let bare = texts.iter().map(|text| text.split_ascii_whitespace().collect::<String>());
    Ok(bare.filter_map(|text| b64::decode_std(&text, MAX_ROOT).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn metadata_that_are_no_text_are_refused_wherever_they_are_not() {
        let payload = |byte| {
            let head = br#"{"legalHeader":""#;
            [head, &[byte][..], br#"","no":7,"nextUpdate":"2026-11-01","entries":[]}"#].concat()
        };
        assert!(Payload::parse(&payload(b'x')).is_ok());
        assert!(Payload::parse(&payload(0xa5)).is_err());
    }

    fn sample() -> Value {
        json!({
            "legalHeader": "x", "no": 7, "nextUpdate": "2026-11-01",
            "entries": [
                {
                    "aaguid": "00010203-0405-0607-0809-0a0b0c0d0e0f",
                    "metadataStatement": {
                        "description": "Key\u{7} One", "protocolFamily": "fido2",
                        "attestationRootCertificates": ["AAEC", " AA\nEC ", "?"],
                        "keyProtection": ["hardware"], "unknownMember": {},
                        "userVerificationDetails": [[{"userVerificationMethod": "passcode_external"}]],
                    },
                    "statusReports": [{"status": "REVOKED", "effectiveDate": "2023-12-20", "authenticatorVersion": 1}],
                    "timeOfLastStatusChange": "2023-12-20",
                },
                {
                    "attestationCertificateKeyIdentifiers": ["00112233445566778899aabbccddeeff00112233"],
                    "statusReports": [{"status": "SOMETHING_NEW"}],
                },
            ],
        })
    }

    fn parse(value: &Value) -> Result<Payload, PayloadError> {
        Payload::parse(value.to_string().as_bytes())
    }

    #[test]
    fn what_decides_is_read() {
        let read = parse(&sample()).unwrap();
        assert_eq!((read.no, read.next_update.rfc3339().as_str()), (7, "2026-11-01T00:00:00Z"));
        let first = &read.entries[0];
        assert_eq!(first.aaguid, Some([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));
        let statement = first.metadata_statement.as_ref().unwrap();
        assert_eq!(statement.description, "Key One");
        assert_eq!(statement.attestation_root_certificates, [[0, 1, 2], [0, 1, 2]]);
        assert_eq!(first.status_reports[0].authenticator_version, Some(1));
        assert_eq!(read.entries[1].attestation_certificate_key_identifiers[0][1], 0x11);
        assert_eq!(read.entries[1].status_reports[0].effective_date, None);
    }

    #[test]
    fn what_is_malformed_is_refused_whole() {
        let set = |pointer: &str, value: Value| {
            let mut bad = sample();
            *bad.pointer_mut(pointer).unwrap() = value;
            bad
        };
        for (pointer, value) in [
            ("/no", json!(-1)),
            ("/no", json!(4_294_967_296_u64)),
            ("/nextUpdate", json!("soon")),
            ("/nextUpdate", json!(null)),
            ("/entries", json!({})),
            ("/entries/0/aaguid", json!("00010203040506070809-0a0b0c0d0e0f")),
            ("/entries/0/aaguid", json!("0001020+-0405-0607-0809-0a0b0c0d0e0f")),
            ("/entries/0/statusReports/0/effectiveDate", json!("2023-13-20")),
            ("/entries/0/metadataStatement/keyProtection", json!(vec!["x"; MAX_LIST + 1])),
            ("/entries/1/attestationCertificateKeyIdentifiers/0", json!("00")),
        ] {
            assert!(parse(&set(pointer, value)).is_err(), "{pointer}");
        }
        assert!(Payload::parse(b"[7,\"2026-11-01\",[]]").is_err());
        let many = vec![json!({"statusReports": []}); MAX_ENTRIES + 1];
        assert!(parse(&set("/entries", json!(many))).is_err());
    }
}
