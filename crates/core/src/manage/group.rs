//! Groups: people under one name, for policies to speak about.

use super::{Invalid, display_name};
use crate::directory::Group;
use crate::id::GroupId;
use crate::rng::Random;
use crate::time::Timestamp;

/// Most characters of a description (Graph `group.description`: 1024).
const MAX_DESCRIPTION: usize = 1024;
/// Most characters of a mail nickname (Graph `group.mailNickname`: 64).
const MAX_NICKNAME: usize = 64;

/// What is wanted of a group; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupWish {
    /// Graph `displayName`.
    pub name: Option<String>,
    /// Graph `description`.
    pub description: Option<String>,
    /// Graph `mailNickname`.
    pub nickname: Option<String>,
}

/// A new group.
///
/// # Errors
///
/// [`Invalid`] names what is missing or wrong.
pub fn create(wish: &GroupWish, now: Timestamp, rng: &dyn Random) -> Result<Group, Invalid> {
    if wish.name.is_none() {
        return Err(Invalid::new("displayName", "is required"));
    }
    let empty = Group {
        id: GroupId::generate(rng),
        name: String::new(),
        description: String::new(),
        nickname: String::new(),
        created: now,
    };
    apply(&empty, wish)
}

/// The group as the wish has it.
///
/// # Errors
///
/// [`Invalid`] names what is wrong.
pub fn apply(before: &Group, wish: &GroupWish) -> Result<Group, Invalid> {
    let mut after = before.clone();
    if let Some(name) = &wish.name {
        after.name = display_name(name)?;
    }
    if let Some(text) = &wish.description {
        let plain = text.chars().count() <= MAX_DESCRIPTION && !text.chars().any(char::is_control);
        let why = "must have at most 1024 characters, none of them a control character";
        after.description = plain.then(|| text.clone()).ok_or(Invalid::new("description", why))?;
    }
    if let Some(text) = &wish.nickname {
        // Graph refuses the same signs.
        let sign = |c: char| !c.is_ascii_graphic() || "@()\\[]\";:<>,".contains(c);
        let plain = text.len() <= MAX_NICKNAME && !text.chars().any(sign);
        let why = "must have at most 64 characters of ASCII, without spaces or any of @()\\[]\";:<>,";
        after.nickname = plain.then(|| text.clone()).ok_or(Invalid::new("mailNickname", why))?;
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    #[test]
    fn a_group_needs_a_plain_name() {
        let now = Timestamp(1_800_000_000);
        let wish = |name: &str| GroupWish { name: Some(name.to_owned()), ..GroupWish::default() };
        let group = create(&wish("Admins"), now, &SystemRandom).unwrap();
        assert_eq!((group.name.as_str(), group.created), ("Admins", now));
        assert_eq!(create(&GroupWish::default(), now, &SystemRandom).unwrap_err().property, "displayName");
        assert!(create(&wish(" x"), now, &SystemRandom).is_err());
        for (description, nickname, property) in [
            (Some("a\0b".to_owned()), None, "description"),
            (Some("x".repeat(1025)), None, "description"),
            (None, Some("a b".to_owned()), "mailNickname"),
            (None, Some("x".repeat(65)), "mailNickname"),
        ] {
            let wish = GroupWish { name: None, description, nickname };
            assert_eq!(apply(&group, &wish).unwrap_err().property, property);
        }
        let wish = GroupWish { description: Some("Those who may".to_owned()), ..GroupWish::default() };
        let after = apply(&group, &wish).unwrap();
        assert_eq!((after.name.as_str(), after.description.as_str()), ("Admins", "Those who may"));
    }
}
