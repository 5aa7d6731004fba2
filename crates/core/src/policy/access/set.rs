//! All policies of an installation, compiled once and asked often.

use super::filter::Filter;
use super::index::{AppsIndex, PeopleIndex};
use super::location::{Area, NamedLocation};
use super::model::{Places, Policy, State};
use super::strength::Strength;
use passband_wire::id::{AccessPolicyId, LocationId, StrengthId};
use std::collections::HashMap;

/// Most policies, as Microsoft's service has it (240), and some.
pub const MAX_POLICIES: usize = 256;

/// A policy that names something that is not there. It still decides: nothing satisfies a strength that is not there, and
/// of a location that is not there nobody can tell whether it holds an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The policy.
    pub policy: AccessPolicyId,
    /// What it names.
    pub what: Named,
}

/// What a policy names by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A strength.
    Strength(StrengthId),
    /// A named location.
    Location(LocationId),
}

/// The places of a condition, resolved.
#[derive(Clone, Debug)]
pub(super) struct Where {
    pub(super) all: bool,
    pub(super) all_trusted: bool,
    /// Places in the list of areas.
    pub(super) areas: Vec<usize>,
    /// Whether it names a location that is not there.
    pub(super) dangling: bool,
}

/// What is kept of a policy beside itself.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// Its place in the list of policies.
    pub(super) policy: usize,
    /// Its strength's place in the list of strengths.
    pub(super) strength: Option<usize>,
    /// Its places, included and excluded.
    pub(super) locations: Option<(Where, Where)>,
}

/// All policies of an installation, with the strengths and locations they name, compiled.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    pub(super) policies: Vec<Policy>,
    pub(super) strengths: Vec<Strength>,
    locations: Vec<NamedLocation>,
    pub(super) areas: Vec<Area>,
    /// Those that are not switched off.
    pub(super) active: Vec<Compiled>,
    pub(super) include_people: PeopleIndex,
    pub(super) exclude_people: PeopleIndex,
    pub(super) include_apps: AppsIndex,
    pub(super) exclude_apps: AppsIndex,
    missing: Vec<Missing>,
}

impl PolicySet {
    /// Compiles policies, custom strengths and named locations. The built-in strengths are always there; a custom one
    /// with the id of a built-in one is not seen.
    #[must_use]
    pub fn compile(policies: Vec<Policy>, strengths: Vec<Strength>, locations: Vec<NamedLocation>) -> Self {
        let strengths: Vec<_> = Strength::built_in().into_iter().chain(strengths).collect();
        let areas = locations.iter().map(|it| Area::of(&it.place)).collect();
        let mut set = Self { strengths, areas, ..Self::default() };
        let mut strength_at = HashMap::new();
        for (at, strength) in set.strengths.iter().enumerate() {
            strength_at.entry(strength.id).or_insert(at);
        }
        let location_at: HashMap<_, _> = locations.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
        for (at, policy) in policies.iter().enumerate() {
            let strength = policy.grant.strength.and_then(|id| strength_at.get(&id).copied());
            if let (Some(id), None) = (policy.grant.strength, strength) {
                set.missing.push(Missing { policy: policy.id, what: Named::Strength(id) });
            }
            let locations = policy.conditions.locations.as_ref().map(|(include, exclude)| {
                let mut resolve = |places: &Places| {
                    let lost = places.named.iter().filter(|id| !location_at.contains_key(id));
                    let lost = lost.map(|id| Missing { policy: policy.id, what: Named::Location(*id) });
                    let before = set.missing.len();
                    set.missing.extend(lost);
                    Where {
                        all: places.all,
                        all_trusted: places.all_trusted,
                        areas: places.named.iter().filter_map(|id| location_at.get(id).copied()).collect(),
                        dangling: set.missing.len() > before,
                    }
                };
                (resolve(include), resolve(exclude))
            });
            if policy.state == State::Disabled {
                continue;
            }
            let place = set.active.len();
            set.include_people.insert(&policy.conditions.include_people, place);
            set.exclude_people.insert(&policy.conditions.exclude_people, place);
            set.include_apps.insert(&policy.conditions.include_apps, place);
            set.exclude_apps.insert(&policy.conditions.exclude_apps, place);
            set.active.push(Compiled { policy: at, strength, locations });
        }
        set.policies = policies;
        set.locations = locations;
        set
    }

    /// The policies, those that are switched off too, in the order they were given.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policy with this id.
    #[must_use]
    pub fn policy(&self, id: AccessPolicyId) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// The strengths, the built-in ones first.
    #[must_use]
    pub fn strengths(&self) -> &[Strength] {
        &self.strengths
    }

    /// The strength with this id.
    #[must_use]
    pub fn strength(&self, id: StrengthId) -> Option<&Strength> {
        self.strengths.iter().find(|strength| strength.id == id)
    }

    /// The named locations.
    #[must_use]
    pub fn locations(&self) -> &[NamedLocation] {
        &self.locations
    }

    /// What policies name that is not there. A change that adds to it is to be refused.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Whether there is nothing to ask: every policy is switched off, or there is none.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.active.is_empty()
    }

    /// Whether any policy that is not switched off filters devices: only then are their properties needed.
    #[must_use]
    pub fn asks_devices(&self) -> bool {
        let mut filters =
            self.active.iter().filter_map(|it| self.policies[it.policy].conditions.devices.as_ref());
        filters.any(|filter| !Filter::text(&filter.rule).is_empty())
    }
}
