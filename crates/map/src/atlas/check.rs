//! What in the map should be looked at again.

use super::{Atlas, Confidence, Date, Fact};

/// Why a fact should be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody saw its source say so within the age asked for; the age in days, or none where no date is known.
    Stale(Option<i64>),
    /// Its sources disagree, or another fact says another thing of the same day.
    Contradicting,
    /// It is marked as unsure.
    LowConfidence,
}

impl Kind {
    /// Its name for programs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stale(_) => "stale",
            Self::Contradicting => "contradicting",
            Self::LowConfidence => "low-confidence",
        }
    }

    /// Its name for people, with the age where it is one.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Stale(Some(days)) => format!("not verified for {days} days"),
            Self::Stale(None) => "no date of verification".to_owned(),
            Self::Contradicting => "sources disagree".to_owned(),
            Self::LowConfidence => "low confidence".to_owned(),
        }
    }
}

/// A fact to look at again.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// What is the matter with it.
    pub kind: Kind,
    /// Facts that say another thing of the same day.
    pub against: Vec<&'a Fact>,
    /// Why it is accepted as it is. Only what has no reason fails a check.
    pub acknowledged: Option<&'static str>,
}

impl Atlas {
    /// Everything that holds on `today` and was last verified more than `max_age` days before, contradicts, or is
    /// unsure; what was acknowledged too, with its reason.
    ///
    /// What is over does not age, and what Passband says of itself is proved by its tests at every change.
    #[must_use]
    pub fn check(&self, today: Date, max_age: u32) -> Vec<Finding<'_>> {
        let mut findings = Vec::new();
        for fact in self.facts().iter().filter(|fact| fact.holds(today)) {
            let age = fact.last_verified.or(fact.as_of).map(|seen| today.unix_days() - seen.unix_days());
            let tested = !fact.tests.is_empty();
            if !tested && age.is_none_or(|days| days > i64::from(max_age)) {
                findings.push(Finding {
                    fact,
                    kind: Kind::Stale(age),
                    against: Vec::new(),
                    acknowledged: fact.acknowledged.or(fact.source.acknowledged),
                });
            }
            let against = self.against(fact, today);
            if !fact.claims.is_empty() || !against.is_empty() {
                // One reason answers for the pair: it stands with the one that is kept beside the other.
                let acknowledged =
                    fact.acknowledged.or_else(|| against.iter().find_map(|other| other.acknowledged));
                findings.push(Finding { fact, kind: Kind::Contradicting, against, acknowledged });
            }
            if fact.confidence == Confidence::Low {
                let acknowledged = fact.acknowledged;
                findings.push(Finding { fact, kind: Kind::LowConfidence, against: Vec::new(), acknowledged });
            }
        }
        findings
    }

    fn against(&self, fact: &Fact, today: Date) -> Vec<&Fact> {
        let states = self.states(fact.platform, fact.subject.key);
        states.filter(|other| other.holds(today) && other.value != fact.value).collect()
    }
}
