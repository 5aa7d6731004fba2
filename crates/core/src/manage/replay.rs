//! A changed set of policies, tried on a sign-in that was: what was told then is asked again of both sets.

use crate::audit::SignIn;
use crate::audit::noted::{About, Noted};
use crate::policy::access::verdict::{Kind, Verdict};
use crate::policy::access::{Outcome, PolicySet, evaluate};
use crate::reason::Reason;

/// A sign-in that would have ended otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// What the policies in force come to.
    pub now: Kind,
    /// What the changed ones come to.
    pub then: Kind,
    /// The reason the changed ones give, unless they let it pass.
    pub reason: Option<Reason>,
    /// The policies that stand in the way then, or stood in it now if they do no more, each in a sentence.
    pub because: Vec<String>,
}

/// What came of trying one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The line has no facts: conditional access was not asked.
    NotAsked,
    /// It ends as it does now.
    Same,
    /// It ends otherwise.
    Otherwise(Box<Otherwise>),
}

/// Tries a line of the sign-in log on the policies in force and on the changed ones. Groups and roles are those of
/// now: the log does not keep them.
#[must_use]
pub fn try_line(line: &SignIn, about: About<'_>, (now, then): (&PolicySet, &PolicySet)) -> Tried {
    let Some(noted) = Noted::from_text(&line.facts) else { return Tried::NotAsked };
    let Some(facts) = noted.facts(line, about) else { return Tried::NotAsked };
    let (before, after) = (evaluate(now, &facts), evaluate(then, &facts));
    let (was, is) = (before.outcome.kind(), after.outcome.kind());
    if was == is {
        return Tried::Same;
    }
    let told = |verdict: &Verdict<'_>| verdict.in_the_way().map(|said| said.explanation()).collect();
    let because = if is < was { told(&after) } else { told(&before) };
    let reason = match &after.outcome {
        Outcome::Permit(_) => None,
        Outcome::Prompt(prompt) => Some(prompt.reason),
        Outcome::Refused(reason) => Some(*reason),
    };
    Tried::Otherwise(Box::new(Otherwise { now: was, then: is, reason, because }))
}
