//! Temporary Access Pass: how a person without a passkey gets their first (Graph
//! `temporaryAccessPassAuthenticationMethod`).

use crate::change::Change;
use crate::directory::{Alarm, AlarmKind, Passkey, Tap, User};
use crate::id::{TapId, UserId};
use crate::keys::master::MasterKey;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Shortest lifetime, minutes (Graph: 10).
pub const MIN_MINUTES: i64 = 10;
/// Longest lifetime, minutes (Graph: 43 200).
pub const MAX_MINUTES: i64 = 43_200;
/// Lifetime when none is asked for, minutes (Graph `defaultLifetimeInMinutes`).
pub const DEFAULT_MINUTES: i64 = 60;
/// Characters of a pass unless the policy says otherwise: 59 bits. Graph's default of 8 would be 39.
pub const LENGTH: usize = 12;

/// How long after its use a pass still lets a person finish registration.
pub const WINDOW: Seconds = Seconds::minutes(10);

/// Letters and digits that cannot be mistaken for one another.
const ALPHABET: &[u8; 31] = b"ABCDEFGHJKLMNPQRSTUVWXYZ2345678";

/// What an administrator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Graph `lifetimeInMinutes`.
    pub minutes: i64,
    /// Graph `isUsableOnce`.
    pub once: bool,
    /// Graph `startDateTime`; now if absent.
    pub starts: Option<Timestamp>,
    /// Graph `defaultLength`: characters of the pass.
    pub length: usize,
}

/// Makes a pass; the text is shown once and never stored.
///
/// # Errors
///
/// `None` unless the lifetime lies between [`MIN_MINUTES`] and [`MAX_MINUTES`].
#[must_use]
pub fn create(
    user: UserId,
    wish: Wish,
    master: &MasterKey,
    now: Timestamp,
    rng: &dyn Random,
) -> Option<(Tap, Zeroizing<String>)> {
    if !(MIN_MINUTES..=MAX_MINUTES).contains(&wish.minutes) {
        return None;
    }
    let pass = Zeroizing::new(random_pass(wish.length, rng));
    let id = TapId::generate(rng);
    let starts = wish.starts.unwrap_or(now).max(now);
    let tap = Tap {
        id,
        user,
        hash: master.tap_hash(&id, &pass),
        created: now,
        starts,
        expires: starts + Seconds::minutes(wish.minutes),
        once: wish.once,
        used: None,
    };
    Some((tap, pass))
}

/// Characters drawn evenly: bytes past the last whole multiple of the alphabet are thrown away.
fn random_pass(length: usize, rng: &dyn Random) -> String {
    let limit = 256 / ALPHABET.len() * ALPHABET.len();
    let mut pass = String::with_capacity(length);
    while pass.len() < length {
        let [byte] = rng::bytes::<1>(rng);
        if usize::from(byte) < limit {
            pass.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        }
    }
    pass
}

/// A pass that lets its person in now. Only [`check`] makes one.
#[derive(Debug)]
pub struct TapAccepted<'a> {
    user: &'a User,
    tap: &'a Tap,
    now: Timestamp,
}

impl<'a> TapAccepted<'a> {
    /// The person.
    #[must_use]
    pub const fn user(&self) -> &'a User {
        self.user
    }

    /// The change that notes the use; it conflicts if the pass was usable once and another was faster.
    #[must_use]
    pub fn spend(&self) -> Change {
        Change::UseTap { id: self.tap.id, at: self.now }
    }

    /// What tells the person at their next sign-in, if they `have` a passkey to sign in with: whoever makes a pass for
    /// somebody, or comes by one, must not get in as them unseen. Without a passkey the pass is how they begin, and
    /// there is nobody else to tell.
    pub(super) fn alarm(&self, have: &[Passkey], ip: &str) -> Option<Change> {
        let raised = || Alarm {
            user: self.user.id,
            kind: AlarmKind::TemporaryAccessPassUsed,
            first: self.now,
            last: self.now,
            count: 1,
            detail: format!("from {ip}"),
        };
        (!have.is_empty()).then(|| Change::RaiseAlarm(Box::new(raised())))
    }

    /// Until when the session it begins may register a passkey.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        if self.tap.once { self.now + WINDOW } else { (self.now + WINDOW).min(self.tap.expires) }
    }
}

/// Checks what a person typed. `found` is what the name they typed led to.
///
/// Whether the name exists does not show in the answer, and hardly in the time: a hash is computed either way.
///
/// # Errors
///
/// [`Reason::TapWrong`], [`Reason::TapExpired`], [`Reason::TapUsed`] or [`Reason::UserDisabled`], for the log;
/// the page says the same for all of them.
pub fn check<'a>(
    found: Option<&'a (User, Vec<Tap>)>,
    typed: &str,
    master: &MasterKey,
    now: Timestamp,
) -> Result<TapAccepted<'a>, Reason> {
    let typed: Zeroizing<String> =
        Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect());
    let typed = Zeroizing::new(typed.to_ascii_uppercase());
    let Some((user, taps)) = found else {
        let _ = master.tap_hash(&TapId::from_bytes([0; 16]), &typed);
        return Err(Reason::TapWrong);
    };
    let matches = |tap: &&Tap| bool::from(master.tap_hash(&tap.id, &typed).ct_eq(&tap.hash));
    let tap = taps.iter().find(matches).ok_or(Reason::TapWrong)?;
    if !user.enabled {
        return Err(Reason::UserDisabled);
    }
    if now < tap.starts || now >= tap.expires {
        return Err(Reason::TapExpired);
    }
    if tap.once && tap.used.is_some() {
        return Err(Reason::TapUsed);
    }
    Ok(TapAccepted { user, tap, now })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn made(once: bool) -> ((User, Vec<Tap>), String, MasterKey) {
        let user = User {
            id: UserId::from_bytes([1; 16]),
            upn: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            enabled: true,
            roles: crate::directory::Roles::NONE,
            break_glass: false,
            handle: vec![1; 32],
            created: NOW,
        };
        let master = MasterKey::from_bytes([7; 32]);
        let wish = Wish { minutes: 60, once, starts: None, length: LENGTH };
        let (tap, pass) = create(user.id, wish, &master, NOW, &SystemRandom).unwrap();
        ((user, vec![tap]), pass.to_string(), master)
    }

    #[test]
    fn a_pass_is_good_for_its_person_and_its_hour() {
        let (found, pass, master) = made(false);
        assert!(check(Some(&found), &pass, &master, NOW).is_ok());
        let typed = format!(" {}-{} ", &pass[..6].to_lowercase(), &pass[6..]);
        assert!(check(Some(&found), &typed, &master, NOW).is_ok());
        assert_eq!(check(None, &pass, &master, NOW).unwrap_err(), Reason::TapWrong);
        assert_eq!(check(Some(&found), "", &master, NOW).unwrap_err(), Reason::TapWrong);
        let late = NOW + Seconds::hours(1);
        assert_eq!(check(Some(&found), &pass, &master, late).unwrap_err(), Reason::TapExpired);
        let early = NOW - Seconds(1);
        assert_eq!(check(Some(&found), &pass, &master, early).unwrap_err(), Reason::TapExpired);
        let other = MasterKey::from_bytes([8; 32]);
        assert_eq!(check(Some(&found), &pass, &other, NOW).unwrap_err(), Reason::TapWrong);
        let mut asleep = found;
        asleep.0.enabled = false;
        assert_eq!(check(Some(&asleep), &pass, &master, NOW).unwrap_err(), Reason::UserDisabled);
    }

    #[test]
    fn once_means_once_and_the_window_is_ten_minutes() {
        let (mut found, pass, master) = made(true);
        assert_eq!(check(Some(&found), &pass, &master, NOW).unwrap().until(), NOW + WINDOW);
        found.1[0].used = Some(NOW);
        assert_eq!(check(Some(&found), &pass, &master, NOW).unwrap_err(), Reason::TapUsed);
        let (mut found, pass, master) = made(false);
        found.1[0].used = Some(NOW);
        let end = NOW + Seconds::minutes(59);
        assert_eq!(check(Some(&found), &pass, &master, end).unwrap().until(), NOW + Seconds::hours(1));
    }

    #[test]
    fn lifetimes_outside_the_range_make_no_pass() {
        let master = MasterKey::from_bytes([7; 32]);
        for minutes in [9, 0, -1, 43_201, i64::MAX] {
            let wish = Wish { minutes, once: true, starts: None, length: LENGTH };
            assert!(create(UserId::from_bytes([1; 16]), wish, &master, NOW, &SystemRandom).is_none());
        }
    }
}
