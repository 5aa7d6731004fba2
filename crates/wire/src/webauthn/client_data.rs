//! `CollectedClientData` (WebAuthn L3 §5.8.1).

use super::MAX_CLIENT_DATA;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// What the browser says it did: which ceremony, for which challenge, on which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedClientData<'a> {
    /// `type`
    pub kind: Cow<'a, str>,
    /// `challenge`, still as text.
    pub challenge: Cow<'a, str>,
    /// `origin` of the page that called.
    pub origin: Cow<'a, str>,
    /// `crossOrigin`: the page stood in a frame of another origin.
    pub cross_origin: bool,
    /// `topOrigin`: the origin at the top, if the page stood in such a frame.
    pub top_origin: Option<Cow<'a, str>>,
}

/// Why bytes are not client data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientDataError {
    /// A member stands twice: two readers could see two different values.
    #[error("client data has a member twice")]
    Duplicate,
    /// `type`, `challenge` or `origin` is missing.
    #[error("client data lacks a member")]
    Missing,
    /// Not a JSON object in UTF-8 with members of the right types.
    #[error("client data is not a JSON object of the form expected")]
    NotJson,
    /// More than [`MAX_CLIENT_DATA`] bytes, or more members than belong in it.
    #[error("client data is too long")]
    TooLong,
}

impl ClientDataError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "client_data_member_twice",
            Self::Missing => "client_data_member_missing",
            Self::NotJson => "client_data_not_json",
            Self::TooLong => "client_data_too_long",
        }
    }
}

/// More members than this are refused, so that looking for repeated ones stays cheap.
const MAX_MEMBERS: usize = 32;

impl<'a> CollectedClientData<'a> {
    /// Reads client data. Members not named here are ignored: browsers add some on purpose
    /// (§5.8.1.1), and the text is never compared with a template.
    ///
    /// # Errors
    ///
    /// [`ClientDataError`] if it is not one JSON object with the members needed, each once.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ClientDataError> {
        if bytes.len() > MAX_CLIENT_DATA {
            return Err(ClientDataError::TooLong);
        }
        // §7.1 step 5 and §7.2 step 9: "UTF-8 decode" takes one byte order mark off.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // The JSON reader checks strings only: the whole has to be UTF-8.
        let text = std::str::from_utf8(bytes).map_err(|_| ClientDataError::NotJson)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let members = json.deserialize_map(Members).map_err(|_| ClientDataError::NotJson)?;
        json.end().map_err(|_| ClientDataError::NotJson)?;
        members
    }
}

/// Says as a value what went wrong with the members, so that no message has to be read for it.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Result<CollectedClientData<'de>, ClientDataError>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut kind, mut challenge, mut origin, mut top_origin) = (None, None, None, None);
        let mut cross_origin = None;
        let mut others = Vec::new();
        let mut fault = None;
        let mut count = 0;
        while let Some(Text(name)) = map.next_key()? {
            count += 1;
            if count > MAX_MEMBERS {
                fault.get_or_insert(ClientDataError::TooLong);
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let twice = match &*name {
                "type" => kind.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "challenge" => challenge.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "origin" => origin.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "topOrigin" => top_origin.replace(map.next_value::<Text<'de>>()?.0).is_some(),
                "crossOrigin" => cross_origin.replace(map.next_value::<bool>()?).is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    let twice = others.contains(&name);
                    others.push(name);
                    twice
                }
            };
            if twice {
                fault.get_or_insert(ClientDataError::Duplicate);
            }
        }
        if let Some(fault) = fault {
            return Ok(Err(fault));
        }
        let (Some(kind), Some(challenge), Some(origin)) = (kind, challenge, origin) else {
            return Ok(Err(ClientDataError::Missing));
        };
        let cross_origin = cross_origin.unwrap_or(false);
        Ok(Ok(CollectedClientData { kind, challenge, origin, cross_origin, top_origin }))
    }
}

/// A string, borrowed from the input unless it holds escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Borrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"type":"webauthn.get","challenge":"AAE","origin":"https://example.org"}"#;

    #[test]
    fn unknown_members_and_one_byte_order_mark_pass() {
        let expected = CollectedClientData::parse(PLAIN.as_bytes()).unwrap();
        assert_eq!((&*expected.kind, &*expected.challenge), ("webauthn.get", "AAE"));
        assert!(matches!(expected.origin, Cow::Borrowed("https://example.org")));
        let marked = format!("\u{feff}{PLAIN}");
        assert_eq!(CollectedClientData::parse(marked.as_bytes()), Ok(expected.clone()));
        let extended = PLAIN.replace('}', r#","extra":{"a":[1,{"b":null}]},"tokenBinding":{"status":"x"}}"#);
        assert_eq!(CollectedClientData::parse(extended.as_bytes()), Ok(expected.clone()));
        // What is ignored is skipped without recursion: depth costs nothing.
        let deep = PLAIN.replace('}', &format!(r#","x":{}1{}}}"#, "[".repeat(3000), "]".repeat(3000)));
        assert_eq!(CollectedClientData::parse(deep.as_bytes()), Ok(expected.clone()));
        let escaped = PLAIN.replace("https:", "https\\u003a").replace("type", "t\\u0079pe");
        assert_eq!(CollectedClientData::parse(escaped.as_bytes()), Ok(expected));
    }

    #[test]
    fn anything_else_is_refused() {
        let with = |extra: &str| PLAIN.replace('}', extra).into_bytes();
        for (bytes, error) in [
            (Vec::new(), ClientDataError::NotJson),
            (b"[]".to_vec(), ClientDataError::NotJson),
            (b"{}".to_vec(), ClientDataError::Missing),
            (PLAIN.replace("\"type\"", "\"tipe\"").into_bytes(), ClientDataError::Missing),
            (PLAIN.replace("challenge", "c").into_bytes(), ClientDataError::Missing),
            (PLAIN.replace("origin", "o").into_bytes(), ClientDataError::Missing),
            (PLAIN.replace("\"AAE\"", "7").into_bytes(), ClientDataError::NotJson),
            (PLAIN.replace("\"AAE\"", "null").into_bytes(), ClientDataError::NotJson),
            (with(r#","crossOrigin":"true"}"#), ClientDataError::NotJson),
            (with(r#","topOrigin":null}"#), ClientDataError::NotJson),
            (with(r#","type":"webauthn.create"}"#), ClientDataError::Duplicate),
            (with(r#","t\u0079pe":"webauthn.create"}"#), ClientDataError::Duplicate),
            (with(r#","x":1,"x":2}"#), ClientDataError::Duplicate),
            (format!("{PLAIN} x").into_bytes(), ClientDataError::NotJson),
            (format!("\u{feff}\u{feff}{PLAIN}").into_bytes(), ClientDataError::NotJson),
            (with(",\"x\":\"\u{0}\"}"), ClientDataError::NotJson),
            (PLAIN.as_bytes().iter().copied().chain([0xff]).collect(), ClientDataError::NotJson),
            (with(&format!(r#","x":"{}"}}"#, "a".repeat(MAX_CLIENT_DATA))), ClientDataError::TooLong),
        ] {
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(CollectedClientData::parse(&bytes), Err(error), "{shown:.120}");
        }
        let many: String = (0..40).map(|n| format!(",\"m{n}\":1")).collect();
        assert_eq!(CollectedClientData::parse(&with(&format!("{many}}}"))), Err(ClientDataError::TooLong));
    }
}
