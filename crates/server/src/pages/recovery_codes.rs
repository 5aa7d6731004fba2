//! A set of recovery codes, just made: the only time it is shown.

use super::Secret;
use super::Viewer;
use super::part::{Legend, legend};
use askama::Template;

/// `POST /account/recovery-codes`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/recovery_codes.html")]
pub struct RecoveryCodes {
    /// Whose they are.
    pub viewer: Viewer,
    /// The codes, in groups.
    pub codes: Vec<Secret>,
}

impl RecoveryCodes {
    const fn legend(&self) -> Legend {
        legend()
    }
}
