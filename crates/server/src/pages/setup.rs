//! The first start: the one link the server printed, and the first administrator behind it.

use super::part::{Legend, legend};
use super::{Band, Notice, Secret};
use askama::Template;

/// `GET /setup?token=` (30 minutes, once).
#[derive(Clone, Debug, Template)]
#[template(path = "page/setup.html")]
pub struct Setup {
    /// The token of the link, handed back as `setup` by the ceremony.
    pub token: Secret,
    /// The domain new names end in, for the example in the form.
    pub domain: String,
    /// What is proved so far.
    pub band: Band,
    /// Why the last attempt was refused.
    pub notice: Option<Notice>,
}

impl Setup {
    const fn legend(&self) -> Legend {
        legend()
    }
}
