//! Alarms: who may say that they know.

use crate::change::Change;
use crate::directory::{Alarm, AlarmKind, Passkey};
use crate::id::UserId;

/// Whether a session begun with the passkey `used` may take an alarm about its own account away.
///
/// Whoever came in with a stolen recovery code has registered a passkey, and is the person as far as any later page
/// can tell. So the word of a passkey older than the alarm is asked for, as long as there is one.
#[must_use]
pub fn may_acknowledge(alarm: &Alarm, used: Option<&[u8]>, have: &[Passkey]) -> bool {
    let mut older = have.iter().filter(|passkey| passkey.created < alarm.first).peekable();
    older.peek().is_none() || older.any(|passkey| Some(passkey.id.as_slice()) == used)
}

/// Why an administrator cannot take an alarm away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stays {
    /// It is for the person themselves, who says so at `/account`.
    #[error("the alarm is for the person themselves")]
    ForItsOwner,
    /// It is about the administrator's own account.
    #[error("the alarm is about the account that would take it away")]
    OwnAccount,
}

/// The write with which an administrator says that they know of the alarm about `account`, which they have `seen`
/// raised so often; it conflicts if it was raised again since. `by` is the account they use, if they use one.
///
/// # Errors
///
/// [`Stays`]. Whoever uses an account for emergencies must not be able to make the alarm of it go away.
pub fn acknowledge(
    (account, kind): (UserId, AlarmKind),
    seen: u32,
    by: Option<UserId>,
) -> Result<Change, Stays> {
    if !kind.is_for_administrators() {
        return Err(Stays::ForItsOwner);
    }
    if by == Some(account) {
        return Err(Stays::OwnAccount);
    }
    Ok(Change::AcknowledgeAlarm { user: account, kind, seen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manage::passkey::tests::{NOW, passkey};
    use crate::time::Seconds;

    #[test]
    fn a_passkey_made_with_a_stolen_code_does_not_hush_it_up() {
        let user = UserId::from_bytes([1; 16]);
        let first = NOW + Seconds(10);
        let kind = AlarmKind::RecoveryCodeUsed;
        let alarm = Alarm { user, kind, first, last: first, count: 1, detail: String::new() };
        let old = passkey(b"old", user);
        let new = Passkey { created: first + Seconds(1), ..passkey(b"new", user) };
        let both = [old, new.clone()];
        assert!(may_acknowledge(&alarm, Some(b"old"), &both));
        assert!(!may_acknowledge(&alarm, Some(b"new"), &both));
        assert!(!may_acknowledge(&alarm, None, &both));
        // Who has really lost every passkey has the new one only.
        assert!(may_acknowledge(&alarm, Some(b"new"), &[new]));
    }

    #[test]
    fn administrators_acknowledge_what_is_theirs_and_not_about_them() {
        let [root, emergency] = [1, 2].map(|n| UserId::from_bytes([n; 16]));
        let theirs: Vec<_> = AlarmKind::ALL.into_iter().filter(|it| it.is_for_administrators()).collect();
        assert_eq!(theirs, [AlarmKind::BreakGlassUsed, AlarmKind::BreakGlassRefused]);
        for kind in AlarmKind::ALL {
            for by in [None, Some(root)] {
                let decided = acknowledge((emergency, kind), 3, by);
                let change = Change::AcknowledgeAlarm { user: emergency, kind, seen: 3 };
                let want = if kind.is_for_administrators() { Ok(change) } else { Err(Stays::ForItsOwner) };
                assert_eq!(decided, want, "{kind:?}");
            }
        }
        let own = acknowledge((emergency, AlarmKind::BreakGlassUsed), 3, Some(emergency));
        assert_eq!(own, Err(Stays::OwnAccount));
    }
}
