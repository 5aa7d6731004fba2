//! How a device gets an identity, and gives it back (MS-DVRJ and its Entra dialect; prt.md §3).

use crate::error::Error;
use crate::http::Method;
use crate::keys::{DeviceKeys, KeyError, KeyKind};
use crate::provider::Provider;
use crate::secret::Secret;
use passband_wire::b64;
use passband_wire::id::DeviceId;
use passband_wire::jose::ec::{EcPublicKey, der_signature};
use passband_wire::jose::jws::{Header, X5c, sign_rs256_with};
use passband_wire::jose::rsa::{RsaError, bcrypt_blob_from_spki};
use passband_wire::prt::bound;
use passband_wire::prt::join::{
    CSR_COMMON_NAME, CertificateRequest, FurtherKey, JOIN_TYPE_JOIN, JOIN_TYPE_REGISTER, JoinReply,
    JoinRequest,
};
use passband_wire::prt::suite::Suite;
use passband_wire::time::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData,
    SignatureAlgorithm,
};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

/// The header that carries a device's own signature (MS-OAPXBC §2.2.1.2).
pub const DEVICE_CREDENTIAL: &str = "x-ms-DeviceCredential";

/// No device certificate is longer.
const MAX_CERTIFICATE: usize = 8 * 1024;

/// Whose device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinKind {
    /// The organisation's.
    Join,
    /// The person's own.
    Register,
}

/// What the device says of itself. None of it is proof of anything.
#[derive(Clone, Debug)]
pub struct Description {
    /// `Linux`, `Windows`, `MacOS`.
    pub device_type: String,
    /// Version of the operating system.
    pub os_version: String,
    /// What people call it.
    pub display_name: String,
}

impl Description {
    /// What this machine is; `name` replaces its own name.
    #[must_use]
    pub fn of_this_machine(name: Option<&str>) -> Self {
        let device_type = match std::env::consts::OS {
            "linux" => "Linux",
            "macos" => "MacOS",
            "windows" => "Windows",
            other => other,
        };
        let line = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let release = line("/etc/os-release");
        let version = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        let host = line("/proc/sys/kernel/hostname");
        let display_name = name.unwrap_or(host.trim());
        Self {
            device_type: device_type.to_owned(),
            os_version: version.unwrap_or_default().trim_matches('"').to_owned(),
            display_name: if display_name.is_empty() { device_type } else { display_name }.to_owned(),
        }
    }
}

/// Who a device is, as far as it knows: what the state directory keeps besides the keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The server it is known to.
    pub server: String,
    /// Its id there.
    pub device_id: DeviceId,
    /// Whose it is.
    pub kind: JoinKind,
    /// Who joined it.
    pub user: String,
    /// What people call it.
    pub display_name: String,
    /// What holds its keys.
    pub keys: KeyKind,
    /// When it joined, by its own clock.
    pub joined_at: Timestamp,
    /// Its certificate, DER, base64.
    pub certificate: String,
}

impl Identity {
    /// What signs the uses of its PRT, by the key in its certificate; `None` if that cannot be read.
    #[must_use]
    pub fn suite(&self) -> Option<Suite> {
        let der = b64::decode_std(&self.certificate, MAX_CERTIFICATE).ok()?;
        let certificate = Certificate::from_der(&der).ok()?;
        let key = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
        Some(Suite::of_key(&key))
    }
}

/// A device that can say who it is: its keys and its certificate.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    /// Its keys.
    pub keys: &'a dyn DeviceKeys,
    /// Its certificate, DER, base64.
    pub certificate: &'a str,
}

impl Device<'_> {
    /// Signs `claims` with the device key, its certificate in `x5c` (RFC 7515 §4.1.6).
    ///
    /// # Errors
    ///
    /// [`Error::Keys`] if the key cannot be used.
    pub fn sign<T: Serialize>(&self, claims: &T) -> Result<String, Error> {
        let mut failed = None;
        let sign = |input: &[u8]| self.keys.sign(input).map_err(|error| failed = Some(error));
        let signed = match self.keys.suite() {
            Suite::DeviceKey => bound::sign(self.certificate, claims, sign),
            Suite::SessionKey => {
                let mut header = Header::new("RS256", "JWT");
                header.x5c = Some(X5c::Chain(vec![self.certificate.to_owned()]));
                header.kdf_ver = Some(2.into());
                sign_rs256_with(&header, claims, sign)
            }
        };
        match (signed, failed) {
            (_, Some(error)) => Err(error.into()),
            (Ok(text), None) => Ok(text),
            (Err(_), None) => Err(Error::Protocol("a request could not be written as JSON")),
        }
    }
}

/// Registers a device: certificate request and transport key go out, the certificate comes back.
///
/// `token` is an access token of the broker for the device registration service.
///
/// # Errors
///
/// [`Error::Refused`] if the server says no; [`Error::ForeignCertificate`] if what it returns is not for `keys`.
pub async fn join(
    provider: &Provider,
    keys: &dyn DeviceKeys,
    kind: JoinKind,
    description: &Description,
    token: &Secret,
) -> Result<Joined, Error> {
    let body = join_request(keys, kind, description)?;
    let http = provider.http();
    let request = http.request(Method::POST, "/EnrollmentServer/device/?api-version=2.0")?;
    let reply = http.send(request.bearer_auth(token.expose()).json(&body)).await?;
    let reply: JoinReply =
        provider.succeed(reply)?.json().ok_or(Error::Protocol("no certificate in the answer to the join"))?;
    let device_id = check_certificate(&reply.certificate.raw_body, keys.device_spki())?;
    Ok(Joined { device_id, user: reply.user.upn, certificate: reply.certificate.raw_body })
}

/// What a join brought. Only [`join`] makes one, after it checked the certificate.
#[derive(Clone, Debug)]
pub struct Joined {
    device_id: DeviceId,
    user: String,
    certificate: String,
}

impl Joined {
    /// The identity to keep.
    #[must_use]
    pub fn identity(self, server: &str, kind: JoinKind, display_name: &str, now: Timestamp) -> Identity {
        Identity {
            server: server.to_owned(),
            device_id: self.device_id,
            kind,
            user: self.user,
            display_name: display_name.to_owned(),
            keys: KeyKind::Soft,
            joined_at: now,
            certificate: self.certificate,
        }
    }
}

#[derive(Serialize)]
struct DeviceClaims<'a> {
    request_nonce: &'a str,
    grant_type: &'a str,
}

/// Takes the device out of the server's directory, signed by its own key: no administrator is needed, and no
/// other device can do it.
///
/// # Errors
///
/// [`Error::Refused`] if the server says no.
pub async fn leave(provider: &Provider, device: Device<'_>, id: DeviceId) -> Result<(), Error> {
    let nonce = provider.nonce().await?;
    let claims = DeviceClaims { request_nonce: &nonce, grant_type: "device_auth" };
    let http = provider.http();
    let request = http.request(Method::DELETE, &format!("/EnrollmentServer/device/{id}"))?;
    let reply = http.send(request.header(DEVICE_CREDENTIAL, device.sign(&claims)?)).await?;
    provider.succeed(reply).map(drop)
}

fn join_request(
    keys: &dyn DeviceKeys,
    kind: JoinKind,
    description: &Description,
) -> Result<JoinRequest, Error> {
    let (transport_key, device_keys) = match keys.suite() {
        Suite::DeviceKey => {
            let key = EcPublicKey::from_spki(keys.transport_spki()).map_err(KeyError::from)?;
            (String::new(), vec![FurtherKey::transport(&key)])
        }
        Suite::SessionKey => {
            let blob = bcrypt_blob_from_spki(keys.transport_spki()).map_err(KeyError::from)?;
            (b64::encode_std(blob), Vec::new())
        }
    };
    Ok(JoinRequest {
        certificate_request: CertificateRequest {
            r#type: "pkcs10".to_owned(),
            data: b64::encode_std(certificate_request(keys)?),
        },
        transport_key,
        device_keys,
        target_domain: String::new(),
        device_type: description.device_type.clone(),
        os_version: description.os_version.clone(),
        device_display_name: description.display_name.clone(),
        join_type: match kind {
            JoinKind::Join => JOIN_TYPE_JOIN,
            JoinKind::Register => JOIN_TYPE_REGISTER,
        },
    })
}

/// The PKCS#10 request (RFC 2986), DER: fixed subject, signed by the device key.
fn certificate_request(keys: &dyn DeviceKeys) -> Result<Vec<u8>, Error> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, CSR_COMMON_NAME);
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    let key = CsrKey::of(keys)?;
    let csr = params.serialize_request(&key).map_err(|_| KeyError::Rsa(RsaError))?;
    Ok(csr.der().to_vec())
}

/// The device key as rcgen wants one, wherever it lives.
struct CsrKey<'a> {
    keys: &'a dyn DeviceKeys,
    bits: Vec<u8>,
}

impl<'a> CsrKey<'a> {
    fn of(keys: &'a dyn DeviceKeys) -> Result<Self, KeyError> {
        let spki =
            x509_cert::spki::SubjectPublicKeyInfoOwned::from_der(keys.device_spki()).map_err(|_| RsaError)?;
        let bits = spki.subject_public_key.as_bytes().ok_or(RsaError)?.to_vec();
        Ok(Self { keys, bits })
    }
}

impl PublicKeyData for CsrKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.keys.suite() {
            Suite::DeviceKey => &PKCS_ECDSA_P256_SHA256,
            Suite::SessionKey => &PKCS_RSA_SHA256,
        }
    }
}

impl rcgen::SigningKey for CsrKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let failed = |_| rcgen::Error::RemoteKeyError;
        let signature = self.keys.sign(message).map_err(failed)?;
        match self.keys.suite() {
            Suite::DeviceKey => der_signature(&signature).map_err(|_| rcgen::Error::RemoteKeyError),
            Suite::SessionKey => Ok(signature),
        }
    }
}

/// The device id in the certificate's subject, if the certificate is for our key (§3.3).
fn check_certificate(base64: &str, spki: &[u8]) -> Result<DeviceId, Error> {
    let unreadable = Error::Protocol("the certificate in the answer to the join cannot be read");
    let Ok(der) = b64::decode_std(base64, MAX_CERTIFICATE) else { return Err(unreadable) };
    let Ok(certificate) = Certificate::from_der(&der) else { return Err(unreadable) };
    let subject_key = certificate.tbs_certificate().subject_public_key_info().to_der();
    // A certificate for another key would have this device speak for somebody else's.
    if subject_key.ok().as_deref() != Some(spki) {
        return Err(Error::ForeignCertificate);
    }
    let subject = certificate.tbs_certificate().subject().to_string();
    let id = subject.strip_prefix("CN=").and_then(|id| id.parse().ok());
    id.ok_or(Error::Protocol("the certificate's subject is not a device id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::soft::SoftKeys;
    use rcgen::{Issuer, KeyPair};

    fn describe() -> Description {
        Description {
            device_type: "Linux".to_owned(),
            os_version: "13".to_owned(),
            display_name: "desk".to_owned(),
        }
    }

    /// A certificate such as a server makes.
    fn certify(keys: &SoftKeys, subject: &str) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, subject);
        let issuer = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
        b64::encode_std(params.signed_by(&CsrKey::of(keys).unwrap(), &issuer).unwrap().der())
    }

    #[test]
    fn the_request_is_what_the_protocol_asks_for() {
        let keys = SoftKeys::generate(Suite::SessionKey).unwrap();
        let request = join_request(&keys, JoinKind::Register, &describe()).unwrap();
        assert_eq!((request.join_type, request.certificate_request.r#type.as_str()), (4, "pkcs10"));
        let der = b64::decode_std(&request.certificate_request.data, 4096).unwrap();
        let csr = x509_cert::request::CertReq::from_der(&der).unwrap();
        assert_eq!(csr.info.subject.to_string(), format!("CN={CSR_COMMON_NAME}"));
        assert_eq!(csr.algorithm.oid.to_string(), "1.2.840.113549.1.1.11", "sha256WithRSAEncryption");
        assert_eq!(csr.info.public_key.to_der().unwrap(), keys.device_spki());
        let signed = csr.info.to_der().unwrap();
        assert_eq!(csr.signature.raw_bytes(), DeviceKeys::sign(&keys, &signed).unwrap());
        let blob = b64::decode_std(&request.transport_key, 283).unwrap();
        let spki = passband_wire::jose::rsa::spki_from_bcrypt_blob(&blob).unwrap();
        assert_eq!(spki, keys.transport_spki());
        assert!(request.device_keys.is_empty());
    }

    #[test]
    fn a_device_with_p256_keys_asks_for_both_of_them() {
        let keys = SoftKeys::generate(Suite::DeviceKey).unwrap();
        let request = join_request(&keys, JoinKind::Join, &describe()).unwrap();
        let der = b64::decode_std(&request.certificate_request.data, 4096).unwrap();
        let csr = x509_cert::request::CertReq::from_der(&der).unwrap();
        assert_eq!(csr.algorithm.oid.to_string(), "1.2.840.10045.4.3.2", "ecdsa-with-SHA256");
        assert_eq!(csr.info.public_key.to_der().unwrap(), keys.device_spki());
        let [further] = request.device_keys.as_slice() else { panic!("one further key") };
        assert_eq!(further.transport_key().unwrap().spki(), keys.transport_spki());
        let json = serde_json::to_value(&request).unwrap();
        assert_eq!(json.get("TransportKey"), None);
        assert_eq!(json["DeviceKeys"][0]["Usage"], "STK");
    }

    #[test]
    fn only_a_certificate_for_this_key_and_a_device_is_taken() {
        let keys = SoftKeys::generate(Suite::DeviceKey).unwrap();
        let id = "b43a3ea9-7d5c-4a55-8b8b-66ea67bbe3a0";
        let good = certify(&keys, id);
        assert_eq!(check_certificate(&good, keys.device_spki()).unwrap().to_string(), id);
        let other = SoftKeys::generate(Suite::DeviceKey).unwrap();
        let refused = check_certificate(&good, other.device_spki());
        assert!(matches!(refused, Err(Error::ForeignCertificate)));
        for text in ["", "AAAA", &certify(&keys, "somebody")] {
            assert!(matches!(check_certificate(text, keys.device_spki()), Err(Error::Protocol(_))), "{text}");
        }
    }
}
