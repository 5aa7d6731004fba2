//! Parts of conditional access, as they are kept.

use crate::time::Timestamp;

/// What a part of conditional access is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessKind {
    /// Graph `conditionalAccessPolicy`.
    Policy,
    /// Graph `authenticationStrengthPolicy`.
    Strength,
    /// Graph `namedLocation`.
    Location,
}

impl AccessKind {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Policy, Self::Strength, Self::Location];

    /// The name in the database and the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Strength => "strength",
            Self::Location => "location",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A part of conditional access as it was at some time: kept for ever, so that one can see and go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessVersion {
    /// What it is.
    pub kind: AccessKind,
    /// Graph `id`.
    pub id: String,
    /// 1, 2, 3 and on.
    pub number: u32,
    /// When it was made.
    pub at: Timestamp,
    /// By whom, as in the audit log.
    pub actor: String,
    /// Whether it was taken out of force then; the document is what it was until then.
    pub deleted: bool,
    /// The document as JSON.
    pub document: String,
}
