//! Conditional access: what is in force, in words, and switches.

use super::Admin;
use crate::pages::When;
use crate::pages::part::{Legend, legend};
use askama::Template;
use passband_core::manage::Permission;

/// Whether a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessState {
    /// It decides.
    On,
    /// It says what it would decide, in the log.
    ReportOnly,
    /// It is not asked.
    Off,
}

impl AccessState {
    /// The state of a Graph `state`; what is none of them decides nothing.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "enabled" => Self::On,
            "enabledForReportingButNotEnforced" => Self::ReportOnly,
            _ => Self::Off,
        }
    }
}

/// A version of a policy.
#[derive(Clone, Debug)]
pub struct AccessVersionRow {
    /// 1, 2, 3 and on.
    pub number: u32,
    /// When it was made.
    pub at: When,
    /// By whom.
    pub by: String,
    /// What differs from the version before, a line each.
    pub differences: Vec<String>,
    /// Whether the policy is as it was then.
    pub is_in_force: bool,
}

/// A policy that was deleted.
#[derive(Clone, Debug)]
pub struct DeletedRow {
    /// Graph `displayName`.
    pub name: String,
    /// Graph `id`.
    pub id: String,
    /// The version that says so.
    pub number: u32,
    /// When.
    pub at: When,
    /// By whom.
    pub by: String,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct AccessRow {
    /// Graph `displayName`.
    pub name: String,
    /// Graph `id`.
    pub id: String,
    /// Graph `state`.
    pub state: AccessState,
    /// Whom it is about.
    pub whom: String,
    /// What it is about.
    pub what: String,
    /// When it applies beside that; empty for always.
    pub when: String,
    /// What it asks for.
    pub asks: String,
    /// The version in force.
    pub version: u32,
}

/// `GET /admin/access`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_access.html")]
pub struct Access {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Every policy, by name.
    pub policies: Vec<AccessRow>,
    /// Those that were deleted.
    pub deleted: Vec<DeletedRow>,
}

impl Access {
    fn may_write(&self) -> bool {
        self.admin.may(Permission::AccessPoliciesWrite)
    }

    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "access"
    }
}
