//! A small form for another name.

use super::Csrf;
use askama::Template;
use askama::filters::HtmlSafe;

/// One field with the present name, and a button.
#[derive(Clone, Debug, Template)]
#[template(path = "part/rename.html")]
pub(super) struct Rename {
    /// Where it goes.
    pub(super) action: String,
    /// Ends the field's id, so that each on a page differs.
    pub(super) id: String,
    /// The present name.
    pub(super) name: String,
    /// Hidden field.
    pub(super) csrf: Csrf,
}

impl HtmlSafe for Rename {}
