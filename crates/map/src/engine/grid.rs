//! What each policy says of a place and a proof to whomever it is about. People differ by which policies are about them;
//! what a policy says then is the same for all. So each is asked once, and what somebody is told is put together.

use super::access::{Cell, Shows, Situation, Word};
use super::resource::Resource;
use super::{Engine, people};
use passband_core::id::GroupId;
use passband_core::policy::access::facts::{Fact, Person, Truth, UserAction};
use passband_core::policy::access::model::{People, Policy, State};
use passband_core::policy::access::verdict::{Condition, Conditions, Verdict};
use passband_core::policy::access::{PolicySet, evaluate};

/// What one policy says in one world: if it is about somebody, and if it may be.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// The policy's place among those that are not disabled.
    place: usize,
    surely: Word,
    perhaps: Word,
}

/// What the policies say of one resource, world by world. Those that say nothing are left out.
#[derive(Clone, Debug)]
pub struct Grid(Vec<Vec<Pair>>);

/// The policies of a tenant, about everybody, and about who may be in a group.
#[derive(Debug)]
pub struct Impersonal {
    everybody: PolicySet,
    perhaps: PolicySet,
    /// Whether the policies say of this action what depends on one another.
    entangled: bool,
}

/// A group that nobody knows the members of.
const SOME_GROUP: GroupId = GroupId::from_bytes([0xfd; 16]);

impl Impersonal {
    /// The same policies, whomever they are about.
    #[must_use]
    pub fn of(set: &PolicySet) -> Self {
        let about = |people: &People| {
            let policies = set.policies().iter().map(|policy| {
                let mut policy = policy.clone();
                policy.conditions.include_people = people.clone();
                policy.conditions.exclude_people = People::default();
                let users = Conditions::NONE.with(Condition::Users);
                policy.unread.include = policy.unread.include.without(users);
                policy.unread.exclude = policy.unread.exclude.without(users);
                policy
            });
            let built_in = passband_core::policy::access::strength::Strength::is_built_in;
            let strengths = set.strengths().iter().filter(|it| !built_in(it.id)).cloned();
            PolicySet::compile(policies.collect(), strengths.collect(), set.locations().to_vec())
        };
        // While security information is registered, a strength for this action replaces those of other policies.
        let replaces = |it: &Policy| {
            it.state == State::Enabled
                && it.grant.strength.is_some()
                && it.conditions.include_apps.actions.contains(&UserAction::RegisterSecurityInfo)
        };
        Self {
            everybody: about(&People { all: true, ..People::default() }),
            perhaps: about(&People { groups: vec![SOME_GROUP], ..People::default() }),
            entangled: set.policies().iter().any(replaces),
        }
    }
}

impl Engine<'_> {
    /// Asks every policy about one resource; none if what one says depends on another.
    pub(super) fn grid(
        &self,
        place: (&Situation, Option<u32>),
        shows: &Shows,
        resource: &Resource,
    ) -> Option<Grid> {
        let impersonal = self.impersonal.as_ref()?;
        if impersonal.entangled && resource.action == Some(UserAction::RegisterSecurityInfo) {
            return None;
        }
        let nobody = Person {
            id: people::NOBODY,
            groups: Fact::Unknown,
            roles: Fact::Known(&[]),
            guest: Fact::Known(None),
        };
        let worlds = self.worlds(nobody, place, shows, resource);
        let worlds = worlds.iter().map(|facts| {
            let words = |set| {
                let verdict: Verdict<'_> = evaluate(set, facts);
                let word = |said: &passband_core::policy::access::verdict::Said<'_>| match said.is_enforced()
                {
                    true => Word::of(said, set.policies()),
                    false => Word::NOTHING,
                };
                verdict.said.iter().map(word).collect::<Vec<_>>()
            };
            let both = words(&impersonal.everybody).into_iter().zip(words(&impersonal.perhaps));
            let pairs = both.enumerate().map(|(place, (surely, perhaps))| Pair { place, surely, perhaps });
            pairs.filter(|it| it.surely != Word::NOTHING || it.perhaps != Word::NOTHING).collect()
        });
        Some(Grid(worlds.collect()))
    }
}

impl Grid {
    /// What it comes to for somebody; `about` tells of each policy whether it is about them.
    #[must_use]
    pub fn cell(&self, about: &[Truth]) -> Cell {
        let mut cell = Cell { yes: true, protected: true, ..Cell::default() };
        for pairs in &self.0 {
            cell.add_words(pairs.iter().filter_map(|pair| match about[pair.place] {
                Truth::Yes => Some(pair.surely),
                Truth::Unknown => Some(pair.perhaps),
                Truth::No => None,
            }));
        }
        cell.protected &= cell.perhaps_protected;
        cell
    }
}
