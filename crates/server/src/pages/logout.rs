//! Asking before a sign-out that another site may have started.

use super::Csrf;
use super::part::{Legend, legend};
use askama::Template;

/// `GET /logout` without an ID token hint (OpenID Connect RP-Initiated Logout 1.0 §2: ask the person).
#[derive(Clone, Debug, Template)]
#[template(path = "page/logout.html")]
pub struct Logout {
    /// Hidden field.
    pub csrf: Csrf,
    /// Who would be signed out.
    pub upn: String,
    /// The app that asked, by its display name.
    pub app: Option<String>,
    /// Request parameters to carry along as hidden fields (`post_logout_redirect_uri`, `state`, `client_id` ...).
    pub carry: Vec<(String, String)>,
    /// How many apps are signed in through this session.
    pub apps: usize,
}

impl Logout {
    const fn legend(&self) -> Legend {
        legend()
    }
}
