//! Issuing a PRT: a person who signed in with a passkey just now, on a device that proves its key.

use super::holder::{Holder, Reader};
use super::prt::{self, Prt};
use super::standing::Live;
use crate::change::Change;
use crate::decision::{Decision, Granted, Refusal};
use crate::device::prove::DeviceProved;
use crate::directory::{ClientProfile, Grant, Session, SessionKind};
use crate::id::{SessionId, UserId};
use crate::policy::signal::Factors;
use crate::reason::Reason;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use passband_wire::prt::BROKER_CLIENT;
use passband_wire::prt::bound::JweCrypto;

/// How recent the sign-in must be that a device or a PRT is born of (attacks A11, A13).
pub const FRESH_FOR: Seconds = Seconds::minutes(10);

/// A sign-in strong and recent enough to give a device its identity or its PRT. Only [`fresh`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct FreshSignIn<'a>(Live<'a>);

impl<'a> FreshSignIn<'a> {
    /// The session.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.0
    }
}

/// Checks that a session began with a passkey, in person, within the last ten minutes.
///
/// # Errors
///
/// [`Reason::SessionFromPrtConfined`] for a browser session that a PRT made (attack A32),
/// [`Reason::AuthTooWeak`] or [`Reason::AuthTooOld`].
pub fn fresh(live: Live<'_>, now: Timestamp) -> Result<FreshSignIn<'_>, Reason> {
    let session = live.session();
    if session.parent.is_some() || session.kind != SessionKind::Browser {
        return Err(Reason::SessionFromPrtConfined);
    }
    if !session.factors.is_strong() {
        return Err(Reason::AuthTooWeak);
    }
    if now - session.auth_time > FRESH_FOR {
        return Err(Reason::AuthTooOld);
    }
    Ok(FreshSignIn(live))
}

/// A PRT just made, still to be put into an answer that only its device can read.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub prt: Prt,
    /// Its session.
    pub session: Session,
    /// How a device that signs for itself wants the answer encrypted; `None` where a session key is wrapped.
    pub reader: Option<Reader>,
}

/// Decides on a PRT for `proved`, on the word of a broker's grant.
///
/// # Errors
///
/// [`Refusal`] if the grant is another client's, the sign-in too weak or old, or the device another person's.
pub fn issue(
    proved: DeviceProved<'_>,
    grant: &Grant,
    live: Live<'_>,
    now: Timestamp,
    rng: &dyn Random,
) -> Decision<Issued> {
    let device = proved.device();
    let spend = proved.spend();
    let refuse = |reason| Refusal { reason, changes: vec![spend.clone()] };
    // RT-to-PRT upgrade: only the broker's own refresh token may become a PRT (attack A11).
    if grant.client != BROKER_CLIENT {
        return Err(refuse(Reason::PrtInvalid));
    }
    let sign_in = fresh(live, now).map_err(refuse)?.live();
    if device.owner != sign_in.user().id {
        return Err(refuse(Reason::WrongPerson));
    }
    let began = sign_in.session();
    let began = Began {
        user: began.user,
        credential: began.credential.clone(),
        factors: began.factors,
        auth_time: began.auth_time,
        agent: began.agent.clone(),
        ip: began.ip.clone(),
    };
    begin(proved, began, now, rng)
}

/// The sign-in that a PRT is born of.
#[derive(Debug)]
pub(super) struct Began {
    pub(super) user: UserId,
    /// The passkey or Hello key.
    pub(super) credential: Option<Vec<u8>>,
    pub(super) factors: Factors,
    pub(super) auth_time: Timestamp,
    pub(super) agent: String,
    pub(super) ip: String,
}

/// Begins the session of a PRT for the owner of a device, decided before.
///
/// # Errors
///
/// [`Refusal`] if the device's keys are of no suite, or its request does not say how to answer it.
pub(super) fn begin(
    proved: DeviceProved<'_>,
    began: Began,
    now: Timestamp,
    rng: &dyn Random,
) -> Decision<Issued> {
    let device = proved.device();
    let refuse = |reason| Refusal { reason, changes: vec![proved.spend()] };
    let holder = Prt::holder_of(device, rng).map_err(refuse)?;
    let reader = match &holder {
        Holder::SessionKey(_) => None,
        Holder::DeviceKey(keys) => {
            let apv =
                proved.answer().and_then(JweCrypto::apv).ok_or_else(|| refuse(Reason::RequestMalformed))?;
            Some(Reader::DeviceKey { to: *keys.transport(), apv })
        }
    };
    let session = Session {
        id: SessionId::generate(rng),
        user: began.user,
        kind: SessionKind::Prt,
        device: Some(device.id),
        // No parent: signing out of the browser does not silently sign the device out.
        parent: None,
        credential: began.credential,
        factors: began.factors.and(Factors::DEVICE_KEY),
        auth_time: began.auth_time,
        created: now,
        expires: prt::expiry(began.auth_time, now),
        last_seen: now,
        ended: None,
        generation: 0,
        advanced: now,
        agent: began.agent,
        ip: began.ip,
    };
    let prt = Prt {
        session: session.id,
        user: session.user,
        device: device.id,
        generation: 0,
        holder,
        factors: session.factors,
        auth_time: session.auth_time,
        issued: now,
        expires: session.expires,
    };
    let mut changes = vec![
        proved.spend(),
        Change::InsertSession(Box::new(session.clone())),
        Change::SeenDevice { id: device.id, at: now },
    ];
    if proved.announces_kdf_v2() && device.profile != ClientProfile::Strict {
        changes.push(Change::RaiseDevice(device.id));
    }
    Ok(Granted { value: Issued { prt, session, reader }, changes })
}
