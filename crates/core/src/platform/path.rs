//! From an attestation certificate to somebody trusted (RFC 5280 §6, without revocation and policies).

use super::MAX_CHAIN;
use super::x509::{Certificate, CertificateError, MAX_CERTIFICATE, oid};
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::b64;
use passband_wire::time::Timestamp;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};

/// A certificate the caller trusts: a root, an intermediate, or one leaf that is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustAnchor(Vec<u8>);

impl TrustAnchor {
    /// An anchor of a certificate in DER. Its own dates are the caller's business (RFC 5280 §6.1.1 (d)).
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if the bytes are not a certificate.
    pub fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        Certificate::parse(&der)?;
        Ok(Self(der))
    }

    /// An anchor of one certificate in PEM (RFC 7468 §5); text before and after it is skipped.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if the text does not hold exactly one certificate.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----").ok_or(CertificateError::Malformed)?;
        let (body, rest) = rest.split_once("-----END CERTIFICATE-----").ok_or(CertificateError::Malformed)?;
        // Of a bundle, nobody would know which was meant.
        if rest.contains("-----BEGIN") {
            return Err(CertificateError::Malformed);
        }
        let body: String = body.split_ascii_whitespace().collect();
        let der = b64::decode_std(&body, MAX_CERTIFICATE).map_err(|_| CertificateError::Malformed)?;
        Self::from_der(der)
    }

    /// The certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint(&self.0)
    }

    /// Whether both are certificates of one key under one name: a root and its renewal.
    pub(super) fn is_same_authority(&self, other: &Self) -> bool {
        let (Ok(own), Ok(other)) = (Certificate::parse(&self.0), Certificate::parse(&other.0)) else {
            return false;
        };
        own.subject() == other.subject()
            && matches!((own.public_key_info(), other.public_key_info()), (Ok(a), Ok(b)) if a == b)
    }
}

/// A chain of certificates that leads to an anchor. Only [`verify`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedPath {
    anchor: [u8; 32],
}

impl TrustedPath {
    /// SHA-256 of the anchor's certificate.
    #[must_use]
    pub const fn anchor(&self) -> &[u8; 32] {
        &self.anchor
    }
}

/// Why a chain was refused: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum PathError {
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    #[error("a certificate has a critical extension that is not understood")]
    CriticalExtension,
    #[error("a certificate has expired")]
    Expired,
    #[error("there is no certificate, or too many")]
    Length,
    #[error("a certificate was not issued by the next one")]
    NotIssuedByNext,
    #[error("an issuer is not a certificate authority for chains of this length")]
    NotAuthority,
    #[error("a certificate is not valid yet")]
    NotYetValid,
    #[error("the chain leads to no trusted certificate")]
    Untrusted,
}

impl PathError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Certificate(_) => "attestation_certificate_malformed",
            Self::CriticalExtension => "attestation_path_critical_extension",
            Self::Expired => "attestation_path_expired",
            Self::Length => "attestation_path_length",
            Self::NotIssuedByNext => "attestation_path_broken",
            Self::NotAuthority => "attestation_path_not_authority",
            Self::NotYetValid => "attestation_path_not_yet_valid",
            Self::Untrusted => "attestation_path_untrusted",
        }
    }
}

/// Follows `chain` (DER, leaf first) to one of `anchors`, at the instant `now`.
///
/// The chain is a line: each certificate is issued by the next, none is left over, so what a sender adds
/// has to belong. It may end below the anchor or with it; a chain that holds an anchor anywhere, be it the
/// leaf itself (FIDO Metadata 3.1 §3.1.6), is trusted there.
///
/// # Errors
///
/// [`PathError`] says which link does not hold.
pub fn verify(chain: &[Vec<u8>], anchors: &[TrustAnchor], now: Timestamp) -> Result<TrustedPath, PathError> {
    if !(1..=MAX_CHAIN).contains(&chain.len()) {
        return Err(PathError::Length);
    }
    let line = chain.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>, _>>()?;
    for certificate in &line {
        is_usable(certificate, now)?;
    }
    for (below, pair) in line.windows(2).enumerate() {
        is_issued(&pair[0], &pair[1], below)?;
    }
    let last = &line[line.len() - 1];
    for TrustAnchor(der) in anchors {
        if line.iter().any(|certificate| certificate.der() == der) {
            return Ok(TrustedPath { anchor: fingerprint(der) });
        }
        let anchor = Certificate::parse(der)?;
        // Several anchors may bear one name: a maker's root renewed. The key decides.
        if last.names_as_issuer(&anchor) && anchor.has_signed(last) {
            is_authority(&anchor, line.len() - 1)?;
            return Ok(TrustedPath { anchor: fingerprint(der) });
        }
    }
    Err(PathError::Untrusted)
}

/// The chain without the root its sender may have put at its end. A root is trusted because we have it, not because
/// it is sent; and makers send old copies of roots that were renewed since, whose dates must not count.
#[must_use]
pub fn without_root(chain: &[Vec<u8>]) -> &[Vec<u8>] {
    match chain {
        [rest @ .., last]
            if !rest.is_empty() && Certificate::parse(last).is_ok_and(|c| c.is_self_issued()) =>
        {
            rest
        }
        chain => chain,
    }
}

fn fingerprint(der: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, der).as_ref());
    out
}

/// RFC 5280 §6.1.3 (a)(2) and §6.1.4 (o).
fn is_usable(certificate: &Certificate<'_>, now: Timestamp) -> Result<(), PathError> {
    let (start, end) = certificate.starts_and_ends();
    if now < start {
        return Err(PathError::NotYetValid);
    }
    if now > end {
        return Err(PathError::Expired);
    }
    let understood = [
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        // With any policy allowed at the start there is nothing to decide (RFC 5280 §6.1.1 (c)).
        oid::CERTIFICATE_POLICIES,
    ];
    let mut critical = certificate.extensions().iter().filter(|extension| extension.critical);
    if critical.any(|extension| !understood.contains(&extension.extn_id)) {
        return Err(PathError::CriticalExtension);
    }
    Ok(())
}

/// RFC 5280 §6.1.3 (a)(1) and (a)(4). `below`: how many certificates stand below `issued`.
fn is_issued(issued: &Certificate<'_>, by: &Certificate<'_>, below: usize) -> Result<(), PathError> {
    if !issued.names_as_issuer(by) || !by.has_signed(issued) {
        return Err(PathError::NotIssuedByNext);
    }
    is_authority(by, below)
}

/// RFC 5280 §6.1.4 (k) to (n). `below`: how many certificates stand between it and the leaf.
fn is_authority(issuer: &Certificate<'_>, below: usize) -> Result<(), PathError> {
    let constraints: Option<BasicConstraints> = issuer.decode(oid::BASIC_CONSTRAINTS)?;
    let allowed = match constraints {
        Some(BasicConstraints { ca: true, path_len_constraint: None }) => true,
        Some(BasicConstraints { ca: true, path_len_constraint: Some(most) }) => below <= usize::from(most),
        _ => false,
    };
    let usage: Option<KeyUsage> = issuer.decode(oid::KEY_USAGE)?;
    let signs = usage.is_none_or(|usage| usage.0.contains(KeyUsages::KeyCertSign));
    if allowed && signs { Ok(()) } else { Err(PathError::NotAuthority) }
}
