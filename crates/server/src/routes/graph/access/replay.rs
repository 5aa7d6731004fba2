//! `POST …/policies/passband_replay`: whom a change would have touched, without making it.

use super::super::auth::Administrator;
use super::super::body::{Body, given};
use super::super::error::GraphError;
use super::super::members::Members;
use super::super::query::Asked;
use super::super::resource::conditional::REPLAY;
use super::part::{Part, Policies};
use super::what_if::outcome_name;
use crate::access::change::{ETAG, Unchanged};
use crate::access::replay::{DEFAULT_DAYS, Hit, MAX_DAYS, Replayed, changed, replay};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use passband_core::directory::AccessKind;
use passband_core::manage::access::InForce;
use passband_core::time::{Seconds, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    #[serde(default, deserialize_with = "given")]
    days: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    since: Option<String>,
    #[serde(default, deserialize_with = "given")]
    until: Option<String>,
    /// A policy: whole, or with the id of one that is there and the properties that are to change.
    #[serde(default, deserialize_with = "given")]
    policy: Option<Members>,
    /// Ids of policies that are to be deleted.
    #[serde(default, deserialize_with = "given")]
    remove: Option<Vec<String>>,
}

impl ReplayBody {
    fn span(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), GraphError> {
        let time = |name: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => Timestamp::from_rfc3339(text).map(Some).ok_or_else(|| {
                GraphError::bad(format!("{name} must be a time such as 2026-11-22T12:00:00Z."))
            }),
        };
        let until = time("until", &self.until)?.unwrap_or(now + Seconds::minutes(1));
        match (self.days, time("since", &self.since)?) {
            (Some(_), Some(_)) => Err(GraphError::bad("days and since say the same; send one of them.")),
            (None, Some(since)) => Ok((since, until)),
            (days, None) => match days.unwrap_or(DEFAULT_DAYS) {
                days @ 1..=MAX_DAYS => Ok((Timestamp(until.0 - Seconds::days(days).0), until)),
                _ => Err(GraphError::bad(format!("days must be from 1 to {MAX_DAYS}."))),
            },
        }
    }

    /// What would be in force.
    fn then(self, before: &InForce, fresh: String) -> Result<InForce, GraphError> {
        let remove = self.remove.unwrap_or_default();
        if self.policy.is_none() && remove.is_empty() {
            return Err(GraphError::bad("The body must have policy, remove, or both."));
        }
        let put = match self.policy {
            None => None,
            Some(Members(mut policy)) => {
                let id = policy.get("id").and_then(Value::as_str).and_then(Policies::id);
                let known = id.filter(|id| before.of(AccessKind::Policy).contains_key(id));
                for name in ["id", "createdDateTime", "modifiedDateTime", "@odata.context", ETAG] {
                    policy.remove(name);
                }
                let document = match &known {
                    Some(id) => Policies::patched(&before.of(AccessKind::Policy)[id], &policy, id)?,
                    None => Policies::read(&Value::Object(policy), &fresh)?,
                };
                Some((known.unwrap_or(fresh), document))
            }
        };
        changed(before, put, &remove).ok_or_else(|| GraphError::not_found("policy among those to be deleted"))
    }
}

/// Handles it.
pub async fn post(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<ReplayBody>,
) -> Result<Json<Value>, GraphError> {
    let now = app.newest_access().await?;
    let span = body.span(app.now())?;
    let then = body.then(&now.documents, Policies::fresh(app.rng()))?;
    let found = replay(&app, (&now.set, &then), span).await?.map_err(Unchanged::from)?;
    asked.object(&app, &REPLAY, shown(&found, span)).map(Json)
}

fn shown(found: &Replayed, (since, until): (Timestamp, Timestamp)) -> Value {
    let list = |hits: &[Hit]| hits.iter().map(hit).collect::<Vec<_>>();
    json!({
        "since": since.rfc3339(),
        "until": until.rfc3339(),
        "signIns": found.tried,
        "notAsked": found.not_asked,
        "isComplete": found.complete,
        "sameCount": found.same,
        "refusedCount": found.refused.0,
        "promptedCount": found.prompted.0,
        "allowedCount": found.allowed.0,
        "peopleCount": found.people,
        "refused": list(&found.refused.1),
        "prompted": list(&found.prompted.1),
        "allowed": list(&found.allowed.1),
        "leavesNoAdministrator": found.locks_out,
    })
}

fn hit(hit: &Hit) -> Value {
    let line = &hit.line;
    json!({
        "signInId": line.id.to_string(),
        "createdDateTime": line.at.rfc3339(),
        "userId": line.user.map(String::from),
        "userPrincipalName": line.upn,
        "appDisplayName": line.app_name,
        "resourceDisplayName": line.resource,
        "ipAddress": line.ip,
        "now": outcome_name(hit.otherwise.now),
        "then": outcome_name(hit.otherwise.then),
        "reason": hit.otherwise.reason.map(|reason| reason.code()),
        "because": hit.otherwise.because,
    })
}
