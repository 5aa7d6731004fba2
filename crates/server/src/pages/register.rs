//! Making a passkey.

use super::part::{Legend, legend};
use super::{Band, Notice, Viewer};
use askama::Template;

/// Why somebody is asked to make a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterReason {
    /// They came in with a Temporary Access Pass and have none.
    First,
    /// They have one and want another.
    Another,
    /// A campaign lets them do nothing else before.
    Owed,
}

/// `GET /account/passkeys/new`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/register.html")]
pub struct Register {
    /// Whose passkey it will be.
    pub viewer: Viewer,
    /// First or another.
    pub reason: RegisterReason,
    /// A name to start from, such as `Passkey 2`; the person may change it.
    pub suggested_name: String,
    /// Where to go afterwards: an address on this server, checked by the route; none for the usual place.
    pub next: Option<String>,
    /// What is proved so far.
    pub band: Band,
    /// Why the last attempt was refused.
    pub notice: Option<Notice>,
}

impl Register {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn is_first(&self) -> bool {
        matches!(self.reason, RegisterReason::First)
    }

    const fn is_owed(&self) -> bool {
        matches!(self.reason, RegisterReason::Owed)
    }
}
