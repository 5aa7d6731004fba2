//! Conditional access where it bites: what the policies are told of a request, and what is made of their answer.
//!
//! | module | holds |
//! |---|---|
//! | `gather` | from a session, a program and a caller to the facts |
//! | [`kept`] | the policies in force, in memory under their generation |
//! | [`change`] | the one way to change them |
//! | [`words`] | what a person is told |
//! | [`question`] | a sign-in that nobody has made, as an administrator describes it |
//! | [`replay`] | a change tried on the sign-ins that were |
//! | [`trial`] | all that is to be known of a change before it is made |
//! | [`countries`] | the file of countries |
//!
//! The rules are the core's; see [`passband_core::policy::access`]. A way to a token goes through [`ask`]: minting
//! demands the [`Permit`] that it alone hands out.

pub mod change;
pub mod countries;
mod gather;
pub mod kept;
pub mod question;
pub mod replay;
pub mod trial;
pub mod words;

pub use gather::{Asking, Program, Wants, cookie, platform_of};

use crate::app::App;
use crate::attempt::Attempt;
use passband_core::policy::access::facts::{Facts, UserAction};
use passband_core::policy::access::model::ContinuousEvaluation;
use passband_core::policy::access::verdict::{Control, Controls, Outcome, Prompt};
use passband_core::policy::access::{Permit, PolicySet, Verdict, evaluate};
use passband_core::reason::Reason;
use passband_core::session::standing::Live;
use passband_core::time::Timestamp;
use passband_store::StoreError;

/// The policies did not let it pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// For the log and the wire.
    pub reason: Reason,
    /// What the person can still do, if signing in would help.
    pub prompt: Option<Prompt>,
}

impl From<Refused> for Reason {
    fn from(refused: Refused) -> Self {
        refused.reason
    }
}

fn settled(outcome: Outcome) -> Result<Permit, Refused> {
    match outcome {
        Outcome::Permit(permit) => Ok(permit),
        Outcome::Prompt(prompt) => Err(Refused { reason: prompt.reason, prompt: Some(prompt) }),
        Outcome::Refused(reason) => Err(Refused { reason, prompt: None }),
    }
}

/// Asks the policies about a request, and notes in its line of the log what they were told and said.
///
/// # Errors
///
/// [`StoreError`]: without the policies nobody gets anything; and inside it, [`Refused`].
pub async fn ask(
    app: &App,
    attempt: &mut Attempt,
    asking: &Asking<'_>,
) -> Result<Result<Permit, Refused>, StoreError> {
    let policies = app.access(asking.live.access()).await?;
    Ok(gather::with_facts(app, asking, |facts| {
        let verdict = evaluate(&policies, facts);
        attempt.heard(facts, &verdict);
        settled(verdict.outcome)
    }))
}

/// Asks whether an access token that was given before would be given now. Token protection is about what tokens are
/// got with, not about showing them; and where `continuousAccessEvaluation` is disabled, the standing of the session is
/// all that counts while a token lives.
///
/// # Errors
///
/// As [`ask`].
pub async fn ask_again(
    app: &App,
    attempt: &mut Attempt,
    asking: &Asking<'_>,
) -> Result<Result<(), Refused>, StoreError> {
    let policies = app.access(asking.live.access()).await?;
    Ok(gather::with_facts(app, asking, |facts| {
        let verdict = evaluate(&policies, facts);
        attempt.heard(facts, &verdict);
        let spared = verdict.limits.continuous_evaluation == Some(ContinuousEvaluation::Disabled);
        if spared || only_unbound(&verdict) {
            return Ok(());
        }
        settled(verdict.outcome).map(drop)
    }))
}

/// Asks whether somebody may make a way in for themselves: a passkey, or recovery codes. The permit buys no token.
///
/// # Errors
///
/// As [`ask`].
pub async fn may_register_info(
    app: &App,
    attempt: &mut Attempt,
    live: Live<'_>,
) -> Result<Result<(), Refused>, StoreError> {
    let caller = attempt.caller().clone();
    let wants = Wants::Action(UserAction::RegisterSecurityInfo);
    let asking = Asking::by_cookie(live, &caller, wants, attempt.at());
    Ok(ask(app, attempt, &asking).await?.map(drop))
}

/// Whether nothing but token protection stands in the way.
fn only_unbound(verdict: &Verdict<'_>) -> bool {
    let protection = Controls::NONE.with(Control::TokenProtection);
    !matches!(verdict.outcome, Outcome::Permit(_))
        && verdict.in_the_way().all(|said| said.missing().without(protection).is_empty())
}

/// The permit for a sign-in that a PRT is to be born of: nobody is asked then, for a PRT proves nothing to any policy
/// and each token it buys is judged (policy.md §2.3.8). Were it otherwise, a policy for compliant devices would keep
/// devices from ever becoming compliant.
///
/// # Errors
///
/// [`Refused`] never: there is no policy to refuse.
pub fn at_prt_issue(live: Live<'_>, at: Timestamp) -> Result<Permit, Refused> {
    let nothing = Facts::nothing_about(live.user().id, at);
    settled(evaluate(&PolicySet::default(), &nothing).outcome)
}
