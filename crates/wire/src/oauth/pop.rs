//! The key a token is to be bound to, as broker clients name it: `token_type=pop` with `req_cnf` (prt.md §6.6;
//! draft-ietf-oauth-signed-http-request, RFC 7800 §3.4).

use crate::b64;
use serde::{Deserialize, Serialize};

/// `token_type` of a request for such a token, and of the answer.
pub const TOKEN_TYPE: &str = "pop";

/// The longest `req_cnf`: clients put a member or two beside `kid`.
const MAX: usize = 1024;

/// `req_cnf` is not base64url of a JSON object whose `kid` is a thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("req_cnf is not base64url of a JSON object whose kid is a SHA-256 thumbprint")]
pub struct ConfirmationError;

/// The thumbprint of a key (RFC 7638, SHA-256): the claim `cnf` of a token that only its holder may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Base64url of 32 bytes.
    kid: String,
}

impl Confirmation {
    /// Reads `req_cnf`. That the client holds the key is for the resource to see, at each request.
    ///
    /// # Errors
    ///
    /// [`ConfirmationError`].
    pub fn parse(req_cnf: &str) -> Result<Self, ConfirmationError> {
        let json = b64::decode(req_cnf, MAX).map_err(|_| ConfirmationError)?;
        // An array would be read as an object's members in their order.
        if json.first() != Some(&b'{') {
            return Err(ConfirmationError);
        }
        let named: Self = serde_json::from_slice(&json).map_err(|_| ConfirmationError)?;
        let thumbprint = b64::decode_array::<32>(&named.kid).map_err(|_| ConfirmationError)?;
        Ok(Self { kid: b64::encode(thumbprint) })
    }

    /// The thumbprint, base64url.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_thumbprint_confirms() {
        let kid = b64::encode([7; 32]);
        let read = |json: &str| Confirmation::parse(&b64::encode(json));
        assert_eq!(read(&format!(r#"{{"kid":"{kid}"}}"#)).unwrap().kid(), kid);
        assert!(read(&format!(r#"{{"kid":"{kid}","xms_ksl":"sw"}}"#)).is_ok(), "what MSAL sends");
        for bad in [
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
            r#"{"kid":null}"#.to_owned(),
            r#"{"kid":""}"#.to_owned(),
            format!(r#"{{"kid":"{}"}}"#, b64::encode([7; 31])),
            format!(r#"{{"kid":"{}"}}"#, b64::encode_std([7; 32])),
            format!(r#"{{"kid":"{kid}","kid":"{kid}"}}"#),
            format!(r#"["{kid}"]"#),
            format!(r#"{{"kid":"{kid}","x":"{}"}}"#, "x".repeat(2000)),
        ] {
            assert_eq!(read(&bad), Err(ConfirmationError), "{bad}");
        }
        assert_eq!(Confirmation::parse(&kid), Err(ConfirmationError), "not the thumbprint alone");
    }
}
