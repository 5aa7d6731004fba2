//! Device registration (MS-DVRJ and its Entra dialect; prt.md §3).

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
    /// `BCRYPT_RSAKEY_BLOB`, base64.
    pub transport_key: String,
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
