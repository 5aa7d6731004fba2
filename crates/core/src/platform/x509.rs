//! X.509 certificates (RFC 5280) as attestations use them.

use super::StatementError;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use passband_wire::cose::{Curve, KeyMaterial};
use passband_wire::time::Timestamp;
use x509_cert::Version;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, DecodeOwned, Encode as _, Reader, SliceReader};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::time::Time;

/// Longest certificate that is read, in bytes.
pub(super) const MAX_CERTIFICATE: usize = 8 * 1024;

/// The object identifiers used by more than one format.
pub(super) mod oid {
    use x509_cert::der::asn1::ObjectIdentifier;

    macro_rules! oids {
        ($($name:ident = $value:literal;)*) => {$(
            pub(in crate::platform) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($value);
        )*};
    }

    oids! {
        COMMON_NAME = "2.5.4.3";
        COUNTRY = "2.5.4.6";
        ORGANIZATION = "2.5.4.10";
        ORGANIZATIONAL_UNIT = "2.5.4.11";

        KEY_USAGE = "2.5.29.15";
        SUBJECT_ALT_NAME = "2.5.29.17";
        BASIC_CONSTRAINTS = "2.5.29.19";
        CERTIFICATE_POLICIES = "2.5.29.32";
        EXTENDED_KEY_USAGE = "2.5.29.37";

        EC_PUBLIC_KEY = "1.2.840.10045.2.1";
        ED25519 = "1.3.101.112";
        RSA_ENCRYPTION = "1.2.840.113549.1.1.1";

        P256 = "1.2.840.10045.3.1.7";
        P384 = "1.3.132.0.34";
        P521 = "1.3.132.0.35";

        ECDSA_SHA256 = "1.2.840.10045.4.3.2";
        ECDSA_SHA384 = "1.2.840.10045.4.3.3";
        ECDSA_SHA512 = "1.2.840.10045.4.3.4";
        RSA_SHA256 = "1.2.840.113549.1.1.11";
        RSA_SHA384 = "1.2.840.113549.1.1.12";
        RSA_SHA512 = "1.2.840.113549.1.1.13";
    }
}

/// Bytes that are not a certificate this floor can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// An extension stands twice, or does not hold what it should.
    #[error("an extension is malformed, or there twice")]
    Extension,
    /// The public key is of a kind that is not verified with here.
    #[error("public key is of an unsupported kind")]
    Key,
    /// Not one certificate in DER, or too long.
    #[error("not a certificate in DER")]
    Malformed,
}

/// A certificate with the bytes its issuer signed.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    inner: x509_cert::Certificate,
}

impl<'a> Certificate<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::Malformed);
        }
        let inner = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
        // The bytes as they came, not as they would be written again: the signature is over those.
        let tbs = SliceReader::new(der)
            .and_then(|mut reader| AnyRef::decode(&mut reader))
            .and_then(|outer| SliceReader::new(outer.value())?.tlv_bytes())
            .map_err(|_| CertificateError::Malformed)?;
        Ok(Self { der, tbs, inner })
    }

    pub(super) const fn der(&self) -> &'a [u8] {
        self.der
    }

    pub(super) fn version(&self) -> Version {
        self.inner.tbs_certificate().version()
    }

    pub(super) fn subject(&self) -> &Name {
        self.inner.tbs_certificate().subject()
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.inner.tbs_certificate().issuer() == self.subject()
    }

    /// The values of one kind in the subject.
    pub(super) fn subject_texts(&self, kind: ObjectIdentifier) -> Vec<&str> {
        let parts = self.subject().iter_rdn().flat_map(|rdn| rdn.iter()).filter(|part| part.oid == kind);
        // The string types attestation certificates use are ASCII or UTF-8; others read as empty.
        parts.map(|part| std::str::from_utf8(part.value.value()).unwrap_or_default()).collect()
    }

    pub(super) fn extensions(&self) -> &[Extension] {
        self.inner.tbs_certificate().extensions().map_or(&[], |list| list)
    }

    pub(super) fn extension(&self, kind: ObjectIdentifier) -> Result<Option<&Extension>, CertificateError> {
        let mut found = self.extensions().iter().filter(|extension| extension.extn_id == kind);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            // RFC 5280 §4.2: at most one of each kind.
            _ => Err(CertificateError::Extension),
        }
    }

    pub(super) fn decode<T: DecodeOwned>(
        &self,
        kind: ObjectIdentifier,
    ) -> Result<Option<T>, CertificateError> {
        let Some(extension) = self.extension(kind)? else { return Ok(None) };
        let value = T::from_der(extension.extn_value.as_bytes()).map_err(|_| CertificateError::Extension)?;
        Ok(Some(value))
    }

    /// §8.2.1, §8.3.1: basic constraints are there, and say that this is no authority.
    pub(super) fn require_end_entity(&self) -> Result<(), StatementError> {
        match self.decode::<BasicConstraints>(oid::BASIC_CONSTRAINTS)? {
            Some(BasicConstraints { ca: false, .. }) => Ok(()),
            _ => Err(StatementError::CertificateAuthority),
        }
    }

    /// Whether `now` is within its dates (RFC 5280 §4.1.2.5: both ends belong to it).
    pub(super) fn starts_and_ends(&self) -> (Timestamp, Timestamp) {
        let validity = self.inner.tbs_certificate().validity();
        let at =
            |time: &Time| Timestamp(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX));
        (at(&validity.not_before), at(&validity.not_after))
    }

    pub(super) fn key_material(&self) -> Result<KeyMaterial, CertificateError> {
        let info = self.inner.tbs_certificate().subject_public_key_info();
        let bytes = info.subject_public_key.as_bytes().ok_or(CertificateError::Key)?;
        match info.algorithm.oid {
            oid::EC_PUBLIC_KEY => {
                let curve = self.curve().ok_or(CertificateError::Key)?;
                // SEC 1 §2.3.3: uncompressed points only, as WebAuthn has them.
                if bytes.first() != Some(&4) || bytes.len() != 1 + 2 * curve.coordinate_len() {
                    return Err(CertificateError::Key);
                }
                Ok(KeyMaterial::Ec2 { curve, point: bytes.into() })
            }
            oid::ED25519 => Ok(KeyMaterial::Ed25519(bytes.try_into().map_err(|_| CertificateError::Key)?)),
            oid::RSA_ENCRYPTION => rsa(bytes).map_err(|_| CertificateError::Key),
            _ => Err(CertificateError::Key),
        }
    }

    /// Its serial number, big-endian.
    pub(super) fn serial(&self) -> &[u8] {
        self.inner.tbs_certificate().serial_number().as_bytes()
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(super) fn public_key_info(&self) -> Result<Vec<u8>, CertificateError> {
        let info = self.inner.tbs_certificate().subject_public_key_info();
        info.to_der().map_err(|_| CertificateError::Key)
    }

    /// RFC 5280 §4.2.1.2, method 1: SHA-1 of the public key. A name, not a defence: what is found by it must
    /// still lead to a root.
    pub(super) fn key_identifier(&self) -> Result<[u8; 20], CertificateError> {
        let info = self.inner.tbs_certificate().subject_public_key_info();
        let key = info.subject_public_key.as_bytes().ok_or(CertificateError::Key)?;
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key);
        hash.as_ref().try_into().map_err(|_| CertificateError::Key)
    }

    /// Whether `host` is one of the names it is for (RFC 6125 §6.4, without wildcards).
    pub(super) fn is_for_host(&self, host: &str) -> Result<bool, CertificateError> {
        let names: Option<SubjectAltName> = self.decode(oid::SUBJECT_ALT_NAME)?;
        Ok(names.is_some_and(|names| {
            names.0.iter().any(|name| match name {
                GeneralName::DnsName(name) => name.as_str().eq_ignore_ascii_case(host),
                _ => false,
            })
        }))
    }

    /// Whether `issued` is signed with this certificate's key.
    pub(super) fn has_signed(&self, issued: &Certificate<'_>) -> bool {
        // RFC 5280 §4.1.1.2: the algorithm inside the signed part and the one beside it are the same.
        let (inside, beside) =
            (issued.inner.tbs_certificate().signature(), issued.inner.signature_algorithm());
        let key = self.inner.tbs_certificate().subject_public_key_info().subject_public_key.as_bytes();
        let (Some(algorithm), Some(key), Some(signature)) =
            (self.verification(beside.oid), key, issued.inner.signature().as_bytes())
        else {
            return false;
        };
        inside == beside && UnparsedPublicKey::new(algorithm, key).verify(issued.tbs, signature).is_ok()
    }

    /// How a signature of this algorithm verifies with this certificate's key. SHA-1 is none of them.
    fn verification(&self, algorithm: ObjectIdentifier) -> Option<&'static dyn VerificationAlgorithm> {
        let key = self.inner.tbs_certificate().subject_public_key_info().algorithm.oid;
        let ec = key == oid::EC_PUBLIC_KEY;
        Some(match (algorithm, self.curve()) {
            (oid::ECDSA_SHA256, Some(Curve::P256)) if ec => &signature::ECDSA_P256_SHA256_ASN1,
            (oid::ECDSA_SHA384, Some(Curve::P256)) if ec => &signature::ECDSA_P256_SHA384_ASN1,
            (oid::ECDSA_SHA512, Some(Curve::P256)) if ec => &signature::ECDSA_P256_SHA512_ASN1,
            (oid::ECDSA_SHA256, Some(Curve::P384)) if ec => &signature::ECDSA_P384_SHA256_ASN1,
            (oid::ECDSA_SHA384, Some(Curve::P384)) if ec => &signature::ECDSA_P384_SHA384_ASN1,
            (oid::ECDSA_SHA512, Some(Curve::P384)) if ec => &signature::ECDSA_P384_SHA512_ASN1,
            (oid::ECDSA_SHA256, Some(Curve::P521)) if ec => &signature::ECDSA_P521_SHA256_ASN1,
            (oid::ECDSA_SHA384, Some(Curve::P521)) if ec => &signature::ECDSA_P521_SHA384_ASN1,
            (oid::ECDSA_SHA512, Some(Curve::P521)) if ec => &signature::ECDSA_P521_SHA512_ASN1,
            (oid::ED25519, _) if key == oid::ED25519 => &signature::ED25519,
            (oid::RSA_SHA256, _) if key == oid::RSA_ENCRYPTION => &signature::RSA_PKCS1_2048_8192_SHA256,
            (oid::RSA_SHA384, _) if key == oid::RSA_ENCRYPTION => &signature::RSA_PKCS1_2048_8192_SHA384,
            (oid::RSA_SHA512, _) if key == oid::RSA_ENCRYPTION => &signature::RSA_PKCS1_2048_8192_SHA512,
            _ => return None,
        })
    }

    fn curve(&self) -> Option<Curve> {
        let info = self.inner.tbs_certificate().subject_public_key_info();
        match info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()? {
            oid::P256 => Some(Curve::P256),
            oid::P384 => Some(Curve::P384),
            oid::P521 => Some(Curve::P521),
            _ => None,
        }
    }

    /// Whether this certificate names `issuer` as its own.
    pub(super) fn names_as_issuer(&self, issuer: &Certificate<'_>) -> bool {
        self.inner.tbs_certificate().issuer() == issuer.subject()
    }
}

/// `RSAPublicKey` (RFC 8017 A.1.1).
fn rsa(bytes: &[u8]) -> Result<KeyMaterial, x509_cert::der::Error> {
    let mut reader = SliceReader::new(bytes)?;
    let key = reader.sequence(|reader| {
        let (n, e) = (UintRef::decode(reader)?, UintRef::decode(reader)?);
        Ok::<_, x509_cert::der::Error>(KeyMaterial::Rsa { n: n.as_bytes().into(), e: e.as_bytes().into() })
    })?;
    reader.finish()?;
    Ok(key)
}
