//! People: adding, changing, deleting, and the passes and sessions they have.

use super::{Invalid, display_name, upn};
use crate::authn::tap::{self, Wish};
use crate::change::Change;
use crate::directory::{Tap, User};
use crate::id::UserId;
use crate::keys::master::MasterKey;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// The setting that counts how often an administrator was taken away; see [`Administrators`].
pub const ADMINISTRATORS_SETTING: &str = "administrators_generation";

/// How long a request that has read the generation could still be under way, far beyond any patience.
const UNDER_WAY: Seconds = Seconds::days(1);

/// What is wanted of a person; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonWish {
    /// Graph `userPrincipalName`.
    pub upn: Option<String>,
    /// Graph `displayName`.
    pub display_name: Option<String>,
    /// Graph `accountEnabled`; a new person is enabled.
    pub enabled: Option<bool>,
    /// Whether the person administers this installation; a new person does not.
    pub admin: Option<bool>,
}

/// The enabled administrators as they were seen.
///
/// Two requests that each take away another of two administrators both see one left. So whoever takes one away
/// also spends the generation they saw, and the second to commit is refused. **Load the generation first, then
/// the count**: a change in between is then noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Administrators {
    generation: u64,
    enabled: u64,
}

impl Administrators {
    /// From the stored [`ADMINISTRATORS_SETTING`] and the count that was loaded after it.
    #[must_use]
    pub fn seen(setting: Option<&str>, enabled: u64) -> Self {
        Self { generation: setting.and_then(|text| text.parse().ok()).unwrap_or(0), enabled }
    }

    /// The writes that go with taking one away.
    fn take_one(self, now: Timestamp) -> Result<[Change; 2], Reason> {
        if self.enabled <= 1 {
            return Err(Reason::LastAdmin);
        }
        let mut id = [0; 32];
        let text = format!("{ADMINISTRATORS_SETTING}:{}", self.generation);
        id.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        let next = self.generation.wrapping_add(1).to_string();
        Ok([
            Change::Spend { id, until: now + UNDER_WAY },
            Change::SetSetting { name: ADMINISTRATORS_SETTING, value: next },
        ])
    }
}

const fn counts(user: &User) -> bool {
    user.enabled && user.admin
}

/// A new person.
///
/// # Errors
///
/// [`Invalid`] names what is missing or wrong.
pub fn create(wish: &PersonWish, now: Timestamp, rng: &dyn Random) -> Result<User, Invalid> {
    let missing = |property| Invalid::new(property, "is required");
    let name = wish.display_name.as_deref().ok_or(missing("displayName"))?;
    let named = wish.upn.as_deref().ok_or(missing("userPrincipalName"))?;
    Ok(User {
        id: UserId::generate(rng),
        upn: checked_upn(named)?,
        display_name: display_name(name)?,
        enabled: wish.enabled.unwrap_or(true),
        admin: wish.admin.unwrap_or(false),
        // WebAuthn L3 §14.6.1: random, tells nothing of its person.
        handle: rng::bytes::<32>(rng).to_vec(),
        created: now,
    })
}

/// The person as the wish has them.
///
/// # Errors
///
/// [`Invalid`] names what is wrong.
pub fn apply(before: &User, wish: &PersonWish) -> Result<User, Invalid> {
    let mut after = before.clone();
    if let Some(text) = &wish.upn {
        after.upn = checked_upn(text)?;
    }
    if let Some(text) = &wish.display_name {
        after.display_name = display_name(text)?;
    }
    after.enabled = wish.enabled.unwrap_or(before.enabled);
    after.admin = wish.admin.unwrap_or(before.admin);
    Ok(after)
}

fn checked_upn(text: &str) -> Result<String, Invalid> {
    upn(text).ok_or(Invalid::new("userPrincipalName", "must be name@domain, without spaces"))
}

/// The writes that make `before` into `after`. Whoever is disabled has nothing open left.
///
/// # Errors
///
/// [`Reason::LastAdmin`].
pub fn update(
    before: &User,
    after: User,
    seen: Administrators,
    now: Timestamp,
) -> Result<Vec<Change>, Reason> {
    let mut changes = Vec::new();
    if counts(before) && !counts(&after) {
        changes.extend(seen.take_one(now)?);
    }
    if before.enabled && !after.enabled {
        changes.push(Change::EndSessionsOf { user: before.id, at: now });
    }
    changes.push(Change::UpdateUser(after));
    Ok(changes)
}

/// The writes that delete a person with all they have.
///
/// # Errors
///
/// [`Reason::LastAdmin`].
pub fn delete(user: &User, seen: Administrators, now: Timestamp) -> Result<Vec<Change>, Reason> {
    let mut changes = Vec::new();
    if counts(user) {
        changes.extend(seen.take_one(now)?);
    }
    changes.push(Change::DeleteUser(user.id));
    Ok(changes)
}

/// The writes that end every session of a person (Graph `revokeSignInSessions`): PRTs, refresh tokens, browsers.
#[must_use]
pub fn revoke_sessions(user: UserId, now: Timestamp) -> Vec<Change> {
    vec![Change::EndSessionsOf { user, at: now }]
}

/// A new Temporary Access Pass, its text, and the writes. A person has one pass at a time: the new one replaces
/// what `have` holds.
///
/// # Errors
///
/// [`Invalid`] for a lifetime outside [`tap::MIN_MINUTES`] to [`tap::MAX_MINUTES`].
pub fn new_pass(
    user: UserId,
    have: &[Tap],
    wish: Wish,
    master: &MasterKey,
    (now, rng): (Timestamp, &dyn Random),
) -> Result<(Tap, Zeroizing<String>, Vec<Change>), Invalid> {
    let (tap, pass) = tap::create(user, wish, master, now, rng)
        .ok_or(Invalid::new("lifetimeInMinutes", "must be a whole number from 10 to 43200"))?;
    let mut changes: Vec<_> = have.iter().map(|old| Change::DeleteTap { id: old.id, user }).collect();
    changes.push(Change::InsertTap(tap.clone()));
    Ok((tap, pass, changes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn admin() -> User {
        let wish = PersonWish {
            upn: Some("Ada@Example.org".to_owned()),
            display_name: Some("Ada".to_owned()),
            enabled: None,
            admin: Some(true),
        };
        create(&wish, NOW, &SystemRandom).unwrap()
    }

    fn wish(enabled: Option<bool>, admin: Option<bool>) -> PersonWish {
        PersonWish { enabled, admin, ..PersonWish::default() }
    }

    #[test]
    fn the_last_enabled_administrator_stays() {
        let (ada, one) = (admin(), Administrators::seen(None, 1));
        for wish in [wish(Some(false), None), wish(None, Some(false)), wish(Some(false), Some(false))] {
            let after = apply(&ada, &wish).unwrap();
            assert_eq!(update(&ada, after, one, NOW), Err(Reason::LastAdmin));
        }
        assert_eq!(delete(&ada, one, NOW), Err(Reason::LastAdmin));
        // None counted: something is odd, so nobody is taken away.
        assert_eq!(delete(&ada, Administrators::seen(None, 0), NOW), Err(Reason::LastAdmin));

        let two = Administrators::seen(Some("7"), 2);
        let changes = delete(&ada, two, NOW).unwrap();
        assert!(matches!(changes[0], Change::Spend { .. }));
        assert_eq!(changes[1], Change::SetSetting { name: ADMINISTRATORS_SETTING, value: "8".to_owned() });
        assert_ne!(delete(&ada, Administrators::seen(Some("8"), 2), NOW).unwrap()[0], changes[0]);
    }

    #[test]
    fn others_come_and_go_without_the_guard() {
        let one = Administrators::seen(None, 1);
        let ada = User { admin: false, ..admin() };
        assert_eq!(delete(&ada, one, NOW).unwrap(), [Change::DeleteUser(ada.id)]);
        let asleep = User { enabled: false, ..admin() };
        assert_eq!(delete(&asleep, one, NOW).unwrap(), [Change::DeleteUser(asleep.id)]);
        let awake = apply(&asleep, &wish(Some(true), None)).unwrap();
        assert_eq!(update(&asleep, awake.clone(), one, NOW).unwrap(), [Change::UpdateUser(awake)]);
    }

    #[test]
    fn whoever_is_disabled_has_nothing_open_left() {
        let ada = User { admin: false, ..admin() };
        let after = apply(&ada, &wish(Some(false), None)).unwrap();
        let changes = update(&ada, after.clone(), Administrators::seen(None, 1), NOW).unwrap();
        assert_eq!(
            changes,
            [Change::EndSessionsOf { user: ada.id, at: NOW }, Change::UpdateUser(after.clone())]
        );
        let again = update(&after, after.clone(), Administrators::seen(None, 1), NOW).unwrap();
        assert_eq!(again, [Change::UpdateUser(after)]);
    }

    #[test]
    fn a_new_person_needs_a_name_and_a_upn() {
        let ada = admin();
        assert_eq!((ada.upn.as_str(), ada.enabled, ada.handle.len()), ("ada@example.org", true, 32));
        let named = PersonWish { display_name: Some("A".to_owned()), ..PersonWish::default() };
        assert_eq!(create(&named, NOW, &SystemRandom).unwrap_err().property, "userPrincipalName");
        assert_eq!(create(&wish(None, None), NOW, &SystemRandom).unwrap_err().property, "displayName");
    }

    #[test]
    fn a_new_pass_replaces_the_old_ones() {
        let (ada, master) = (admin(), MasterKey::from_bytes([7; 32]));
        let wish = Wish { minutes: 60, once: true, starts: None };
        let (old, _, _) = new_pass(ada.id, &[], wish, &master, (NOW, &SystemRandom)).unwrap();
        let (new, _, changes) =
            new_pass(ada.id, std::slice::from_ref(&old), wish, &master, (NOW, &SystemRandom)).unwrap();
        assert_eq!(changes, [Change::DeleteTap { id: old.id, user: ada.id }, Change::InsertTap(new)]);
        let short = Wish { minutes: 9, ..wish };
        let refused = new_pass(ada.id, &[], short, &master, (NOW, &SystemRandom));
        assert_eq!(refused.unwrap_err().property, "lifetimeInMinutes");
    }
}
