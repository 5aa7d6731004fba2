//! `packed` (WebAuthn L3 §8.2): the format of security keys.

use super::x509::{Certificate, oid};
use super::{AttestationType, Attested, Format, Statement, StatementError, Subject};
use passband_wire::cose::{Algorithm, CoseKey};
use x509_cert::Version;
use x509_cert::der::asn1::OctetStringRef;
use x509_cert::der::{Decode, asn1::ObjectIdentifier};

/// `id-fido-gen-ce-aaguid` (§8.2.1).
const AAGUID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.45724.1.1.4");

/// `id-fido-gen-ce-fw-version`: the firmware of the authenticator (§8.2.1).
const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.45724.1.1.5");

pub(super) fn verify(statement: &Statement<'_>, subject: &Subject<'_>) -> Result<Attested, StatementError> {
    // Step 1: the members.
    let Statement { alg: Some(alg), sig: Some(sig), ver: None, x5c, cert_info: None, pub_area: None } =
        statement
    else {
        return Err(StatementError::Malformed);
    };
    let alg = Algorithm::from_id(*alg).map_err(|_| StatementError::AlgorithmUnsupported)?;
    match x5c {
        Some(x5c) => certified(alg, sig, x5c, subject),
        None => self_signed(alg, sig, subject),
    }
}

/// Step 2: `x5c` is there.
fn certified(
    alg: Algorithm,
    sig: &[u8],
    x5c: &[&[u8]],
    subject: &Subject<'_>,
) -> Result<Attested, StatementError> {
    let leaf = Certificate::parse(x5c[0])?;
    // Signed with the leaf's key, by the algorithm named.
    let key = CoseKey::new(alg, leaf.key_material()?).map_err(|_| StatementError::AlgorithmUnsupported)?;
    key.verify(&subject.signed(), sig).map_err(|_| StatementError::BadSignature)?;
    requirements(&leaf)?;
    aaguid(&leaf, &subject.credential.aaguid)?;
    // §8.2: the chain follows the leaf, and ends below the root. A maker who ships the root lets the
    // authenticator choose what it is trusted by.
    for der in &x5c[1..] {
        if Certificate::parse(der)?.is_self_issued() {
            return Err(StatementError::RootInChain);
        }
    }
    Ok(Attested::certified(Format::Packed, x5c))
}

/// Step 3: self attestation.
fn self_signed(alg: Algorithm, sig: &[u8], subject: &Subject<'_>) -> Result<Attested, StatementError> {
    if alg != subject.key.algorithm() {
        return Err(StatementError::AlgorithmMismatch);
    }
    subject.key.verify(&subject.signed(), sig).map_err(|_| StatementError::BadSignature)?;
    Ok(Attested::new(Format::Packed, AttestationType::SelfSigned))
}

/// Certificate requirements (§8.2.1).
fn requirements(leaf: &Certificate<'_>) -> Result<(), StatementError> {
    if leaf.version() != Version::V3 {
        return Err(StatementError::CertificateVersion);
    }
    let country = leaf.subject_texts(oid::COUNTRY);
    let country =
        matches!(&country[..], [code] if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()));
    let one_text = |kind| matches!(&leaf.subject_texts(kind)[..], [text] if !text.is_empty());
    let unit = leaf.subject_texts(oid::ORGANIZATIONAL_UNIT) == ["Authenticator Attestation"];
    if !(country && unit && one_text(oid::ORGANIZATION) && one_text(oid::COMMON_NAME)) {
        return Err(StatementError::CertificateSubject);
    }
    leaf.require_end_entity()
}

/// If the certificate names a model, it is the one the authenticator data name. Without the extension one
/// batch certificate may serve several models, and the path decides.
pub(super) fn aaguid(leaf: &Certificate<'_>, aaguid: &[u8; 16]) -> Result<(), StatementError> {
    let Some(extension) = leaf.extension(AAGUID)? else {
        return Ok(());
    };
    if extension.critical {
        return Err(StatementError::AaguidExtensionCritical);
    }
    let inner = <&OctetStringRef>::from_der(extension.extn_value.as_bytes())
        .map_err(|_| StatementError::AaguidMismatch)?;
    if inner.as_bytes() == aaguid { Ok(()) } else { Err(StatementError::AaguidMismatch) }
}

/// The firmware version an attestation certificate names, if it names one that can be read.
pub(super) fn firmware(leaf: &Certificate<'_>) -> Option<u64> {
    let extension = leaf.extension(FIRMWARE).ok().flatten()?;
    u64::from_der(extension.extn_value.as_bytes()).ok()
}
