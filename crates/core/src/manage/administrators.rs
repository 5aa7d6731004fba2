//! Whoever administers stays able to: the one rule that every change asks which takes an administrator, or a passkey of
//! one, away.
//!
//! What counts is not people, nor passkeys, but Global Administrators who can sign in under the passkey policy as it is
//! and whom conditional access then lets through to the console (see [`entry`](super::entry)). A change must not bring the installation to a lower [`Rank`]. So where nobody can sign in, because a policy was forced
//! say, the last passkey still stays, and with it the way back that changing the policy is.

use super::Generation;
use super::entry::Doors;
use crate::authn::profile::PasskeyPolicy;
use crate::authn::profile::impact::can_sign_in;
use crate::change::Change;
use crate::directory::{Holder, User};
use crate::id::UserId;
use crate::policy::access::PolicySet;
use crate::reason::Reason;
use crate::time::Timestamp;
use std::sync::Arc;

/// What was seen before somebody, or a passkey of theirs, is taken away. Load the generation first, then the policy,
/// then the administrators, then whom it is about.
#[derive(Clone, Debug)]
pub struct Administrators {
    /// Of [`Generation::PEOPLE`], which changes of the policy and of groups move on too.
    pub generation: Generation,
    /// The passkey policy in force.
    pub policy: PasskeyPolicy,
    /// Conditional access as it is.
    pub access: Arc<PolicySet>,
    /// Every enabled Global Administrator: others cannot give the installation a new one.
    pub enabled: Vec<Holder>,
}

/// How far an installation can still be administered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// No enabled administrator.
    Nobody,
    /// Some, none with a passkey.
    Enabled,
    /// Some with a passkey, none that the policy accepts.
    WithPasskey,
    /// Some who can sign in, none whom conditional access lets through to the console.
    CanSignIn,
    /// Some who get to the console.
    GetsIn,
}

impl Administrators {
    /// The writes that go with making somebody into `after`.
    pub(super) fn changing(&self, after: &User, now: Timestamp) -> Result<Vec<Change>, Reason> {
        self.unless_lower(now, |holder| {
            if holder.user.id == after.id {
                holder.user = after.clone();
            }
        })
    }

    /// The writes that go with deleting somebody.
    pub(super) fn deleting(&self, user: UserId, now: Timestamp) -> Result<Vec<Change>, Reason> {
        self.unless_lower(now, |holder| holder.user.enabled &= holder.user.id != user)
    }

    /// The writes that go with taking a passkey from somebody: none if they do not administer.
    ///
    /// Two administrators who each remove the other's last passkey would each see the other still in: the second to
    /// commit meets the generation that the first has spent.
    pub(super) fn removing(&self, user: UserId, id: &[u8], now: Timestamp) -> Result<Vec<Change>, Reason> {
        if !self.enabled.iter().any(|holder| holder.user.id == user) {
            return Ok(Vec::new());
        }
        self.unless_lower(now, |holder| {
            if holder.user.id == user {
                holder.passkeys.retain(|passkey| passkey.id != id);
            }
        })
    }

    fn unless_lower(&self, now: Timestamp, change: impl Fn(&mut Holder)) -> Result<Vec<Change>, Reason> {
        let mut after = self.enabled.clone();
        after.iter_mut().for_each(change);
        match (self.rank(&after, now), self.rank(&self.enabled, now)) {
            (Rank::CanSignIn, Rank::GetsIn) => Err(Reason::AccessLocksOut),
            (then, before) if then < before => Err(Reason::LastAdmin),
            _ => Ok(self.generation.advance(now)),
        }
    }

    fn rank(&self, holders: &[Holder], now: Timestamp) -> Rank {
        let doors = Doors { passkeys: &self.policy, access: &self.access, at: now };
        let ranks = holders.iter().filter(|holder| holder.user.enabled && holder.user.roles.is_global()).map(
            |holder| {
                if doors.let_in(holder) {
                    Rank::GetsIn
                } else if can_sign_in(&self.policy, holder) {
                    Rank::CanSignIn
                } else if holder.passkeys.is_empty() {
                    Rank::Enabled
                } else {
                    Rank::WithPasskey
                }
            },
        );
        ranks.max().unwrap_or(Rank::Nobody)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::authn::profile::PasskeyTypes;
    use crate::directory::Roles;
    use crate::manage::passkey::tests::{NOW, passkey};

    fn user(n: u8) -> User {
        User {
            id: UserId::from_bytes([n; 16]),
            upn: format!("{n}@example.org"),
            display_name: String::new(),
            enabled: true,
            roles: Roles::GLOBAL,
            break_glass: false,
            handle: vec![n; 32],
            created: NOW,
        }
    }

    /// An administrator with a passkey by each of these names; those that begin with `s` are synced.
    fn holder(n: u8, passkeys: &[&[u8]]) -> Holder {
        let made = passkeys.iter().map(|id| crate::directory::Passkey {
            backup_eligible: id.starts_with(b"s"),
            ..passkey(id, user(n).id)
        });
        Holder { user: user(n), groups: vec![], passkeys: made.collect() }
    }

    /// Under a policy that takes no synced passkeys.
    fn seen(enabled: Vec<Holder>) -> Administrators {
        let mut policy = PasskeyPolicy::default();
        policy.profiles[0].types = PasskeyTypes { device_bound: true, synced: false };
        Administrators {
            generation: Generation::seen(Generation::PEOPLE, None),
            policy,
            access: Arc::default(),
            enabled,
        }
    }

    /// Whether each way of taking the first administrator away is open: disabling, demoting, deleting.
    fn ways(enabled: Vec<Holder>) -> [bool; 3] {
        let seen = seen(enabled);
        let (asleep, demoted) = (User { enabled: false, ..user(1) }, User { roles: Roles::NONE, ..user(1) });
        [seen.changing(&asleep, NOW), seen.changing(&demoted, NOW), seen.deleting(user(1).id, NOW)]
            .map(|decided| decided.is_ok())
    }

    #[test]
    fn whoever_is_left_must_be_able_to_sign_in() {
        let ada = || holder(1, &[b"a"]);
        assert_eq!(ways(vec![ada()]), [false; 3]);
        assert_eq!(ways(vec![ada(), holder(2, &[b"b"])]), [true; 3]);
        // Counted as people there are two, counted as passkeys too: only one can sign in.
        assert_eq!(ways(vec![ada(), holder(2, &[])]), [false; 3], "no passkey");
        assert_eq!(ways(vec![ada(), holder(2, &[b"s"])]), [false; 3], "one that the policy refuses");
        assert_eq!(ways(vec![holder(1, &[b"s"]), holder(2, &[b"b"])]), [true; 3]);
    }

    #[test]
    fn where_nobody_can_sign_in_the_nearest_way_back_stays() {
        assert_eq!(ways(vec![holder(1, &[b"s"]), holder(2, &[])]), [false; 3], "the last passkey");
        assert_eq!(ways(vec![holder(1, &[b"s"]), holder(2, &[b"sb"])]), [true; 3]);
        assert_eq!(ways(vec![holder(1, &[])]), [false; 3], "the last person");
        assert_eq!(ways(vec![holder(1, &[]), holder(2, &[])]), [true; 3]);
        assert_eq!(ways(vec![]), [true; 3], "who does not administer");
    }

    #[test]
    fn the_passkey_by_which_the_last_administrator_gets_in_stays() {
        let removed = |enabled: Vec<Holder>, id: &[u8]| seen(enabled).removing(user(1).id, id, NOW);
        let both = || holder(1, &[b"a", b"s"]);
        // Not the last passkey, and yet the last that is of use.
        assert_eq!(removed(vec![both()], b"a"), Err(Reason::LastAdmin));
        assert_eq!(removed(vec![both(), holder(2, &[b"sb"])], b"a"), Err(Reason::LastAdmin));
        let generation = Generation::seen(Generation::PEOPLE, None);
        assert_eq!(removed(vec![both()], b"s"), Ok(generation.advance(NOW)));
        assert_eq!(removed(vec![both(), holder(2, &[b"b"])], b"a"), Ok(generation.advance(NOW)));
        assert_eq!(removed(vec![holder(2, &[b"b"])], b"a"), Ok(vec![]), "who does not administer");
    }

    #[test]
    fn a_policy_that_is_switched_off_lets_nobody_in() {
        let mut seen = seen(vec![holder(1, &[b"a"]), holder(2, &[])]);
        seen.policy.enabled = false;
        assert_eq!(seen.removing(user(1).id, b"a", NOW), Err(Reason::LastAdmin));
        assert!(seen.deleting(user(2).id, NOW).is_ok());
    }

    /// Two administrators who sign in; conditional access blocks all but the second.
    #[test]
    fn whom_the_policies_let_through_stays_too() {
        let mut seen = seen(vec![holder(1, &[b"a"]), holder(2, &[b"b"]), holder(3, &[b"c"])]);
        seen.policy = PasskeyPolicy::default();
        let blocks = serde_json::json!({
            "conditions": { "users": { "includeUsers": ["All"], "excludeUsers": [user(2).id] } },
            "grantControls": { "operator": "OR", "builtInControls": ["block"] },
        });
        seen.access = Arc::new(crate::manage::entry::tests::set(&blocks));
        assert_eq!(seen.removing(user(2).id, b"b", NOW), Err(Reason::AccessLocksOut));
        assert_eq!(seen.deleting(user(2).id, NOW), Err(Reason::AccessLocksOut));
        assert_eq!(seen.changing(&User { enabled: false, ..user(2) }, NOW), Err(Reason::AccessLocksOut));
        assert!(seen.deleting(user(1).id, NOW).is_ok() && seen.removing(user(3).id, b"c", NOW).is_ok());
    }

    /// An installation whose administrators all can sign in.
    pub(in crate::manage) fn with(administrators: &[(u8, &[&[u8]])]) -> Administrators {
        let enabled = administrators.iter().map(|(n, passkeys)| holder(*n, passkeys)).collect();
        Administrators {
            generation: Generation::seen(Generation::PEOPLE, None),
            policy: PasskeyPolicy::default(),
            access: Arc::default(),
            enabled,
        }
    }
}
