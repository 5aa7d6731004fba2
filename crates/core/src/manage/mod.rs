//! Administration: what may be changed in the directory, and which writes that takes. The admin API and the
//! console both ask here, so that they cannot disagree.

pub mod access;
pub mod administrators;
pub mod alarm;
pub mod app;
pub mod difference;
pub mod entry;
pub mod group;
pub mod logs;
pub mod methods;
pub mod passkey;
pub mod permission;
pub mod person;
pub mod replay;
pub mod signals;

use crate::change::Change;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};

pub use administrators::Administrators;
pub use app::AppWish;
pub use permission::{Permission, act_on, may_act_on};
pub use person::PersonWish;

/// How far ahead of another writer one is, for records that are replaced whole.
///
/// Two requests that each load a record, change one thing in it and write it back would undo each other: a new name
/// would enable a person who was disabled a moment before. So each spends the generation it saw, and the second to
/// commit meets [`Conflict::Spent`](crate::change::Conflict::Spent), loads again and decides again. **Load the
/// generation first**: whatever changes after that is then noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    setting: &'static str,
    number: u64,
}

/// How long a request that has read the generation could still be under way, far beyond any patience.
const UNDER_WAY: Seconds = Seconds::days(1);

impl Generation {
    /// The setting that counts changes to people.
    pub const PEOPLE: &'static str = "people_generation";
    /// The setting that counts changes to applications.
    pub const APPS: &'static str = "apps_generation";

    /// The generation in the stored value of `setting`, one of the two above.
    #[must_use]
    pub fn seen(setting: &'static str, stored: Option<&str>) -> Self {
        Self { setting, number: stored.and_then(|text| text.parse().ok()).unwrap_or(0) }
    }

    /// The writes that go with a change.
    #[must_use]
    pub fn advance(self, now: Timestamp) -> Vec<Change> {
        let mut id = [0; 32];
        let text = format!("{}:{}", self.setting, self.number);
        id.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        vec![
            Change::Spend { id, until: now + UNDER_WAY },
            Change::SetSetting { name: self.setting, value: self.number.wrapping_add(1).to_string() },
        ]
    }
}

/// A value that may not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{property} {why}")]
pub struct Invalid {
    /// The property, under its Graph name.
    pub property: &'static str,
    /// What is wrong with it, for a person; follows the name in a sentence.
    pub why: &'static str,
}

impl Invalid {
    /// What is wrong with this property.
    #[must_use]
    pub const fn new(property: &'static str, why: &'static str) -> Self {
        Self { property, why }
    }
}

/// Characters a name may have.
pub const MAX_NAME: usize = 100;

/// A name people read: one line, nothing around it, at most [`MAX_NAME`] characters.
///
/// # Errors
///
/// [`Invalid`]; a name is refused rather than cut, since whoever sent it will look for what they sent.
pub fn display_name(text: &str) -> Result<String, Invalid> {
    let plain = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= MAX_NAME
        && !text.chars().any(is_deceiving);
    plain.then(|| text.to_owned()).ok_or(Invalid::new(
        "displayName",
        "must have 1 to 100 characters, no control characters, and no space at its ends",
    ))
}

/// Characters that make a text look like another: controls, and marks that turn the direction of writing around.
fn is_deceiving(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A `userPrincipalName`: `name@domain`, lower case, without white space; `None` for anything else.
#[must_use]
pub fn upn(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let plain = |c: char| {
        !c.is_whitespace() && !is_deceiving(c) && !matches!(c, '<' | '>' | '"' | '\\' | ',' | ';' | '/')
    };
    let good = !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.chars().all(plain);
    (good && text.len() <= 256).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_saw_the_same_generation_spends_the_same_thing() {
        let now = Timestamp(1_800_000_000);
        let of = |setting, stored| Generation::seen(setting, stored).advance(now);
        assert_eq!(of(Generation::PEOPLE, None), of(Generation::PEOPLE, Some("0")));
        assert_ne!(of(Generation::PEOPLE, Some("1"))[0], of(Generation::PEOPLE, Some("2"))[0]);
        assert_ne!(of(Generation::PEOPLE, Some("1"))[0], of(Generation::APPS, Some("1"))[0]);
        let next = Change::SetSetting { name: Generation::APPS, value: "8".to_owned() };
        assert_eq!(of(Generation::APPS, Some("7"))[1], next);
    }

    #[test]
    fn names_are_kept_as_they_were_sent_or_refused() {
        for good in ["Ada", "Ada Lovelace", "Ада", "👩‍💻", &"x".repeat(100)] {
            assert_eq!(display_name(good).unwrap(), good);
        }
        for bad in ["", " ", " Ada", "Ada\n", "a\0b", "Ada\u{202e}nimda", &"x".repeat(101)] {
            assert_eq!(display_name(bad).unwrap_err().property, "displayName", "{bad:?}");
        }
    }

    #[test]
    fn a_upn_has_one_spelling() {
        assert_eq!(upn(" Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
        for bad in ["", "ada", "@x", "ada@", "a@b@c", "a b@x", "a\0@x", "<a@x>", "a/b@x", "\u{202e}a@x"] {
            assert_eq!(upn(bad), None, "{bad:?}");
        }
        assert_eq!(upn(&format!("{}@x", "a".repeat(255))), None);
    }
}
