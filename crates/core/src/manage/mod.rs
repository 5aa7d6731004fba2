//! Administration: what may be changed in the directory, and which writes that takes. The admin API and the
//! console both ask here, so that they cannot disagree.

pub mod app;
pub mod passkey;
pub mod person;

pub use app::AppWish;
pub use person::{Administrators, PersonWish};

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
