//! One policy of conditional access: its document to change, what a change would do before it is saved, its history.

use super::Admin;
use super::access::{AccessState, AccessVersionRow};
use crate::pages::When;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use askama::Template;
use passband_core::manage::Permission;

/// A policy in words.
#[derive(Clone, Debug)]
pub struct AccessWords {
    /// Whom it is about.
    pub whom: String,
    /// What it is about.
    pub what: String,
    /// When it applies beside that; empty for always.
    pub when: String,
    /// What it asks for.
    pub asks: String,
}

/// A policy to start from.
#[derive(Clone, Debug)]
pub struct StartRow {
    /// Its name in the address.
    pub key: &'static str,
    /// Graph `displayName`.
    pub name: String,
    /// What it is for.
    pub purpose: &'static str,
}

/// What is wrong with one place of a document.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// Where.
    pub path: String,
    /// What, and what was expected.
    pub message: String,
}

/// A property that differs.
#[derive(Clone, Debug)]
pub struct DifferenceRow {
    /// Where.
    pub property: String,
    /// What it is.
    pub from: String,
    /// What it would be.
    pub to: String,
}

/// A version that somebody else made meanwhile.
#[derive(Clone, Debug)]
pub struct Newer {
    /// It.
    pub version: AccessVersionRow,
    /// Whether it took the policy out of force.
    pub is_deleted: bool,
    /// What it says.
    pub document: String,
}

/// Somebody whom a change would have touched.
#[derive(Clone, Debug)]
pub struct ReplayRow {
    /// Their page's id; empty for nobody who was recognised.
    pub user_id: String,
    /// Their `userPrincipalName`.
    pub upn: String,
    /// What would have become of their sign-ins: "Refused".
    pub what: &'static str,
    /// How many of those listed.
    pub count: usize,
    /// The newest of them.
    pub last: When,
    /// The application of that one.
    pub app: String,
    /// Why, as the policies say.
    pub because: String,
}

/// What a change would do.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Property by property.
    pub differences: Vec<DifferenceRow>,
    /// Who gets to the console now and would not then.
    pub locked_out: Vec<String>,
    /// Whether nobody would.
    pub locks_out: bool,
    /// Whether the figures are about the policy switched on, since as it is it decides nothing.
    pub as_if_on: bool,
    /// Days that were looked at.
    pub days: i64,
    /// Sign-ins that policies were asked at.
    pub sign_ins: usize,
    /// How many of them would be refused.
    pub refused: usize,
    /// How many would ask the person to sign in.
    pub prompted: usize,
    /// How many would be let in that are not now.
    pub allowed: usize,
    /// How many people that is.
    pub people: usize,
    /// Whether all sign-ins of those days were looked at.
    pub is_complete: bool,
    /// The people, those refused most often first.
    pub rows: Vec<ReplayRow>,
    /// Whether it can be saved: nothing is wrong with it, and something differs.
    pub may_save: bool,
}

impl Tried {
    /// In a sentence: `1 of 12 sign-ins of the last 7 days would have been refused. It touches 1 person.`
    fn told(&self) -> String {
        let days = if self.days == 1 { "day".to_owned() } else { format!("{} days", self.days) };
        if self.sign_ins == 0 {
            return format!("There is no sign-in of the last {days} to try it on.");
        }
        let on = if self.as_if_on { "If it were on: " } else { "" };
        let of = format!("of {} sign-ins of the last {days} would have", self.sign_ins);
        let ends =
            [(self.refused, "refused"), (self.prompted, "asked to sign in"), (self.allowed, "let in anew")];
        let mut ends = ends.into_iter().filter(|(n, _)| *n > 0);
        let Some((first, what)) = ends.next() else {
            return format!("{on}None {of} ended otherwise.");
        };
        let rest: String = ends.map(|(n, what)| format!(", {n} {what}")).collect();
        let people = if self.people == 1 { "1 person".to_owned() } else { format!("{} people", self.people) };
        format!("{on}{first} {of} been {what}{rest}. It touches {people}.")
    }
}

/// `GET /admin/access/{id}`, and its forms that show before they save.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_access_policy.html")]
pub struct AccessPolicy {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Graph `id`; `new` for one that is not there yet.
    pub id: String,
    /// Graph `displayName`, as it is in force or was.
    pub name: String,
    /// Its state; `None` if it is not in force.
    pub state: Option<AccessState>,
    /// In words, as it is in force.
    pub words: Option<AccessWords>,
    /// The version that `document` was made up from; 0 for none.
    pub version: u32,
    /// What the field holds.
    pub document: String,
    /// Days for the replay.
    pub days: i64,
    /// What is wrong with it.
    pub problems: Vec<ProblemRow>,
    /// A version that somebody made meanwhile.
    pub newer: Option<Newer>,
    /// What it would do.
    pub tried: Option<Tried>,
    /// The version that the page is about going back to.
    pub back_to: Option<u32>,
    /// The newest versions, the newest first.
    pub versions: Vec<AccessVersionRow>,
    /// Policies to start from.
    pub starts: Vec<StartRow>,
}

impl AccessPolicy {
    fn is_new(&self) -> bool {
        self.id == "new"
    }

    fn may_write(&self) -> bool {
        self.admin.may(Permission::AccessPoliciesWrite)
    }

    fn delete(&self) -> Confirm {
        Confirm::new("Delete", format!("/admin/access/{}/delete", self.id), &self.admin.csrf)
            .of(&self.name)
            .at_version(self.version)
            .because(
                "It is not asked any more, from the next token on. It stays in the list of deleted ones.",
            )
            .only(self.may_write() && self.state.is_some())
    }

    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "access"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_would_have_done_is_a_sentence() {
        let mut tried = Tried {
            differences: Vec::new(),
            locked_out: Vec::new(),
            locks_out: false,
            as_if_on: false,
            days: 7,
            sign_ins: 0,
            refused: 0,
            prompted: 0,
            allowed: 0,
            people: 0,
            is_complete: true,
            rows: Vec::new(),
            may_save: true,
        };
        assert_eq!(tried.told(), "There is no sign-in of the last 7 days to try it on.");
        tried.sign_ins = 12;
        assert_eq!(tried.told(), "None of 12 sign-ins of the last 7 days would have ended otherwise.");
        (tried.refused, tried.prompted, tried.people, tried.days, tried.as_if_on) = (2, 1, 1, 1, true);
        let told = "If it were on: 2 of 12 sign-ins of the last day would have been refused, 1 asked to sign in. It \
                    touches 1 person.";
        assert_eq!(tried.told(), told);
    }
}
