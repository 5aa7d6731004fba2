//! Using a PRT: for an app's token, for a new PRT, for a browser session.
//!
//! Flow: (1) read the signed request, which names a PRT; (2) open the PRT, which says what holds it; (3) verify the
//! signature under a key derived from its session key, or under the device's key; (4) check the nonce; (5) judge what
//! the session rests on; (6) check the generation; (7) decide what is asked. The suites differ in step 3 alone.
//!
//! The signature comes before everything that writes, so that nobody without the key can end a session.

use super::by_age::{self, Nonces};
use super::holder::{Proof, Reader, Signed, Wants};
use super::prt::{self, Prt};
use super::standing::{self, Live};
use crate::change::Change;
use crate::decision::{Granted, Refusal};
use crate::directory::{ClientProfile, Session, SessionKind, Standing};
use crate::id::SessionId;
use crate::keys::nonce::{self, FreshNonce};
use crate::keys::seal::SealRing;
use crate::policy::access::facts::Shown;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};
use passband_wire::prt::bound::{PURPOSE_COOKIE, PURPOSE_USE};
use passband_wire::prt::message::{CookieClaims, PrtUseClaims};
use serde::de::DeserializeOwned;

/// How long a browser session made from a PRT lasts; each use of the PRT makes another.
pub const BROWSER_FROM_PRT: Seconds = Seconds::hours(8);

/// Claims that carry a PRT and a nonce.
pub trait CarriesPrt: DeserializeOwned {
    /// The PRT.
    fn prt(&self) -> &str;
    /// The nonce.
    fn nonce(&self) -> Option<&str>;
    /// When it was made, by its own word; what goes to the token endpoint has no such word.
    fn made(&self) -> Option<Timestamp> {
        None
    }
    /// What a device's key signs it for.
    const PURPOSE: &'static str;
    /// Whether it is answered under encryption.
    const ANSWERED: bool;
}

impl CarriesPrt for PrtUseClaims {
    const PURPOSE: &'static str = PURPOSE_USE;
    const ANSWERED: bool = true;

    fn prt(&self) -> &str {
        &self.refresh_token
    }

    fn nonce(&self) -> Option<&str> {
        self.request_nonce.as_deref()
    }
}

impl CarriesPrt for CookieClaims {
    const PURPOSE: &'static str = PURPOSE_COOKIE;
    const ANSWERED: bool = false;

    fn prt(&self) -> &str {
        &self.refresh_token
    }

    fn nonce(&self) -> Option<&str> {
        self.request_nonce.as_deref()
    }

    fn made(&self) -> Option<Timestamp> {
        self.iat.map(Timestamp)
    }
}

/// A PRT shown to be held by who it is bound to, in a request made for a fresh nonce, or where an administrator does
/// without one, lately.
///
/// Whether its session still stands is not known yet: that takes a load.
#[derive(Debug)]
pub struct Possessed<C> {
    prt: Prt,
    claims: C,
    /// `None` for a cookie that is taken by its age.
    nonce: Option<FreshNonce>,
    proof: Proof,
}

impl<C> Possessed<C> {
    /// The session to load.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.prt.session
    }

    /// The verified claims.
    #[must_use]
    pub const fn claims(&self) -> &C {
        &self.claims
    }

    /// The PRT itself.
    #[must_use]
    pub const fn prt(&self) -> &Prt {
        &self.prt
    }
}

/// Steps 1 to 4.
///
/// # Errors
///
/// The [`Reason`] of the step that failed, with the PRT if it could be opened, so that the log can name whose
/// it was.
pub fn possess<C: CarriesPrt>(
    ring: &SealRing,
    text: &str,
    nonces: Nonces,
    now: Timestamp,
) -> Result<Possessed<C>, NotPossessed> {
    let anonymous = |reason| NotPossessed { reason, prt: None };
    let signed = Signed::parse(text).map_err(anonymous)?;
    let named: C = signed.claims_unverified().map_err(anonymous)?;
    let prt = Prt::open(ring, named.prt()).map_err(anonymous)?;
    let refuse = |reason, prt: &Prt| NotPossessed { reason, prt: Some(Box::new(prt.clone())) };
    let wants = Wants { purpose: C::PURPOSE, answer: C::ANSWERED };
    let (verified, proof) = signed.verify(&prt.holder, wants).map_err(|reason| refuse(reason, &prt))?;
    let claims: C = verified.claims().map_err(|_| refuse(Reason::RequestMalformed, &prt))?;
    let nonce = match claims.nonce() {
        Some(nonce) => nonce::check(ring, nonce, now).map(Some),
        None => by_age::check(nonces, claims.made(), proof.older().is_some(), now).map(|()| None),
    };
    let nonce = nonce.map_err(|reason| refuse(reason, &prt))?;
    Ok(Possessed { prt, claims, nonce, proof })
}

/// A context in a session, as an id to be spent.
fn context_id(prt: &Prt, ctx: &[u8]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    for part in [b"ctx".as_slice(), prt.session.as_bytes(), ctx] {
        hash.update(part);
    }
    let mut id = [0; 32];
    id.copy_from_slice(hash.finish().as_ref());
    id
}

/// Why a request did not show possession of a PRT.
#[derive(Debug)]
pub struct NotPossessed {
    /// Why.
    pub reason: Reason,
    /// The PRT it named, if it was one of ours.
    pub prt: Option<Box<Prt>>,
}

/// A possessed PRT whose session stands. Only [`stand`] makes one; what follows demands it.
#[derive(Debug)]
pub struct ProvedPrt<'a> {
    live: Live<'a>,
    prt: Prt,
    spend: Vec<Change>,
    proof: Proof,
    by_age: bool,
}

impl<'a> ProvedPrt<'a> {
    /// The session, in good standing.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.live
    }

    /// The PRT itself.
    #[must_use]
    pub const fn prt(&self) -> &Prt {
        &self.prt
    }

    /// What signed its request.
    #[must_use]
    pub const fn shown(&self) -> Shown {
        self.proof.shown()
    }

    /// Whether its request was taken by its age: then the key signed at some time, and not for this request.
    #[must_use]
    pub const fn is_by_age(&self) -> bool {
        self.by_age
    }

    /// The changes that use the request up, for a use that decides nothing more.
    #[must_use]
    pub fn into_spend(self) -> Vec<Change> {
        self.spend
    }

    /// The same, and who can read the answer.
    #[must_use]
    pub fn into_answer(self) -> (Vec<Change>, Reader) {
        (self.spend, self.proof.into_reader())
    }
}

/// Steps 5 and 6.
///
/// # Errors
///
/// [`Refusal`]; with a superseded generation it carries the end of the session (RFC 9700 §4.14.2: of two holders
/// of a rotated token, one is not the owner).
pub fn stand<'a, C>(
    possessed: Possessed<C>,
    standing: &'a Standing,
    now: Timestamp,
) -> Result<ProvedPrt<'a>, Refusal> {
    let prt = possessed.prt;
    let session = &standing.session;
    let by_age = possessed.nonce.is_none();
    let mut spend: Vec<_> = possessed.nonce.map(FreshNonce::spend).into_iter().collect();
    let proof = possessed.proof;
    let older = proof.older();
    // A6: of a context that comes again, the key may have been extracted. The session ends before the memory of it.
    let until = prt.auth_time + prt::CAP;
    spend.extend(older.map(|ctx| Change::Spend { id: context_id(&prt, ctx), until }));
    let refuse = |reason| Refusal { reason, changes: spend.clone() };
    let live = standing::judge(standing, now).map_err(refuse)?;
    // The seal vouches for these; a mismatch means two installations share a key, or a bug.
    let same = session.id == prt.session && session.user == prt.user && session.device == Some(prt.device);
    if !same || session.kind != SessionKind::Prt || prt.generation > session.generation {
        return Err(refuse(Reason::PrtInvalid));
    }
    if now >= prt.expires {
        return Err(refuse(Reason::PrtExpired));
    }
    let in_grace = prt.generation + 1 == session.generation && now - session.advanced <= prt::GRACE;
    if prt.generation != session.generation && !in_grace {
        spend.push(Change::EndSession { id: session.id, at: now });
        return Err(Refusal { reason: Reason::PrtSuperseded, changes: spend });
    }
    let profile = live.device().map_or(ClientProfile::Strict, |device| device.profile);
    // Said by itself, so that it does not rest on which derivation such a device may use (attack A4).
    if by_age && profile == ClientProfile::Strict {
        return Err(refuse(Reason::NonceInvalid));
    }
    match (profile, older.is_some()) {
        (ClientProfile::Strict, true) => return Err(refuse(Reason::KdfDowngrade)),
        // It has shown that it can: never again KDFv1 (attack A7).
        (ClientProfile::Compatible, false) => spend.push(Change::RaiseDevice(prt.device)),
        (ClientProfile::Strict, false) | (ClientProfile::Compatible, true) => {}
    }
    Ok(ProvedPrt { live, prt, spend, proof, by_age })
}

/// Renewal: a new generation with the same holder, factors and authentication time. It never upgrades them
/// (attack A21).
///
/// The commit fails with `Stale` if another renewal advanced the session meanwhile; load and decide again, and
/// the grace rule answers with the generation that won.
pub fn renew(proved: ProvedPrt<'_>, now: Timestamp) -> Granted<(Prt, Reader)> {
    let session = proved.live.session();
    let mut prt = proved.prt;
    let mut changes = proved.spend;
    prt.issued = now;
    prt.expires = prt::expiry(prt.auth_time, now);
    if prt.generation == session.generation {
        changes.push(Change::AdvanceSession {
            id: session.id,
            from: session.generation,
            at: now,
            expires: prt.expires,
        });
        prt.generation += 1;
    } else {
        prt.generation = session.generation;
    }
    Granted { value: (prt, proved.proof.into_reader()), changes }
}

/// Step 7 for a browser: a session that inherits what the PRT proved and ends with it. Policies are asked where the
/// session is used, so that it opens no more than they let it at that moment.
pub fn browser(
    proved: ProvedPrt<'_>,
    id: SessionId,
    agent: &str,
    ip: &str,
    now: Timestamp,
) -> Granted<Session> {
    let from = proved.live.session();
    let session = Session {
        id,
        user: from.user,
        kind: SessionKind::Browser,
        device: from.device,
        parent: Some(from.id),
        credential: from.credential.clone(),
        factors: from.factors,
        auth_time: from.auth_time,
        created: now,
        expires: (now + BROWSER_FROM_PRT).min(from.expires),
        last_seen: now,
        ended: None,
        generation: 0,
        advanced: now,
        agent: agent.to_owned(),
        ip: ip.to_owned(),
    };
    let mut changes = proved.spend;
    changes.push(Change::InsertSession(Box::new(session.clone())));
    Granted { value: session, changes }
}
