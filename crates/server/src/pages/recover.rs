//! The way back in for somebody who has lost every passkey.

use super::part::{Legend, legend};
use super::{Band, Csrf, Notice};
use askama::Template;

/// `GET /recover`, and `POST /recover` when it was refused.
#[derive(Clone, Debug, Template)]
#[template(path = "page/recover.html")]
pub struct Recover {
    /// Hidden field.
    pub csrf: Csrf,
    /// Where to go afterwards: an address on this server, checked by the route.
    pub next: Option<String>,
    /// What the person typed before, so that a slip does not cost them the field.
    pub upn: String,
    /// What is proved so far.
    pub band: Band,
    /// Why the last attempt was refused.
    pub notice: Option<Notice>,
    /// Where "Sign in with it" leads.
    pub sign_in_href: String,
    /// Where "Use a Temporary Access Pass" leads.
    pub tap_href: String,
}

impl Recover {
    const fn legend(&self) -> Legend {
        legend()
    }
}
