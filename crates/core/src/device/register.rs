//! Device registration (MS-DVRJ; prt.md §3): what a device must bring to get an identity.

use super::suite::Suite;
use crate::directory::JoinType;
use crate::reason::Reason;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use passband_wire::b64;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::rsa;
use passband_wire::prt::join::{CSR_COMMON_NAME, JOIN_TYPE_JOIN, JOIN_TYPE_REGISTER, JoinRequest};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::request::CertReq;

/// How many devices a person may have (attack A13).
pub const QUOTA: i64 = 20;

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// The keys and description a device brought, its key shown to be its own. Only [`accept`] makes one.
#[derive(Debug)]
pub struct Applicant {
    device_key: Vec<u8>,
    transport_key: Vec<u8>,
    join: JoinType,
    name: String,
    os: String,
    os_version: String,
}

impl Applicant {
    /// Public device key, DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn device_key(&self) -> &[u8] {
        &self.device_key
    }

    /// Public transport key, DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn transport_key(&self) -> &[u8] {
        &self.transport_key
    }

    /// Joined or registered.
    #[must_use]
    pub const fn join(&self) -> JoinType {
        self.join
    }

    /// Display name, or a plain one if it brought none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Operating system, as it says.
    #[must_use]
    pub fn os(&self) -> &str {
        &self.os
    }

    /// Its version, as it says.
    #[must_use]
    pub fn os_version(&self) -> &str {
        &self.os_version
    }
}

/// Reads and checks a registration request, for a person who has `owned` devices already.
///
/// # Errors
///
/// [`Reason::DeviceQuota`] or [`Reason::DeviceRequestMalformed`].
pub fn accept(request: &JoinRequest, owned: i64) -> Result<Applicant, Reason> {
    if owned >= QUOTA {
        return Err(Reason::DeviceQuota);
    }
    read(request).ok_or(Reason::DeviceRequestMalformed)
}

fn read(request: &JoinRequest) -> Option<Applicant> {
    let join = match request.join_type {
        JOIN_TYPE_JOIN => JoinType::Joined,
        JOIN_TYPE_REGISTER => JoinType::Registered,
        _ => return None,
    };
    if request.certificate_request.r#type != "pkcs10" {
        return None;
    }
    let device_key = key_of_csr(&b64::decode_std(&request.certificate_request.data, 8 * 1024).ok()?)?;
    let transport_key = transport_key(request, Suite::of_key(&device_key))?;
    let name = plain(&request.device_display_name);
    Some(Applicant {
        device_key,
        transport_key,
        join,
        name: if name.is_empty() { "Unnamed device".to_owned() } else { name },
        os: plain(&request.device_type),
        os_version: plain(&request.os_version),
    })
}

/// The transport key, of the same kind as the device key: the suite is one, and it is recorded with the keys (ADR 0020).
fn transport_key(request: &JoinRequest, suite: Suite) -> Option<Vec<u8>> {
    match (suite, request.device_keys.as_slice()) {
        (Suite::SessionKey, []) => {
            rsa::spki_from_bcrypt_blob(&b64::decode_std(&request.transport_key, 1024).ok()?).ok()
        }
        (Suite::DeviceKey, [key]) if request.transport_key.is_empty() => Some(key.transport_key()?.spki()),
        // Two keys for one use, or one of the other suite: whoever reads it must not have to choose.
        _ => None,
    }
}

/// Text as a device may say it of itself: one line, printable, at most 100 characters.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect::<String>().trim().to_owned()
}

/// The key of a PKCS#10 request (RFC 2986) that its own key signed: proof of possession, and RSA-2048 or P-256.
fn key_of_csr(der: &[u8]) -> Option<Vec<u8>> {
    let csr = CertReq::from_der(der).ok()?;
    let mut attributes = csr.info.subject.iter();
    let (subject, more) = (attributes.next()?, attributes.next());
    let value = subject.value.value();
    if subject.oid != COMMON_NAME || value != CSR_COMMON_NAME.as_bytes() || more.is_some() {
        return None;
    }
    let spki = csr.info.public_key.to_der().ok()?;
    let (spki, key) = match csr.algorithm.oid {
        SHA256_WITH_RSA => rsa_key(&spki)?,
        ECDSA_WITH_SHA256 => p256_key(&spki)?,
        _ => return None,
    };
    key.verify_sig(&csr.info.to_der().ok()?, csr.signature.as_bytes()?).ok()?;
    Some(spki)
}

/// An RSA-2048 key re-encoded from its parts: one key has one stored form.
fn rsa_key(spki: &[u8]) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let (modulus, exponent) = rsa::components_from_spki(spki).ok()?;
    let spki = rsa::spki_from_components(&modulus, &exponent).ok()?;
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki).ok()?;
    Some((spki, key))
}

/// A P-256 key, which has one form.
fn p256_key(spki: &[u8]) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let public = EcPublicKey::from_spki(spki).ok()?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public.point()).ok()?;
    Some((public.spki(), key))
}
