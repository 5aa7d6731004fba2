//! Recovery codes: a way back in for who has lost every passkey, made by themselves beforehand.
//!
//! A code is a password in all but name, so it opens one thing only: the page where a new passkey is made. It is
//! long enough that neither guessing nor a stolen database yields it, and it works once.

use crate::authn::tap::WINDOW;
use crate::change::Change;
use crate::directory::{Alarm, AlarmKind, RecoveryCode, User};
use crate::id::UserId;
use crate::keys::master::MasterKey;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::Timestamp;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Codes in a set.
pub const SET: usize = 10;

/// Characters of a code, five bits each: 80 bits.
pub const LENGTH: usize = 16;

/// Base 32 (RFC 4648 §6): no 0, 1 or 8 to be taken for O, I or B.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Makes a set of codes for a person, in place of whatever they had. The texts are shown once and never stored.
#[must_use]
pub fn create(
    user: UserId,
    master: &MasterKey,
    now: Timestamp,
    rng: &dyn Random,
) -> (Vec<Zeroizing<String>>, Change) {
    let codes: Vec<_> = (0..SET).map(|_| random_code(rng)).collect();
    let hashes = codes.iter().map(|code| master.recovery_hash(&user, code)).collect();
    (codes, Change::ReplaceRecoveryCodes { user, hashes, at: now })
}

/// Takes a person's codes away, used and unused.
///
/// That is all an administrator may do with somebody's codes. Making some for another would be a quiet way into the
/// account; a Temporary Access Pass is the one for that, with an end and a line in the log.
#[must_use]
pub const fn take_away(user: UserId, now: Timestamp) -> Change {
    Change::ReplaceRecoveryCodes { user, hashes: Vec::new(), at: now }
}

fn random_code(rng: &dyn Random) -> Zeroizing<String> {
    let bytes = Zeroizing::new(rng::bytes::<LENGTH>(rng));
    // 32 divides 256, so five bits of each byte are drawn evenly.
    Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
}

/// How many codes of a set can still be used.
#[must_use]
pub fn left(codes: &[RecoveryCode]) -> usize {
    codes.iter().filter(|code| code.used.is_none()).count()
}

/// A code that lets its person in now. Only [`check`] makes one.
#[derive(Debug)]
pub struct CodeAccepted<'a> {
    user: &'a User,
    code: &'a RecoveryCode,
    left: usize,
    now: Timestamp,
}

impl<'a> CodeAccepted<'a> {
    /// The person.
    #[must_use]
    pub const fn user(&self) -> &'a User {
        self.user
    }

    /// How many codes are left after this one.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// The change that uses the code up; it conflicts if another was faster.
    #[must_use]
    pub fn spend(&self) -> Change {
        Change::UseRecoveryCode { user: self.user.id, hash: self.code.hash, at: self.now }
    }

    /// Until when the session it begins may register a passkey.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.now + WINDOW
    }

    /// What tells the person at their next sign-in: whoever found the sheet of codes must not get in unseen.
    pub(super) fn alarm(&self, ip: &str) -> Change {
        let left = self.left;
        Change::RaiseAlarm(Box::new(Alarm {
            user: self.user.id,
            kind: AlarmKind::RecoveryCodeUsed,
            first: self.now,
            last: self.now,
            count: 1,
            detail: format!("from {ip}; {left} left"),
        }))
    }
}

/// Checks what a person typed. `found` is what the name they typed led to.
///
/// Whether the name exists does not show in the answer, and hardly in the time: one hash is computed either way.
///
/// # Errors
///
/// [`Reason::RecoveryCodeWrong`], [`Reason::RecoveryCodeUsed`] or [`Reason::UserDisabled`], for the log; the page
/// says the same for all of them.
pub fn check<'a>(
    found: Option<&'a (User, Vec<RecoveryCode>)>,
    typed: &str,
    master: &MasterKey,
    now: Timestamp,
) -> Result<CodeAccepted<'a>, Reason> {
    let typed = plain(typed);
    let Some((user, codes)) = found else {
        let _ = master.recovery_hash(&UserId::from_bytes([0; 16]), &typed);
        return Err(Reason::RecoveryCodeWrong);
    };
    let hash = master.recovery_hash(&user.id, &typed);
    // All are looked at, so that time does not tell which it was.
    let matches = codes.iter().filter(|code| code.user == user.id && bool::from(code.hash.ct_eq(&hash)));
    let code = matches.fold(None, |_, code| Some(code)).ok_or(Reason::RecoveryCodeWrong)?;
    if !user.enabled {
        return Err(Reason::UserDisabled);
    }
    if code.used.is_some() {
        return Err(Reason::RecoveryCodeUsed);
    }
    Ok(CodeAccepted { user, code, left: left(codes).saturating_sub(1), now })
}

/// A code as it was made, from what a person makes of it: case, groups, and the digits that look like letters.
fn plain(typed: &str) -> Zeroizing<String> {
    let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64);
    let letter = |c: char| match c.to_ascii_uppercase() {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        other => other,
    };
    Zeroizing::new(kept.map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn ada() -> User {
        User {
            id: UserId::from_bytes([1; 16]),
            upn: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            enabled: true,
            roles: crate::directory::Roles::NONE,
            break_glass: false,
            handle: vec![1; 32],
            created: NOW,
        }
    }

    fn master() -> MasterKey {
        MasterKey::from_bytes([7; 32])
    }

    fn made(user: User) -> ((User, Vec<RecoveryCode>), Vec<Zeroizing<String>>) {
        let (texts, change) = create(user.id, &master(), NOW, &SystemRandom);
        let Change::ReplaceRecoveryCodes { user: owner, hashes, at } = change else { unreachable!() };
        assert_eq!((owner, hashes.len(), at), (user.id, SET, NOW));
        let stored = |hash| RecoveryCode { user: user.id, hash, created: NOW, used: None };
        let codes = hashes.into_iter().map(stored).collect();
        ((user, codes), texts)
    }

    #[test]
    fn each_code_of_a_set_is_its_own_and_opens_for_its_person() {
        let (found, texts) = made(ada());
        let different: std::collections::BTreeSet<_> = texts.iter().map(|text| text.as_str()).collect();
        assert_eq!(different.len(), SET);
        for text in &texts {
            assert!(text.len() == LENGTH && text.bytes().all(|b| ALPHABET.contains(&b)), "{}", **text);
            let accepted = check(Some(&found), text, &master(), NOW).unwrap();
            assert_eq!((accepted.left(), accepted.until()), (SET - 1, NOW + WINDOW));
        }
        let text = &texts[3];
        let typed =
            format!(" {}-{} ", &text[..4].to_lowercase(), &text[4..]).replace('O', "0").replace('B', "8");
        assert!(check(Some(&found), &typed, &master(), NOW).is_ok());
    }

    #[test]
    fn what_is_not_a_code_of_this_person_is_refused() {
        let (found, texts) = made(ada());
        let (bert, other) = made(User { id: UserId::from_bytes([2; 16]), ..ada() });
        let refused = |found, typed: &str| check(found, typed, &master(), NOW).unwrap_err();
        assert_eq!(refused(None, &texts[0]), Reason::RecoveryCodeWrong);
        for typed in ["", "AAAAAAAAAAAAAAAA", &texts[0][1..], &other[0], &format!("{}A", *texts[0])] {
            assert_eq!(refused(Some(&found), typed), Reason::RecoveryCodeWrong, "{typed}");
        }
        // Even the stored form of another's code does not open when it comes among this person's.
        let mixed = (ada(), bert.1);
        assert_eq!(refused(Some(&mixed), &other[0]), Reason::RecoveryCodeWrong);
        let elsewhere = MasterKey::from_bytes([8; 32]);
        let reason = check(Some(&found), &texts[0], &elsewhere, NOW).unwrap_err();
        assert_eq!(reason, Reason::RecoveryCodeWrong);
        let (asleep, texts) = made(User { enabled: false, ..ada() });
        assert_eq!(refused(Some(&asleep), &texts[0]), Reason::UserDisabled);
    }

    #[test]
    fn a_used_code_is_none_and_the_others_stay() {
        let (mut found, texts) = made(ada());
        found.1[0].used = Some(NOW);
        let refused = check(Some(&found), &texts[0], &master(), NOW).unwrap_err();
        assert_eq!(refused, Reason::RecoveryCodeUsed);
        assert_eq!(left(&found.1), SET - 1);
        let accepted = check(Some(&found), &texts[1], &master(), NOW).unwrap();
        assert_eq!(accepted.left(), SET - 2);
        let spend = Change::UseRecoveryCode { user: found.0.id, hash: found.1[1].hash, at: NOW };
        assert_eq!(accepted.spend(), spend);
    }
}
