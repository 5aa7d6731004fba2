//! Bodies: JSON, bounded, and nothing in them that is not understood.

use super::error::GraphError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// The most a body may have, bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// A JSON body of `T`, whose type refuses unknown properties: one that were ignored would look set.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let is_json = media.eq_ignore_ascii_case("application/json");
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        if !is_json {
            return Err(GraphError::media_type().into_response());
        }
        parse(&bytes).map(Self).map_err(GraphError::into_response)
    }
}

/// The depth is bounded by the JSON reader, at 128.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, GraphError> {
    let read = serde_json::from_slice::<Object<T>>(bytes);
    read.map(|object| object.0).map_err(|error| GraphError::bad(format!("The body is not right: {error}.")))
}

/// A `T` written as an object. Serde would take an array too, its members by their place: `[]` would be a `T` with
/// nothing in it.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// A member that is there. `null` is a value, and wrong where the type has none: it does not mean "not there".
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(member: D) -> Result<Option<T>, D::Error> {
    T::deserialize(member).map(Some)
}

/// Whether `@odata.type`, which some clients send along, names the type the address is for.
///
/// # Errors
///
/// [`GraphError`] if it names another.
pub fn check_type(sent: Option<&str>, wanted: &str) -> Result<(), GraphError> {
    match sent {
        Some(sent) if sent.strip_prefix("#microsoft.graph.") != Some(wanted) => {
            Err(GraphError::bad(format!("@odata.type must be #microsoft.graph.{wanted} here.")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default, deserialize_with = "given")]
        name: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nested {
        #[serde(default, deserialize_with = "given")]
        inner: Option<Object<Sample>>,
    }

    #[test]
    fn an_array_is_no_object() {
        let good = parse::<Nested>(br#"{"inner":{"name":"x"}}"#).unwrap();
        assert_eq!(good.inner.unwrap().0.name.as_deref(), Some("x"));
        for bad in [r#"{"inner":[]}"#, r#"{"inner":["x"]}"#, r#"{"inner":"x"}"#, r#"{"inner":null}"#, "[{}]"]
        {
            parse::<Nested>(bad.as_bytes()).unwrap_err();
        }
    }

    #[test]
    fn nothing_is_ignored() {
        assert_eq!(parse::<Sample>(b"{}").unwrap().name, None);
        assert_eq!(parse::<Sample>(br#"{"name":"x"}"#).unwrap().name.as_deref(), Some("x"));
        for bad in [r#"{"name":null}"#, r#"{"nam":"x"}"#, r#"{"name":"x","name":"y"}"#, "", "[]", "{} x"] {
            parse::<Sample>(bad.as_bytes()).unwrap_err();
        }
        let unknown = format!("{:?}", parse::<Sample>(br#"{"nam":"x"}"#).unwrap_err());
        assert!(unknown.contains("`nam`"), "{unknown}");
        parse::<Sample>("[".repeat(60_000).as_bytes()).unwrap_err();
        parse::<serde_json::Value>("[".repeat(60_000).as_bytes()).unwrap_err();
    }
}
