//! An answer on its way to an app, by POST.

use super::part::{Legend, legend};
use askama::Template;

/// The answer of `/authorize` with `response_mode=form_post`. A script sends the form; without scripts a person does.
#[derive(Clone, Template)]
#[template(path = "page/form_post.html")]
pub struct FormPost {
    /// The app, by its display name.
    pub app: String,
    /// Its redirect URI.
    pub action: String,
    /// The members of the answer.
    pub carry: Vec<(String, String)>,
}

impl FormPost {
    const fn legend(&self) -> Legend {
        legend()
    }
}

impl std::fmt::Debug for FormPost {
    // Among the members is a code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormPost(..)")
    }
}
