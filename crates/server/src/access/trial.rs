//! A change of conditional access looked at before it is made: what differs, whom it locks out, what it names in vain,
//! and whom it would have touched in the last days. Nothing here writes.

use super::change::{Unchanged, Unknown, locked_out, unknown_names};
use super::kept::{Versioned, compile};
use super::replay::{Replayed, replay};
use crate::app::App;
use passband_core::manage::access::{Edit, InForce};
use passband_core::manage::difference::{Difference, between};
use passband_core::policy::access::PolicySet;
use passband_core::policy::access::model::State;
use passband_core::time::{Seconds, Timestamp};
use passband_store::StoreError;
use serde_json::Value;

/// What came of looking.
#[derive(Debug)]
pub struct Trial {
    /// Property by property.
    pub differences: Vec<Difference>,
    /// What it names that is not there.
    pub unknown: Vec<Unknown>,
    /// Who gets to the console now and would not then, by `userPrincipalName`.
    pub locked_out: Vec<String>,
    /// Whether nobody would be left who does. Such a change is refused unless it is forced.
    pub locks_out: bool,
    /// Whom it would have touched.
    pub replayed: Replayed,
    /// Whether the replay is about the policy switched on, since as it is it decides nothing.
    pub as_if_on: bool,
}

/// Looks at an edit of a policy, on the sign-ins of so many days.
///
/// # Errors
///
/// [`Unchanged::Compile`] or [`Unchanged::Access`] if it could not be in force, [`Unchanged::Store`].
pub async fn look_at(app: &App, before: &Versioned, wanted: &Edit, days: i64) -> Result<Trial, Unchanged> {
    let was = before.documents.of(wanted.kind).get(&wanted.id);
    let nothing = Value::Null;
    let differences = between(was.unwrap_or(&nothing), wanted.document.as_ref().unwrap_or(&nothing));
    let then = before.documents.after(wanted)?;
    let set = compile(&then)?;
    let unknown = unknown_names(app, &wanted.id, (&before.set, &set)).await?;
    let as_if_on = !is_on(was) && wanted.document.is_some() && !is_on(wanted.document.as_ref());
    // Who would be locked out is asked of the same policies as whom they would have touched.
    let tried = if as_if_on { switched_on(before, wanted)? } else { then };
    let locked_out = locked(app, &before.set, &compile(&tried)?).await?;
    let span = (Timestamp(app.now().0 - Seconds::days(days).0), app.now() + Seconds::minutes(1));
    let replayed = replay(app, (&before.set, &tried), span).await??;
    Ok(Trial { differences, unknown, locked_out, locks_out: replayed.locks_out, replayed, as_if_on })
}

fn is_on(document: Option<&Value>) -> bool {
    document.is_some_and(|document| document["state"] == State::Enabled.name())
}

fn switched_on(before: &Versioned, wanted: &Edit) -> Result<InForce, Unchanged> {
    let mut wanted = wanted.clone();
    if let Some(document) = &mut wanted.document {
        document["state"] = State::Enabled.name().into();
    }
    Ok(before.documents.after(&wanted)?)
}

async fn locked(app: &App, before: &PolicySet, after: &PolicySet) -> Result<Vec<String>, StoreError> {
    let methods = app.newest_methods_policy().await?.policy;
    let holders = app.store.administrators().await?;
    let locked = locked_out(app, (&methods, &holders), (before, after));
    Ok(locked.iter().map(|holder| holder.user.upn.clone()).collect())
}
