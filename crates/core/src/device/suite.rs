//! How a device shows that it holds its PRT: by the kind of key it registered, and by nothing a request says (ADR 0020).

use crate::reason::Reason;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::jws::{JwsError, Unverified, Verified, VerifyingKey};

pub use passband_wire::prt::suite::Suite;

/// Verifies a request under a device's stored key, with the one algorithm of that key.
///
/// # Errors
///
/// [`Reason::DeviceKeyMismatch`], or [`Reason::RequestMalformed`] if it cannot be read.
pub(super) fn verify(jws: Unverified<'_>, device_key: &[u8]) -> Result<Verified, Reason> {
    let verified = match Suite::of_key(device_key) {
        Suite::SessionKey => jws.verify_rs256(device_key),
        Suite::DeviceKey => {
            let key = EcPublicKey::from_spki(device_key).map_err(|_| Reason::DeviceKeyMismatch)?;
            return verify_es256(jws, &key);
        }
    };
    verified.map_err(reason_of)
}

/// Verifies a request under a device's P-256 key.
///
/// # Errors
///
/// As [`verify`].
pub(crate) fn verify_es256(jws: Unverified<'_>, key: &EcPublicKey) -> Result<Verified, Reason> {
    VerifyingKey::from_point(key.point()).and_then(|key| jws.verify_es256(&key)).map_err(reason_of)
}

fn reason_of(error: JwsError) -> Reason {
    match error {
        JwsError::Malformed | JwsError::TooLong | JwsError::ForbiddenHeader => Reason::RequestMalformed,
        JwsError::Algorithm | JwsError::Key | JwsError::Signature => Reason::DeviceKeyMismatch,
    }
}
