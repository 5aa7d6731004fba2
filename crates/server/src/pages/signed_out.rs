//! After the sign-out.

use super::part::{Legend, legend};
use super::{Band, Link};
use askama::Template;

/// The end of `/logout`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/signed_out.html")]
pub struct SignedOut {
    /// The app that asked, by its display name.
    pub app: Option<String>,
    /// Back to the app, or to the sign-in page.
    pub next: Option<Link>,
}

impl SignedOut {
    fn band(&self) -> Band {
        Band::default()
    }

    const fn legend(&self) -> Legend {
        legend()
    }
}
