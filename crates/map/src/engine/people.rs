//! People by what can matter: what a policy says of its people, what passkeys they may have, which other methods.

use super::why::Why;
use crate::model::{Method, Person, Tenant};
use passband_core::authn::profile::PasskeyPolicy;
use passband_core::id::{GroupId, RoleId, UserId};
use passband_core::policy::access::facts::{Fact, Guest};
use passband_core::policy::access::model::{People, Policy};
use passband_core::policy::access::strength::{Methods, Mode};
use std::collections::HashSet;

/// Who can matter: the groups, roles and people that anything names.
#[derive(Debug, Default)]
pub struct Named {
    groups: HashSet<GroupId>,
    roles: HashSet<RoleId>,
    users: HashSet<UserId>,
}

impl Named {
    /// Everybody and everything that the policies of a tenant name.
    #[must_use]
    pub fn by(tenant: &Tenant, access: &[Policy], passkeys: &[&PasskeyPolicy]) -> Self {
        let mut named = Self::default();
        for policy in access {
            for people in [&policy.conditions.include_people, &policy.conditions.exclude_people] {
                named.add(people);
            }
        }
        for policy in passkeys {
            named.groups.extend(groups_of(policy));
            named.groups.extend(&policy.exclude);
        }
        for method in &tenant.methods {
            named.groups.extend(method.include.iter().chain(&method.exclude));
        }
        named
    }

    fn add(&mut self, people: &People) {
        self.groups.extend(&people.groups);
        self.roles.extend(&people.roles);
        self.users.extend(&people.users);
    }

    /// What of somebody can matter.
    #[must_use]
    pub fn key(&self, person: &Person) -> Key {
        let mut groups: Option<Vec<_>> = person
            .groups
            .known()
            .map(|all| all.iter().filter(|id| self.groups.contains(id)).copied().collect());
        let mut roles: Option<Vec<_>> = person
            .roles
            .known()
            .map(|all| all.iter().filter(|id| self.roles.contains(id)).copied().collect());
        // The order in which an export has them says nothing.
        groups.iter_mut().for_each(|it| it.sort_unstable());
        roles.iter_mut().for_each(|it| it.sort_unstable());
        // Where nothing asks, it does not matter that nobody said.
        Key {
            user: Some(person.id).filter(|id| self.users.contains(id)),
            groups: groups.or_else(|| self.groups.is_empty().then(Vec::new)),
            roles: roles.or_else(|| self.roles.is_empty().then(Vec::new)),
            guest: person.guest.known().copied(),
        }
    }
}

/// The groups that the targets of a passkey policy name.
pub fn groups_of(policy: &PasskeyPolicy) -> impl Iterator<Item = GroupId> {
    use passband_core::authn::profile::Who;
    policy.include.iter().filter_map(|target| match target.who {
        Who::Group(id) => Some(id),
        Who::Everyone => None,
    })
}

/// What of somebody can matter. `None` is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Their id, if a policy names it.
    pub user: Option<UserId>,
    /// The groups of theirs that something names.
    pub groups: Option<Vec<GroupId>>,
    /// The roles of theirs that something names.
    pub roles: Option<Vec<RoleId>>,
    /// Whether they are from outside.
    pub guest: Option<Option<Guest>>,
}

/// An id that no policy names.
pub const NOBODY: UserId = UserId::from_bytes([0xff; 16]);

impl Key {
    /// The person in the words of policies.
    #[must_use]
    pub fn person(&self) -> passband_core::policy::access::facts::Person<'_> {
        passband_core::policy::access::facts::Person {
            id: self.user.unwrap_or(NOBODY),
            groups: self.groups.as_deref().map_or(Fact::Unknown, Fact::Known),
            roles: self.roles.as_deref().map_or(Fact::Unknown, Fact::Known),
            guest: self.guest.map_or(Fact::Unknown, Fact::Known),
        }
    }

    /// The groups to ask a passkey policy about: those that are known, or the worst and the best case.
    #[must_use]
    pub fn cases(&self, policy: &PasskeyPolicy) -> Vec<Vec<GroupId>> {
        match &self.groups {
            Some(groups) => vec![groups.clone()],
            // An excluded group is the worst; without one, being in no group is, since every profile can only add.
            None => {
                let best = groups_of(policy).filter(|id| !policy.exclude.contains(id)).collect();
                vec![policy.exclude.clone(), best]
            }
        }
    }
}

/// The ways of signing in, other than passkeys, that the methods policy certainly and possibly allows somebody.
#[must_use]
pub fn allowed(methods: &[Method], key: &Key) -> (Methods, Methods) {
    let (mut surely, mut perhaps) = (Methods::NONE, Methods::NONE);
    for mode in Mode::ALL {
        let mut governing = methods.iter().filter(|it| it.modes.contains(&mode)).peekable();
        let (sure, may) = match governing.peek() {
            // The methods policy does not speak of these.
            _ if is_ungoverned(mode) => (true, true),
            _ if mode == Mode::Fido2 => (false, false),
            None => (false, true),
            Some(_) => governing.fold((false, false), |(sure, may), method| {
                let (this, that) = allows(method, key);
                (sure || this, may || that)
            }),
        };
        if sure {
            surely = surely.with(mode);
        }
        if may {
            perhaps = perhaps.with(mode);
        }
    }
    (surely, perhaps)
}

const fn is_ungoverned(mode: Mode) -> bool {
    matches!(
        mode,
        Mode::Password
            | Mode::WindowsHelloForBusiness
            | Mode::FederatedSingleFactor
            | Mode::FederatedMultiFactor
    )
}

fn allows(method: &Method, key: &Key) -> (bool, bool) {
    if !method.enabled {
        return (false, false);
    }
    let Some(groups) = &key.groups else {
        let may = method.everyone || !method.include.is_empty();
        return (method.everyone && method.exclude.is_empty(), may);
    };
    let is_in = |of: &[GroupId]| of.iter().any(|id| groups.contains(id));
    let is = (method.everyone || is_in(&method.include)) && !is_in(&method.exclude);
    (is, is)
}

/// The methods a sign-in can begin with; the others only come second.
const FIRST: [Mode; 10] = [
    Mode::Password,
    Mode::Sms,
    Mode::WindowsHelloForBusiness,
    Mode::DeviceBasedPush,
    Mode::TemporaryAccessPassOneTime,
    Mode::TemporaryAccessPassMultiUse,
    Mode::X509CertificateSingleFactor,
    Mode::X509CertificateMultiFactor,
    Mode::QrCodePin,
    Mode::FederatedMultiFactor,
];

/// Whether somebody with these can sign in at all.
#[must_use]
pub fn can_begin(methods: Methods) -> bool {
    FIRST.iter().any(|mode| methods.has(*mode)) || methods.has(Mode::FederatedSingleFactor)
}

/// The other methods of somebody: those they certainly and those they possibly can use, and what nobody said.
#[must_use]
pub fn others(person: &Person, allowed: (Methods, Methods)) -> (Methods, Methods, Option<Why>) {
    match person.methods.known() {
        None => (Methods::NONE, allowed.1, Some(Why::MethodsUnknown)),
        Some(registered) => {
            let (mut surely, mut perhaps) = (Methods::NONE, Methods::NONE);
            for mode in registered.iter().copied().filter(|mode| *mode != Mode::Fido2) {
                if allowed.0.has(mode) {
                    surely = surely.with(mode);
                }
                if allowed.1.has(mode) {
                    perhaps = perhaps.with(mode);
                }
            }
            (surely, perhaps, (surely != perhaps).then_some(Why::MethodsUnknown))
        }
    }
}
