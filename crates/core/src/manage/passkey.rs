//! Passkeys: taking one away.

use super::Administrators;
use crate::change::Change;
use crate::directory::Passkey;
use crate::id::UserId;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};

/// How long a request that has read the list could still be under way, far beyond any patience.
const UNDER_WAY: Seconds = Seconds::days(1);

/// What was seen before a passkey is removed. Load `administrators` first, then the passkeys.
#[derive(Clone, Copy, Debug)]
pub struct Removal<'a> {
    /// Who administers, by the rule of [`administrators`](super::administrators).
    pub administrators: &'a Administrators,
    /// Whose passkey it is.
    pub owner: UserId,
    /// The owner's passkeys.
    pub have: &'a [Passkey],
}

impl Removal<'_> {
    /// The writes with which a person removes a passkey of their own.
    ///
    /// The last one goes only while `codes_left`, recovery codes that can be used, leave a way back.
    ///
    /// Two requests that each remove another of two passkeys both see one left. So each also spends the list it saw,
    /// and the second to commit conflicts.
    ///
    /// # Errors
    ///
    /// [`Reason::PasskeyUnknown`] if it is not in the list, [`Reason::LastPasskey`] if nothing else is, and no code,
    /// [`Reason::LastAdmin`] if nobody could administer any more.
    pub fn by_owner(self, codes_left: usize, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
        let changes = self.delete(id, now)?;
        if self.have.len() == 1 && codes_left == 0 {
            return Err(Reason::LastPasskey);
        }
        self.keeping(changes, id, now)
    }

    /// The writes with which an administrator removes a passkey of a person: also the last one, since it may be the
    /// stolen one, but not by oversight, which `confirmed` says it is not; and never the one by which the last
    /// administrator gets in.
    ///
    /// # Errors
    ///
    /// [`Reason::PasskeyUnknown`] if it is not theirs, [`Reason::LastAdmin`] if nobody could administer any more,
    /// [`Reason::LastPasskey`] if it is the last one and that was not confirmed.
    pub fn by_administrator(self, confirmed: bool, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
        let changes = self.delete(id, now)?;
        let changes = self.keeping(changes, id, now)?;
        if self.have.len() == 1 && !confirmed {
            return Err(Reason::LastPasskey);
        }
        Ok(changes)
    }

    fn delete(self, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
        let Self { owner, have, .. } = self;
        if !have.iter().any(|passkey| passkey.id == id && passkey.user == owner) {
            return Err(Reason::PasskeyUnknown);
        }
        Ok(vec![
            Change::Spend { id: name_of(owner, have), until: now + UNDER_WAY },
            Change::DeletePasskey { id: id.to_vec(), user: owner },
        ])
    }

    fn keeping(self, mut changes: Vec<Change>, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
        changes.extend(self.administrators.removing(self.owner, id, now)?);
        Ok(changes)
    }
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
    use crate::manage::administrators::tests::with;

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
            made_by: String::new(),
        }
    }

    const ADA: UserId = UserId::from_bytes([1; 16]);

    fn of<'a>(administrators: &'a Administrators, have: &'a [Passkey]) -> Removal<'a> {
        Removal { administrators, owner: ADA, have }
    }

    #[test]
    fn the_last_passkey_stays_with_its_owner() {
        let others = with(&[(9, &[b"k"])]);
        let (a, b) = (passkey(b"a", ADA), passkey(b"b", ADA));
        let refused = |have: &[Passkey], id: &[u8]| of(&others, have).by_owner(0, id, NOW).unwrap_err();
        assert_eq!(refused(std::slice::from_ref(&a), b"a"), Reason::LastPasskey);
        assert_eq!(refused(std::slice::from_ref(&a), b"b"), Reason::PasskeyUnknown);
        assert_eq!(refused(&[], b"a"), Reason::PasskeyUnknown);
        let other = passkey(b"c", UserId::from_bytes([2; 16]));
        assert_eq!(refused(&[a.clone(), other], b"c"), Reason::PasskeyUnknown);

        let both = [a.clone(), b.clone()];
        let first = of(&others, &both).by_owner(0, b"a", NOW).unwrap();
        assert_eq!(first[1..], [Change::DeletePasskey { id: b"a".to_vec(), user: ADA }]);
        // Whoever saw the same list, in whatever order, spends the same: only one of them gets there.
        let second = of(&others, &[b, a.clone()]).by_owner(0, b"b", NOW).unwrap();
        assert_eq!(first[0], second[0]);
        let third = of(&others, &[a, passkey(b"bb", ADA)]).by_owner(0, b"a", NOW).unwrap();
        assert_ne!(first[0], third[0]);
    }

    #[test]
    fn a_recovery_code_is_a_way_back_for_its_owner() {
        let (others, only) = (with(&[(9, &[b"k"])]), [passkey(b"a", ADA)]);
        assert_eq!(of(&others, &only).by_owner(0, b"a", NOW).unwrap_err(), Reason::LastPasskey);
        assert!(of(&others, &only).by_owner(1, b"a", NOW).is_ok());
    }

    #[test]
    fn an_administrator_removes_the_last_one_on_purpose_only() {
        let others = with(&[(9, &[b"k"])]);
        let (a, b) = (passkey(b"a", ADA), passkey(b"b", ADA));
        let remove = |have: &[Passkey], confirmed| of(&others, have).by_administrator(confirmed, b"a", NOW);
        let only = std::slice::from_ref(&a);
        assert_eq!(remove(only, false), Err(Reason::LastPasskey));
        assert_eq!(remove(only, true).unwrap().len(), 2);
        assert!(remove(&[a.clone(), b.clone()], false).is_ok());
        assert_eq!(remove(&[b], true), Err(Reason::PasskeyUnknown));
        let other = [passkey(b"a", UserId::from_bytes([2; 16]))];
        assert_eq!(remove(&other, true), Err(Reason::PasskeyUnknown));
    }

    #[test]
    fn somebody_who_administers_can_always_get_in() {
        let (a, b) = (passkey(b"a", ADA), passkey(b"b", ADA));
        let (alone, two) = (with(&[(1, &[b"a"])]), with(&[(1, &[b"a"]), (9, &[b"k"])]));
        let only = std::slice::from_ref(&a);
        // Not with a confirmation, and not with recovery codes: these are no passkey.
        assert_eq!(of(&alone, only).by_administrator(true, b"a", NOW), Err(Reason::LastAdmin));
        assert_eq!(of(&alone, only).by_owner(8, b"a", NOW), Err(Reason::LastAdmin));
        let richer = with(&[(1, &[b"a", b"b"])]);
        assert!(of(&richer, &[a.clone(), b]).by_administrator(true, b"a", NOW).is_ok(), "one of two may go");
        // Whoever saw the same generation spends the same: of two who remove each other's last, one gets there.
        let changes = of(&two, only).by_administrator(true, b"a", NOW).unwrap();
        assert!(changes.ends_with(&two.generation.advance(NOW)));
        let asleep = with(&[(9, &[b"k"])]);
        assert!(
            of(&asleep, only).by_administrator(true, b"a", NOW).is_ok(),
            "who cannot sign in is none to keep"
        );
    }
}
