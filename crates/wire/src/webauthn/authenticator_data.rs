//! Authenticator data (WebAuthn L3 §6.1): what the authenticator signs.

use super::{MAX_AUTHENTICATOR_DATA, MAX_CREDENTIAL_ID};
use crate::cbor::{CborError, Reader};

/// The flags byte (§6.1). Bits 1 and 5 are reserved and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Bit 0, `UP`: somebody touched the authenticator.
    pub const USER_PRESENT: u8 = 0x01;
    /// Bit 2, `UV`: the authenticator knew its user, by PIN or by body.
    pub const USER_VERIFIED: u8 = 0x04;
    /// Bit 3, `BE`: the key may be copied to other devices; fixed when it is made.
    pub const BACKUP_ELIGIBLE: u8 = 0x08;
    /// Bit 4, `BS`: the key has been copied.
    pub const BACKUP_STATE: u8 = 0x10;
    /// Bit 6, `AT`: attested credential data follow.
    pub const ATTESTED: u8 = 0x40;
    /// Bit 7, `ED`: extension outputs follow.
    pub const EXTENSIONS: u8 = 0x80;

    /// Whether `UP` is set.
    #[must_use]
    pub const fn user_present(self) -> bool {
        self.0 & Self::USER_PRESENT != 0
    }

    /// Whether `UV` is set.
    #[must_use]
    pub const fn user_verified(self) -> bool {
        self.0 & Self::USER_VERIFIED != 0
    }

    /// Whether `BE` is set.
    #[must_use]
    pub const fn backup_eligible(self) -> bool {
        self.0 & Self::BACKUP_ELIGIBLE != 0
    }

    /// Whether `BS` is set.
    #[must_use]
    pub const fn backup_state(self) -> bool {
        self.0 & Self::BACKUP_STATE != 0
    }

    const fn attested(self) -> bool {
        self.0 & Self::ATTESTED != 0
    }

    const fn extensions(self) -> bool {
        self.0 & Self::EXTENSIONS != 0
    }
}

/// Authenticator data, with every byte accounted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    /// `rpIdHash`: SHA-256 of the RP id the authenticator was asked for.
    pub rp_id_hash: &'a [u8; 32],
    /// `flags`
    pub flags: Flags,
    /// `signCount`
    pub sign_count: u32,
    /// `attestedCredentialData`, present if `AT` is set.
    pub attested: Option<AttestedCredentialData<'a>>,
    /// `extensions` as one CBOR map, present if `ED` is set.
    pub extensions: Option<&'a [u8]>,
}

/// Attested credential data (§6.5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCredentialData<'a> {
    /// `aaguid`: the model, if an attestation says so; otherwise a claim.
    pub aaguid: [u8; 16],
    /// `credentialId`
    pub credential_id: &'a [u8],
    /// `credentialPublicKey`: one CBOR value, for [`crate::cose::CoseKey::parse`].
    pub public_key: &'a [u8],
}

/// Why bytes are not authenticator data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticatorDataError {
    /// The credential id is empty or longer than 1023 bytes.
    #[error("credential id is not of 1 to 1023 bytes")]
    CredentialIdLength,
    /// The extension outputs are not one canonical CBOR map.
    #[error("extension outputs: {0}")]
    Extensions(CborError),
    /// The public key is not one canonical CBOR map.
    #[error("credential public key: {0}")]
    PublicKey(CborError),
    /// More than [`MAX_AUTHENTICATOR_DATA`] bytes.
    #[error("authenticator data is too long")]
    TooLong,
    /// Bytes follow what the flags announce.
    #[error("bytes follow the authenticator data")]
    Trailing,
    /// The bytes end before what the flags and lengths announce.
    #[error("authenticator data is cut short")]
    Truncated,
}

impl AuthenticatorDataError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CredentialIdLength => "credential_id_length",
            Self::Extensions(_) => "extensions_not_canonical_cbor",
            Self::PublicKey(_) => "key_not_canonical_cbor",
            Self::TooLong => "authenticator_data_too_long",
            Self::Trailing => "authenticator_data_trailing",
            Self::Truncated => "authenticator_data_truncated",
        }
    }
}

impl<'a> AuthenticatorData<'a> {
    /// Reads authenticator data, to the last byte.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorDataError`] if flags, lengths and bytes do not agree.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AuthenticatorDataError> {
        use AuthenticatorDataError::{Extensions, Trailing, Truncated};
        if bytes.len() > MAX_AUTHENTICATOR_DATA {
            return Err(AuthenticatorDataError::TooLong);
        }
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(Truncated)?;
        let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(Truncated)?;
        let (sign_count, mut rest) = rest.split_first_chunk::<4>().ok_or(Truncated)?;
        let flags = Flags(*flags);
        let attested = match flags.attested() {
            true => Some(AttestedCredentialData::read(&mut rest)?),
            false => None,
        };
        let extensions = match flags.extensions() {
            true => Some(take_map(&mut rest).map_err(Extensions)?),
            false => None,
        };
        if !rest.is_empty() {
            return Err(Trailing);
        }
        Ok(Self { rp_id_hash, flags, sign_count: u32::from_be_bytes(*sign_count), attested, extensions })
    }
}

impl<'a> AttestedCredentialData<'a> {
    fn read(bytes: &mut &'a [u8]) -> Result<Self, AuthenticatorDataError> {
        use AuthenticatorDataError::{CredentialIdLength, PublicKey, Truncated};
        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(Truncated)?;
        let (len, rest) = rest.split_first_chunk::<2>().ok_or(Truncated)?;
        let len = usize::from(u16::from_be_bytes(*len));
        if !(1..=MAX_CREDENTIAL_ID).contains(&len) {
            return Err(CredentialIdLength);
        }
        let (credential_id, mut rest) = rest.split_at_checked(len).ok_or(Truncated)?;
        let public_key = take_map(&mut rest).map_err(PublicKey)?;
        *bytes = rest;
        Ok(Self { aaguid: *aaguid, credential_id, public_key })
    }
}

/// One canonical CBOR map from the front. It stands at the top level: what follows is not CBOR's business.
fn take_map<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], CborError> {
    let mut reader = Reader::new(bytes);
    let value = reader.value(0)?;
    Reader::new(value).map()?;
    *bytes = reader.rest();
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, tail: &[u8]) -> Vec<u8> {
        [&[7; 32][..], &[flags, 0, 0, 0, 9], tail].concat()
    }

    #[test]
    fn the_plain_form_and_reserved_bits_pass() {
        let bytes = data(0x05 | 0x22, &[]);
        let read = AuthenticatorData::parse(&bytes).unwrap();
        assert_eq!((read.sign_count, read.rp_id_hash), (9, &[7; 32]));
        assert!(read.flags.user_present() && read.flags.user_verified());
        let bytes = data(0x81, &[0xa1, 0x61, b'x', 0xf5]);
        assert_eq!(AuthenticatorData::parse(&bytes).unwrap().extensions, Some(&bytes[37..]));
    }

    #[test]
    fn flags_lengths_and_bytes_must_agree() {
        use AuthenticatorDataError as E;
        let credential =
            |len: u16, id: usize, key: &[u8]| [&[1; 16][..], &len.to_be_bytes(), &vec![2; id], key].concat();
        for (bytes, error) in [
            (vec![0; 36], E::Truncated),
            (data(0x01, &[0]), E::Trailing),
            (data(0x41, &[]), E::Truncated),
            (data(0x41, &credential(0, 0, &[0xa0])), E::CredentialIdLength),
            (data(0x41, &credential(1024, 1024, &[0xa0])), E::CredentialIdLength),
            (data(0x41, &credential(32, 31, &[])), E::Truncated),
            (data(0x41, &credential(1, 1, &[])), E::PublicKey(CborError::Truncated)),
            (data(0x41, &credential(1, 1, &[0x00])), E::PublicKey(CborError::Type)),
            (data(0x41, &credential(1, 1, &[0xa0, 0xa0])), E::Trailing),
            (data(0x81, &[]), E::Extensions(CborError::Truncated)),
            (data(0x81, &[0x80]), E::Extensions(CborError::Type)),
            (data(0x81, &[0xa1, 0x61, b'x', 0xbf, 0xff]), E::Extensions(CborError::NotCanonical)),
            (data(0x81, &[0xa0, 0x00]), E::Trailing),
            (vec![0; MAX_AUTHENTICATOR_DATA + 1], E::TooLong),
        ] {
            assert_eq!(AuthenticatorData::parse(&bytes), Err(error), "{error}");
        }
    }
}
