//! The map.

use super::part::{Legend, legend};
use askama::Template;
use passband_map::atlas::page::{Body, View};

/// What each platform really supports, on a day.
#[derive(Clone, Debug, Template)]
#[template(path = "page/map.html")]
pub struct MapPage<'a> {
    /// The rows that answer what was asked.
    pub view: View<'a>,
}

impl MapPage<'_> {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn body(&self) -> Body<'_> {
        Body::served(&self.view, "/map")
    }
}
