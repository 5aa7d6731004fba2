//! The attestation object (WebAuthn L3 §6.5.4): authenticator data, and a statement about it.

use super::MAX_ATTESTATION_OBJECT;
use crate::cbor::{CborError, Reader};

/// The three members of an attestation object, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestationObject<'a> {
    /// `fmt`: the attestation statement format's identifier.
    pub fmt: &'a str,
    /// `attStmt`: one canonical CBOR value; its form is the format's business.
    pub att_stmt: &'a [u8],
    /// `authData`, for [`super::AuthenticatorData::parse`].
    pub auth_data: &'a [u8],
}

/// Why bytes are not an attestation object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationObjectError {
    /// Not one canonical CBOR map.
    #[error("attestation object: {0}")]
    Cbor(#[from] CborError),
    /// The members are not exactly `fmt`, `attStmt` and `authData`.
    #[error("attestation object has other members than fmt, attStmt and authData")]
    Members,
    /// More than [`MAX_ATTESTATION_OBJECT`] bytes.
    #[error("attestation object is too long")]
    TooLong,
}

impl AttestationObjectError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cbor(_) => "attestation_object_not_canonical_cbor",
            Self::Members => "attestation_object_members",
            Self::TooLong => "attestation_object_too_long",
        }
    }
}

impl<'a> AttestationObject<'a> {
    /// Reads an attestation object, to the last byte.
    ///
    /// # Errors
    ///
    /// [`AttestationObjectError`] if it is not one canonical CBOR map of the three members.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AttestationObjectError> {
        if bytes.len() > MAX_ATTESTATION_OBJECT {
            return Err(AttestationObjectError::TooLong);
        }
        let mut reader = Reader::new(bytes);
        let (mut fmt, mut att_stmt, mut auth_data) = (None, None, None);
        let mut map = reader.map()?;
        while let Some(name) = map.key(&mut reader, Reader::text)? {
            match name {
                "fmt" => fmt = Some(reader.text()?),
                "attStmt" => att_stmt = Some(reader.value(1)?),
                "authData" => auth_data = Some(reader.bytes()?),
                _ => return Err(AttestationObjectError::Members),
            }
        }
        reader.finish()?;
        match (fmt, att_stmt, auth_data) {
            (Some(fmt), Some(att_stmt), Some(auth_data)) => Ok(Self { fmt, att_stmt, auth_data }),
            _ => Err(AttestationObjectError::Members),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::Writer;

    #[test]
    fn exactly_three_members_and_nothing_after() {
        let mut out = Writer::new();
        out.map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(&[1, 2]);
        let good = out.into_bytes();
        let read = AttestationObject::parse(&good).unwrap();
        assert_eq!((read.fmt, read.att_stmt, read.auth_data), ("none", &[0xa0][..], &[1, 2][..]));

        let trailing = [&good[..], &[0]].concat();
        assert_eq!(AttestationObject::parse(&trailing), Err(CborError::Trailing.into()));
        let mut out = Writer::new();
        out.map(2).text("fmt").text("none").text("attStmt").map(0);
        assert_eq!(AttestationObject::parse(&out.into_bytes()), Err(AttestationObjectError::Members));
        let mut out = Writer::new();
        out.map(3).text("fmt").text("none").text("authData").bytes(&[]).text("attStmt").map(0);
        assert_eq!(AttestationObject::parse(&out.into_bytes()), Err(CborError::KeyOrder.into()));
        let mut out = Writer::new();
        out.map(1).text("ep").raw(&[0xf5]);
        assert_eq!(AttestationObject::parse(&out.into_bytes()), Err(AttestationObjectError::Members));
        let long = vec![0; MAX_ATTESTATION_OBJECT + 1];
        assert_eq!(AttestationObject::parse(&long), Err(AttestationObjectError::TooLong));
    }
}
