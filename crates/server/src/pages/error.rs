//! What went wrong, said so that a person can act on it.

use super::part::{Legend, legend};
use super::{Band, Link, When};
use askama::Template;

/// Any refusal or fault that a person sees as a page.
#[derive(Clone, Debug, Template)]
#[template(path = "page/error.html")]
pub struct ErrorPage {
    /// What happened, as a heading: "This device is disabled".
    pub title: String,
    /// What that means, in a sentence or two.
    pub meaning: String,
    /// What to do, step by step.
    pub todo: Vec<String>,
    /// The reason code as the sign-in log has it; empty if there is none to tell.
    pub code: String,
    /// What ties this page to one line of the sign-in log.
    pub correlation_id: String,
    /// When it happened.
    pub at: When,
    /// Where to go from here.
    pub next: Option<Link>,
    /// Where the chain broke, if it got that far.
    pub band: Option<Band>,
}

impl ErrorPage {
    const fn legend(&self) -> Legend {
        legend()
    }
}
