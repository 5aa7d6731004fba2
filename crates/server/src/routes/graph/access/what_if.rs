//! `POST /identity/conditionalAccess/evaluate`: what the policies would say of a sign-in that nobody has made.
//!
//! What is not told is not known. It is never taken for "does not apply": a policy that may apply is told as one that
//! does, with `notEnoughInformation`, and the decision is told for the worst case and for the best.

use super::super::auth::Administrator;
use super::super::body::Body;
use super::super::error::GraphError;
use super::super::query::Asked;
use super::part::{Part as _, Policies};
use crate::access::question::{Question, QuestionBody};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use passband_core::policy::access::document::Version;
use passband_core::policy::access::facts::Truth;
use passband_core::policy::access::verdict::{Condition, Control, Controls, Kind, Outcome, Said, Verdict};
use passband_core::policy::access::{Policy, evaluate, words};
use serde_json::{Value, json};
use std::sync::Arc;

/// Handles it.
pub async fn post(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<QuestionBody>,
) -> Result<Json<Value>, GraphError> {
    asked.no_options()?;
    let only_applied = body.applied_policies_only.unwrap_or(false);
    let question = Question::load(&app, body).await?;
    let policies = app.newest_access().await?.set;
    let verdict = question.with_facts(app.now(), |facts| evaluate(&policies, facts));
    let of = |policy: &Policy| verdict.said.iter().find(|said| said.policy.id == policy.id);
    let results = policies.policies().iter().map(|policy| result(policy, of(policy), asked.is_beta()));
    let results: Vec<_> = results.filter(|it| !only_applied || it["policyApplies"] == true).collect();
    Ok(Json(json!({
        "@odata.context": asked.context(&app, "Collection(microsoft.graph.whatIfAnalysisResult)"),
        "value": results,
        "passband_decision": decision(&verdict),
    })))
}

/// Graph `whatIfAnalysisResult`: the policy, whether it applies, and why not; in our words also what would come of it.
fn result(policy: &Policy, said: Option<&Said<'_>>, beta: bool) -> Value {
    let mut shown = Policies::shown(&policy.to_graph(Version::Beta), beta);
    if let Some(members) = shown.as_object_mut() {
        members.remove("@odata.etag");
    }
    let Some(said) = said else {
        shown["policyApplies"] = false.into();
        shown["analysisReasons"] = "policyNotEnabled".into();
        return shown;
    };
    let unmatched: Vec<_> = said.unmatched.iter().map(Condition::analysis_reason).collect();
    let reasons = match said.applies {
        Truth::Yes => "notSet".to_owned(),
        Truth::Unknown => "notEnoughInformation".to_owned(),
        Truth::No => unmatched.join(","),
    };
    let names = |controls: Controls| controls.iter().map(Control::name).collect::<Vec<_>>();
    shown["policyApplies"] = (!said.applies.is_no()).into();
    shown["analysisReasons"] = reasons.into();
    shown["passband_result"] = said.result.graph_name().into();
    shown["passband_bestResult"] = said.best.graph_name().into();
    shown["passband_conditionsUnknown"] =
        said.unknown.iter().map(Condition::property).collect::<Vec<_>>().into();
    shown["passband_controlsUnknown"] = names(said.unsure).into();
    shown["passband_controlsNotSatisfied"] = names(said.missing()).into();
    shown["passband_explanation"] = said.explanation().into();
    shown
}

/// The name of an outcome.
pub const fn outcome_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "refused",
        Kind::Prompt => "signInRequired",
        Kind::Permit => "allowed",
    }
}

fn decision(verdict: &Verdict<'_>) -> Value {
    let reason = match &verdict.outcome {
        Outcome::Permit(_) => None,
        Outcome::Prompt(prompt) => Some(prompt.reason),
        Outcome::Refused(reason) => Some(*reason),
    };
    let remedies = verdict.in_the_way().map(|said| format!("“{}”: {}", said.policy.name, said.remedy()));
    let limits = &verdict.limits;
    json!({
        "outcome": outcome_name(verdict.outcome.kind()),
        "bestOutcome": outcome_name(verdict.best),
        "isCertain": verdict.outcome.kind() == verdict.best,
        "reason": reason.map(|reason| reason.code()),
        "whatWouldLetThemIn": remedies.collect::<Vec<_>>(),
        "toldToThePerson": words::for_person(verdict),
        "signInSessionStatus": verdict.protection.status,
        "signInFrequencyMinutes": limits.frequency.map(|span| span.0 / 60),
        "signInGoodUntil": limits.sign_in_good_until.map(passband_core::time::Timestamp::rfc3339),
    })
}
