//! The way in for somebody without a passkey yet.

use super::part::{Legend, legend};
use super::{Band, Csrf, Notice};
use askama::Template;

/// `GET /tap`, and `POST /tap` when it was refused.
#[derive(Clone, Debug, Template)]
#[template(path = "page/tap.html")]
pub struct Tap {
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
    /// Where "Use a passkey instead" leads.
    pub sign_in_href: String,
}

impl Tap {
    const fn legend(&self) -> Legend {
        legend()
    }
}
