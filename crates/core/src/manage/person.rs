//! People: adding, changing, deleting, and the passes and sessions they have.

use super::{Administrators, Invalid, display_name, upn};
use crate::authn::methods::TapPolicy;
use crate::authn::tap::{self, Wish};
use crate::change::Change;
use crate::directory::{Passkey, Roles, Tap, User};
use crate::id::UserId;
use crate::keys::master::MasterKey;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::Timestamp;
use zeroize::Zeroizing;

/// What is wanted of a person; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonWish {
    /// Graph `userPrincipalName`.
    pub upn: Option<String>,
    /// Graph `displayName`.
    pub display_name: Option<String>,
    /// Graph `accountEnabled`; a new person is enabled.
    pub enabled: Option<bool>,
    /// Roles to give.
    pub give: Roles,
    /// Roles to take.
    pub take: Roles,
    /// Whether the account is one for emergencies; a new one is not.
    pub break_glass: Option<bool>,
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
        roles: wish.give.except(wish.take),
        break_glass: wish.break_glass.unwrap_or(false),
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
    after.roles = before.roles.and(wish.give).except(wish.take);
    after.break_glass = wish.break_glass.unwrap_or(before.break_glass);
    Ok(after)
}

/// The person as they are to be, who may be given the roles they are given. Only [`check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked(User);

/// Checks that nobody else gains by the roles that `after` has and `before` had not.
///
/// Who registers a passkey for somebody without a role may keep it, wait until its owner is given one, and sign in as
/// them: "the planted passkey". Whether it was used since says nothing, for who planted it can have used it. So whoever
/// gives the role looks at such passkeys first, and confirms that their owner holds them.
///
/// # Errors
///
/// [`Reason::PasskeyByAnother`].
pub fn check(before: &User, after: User, have: &[Passkey], confirmed: bool) -> Result<Checked, Reason> {
    let gains = !after.roles.except(before.roles).is_empty();
    if gains && !confirmed && planted(have).next().is_some() {
        return Err(Reason::PasskeyByAnother);
    }
    Ok(Checked(after))
}

/// Those of a person's passkeys that somebody else registered.
pub fn planted(have: &[Passkey]) -> impl Iterator<Item = &Passkey> {
    have.iter().filter(|passkey| !passkey.made_by.is_empty())
}

fn checked_upn(text: &str) -> Result<String, Invalid> {
    upn(text).ok_or(Invalid::new("userPrincipalName", "must be name@domain, without spaces"))
}

/// The writes that make a person, who has these passes, into `after`. Whoever is disabled has nothing open left, and
/// a pass ends when its person is given a role: whoever made it could not have made one for somebody who may that
/// much, and would sign in as them.
///
/// # Errors
///
/// [`Reason::LastAdmin`].
pub fn update(
    (before, passes): (&User, &[Tap]),
    Checked(after): Checked,
    seen: &Administrators,
    now: Timestamp,
) -> Result<Vec<Change>, Reason> {
    let mut changes = seen.changing(&after, now)?;
    if before.enabled && !after.enabled {
        changes.push(Change::EndSessionsOf { user: before.id, at: now });
    }
    if !after.roles.except(before.roles).is_empty() {
        changes.extend(passes.iter().map(|pass| Change::DeleteTap { id: pass.id, user: before.id }));
    }
    changes.push(Change::UpdateUser(after));
    Ok(changes)
}

/// The writes that delete a person with all they have.
///
/// # Errors
///
/// [`Reason::LastAdmin`].
pub fn delete(user: &User, seen: &Administrators, now: Timestamp) -> Result<Vec<Change>, Reason> {
    let mut changes = seen.deleting(user.id, now)?;
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
/// [`Invalid`] for a lifetime that the policy does not allow.
pub fn new_pass(
    user: UserId,
    have: &[Tap],
    wish: Wish,
    (policy, master): (&TapPolicy, &MasterKey),
    (now, rng): (Timestamp, &dyn Random),
) -> Result<(Tap, Zeroizing<String>, Vec<Change>), Invalid> {
    let granted = policy.granted(wish).and_then(|wish| tap::create(user, wish, master, now, rng));
    let why = "must be a whole number that the pass policy allows (10 to 43200 unless it says otherwise)";
    let (tap, pass) = granted.ok_or(Invalid::new("lifetimeInMinutes", why))?;
    let mut changes: Vec<_> = have.iter().map(|old| Change::DeleteTap { id: old.id, user }).collect();
    changes.push(Change::InsertTap(tap.clone()));
    Ok((tap, pass, changes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Role;
    use crate::manage::administrators::tests::with;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn admin() -> User {
        let wish = PersonWish {
            upn: Some("Ada@Example.org".to_owned()),
            display_name: Some("Ada".to_owned()),
            give: Roles::GLOBAL,
            ..PersonWish::default()
        };
        create(&wish, NOW, &SystemRandom).unwrap()
    }

    fn wish(enabled: Option<bool>, take: Roles) -> PersonWish {
        PersonWish { enabled, take, ..PersonWish::default() }
    }

    /// Another administrator, who can sign in.
    fn seen() -> Administrators {
        with(&[(9, &[b"k"])])
    }

    /// The writes beside those of the generation, which every change has.
    fn own(changes: Vec<Change>) -> Vec<Change> {
        assert_eq!(changes[..2], seen().generation.advance(NOW));
        changes[2..].to_vec()
    }

    /// Of somebody whose passkeys are all their own.
    fn sure(after: User) -> Checked {
        check(&User { roles: Roles::NONE, ..after.clone() }, after, &[], false).unwrap()
    }

    #[test]
    fn a_planted_passkey_is_no_way_to_a_role() {
        let key = |made_by: &str| Passkey {
            made_by: made_by.to_owned(),
            last_used: Some(NOW),
            ..crate::manage::passkey::tests::passkey(b"k", admin().id)
        };
        let none = User { roles: Roles::NONE, ..admin() };
        for roles in [Roles::GLOBAL, Role::HelpdeskAdministrator.into()] {
            let given = |have: &[Passkey], confirmed| {
                check(&none, User { roles, ..none.clone() }, have, confirmed).map(|checked| checked.0.roles)
            };
            assert_eq!(given(&[key(""), key("eve@localhost")], false), Err(Reason::PasskeyByAnother));
            assert_eq!(given(&[key(""), key("eve@localhost")], true), Ok(roles));
            assert_eq!(given(&[key("")], false), Ok(roles));
        }
        // One role more is a gain; none more, or one less, is not.
        let more = admin().roles.with(Role::GlobalReader);
        let check = |roles| check(&admin(), User { roles, ..admin() }, &[key("eve@localhost")], false).err();
        assert_eq!(check(more), Some(Reason::PasskeyByAnother));
        assert_eq!((check(admin().roles), check(Roles::NONE)), (None, None));
    }

    #[test]
    fn the_last_administrator_stays() {
        let ada = admin();
        let mut alone = with(&[(1, &[b"k"])]);
        alone.enabled[0].user = ada.clone();
        let mut two = alone.clone();
        two.enabled.extend(seen().enabled);
        for wish in
            [wish(Some(false), Roles::NONE), wish(None, Roles::GLOBAL), wish(Some(false), Roles::GLOBAL)]
        {
            let after = apply(&ada, &wish).unwrap();
            assert_eq!(update((&ada, &[]), sure(after.clone()), &alone, NOW), Err(Reason::LastAdmin));
            assert!(update((&ada, &[]), sure(after), &two, NOW).is_ok());
        }
        assert_eq!(delete(&ada, &alone, NOW), Err(Reason::LastAdmin));
        assert_eq!(own(delete(&ada, &two, NOW).unwrap()), [Change::DeleteUser(ada.id)]);
    }

    #[test]
    fn others_come_and_go() {
        let ada = User { roles: Roles::NONE, ..admin() };
        assert_eq!(own(delete(&ada, &seen(), NOW).unwrap()), [Change::DeleteUser(ada.id)]);
        let asleep = User { enabled: false, ..admin() };
        let awake = apply(&asleep, &wish(Some(true), Roles::NONE)).unwrap();
        assert_eq!(
            own(update((&asleep, &[]), sure(awake.clone()), &seen(), NOW).unwrap()),
            [Change::UpdateUser(awake)]
        );
    }

    #[test]
    fn whoever_is_disabled_has_nothing_open_left() {
        let ada = User { roles: Roles::NONE, ..admin() };
        let after = apply(&ada, &wish(Some(false), Roles::NONE)).unwrap();
        let changes = own(update((&ada, &[]), sure(after.clone()), &seen(), NOW).unwrap());
        assert_eq!(
            changes,
            [Change::EndSessionsOf { user: ada.id, at: NOW }, Change::UpdateUser(after.clone())]
        );
        let again = own(update((&after, &[]), sure(after.clone()), &seen(), NOW).unwrap());
        assert_eq!(again, [Change::UpdateUser(after)]);
    }

    #[test]
    fn a_pass_ends_when_its_person_is_given_a_role() {
        let (ada, master) = (User { roles: Roles::NONE, ..admin() }, MasterKey::from_bytes([7; 32]));
        let wish = Wish { minutes: 60, once: true, starts: None, length: tap::LENGTH };
        let (pass, _) = tap::create(ada.id, wish, &master, NOW, &SystemRandom).unwrap();
        let give = |roles| apply(&ada, &PersonWish { give: roles, ..PersonWish::default() }).unwrap();
        let after = give(Roles::GLOBAL);
        let writes =
            own(update((&ada, std::slice::from_ref(&pass)), sure(after.clone()), &seen(), NOW).unwrap());
        let ended = Change::DeleteTap { id: pass.id, user: ada.id };
        assert_eq!(writes, [ended, Change::UpdateUser(after)]);
        let same = own(update((&ada, &[pass]), sure(give(Roles::NONE)), &seen(), NOW).unwrap());
        assert_eq!(same, [Change::UpdateUser(ada.clone())], "nothing was given");
    }

    #[test]
    fn an_account_is_for_emergencies_when_somebody_says_so() {
        let ada = admin();
        assert!(!ada.break_glass);
        let marked = apply(&ada, &PersonWish { break_glass: Some(true), ..PersonWish::default() }).unwrap();
        assert_eq!(marked, User { break_glass: true, ..ada });
        assert!(
            apply(&marked, &PersonWish::default()).unwrap().break_glass,
            "it stays until it is taken away"
        );
    }

    #[test]
    fn a_new_person_needs_a_name_and_a_upn() {
        let ada = admin();
        assert_eq!((ada.upn.as_str(), ada.enabled, ada.handle.len()), ("ada@example.org", true, 32));
        let named = PersonWish { display_name: Some("A".to_owned()), ..PersonWish::default() };
        assert_eq!(create(&named, NOW, &SystemRandom).unwrap_err().property, "userPrincipalName");
        assert_eq!(create(&wish(None, Roles::NONE), NOW, &SystemRandom).unwrap_err().property, "displayName");
    }

    #[test]
    fn a_new_pass_replaces_the_old_ones() {
        let (ada, master, policy) = (admin(), MasterKey::from_bytes([7; 32]), TapPolicy::default());
        let with = (&policy, &master);
        let wish = Wish { minutes: 60, once: true, starts: None, length: tap::LENGTH };
        let (old, _, _) = new_pass(ada.id, &[], wish, with, (NOW, &SystemRandom)).unwrap();
        let (new, _, changes) =
            new_pass(ada.id, std::slice::from_ref(&old), wish, with, (NOW, &SystemRandom)).unwrap();
        assert_eq!(changes, [Change::DeleteTap { id: old.id, user: ada.id }, Change::InsertTap(new)]);
        let short = Wish { minutes: 9, ..wish };
        let refused = new_pass(ada.id, &[], short, with, (NOW, &SystemRandom));
        assert_eq!(refused.unwrap_err().property, "lifetimeInMinutes");
        // What the policy says of passes holds for each that is made.
        let strict = TapPolicy { maximum: 30, default: 30, length: 20, once: true, ..policy.clone() };
        let with = (&strict, &master);
        assert!(new_pass(ada.id, &[], wish, with, (NOW, &SystemRandom)).is_err());
        let wish = Wish { minutes: 30, once: false, ..wish };
        let (tap, text, _) = new_pass(ada.id, &[], wish, with, (NOW, &SystemRandom)).unwrap();
        assert_eq!((tap.once, text.len()), (true, 20));
    }
}
