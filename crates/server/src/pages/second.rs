//! After a first passkey that lives on one device: a second way in, while the person is at it.

use super::part::{Legend, legend};
use super::{Band, Csrf, Viewer};
use askama::Template;

/// `GET /account/passkeys/second`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/second.html")]
pub struct Second {
    /// Who is looking.
    pub viewer: Viewer,
    /// Hidden field.
    pub csrf: Csrf,
    /// Where they were going: an address on this server, checked by the route.
    pub next: String,
    /// Where another passkey is made.
    pub register_href: String,
    /// The session that shows this page.
    pub band: Band,
}

impl Second {
    const fn legend(&self) -> Legend {
        legend()
    }
}
