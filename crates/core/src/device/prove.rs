//! A device proves itself by a signature of its key over a fresh nonce (MS-OAPXBC §3.1.5.1.2).

use crate::change::Change;
use crate::decision::Refusal;
use crate::directory::Device;
use crate::keys::nonce::{self, FreshNonce};
use crate::keys::seal::SealRing;
use crate::reason::Reason;
use crate::time::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::jose::jws::{JwsError, Unverified};
use serde::de::DeserializeOwned;

/// A request that names a device by its certificate and has yet to be verified.
#[derive(Debug)]
pub struct DeviceSigned<'a> {
    jws: Unverified<'a>,
    thumbprint: [u8; 32],
}

impl<'a> DeviceSigned<'a> {
    /// Reads the request.
    ///
    /// The certificate is not parsed: only one that this installation gave out, byte for byte, will be found
    /// (attack A15), and the key it stands for is the one stored with it.
    ///
    /// # Errors
    ///
    /// [`Reason::RequestMalformed`] if it is not a JWS with `x5c`.
    pub fn parse(text: &'a str) -> Result<Self, Reason> {
        let jws = Unverified::parse(text).map_err(|_| Reason::RequestMalformed)?;
        let leaf = jws.header.x5c.as_ref().and_then(|x5c| x5c.leaf()).ok_or(Reason::RequestMalformed)?;
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, &leaf).as_ref());
        Ok(Self { jws, thumbprint })
    }

    /// SHA-256 of the certificate: what to load the device by.
    #[must_use]
    pub const fn thumbprint(&self) -> &[u8; 32] {
        &self.thumbprint
    }
}

/// Claims that carry a nonce.
pub trait CarriesNonce: DeserializeOwned {
    /// The nonce.
    fn nonce(&self) -> &str;
}

impl CarriesNonce for passband_wire::prt::message::PrtRequestClaims {
    fn nonce(&self) -> &str {
        &self.request_nonce
    }
}

/// Claims of a request by a device alone (`x-ms-DeviceCredential`; prt.md §7.2).
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub struct DeviceCredentialClaims {
    /// A nonce of this server.
    pub request_nonce: String,
    /// `device_auth`.
    pub grant_type: String,
}

impl CarriesNonce for DeviceCredentialClaims {
    fn nonce(&self) -> &str {
        &self.request_nonce
    }
}

/// An enabled device that holds its key now. Only [`prove`] makes one.
#[derive(Debug)]
pub struct DeviceProved<'a> {
    device: &'a Device,
    spend: Change,
    announces: bool,
}

impl<'a> DeviceProved<'a> {
    /// The device.
    #[must_use]
    pub const fn device(&self) -> &'a Device {
        self.device
    }

    /// Whether the request announced KDFv2 in its header (prt.md §4.2): from then on the device is held to it (attack A7).
    #[must_use]
    pub const fn announces_kdf_v2(&self) -> bool {
        self.announces
    }

    /// The change that uses the request's nonce up.
    #[must_use]
    pub fn spend(&self) -> Change {
        self.spend.clone()
    }
}

/// Verifies the request against the device its certificate names.
///
/// # Errors
///
/// [`Refusal`] with the [`Reason`]; the nonce is spent once the signature is good.
pub fn prove<'a, C: CarriesNonce>(
    signed: DeviceSigned<'_>,
    device: &'a Device,
    ring: &SealRing,
    now: Timestamp,
) -> Result<(DeviceProved<'a>, C), Refusal> {
    if signed.thumbprint != device.thumbprint {
        return Err(Reason::DeviceCertificateUnknown.into());
    }
    let announces = signed.jws.header.kdf_ver.as_ref().and_then(serde_json::Value::as_u64) == Some(2);
    let verified = signed.jws.verify_rs256(&device.device_key).map_err(|error| match error {
        JwsError::Malformed | JwsError::TooLong | JwsError::ForbiddenHeader => Reason::RequestMalformed,
        JwsError::Algorithm | JwsError::Key | JwsError::Signature => Reason::DeviceKeyMismatch,
    })?;
    let claims: C = verified.claims().map_err(|_| Reason::RequestMalformed)?;
    let nonce: FreshNonce = nonce::check(ring, claims.nonce(), now)?;
    let spend = nonce.spend();
    let refuse = |reason| Refusal { reason, changes: vec![spend.clone()] };
    if !device.enabled {
        return Err(refuse(Reason::DeviceDisabled));
    }
    if now >= device.certificate_expires {
        return Err(refuse(Reason::DeviceCertificateUnknown));
    }
    Ok((DeviceProved { device, spend, announces }, claims))
}
