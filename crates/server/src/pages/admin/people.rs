//! People: the list, a search, a form for a new one.

use super::Admin;
use crate::pages::part::{Legend, legend};
use crate::pages::{Band, When};
use askama::Template;

/// A line of the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Safe in a path.
    pub id: String,
    /// Display name.
    pub name: String,
    /// `userPrincipalName`.
    pub upn: String,
    /// `accountEnabled`.
    pub is_enabled: bool,
    /// Whether they are an administrator.
    pub is_admin: bool,
    /// Whether it is an account for emergencies.
    pub is_break_glass: bool,
    /// How many passkeys they hold.
    pub passkeys: u64,
    /// How many devices they own.
    pub devices: u64,
    /// Their last sign-in.
    pub last_sign_in: Option<When>,
    /// Of that sign-in.
    pub band: Band,
}

/// `GET /admin/users`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_people.html")]
pub struct People {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// What was searched for (`q`); empty for all.
    pub search: String,
    /// One page of people.
    pub people: Vec<PersonRow>,
    /// The address of the next page.
    pub next: Option<String>,
    /// The domain new names end in, for the example in the form.
    pub domain: String,
}

impl People {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "people"
    }
}
