//! Whose signature it takes to use a PRT, and the check of one.

use crate::device::prove::DeviceSigned;
use crate::device::suite::Suite;
use crate::directory::Device;
use crate::policy::access::facts::Shown;
use crate::reason::Reason;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::jws::{JwsError, Unverified, Verified};
use passband_wire::jose::kdf::{Kdf, SessionKey};
use passband_wire::prt::bound::Beside;
use passband_wire::prt::signed::{SessionSigned, SignedError};
use serde::de::DeserializeOwned;

/// Who holds a PRT.
#[derive(Clone, Debug)]
pub enum Holder {
    /// Whoever has this key, which is shared with the device.
    SessionKey(SessionKey),
    /// The device, by the key that never left it. Nothing in here is secret.
    DeviceKey(Box<BoundKeys>),
}

impl Holder {
    /// Its suite.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self {
            Self::SessionKey(_) => Suite::SessionKey,
            Self::DeviceKey(_) => Suite::DeviceKey,
        }
    }
}

/// Public keys of a device as they were registered. A device's keys never change, and the seal of the PRT vouches for
/// these: a request is verified before anything is loaded for it.
#[derive(Clone, Debug)]
pub struct BoundKeys {
    certificate: [u8; 32],
    device: EcPublicKey,
    transport: EcPublicKey,
}

impl BoundKeys {
    /// Bytes of the sealed form: the thumbprint, then the coordinates of both keys.
    pub(super) const LEN: usize = 32 + 64 + 64;

    /// The keys of a device's record.
    ///
    /// # Errors
    ///
    /// [`Reason::DeviceKeyMismatch`] if they are not both P-256.
    pub(super) fn of(device: &Device) -> Result<Self, Reason> {
        let key = |spki| EcPublicKey::from_spki(spki).map_err(|_| Reason::DeviceKeyMismatch);
        Ok(Self {
            certificate: device.thumbprint,
            device: key(&device.device_key)?,
            transport: key(&device.transport_key)?,
        })
    }

    /// The key that answers are encrypted to.
    #[must_use]
    pub const fn transport(&self) -> &EcPublicKey {
        &self.transport
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [&self.certificate[..], self.device.coordinates(), self.transport.coordinates()].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (certificate, keys) = bytes.split_at_checked(32)?;
        let (device, transport) = keys.split_at_checked(64)?;
        Some(Self {
            certificate: certificate.try_into().ok()?,
            device: EcPublicKey::from_coordinates(device).ok()?,
            transport: EcPublicKey::from_coordinates(transport).ok()?,
        })
    }
}

/// A request that names a PRT and has yet to be verified under what holds it.
#[derive(Debug)]
pub(super) enum Signed<'a> {
    SessionKey(SessionSigned<'a>),
    DeviceKey(DeviceSigned<'a>),
}

impl<'a> Signed<'a> {
    /// Reads the request. That it brings a certificate says how to read it, and nothing of how it is verified: that is
    /// the PRT's to say.
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        let jws = Unverified::parse(text).map_err(|error| session_reason(error.into()))?;
        if jws.header.x5c.is_some() {
            DeviceSigned::of(jws).map(Self::DeviceKey)
        } else {
            SessionSigned::of(jws).map(Self::SessionKey).map_err(session_reason)
        }
    }

    /// Claims nobody vouches for yet: which PRT, so which key.
    pub(super) fn claims_unverified<T: DeserializeOwned>(&self) -> Result<T, Reason> {
        match self {
            Self::SessionKey(signed) => signed.claims_unverified().map_err(|_| Reason::RequestMalformed),
            Self::DeviceKey(signed) => signed.claims_unverified(),
        }
    }

    /// Verifies it under what holds the PRT it names. A request signed in the other suite's way is refused, whatever it
    /// is signed with: nothing negotiates (ADR 0020).
    pub(super) fn verify(self, holder: &Holder, wants: Wants) -> Result<(Verified, Proof), Reason> {
        match (self, holder) {
            (Self::SessionKey(signed), Holder::SessionKey(key)) => {
                // Which derivation this device may use is in its record, which is loaded next: `stand` asks it.
                let first = (signed.kdf() == Kdf::V1).then(|| signed.ctx().to_vec());
                let verified = signed.verify_either(key).map_err(session_reason)?;
                Ok((verified, Proof::SessionKey { key: key.clone(), first }))
            }
            (Self::DeviceKey(signed), Holder::DeviceKey(keys)) => {
                let verified = signed.verify_for(&keys.certificate, &keys.device)?;
                let beside: Beside = verified.claims().map_err(|_| Reason::RequestMalformed)?;
                // A signature made for one thing is good for no other.
                if beside.purpose.as_deref() != Some(wants.purpose) {
                    return Err(Reason::RequestMalformed);
                }
                let apv = beside.jwe_crypto.and_then(|crypto| crypto.apv());
                if wants.answer && apv.is_none() {
                    return Err(Reason::RequestMalformed);
                }
                Ok((verified, Proof::DeviceKey { to: keys.transport, apv: apv.unwrap_or_default() }))
            }
            (Self::SessionKey(_), Holder::DeviceKey(_)) => Err(Reason::DeviceKeyMismatch),
            (Self::DeviceKey(_), Holder::SessionKey(_)) => Err(Reason::SessionKeySignature),
        }
    }
}

/// What a request signed by a device's key has to be for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    /// Its `purpose`.
    pub(super) purpose: &'static str,
    /// Whether it is answered, so that it has to say how.
    pub(super) answer: bool,
}

/// What a verified request was signed with, and what that leaves to do. Only [`Signed::verify`] makes one.
#[derive(Debug)]
pub(super) enum Proof {
    /// The session key; with KDFv1 the context, which must not come again.
    SessionKey { key: SessionKey, first: Option<Vec<u8>> },
    /// The device's key; where the answer goes, and what the device chose for it.
    DeviceKey { to: EcPublicKey, apv: Vec<u8> },
}

impl Proof {
    /// The word for it in the facts of a decision.
    pub(super) const fn shown(&self) -> Shown {
        match self {
            Self::SessionKey { .. } => Shown::SessionKey,
            Self::DeviceKey { .. } => Shown::DeviceKey,
        }
    }

    /// The context of a signature with KDFv1.
    pub(super) fn older(&self) -> Option<&[u8]> {
        match self {
            Self::SessionKey { first, .. } => first.as_deref(),
            Self::DeviceKey { .. } => None,
        }
    }

    /// Who can read the answer.
    pub(super) fn into_reader(self) -> Reader {
        match self {
            Self::SessionKey { key, first } => {
                Reader::SessionKey(key, if first.is_some() { Kdf::V1 } else { Kdf::V2 })
            }
            Self::DeviceKey { to, apv } => Reader::DeviceKey { to, apv },
        }
    }
}

/// Who can read the answer to a request.
#[derive(Clone, Debug)]
pub enum Reader {
    /// Whoever has the session key, in the form that goes with the derivation the request was signed with.
    SessionKey(SessionKey, Kdf),
    /// The device, by its transport key.
    DeviceKey {
        /// Its public transport key, as registered (attack A16).
        to: EcPublicKey,
        /// What the device chose for this answer.
        apv: Vec<u8>,
    },
}

fn session_reason(error: SignedError) -> Reason {
    match error {
        SignedError::Downgrade => Reason::KdfDowngrade,
        SignedError::Jws(JwsError::Signature | JwsError::Algorithm | JwsError::Key) => {
            Reason::SessionKeySignature
        }
        SignedError::Context
        | SignedError::Jws(JwsError::ForbiddenHeader | JwsError::Malformed | JwsError::TooLong) => {
            Reason::RequestMalformed
        }
    }
}
