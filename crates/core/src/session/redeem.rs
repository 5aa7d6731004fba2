//! Using a PRT: for an app's token, for a new PRT, for a browser session.
//!
//! Flow: (1) read the signed request, which names a PRT; (2) open the PRT, which holds the session key;
//! (3) verify the signature under a key derived from it; (4) check the nonce; (5) judge what the session rests
//! on; (6) check the generation; (7) decide what is asked.
//!
//! The signature comes before everything that writes, so that nobody without the key can end a session.

use super::by_age::{self, Nonces};
use super::prt::{self, Prt};
use super::standing::{self, Live};
use crate::change::Change;
use crate::decision::{Granted, Refusal};
use crate::directory::{ClientProfile, Session, SessionKind, Standing};
use crate::id::SessionId;
use crate::keys::nonce::{self, FreshNonce};
use crate::keys::seal::SealRing;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};
use passband_wire::jose::jws::Verified;
use passband_wire::jose::kdf::Kdf;
use passband_wire::prt::message::{CookieClaims, PrtUseClaims};
use passband_wire::prt::signed::{SessionSigned, SignedError};
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
}

impl CarriesPrt for PrtUseClaims {
    fn prt(&self) -> &str {
        &self.refresh_token
    }

    fn nonce(&self) -> Option<&str> {
        self.request_nonce.as_deref()
    }
}

impl CarriesPrt for CookieClaims {
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

/// A PRT shown to be held by whoever holds its session key, in a request made for a fresh nonce, or where an
/// administrator does without one, lately.
///
/// Whether its session still stands is not known yet: that takes a load.
#[derive(Debug)]
pub struct Possessed<C> {
    prt: Prt,
    claims: C,
    /// `None` for a cookie that is taken by its age.
    nonce: Option<FreshNonce>,
    /// The context of a KDFv1 signature, as the id to be spent; `None` for KDFv2.
    first: Option<[u8; 32]>,
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
    let signed = SessionSigned::parse(text).map_err(|error| anonymous(reason_of(error)))?;
    let named: C = signed.claims_unverified().map_err(|_| anonymous(Reason::RequestMalformed))?;
    let prt = Prt::open(ring, named.prt()).map_err(anonymous)?;
    let refuse = |reason, prt: &Prt| NotPossessed { reason, prt: Some(Box::new(prt.clone())) };
    // Which derivation this device may use is in its record, which is loaded next: `stand` asks it.
    let first = (signed.kdf() == Kdf::V1).then(|| context_id(&prt, signed.ctx()));
    let verified: Verified =
        signed.verify_either(&prt.key).map_err(|error| refuse(reason_of(error), &prt))?;
    let claims: C = verified.claims().map_err(|_| refuse(Reason::RequestMalformed, &prt))?;
    let nonce = match claims.nonce() {
        Some(nonce) => nonce::check(ring, nonce, now).map(Some),
        None => by_age::check(nonces, claims.made(), first.is_some(), now).map(|()| None),
    };
    let nonce = nonce.map_err(|reason| refuse(reason, &prt))?;
    Ok(Possessed { prt, claims, nonce, first })
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

fn reason_of(error: SignedError) -> Reason {
    use passband_wire::jose::jws::JwsError;
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

/// A possessed PRT whose session stands. Only [`stand`] makes one; what follows demands it.
#[derive(Debug)]
pub struct ProvedPrt<'a> {
    live: Live<'a>,
    prt: Prt,
    spend: Vec<Change>,
    kdf: Kdf,
    by_age: bool,
}

impl<'a> ProvedPrt<'a> {
    /// The session, in good standing.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.live
    }

    /// The session key, for the reply.
    #[must_use]
    pub const fn prt(&self) -> &Prt {
        &self.prt
    }

    /// The derivation its request was signed with, which its device may use.
    #[must_use]
    pub const fn kdf(&self) -> Kdf {
        self.kdf
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
    let kdf = possessed.first.map_or(Kdf::V2, |_| Kdf::V1);
    // A6: of a context that comes again, the key may have been extracted. The session ends before the memory of it.
    let until = prt.auth_time + prt::CAP;
    spend.extend(possessed.first.map(|id| Change::Spend { id, until }));
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
    match (profile, kdf) {
        (ClientProfile::Strict, Kdf::V1) => return Err(refuse(Reason::KdfDowngrade)),
        // It has shown that it can: never again KDFv1 (attack A7).
        (ClientProfile::Compatible, Kdf::V2) => spend.push(Change::RaiseDevice(prt.device)),
        (ClientProfile::Strict, Kdf::V2) | (ClientProfile::Compatible, Kdf::V1) => {}
    }
    Ok(ProvedPrt { live, prt, spend, kdf, by_age })
}

/// Renewal: a new generation with the same key, factors and authentication time. It never upgrades them
/// (attack A21).
///
/// The commit fails with `Stale` if another renewal advanced the session meanwhile; load and decide again, and
/// the grace rule answers with the generation that won.
pub fn renew(proved: ProvedPrt<'_>, now: Timestamp) -> Granted<Prt> {
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
    Granted { value: prt, changes }
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
