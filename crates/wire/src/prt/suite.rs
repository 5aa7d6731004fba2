//! What signs the uses of a device's PRT.

use crate::jose::ec;

/// How a device shows that it holds its PRT: by the kind of key it registered, and by nothing a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// The device's key itself: P-256 devices (protocol version 4; prt.md §5.6).
    DeviceKey,
    /// A session key, which came encrypted to the transport key: RSA-2048 devices (MS-OAPXBC).
    SessionKey,
}

impl Suite {
    /// The suite of a device, from its public key (DER `SubjectPublicKeyInfo`).
    #[must_use]
    pub fn of_key(device_key: &[u8]) -> Self {
        if ec::is_p256_spki(device_key) { Self::DeviceKey } else { Self::SessionKey }
    }

    /// `deviceKey` or `sessionKey`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceKey => "deviceKey",
            Self::SessionKey => "sessionKey",
        }
    }

    /// How people read it.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::DeviceKey => "device key",
            Self::SessionKey => "session key",
        }
    }

    /// `prt_protocol_version` of a request in it.
    #[must_use]
    pub const fn protocol_version(self) -> &'static str {
        match self {
            Self::DeviceKey => super::bound::PROTOCOL_VERSION,
            Self::SessionKey => "3.0",
        }
    }
}
