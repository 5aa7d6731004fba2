//! What can go wrong on the device, by whose answer it is.

use crate::browser::BrowserError;
use crate::http::HttpError;
use crate::keys::KeyError;
use crate::loopback::SignInError;
use crate::state::StateError;
use passband_wire::prt::message::ErrorReply;

/// Why a step of the broker did not succeed: one variant for each thing a caller would do differently.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device already has an identity.
    #[error("this device is already joined to {0}; run `passband device leave` first")]
    AlreadyJoined(String),
    /// A nonce somebody gave, not the server, cannot be one.
    #[error("that is not a nonce of this server: it is missing, given twice, or has characters no nonce has")]
    BadNonce,
    /// No browser could be opened.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The certificate that came back is for another key.
    #[error("the server returned a certificate that is not for this device's key; nothing was stored")]
    ForeignCertificate,
    /// The server was not reached, or may not be.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The device's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The device has no identity yet.
    #[error("this device is not joined; run `passband device join --server URL`")]
    NotJoined,
    /// There is no PRT yet.
    #[error("nobody is signed in on this device; run `passband login`")]
    NotSignedIn,
    /// The state directory belongs to another server.
    #[error("this device is joined to {joined}, not {asked}; use another --state folder for a second server")]
    OtherServer {
        /// The server of the state directory.
        joined: String,
        /// The server asked for.
        asked: String,
    },
    /// The PRT's lifetime is over.
    #[error("the sign-in on this device has expired; run `passband login`")]
    PrtExpired,
    /// The server's answer is not what the protocol says.
    #[error("the server's answer is not what the protocol says: {0}")]
    Protocol(&'static str),
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The sign-in in the browser did not end well.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The server said no, in its own words (RFC 6749 §5.2 with the members broker clients read).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// OAuth error, or `http_<status>` if the body named none.
    pub error: String,
    /// One sentence, may be empty. Free of control characters.
    pub description: String,
    /// AADSTS numbers.
    pub codes: Vec<u32>,
    /// Finds the request in the server's log; may be empty.
    pub correlation_id: String,
}

impl Refusal {
    /// Whether it says that the request nonce was not accepted (AADSTS140000): another one may be.
    #[must_use]
    pub fn is_nonce(&self) -> bool {
        self.codes.contains(&140_000)
    }

    /// Reads the body of a reply that is not a success.
    #[must_use]
    pub fn from_reply(status: u16, body: &[u8]) -> Self {
        let reply: ErrorReply = serde_json::from_slice(body).unwrap_or_default();
        let error =
            if reply.error.is_empty() { format!("http_{status}") } else { printable(&reply.error, 64) };
        Self {
            status,
            error,
            description: printable(&reply.error_description, 400),
            codes: reply.error_codes.into_iter().take(8).collect(),
            correlation_id: printable(&reply.correlation_id, 64),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server refused: {}", self.error)?;
        if !self.description.is_empty() {
            write!(f, " ({})", self.description)?;
        }
        if !self.correlation_id.is_empty() {
            write!(f, "; correlation id {}", self.correlation_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// `text` without control characters and no longer than `max`: it came from elsewhere and goes to a terminal,
/// where an escape sequence could rewrite what the person reads.
#[must_use]
pub fn printable(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_servers_words_and_none_of_its_escapes() {
        let body = br#"{"error":"invalid_grant","error_description":"\u001b[2Jgone","error_codes":[50155]}"#;
        let refusal = Refusal::from_reply(400, body);
        assert_eq!(refusal.to_string(), "the server refused: invalid_grant ([2Jgone)");
        assert_eq!(refusal.codes, [50155]);
        assert_eq!(Refusal::from_reply(503, b"<html>").error, "http_503");
    }
}
