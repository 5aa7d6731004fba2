//! A device proves itself by a signature of its key over a fresh nonce (MS-OAPXBC §3.1.5.1.2).

use super::suite;
use crate::change::Change;
use crate::decision::Refusal;
use crate::directory::Device;
use crate::keys::nonce::{self, FreshNonce};
use crate::keys::seal::SealRing;
use crate::reason::Reason;
use crate::time::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::jws::{Unverified, Verified};
use passband_wire::prt::bound::{Beside, JweCrypto};
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
        Self::of(Unverified::parse(text).map_err(|_| Reason::RequestMalformed)?)
    }

    /// The request that a JWS is.
    ///
    /// # Errors
    ///
    /// [`Reason::RequestMalformed`] if it has no `x5c`.
    pub fn of(jws: Unverified<'a>) -> Result<Self, Reason> {
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

    /// Claims nobody vouches for yet: which PRT, so which device.
    ///
    /// # Errors
    ///
    /// [`Reason::RequestMalformed`] if the payload is not such an object.
    pub fn claims_unverified<T: DeserializeOwned>(&self) -> Result<T, Reason> {
        self.jws.claims_unverified().map_err(|_| Reason::RequestMalformed)
    }

    /// Verifies it for a PRT that is bound to this certificate and this key.
    ///
    /// # Errors
    ///
    /// [`Reason::DeviceKeyMismatch`] if it names another certificate or another key signed it.
    pub(crate) fn verify_for(self, certificate: &[u8; 32], key: &EcPublicKey) -> Result<Verified, Reason> {
        // Another device's certificate beside this one's PRT (attacks A15, A17).
        if self.thumbprint != *certificate {
            return Err(Reason::DeviceKeyMismatch);
        }
        suite::verify_es256(self.jws, key)
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
    answer: Option<JweCrypto>,
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

    /// How it wants its answer encrypted, if it says so.
    #[must_use]
    pub const fn answer(&self) -> Option<&JweCrypto> {
        self.answer.as_ref()
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
    let verified = suite::verify(signed.jws, &device.device_key)?;
    let claims: C = verified.claims().map_err(|_| Reason::RequestMalformed)?;
    let beside: Beside = verified.claims().map_err(|_| Reason::RequestMalformed)?;
    // Made to use a PRT, or for a cookie: it proves no device for anything else.
    if beside.purpose.is_some() {
        return Err(Reason::RequestMalformed.into());
    }
    let nonce: FreshNonce = nonce::check(ring, claims.nonce(), now)?;
    let spend = nonce.spend();
    let refuse = |reason| Refusal { reason, changes: vec![spend.clone()] };
    if !device.enabled {
        return Err(refuse(Reason::DeviceDisabled));
    }
    if now >= device.certificate_expires {
        return Err(refuse(Reason::DeviceCertificateUnknown));
    }
    Ok((DeviceProved { device, spend, announces, answer: beside.jwe_crypto }, claims))
}
