//! `tpm` (WebAuthn L3 §8.3): a TPM 2.0 certifies the key with an attestation key of its own.

use super::x509::{Certificate, oid};
use super::{Attested, Format, Statement, StatementError, Subject, packed};
use aws_lc_rs::digest;
use passband_wire::cose::{Algorithm, CoseKey};
use passband_wire::tpm::{Attest, PublicArea, TPM_GENERATED_VALUE, TPM_ST_ATTEST_CERTIFY};
use x509_cert::Version;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

/// `tcg-kp-AIKCertificate`: the extended key usage of an attestation key.
const AIK_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.3");
/// Manufacturer, model and version of a TPM (TPM EK Profile §3.1.2).
const TPM_NAMES: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("2.23.133.2.1"),
    ObjectIdentifier::new_unwrap("2.23.133.2.2"),
    ObjectIdentifier::new_unwrap("2.23.133.2.3"),
];

pub(super) fn verify(statement: &Statement<'_>, subject: &Subject<'_>) -> Result<Attested, StatementError> {
    // Step 1: the members.
    let Statement {
        alg: Some(alg),
        sig: Some(sig),
        ver: Some(ver),
        x5c: Some(x5c),
        cert_info: Some(cert_info),
        pub_area: Some(pub_area),
    } = statement
    else {
        return Err(StatementError::Malformed);
    };
    if *ver != "2.0" {
        return Err(StatementError::TpmVersion);
    }
    let alg = Algorithm::from_id(*alg).map_err(|_| StatementError::AlgorithmUnsupported)?;

    // Step 2: the public area holds the credential key.
    let area = PublicArea::parse(pub_area).map_err(|_| StatementError::TpmStructure)?;
    if area.key != *subject.key.material() {
        return Err(StatementError::KeyMismatch);
    }

    // Steps 3 and 4: the TPM speaks about that area, for this registration.
    certified(cert_info, alg, &area, subject)?;

    // Step 5: signed by the attestation key, whose certificate is one of a TPM.
    let aik = Certificate::parse(x5c[0])?;
    let key = CoseKey::new(alg, aik.key_material()?).map_err(|_| StatementError::AlgorithmUnsupported)?;
    key.verify(cert_info, sig).map_err(|_| StatementError::BadSignature)?;
    requirements(&aik)?;
    packed::aaguid(&aik, &subject.credential.aaguid)?;
    Ok(Attested::certified(Format::Tpm, x5c))
}

fn certified(
    cert_info: &[u8],
    alg: Algorithm,
    area: &PublicArea<'_>,
    subject: &Subject<'_>,
) -> Result<(), StatementError> {
    let attest = Attest::parse(cert_info).map_err(|_| StatementError::TpmStructure)?;
    // A restricted key signs foreign bytes only if they do not start so: what does, the TPM made.
    if attest.magic != TPM_GENERATED_VALUE {
        return Err(StatementError::TpmMagic);
    }
    if attest.kind != TPM_ST_ATTEST_CERTIFY {
        return Err(StatementError::TpmType);
    }
    let hash = alg.hash().ok_or(StatementError::AlgorithmUnsupported)?;
    if attest.extra_data != digest::digest(hash, &subject.signed()).as_ref() {
        return Err(StatementError::TpmExtraData);
    }
    let name = attest.certified_name().map_err(|_| StatementError::TpmStructure)?;
    if name == area.name() { Ok(()) } else { Err(StatementError::TpmName) }
}

/// Certificate requirements (§8.3.1).
fn requirements(aik: &Certificate<'_>) -> Result<(), StatementError> {
    if aik.version() != Version::V3 {
        return Err(StatementError::CertificateVersion);
    }
    if !aik.subject().is_empty() {
        return Err(StatementError::AikSubjectNotEmpty);
    }
    let names: SubjectAltName =
        aik.decode(oid::SUBJECT_ALT_NAME)?.ok_or(StatementError::AikSubjectAlternativeName)?;
    let has = |kind: &ObjectIdentifier| {
        names.0.iter().any(|name| match name {
            GeneralName::DirectoryName(name) => {
                name.iter_rdn().flat_map(|rdn| rdn.iter()).any(|part| part.oid == *kind)
            }
            _ => false,
        })
    };
    if !TPM_NAMES.iter().all(has) {
        return Err(StatementError::AikSubjectAlternativeName);
    }
    let usages: Option<ExtendedKeyUsage> = aik.decode(oid::EXTENDED_KEY_USAGE)?;
    if !usages.is_some_and(|usages| usages.0.contains(&AIK_USAGE)) {
        return Err(StatementError::AikKeyUsage);
    }
    aik.require_end_entity()
}
