//! Passkeys: taking one away.

use super::Generation;
use crate::change::Change;
use crate::directory::{Passkey, User};
use crate::id::UserId;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};

/// How long a request that has read the list could still be under way, far beyond any patience.
const UNDER_WAY: Seconds = Seconds::days(1);

/// The writes with which a person removes a passkey of their own, of those in `have`.
///
/// The last one goes only while `codes_left`, recovery codes that can be used, leave a way back.
///
/// Two requests that each remove another of two passkeys both see one left. So each also spends the list it saw,
/// and the second to commit conflicts.
///
/// # Errors
///
/// [`Reason::PasskeyUnknown`] if it is not in the list, [`Reason::LastPasskey`] if nothing else is, and no code.
pub fn remove_own(
    user: UserId,
    (have, codes_left): (&[Passkey], usize),
    id: &[u8],
    now: Timestamp,
) -> Result<[Change; 2], Reason> {
    if !have.iter().any(|passkey| passkey.id == id && passkey.user == user) {
        return Err(Reason::PasskeyUnknown);
    }
    if have.len() == 1 && codes_left == 0 {
        return Err(Reason::LastPasskey);
    }
    let spend = Change::Spend { id: name_of(user, have), until: now + UNDER_WAY };
    Ok([spend, Change::DeletePasskey { id: id.to_vec(), user }])
}

/// What an administrator who removes a passkey of somebody saw. Load the generation first, then the count, then the
/// passkeys.
#[derive(Clone, Copy, Debug)]
pub struct Removal<'a> {
    /// Of [`Generation::PEOPLE`].
    pub generation: Generation,
    /// Enabled administrators who have a passkey.
    pub administrators: u64,
    /// Whose passkey it is.
    pub owner: &'a User,
    /// The owner's passkeys.
    pub have: &'a [Passkey],
    /// Whether the administrator has said that it may be the last one.
    pub confirmed: bool,
}

/// The writes with which an administrator removes a passkey of a person: also the last one, since it may be the
/// stolen one, but not by oversight, and never the one by which the last administrator gets in.
///
/// # Errors
///
/// [`Reason::PasskeyUnknown`] if it is not theirs, [`Reason::LastPasskey`] if it is the last one and that was not
/// confirmed, [`Reason::LastAdmin`] if nobody could administer any more.
pub fn remove(seen: Removal<'_>, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
    let Removal { owner, have, .. } = seen;
    if !have.iter().any(|passkey| passkey.id == id && passkey.user == owner.id) {
        return Err(Reason::PasskeyUnknown);
    }
    let mut changes = vec![
        Change::Spend { id: name_of(owner.id, have), until: now + UNDER_WAY },
        Change::DeletePasskey { id: id.to_vec(), user: owner.id },
    ];
    if have.len() == 1 {
        if owner.enabled && owner.admin {
            if seen.administrators <= 1 {
                return Err(Reason::LastAdmin);
            }
            // Two administrators, each removing the other's last passkey, would each see the other still in.
            changes.extend(seen.generation.advance(now));
        }
        if !seen.confirmed {
            return Err(Reason::LastPasskey);
        }
    }
    Ok(changes)
}

/// One name for a person's list of passkeys, as it is now.
fn name_of(user: UserId, have: &[Passkey]) -> [u8; 32] {
    let mut ids: Vec<_> = have.iter().map(|passkey| passkey.id.as_slice()).collect();
    ids.sort_unstable();
    let mut hash = Context::new(&SHA256);
    hash.update(b"passkeys of ");
    hash.update(user.as_bytes());
    for id in ids {
        // The length first: two lists must not read alike.
        hash.update(&u64::try_from(id.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(id);
    }
    let mut name = [0; 32];
    name.copy_from_slice(hash.finish().as_ref());
    name
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::directory::Evidence;

    pub(in crate::manage) const NOW: Timestamp = Timestamp(1_800_000_000);

    pub(in crate::manage) fn passkey(id: &[u8], user: UserId) -> Passkey {
        Passkey {
            id: id.to_vec(),
            user,
            public_key: Vec::new(),
            sign_count: 0,
            backup_eligible: false,
            backup_state: false,
            aaguid: [0; 16],
            format: "none".to_owned(),
            attestation_object: Vec::new(),
            client_data: Vec::new(),
            transports: Vec::new(),
            name: String::new(),
            rp_id: "localhost".to_owned(),
            evidence: Evidence::default(),
            created: NOW,
            last_used: None,
        }
    }

    #[test]
    fn the_last_passkey_stays_with_its_owner() {
        let user = UserId::from_bytes([1; 16]);
        let (a, b) = (passkey(b"a", user), passkey(b"b", user));
        let refused = |have: &[Passkey], id: &[u8]| remove_own(user, (have, 0), id, NOW).unwrap_err();
        assert_eq!(refused(std::slice::from_ref(&a), b"a"), Reason::LastPasskey);
        assert_eq!(refused(std::slice::from_ref(&a), b"b"), Reason::PasskeyUnknown);
        assert_eq!(refused(&[], b"a"), Reason::PasskeyUnknown);
        let other = passkey(b"c", UserId::from_bytes([2; 16]));
        assert_eq!(refused(&[a.clone(), other], b"c"), Reason::PasskeyUnknown);

        let both = [a.clone(), b.clone()];
        let [first, delete] = remove_own(user, (&both, 0), b"a", NOW).unwrap();
        assert_eq!(delete, Change::DeletePasskey { id: b"a".to_vec(), user });
        // Whoever saw the same list, in whatever order, spends the same: only one of them gets there.
        let [second, _] = remove_own(user, (&[b, a.clone()], 0), b"b", NOW).unwrap();
        assert_eq!(first, second);
        let [third, _] = remove_own(user, (&[a, passkey(b"bb", user)], 0), b"a", NOW).unwrap();
        assert_ne!(first, third);
    }

    #[test]
    fn a_recovery_code_is_a_way_back_for_its_owner() {
        let user = UserId::from_bytes([1; 16]);
        let only = [passkey(b"a", user)];
        assert_eq!(remove_own(user, (&only, 0), b"a", NOW).unwrap_err(), Reason::LastPasskey);
        assert!(remove_own(user, (&only, 1), b"a", NOW).is_ok());
    }

    fn owner(admin: bool) -> User {
        User {
            id: UserId::from_bytes([1; 16]),
            upn: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            enabled: true,
            admin,
            break_glass: false,
            handle: vec![1; 32],
            created: NOW,
        }
    }

    #[test]
    fn an_administrator_removes_the_last_one_on_purpose_only() {
        let ada = owner(false);
        let (a, b) = (passkey(b"a", ada.id), passkey(b"b", ada.id));
        let generation = Generation::seen(Generation::PEOPLE, None);
        let seen = |have, confirmed| Removal { generation, administrators: 1, owner: &ada, have, confirmed };
        let only = std::slice::from_ref(&a);
        assert_eq!(remove(seen(only, false), b"a", NOW), Err(Reason::LastPasskey));
        assert_eq!(remove(seen(only, true), b"a", NOW).unwrap().len(), 2);
        let both = [a.clone(), b];
        assert!(remove(seen(&both, false), b"a", NOW).is_ok());
        assert_eq!(remove(seen(&both, true), b"c", NOW), Err(Reason::PasskeyUnknown));
        let other = [passkey(b"c", UserId::from_bytes([2; 16]))];
        assert_eq!(remove(seen(&other, true), b"c", NOW), Err(Reason::PasskeyUnknown));
    }

    #[test]
    fn somebody_who_administers_can_always_get_in() {
        let ada = owner(true);
        let (a, b) = (passkey(b"a", ada.id), passkey(b"b", ada.id));
        let generation = Generation::seen(Generation::PEOPLE, None);
        let by = |owner, have, administrators| {
            remove(Removal { generation, administrators, owner, have, confirmed: true }, b"a", NOW)
        };
        let only = std::slice::from_ref(&a);
        for administrators in [0, 1] {
            assert_eq!(by(&ada, only, administrators), Err(Reason::LastAdmin));
        }
        let both = [a.clone(), b];
        assert!(by(&ada, &both, 1).is_ok(), "one of two may go");
        // Whoever saw the same generation spends the same: of two who remove each other's last, one gets there.
        let changes = by(&ada, only, 2).unwrap();
        assert!(changes.ends_with(&generation.advance(NOW)));
        let asleep = User { enabled: false, ..owner(true) };
        assert!(by(&asleep, only, 1).is_ok(), "who cannot sign in is no administrator to keep");
    }
}
