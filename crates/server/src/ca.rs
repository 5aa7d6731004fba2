//! The device CA: gives each device a certificate for its key (prt.md §3.4).

use passband_core::device::register::Applicant;
use passband_core::device::suite::Suite;
use passband_core::directory::JoinType;
use passband_core::id::{DeviceId, TenantId, UserId};
use passband_core::rng::{self, Random};
use passband_core::time::{Seconds, Timestamp};
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::rsa;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SerialNumber,
    SignatureAlgorithm, date_time_ymd,
};
use serde::{Deserialize, Serialize};

/// How long a device certificate is good. No client renews one; what ends it is the device's standing.
pub const VALIDITY: Seconds = Seconds::days(3650);

/// Root of the object identifiers of device certificates (MS-DVRJ §2.2.3).
const ARC: [u64; 8] = [1, 2, 840, 113_556, 1, 5, 284, 0];

/// Something the certificate library refused.
#[derive(Debug, thiserror::Error)]
#[error("device CA: {0}")]
pub struct CaError(#[from] rcgen::Error);

/// The private key and certificate of the CA.
pub struct DeviceCa {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
}

impl std::fmt::Debug for DeviceCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceCa(..)")
    }
}

/// The CA at rest, before it is sealed.
#[derive(Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct CaAtRest {
    key: Vec<u8>,
    certificate: Vec<u8>,
}

/// Whom a certificate is for.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// The device.
    pub device: DeviceId,
    /// Its owner.
    pub owner: UserId,
    /// The tenant.
    pub tenant: TenantId,
}

impl CaAtRest {
    /// A fresh CA for a tenant.
    ///
    /// # Errors
    ///
    /// [`CaError`] if the library refuses.
    pub fn generate(tenant: TenantId) -> Result<Self, CaError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Passband Device CA");
        params.distinguished_name.push(DnType::OrganizationalUnitName, tenant.to_string());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2120, 1, 1);
        let certificate = params.self_signed(&key)?.der().to_vec();
        Ok(Self { key: key.serialize_der(), certificate })
    }
}

impl DeviceCa {
    /// The CA of what was at rest.
    ///
    /// # Errors
    ///
    /// [`CaError`] if it cannot be read.
    pub fn open(at_rest: &CaAtRest) -> Result<Self, CaError> {
        let key = KeyPair::try_from(at_rest.key.as_slice())?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Passband Device CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Ok(Self { issuer: Issuer::new(params, key), certificate: at_rest.certificate.clone() })
    }

    /// Its certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A certificate for an applicant's device key: subject exactly `CN=<device id>`.
    ///
    /// # Errors
    ///
    /// [`CaError`] if the key cannot be certified.
    pub fn issue(
        &self,
        applicant: &Applicant,
        holder: Holder,
        now: Timestamp,
        rng: &dyn Random,
    ) -> Result<Vec<u8>, CaError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, holder.device.to_string());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut serial = rng::bytes::<16>(rng);
        // Positive and of full length, whatever was drawn (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = instant(now - Seconds::minutes(5));
        params.not_after = instant(now + VALIDITY);
        let digit = match applicant.join() {
            JoinType::Registered => b"0",
            JoinType::Joined => b"1",
        };
        params.custom_extensions = vec![
            extension(2, &holder.device.to_guid_bytes()),
            extension(3, &holder.owner.to_guid_bytes()),
            extension(5, &holder.tenant.to_guid_bytes()),
            extension(7, digit),
        ];
        let key = DeviceKey::of(applicant.device_key())?;
        Ok(params.signed_by(&key, &self.issuer)?.der().to_vec())
    }
}

/// A device's key as the certificate library takes it.
struct DeviceKey {
    bits: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl DeviceKey {
    fn of(spki: &[u8]) -> Result<Self, rcgen::Error> {
        let bent = rcgen::Error::UnsupportedSignatureAlgorithm;
        Ok(match Suite::of_key(spki) {
            Suite::SessionKey => {
                Self { bits: rsa::public_key_bits(spki).map_err(|_| bent)?, algorithm: &PKCS_RSA_SHA256 }
            }
            Suite::DeviceKey => Self {
                bits: EcPublicKey::from_spki(spki).map_err(|_| bent)?.point().to_vec(),
                algorithm: &PKCS_ECDSA_P256_SHA256,
            },
        })
    }
}

impl PublicKeyData for DeviceKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// An instant as the certificate library takes it.
fn instant(at: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.0).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// A non-critical extension holding an OCTET STRING of `value`, in strict DER.
fn extension(last: u64, value: &[u8]) -> CustomExtension {
    let mut oid = ARC;
    oid[7] = last;
    let mut der = vec![4, u8::try_from(value.len()).unwrap_or(0)];
    der.extend_from_slice(value);
    CustomExtension::from_oid_content(&oid, der)
}
