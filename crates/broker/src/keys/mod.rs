//! The device's two keys, wherever they live.

pub mod soft;

use crate::state::StateError;
use passband_wire::jose::ec::{AgreeKey, EcError};
use passband_wire::jose::rsa::{RsaError, UnwrapKey};
use passband_wire::prt::suite::Suite;
use serde::{Deserialize, Serialize};

/// Why the device's keys could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file is not there although the device is joined.
    #[error("the device key {0} is missing from the state folder; the device must join again")]
    Missing(&'static str),
    /// A P-256 key is not what it should be, or the operation failed.
    #[error("a device key is damaged or could not be used")]
    Ec(#[from] EcError),
    /// An RSA key is not what it should be, or the operation failed.
    #[error("a device key is damaged or could not be used")]
    Rsa(#[from] RsaError),
    /// The file it lives in cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Files in the state directory.
    Soft,
}

impl KeyKind {
    /// Its name on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Soft => "soft",
        }
    }
}

/// Two keys of one device, both P-256 or both RSA-2048: the **device key** signs, so that the server knows which device
/// asks; the **transport key** opens what the server sends it. Software now, a TPM behind the same trait.
pub trait DeviceKeys: Send + Sync {
    /// What holds them.
    fn kind(&self) -> KeyKind;

    /// The device key's public half, DER `SubjectPublicKeyInfo`.
    fn device_spki(&self) -> &[u8];

    /// The transport key's public half, DER `SubjectPublicKeyInfo`.
    fn transport_spki(&self) -> &[u8];

    /// What signs the uses of the device's PRT: that follows from the kind of its key.
    fn suite(&self) -> Suite {
        Suite::of_key(self.device_spki())
    }

    /// Signs with the device key: ES256 as `r || s`, or RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if whatever holds the key says no.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// The transport key.
    fn transport(&self) -> Transport<'_>;
}

/// What the transport key of a device does.
#[derive(Clone, Copy)]
pub enum Transport<'a> {
    /// Agrees with the server on the key of each answer: P-256.
    Agree(&'a dyn AgreeKey),
    /// Unwraps session keys: RSA-2048.
    Unwrap(&'a dyn UnwrapKey),
}
