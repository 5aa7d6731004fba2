//! Who may add a way in: a passkey, or recovery codes. The one place that says what a session that began with a pass
//! or a code may do, and what takes a fresh sign-in.

use super::standing::Live;
use crate::policy::signal::Factors;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};

/// How recent a sign-in must be for its person to add a way in (policy.md §1.2 rule 9).
pub const FRESH_FOR: Seconds = Seconds::minutes(5);

/// A session that may add a passkey. Only [`may_register`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct MayRegister<'a>(Live<'a>);

impl<'a> MayRegister<'a> {
    /// The session.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.0
    }
}

/// A session that may make recovery codes. Only [`may_make_codes`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct MayMakeCodes<'a>(Live<'a>);

impl<'a> MayMakeCodes<'a> {
    /// The session.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.0
    }
}

/// Checks that a session may add a passkey: begun by a pass or a recovery code, or for a campaign that insists, or by a passkey in person within five
/// minutes of `asked`, the moment at which the person asked to add it.
///
/// # Errors
///
/// [`Reason::AuthTooWeak`] or [`Reason::AuthTooOld`].
pub fn may_register(live: Live<'_>, asked: Timestamp) -> Result<MayRegister<'_>, Reason> {
    // How long such a session lasts was decided when it began; until then this is what it is for.
    if live.factors().is_bootstrap() || live.factors().contains(Factors::REGISTRATION_OWED) {
        return Ok(MayRegister(live));
    }
    fresh_in_person(live, asked).map(MayRegister)
}

/// Checks that a session may make recovery codes: begun by a passkey in person within five minutes. Not by a pass or
/// a code: whoever stole one could otherwise make themselves a supply.
///
/// # Errors
///
/// [`Reason::AuthTooWeak`] or [`Reason::AuthTooOld`].
pub fn may_make_codes(live: Live<'_>, now: Timestamp) -> Result<MayMakeCodes<'_>, Reason> {
    fresh_in_person(live, now).map(MayMakeCodes)
}

/// A session whose person has just signed in with a passkey. Only [`stepped_up`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct SteppedUp<'a>(Live<'a>);

impl<'a> SteppedUp<'a> {
    /// The session.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.0
    }
}

/// Checks that a session may administer what cannot be taken back: begun by a passkey in person within five minutes.
///
/// # Errors
///
/// [`Reason::AuthTooWeak`] or [`Reason::AuthTooOld`].
pub fn stepped_up(live: Live<'_>, now: Timestamp) -> Result<SteppedUp<'_>, Reason> {
    fresh_in_person(live, now).map(SteppedUp)
}

fn fresh_in_person(live: Live<'_>, at: Timestamp) -> Result<Live<'_>, Reason> {
    // A browser session that a PRT made is nobody's presence: a thief at an open laptop has it too.
    if !live.factors().is_strong() || live.session().parent.is_some() {
        return Err(Reason::AuthTooWeak);
    }
    if at - live.session().auth_time > FRESH_FOR {
        return Err(Reason::AuthTooOld);
    }
    Ok(live)
}

#[cfg(test)]
mod tests {
    use super::super::standing::judge;
    use super::super::standing::tests::{NOW, good};
    use super::*;
    use crate::directory::{SessionKind, Standing};
    use crate::id::SessionId;

    fn browser(factors: Factors) -> Standing {
        let mut standing = good();
        standing.session.kind = SessionKind::Browser;
        standing.session.factors = factors;
        standing
    }

    fn verdicts(standing: &Standing, at: Timestamp) -> (Option<Reason>, Option<Reason>) {
        let live = judge(standing, NOW).unwrap();
        (may_register(live, at).err(), may_make_codes(live, at).err())
    }

    #[test]
    fn five_minutes_in_person_with_a_verified_passkey() {
        let strong = Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED);
        assert_eq!(verdicts(&browser(strong), NOW + FRESH_FOR), (None, None));
        let old = Some(Reason::AuthTooOld);
        assert_eq!(verdicts(&browser(strong), NOW + FRESH_FOR + Seconds(1)), (old, old));
        let weak = Some(Reason::AuthTooWeak);
        for factors in [Factors::NONE, Factors::PASSKEY_SYNCED, Factors::SETUP_LINK, Factors::DEVICE_KEY] {
            assert_eq!(verdicts(&browser(factors), NOW), (weak, weak), "{factors:?}");
        }
        let mut from_prt = browser(strong);
        from_prt.session.parent = Some(SessionId::from_bytes([9; 16]));
        assert_eq!(verdicts(&from_prt, NOW), (weak, weak));
    }

    #[test]
    fn a_pass_or_a_code_is_good_for_a_passkey_and_never_for_codes() {
        let owed = Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED).and(Factors::REGISTRATION_OWED);
        for factors in [Factors::TEMPORARY_ACCESS_PASS, Factors::RECOVERY_CODE, owed] {
            let verdict = verdicts(&browser(factors), NOW + Seconds::minutes(9));
            assert_eq!(verdict, (None, Some(Reason::AuthTooWeak)));
        }
    }
}
