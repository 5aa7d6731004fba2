//! Conditional access: what is in force, in words, with each policy's document and history.

use super::Admin;
use crate::pages::When;
use crate::pages::part::{Legend, legend};
use askama::Template;

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
    /// The newest versions, the newest first.
    pub versions: Vec<AccessVersionRow>,
    /// The document, as Graph's beta writes it.
    pub document: String,
}

/// `GET /admin/access`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_access.html")]
pub struct Access {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Every policy, by name.
    pub policies: Vec<AccessRow>,
}

impl Access {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "access"
    }
}
