//! How long the two logs are kept.

use super::Invalid;
use crate::change::Change;
use crate::time::{Seconds, Timestamp};

/// How long, in whole days; `None` for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Of the sign-in log.
    pub sign_ins: Option<u32>,
    /// Of the audit log.
    pub audits: Option<u32>,
}

/// The longest there is: a hundred years.
const MOST: u32 = 36_500;
/// The audit log is kept at least as long as somebody needs to notice.
const LEAST_AUDITS: u32 = 30;

impl Default for Retention {
    /// Sign-ins for 30 days, as Microsoft Graph has it; the audit log for ever.
    fn default() -> Self {
        Self { sign_ins: Some(30), audits: None }
    }
}

impl Retention {
    /// The setting that holds the days of the sign-in log.
    pub const SIGN_INS: &'static str = "sign_in_retention_days";
    /// The setting that holds the days of the audit log.
    pub const AUDITS: &'static str = "audit_retention_days";

    /// That of the two stored settings. What cannot be read is kept for ever: nothing is deleted by mistake.
    #[must_use]
    pub fn stored(sign_ins: Option<&str>, audits: Option<&str>) -> Self {
        let default = Self::default();
        let read = |stored: Option<&str>, default| match stored {
            None => default,
            Some(text) => text.parse().ok().filter(|days| (1..=MOST).contains(days)),
        };
        Self { sign_ins: read(sign_ins, default.sign_ins), audits: read(audits, default.audits) }
    }

    /// The writes that set it.
    ///
    /// # Errors
    ///
    /// [`Invalid`] for a number of days that is too small or too large.
    pub fn set(self) -> Result<Vec<Change>, Invalid> {
        if self.sign_ins.is_some_and(|days| !(1..=MOST).contains(&days)) {
            return Err(Invalid::new("signInRetentionDays", "must be from 1 to 36500, or null for ever"));
        }
        if self.audits.is_some_and(|days| !(LEAST_AUDITS..=MOST).contains(&days)) {
            return Err(Invalid::new("auditRetentionDays", "must be from 30 to 36500, or null for ever"));
        }
        let text = |days: Option<u32>| days.map_or_else(|| "ever".to_owned(), |days| days.to_string());
        Ok(vec![
            Change::SetSetting { name: Self::SIGN_INS, value: text(self.sign_ins) },
            Change::SetSetting { name: Self::AUDITS, value: text(self.audits) },
        ])
    }

    /// The moment before which a log kept for `days` is old.
    #[must_use]
    pub fn cut(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
        days.map(|days| now - Seconds::days(i64::from(days)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_read_and_what_cannot_be_read_deletes_nothing() {
        assert_eq!(Retention::stored(None, None), Retention::default());
        for retention in [
            Retention { sign_ins: Some(1), audits: Some(30) },
            Retention { sign_ins: None, audits: None },
            Retention { sign_ins: Some(36_500), audits: Some(400) },
        ] {
            let [Change::SetSetting { value: a, .. }, Change::SetSetting { value: b, .. }] =
                &retention.set().unwrap()[..]
            else {
                panic!("two settings")
            };
            assert_eq!(Retention::stored(Some(a), Some(b)), retention);
        }
        let broken = Retention { sign_ins: None, audits: None };
        assert_eq!(Retention::stored(Some("0"), Some("-1")), broken);
        for wrong in [
            Retention { sign_ins: Some(0), audits: None },
            Retention { sign_ins: None, audits: Some(29) },
            Retention { sign_ins: Some(36_501), audits: None },
        ] {
            assert!(wrong.set().is_err(), "{wrong:?}");
        }
    }
}
