//! The one way to change conditional access: decided on what is in force, guarded, versioned, told.

use super::kept::{CompileError, Versioned, compile};
use crate::app::App;
use crate::attempt::audit;
use crate::seen;
use passband_core::authn::methods::MethodsPolicy;
use passband_core::directory::{AccessKind, Holder, Role};
use passband_core::manage::access::{self, AccessError, Edit, InForce, Seen};
use passband_core::manage::difference::{Difference, between};
use passband_core::manage::entry::{self, Doors};
use passband_core::policy::access::document::DocumentError;
use passband_core::policy::access::reference::Reference;
use passband_core::policy::access::set::Missing;
use passband_core::policy::access::{Policy, PolicySet};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::{CommitError, StoreError};
use serde_json::Value;

/// How often a change is decided anew because another was made meanwhile.
const TRIES: usize = 16;

/// Most characters of a line of the audit log about a change; the versions hold all of it.
const MOST_TOLD: usize = 800;

/// The annotation of a document that says which version it is, as OData writes it.
pub const ETAG: &str = "@odata.etag";

/// Something a policy names that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The property that names it.
    pub property: &'static str,
    /// What.
    pub what: Reference,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no {} with the id {}", self.what.what(), self.what.id())
    }
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// Others were faster, again and again.
    #[error("others are changing this; try again")]
    Busy,
    /// It cannot be made.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What would be in force then could not be read.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The document is none.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Policies name what would not be there any more.
    #[error("policies name it: {}", ids(.0))]
    InUse(Vec<Missing>),
    /// A rule forbids it.
    #[error("{}", .0.meaning())]
    Refused(Reason),
    /// It was made up from another version than the newest.
    #[error("it has changed since it was read: its newest version is {0}")]
    Stale(u32),
    /// There is no such version to go back to.
    #[error("there is no such version")]
    NoVersion,
    /// It names what is not there.
    #[error("it names what is not there")]
    Unknown(Vec<Unknown>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn ids(missing: &[Missing]) -> String {
    let mut ids: Vec<_> = missing.iter().map(|it| it.policy.to_string()).collect();
    ids.dedup();
    ids.join(", ")
}

/// Who changes something, and how sure they are.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// How the audit log names them.
    pub actor: &'a str,
    /// Whether the change may lock every Global Administrator out.
    pub force: bool,
    /// The number of the version they saw, if the change was made up from it: another since then is not overwritten.
    pub seen: Option<u32>,
}

/// The version an annotation or a header `If-Match` names; `None` for what this server never wrote.
#[must_use]
pub fn version_of(etag: &str) -> Option<u32> {
    etag.strip_prefix("W/\"")?.strip_suffix('"')?.parse().ok()
}

/// The annotation of a version.
#[must_use]
pub fn etag(number: u32) -> String {
    format!("W/\"{number}\"")
}

/// Puts what `edit` makes of the policies in force into force, with a version in the history and a line in the audit
/// log. The number of the new version; of the newest that there is if the edit changes nothing.
///
/// # Errors
///
/// [`Unchanged`], or what `edit` says; then nothing was changed.
pub async fn change<E: From<Unchanged>>(
    app: &App,
    by: By<'_>,
    edit: impl Fn(&Versioned) -> Result<Edit, E>,
) -> Result<u32, E> {
    for _ in 0..TRIES {
        // First, so that nobody moves between a look at the administrators and the commit.
        let people = seen::people(app).await.map_err(Unchanged::from)?;
        let apps = seen::apps(app).await.map_err(Unchanged::from)?;
        let before = app.newest_access().await.map_err(Unchanged::from)?;
        let mut wanted = edit(&before)?;
        let number = newest_number(app, &wanted, by.seen).await?;
        // A version that says what the one before it says would only bury it, and end nothing that was granted.
        if changes_nothing(&before.documents, &wanted) {
            return Ok(number);
        }
        if let Some(document) = &mut wanted.document {
            document[ETAG] = etag(number + 1).into();
        }
        let seen = Seen { before: &before.documents, generation: before.generation, number };
        let (after, mut changes) =
            access::writes(&wanted, seen, (by.actor, app.now())).map_err(Unchanged::from)?;
        let set = compile(&after).map_err(Unchanged::from)?;
        check_names(app, &wanted, (&before.set, &set)).await?;
        if !by.force {
            keeps_an_administrator(app, &before.set, &set).await?;
        }
        changes.extend(people.advance(app.now()));
        if names_an_app(&wanted, &set) {
            // Or it could be deleted between the look at it and the commit.
            changes.extend(apps.advance(app.now()));
        }
        let (activity, detail) = told(&wanted, seen.before);
        changes.push(audit(app, by.actor, activity, &wanted.id, detail));
        match app.commit(changes).await {
            Ok(()) => return Ok(number + 1),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(Unchanged::from(error).into()),
        }
    }
    Err(Unchanged::Busy.into())
}

fn changes_nothing(before: &InForce, wanted: &Edit) -> bool {
    match (before.of(wanted.kind).get(&wanted.id), &wanted.document) {
        (Some(before), Some(after)) => between(before, after).is_empty(),
        _ => false,
    }
}

/// Gives a document its times: when it was made stays, and that it is changed now is no writer's to set.
pub fn date(document: &mut Value, before: Option<&Value>, now: Timestamp) {
    let now = Value::from(now.rfc3339());
    let (created, modified) = match before {
        Some(before) => (before["createdDateTime"].clone(), now),
        None => (now, Value::Null),
    };
    document["createdDateTime"] = created;
    document["modifiedDateTime"] = modified;
}

async fn newest_number(app: &App, wanted: &Edit, seen: Option<u32>) -> Result<u32, Unchanged> {
    let last = app.store.access_version(wanted.kind, &wanted.id, None).await?;
    let number = last.map_or(0, |version| version.number);
    match seen {
        Some(seen) if seen != number => Err(Unchanged::Stale(number)),
        _ => Ok(number),
    }
}

/// Refuses a policy about what is not there, and taking away what policies are about.
async fn check_names(
    app: &App,
    wanted: &Edit,
    (before, after): (&PolicySet, &PolicySet),
) -> Result<(), Unchanged> {
    if wanted.kind != AccessKind::Policy {
        let lost = after.missing().iter().filter(|it| !before.missing().contains(it));
        let lost: Vec<_> = lost.copied().collect();
        return if lost.is_empty() { Ok(()) } else { Err(Unchanged::InUse(lost)) };
    }
    let unknown = unknown_names(app, &wanted.id, (before, after)).await?;
    if unknown.is_empty() { Ok(()) } else { Err(Unchanged::Unknown(unknown)) }
}

/// What a policy names that is not there, and did not name before.
///
/// # Errors
///
/// [`StoreError`].
pub async fn unknown_names(
    app: &App,
    policy: &str,
    (before, after): (&PolicySet, &PolicySet),
) -> Result<Vec<Unknown>, StoreError> {
    let of = |set: &PolicySet| {
        let policy = policy.parse().ok().and_then(|id| set.policy(id));
        policy.map(Policy::references).unwrap_or_default()
    };
    // Who was named before and is gone since does not keep the policy from being switched off.
    let known = of(before);
    let mut unknown = Vec::new();
    for (property, what) in of(after) {
        if !known.iter().any(|(_, it)| *it == what) && !is_there(app, after, &what).await? {
            unknown.push(Unknown { property, what });
        }
    }
    Ok(unknown)
}

fn names_an_app(wanted: &Edit, after: &PolicySet) -> bool {
    let policy = wanted.id.parse().ok().and_then(|id| after.policy(id));
    let named = policy.map(Policy::references).unwrap_or_default();
    named.iter().any(|(_, what)| matches!(what, Reference::App(_)))
}

async fn is_there(app: &App, set: &PolicySet, what: &Reference) -> Result<bool, StoreError> {
    Ok(match what {
        Reference::User(id) => app.store.user(*id).await?.is_some(),
        Reference::Group(id) => app.store.group(*id).await?.is_some(),
        Reference::App(id) => app.store.app(*id).await?.is_some(),
        Reference::Role(id) => Role::from_id(&id.to_string()).is_some(),
        Reference::Strength(id) => set.strength(*id).is_some(),
        Reference::Location(id) => set.locations().iter().any(|location| location.id == *id),
    })
}

async fn keeps_an_administrator(app: &App, before: &PolicySet, after: &PolicySet) -> Result<(), Unchanged> {
    let methods = app.newest_methods_policy().await?.policy;
    let holders = app.store.administrators().await?;
    guard(app, (&methods, &holders), (before, after)).map_err(Unchanged::Refused)
}

/// The guard that [`change`] asks, for whoever only wants to know.
///
/// # Errors
///
/// [`Reason::AccessLocksOut`].
pub fn guard(
    app: &App,
    (methods, holders): (&MethodsPolicy, &[Holder]),
    (before, after): (&PolicySet, &PolicySet),
) -> Result<(), Reason> {
    let doors = |access| Doors { passkeys: &methods.passkeys, access, at: app.now() };
    entry::keeps_an_administrator((doors(before), holders), (doors(after), holders))
}

/// The Global Administrators who get to the console now and would not afterwards.
#[must_use]
pub fn locked_out<'a>(
    app: &App,
    (methods, holders): (&MethodsPolicy, &'a [Holder]),
    (before, after): (&PolicySet, &PolicySet),
) -> Vec<&'a Holder> {
    let doors = |access| Doors { passkeys: &methods.passkeys, access, at: app.now() };
    let globals = holders.iter().filter(|holder| holder.user.roles.is_global());
    globals.filter(|holder| doors(before).let_in(holder) && !doors(after).let_in(holder)).collect()
}

/// An edit as the audit log tells it: what was done, and to which properties.
fn told(edit: &Edit, before: &InForce) -> (&'static str, String) {
    let before = before.of(edit.kind).get(&edit.id);
    let activity = match (edit.kind, before, &edit.document) {
        (AccessKind::Policy, None, _) => "Add conditional access policy",
        (AccessKind::Policy, _, Some(_)) => "Update conditional access policy",
        (AccessKind::Policy, _, None) => "Delete conditional access policy",
        (AccessKind::Strength, None, _) => "Add authentication strength",
        (AccessKind::Strength, _, Some(_)) => "Update authentication strength",
        (AccessKind::Strength, _, None) => "Delete authentication strength",
        (AccessKind::Location, None, _) => "Add named location",
        (AccessKind::Location, _, Some(_)) => "Update named location",
        (AccessKind::Location, _, None) => "Delete named location",
    };
    let name = |document: &Value| document["displayName"].as_str().unwrap_or_default().to_owned();
    let detail = match (before, &edit.document) {
        (Some(before), Some(after)) => {
            let changed = between(before, after);
            let changed: Vec<_> = changed.iter().map(Difference::to_string).collect();
            format!("{}: {}", name(after), changed.join("; "))
        }
        (_, Some(document)) | (Some(document), None) => name(document),
        (None, None) => String::new(),
    };
    (activity, detail.chars().take(MOST_TOLD).collect())
}
