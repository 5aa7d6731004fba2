//! The sign-in log: every decision, and why.

use super::Admin;
use crate::pages::part::{Legend, legend};
use crate::pages::{Band, Link, When};
use askama::Template;

/// How a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInResult {
    /// Let in.
    Allowed,
    /// Refused.
    Refused,
}

impl SignInResult {
    /// The word a person reads; in lower case the value of the `result` filter.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Refused => "Refused",
        }
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Allowed => "good",
            Self::Refused => "bad",
        }
    }
}

/// One step of the story behind a decision.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was checked and what came out, in a sentence.
    pub text: String,
    /// Whether it held.
    pub held: bool,
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct SignInRow {
    /// When it was decided.
    pub at: When,
    /// Who, and their page; none if nobody was recognised.
    pub who: Option<Link>,
    /// The app.
    pub app: String,
    /// The device; none if none was known.
    pub device: Option<String>,
    /// How the person proved themselves: "passkey", "Temporary Access Pass", "PRT".
    pub factors: Vec<String>,
    /// Whether the person did something, or a token was renewed behind them.
    pub is_interactive: bool,
    /// Allowed or refused.
    pub result: SignInResult,
    /// The reason code; empty when allowed.
    pub code: String,
    /// The reason in a sentence; empty when allowed.
    pub reason: String,
    /// What to do about it, in a sentence; empty when allowed.
    pub action: String,
    /// The chain at that moment.
    pub band: Band,
    /// Ties the line to requests and to other logs.
    pub correlation_id: String,
    /// The address the request came from.
    pub ip: String,
    /// The browser it says it was, in words.
    pub agent: String,
    /// What was checked, in order.
    pub story: Vec<Step>,
}

impl SignInRow {
    pub(super) fn factors(&self) -> String {
        self.factors.join(" + ")
    }
}

/// What the list is narrowed to; empty strings do not narrow.
#[derive(Clone, Debug, Default)]
pub struct SignInFilter {
    /// `user`: a part of name or `userPrincipalName`.
    pub user: String,
    /// `app`: a part of its name.
    pub app: String,
    /// `result`: allowed, refused or either.
    pub result: Option<SignInResult>,
    /// `reason`: a reason code.
    pub reason: String,
}

impl SignInFilter {
    fn is_set(&self) -> bool {
        self.result.is_some() || [&self.user, &self.app, &self.reason].iter().any(|text| !text.is_empty())
    }

    fn is_allowed(&self) -> bool {
        self.result == Some(SignInResult::Allowed)
    }

    fn is_refused(&self) -> bool {
        self.result == Some(SignInResult::Refused)
    }
}

/// `GET /admin/sign-ins`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_sign_ins.html")]
pub struct SignIns {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// What the list is narrowed to.
    pub filter: SignInFilter,
    /// One page of the log, newest first.
    pub rows: Vec<SignInRow>,
    /// The address of the next page.
    pub next: Option<String>,
}

impl SignIns {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "sign-ins"
    }
}
