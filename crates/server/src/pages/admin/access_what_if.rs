//! What the policies would say of a sign-in that nobody has made.

use super::{Admin, Choice, Step};
use crate::pages::part::{Legend, legend};
use askama::Template;

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Picker {
    /// Its name in the address, and its id.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What there is to choose.
    pub choices: Vec<Choice>,
}

/// What one policy would say.
#[derive(Clone, Debug)]
pub struct WhatIfRow {
    /// Graph `id`.
    pub id: String,
    /// Graph `displayName`.
    pub name: String,
    /// What it would come to, in a word or two.
    pub worst: &'static str,
    /// The end of the tag's class.
    pub key: &'static str,
    /// What it would come to if all that was not told turned out well; empty if that is the same.
    pub best: &'static str,
    /// Why.
    pub why: String,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct WhatIfAnswer {
    /// What would come of it, where what was not told turns out badly.
    pub worst: &'static str,
    /// Whether that is a grant.
    pub is_granted: bool,
    /// What would come of it where that turns out well; empty if it is the same.
    pub best: &'static str,
    /// What was not told and matters.
    pub unknown: Vec<String>,
    /// The story, as the sign-in log tells it.
    pub story: Vec<Step>,
    /// What would let them in, policy by policy.
    pub remedies: Vec<String>,
    /// What the person would read.
    pub told: String,
    /// Each policy.
    pub rows: Vec<WhatIfRow>,
}

/// `GET /admin/access/what-if`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_access_what_if.html")]
pub struct WhatIf {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// The person, as it was typed.
    pub person: String,
    /// The address of the network, as it was typed.
    pub ip: String,
    /// The country, as it was typed.
    pub country: String,
    /// The model of the passkey, as it was typed.
    pub aaguid: String,
    /// Minutes since the sign-in, as they were typed.
    pub age: String,
    /// What is asked for.
    pub target: Picker,
    /// The program, the platform, the device, the flow.
    pub request: Vec<Picker>,
    /// The passkey and what the session is bound to.
    pub proof: Vec<Picker>,
    /// What is wrong with the question.
    pub problems: Vec<String>,
    /// The answer.
    pub answer: Option<WhatIfAnswer>,
}

impl WhatIf {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "access"
    }
}
