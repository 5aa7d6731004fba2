//! What changed between two days, in sentences a person can forward.

use super::{Atlas, Date, Fact, Platform};
use std::fmt::Write as _;

/// One subject of one platform whose state is not what it was.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// What counted on the first day; none where nothing was stated.
    pub before: Option<&'a Fact>,
    /// What counts on the second day; none where nothing is stated any more.
    pub after: Option<&'a Fact>,
    /// States that came and went in between, in order.
    pub between: Vec<&'a Fact>,
    /// When the last state began, or the first one ended; as precise as the source.
    pub when: Date,
}

impl Change<'_> {
    /// The fact that tells what it is about: the newer one where there are two.
    #[must_use]
    pub fn fact(&self) -> Option<&Fact> {
        self.after.or(self.before)
    }
}

impl Atlas {
    /// Every subject and platform whose value on `to` is not that on `from`, in the order of the map.
    #[must_use]
    pub fn diff(&self, from: Date, to: Date) -> Vec<Change<'_>> {
        let columns = [Platform::Any].into_iter().chain(Platform::COLUMNS);
        let columns: Vec<_> = columns.collect();
        let every = Self::subjects()
            .iter()
            .flat_map(|subject| columns.iter().map(move |platform| (subject, *platform)));
        every.filter_map(|(subject, platform)| self.change(platform, subject.key, (from, to))).collect()
    }

    pub(super) fn change(
        &self,
        platform: Platform,
        subject: &str,
        (from, to): (Date, Date),
    ) -> Option<Change<'_>> {
        let (before, after) =
            (self.cell(platform, subject, from).fact, self.cell(platform, subject, to).fact);
        if before.map(|fact| fact.value) == after.map(|fact| fact.value) {
            return None;
        }
        // Going back in time, a change is when the newer state began all the same.
        let newer = if from.not_after(to) { after } else { before };
        let older = if from.not_after(to) { before } else { after };
        let when = newer.and_then(|fact| fact.since).or_else(|| older.and_then(|fact| fact.valid_until))?;
        let (first, last) = if from.not_after(to) { (from, to) } else { (to, from) };
        let ends = [before, after].map(|fact| fact.map(|fact| fact.id));
        let inside = |fact: &&Fact| {
            let begun = fact.since.is_some_and(|since| first.not_after(since) && since.not_after(last));
            begun && !ends.contains(&Some(fact.id)) && fact.valid_until.is_some()
        };
        let mut between: Vec<&Fact> = self.states(platform, subject).filter(inside).collect();
        between.sort_by_key(|fact| fact.rank());
        Some(Change { before, after, between, when })
    }

    /// A change as a sentence: platform, subject, old and new value, date, source.
    #[must_use]
    pub fn sentence(&self, change: &Change<'_>) -> String {
        let word = |fact: Option<&Fact>, none: &str| {
            fact.map_or_else(|| none.to_owned(), |fact| self.word(fact).to_owned())
        };
        let Some(fact) = change.fact() else { return String::new() };
        let (old, new) = (word(change.before, "nothing stated"), word(change.after, "no longer stated"));
        let mut text =
            format!("{}: {}: {old} -> {new}, {}", fact.platform, fact.subject.inside(), change.when);
        for fact in &change.between {
            let since = fact.since.map_or_else(String::new, |since| format!(" from {since}"));
            let _ = write!(text, " ({}{since})", self.word(fact));
        }
        let _ = write!(text, ", {}", fact.source.title);
        if let Some(url) = fact.source.url {
            let _ = write!(text, " <{url}>");
        }
        text
    }
}
