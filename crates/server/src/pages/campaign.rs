//! A campaign asks for another passkey.

use super::part::{Legend, legend};
use super::{Band, Csrf, Viewer};
use askama::Template;

/// `GET /account/campaign`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/campaign.html")]
pub struct Campaign {
    /// Who is asked.
    pub viewer: Viewer,
    /// Hidden field.
    pub csrf: Csrf,
    /// Why: they have one passkey, and it is bound to one device. Otherwise none of theirs is good enough for long.
    pub is_only_one: bool,
    /// How often they may still put it off; none if there is no end to it.
    pub left: Option<u32>,
    /// For how many days they put it off.
    pub days: i64,
    /// Where they were going: an address on this server, checked by the route.
    pub next: String,
    /// Where a passkey is made.
    pub register_href: String,
    /// The session's band.
    pub band: Band,
}

impl Campaign {
    const fn legend(&self) -> Legend {
        legend()
    }

    fn again(&self) -> String {
        match self.days {
            ..=0 => "at your next sign-in".to_owned(),
            1 => "in a day".to_owned(),
            days => format!("in {days} days"),
        }
    }

    fn more(&self) -> String {
        match self.left {
            Some(1) => "once more".to_owned(),
            left => format!("{} more times", left.unwrap_or_default()),
        }
    }
}
