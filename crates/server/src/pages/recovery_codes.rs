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
    /// Where to go afterwards: an address on this server, checked by the route.
    pub next: String,
}

impl RecoveryCodes {
    const fn legend(&self) -> Legend {
        legend()
    }
}
