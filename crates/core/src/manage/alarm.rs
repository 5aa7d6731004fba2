//! Alarms: who may say that they know.

use crate::directory::{Alarm, Passkey};

/// Whether a session begun with the passkey `used` may take an alarm about its own account away.
///
/// Whoever came in with a stolen recovery code has registered a passkey, and is the person as far as any later page
/// can tell. So the word of a passkey older than the alarm is asked for, as long as there is one.
#[must_use]
pub fn may_acknowledge(alarm: &Alarm, used: Option<&[u8]>, have: &[Passkey]) -> bool {
    let mut older = have.iter().filter(|passkey| passkey.created < alarm.first).peekable();
    older.peek().is_none() || older.any(|passkey| Some(passkey.id.as_slice()) == used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::AlarmKind;
    use crate::id::UserId;
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
}
