//! `attStmt`: the members the formats use between them, read once.

use super::{MAX_CHAIN, StatementError};
use passband_wire::cbor::{CborError, Reader};

/// The members of an attestation statement. Each format says which it wants, and which not.
#[derive(Debug, Default)]
pub(super) struct Statement<'a> {
    pub(super) alg: Option<i64>,
    pub(super) sig: Option<&'a [u8]>,
    pub(super) ver: Option<&'a str>,
    pub(super) x5c: Option<Vec<&'a [u8]>>,
    pub(super) cert_info: Option<&'a [u8]>,
    pub(super) pub_area: Option<&'a [u8]>,
}

impl<'a> Statement<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, StatementError> {
        Self::members(bytes).ok().flatten().ok_or(StatementError::Malformed)
    }

    /// `None` if there is a member no format has.
    fn members(bytes: &'a [u8]) -> Result<Option<Self>, CborError> {
        let mut reader = Reader::new(bytes);
        let mut map = reader.map()?;
        let mut read = Self::default();
        while let Some(name) = map.key(&mut reader, Reader::text)? {
            match name {
                "alg" => read.alg = Some(reader.int()?),
                "sig" => read.sig = Some(reader.bytes()?),
                "ver" => read.ver = Some(reader.text()?),
                "certInfo" => read.cert_info = Some(reader.bytes()?),
                "pubArea" => read.pub_area = Some(reader.bytes()?),
                "x5c" => {
                    let count = reader.array()?;
                    if !(1..=MAX_CHAIN).contains(&count) {
                        return Ok(None);
                    }
                    let chain: Result<_, _> = (0..count).map(|_| reader.bytes()).collect();
                    read.x5c = Some(chain?);
                }
                _ => return Ok(None),
            }
        }
        reader.finish()?;
        Ok(Some(read))
    }
}
