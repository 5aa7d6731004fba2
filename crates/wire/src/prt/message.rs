//! Claims and replies of the token endpoint's broker requests.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whoever prints one of these, into a log say, would print a token of somebody.
macro_rules! prints_its_name_only {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

prints_its_name_only!(PrtRequestClaims, PrtUseClaims, CookieClaims, PrtReply, TokenReply, DialectReply);

/// Claims of the request by which a device asks for a PRT (RS256 by the device key; prt.md §4.2).
#[derive(Clone, Serialize, Deserialize)]
pub struct PrtRequestClaims {
    /// The broker.
    pub client_id: String,
    /// A nonce of this server.
    pub request_nonce: String,
    /// Must hold `openid` and `aza`.
    pub scope: String,
    /// `refresh_token`: the proof of the person is one. [`GRANT_JWT_BEARER`](super::GRANT_JWT_BEARER): it is `assertion`.
    pub grant_type: String,
    /// A refresh token of the broker client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// An assertion of a Hello key (see [`super::hello`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<String>,
}

/// Claims of a request that uses a PRT at the token endpoint (HS256; §6.1, §6.3).
#[derive(Clone, Serialize, Deserialize)]
pub struct PrtUseClaims {
    /// The PRT.
    pub refresh_token: String,
    /// `refresh_token`.
    #[serde(default)]
    pub grant_type: String,
    /// The app the token is for.
    #[serde(default)]
    pub client_id: String,
    /// Scope; with `aza` it is a renewal.
    #[serde(default)]
    pub scope: String,
    /// Audience wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// A nonce of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_nonce: Option<String>,
}

/// Claims of the cookie or header that carries a PRT into `/authorize` (HS256; §7.2).
#[derive(Clone, Serialize, Deserialize)]
pub struct CookieClaims {
    /// The PRT.
    pub refresh_token: String,
    /// `"true"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_primary: Option<String>,
    /// A nonce of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_nonce: Option<String>,
}

impl CookieClaims {
    /// Claims for `prt` and `nonce`.
    #[must_use]
    pub fn new(prt: &str, nonce: &str) -> Self {
        Self {
            refresh_token: prt.to_owned(),
            is_primary: Some("true".to_owned()),
            request_nonce: Some(nonce.to_owned()),
        }
    }
}

/// Reply of `grant_type=srv_challenge` (§2.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NonceReply {
    /// The nonce. Capital N on the wire.
    #[serde(rename = "Nonce")]
    pub nonce: String,
}

/// Reply to issue and, encrypted, to renewal (§4.5, §6.3). Strict clients want exactly these JSON types.
#[derive(Clone, Serialize, Deserialize)]
pub struct PrtReply {
    /// `Bearer`, as Entra sends; clients ignore it.
    pub token_type: String,
    /// Seconds, as a string.
    pub expires_in: String,
    /// `0`, as a string.
    pub ext_expires_in: String,
    /// Instant, as a string.
    pub expires_on: String,
    /// The PRT.
    pub refresh_token: String,
    /// Seconds, as a number.
    pub refresh_token_expires_in: i64,
    /// The session key for the transport key; absent on renewal, where the key stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key_jwe: Option<String>,
    /// Who it is for.
    pub id_token: String,
    /// `{"uid","utid"}`, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_info: Option<String>,
}

/// Reply with tokens for an app (RFC 6749 §5.1); the broker form sends the numbers as strings.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenReply {
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    #[serde(deserialize_with = "number_or_text")]
    pub expires_in: i64,
    /// The access token.
    pub access_token: String,
    /// Granted scope.
    #[serde(default)]
    pub scope: String,
    /// Refresh token, with `offline_access`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// ID token, with `openid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

pub(super) fn number_or_text<'de, D: serde::Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(input)? {
        Either::Number(n) => Ok(n),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// The error body of the token endpoint (RFC 6749 §5.2) with the members that broker clients read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ErrorReply {
    /// OAuth error.
    pub error: String,
    /// One sentence.
    #[serde(default)]
    pub error_description: String,
    /// AADSTS numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_codes: Vec<u32>,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub timestamp: String,
    /// The request, by the server's name for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trace_id: String,
    /// The request, by the client's name for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub correlation_id: String,
}

/// An ordinary token reply as broker clients read it (prt.md §0.4): the first version sends its numbers as text and says
/// when the token ends and for what it is, the second sends numbers.
#[derive(Serialize)]
pub struct DialectReply {
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: Count,
    /// Seconds beyond that for which a token would do while no server answers; no longer than the token here.
    pub ext_expires_in: Count,
    /// End of the access token; the first version alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Count>,
    /// Its beginning; the first version alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Count>,
    /// Its audience; the first version alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The access token.
    pub access_token: String,
    /// Granted scope.
    pub scope: String,
    /// Refresh token, with `offline_access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// ID token, with `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// `{"uid","utid"}`, base64url, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_info: Option<String>,
}

/// A number as a version of the dialect writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Count {
    /// As a number.
    Number(i64),
    /// As text.
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_with_tokens_do_not_print_them() {
        let reply = TokenReply {
            token_type: "Bearer".to_owned(),
            expires_in: 60,
            access_token: "secret".to_owned(),
            scope: String::new(),
            refresh_token: Some("secret".to_owned()),
            id_token: Some("secret".to_owned()),
        };
        assert_eq!(
            format!("{reply:?} {:?}", CookieClaims::new("secret", "n")),
            "TokenReply(..) CookieClaims(..)"
        );
    }
}
