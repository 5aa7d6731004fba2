//! Which policies speak about a person and a target: turned around, so that the number of groups in a policy, or of
//! policies, hardly matters when a request is judged.

use super::facts::{Fact, Guest, Person, Suite, Target, Truth, UserAction};
use super::model::{Applications, People};
use passband_wire::id::{ClientId, GroupId, RoleId, UserId};
use std::collections::HashMap;
use std::hash::Hash;

/// A set of policies, by their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<u64>);

impl Places {
    fn with_room(policies: usize) -> Self {
        Self(vec![0; policies.div_ceil(64)])
    }

    fn insert(&mut self, place: usize) {
        if self.0.len() <= place / 64 {
            self.0.resize(place / 64 + 1, 0);
        }
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }
}

/// Policies that certainly name something, and those that may.
#[derive(Debug)]
pub(super) struct Named {
    certainly: Places,
    perhaps: Places,
}

impl Named {
    pub(super) fn truth(&self, place: usize) -> Truth {
        if self.certainly.has(place) {
            Truth::Yes
        } else if self.perhaps.has(place) {
            Truth::Unknown
        } else {
            Truth::No
        }
    }
}

/// By one kind of id.
#[derive(Clone, Debug)]
struct ById<K> {
    of: HashMap<K, Places>,
    /// The policies that name any.
    any: Places,
}

impl<K> Default for ById<K> {
    fn default() -> Self {
        Self { of: HashMap::new(), any: Places::default() }
    }
}

impl<K: Copy + Eq + Hash> ById<K> {
    fn insert(&mut self, ids: &[K], place: usize) {
        for id in ids {
            self.of.entry(*id).or_default().insert(place);
            self.any.insert(place);
        }
    }

    fn find(&self, ids: Fact<&[K]>, named: &mut Named) {
        match ids {
            Fact::Known(ids) if self.of.is_empty() || ids.is_empty() => {}
            Fact::Known(ids) => {
                for places in ids.iter().filter_map(|id| self.of.get(id)) {
                    named.certainly.add(places);
                }
            }
            Fact::Unknown => named.perhaps.add(&self.any),
        }
    }
}

/// The policies that name a person: included, or excluded.
#[derive(Clone, Debug, Default)]
pub(super) struct PeopleIndex {
    policies: usize,
    all: Places,
    users: ById<UserId>,
    groups: ById<GroupId>,
    roles: ById<RoleId>,
    guests: ById<Guest>,
}

impl PeopleIndex {
    pub(super) fn insert(&mut self, people: &People, place: usize) {
        self.policies = self.policies.max(place + 1);
        if people.all {
            self.all.insert(place);
        }
        self.users.insert(&people.users, place);
        self.groups.insert(&people.groups, place);
        self.roles.insert(&people.roles, place);
        self.guests.insert(&people.guests, place);
    }

    pub(super) fn find(&self, person: &Person<'_>) -> Named {
        let mut named =
            Named { certainly: Places::with_room(self.policies), perhaps: Places::with_room(self.policies) };
        named.certainly.add(&self.all);
        self.users.find(Fact::Known(&[person.id]), &mut named);
        self.groups.find(person.groups, &mut named);
        self.roles.find(person.roles, &mut named);
        match person.guest {
            Fact::Known(guest) => self.guests.find(Fact::Known(guest.as_slice()), &mut named),
            Fact::Unknown => self.guests.find(Fact::Unknown, &mut named),
        }
        named
    }
}

/// The policies that name a target: included, or excluded.
#[derive(Clone, Debug, Default)]
pub(super) struct AppsIndex {
    policies: usize,
    all: Places,
    apps: ById<ClientId>,
    suites: ById<Suite>,
    actions: ById<UserAction>,
}

impl AppsIndex {
    pub(super) fn insert(&mut self, apps: &Applications, place: usize) {
        self.policies = self.policies.max(place + 1);
        if apps.all {
            self.all.insert(place);
        }
        self.apps.insert(&apps.apps, place);
        self.suites.insert(&apps.suites, place);
        self.actions.insert(&apps.actions, place);
    }

    pub(super) fn find(&self, target: &Target<'_>) -> Named {
        let mut named =
            Named { certainly: Places::with_room(self.policies), perhaps: Places::with_room(self.policies) };
        named.certainly.add(&self.all);
        self.apps.find(Fact::Known(target.apps), &mut named);
        self.suites.find(Fact::Known(target.suites), &mut named);
        self.actions.find(Fact::Known(target.action.as_slice()), &mut named);
        named
    }

    /// Whether a policy names this action itself.
    pub(super) fn names_action(&self, action: Option<UserAction>, place: usize) -> bool {
        action.and_then(|action| self.actions.of.get(&action)).is_some_and(|places| places.has(place))
    }
}
