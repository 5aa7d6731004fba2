//! Google's list of revoked attestation keys (Android, "Verify hardware-backed key pairs with key attestation",
//! "Certificate revocation status list").

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// Longest list that is read, in bytes. The list of 2026 has about 300 KiB.
pub const MAX_LIST: usize = 16 * 1024 * 1024;

/// Most entries that are read.
pub const MAX_ENTRIES: usize = 200_000;

/// Longest serial number, in hexadecimal digits (RFC 5280 §4.1.2.2: 20 octets).
const MAX_SERIAL: usize = 40;

/// Bytes that are not such a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a status list of attestation keys, or too long")]
pub struct StatusListError;

/// What the list says of a certificate. Whatever else it says than these two counts as [`Revoked`](Self::Revoked):
/// a certificate is on the list for no good reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyStatus {
    /// For now.
    Suspended,
    /// For good.
    #[serde(other)]
    Revoked,
}

/// The certificates whose keys are not to be believed any more, by serial number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusList(HashMap<String, KeyStatus>);

#[derive(Deserialize)]
struct Document {
    entries: Entries,
}

struct Entries(HashMap<String, KeyStatus>);

#[derive(Deserialize)]
struct Entry {
    status: KeyStatus,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of serial numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entries, A::Error> {
        let mut read = HashMap::new();
        while let Some((serial, Entry { status })) = members.next_entry::<String, Entry>()? {
            // A serial that cannot be matched would look revoked to a reader of the file and never be so here.
            let serial = normal(&serial).ok_or_else(|| serde::de::Error::custom("not a serial number"))?;
            if read.len() == MAX_ENTRIES {
                return Err(serde::de::Error::custom("too many entries"));
            }
            // Named twice, the worse of the two counts.
            let kept = read.entry(serial).or_insert(status);
            if status == KeyStatus::Revoked {
                *kept = status;
            }
        }
        Ok(Entries(read))
    }
}

/// A serial number in the one spelling that is compared: lower case, without leading zeros.
fn normal(serial: &str) -> Option<String> {
    let good = (1..=MAX_SERIAL).contains(&serial.len()) && serial.bytes().all(|b| b.is_ascii_hexdigit());
    let bare = serial.trim_start_matches('0');
    good.then(|| if bare.is_empty() { "0".to_owned() } else { bare.to_ascii_lowercase() })
}

impl StatusList {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// [`StatusListError`] if it is none, or too long.
    pub fn parse(text: &[u8]) -> Result<Self, StatusListError> {
        if text.len() > MAX_LIST || text.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
            return Err(StatusListError);
        }
        // As text first: in members that are skipped the JSON reader would not look whether bytes are UTF-8 (RFC 8259 §8.1).
        let text = std::str::from_utf8(text).map_err(|_| StatusListError)?;
        let document: Document = serde_json::from_str(text).map_err(|_| StatusListError)?;
        Ok(Self(document.entries.0))
    }

    /// What it says of the certificate with this serial number (big-endian, as in the certificate).
    #[must_use]
    pub fn status(&self, serial: &[u8]) -> Option<KeyStatus> {
        let hex: String = serial.iter().map(|byte| format!("{byte:02x}")).collect();
        let bare = hex.trim_start_matches('0');
        self.0.get(if bare.is_empty() { "0" } else { bare }).copied()
    }

    /// How many certificates it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"entries":{
        "2c8cdddfd5e03bfc":{"status":"REVOKED","expires":"2020-11-13","reason":"KEY_COMPROMISE"},
        "00C8966fcb2fbb0d7a":{"status":"SUSPENDED","reason":"SOFTWARE_FLAW"},
        "0":{"status":"SOMETHING_NEW"}}}"#;

    #[test]
    fn serials_are_found_however_they_are_spelt() {
        let list = StatusList::parse(LIST.as_bytes()).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list.status(b"\x2c\x8c\xdd\xdf\xd5\xe0\x3b\xfc"), Some(KeyStatus::Revoked));
        assert_eq!(list.status(b"\x00\x2c\x8c\xdd\xdf\xd5\xe0\x3b\xfc"), Some(KeyStatus::Revoked));
        assert_eq!(list.status(b"\xc8\x96\x6f\xcb\x2f\xbb\x0d\x7a"), Some(KeyStatus::Suspended));
        assert_eq!(list.status(b"\x00"), Some(KeyStatus::Revoked));
        assert_eq!(list.status(b"\x2c"), None);
    }

    #[test]
    fn a_list_that_is_no_text_is_refused_wherever_it_is_not() {
        let list =
            |byte| [br#"{"entries":{"1":{"status":"REVOKED","reason":""#, &[byte][..], br#""}}}"#].concat();
        assert!(StatusList::parse(&list(b'x')).is_ok());
        assert!(StatusList::parse(&list(0xa5)).is_err());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"entries":[]}"#,
            r#"{"entries":{"xyz":{"status":"REVOKED"}}}"#,
            r#"{"entries":{"":{"status":"REVOKED"}}}"#,
            r#"{"entries":{"1":{}}}"#,
            r#"{"entries":{"1":{"status":7}}}"#,
        ] {
            assert_eq!(StatusList::parse(bad.as_bytes()), Err(StatusListError), "{bad}");
        }
        assert!(StatusList::parse(&vec![b' '; MAX_LIST + 1]).is_err());
        let twice = r#"{"entries":{"1":{"status":"REVOKED"},"01":{"status":"SUSPENDED"}}}"#;
        assert_eq!(StatusList::parse(twice.as_bytes()).unwrap().status(&[1]), Some(KeyStatus::Revoked));
    }
}
