//! The two TPM 2.0 structures an attestation carries (TPM Library, Part 2: Structures).

use crate::cose::{Curve, KeyMaterial};

/// `TPM_GENERATED_VALUE` (Part 2, 6.2): what a TPM signs under a restricted key starts with it, and nothing
/// else can.
pub const TPM_GENERATED_VALUE: u32 = 0xff54_4347;
/// `TPM_ST_ATTEST_CERTIFY` (Part 2, 6.9): the statement is about a key.
pub const TPM_ST_ATTEST_CERTIFY: u16 = 0x8017;

const ALG_RSA: u16 = 0x0001;
const ALG_SHA256: u16 = 0x000b;
const ALG_SHA384: u16 = 0x000c;
const ALG_SHA512: u16 = 0x000d;
const ALG_NULL: u16 = 0x0010;
const ALG_ECC: u16 = 0x0023;

/// Bytes that are not the structure asked for, or one with algorithms that are not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a TPM 2.0 structure of the kind asked for")]
pub struct TpmError;

/// `TPM_ALG_ID` of a hash that is strong enough to name a key: SHA-1 is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TpmHash {
    /// `TPM_ALG_SHA256`
    Sha256,
    /// `TPM_ALG_SHA384`
    Sha384,
    /// `TPM_ALG_SHA512`
    Sha512,
}

impl TpmHash {
    const fn from_id(id: u16) -> Result<Self, TpmError> {
        match id {
            ALG_SHA256 => Ok(Self::Sha256),
            ALG_SHA384 => Ok(Self::Sha384),
            ALG_SHA512 => Ok(Self::Sha512),
            _ => Err(TpmError),
        }
    }

    const fn id(self) -> u16 {
        match self {
            Self::Sha256 => ALG_SHA256,
            Self::Sha384 => ALG_SHA384,
            Self::Sha512 => ALG_SHA512,
        }
    }

    fn digest(self, bytes: &[u8]) -> aws_lc_rs::digest::Digest {
        use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
        match self {
            Self::Sha256 => digest(&SHA256, bytes),
            Self::Sha384 => digest(&SHA384, bytes),
            Self::Sha512 => digest(&SHA512, bytes),
        }
    }
}

/// `TPMT_PUBLIC` (Part 2, 12.2.4) of an RSA or elliptic-curve key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicArea<'a> {
    /// `nameAlg`
    pub name_alg: TpmHash,
    /// `objectAttributes` (Part 2, 8.3)
    pub attributes: u32,
    /// The key in `parameters` and `unique`.
    pub key: KeyMaterial,
    raw: &'a [u8],
}

impl<'a> PublicArea<'a> {
    /// Reads a `TPMT_PUBLIC`, to its last byte.
    ///
    /// # Errors
    ///
    /// [`TpmError`] if it is none, or its key is of a kind that is not read here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        let mut reader = Reader(bytes);
        let kind = reader.u16()?;
        let name_alg = TpmHash::from_id(reader.u16()?)?;
        let attributes = reader.u32()?;
        let _auth_policy = reader.sized()?;
        let key = match kind {
            ALG_RSA => rsa(&mut reader)?,
            ALG_ECC => ecc(&mut reader)?,
            _ => return Err(TpmError),
        };
        reader.finish()?;
        Ok(Self { name_alg, attributes, key, raw: bytes })
    }

    /// The Name of the key (Part 1, 16): its hash algorithm and the hash of its public area.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        let mut name = self.name_alg.id().to_be_bytes().to_vec();
        name.extend_from_slice(self.name_alg.digest(self.raw).as_ref());
        name
    }
}

/// `TPMS_RSA_PARMS` and `TPM2B_PUBLIC_KEY_RSA`.
fn rsa(reader: &mut Reader<'_>) -> Result<KeyMaterial, TpmError> {
    reader.symmetric()?;
    reader.scheme()?;
    let bits = reader.u16()?;
    // An exponent of zero stands for the default (Part 2, 12.2.3.5).
    let exponent = match reader.u32()? {
        0 => 65_537,
        other => other,
    };
    let n = reader.sized()?;
    if n.len() * 8 != usize::from(bits) {
        return Err(TpmError);
    }
    let e = exponent.to_be_bytes();
    let leading = e.iter().take_while(|byte| **byte == 0).count();
    Ok(KeyMaterial::Rsa { n: n.into(), e: e[leading..].into() })
}

/// `TPMS_ECC_PARMS` and `TPMS_ECC_POINT`.
fn ecc(reader: &mut Reader<'_>) -> Result<KeyMaterial, TpmError> {
    reader.symmetric()?;
    reader.scheme()?;
    let curve = match reader.u16()? {
        0x0003 => Curve::P256,
        0x0004 => Curve::P384,
        0x0005 => Curve::P521,
        _ => return Err(TpmError),
    };
    // TPMT_KDF_SCHEME
    if reader.u16()? != ALG_NULL {
        reader.u16()?;
    }
    let (x, y) = (reader.sized()?, reader.sized()?);
    KeyMaterial::ec2(curve, x, y).ok_or(TpmError)
}

/// `TPMS_ATTEST` (Part 2, 10.12.12) of the kind `TPM_ST_ATTEST_CERTIFY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attest<'a> {
    /// `magic`; must be [`TPM_GENERATED_VALUE`].
    pub magic: u32,
    /// `type`; must be [`TPM_ST_ATTEST_CERTIFY`].
    pub kind: u16,
    /// `extraData`: what the asker gave to be signed with it.
    pub extra_data: &'a [u8],
    /// The body after `firmwareVersion`, read by [`certified_name`](Self::certified_name).
    attested: &'a [u8],
}

impl<'a> Attest<'a> {
    /// Reads the part of a `TPMS_ATTEST` that all kinds share.
    ///
    /// # Errors
    ///
    /// [`TpmError`] if it is cut short.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        let mut reader = Reader(bytes);
        let magic = reader.u32()?;
        let kind = reader.u16()?;
        let _qualified_signer = reader.sized()?;
        let extra_data = reader.sized()?;
        // TPMS_CLOCK_INFO is 8 + 4 + 4 + 1 bytes, firmwareVersion 8.
        reader.take(17 + 8)?;
        Ok(Self { magic, kind, extra_data, attested: reader.0 })
    }

    /// The Name of the certified key (`TPMS_CERTIFY_INFO`, Part 2, 10.12.3).
    ///
    /// # Errors
    ///
    /// [`TpmError`] if the body is not exactly that.
    pub fn certified_name(&self) -> Result<&'a [u8], TpmError> {
        let mut reader = Reader(self.attested);
        let name = reader.sized()?;
        let _qualified_name = reader.sized()?;
        reader.finish()?;
        Ok(name)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], TpmError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(TpmError)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, TpmError> {
        Ok(self.take(2)?.iter().fold(0, |n, byte| n << 8 | u16::from(*byte)))
    }

    fn u32(&mut self) -> Result<u32, TpmError> {
        Ok(self.take(4)?.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
    }

    fn sized(&mut self) -> Result<&'a [u8], TpmError> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// `TPMT_SYM_DEF_OBJECT`: null, or an algorithm with key size and mode.
    fn symmetric(&mut self) -> Result<(), TpmError> {
        if self.u16()? != ALG_NULL {
            self.take(4)?;
        }
        Ok(())
    }

    /// `TPMT_RSA_SCHEME` and `TPMT_ECC_SCHEME`: null, or a scheme with its hash.
    fn scheme(&mut self) -> Result<(), TpmError> {
        match self.u16()? {
            ALG_NULL => Ok(()),
            // RSASSA, RSAPSS, ECDSA, ECSCHNORR, SM2: each followed by one hash.
            0x0014 | 0x0016 | 0x0018 | 0x001b | 0x001c => self.take(2).map(|_| ()),
            _ => Err(TpmError),
        }
    }

    fn finish(self) -> Result<(), TpmError> {
        if self.0.is_empty() { Ok(()) } else { Err(TpmError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An RSA key as Windows makes them: no policy, no scheme, default exponent.
    fn rsa_area(bits: u16, exponent: u32, modulus: usize) -> Vec<u8> {
        let mut area = vec![0, 1, 0, 0x0b, 0, 6, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10];
        area.extend(bits.to_be_bytes());
        area.extend(exponent.to_be_bytes());
        area.extend((modulus as u16).to_be_bytes());
        area.extend(vec![0xff; modulus]);
        area
    }

    #[test]
    fn an_rsa_area_gives_modulus_and_exponent() {
        for (exponent, bytes) in [(0, &[1, 0, 1][..]), (3, &[3])] {
            let area = rsa_area(2048, exponent, 256);
            let read = PublicArea::parse(&area).unwrap();
            assert_eq!(read.key, KeyMaterial::Rsa { n: vec![0xff; 256].into(), e: bytes.into() });
            assert_eq!((read.attributes, read.name().len()), (0x0006_0472, 34));
        }
    }

    #[test]
    fn lengths_must_agree_to_the_last_byte() {
        let good = rsa_area(2048, 0, 256);
        for end in 0..good.len() {
            assert_eq!(PublicArea::parse(&good[..end]), Err(TpmError), "{end}");
        }
        assert_eq!(PublicArea::parse(&[&good[..], &[0]].concat()), Err(TpmError));
        assert_eq!(PublicArea::parse(&rsa_area(2048, 0, 255)), Err(TpmError));
        for end in 0..4 + 2 + 2 + 2 + 25 {
            assert!(Attest::parse(&vec![0; end]).is_err(), "{end}");
        }
        let attest = [0; 4 + 2 + 2 + 2 + 25 + 4];
        assert_eq!(Attest::parse(&attest).unwrap().certified_name(), Ok(&[][..]));
        assert_eq!(Attest::parse(&attest[..38]).unwrap().certified_name(), Err(TpmError));
    }
}
