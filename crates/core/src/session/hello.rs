//! Hello keys: who may register one, and what one yields (prt.md §3.10, §4.3; ADR 0018).

use super::issue::{self, Began, FRESH_FOR, Issued};
use super::standing::Live;
use crate::change::Change;
use crate::decision::{Decision, Granted, Refusal};
use crate::device::prove::DeviceProved;
use crate::directory::hello::{HelloKey, HelloKeyChange};
use crate::directory::{Session, User};
use crate::id::DeviceId;
use crate::keys::nonce;
use crate::keys::seal::SealRing;
use crate::policy::signal::Factors;
use crate::reason::Reason;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use passband_wire::jose::jws::JwsError;
use passband_wire::prt::hello::{Assertion, AssertionClaims, PublicKey};

/// How many Hello keys a person may have on one device.
pub const QUOTA: usize = 10;

/// The longest life of an assertion: clients reach an hour into the past and the future for clocks that are wrong. The
/// nonce is what stops one that was made in advance (attack A18).
pub const LONGEST: Seconds = Seconds::hours(2);

/// How far in the future an assertion may say that it was made.
const SKEW: Seconds = Seconds::minutes(5);

/// A person who proved themselves with a passkey just now, on this device. Only [`proved`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct ProvedOnDevice<'a> {
    live: Live<'a>,
    device: DeviceId,
}

impl<'a> ProvedOnDevice<'a> {
    /// The session.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.live
    }

    /// The device behind it.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.device
    }
}

/// Checks that a session rests on a ceremony with a verified passkey in the last ten minutes, and on a device (attack A19).
///
/// A PRT and what was made from it keep the time of that ceremony, whatever is renewed: older, they have merely inherited
/// it. A Hello key is no passkey, so that no key begets another.
///
/// # Errors
///
/// [`Reason::HelloKeyNoDevice`], [`Reason::AuthTooWeak`] or [`Reason::AuthTooOld`].
pub fn proved(live: Live<'_>, now: Timestamp) -> Result<ProvedOnDevice<'_>, Reason> {
    let device = live.device().ok_or(Reason::HelloKeyNoDevice)?.id;
    if !live.factors().is_strong() {
        return Err(Reason::AuthTooWeak);
    }
    if now - live.session().auth_time > FRESH_FOR {
        return Err(Reason::AuthTooOld);
    }
    Ok(ProvedOnDevice { live, device })
}

/// Decides on a key that this person brings, who has the keys `have`.
///
/// # Errors
///
/// [`Reason::HelloKeyQuota`].
pub fn register(
    proved: ProvedOnDevice<'_>,
    brought: &PublicKey,
    have: &[HelloKey],
    now: Timestamp,
) -> Result<HelloKey, Reason> {
    if have.iter().filter(|key| key.device == proved.device).count() >= QUOTA {
        return Err(Reason::HelloKeyQuota);
    }
    Ok(HelloKey {
        id: *brought.id(),
        user: proved.live.user().id,
        device: proved.device,
        public_key: brought.spki().to_vec(),
        created: now,
        last_used: None,
    })
}

/// A person whose Hello key signed for this request, on the device that signed it too. Only [`assert`] makes one.
#[derive(Debug)]
pub struct Asserted<'a> {
    key: &'a HelloKey,
    owner: &'a User,
    spend: Vec<Change>,
}

impl<'a> Asserted<'a> {
    /// Who.
    #[must_use]
    pub const fn owner(&self) -> &'a User {
        self.owner
    }
}

/// Verifies an assertion of `key`, in a request that `device` signed.
///
/// # Errors
///
/// [`Refusal`]. The nonce of the request is spent with each, that of the assertion once its signature is good.
pub fn assert<'a>(
    assertion: Assertion<'_>,
    (key, owner): (&'a HelloKey, &'a User),
    device: &DeviceProved<'_>,
    ring: &SealRing,
    now: Timestamp,
) -> Result<Asserted<'a>, Refusal> {
    let mut spend = vec![device.spend()];
    let refuse = |reason, spend: &[Change]| Refusal { reason, changes: spend.to_vec() };
    if *assertion.key() != key.id {
        return Err(refuse(Reason::HelloKeyUnknown, &spend));
    }
    let claims = assertion.verify(&key.public_key).map_err(|error| match error {
        JwsError::Malformed | JwsError::TooLong | JwsError::ForbiddenHeader => {
            refuse(Reason::RequestMalformed, &spend)
        }
        JwsError::Algorithm | JwsError::Key | JwsError::Signature => {
            refuse(Reason::HelloKeySignature, &spend)
        }
    })?;
    // A18: whoever had the key for a moment cannot have signed for a nonce of later.
    let nonce = nonce::check(ring, &claims.request_nonce, now).map_err(|reason| refuse(reason, &spend))?;
    let spent = nonce.spend();
    // Clients send two; the specification has one value in both places.
    if !spend.contains(&spent) {
        spend.push(spent);
    }
    // A17: each for this device and this person, and no other.
    let is_owner = claims.iss.to_lowercase() == owner.upn && key.user == owner.id;
    if !is_owner || key.device != device.device().id {
        return Err(refuse(Reason::HelloKeyElsewhere, &spend));
    }
    if !owner.enabled {
        return Err(refuse(Reason::UserDisabled, &spend));
    }
    if !is_timely(&claims, now) {
        return Err(refuse(Reason::HelloAssertionExpired, &spend));
    }
    Ok(Asserted { key, owner, spend })
}

/// Whether an assertion is good now, and was not made to be good for long.
fn is_timely(claims: &AssertionClaims, now: Timestamp) -> bool {
    let life = claims.exp.saturating_sub(claims.iat);
    let begun = claims.iat <= now.0.saturating_add(SKEW.0);
    begun && now.0 < claims.exp && (1..=LONGEST.0).contains(&life)
}

/// Decides on a PRT for the owner of a Hello key: one factor, beside the key of the device.
///
/// # Errors
///
/// [`Refusal`] if the device is another person's.
pub fn issue(
    proved: DeviceProved<'_>,
    asserted: Asserted<'_>,
    (agent, ip): (&str, &str),
    now: Timestamp,
    rng: &dyn Random,
) -> Decision<Issued> {
    if proved.device().owner != asserted.owner.id {
        return Err(Refusal { reason: Reason::WrongPerson, changes: asserted.spend });
    }
    let began = Began {
        user: asserted.owner.id,
        credential: Some(asserted.key.id.to_vec()),
        factors: Factors::HELLO_KEY,
        auth_time: now,
        agent: agent.to_owned(),
        ip: ip.to_owned(),
    };
    let begun = issue::begin(proved, began, now, rng);
    let Granted { value, mut changes } =
        begun.map_err(|refusal| Refusal { changes: asserted.spend.clone(), ..refusal })?;
    changes.extend(asserted.spend.into_iter().skip(1));
    changes.push(Change::HelloKey(HelloKeyChange::Use { id: asserted.key.id, at: now }));
    Ok(Granted { value, changes })
}

/// What taking a key away takes: it, and by name each session it began, so that the apps behind them are told. A session
/// that begins meanwhile has no standing without its key.
#[must_use]
pub fn remove(key: &HelloKey, sessions: &[Session], now: Timestamp) -> Vec<Change> {
    let begun = sessions.iter().filter(|session| {
        session.factors.contains(Factors::HELLO_KEY) && session.credential.as_deref() == Some(&key.id[..])
    });
    let ends = begun.map(|session| Change::EndSession { id: session.id, at: now });
    let delete = Change::HelloKey(HelloKeyChange::Delete { id: key.id, user: key.user });
    std::iter::once(delete).chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::super::standing::judge;
    use super::super::standing::tests::{NOW, good};
    use super::*;
    use crate::directory::Standing;

    #[test]
    fn a19_only_a_passkey_of_the_last_ten_minutes_on_a_device_registers_a_key() {
        let standing = good();
        fn of(standing: &Standing, at: Timestamp) -> Result<DeviceId, Reason> {
            proved(judge(standing, NOW).unwrap(), at).map(|it| it.device())
        }
        let device = standing.device.as_ref().unwrap().id;
        assert_eq!(of(&standing, NOW + FRESH_FOR), Ok(device));
        assert_eq!(of(&standing, NOW + FRESH_FOR + Seconds(1)), Err(Reason::AuthTooOld));
        let mut weak = good();
        for factors in [Factors::HELLO_KEY.and(Factors::DEVICE_KEY), Factors::PASSKEY_SYNCED, Factors::NONE] {
            weak.session.factors = factors;
            assert_eq!(of(&weak, NOW), Err(Reason::AuthTooWeak), "{factors:?}");
        }
        let mut bare = good();
        bare.session.device = None;
        assert_eq!(of(&bare, NOW), Err(Reason::HelloKeyNoDevice));
    }

    #[test]
    fn ten_keys_on_a_device_and_no_more() {
        let standing = good();
        let proved = proved(judge(&standing, NOW).unwrap(), NOW).unwrap();
        let key = |device| HelloKey {
            id: [1; 32],
            user: standing.session.user,
            device,
            public_key: Vec::new(),
            created: NOW,
            last_used: None,
        };
        let brought = brought();
        let elsewhere = vec![key(DeviceId::from_bytes([9; 16])); QUOTA + 5];
        let registered = register(proved, &brought, &elsewhere, NOW).unwrap();
        assert_eq!((registered.id, registered.device), (*brought.id(), proved.device()));
        let here = vec![key(proved.device()); QUOTA];
        assert!(register(proved, &brought, &here[1..], NOW).is_ok());
        assert_eq!(register(proved, &brought, &here, NOW), Err(Reason::HelloKeyQuota));
    }

    #[test]
    fn with_a_key_end_the_sessions_it_began_and_no_others() {
        let standing = good();
        let proved = proved(judge(&standing, NOW).unwrap(), NOW).unwrap();
        let key = register(proved, &brought(), &[], NOW).unwrap();
        let session = |n, factors, credential| Session {
            id: crate::id::SessionId::from_bytes([n; 16]),
            factors,
            credential: Some(credential),
            ..standing.session.clone()
        };
        let by_key = Factors::HELLO_KEY.and(Factors::DEVICE_KEY);
        let sessions = [
            session(1, by_key, key.id.to_vec()),
            session(2, by_key, vec![7; 32]),
            session(3, standing.session.factors, key.id.to_vec()),
        ];
        let delete = Change::HelloKey(HelloKeyChange::Delete { id: key.id, user: key.user });
        assert_eq!(
            remove(&key, &sessions, NOW),
            [delete, Change::EndSession { id: sessions[0].id, at: NOW }]
        );
    }

    fn brought() -> PublicKey {
        use passband_wire::jose::rsa::{SoftRsa, bcrypt_blob_from_spki};
        let blob = bcrypt_blob_from_spki(&SoftRsa::generate().unwrap().public_spki().unwrap()).unwrap();
        let request = passband_wire::prt::hello::KeyRequest { kngc: passband_wire::b64::encode_std(blob) };
        PublicKey::parse(&request).unwrap()
    }

    #[test]
    fn an_assertion_is_good_for_two_hours_at_most() {
        let timely = |iat: i64, exp: i64| {
            let claims = AssertionClaims {
                iss: String::new(),
                iat: NOW.0 + iat,
                exp: NOW.0 + exp,
                request_nonce: String::new(),
            };
            is_timely(&claims, NOW)
        };
        assert!(timely(-300, 300) && timely(-3600, 3600) && timely(SKEW.0, SKEW.0 + 60));
        for (iat, exp) in
            [(-300, 0), (-3600, 3601), (SKEW.0 + 1, 600), (60, 60), (60, 30), (i64::MIN / 2, 60)]
        {
            assert!(!timely(iat, exp), "{iat} {exp}");
        }
    }
}
