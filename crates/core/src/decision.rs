//! What a decision hands back: the answer, and the writes that go with it either way.

use crate::change::Change;
use crate::reason::Reason;

/// A request refused. The refusal may carry writes: a replay ends the session it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What must be written all the same.
    pub changes: Vec<Change>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, changes: Vec::new() }
    }
}

/// A request granted, once its changes are committed.
#[derive(Debug)]
#[must_use = "a grant whose changes are not committed must not be answered"]
pub struct Granted<T> {
    /// The answer.
    pub value: T,
    /// What must be durable before it is given.
    pub changes: Vec<Change>,
}

/// Granted or refused; never in between.
pub type Decision<T> = Result<Granted<T>, Refusal>;
