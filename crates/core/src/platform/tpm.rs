//! `tpm` (WebAuthn L3 §8.3): a TPM 2.0 certifies the key with an attestation key of its own.

use super::x509::{Certificate, oid};
use super::{Attested, Format, Keeper, Statement, StatementError, Subject, packed};
use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents};
use passband_wire::cose::{Algorithm, CoseKey, KeyMaterial};
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
    let alg = AikAlgorithm::from_id(*alg)?;

    // Step 2: the public area holds the credential key.
    let area = PublicArea::parse(pub_area).map_err(|_| StatementError::TpmStructure)?;
    if area.key != *subject.key.material() {
        return Err(StatementError::KeyMismatch);
    }

    // Steps 3 and 4: the TPM speaks about that area, for this registration.
    certified(cert_info, alg, &area, subject)?;

    // Step 5: signed by the attestation key, whose certificate is one of a TPM.
    let aik = Certificate::parse(x5c[0])?;
    alg.verify(aik.key_material()?, cert_info, sig)?;
    requirements(&aik)?;
    packed::aaguid(&aik, &subject.credential.aaguid)?;
    Ok(Attested::certified(Format::Tpm, x5c).kept_by(Keeper::Tpm(area.attributes)))
}

/// The algorithm an attestation key signs and hashes with.
#[derive(Clone, Copy)]
enum AikAlgorithm {
    Cose(Algorithm),
    /// RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8812 §2): what Windows makes its attestation keys with. It is taken
    /// in this place alone. Bytes that a TPM signs under such a key start as the TPM wants, hold its clock, and
    /// leave 64 bytes to the asker: too few for the collisions SHA-1 is known for. And of what `extraData`
    /// hashes, the key itself is named by a stronger hash a second time.
    Rs1,
}

impl AikAlgorithm {
    /// RS1 in the COSE registry.
    const RS1: i64 = -65_535;

    fn from_id(id: i64) -> Result<Self, StatementError> {
        match id {
            Self::RS1 => Ok(Self::Rs1),
            _ => Ok(Self::Cose(Algorithm::from_id(id).map_err(|_| StatementError::AlgorithmUnsupported)?)),
        }
    }

    fn hash(self) -> Option<&'static digest::Algorithm> {
        match self {
            Self::Cose(algorithm) => algorithm.hash(),
            Self::Rs1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        }
    }

    fn verify(self, key: KeyMaterial, message: &[u8], signature: &[u8]) -> Result<(), StatementError> {
        let unsupported = |_| StatementError::AlgorithmUnsupported;
        match (self, &key) {
            (Self::Rs1, KeyMaterial::Rsa { n, e }) => {
                // No weaker a key than for any other hash.
                CoseKey::new(Algorithm::Rs256, key.clone()).map_err(unsupported)?;
                RsaPublicKeyComponents { n, e }
                    .verify(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, message, signature)
                    .map_err(|_| StatementError::BadSignature)
            }
            (Self::Rs1, _) => Err(StatementError::AlgorithmUnsupported),
            (Self::Cose(algorithm), _) => {
                let key = CoseKey::new(algorithm, key).map_err(unsupported)?;
                key.verify(message, signature).map_err(|_| StatementError::BadSignature)
            }
        }
    }
}

fn certified(
    cert_info: &[u8],
    alg: AikAlgorithm,
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
