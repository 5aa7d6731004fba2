//! Apps: the list, and a form for a new one whose secret is shown once.

use super::Admin;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use crate::pages::{Secret, When};
use askama::Template;

/// A line of the list.
#[derive(Clone, Debug)]
pub struct AppRow {
    /// Safe in a path.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Whether it authenticates itself at the token endpoint.
    pub is_confidential: bool,
    /// Whether it may be signed in to.
    pub is_enabled: bool,
    /// Whether the server itself rests on it: it can be switched off, and not deleted.
    pub is_built_in: bool,
    /// Its redirect URIs.
    pub redirect_uris: Vec<String>,
    /// When it was made.
    pub created: When,
}

/// An app just made; the only time its secret is shown.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// Display name.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret; none for a public client.
    pub secret: Option<Secret>,
}

/// `GET /admin/apps`, and `POST /admin/apps` once it is made.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_apps.html")]
pub struct Apps {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// One page of apps.
    pub apps: Vec<AppRow>,
    /// The address of the next page.
    pub next: Option<String>,
    /// An app just made.
    pub new_app: Option<NewApp>,
    /// The issuer, as apps must have it.
    pub issuer: String,
}

impl Apps {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "apps"
    }

    fn disable(&self, app: &AppRow) -> Confirm {
        Confirm::new("Disable", format!("/admin/apps/{}/disable", app.id), &self.admin.csrf)
            .of(&app.name)
            .because("Nobody can sign in to it, and its refresh tokens stop at their next use.")
    }

    fn delete(&self, app: &AppRow) -> Confirm {
        Confirm::new("Delete", format!("/admin/apps/{}/delete", app.id), &self.admin.csrf)
            .of(&app.name)
            .because("Its client id and secret are gone for good. The sign-in log keeps its name.")
    }
}
