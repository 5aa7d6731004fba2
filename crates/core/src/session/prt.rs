//! The Primary Refresh Token: sealed, not looked up. A stolen database yields no session key.

use super::holder::{BoundKeys, Holder};
use crate::device::suite::Suite;
use crate::directory::Device;
use crate::id::{DeviceId, SessionId, UserId};
use crate::keys::seal::{Purpose, SealRing};
use crate::policy::signal::Factors;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use passband_wire::b64;
use passband_wire::jose::kdf::SessionKey;
use zeroize::Zeroizing;

/// A PRT's life from each issue or renewal: 14 days.
pub const WINDOW: Seconds = Seconds::days(14);

/// The most that renewals can stretch one sign-in: 90 days.
pub const CAP: Seconds = Seconds::days(90);

/// How long a superseded generation still works, for a device that crashed before it stored the new one.
pub const GRACE: Seconds = Seconds::hours(24);

/// The first byte of the body says who holds the PRT, so that a body of one suite has no reading in the other.
const BY_SESSION_KEY: u8 = 1;
const BY_DEVICE_KEY: u8 = 2;
const PREFIX: &str = "1.";
/// Bytes besides those of the holder.
const LEN: usize = 1 + 16 * 3 + 4 + 4 + 8 * 3;

/// What a PRT carries.
#[derive(Clone, Debug)]
pub struct Prt {
    /// The session it is the token of.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// The device it is bound to.
    pub device: DeviceId,
    /// Which of the session's PRTs this is.
    pub generation: u32,
    /// Whose signature it takes to use it. A session key is in no database.
    pub holder: Holder,
    /// What was proved at the sign-in. Renewal keeps it.
    pub factors: Factors,
    /// When it was proved. Renewal keeps it.
    pub auth_time: Timestamp,
    /// When this generation was made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

impl Prt {
    /// The token as the device keeps it. Letters, digits, `-`, `_` and one `.`, as clients demand.
    ///
    /// # Errors
    ///
    /// [`Reason::PrtInvalid`] if there is no sealing key.
    pub fn seal(&self, ring: &SealRing, rng: &dyn Random) -> Result<String, Reason> {
        let (version, holder) = match &self.holder {
            Holder::SessionKey(key) => (BY_SESSION_KEY, Zeroizing::new(key.expose().to_vec())),
            Holder::DeviceKey(keys) => (BY_DEVICE_KEY, Zeroizing::new(keys.to_bytes())),
        };
        let mut body = Zeroizing::new(Vec::with_capacity(LEN + holder.len()));
        body.push(version);
        body.extend_from_slice(self.session.as_bytes());
        body.extend_from_slice(self.user.as_bytes());
        body.extend_from_slice(self.device.as_bytes());
        body.extend_from_slice(&self.generation.to_be_bytes());
        body.extend_from_slice(&holder);
        body.extend_from_slice(&self.factors.bits().to_be_bytes());
        for at in [self.auth_time, self.issued, self.expires] {
            body.extend_from_slice(&at.0.to_be_bytes());
        }
        let sealed = ring.seal(Purpose::Prt, &body, rng).map_err(|_| Reason::PrtInvalid)?;
        Ok(format!("{PREFIX}{}", b64::encode(sealed)))
    }

    /// Opens a token. Says nothing of who presents it: that takes a signature by its session key.
    ///
    /// # Errors
    ///
    /// [`Reason::PrtInvalid`] if it is not one of ours.
    pub fn open(ring: &SealRing, text: &str) -> Result<Self, Reason> {
        let sealed = text.strip_prefix(PREFIX).ok_or(Reason::PrtInvalid)?;
        let sealed = b64::decode(sealed, 512).map_err(|_| Reason::PrtInvalid)?;
        let body = ring.open(Purpose::Prt, &sealed).map_err(|_| Reason::PrtInvalid)?;
        let (&version, mut rest) = body.split_first().ok_or(Reason::PrtInvalid)?;
        let mut take = |n: usize| {
            let (head, tail) = rest.split_at_checked(n)?;
            rest = tail;
            Some(head)
        };
        let mut read = || -> Option<Self> {
            Some(Self {
                session: SessionId::from_slice(take(16)?)?,
                user: UserId::from_slice(take(16)?)?,
                device: DeviceId::from_slice(take(16)?)?,
                generation: u32::from_be_bytes(take(4)?.try_into().ok()?),
                holder: match version {
                    BY_SESSION_KEY => Holder::SessionKey(SessionKey::from_bytes(take(32)?.try_into().ok()?)),
                    BY_DEVICE_KEY => {
                        Holder::DeviceKey(Box::new(BoundKeys::from_bytes(take(BoundKeys::LEN)?)?))
                    }
                    _ => return None,
                },
                factors: Factors::from_bits(u32::from_be_bytes(take(4)?.try_into().ok()?)),
                auth_time: Timestamp(i64::from_be_bytes(take(8)?.try_into().ok()?)),
                issued: Timestamp(i64::from_be_bytes(take(8)?.try_into().ok()?)),
                expires: Timestamp(i64::from_be_bytes(take(8)?.try_into().ok()?)),
            })
        };
        let prt = read();
        if rest.is_empty() { prt.ok_or(Reason::PrtInvalid) } else { Err(Reason::PrtInvalid) }
    }

    /// Who is to hold the PRT of a device: its key itself, or a fresh session key. The device's record says which; no
    /// request does.
    ///
    /// # Errors
    ///
    /// [`Reason::DeviceKeyMismatch`] if the keys of the record are not of one suite.
    pub fn holder_of(device: &Device, rng: &dyn Random) -> Result<Holder, Reason> {
        Ok(match Suite::of_key(&device.device_key) {
            Suite::SessionKey => Holder::SessionKey(SessionKey::from_bytes(rng::bytes(rng))),
            Suite::DeviceKey => Holder::DeviceKey(Box::new(BoundKeys::of(device)?)),
        })
    }
}

/// When a PRT issued at `now` for a sign-in at `auth_time` ends: the window, within the cap.
#[must_use]
pub fn expiry(auth_time: Timestamp, now: Timestamp) -> Timestamp {
    (now + WINDOW).min(auth_time + CAP)
}
