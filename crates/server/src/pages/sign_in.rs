//! The front door: one button, or the browser's own suggestion in the account field.

use super::part::{Legend, legend};
use super::{Band, Notice};
use askama::Template;

/// `GET /authorize` without a session, and `GET /sign-in?next=`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/sign_in.html")]
pub struct SignIn {
    /// The app that asked, by its display name; none for our own pages.
    pub app: Option<String>,
    /// Where "Use a Temporary Access Pass" leads: `/tap` with this page's address as `next`.
    pub tap_href: String,
    /// Where "Lost your passkey?" leads: `/recover` with this page's address as `next`.
    pub recover_href: String,
    /// What is proved so far. The page fills it as the chain closes.
    pub band: Band,
    /// Why the last attempt, or a presented PRT cookie, was refused.
    pub notice: Option<Notice>,
}

impl SignIn {
    const fn legend(&self) -> Legend {
        legend()
    }
}
