//! Keys in files: for laptops without a TPM, servers under test, and CI.
//!
//! Two PKCS#8 files, mode 0600, in a directory of mode 0700. Whoever can read them as this user is this device:
//! that is what a TPM changes, and why the server gives such a device no evidence level above E0.

use super::{DeviceKeys, KeyError, KeyKind};
use crate::state::StateDir;
use passband_wire::jose::rsa::{SoftRsa, UnwrapKey};

const DEVICE: &str = "device.pk8";
const TRANSPORT: &str = "transport.pk8";

/// The keys in memory.
#[derive(Debug)]
pub struct SoftKeys {
    device: SoftRsa,
    transport: SoftRsa,
    device_spki: Vec<u8>,
    transport_spki: Vec<u8>,
}

impl SoftKeys {
    /// Two fresh keys, not stored anywhere.
    ///
    /// # Errors
    ///
    /// [`KeyError::Rsa`] if the generator fails.
    pub fn generate() -> Result<Self, KeyError> {
        Self::of(SoftRsa::generate()?, SoftRsa::generate()?)
    }

    /// Two fresh keys, stored in `state`; what was there before is replaced.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if they cannot be made or stored.
    pub fn create(state: &StateDir) -> Result<Self, KeyError> {
        let keys = Self::generate()?;
        state.write(DEVICE, keys.device.pkcs8())?;
        state.write(TRANSPORT, keys.transport.pkcs8())?;
        Ok(keys)
    }

    /// The keys stored in `state`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if one is missing, damaged, or was open to others.
    pub fn load(state: &StateDir) -> Result<Self, KeyError> {
        let load = |name: &'static str| -> Result<SoftRsa, KeyError> {
            let bytes = state.read(name)?.ok_or(KeyError::Missing(name))?;
            Ok(SoftRsa::from_pkcs8(&bytes)?)
        };
        Self::of(load(DEVICE)?, load(TRANSPORT)?)
    }

    /// Removes the stored keys. The device they were is gone for good.
    ///
    /// # Errors
    ///
    /// [`KeyError::State`].
    pub fn remove(state: &StateDir) -> Result<(), KeyError> {
        state.remove(DEVICE)?;
        Ok(state.remove(TRANSPORT)?)
    }

    fn of(device: SoftRsa, transport: SoftRsa) -> Result<Self, KeyError> {
        let (device_spki, transport_spki) = (device.public_spki()?, transport.public_spki()?);
        Ok(Self { device, transport, device_spki, transport_spki })
    }
}

impl DeviceKeys for SoftKeys {
    fn kind(&self) -> KeyKind {
        KeyKind::Soft
    }

    fn device_spki(&self) -> &[u8] {
        &self.device_spki
    }

    fn transport_spki(&self) -> &[u8] {
        &self.transport_spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.device.sign(message)?)
    }

    fn transport(&self) -> &dyn UnwrapKey {
        &self.transport
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StateError;
    use crate::state::tests::Scratch;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn stored_keys_are_the_same_keys() {
        let scratch = Scratch::new();
        let state = scratch.state();
        assert!(matches!(SoftKeys::load(&state), Err(KeyError::Missing(DEVICE))));
        let made = SoftKeys::create(&state).unwrap();
        let loaded = SoftKeys::load(&state).unwrap();
        assert_eq!(made.device_spki(), loaded.device_spki());
        assert_eq!(made.transport_spki(), loaded.transport_spki());
        assert_ne!(made.device_spki(), made.transport_spki());
        assert_eq!(made.sign(b"m").unwrap(), loaded.sign(b"m").unwrap());
    }

    #[test]
    fn a_key_others_could_read_is_not_used() {
        let scratch = Scratch::new();
        let state = scratch.state();
        SoftKeys::create(&state).unwrap();
        let file = state.path().join(DEVICE);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SoftKeys::load(&state), Err(KeyError::State(StateError::Open(_)))));
    }

    #[test]
    fn keys_do_not_print() {
        let text = format!("{:?}", SoftKeys::generate().unwrap());
        assert!(text.contains("device: SoftRsa(..)"), "{text}");
    }
}
