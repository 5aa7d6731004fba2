//! From a verified passkey, pass or set-up link to a browser session.

use super::campaign::Step;
use super::passkey::assertion::{AssertionError, AssertionVerified};
use super::passkey::registration::RegistrationError;
use super::passkey::{CeremonyError, StoredPasskey};
use super::profile::{Permitted, PermittedNew};
use super::recovery::CodeAccepted;
use super::tap::{self, TapAccepted};
use crate::change::Change;
use crate::directory::{Passkey, Session, SessionKind, User};
use crate::id::SessionId;
use crate::policy::signal::Factors;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};

/// How long a browser stays signed in.
pub const BROWSER: Seconds = Seconds::hours(12);

/// Where a session begins.
#[derive(Clone, Debug)]
pub struct Place {
    /// The new session's id.
    pub id: SessionId,
    /// User agent.
    pub agent: String,
    /// Address.
    pub ip: String,
    /// Now.
    pub now: Timestamp,
}

impl Place {
    /// A browser session of `user` beginning here.
    fn session(self, user: &User, factors: Factors, until: Timestamp) -> Session {
        Session {
            id: self.id,
            user: user.id,
            kind: SessionKind::Browser,
            device: None,
            parent: None,
            credential: None,
            factors,
            auth_time: self.now,
            created: self.now,
            expires: until,
            last_seen: self.now,
            ended: None,
            generation: 0,
            advanced: self.now,
            agent: self.agent,
            ip: self.ip,
        }
    }
}

/// What the verifier needs of a stored passkey and its owner.
#[must_use]
pub fn stored(passkey: &Passkey, owner: &User) -> StoredPasskey {
    StoredPasskey {
        credential_id: passkey.id.clone(),
        user_handle: owner.handle.clone(),
        rp_id: passkey.rp_id.clone(),
        public_key: passkey.public_key.clone(),
        sign_count: passkey.sign_count,
        backup_eligible: passkey.backup_eligible,
        backup_state: passkey.backup_state,
    }
}

/// The factors a passkey proves.
#[must_use]
pub const fn passkey_factors(device_bound: bool, user_verified: bool) -> Factors {
    let kind = if device_bound { Factors::PASSKEY_DEVICE_BOUND } else { Factors::PASSKEY_SYNCED };
    if user_verified { kind.and(Factors::USER_VERIFIED) } else { kind }
}

/// A session for whoever used a passkey. While a campaign insists on a registration it is good for that alone.
///
/// # Errors
///
/// [`Reason::UserDisabled`]: the account is checked after the signature, so that only the owner of a passkey
/// learns the state of the account.
pub fn with_passkey(
    verified: &AssertionVerified,
    permitted: Permitted<'_>,
    owner: &User,
    place: Place,
    campaign: Step,
) -> Result<(Session, Vec<Change>), Reason> {
    if !owner.enabled {
        return Err(Reason::UserDisabled);
    }
    let passkey = permitted.passkey();
    let used = Change::UsePasskey {
        id: passkey.id.clone(),
        seen: passkey.sign_count,
        sign_count: verified.sign_count(),
        backup_state: verified.backup_state(),
        at: place.now,
    };
    let factors = passkey_factors(verified.device_bound(), verified.user_verified());
    let (factors, until) = match campaign {
        Step::Insist(_) => (factors.and(Factors::REGISTRATION_OWED), place.now + tap::WINDOW),
        Step::Ask(..) | Step::Leave => (factors, place.now + BROWSER),
    };
    let mut session = place.session(owner, factors, until);
    session.credential = Some(passkey.id.clone());
    let begun = Change::InsertSession(Box::new(session.clone()));
    Ok((session, vec![used, begun]))
}

/// A session for whoever registered a passkey a moment ago, behind a pass, a set-up link or another passkey.
#[must_use]
pub fn with_new_passkey(permitted: PermittedNew<'_>, owner: &User, place: Place) -> (Session, Change) {
    let passkey = permitted.passkey();
    // Registration demands user verification, so the person was there and known to the authenticator.
    let factors = passkey_factors(!passkey.backup_eligible, true);
    let until = place.now + BROWSER;
    let mut session = place.session(owner, factors, until);
    session.credential = Some(passkey.id.clone());
    let begun = Change::InsertSession(Box::new(session.clone()));
    (session, begun)
}

/// A session for whoever typed a pass: good for registering a passkey, and for nothing else.
#[must_use]
pub fn with_tap(accepted: &TapAccepted<'_>, have: &[Passkey], place: Place) -> (Session, Vec<Change>) {
    let told = accepted.alarm(have, &place.ip);
    let session = place.session(accepted.user(), Factors::TEMPORARY_ACCESS_PASS, accepted.until());
    let begun = Change::InsertSession(Box::new(session.clone()));
    (session, [accepted.spend(), begun].into_iter().chain(told).collect())
}

/// A session for whoever typed a recovery code: good for registering a passkey, and for nothing else. The person is
/// told of it when they next sign in.
#[must_use]
pub fn with_recovery_code(accepted: &CodeAccepted<'_>, place: Place) -> (Session, Vec<Change>) {
    let told = accepted.alarm(&place.ip);
    let session = place.session(accepted.user(), Factors::RECOVERY_CODE, accepted.until());
    let begun = Change::InsertSession(Box::new(session.clone()));
    (session, vec![accepted.spend(), begun, told])
}

/// The log's reason for a refused assertion.
#[must_use]
pub const fn assertion_reason(error: &AssertionError) -> Reason {
    match error {
        AssertionError::BackupEligibilityChanged => Reason::PasskeyFlags,
        AssertionError::BadSignature | AssertionError::StoredKey(_) => Reason::PasskeySignature,
        AssertionError::Ceremony(error) => ceremony_reason(*error),
        AssertionError::CounterNotGrown => Reason::PasskeyCounter,
        AssertionError::CredentialMismatch
        | AssertionError::NotAllowed
        | AssertionError::OtherRelyingParty
        | AssertionError::UnknownCredential
        | AssertionError::UserHandleMismatch
        | AssertionError::UserHandleMissing
        | AssertionError::WrongUser => Reason::PasskeyUnknown,
    }
}

/// The log's reason for a refused registration.
#[must_use]
pub const fn registration_reason(error: &RegistrationError) -> Reason {
    match error {
        RegistrationError::Ceremony(error) => ceremony_reason(*error),
        RegistrationError::AlgorithmNotOffered
        | RegistrationError::AttestationObject(_)
        | RegistrationError::AttestationRequired
        | RegistrationError::CredentialMismatch
        | RegistrationError::NoCredential
        | RegistrationError::Path(_)
        | RegistrationError::PublicKey(_)
        | RegistrationError::Statement(_) => Reason::PasskeyResponse,
    }
}

const fn ceremony_reason(error: CeremonyError) -> Reason {
    match error {
        CeremonyError::BackupStateWithoutEligibility => Reason::PasskeyFlags,
        CeremonyError::CrossOrigin
        | CeremonyError::Origin
        | CeremonyError::RpIdHash
        | CeremonyError::TopOrigin => Reason::PasskeyOrigin,
        CeremonyError::UserNotPresent | CeremonyError::UserNotVerified => Reason::PasskeyNotVerified,
        CeremonyError::WrongChallenge | CeremonyError::Type => Reason::CeremonyInvalid,
        CeremonyError::AuthenticatorData(_) | CeremonyError::ClientData(_) | CeremonyError::IdMismatch => {
            Reason::PasskeyResponse
        }
    }
}
