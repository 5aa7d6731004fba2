//! `apple` (WebAuthn L3 §8.8): an anonymous certificate for this one key and registration.

use super::x509::Certificate;
use super::{Attested, Format, Statement, StatementError, Subject};
use aws_lc_rs::digest::{SHA256, digest};
use x509_cert::der::asn1::{ContextSpecific, ObjectIdentifier, OctetString};
use x509_cert::der::{Error, Reader, SliceReader, TagNumber};

/// Apple's nonce extension (§8.8).
const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.8.2");

pub(super) fn verify(statement: &Statement<'_>, subject: &Subject<'_>) -> Result<Attested, StatementError> {
    // Step 1: the members.
    let Statement { alg: None, sig: None, ver: None, x5c: Some(x5c), cert_info: None, pub_area: None } =
        statement
    else {
        return Err(StatementError::Malformed);
    };
    let leaf = Certificate::parse(x5c[0])?;

    // Steps 2 to 4: there is no signature; the certificate carries the hash of what was to be signed.
    let expected = digest(&SHA256, &subject.signed());
    let extension = leaf.extension(NONCE)?.ok_or(StatementError::AppleNonce)?;
    let nonce = nonce(extension.extn_value.as_bytes()).map_err(|_| StatementError::AppleNonce)?;
    if nonce.as_bytes() != expected.as_ref() {
        return Err(StatementError::AppleNonce);
    }

    // Step 5: the certificate is for the credential key.
    if leaf.key_material()? != *subject.key.material() {
        return Err(StatementError::KeyMismatch);
    }
    Ok(Attested::certified(Format::Apple, x5c))
}

/// `SEQUENCE { [1] EXPLICIT OCTET STRING }`
fn nonce(bytes: &[u8]) -> Result<OctetString, Error> {
    let mut reader = SliceReader::new(bytes)?;
    let nonce =
        reader.sequence(|reader| ContextSpecific::<OctetString>::decode_explicit(reader, TagNumber(1)))?;
    reader.finish()?;
    nonce.map(|nonce| nonce.value).ok_or_else(|| x509_cert::der::ErrorKind::Failed.into())
}
