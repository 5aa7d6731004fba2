//! The map as data: what each platform supports, since when, by which source.
//!
//! The files under `data/` are the source; the build reads them, refuses what breaks a rule, and makes the tables
//! that this module answers from. Nothing here does I/O or asks a clock: every question carries its date.

mod check;
mod date;
mod diff;
pub mod page;
pub mod render;
#[cfg(test)]
#[allow(dead_code, reason = "the build uses the rest")]
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use check::{Finding, Kind};
pub use date::{Date, NotADate};
pub use diff::Change;
pub use vocabulary::{
    Confidence, Group, Level, Platform, Section, SectionInfo, Source, Standing, Subject, Value,
};

use passband_core::time::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One statement about one platform, and everything needed to weigh it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Stable key; `~2`, `~3` are further states of the same subject and platform.
    pub id: &'static str,
    /// The platform it is about.
    pub platform: Platform,
    /// What it is about.
    pub subject: &'static Subject,
    /// The statement, a sentence.
    pub statement: &'static str,
    /// The value: a word of the vocabulary, or free text where the subject takes that.
    pub value: &'static str,
    /// What the vocabulary says of the value; none where the value is free text.
    pub known: Option<&'static Value>,
    /// The values claimed where sources disagree.
    pub claims: &'static [&'static str],
    /// Under which conditions it holds.
    pub conditions: &'static [&'static str],
    /// When the state began, as far as a source shows it.
    pub since: Option<Date>,
    /// When the state ended: the first date on which it no longer held.
    pub valid_until: Option<Date>,
    /// The date the source gives itself.
    pub as_of: Option<Date>,
    /// When the source was last published, where that is known apart from `as_of`.
    pub source_published: Option<Date>,
    /// The newest date on which the source was seen to say so.
    pub last_verified: Option<Date>,
    /// Where it was read.
    pub source: &'static Source,
    /// Further sources.
    pub also_see: &'static [&'static Source],
    /// How sure it is.
    pub confidence: Confidence,
    /// What else to know.
    pub note: Option<&'static str>,
    /// Why a doubt about it is accepted: [`Atlas::check`] lists it without failing.
    pub acknowledged: Option<&'static str>,
    /// The tests that prove it, for what Passband says of itself.
    pub tests: &'static [&'static str],
}

impl Fact {
    /// Whether it held on the first day of `at`: begun by then, and not over (both as far as a source shows it).
    #[must_use]
    pub fn holds(&self, at: Date) -> bool {
        self.since.is_none_or(|since| since.not_after(at))
            && self.valid_until.is_none_or(|until| !until.not_after(at))
    }

    /// What the value means for the one who asks; free text is [`Standing::Text`].
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.known.map_or(Standing::Text, |value| value.standing)
    }

    /// How strongly the value proves its floor, for the band.
    #[must_use]
    pub fn level(&self) -> Level {
        self.known.map_or(Level::Unknown, |value| value.level)
    }

    /// The word a person reads for the value.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.known.map_or(self.value, |value| value.word)
    }

    /// What states of one subject and platform are weighed by: the latest begun wins, then the newer source.
    fn rank(&self) -> impl Ord + use<> {
        let day = |date: Option<Date>| date.map(Date::first);
        (day(self.since), day(self.as_of), self.confidence, std::cmp::Reverse(self.id))
    }
}

impl From<Timestamp> for Date {
    /// The day of an instant, in UTC.
    fn from(time: Timestamp) -> Self {
        Self::from_unix_days(time.0.div_euclid(86_400))
    }
}

/// What the map says of one platform and subject on one day.
#[derive(Clone, Debug, Default)]
pub struct Cell<'a> {
    /// The state that counts.
    pub fact: Option<&'a Fact>,
    /// Others that held on that day and say another thing.
    pub rivals: Vec<&'a Fact>,
    /// States before it, the latest first.
    pub earlier: Vec<&'a Fact>,
    /// States after it, the next first.
    pub later: Vec<&'a Fact>,
}

/// The facts, and the questions they answer.
#[derive(Clone, Debug)]
pub struct Atlas {
    facts: Cow<'static, [Fact]>,
    index: BTreeMap<(Platform, &'static str), Vec<usize>>,
}

impl Atlas {
    /// The map this program was built with.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::new(Cow::Borrowed(vocabulary::facts())));
        &ATLAS
    }

    pub(crate) fn new(facts: Cow<'static, [Fact]>) -> Self {
        let mut index: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, fact) in facts.iter().enumerate() {
            index.entry((fact.platform, fact.subject.key)).or_default().push(at);
        }
        Self { facts, index }
    }

    /// Every fact, past ones too, by subject in the order of the map and by platform.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The floors, from the hardware up, with the groups of their rows.
    #[must_use]
    pub fn sections() -> &'static [SectionInfo] {
        vocabulary::sections()
    }

    /// Every subject, in the order of the map.
    #[must_use]
    pub fn subjects() -> &'static [Subject] {
        vocabulary::subjects()
    }

    /// The subject called `key`.
    #[must_use]
    pub fn subject(key: &str) -> Option<&'static Subject> {
        Self::subjects().iter().find(|subject| subject.key == key)
    }

    /// Every value of the vocabulary.
    #[must_use]
    pub fn values() -> &'static [Value] {
        vocabulary::values()
    }

    /// The states of one subject on one platform, past and announced ones too, in no order.
    fn states(&self, platform: Platform, subject: &str) -> impl Iterator<Item = &Fact> {
        // The borrow checker wants the key to live as long as the map; the subject that has it does.
        let key = Self::subject(subject).map(|subject| (platform, subject.key));
        let found = key.and_then(|key| self.index.get(&key));
        found.into_iter().flatten().filter_map(|at| self.facts.get(*at))
    }

    /// Whether there is any state of one subject on exactly this platform, past and announced ones too.
    #[must_use]
    pub fn has(&self, platform: Platform, subject: &str) -> bool {
        self.states(platform, subject).next().is_some()
    }

    /// What held on `at` for exactly this platform, with what contradicts it and what was before and after.
    #[must_use]
    pub fn cell(&self, platform: Platform, subject: &str, at: Date) -> Cell<'_> {
        let fact =
            self.states(platform, subject).filter(|fact| fact.holds(at)).max_by_key(|fact| fact.rank());
        let mut cell = Cell { fact, ..Cell::default() };
        for other in self.states(platform, subject) {
            let rank_of_day = |date: Option<Date>| date.map(Date::first);
            if other.holds(at) {
                if fact.is_some_and(|fact| fact.value != other.value) {
                    cell.rivals.push(other);
                } else if fact.is_some_and(|fact| fact.id != other.id) {
                    cell.earlier.push(other);
                }
            } else if rank_of_day(other.since) > Some(at.first()) {
                cell.later.push(other);
            } else {
                cell.earlier.push(other);
            }
        }
        cell.rivals.sort_by_key(|fact| std::cmp::Reverse(fact.rank()));
        cell.earlier.sort_by_key(|fact| std::cmp::Reverse(fact.rank()));
        cell.later.sort_by_key(|fact| fact.rank());
        cell
    }

    /// The state that counted on `at`: what is said of `platform`, or else what is said of every platform.
    ///
    /// Latest `since` first, then the newer source; none where no source says anything, which is not the same as
    /// "no". What is said of every platform is said of Microsoft Entra ID, so it is no answer for
    /// [`Platform::Passband`].
    #[must_use]
    pub fn standing(&self, platform: Platform, subject: &str, at: Date) -> Option<&Fact> {
        let best = |platform| {
            self.states(platform, subject).filter(|fact| fact.holds(at)).max_by_key(|fact| fact.rank())
        };
        best(platform).or_else(|| (platform != Platform::Passband).then(|| best(Platform::Any)).flatten())
    }

    /// The word for the value of `fact`. What was a preview before it was supported is "generally available".
    #[must_use]
    pub fn word(&self, fact: &Fact) -> &'static str {
        let begun = |other: &Fact| {
            other.value == "preview" && other.since.map(Date::first) <= fact.since.map(Date::first)
        };
        let matured = fact.value == "supported" && self.states(fact.platform, fact.subject.key).any(begun);
        if matured { "generally available" } else { fact.word() }
    }

    /// Each day on which some state began or ended, in order, to the day.
    #[must_use]
    pub fn dates(&self) -> Vec<Date> {
        let both = self.facts.iter().flat_map(|fact| [fact.since, fact.valid_until]).flatten();
        let mut days: Vec<Date> = both.map(Date::first_day).collect();
        days.sort_by_key(|date| date.first());
        days.dedup();
        days
    }
}
