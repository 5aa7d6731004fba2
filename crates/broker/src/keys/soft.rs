//! Keys in files: for laptops without a TPM, servers under test, and CI.
//!
//! Two PKCS#8 files, mode 0600, in a directory of mode 0700. Whoever can read them as this user is this device:
//! that is what a TPM changes, and why the server gives such a device no evidence level above E0.

use super::{DeviceKeys, KeyError, KeyKind, Transport};
use crate::state::StateDir;
use passband_wire::jose::ec::SoftEc;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::prt::suite::Suite;
use zeroize::Zeroizing;

const DEVICE: &str = "device.pk8";
const TRANSPORT: &str = "transport.pk8";

/// The keys in memory.
#[derive(Debug)]
pub struct SoftKeys {
    pair: Pair,
    device_spki: Vec<u8>,
    transport_spki: Vec<u8>,
}

/// Device key and transport key.
#[derive(Debug)]
enum Pair {
    Ec(Box<SoftEc>, Box<SoftEc>),
    Rsa(SoftRsa, SoftRsa),
}

impl SoftKeys {
    /// Two fresh keys for a suite, not stored anywhere.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the generator fails.
    pub fn generate(suite: Suite) -> Result<Self, KeyError> {
        Self::of(match suite {
            Suite::DeviceKey => Pair::Ec(Box::new(SoftEc::generate()?), Box::new(SoftEc::generate()?)),
            Suite::SessionKey => Pair::Rsa(SoftRsa::generate()?, SoftRsa::generate()?),
        })
    }

    /// Two fresh keys for a suite, stored in `state`; what was there before is replaced.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if they cannot be made or stored.
    pub fn create(state: &StateDir, suite: Suite) -> Result<Self, KeyError> {
        let keys = Self::generate(suite)?;
        let (device, transport) = match &keys.pair {
            Pair::Ec(device, transport) => (device.pkcs8(), transport.pkcs8()),
            Pair::Rsa(device, transport) => (device.pkcs8(), transport.pkcs8()),
        };
        state.write(DEVICE, device)?;
        state.write(TRANSPORT, transport)?;
        Ok(keys)
    }

    /// The keys stored in `state`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if one is missing, damaged, or was open to others.
    pub fn load(state: &StateDir) -> Result<Self, KeyError> {
        let load = |name: &'static str| -> Result<Zeroizing<Vec<u8>>, KeyError> {
            state.read(name)?.ok_or(KeyError::Missing(name))
        };
        let (device, transport) = (load(DEVICE)?, load(TRANSPORT)?);
        // The files say which kind they are; two kinds side by side are no pair.
        Self::of(match SoftEc::from_pkcs8(&device) {
            Ok(device) => Pair::Ec(Box::new(device), Box::new(SoftEc::from_pkcs8(&transport)?)),
            Err(_) => Pair::Rsa(SoftRsa::from_pkcs8(&device)?, SoftRsa::from_pkcs8(&transport)?),
        })
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

    fn of(pair: Pair) -> Result<Self, KeyError> {
        let (device_spki, transport_spki) = match &pair {
            Pair::Ec(device, transport) => (device.public().spki(), transport.public().spki()),
            Pair::Rsa(device, transport) => (device.public_spki()?, transport.public_spki()?),
        };
        Ok(Self { pair, device_spki, transport_spki })
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
        match &self.pair {
            Pair::Ec(device, _) => Ok(device.sign(message)?),
            Pair::Rsa(device, _) => Ok(device.sign(message)?),
        }
    }

    fn transport(&self) -> Transport<'_> {
        match &self.pair {
            Pair::Ec(_, transport) => Transport::Agree(&**transport),
            Pair::Rsa(_, transport) => Transport::Unwrap(transport),
        }
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
        for suite in [Suite::DeviceKey, Suite::SessionKey] {
            let made = SoftKeys::create(&state, suite).unwrap();
            let loaded = SoftKeys::load(&state).unwrap();
            assert_eq!((made.suite(), loaded.suite()), (suite, suite));
            assert_eq!(made.device_spki(), loaded.device_spki());
            assert_eq!(made.transport_spki(), loaded.transport_spki());
            assert_ne!(made.device_spki(), made.transport_spki());
        }
    }

    #[test]
    fn keys_of_two_kinds_are_no_pair() {
        let (one, other) = (Scratch::new(), Scratch::new());
        for (mine, theirs) in [(Suite::DeviceKey, Suite::SessionKey), (Suite::SessionKey, Suite::DeviceKey)] {
            SoftKeys::create(&one.state(), mine).unwrap();
            SoftKeys::create(&other.state(), theirs).unwrap();
            let strange = other.state().read(TRANSPORT).unwrap().unwrap();
            one.state().write(TRANSPORT, &strange).unwrap();
            assert!(matches!(SoftKeys::load(&one.state()), Err(KeyError::Ec(_) | KeyError::Rsa(_))));
        }
    }

    #[test]
    fn a_key_others_could_read_is_not_used() {
        let scratch = Scratch::new();
        let state = scratch.state();
        SoftKeys::create(&state, Suite::DeviceKey).unwrap();
        let file = state.path().join(DEVICE);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SoftKeys::load(&state), Err(KeyError::State(StateError::Open(_)))));
    }

    #[test]
    fn keys_do_not_print() {
        for (suite, shown) in [(Suite::DeviceKey, "Ec(SoftEc(..)"), (Suite::SessionKey, "Rsa(SoftRsa(..)")] {
            let text = format!("{:?}", SoftKeys::generate(suite).unwrap());
            assert!(text.contains(shown), "{text}");
        }
    }
}
