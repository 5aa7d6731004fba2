//! Passkeys: taking one away.

use crate::change::Change;
use crate::directory::Passkey;
use crate::id::UserId;
use crate::reason::Reason;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};

/// How long a request that has read the list could still be under way, far beyond any patience.
const UNDER_WAY: Seconds = Seconds::days(1);

/// The writes with which a person removes a passkey of their own, of those in `have`.
///
/// Two requests that each remove another of two passkeys both see one left. So each also spends the list it saw,
/// and the second to commit conflicts.
///
/// # Errors
///
/// [`Reason::PasskeyUnknown`] if it is not in the list, [`Reason::LastPasskey`] if nothing else is.
pub fn remove_own(user: UserId, have: &[Passkey], id: &[u8], now: Timestamp) -> Result<[Change; 2], Reason> {
    if !have.iter().any(|passkey| passkey.id == id && passkey.user == user) {
        return Err(Reason::PasskeyUnknown);
    }
    if have.len() == 1 {
        return Err(Reason::LastPasskey);
    }
    let spend = Change::Spend { id: name_of(user, have), until: now + UNDER_WAY };
    Ok([spend, Change::DeletePasskey { id: id.to_vec(), user }])
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
mod tests {
    use super::*;
    use crate::directory::Evidence;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn passkey(id: &[u8], user: UserId) -> Passkey {
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
        let refused = |have: &[Passkey], id: &[u8]| remove_own(user, have, id, NOW).unwrap_err();
        assert_eq!(refused(std::slice::from_ref(&a), b"a"), Reason::LastPasskey);
        assert_eq!(refused(std::slice::from_ref(&a), b"b"), Reason::PasskeyUnknown);
        assert_eq!(refused(&[], b"a"), Reason::PasskeyUnknown);
        let other = passkey(b"c", UserId::from_bytes([2; 16]));
        assert_eq!(refused(&[a.clone(), other], b"c"), Reason::PasskeyUnknown);

        let both = [a.clone(), b.clone()];
        let [first, delete] = remove_own(user, &both, b"a", NOW).unwrap();
        assert_eq!(delete, Change::DeletePasskey { id: b"a".to_vec(), user });
        // Whoever saw the same list, in whatever order, spends the same: only one of them gets there.
        let [second, _] = remove_own(user, &[b, a.clone()], b"b", NOW).unwrap();
        assert_eq!(first, second);
        let [third, _] = remove_own(user, &[a, passkey(b"bb", user)], b"a", NOW).unwrap();
        assert_ne!(first, third);
    }
}
