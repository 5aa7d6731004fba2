//! The console's first page.

use super::{Admin, SignInRow};
use crate::pages::When;
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

/// An alarm that nobody has acknowledged.
#[derive(Clone, Debug)]
pub struct AlarmRow {
    /// Safe in a path.
    pub user_id: String,
    /// Its name in the address that acknowledges it.
    pub kind: &'static str,
    /// What happened: "An account for emergencies was used".
    pub what: &'static str,
    /// The account's `userPrincipalName`.
    pub upn: String,
    /// When it last happened.
    pub last: When,
    /// How often it has.
    pub count: u32,
    /// Of the last time: how and from where.
    pub detail: String,
    /// Whether the viewer may acknowledge it: whoever uses the account may not make the alarm go away.
    pub is_for_viewer: bool,
}

/// `GET /admin`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_overview.html")]
pub struct Overview {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Alarms that nobody has acknowledged.
    pub alarms: Vec<AlarmRow>,
    /// People, devices, apps, sign-ins of the last day.
    pub figures: Vec<Figure>,
    /// The newest sign-ins, a handful.
    pub recent: Vec<SignInRow>,
    /// The head of the audit log's chain, as `passband admin audit verify --head` takes it; for whoever may read it.
    pub audit_head: Option<String>,
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
