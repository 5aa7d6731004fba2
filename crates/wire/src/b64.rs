//! Base64 in the two alphabets of RFC 4648: URL-safe without padding (§5) and standard with padding (§4).
//!
//! Decoding is canonical: padding where none belongs, white space, and non-zero trailing bits are refused,
//! so one value has one spelling and a signature covers what was compared.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Text that is not canonical base64 of the alphabet asked for, or longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64, or too long")]
pub struct B64Error;

/// Encodes with the URL-safe alphabet, without padding (JOSE, WebAuthn).
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// [`encode`], at the end of a text: long tokens are put together without copies.
pub(crate) fn push(text: &mut String, bytes: impl AsRef<[u8]>) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// How long [`encode`] makes `len` bytes.
pub(crate) const fn encoded_len(len: usize) -> usize {
    (len * 4).div_ceil(3)
}

/// Decodes URL-safe text without padding to at most `max` bytes.
///
/// # Errors
///
/// [`B64Error`] if the text is not canonical or the result would be longer than `max`.
pub fn decode(text: &str, max: usize) -> Result<Vec<u8>, B64Error> {
    // The length is checked before any allocation: the text comes from a stranger.
    if text.len() / 4 * 3 > max.saturating_add(3) {
        return Err(B64Error);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| B64Error)?;
    if bytes.len() > max { Err(B64Error) } else { Ok(bytes) }
}

/// Decodes URL-safe text of exactly `N` bytes.
///
/// # Errors
///
/// [`B64Error`] if the text is not canonical or of another length.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], B64Error> {
    decode(text, N)?.try_into().map_err(|_| B64Error)
}

/// Encodes with the standard alphabet and padding (X.509 in JSON, the `ctx` header).
#[must_use]
pub fn encode_std(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Decodes standard text with padding to at most `max` bytes.
///
/// # Errors
///
/// [`B64Error`] if the text is not canonical or the result would be longer than `max`.
pub fn decode_std(text: &str, max: usize) -> Result<Vec<u8>, B64Error> {
    if text.len() / 4 * 3 > max.saturating_add(3) {
        return Err(B64Error);
    }
    let bytes = STANDARD.decode(text).map_err(|_| B64Error)?;
    if bytes.len() > max { Err(B64Error) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(decode("AAE", 2).unwrap(), [0, 1]);
        for other in ["AAE=", "AAF", "A AE", "AAE\n", "A", "AA/", "AA+A"] {
            assert_eq!(decode(other, 9), Err(B64Error), "{other}");
        }
        for other in ["AAE", "AAF=", "AA-A"] {
            assert_eq!(decode_std(other, 9), Err(B64Error), "{other}");
        }
    }

    #[test]
    fn the_bound_is_in_bytes() {
        assert!(decode(&encode([7; 32]), 32).is_ok());
        assert_eq!(decode(&encode([7; 33]), 32), Err(B64Error));
        assert_eq!(decode_array::<4>(&encode([7; 5])), Err(B64Error));
    }
}
