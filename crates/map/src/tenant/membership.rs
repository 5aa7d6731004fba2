//! Who is in which group and holds which role, by way of groups in groups.

use super::gather::{Any, Gathered};
use super::route::Whom;
use crate::model::Tenant;
use passband_core::authn::profile::Who;
use passband_core::id::{GroupId, RoleId};
use passband_core::policy::access::facts::Fact;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// The places of people by id and by name.
pub(crate) struct Places {
    by_id: HashMap<Any, u32>,
    by_name: HashMap<String, u32>,
}

impl Places {
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let people = || tenant.people.iter().enumerate();
        Self {
            by_id: people().map(|(at, it)| (*it.id.as_bytes(), place(at))).collect(),
            by_name: people().map(|(at, it)| (it.name.to_lowercase(), place(at))).collect(),
        }
    }

    pub(crate) fn id(&self, id: &Any) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn of_whom(&self, whom: &Whom) -> Option<u32> {
        match whom {
            Whom::Id(id) => self.id(id.as_bytes()),
            Whom::Name(name) => self.by_name.get(&**name).copied(),
        }
    }
}

/// Groups, resolved.
struct Graph {
    /// People directly in a group, and those that a transitive list names.
    people: HashMap<Any, Vec<u32>>,
    /// Groups in a group.
    groups: HashMap<Any, Vec<Any>>,
    given: HashSet<Any>,
    transitively: HashSet<Any>,
}

impl Graph {
    fn of(gathered: &Gathered, places: &Places) -> Self {
        let complete = |transitive| {
            let all = gathered.members_given.iter();
            all.filter(move |((_, it), pages)| *it == transitive && pages.are_complete())
                .map(|((group, _), _)| *group)
                .collect::<HashSet<_>>()
        };
        let (given, transitively) = (complete(false), complete(true));
        let known: HashSet<Any> = gathered.groups.iter().map(|(id, ..)| *id.as_bytes()).collect();
        let (mut people, mut groups) = (HashMap::<_, Vec<_>>::default(), HashMap::<_, Vec<_>>::default());
        for (group, member) in &gathered.members {
            if let Some(person) = places.id(member) {
                people.entry(*group).or_default().push(person);
            } else if known.contains(member)
                || gathered.nested.contains(member)
                || gathered.members_given.contains_key(&(*member, false))
            {
                groups.entry(*group).or_default().push(*member);
            }
        }
        for (whom, group) in &gathered.member_of {
            if let Some(person) = places.of_whom(whom) {
                people.entry(*group).or_default().push(person);
            }
        }
        Self { people, groups, given, transitively }
    }

    /// A group and all that are nested in it, each once: groups may hold each other.
    fn below(&self, group: Any) -> Vec<Any> {
        let (mut found, mut seen) = (vec![group], HashSet::from_iter([group]));
        let mut at = 0;
        while let Some(group) = found.get(at).copied() {
            at += 1;
            for nested in self.groups.get(&group).into_iter().flatten() {
                if seen.insert(*nested) {
                    found.push(*nested);
                }
            }
        }
        found
    }

    fn people_of(&self, group: Any) -> Vec<u32> {
        let mut people: Vec<u32> = Vec::new();
        for group in self.below(group) {
            people.extend(self.people.get(&group).into_iter().flatten());
        }
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Whether everybody in it is known.
    fn is_complete(&self, group: Any) -> bool {
        self.transitively.contains(&group)
            || self.below(group).iter().all(|it| self.given.contains(it) || self.transitively.contains(it))
    }
}

/// The groups that a decision may hang on.
fn named(tenant: &Tenant) -> BTreeSet<GroupId> {
    let mut named = BTreeSet::new();
    for it in tenant.access.known().into_iter().flatten() {
        let conditions = &it.policy.conditions;
        named.extend(conditions.include_people.groups.iter().chain(&conditions.exclude_people.groups));
    }
    if let Fact::Known(passkeys) = &tenant.passkeys {
        named.extend(passkeys.policy.exclude.iter().copied());
        named.extend(passkeys.policy.include.iter().filter_map(|it| match it.who {
            Who::Group(id) => Some(id),
            Who::Everyone => None,
        }));
    }
    for method in &tenant.methods {
        named.extend(method.include.iter().chain(&method.exclude));
    }
    named
}

/// Fills in the groups and the roles of everybody.
pub(super) fn fill(gathered: &mut Gathered, tenant: &mut Tenant, places: &Places) {
    let graph = Graph::of(gathered, places);
    // All of it is in the graph now, and it is much.
    gathered.members = Vec::new();
    gathered.member_of = Vec::new();
    groups(&graph, gathered, tenant, places);
    roles(&graph, gathered, tenant, places);
}

fn groups(graph: &Graph, gathered: &mut Gathered, tenant: &mut Tenant, places: &Places) {
    let all: BTreeSet<Any> = graph.people.keys().chain(graph.groups.keys()).copied().collect();
    let mut found: Vec<Vec<GroupId>> = vec![Vec::new(); tenant.people.len()];
    for group in all {
        for person in graph.people_of(group) {
            found[person as usize].push(GroupId::from_bytes(group));
        }
    }
    let named = named(tenant);
    let missing: Vec<_> = named.iter().filter(|it| !graph.is_complete(*it.as_bytes())).collect();
    let names: HashMap<_, _> = tenant.groups.iter().map(|it| (it.id, it.name.as_str())).collect();
    let told: BTreeSet<u32> = gathered
        .member_of_given
        .iter()
        .filter(|((_, transitive), pages)| *transitive && pages.are_complete())
        .filter_map(|((whom, _), _)| places.of_whom(whom))
        .collect();
    if !missing.is_empty() && told.len() < tenant.people.len() {
        let none = gathered.members_given.is_empty() && gathered.member_of_given.is_empty();
        let code = if none { "membership-not-exported" } else { "membership-partly-exported" };
        for id in &missing {
            let name = names.get(*id).map_or_else(|| id.to_string(), |it| format!("{it} ({id})"));
            gathered.remarks.insert((code, name));
        }
    }
    for (at, (person, mut groups)) in tenant.people.iter_mut().zip(found).enumerate() {
        groups.shrink_to_fit();
        let known = missing.is_empty() || told.contains(&u32::try_from(at).unwrap_or(u32::MAX));
        person.groups = if known { Fact::Known(groups) } else { Fact::Unknown };
    }
}

fn roles(graph: &Graph, gathered: &mut Gathered, tenant: &mut Tenant, places: &Places) {
    let templates: BTreeMap<Any, RoleId> = gathered.roles.iter().copied().collect();
    let mut held = gathered.assignments.clone();
    for (role, principal) in &gathered.role_members {
        // The members of a role may be listed under its template as well: `directoryRoles/roleTemplateId=…`.
        let template = templates.get(role).copied().unwrap_or(RoleId::from_bytes(*role));
        held.push((*principal, template));
    }
    let assigned = gathered.pages.get(&super::route::Kind::RoleAssignments);
    let listed = !templates.is_empty()
        && templates.keys().all(|it| gathered.role_members_given.get(it).is_some_and(|p| p.are_complete()));
    let mut known = assigned.is_some_and(|it| it.are_complete()) || listed;
    let mut found: Vec<Vec<RoleId>> = vec![Vec::new(); tenant.people.len()];
    for (principal, role) in held {
        if let Some(person) = places.id(&principal) {
            found[person as usize].push(role);
            continue;
        }
        let group = gathered.groups.iter().any(|(id, ..)| *id.as_bytes() == principal);
        if group || graph.people.contains_key(&principal) || gathered.nested.contains(&principal) {
            known &= graph.is_complete(principal);
            for person in graph.people_of(principal) {
                found[person as usize].push(role);
            }
        }
    }
    if !known {
        for it in tenant.access.known().into_iter().flatten() {
            let conditions = &it.policy.conditions;
            if !(conditions.include_people.roles.is_empty() && conditions.exclude_people.roles.is_empty()) {
                gathered.remarks.insert(("roles-not-exported", it.policy.name.clone()));
            }
        }
    }
    for (person, mut roles) in tenant.people.iter_mut().zip(found) {
        roles.sort_unstable();
        roles.dedup();
        roles.shrink_to_fit();
        person.roles = if known { Fact::Known(roles) } else { Fact::Unknown };
    }
}
