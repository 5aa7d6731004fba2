//! The authentication methods policy and the groups it speaks about: the writes of a change.
//!
//! Each change advances the generation of people too. A check that an administrator is left who can sign in looks at
//! people, groups and policy; were each counted by itself, two changes at once could each leave another's
//! administrator and together none.

use super::Generation;
use crate::authn::methods::{self, MethodsPolicy};
use crate::authn::profile::Who;
use crate::change::Change;
use crate::id::{GroupId, UserId};
use crate::time::Timestamp;

/// The writes that replace the policy, which was at generation `from`.
#[must_use]
pub fn replace(after: &MethodsPolicy, (people, from): (Generation, u64), now: Timestamp) -> Vec<Change> {
    let set = Change::SetPolicy { name: methods::NAME, from, document: after.to_document(), at: now };
    let mut changes = people.advance(now);
    changes.push(set);
    changes
}

/// What is done to a group's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Somebody comes.
    Add(UserId),
    /// Somebody goes.
    Remove(UserId),
    /// All go, and the group with them.
    Dissolve,
}

impl Membership {
    /// The groups of `user` after this is done to `group`.
    #[must_use]
    pub fn after(self, group: GroupId, user: UserId, mut groups: Vec<GroupId>) -> Vec<GroupId> {
        match self {
            Self::Add(who) if who == user => groups.push(group),
            Self::Remove(who) if who != user => {}
            Self::Remove(_) | Self::Dissolve => groups.retain(|id| *id != group),
            Self::Add(_) => {}
        }
        groups
    }

    /// The writes that do it.
    #[must_use]
    pub fn changes(self, group: GroupId, people: Generation, now: Timestamp) -> Vec<Change> {
        let mut changes = people.advance(now);
        changes.push(match self {
            Self::Add(user) => Change::AddMember { group, user },
            Self::Remove(user) => Change::RemoveMember { group, user },
            Self::Dissolve => Change::DeleteGroup(group),
        });
        changes
    }
}

/// Every group the policy names.
#[must_use]
pub fn groups_named(policy: &MethodsPolicy) -> Vec<GroupId> {
    let group = |who: &Who| match who {
        Who::Group(id) => Some(*id),
        Who::Everyone => None,
    };
    let passkeys = policy.passkeys.include.iter().filter_map(|target| group(&target.who));
    let passes = policy.passes.include.iter().filter_map(group);
    let excluded = policy.passkeys.exclude.iter().chain(&policy.passes.exclude).copied();
    let mut named: Vec<_> =
        passkeys.chain(passes).chain(excluded).chain(policy.campaign.groups_named()).collect();
    named.sort_unstable();
    named.dedup();
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_changes_one_persons_groups_and_a_group_that_goes_everybodys() {
        let [a, b] = [1, 2].map(|n| GroupId::from_bytes([n; 16]));
        let [ada, bob] = [1, 2].map(|n| UserId::from_bytes([n; 16]));
        assert_eq!(Membership::Add(ada).after(b, ada, vec![a]), [a, b]);
        assert_eq!(Membership::Add(ada).after(b, bob, vec![a]), [a]);
        assert_eq!(Membership::Remove(ada).after(a, ada, vec![a, b]), [b]);
        assert_eq!(Membership::Remove(ada).after(a, bob, vec![a, b]), [a, b]);
        assert_eq!(Membership::Dissolve.after(a, bob, vec![a, b]), [b]);
    }

    #[test]
    fn every_target_names_its_group() {
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| GroupId::from_bytes([n; 16]));
        let mut policy = MethodsPolicy::default();
        assert!(groups_named(&policy).is_empty());
        policy.passkeys.include[0].who = Who::Group(a);
        policy.passkeys.exclude.push(b);
        policy.passes.include = vec![Who::Group(c), Who::Group(a)];
        policy.campaign.exclude = vec![crate::authn::campaign::Audience::Group(d)];
        assert_eq!(groups_named(&policy), [a, b, c, d]);
        let text = policy.to_document();
        assert_eq!(MethodsPolicy::from_document(&text).unwrap(), policy);
    }
}
