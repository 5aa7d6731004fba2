//! Bodies that are a document of their own: kept member by member, none twice.
//!
//! A type with named members refuses one that comes twice. A map would take the last: of two states, `disabled` and
//! `enabled`, a proxy or a reviewer may have seen the other (RFC 8259 §4 leaves open which counts).

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

/// The members of a JSON object, at every depth none twice. The depth is bounded by the JSON reader, at 128.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Once::deserialize(from)?.0 {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(D::Error::custom("it must be an object")),
        }
    }
}

/// A value in which no object has a member twice.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if read.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            let Once(value) = members.next_value()?;
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_comes_twice_at_any_depth() {
        let good = r#"{"a":[{"b":1},{"b":-1.5}],"c":{"b":null,"d":"x"},"e":true,"f":18446744073709551615}"#;
        let read: Members = serde_json::from_str(good).unwrap();
        assert_eq!(Value::Object(read.0), serde_json::from_str::<Value>(good).unwrap());
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[[{"b":1,"c":0,"b":2}]]}"#,
        ] {
            let error = serde_json::from_str::<Members>(bad).unwrap_err().to_string();
            assert!(error.contains("duplicate field"), "{bad}: {error}");
        }
        for bad in ["[]", "1", "null", "", r#"{"a":1"#] {
            serde_json::from_str::<Members>(bad).unwrap_err();
        }
        serde_json::from_str::<Members>(&format!("{{\"a\":{}", "[".repeat(60_000))).unwrap_err();
    }
}
