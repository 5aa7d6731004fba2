//! The chain of the audit log: each line names the one before by its hash, so that nobody who can write to the
//! database alters a line, takes one out or puts one in unseen. Who can write there can write the whole chain anew;
//! against that, somebody writes down the head now and then, and compares.

use crate::id::AuditId;
use crate::time::Timestamp;
use aws_lc_rs::digest::{Context, SHA256};

/// What stands in front of the first line.
pub const GENESIS: [u8; 32] = [0; 32];

/// A place in the chain: the number of a line, and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line's number; 0 in front of the first.
    pub seq: u64,
    /// The line's hash; [`GENESIS`] in front of the first.
    pub hash: [u8; 32],
}

impl Place {
    /// In front of the first line.
    pub const START: Self = Self { seq: 0, hash: GENESIS };
}

/// The two ends of the chain that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The last line that was cut off because it was old; [`Place::START`] if none was.
    pub base: Place,
    /// The newest line.
    pub head: Place,
}

/// A line, as far as its hash covers it: all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its number, one more than that of the line before.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: &'a [u8; 32],
    /// Graph `id`.
    pub id: AuditId,
    /// Graph `activityDateTime`.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// What.
    pub activity: &'a str,
    /// On what.
    pub target: &'a str,
    /// One line for a person.
    pub detail: &'a str,
}

impl Link<'_> {
    /// SHA-256 of the line in its canonical form: every number in eight bytes, every text behind its length.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Context::new(&SHA256);
        hash.update(b"passband audit line 1\0");
        hash.update(&self.seq.to_be_bytes());
        hash.update(self.prev);
        hash.update(self.id.as_bytes());
        hash.update(&self.at.0.to_be_bytes());
        for text in [self.actor, self.activity, self.target, self.detail] {
            // The length first: two lines must not read alike.
            hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        let mut out = [0; 32];
        out.copy_from_slice(hash.finish().as_ref());
        out
    }
}

/// Where a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A line's own hash does not cover what it says.
    #[error("line {0} was altered: its hash is not that of what it says")]
    Altered(u64),
    /// The head that was written down names another line than the log has.
    #[error("line {0} is not the one that was written down: the log was written anew")]
    Anchor(u64),
    /// Lines at the end are gone.
    #[error("the log ends with line {has} and had {had}: its end was cut off")]
    Cut {
        /// The number of the last line there is.
        has: u64,
        /// The number of the last line there was.
        had: u64,
    },
    /// The line that was written down is older than what is kept.
    #[error("line {0} was written down and is older than what is kept; compare with a newer head")]
    Forgotten(u64),
    /// The newest line is not the head.
    #[error("the head of the chain is not line {0}: one of the two was altered")]
    Head(u64),
    /// A line is gone, or its number is.
    #[error("line {0} is missing")]
    Missing(u64),
    /// A line does not name the one before it.
    #[error("line {0} does not follow the line before it: one of the two was replaced")]
    Unlinked(u64),
}

/// Walks a chain from its base to its head, the oldest line first.
#[derive(Clone, Copy, Debug)]
pub struct Verifier {
    ends: Ends,
    at: Place,
    anchor: Option<Place>,
}

impl Verifier {
    /// A walk between these ends. `anchor` is a head that somebody wrote down.
    #[must_use]
    pub const fn new(ends: Ends, anchor: Option<Place>) -> Self {
        Self { ends, at: ends.base, anchor }
    }

    /// The number of the line that the walk has come to.
    #[must_use]
    pub const fn place(&self) -> u64 {
        self.at.seq
    }

    /// The next line, which says of itself that its hash is `claimed`. Lines newer than the head at the beginning of
    /// the walk are not looked at.
    ///
    /// # Errors
    ///
    /// [`Broken`] names the first line that is not as it was written.
    pub fn step(&mut self, line: &Link<'_>, claimed: &[u8; 32]) -> Result<(), Broken> {
        if line.seq > self.ends.head.seq {
            return Ok(());
        }
        if line.seq != self.at.seq + 1 {
            return Err(Broken::Missing(self.at.seq + 1));
        }
        if *line.prev != self.at.hash {
            return Err(Broken::Unlinked(line.seq));
        }
        let hash = line.hash();
        if hash != *claimed {
            return Err(Broken::Altered(line.seq));
        }
        if self.anchor.is_some_and(|anchor| anchor.seq == line.seq && anchor.hash != hash) {
            return Err(Broken::Anchor(line.seq));
        }
        self.at = Place { seq: line.seq, hash };
        Ok(())
    }

    /// The end of the walk: how many lines were verified.
    ///
    /// # Errors
    ///
    /// [`Broken`] if lines are missing at the end.
    pub fn finish(self) -> Result<u64, Broken> {
        let Ends { base, head } = self.ends;
        if self.at.seq < head.seq {
            return Err(Broken::Cut { has: self.at.seq, had: head.seq });
        }
        if self.at.hash != head.hash {
            return Err(Broken::Head(head.seq));
        }
        match self.anchor {
            Some(anchor) if anchor.seq > self.at.seq => {
                Err(Broken::Cut { has: self.at.seq, had: anchor.seq })
            }
            Some(anchor) if anchor.seq < base.seq => Err(Broken::Forgotten(anchor.seq)),
            Some(anchor) if anchor.seq == base.seq && anchor.hash != base.hash => {
                Err(Broken::Anchor(anchor.seq))
            }
            _ => Ok(self.at.seq - base.seq),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Line {
        seq: u64,
        prev: [u8; 32],
        actor: String,
        detail: String,
        hash: [u8; 32],
    }

    impl Line {
        fn link(&self) -> Link<'_> {
            Link {
                seq: self.seq,
                prev: &self.prev,
                id: AuditId::from_bytes([7; 16]),
                at: Timestamp(1_800_000_000),
                actor: &self.actor,
                activity: "Add user",
                target: "1",
                detail: &self.detail,
            }
        }

        fn place(&self) -> Place {
            Place { seq: self.seq, hash: self.hash }
        }
    }

    /// Lines 1 to `n`, chained.
    fn chain(n: u64) -> Vec<Line> {
        let mut prev = GENESIS;
        (1..=n)
            .map(|seq| {
                let detail = format!("line {seq}");
                let mut line = Line { seq, prev, actor: "ada@example.org".to_owned(), detail, hash: GENESIS };
                line.hash = line.link().hash();
                prev = line.hash;
                line
            })
            .collect()
    }

    fn walk(lines: &[Line], (base, head): (Place, Place), anchor: Option<Place>) -> Result<u64, Broken> {
        let mut verifier = Verifier::new(Ends { base, head }, anchor);
        for line in lines {
            verifier.step(&line.link(), &line.hash)?;
        }
        verifier.finish()
    }

    #[test]
    fn a_chain_as_it_was_written_holds() {
        let lines = chain(5);
        let (start, head) = (Place::START, lines[4].place());
        assert_eq!(walk(&lines, (start, head), None), Ok(5));
        assert_eq!(walk(&lines, (start, head), Some(lines[2].place())), Ok(5));
        // Lines that came meanwhile are not looked at; old ones that were cut off are not missed.
        assert_eq!(walk(&lines, (start, lines[3].place()), None), Ok(4));
        assert_eq!(walk(&lines[2..], (lines[1].place(), head), Some(lines[1].place())), Ok(3));
        assert_eq!(walk(&[], (start, start), None), Ok(0));
    }

    #[test]
    fn the_first_line_that_is_not_as_it_was_is_named() {
        let lines = chain(5);
        let ends = (Place::START, lines[4].place());
        let altered = |change: &dyn Fn(&mut Vec<Line>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            walk(&lines, ends, Some(ends.1))
        };
        assert_eq!(altered(&|it| it[2].detail.push('!')), Err(Broken::Altered(3)));
        assert_eq!(altered(&|it| it[2].actor = "eve@example.org".to_owned()), Err(Broken::Altered(3)));
        // What moves from one text to the next makes another line.
        assert_eq!(
            altered(&|it| (it[1].actor, it[1].detail) = ("ada@example.or".into(), "gline 2".into())),
            Err(Broken::Altered(2))
        );
        assert_eq!(altered(&|it| drop(it.remove(2))), Err(Broken::Missing(3)));
        assert_eq!(altered(&|it| it.swap(1, 2)), Err(Broken::Missing(2)));
        assert_eq!(altered(&|it| it.truncate(3)), Err(Broken::Cut { has: 3, had: 5 }));
        // A line written anew with its hash: the next one does not follow it.
        let anew = |it: &mut Vec<Line>, n: usize| {
            it[n].detail.push('!');
            it[n].hash = it[n].link().hash();
        };
        assert_eq!(altered(&|it| anew(it, 2)), Err(Broken::Unlinked(4)));
        assert_eq!(altered(&|it| anew(it, 4)), Err(Broken::Anchor(5)));
        let mut last = lines.clone();
        anew(&mut last, 4);
        assert_eq!(walk(&last, ends, None), Err(Broken::Head(5)));
    }

    /// Everything written anew, and the head with it: only what somebody wrote down tells.
    #[test]
    fn a_head_that_was_written_down_outlives_the_database() {
        let (lines, mut forged) = (chain(5), chain(4));
        forged[3].detail.clear();
        forged[3].hash = forged[3].link().hash();
        let ends = (Place::START, forged[3].place());
        assert_eq!(walk(&forged, ends, None), Ok(4));
        assert_eq!(walk(&forged, ends, Some(lines[4].place())), Err(Broken::Cut { has: 4, had: 5 }));
        assert_eq!(walk(&forged, ends, Some(lines[3].place())), Err(Broken::Anchor(4)));
        let base = (lines[2].place(), lines[4].place());
        assert_eq!(walk(&lines[3..], base, Some(lines[0].place())), Err(Broken::Forgotten(1)));
        // The cut itself: the last line that is gone was another one.
        let other = Place { hash: [1; 32], ..lines[2].place() };
        assert_eq!(walk(&lines[3..], base, Some(other)), Err(Broken::Anchor(3)));
    }

    #[test]
    fn everything_a_line_says_is_in_its_hash() {
        let lines = chain(2);
        let good = lines[1].link();
        let bent = [
            Link { seq: 3, ..good },
            Link { prev: &[1; 32], ..good },
            Link { id: AuditId::from_bytes([9; 16]), ..good },
            Link { at: good.at + crate::time::Seconds(1), ..good },
            Link { actor: "eve@example.org", ..good },
            Link { activity: "Another", ..good },
            Link { target: "another", ..good },
            Link { detail: "another", ..good },
        ];
        for (n, link) in bent.iter().enumerate() {
            assert_ne!(link.hash(), good.hash(), "member {n}");
        }
        // And where one text ends and the next begins.
        let moved = Link { target: "1l", detail: "ine 2", ..good };
        assert_eq!((good.target, good.detail), ("1", "line 2"));
        assert_ne!(moved.hash(), good.hash());
    }
}
