//! Policies, strengths and named locations as Microsoft Graph writes them: read strictly, written whole.
//!
//! Nothing is read over. What this server does not enforce is refused with its place in the document, why, and what was
//! expected, since a condition that is ignored makes a policy wider and a control that is ignored makes it weaker. What
//! says nothing passes under any name: `null`, an empty list, an object of such; every export is full of them.
//! Read-only properties of an export (`id`, `createdDateTime`, annotations) pass as well.
//!
//! | module | reads and writes |
//! |---|---|
//! | [`policy`] | `conditionalAccessPolicy` |
//! | [`lenient`] | the same, for a planner: what is not understood becomes unknown |
//! | [`conditions`] | its conditions |
//! | [`controls`] | its grant and session controls |
//! | [`strength`] | `authenticationStrengthPolicy` |
//! | [`location`] | `ipNamedLocation`, `countryNamedLocation` |

mod conditions;
mod controls;
mod lenient;
mod location;
mod policy;
mod reader;
mod strength;

use super::filter::FilterError;
pub use policy::Version;
use reader::{Field, MAX_PROBLEMS, Object, leniently, whole};

/// Most bytes of a policy or a strength.
pub const MAX_DOCUMENT: usize = 32 * 1024;
/// Most bytes of a named location: Microsoft's service takes 2000 networks in one.
pub const MAX_LOCATION: usize = 256 * 1024;
/// Most characters of a `displayName`.
pub const MAX_NAME: usize = 256;
/// Most characters of a `description`.
pub const MAX_DESCRIPTION: usize = 1500;

/// What is wrong with a part of a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum Flaw {
    #[error("contradicts another part: {0}")]
    Contradiction(&'static str),
    #[error("is no device filter: {0}")]
    Filter(FilterError),
    #[error("must be there")]
    Missing,
    #[error("is not enforced by this server: {0}")]
    NotEnforced(&'static str),
    #[error("is larger than {0} bytes")]
    TooLarge(usize),
    #[error("must be {expected}, not {found}")]
    Unexpected { expected: String, found: String },
    #[error("is no property that this server knows")]
    UnknownProperty,
}

/// A flaw and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {flaw}")]
pub struct Problem {
    /// Where: `conditions.signInRiskLevels`.
    pub path: String,
    /// What.
    pub flaw: Flaw,
}

/// Everything that is wrong with a document, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// One at least.
    pub problems: Vec<Problem>,
}

impl std::error::Error for DocumentError {}

impl std::fmt::Display for DocumentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let between = if at == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
