//! Device registration (MS-DVRJ and its Entra dialect; prt.md §3).

use crate::jose::ec::{EcJwk, EcPublicKey};
use serde::{Deserialize, Serialize};

/// The subject every certificate request must have.
pub const CSR_COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";

/// `JoinType` of the organisation's device.
pub const JOIN_TYPE_JOIN: i64 = 0;
/// `JoinType` of a person's own device.
pub const JOIN_TYPE_REGISTER: i64 = 4;

/// A PKCS#10 request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateRequest {
    /// `pkcs10`.
    pub r#type: String,
    /// DER, base64.
    pub data: String,
}

/// `POST /EnrollmentServer/device/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JoinRequest {
    /// Signed by the device key.
    pub certificate_request: CertificateRequest,
    /// `BCRYPT_RSAKEY_BLOB`, base64, of a device with RSA keys.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transport_key: String,
    /// Further keys: of a device with P-256 keys, its transport key ([`FurtherKey::transport`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_keys: Vec<FurtherKey>,
    /// The organisation's domain; informative.
    #[serde(default)]
    pub target_domain: String,
    /// `Windows`, `Linux`, `MacOS`, `Android`, `iOS`; the device's own word.
    #[serde(default)]
    pub device_type: String,
    /// The device's own word.
    #[serde(default, rename = "OSVersion")]
    pub os_version: String,
    /// What people call it.
    #[serde(default)]
    pub device_display_name: String,
    /// [`JOIN_TYPE_JOIN`] or [`JOIN_TYPE_REGISTER`].
    pub join_type: i64,
}

/// A key beside the one of the certificate request (prt.md §3.2, the form of macOS 14).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FurtherKey {
    /// [`USAGE_TRANSPORT`].
    pub usage: String,
    /// `ECC`.
    pub r#type: String,
    /// `JWK`.
    pub encoding: String,
    /// The key as JSON (RFC 7517).
    pub data: String,
}

/// `Usage` of a transport key.
pub const USAGE_TRANSPORT: &str = "STK";

/// A P-256 key in JSON is shorter.
const MAX_JWK: usize = 1024;

impl FurtherKey {
    /// The entry of a transport key.
    #[must_use]
    pub fn transport(key: &EcPublicKey) -> Self {
        Self {
            usage: USAGE_TRANSPORT.to_owned(),
            r#type: "ECC".to_owned(),
            encoding: "JWK".to_owned(),
            data: serde_json::to_string(&EcJwk::of(key)).unwrap_or_default(),
        }
    }

    /// The transport key that the entry is; `None` if it is another thing or no valid P-256 key.
    #[must_use]
    pub fn transport_key(&self) -> Option<EcPublicKey> {
        let form = (self.usage.as_str(), self.r#type.as_str(), self.encoding.as_str());
        if form != (USAGE_TRANSPORT, "ECC", "JWK") || self.data.len() > MAX_JWK {
            return None;
        }
        serde_json::from_str::<EcJwk>(&self.data).ok()?.key_in_either_alphabet().ok()
    }
}

/// Its reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JoinReply {
    /// The device's certificate.
    pub certificate: IssuedCertificate,
    /// Who registered it.
    pub user: JoinUser,
    /// Always empty: no local groups are managed.
    #[serde(default)]
    pub membership_changes: Vec<serde_json::Value>,
}

/// The certificate in a [`JoinReply`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IssuedCertificate {
    /// SHA-256, upper-case hexadecimal.
    pub thumbprint: String,
    /// DER, base64 on one line.
    pub raw_body: String,
}

/// The person in a [`JoinReply`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JoinUser {
    /// `userPrincipalName`.
    pub upn: String,
}
