//! The console's first page.

use super::{Admin, SignInRow};
use crate::pages::part::{Legend, legend};
use askama::Template;

/// One number with its name and the page behind it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is counted: "People".
    pub name: String,
    /// How many.
    pub count: u64,
    /// What stands out among them: "3 without a passkey"; empty if nothing does.
    pub remark: String,
    /// The page behind it.
    pub href: String,
}

/// `GET /admin`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_overview.html")]
pub struct Overview {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// People, devices, apps, sign-ins of the last day.
    pub figures: Vec<Figure>,
    /// The newest sign-ins, a handful.
    pub recent: Vec<SignInRow>,
    /// The issuer, as apps must have it.
    pub issuer: String,
}

impl Overview {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "overview"
    }
}
