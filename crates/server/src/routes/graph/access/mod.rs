//! Conditional access in the admin API: `/identity/conditionalAccess` and `/policies/authenticationStrengthPolicies`.
//!
//! | module | holds |
//! |---|---|
//! | [`part`] | what policies, locations and strengths have of their own |
//! | [`edit`] | list, read, create, change, delete |
//! | [`history`] | versions, going back |
//! | [`what_if`] | `evaluate` |
//! | [`replay`] | a change tried on the sign-in log |

pub mod edit;
pub mod history;
pub mod part;
pub mod replay;
pub mod what_if;

use super::error::{GraphError, Problem};
use crate::access::change::{Unchanged, Unknown};
use passband_core::manage::access::AccessError;
use passband_core::policy::access::document::DocumentError;

impl From<DocumentError> for GraphError {
    fn from(error: DocumentError) -> Self {
        let problems = error.problems.iter();
        let problem = |it: &passband_core::policy::access::document::Problem| Problem {
            path: it.path.clone(),
            message: it.flaw.to_string(),
        };
        Self::document(problems.map(problem).collect())
    }
}

impl From<Unchanged> for GraphError {
    fn from(unchanged: Unchanged) -> Self {
        match unchanged {
            Unchanged::Busy => Self::busy(),
            Unchanged::Access(AccessError::Absent) => Self::not_found("part of conditional access"),
            Unchanged::Access(error) => Self::bad(format!("{error}.")),
            Unchanged::Compile(error) => Self::bad(format!("{error}.")),
            Unchanged::Document(error) => error.into(),
            Unchanged::InUse(_) => Self::conflict(format!("{unchanged}; take it out there first.")),
            Unchanged::Refused(reason) => reason.into(),
            Unchanged::Stale(_) => Self::stale(format!("{unchanged}. Read it again.")),
            Unchanged::NoVersion => Self::not_found("version"),
            Unchanged::Unknown(names) => Self::document(names.iter().map(unknown).collect()),
            Unchanged::Store(error) => error.into(),
        }
    }
}

fn unknown(it: &Unknown) -> Problem {
    Problem { path: it.property.to_owned(), message: it.to_string() }
}
