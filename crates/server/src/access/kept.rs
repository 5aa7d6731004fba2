//! The policies in force, compiled, in memory under their generation.
//!
//! Whoever asks says which generation the database has; the standing of a session brings it along. So another process's
//! change is seen at the next request, and no request loads policies that have not changed.

use crate::app::App;
use crate::attempt::audit;
use passband_core::directory::AccessKind;
use passband_core::id::GroupId;
use passband_core::manage::access::{self, AccessError, Edit, InForce, Seen};
use passband_core::policy::access::document::DocumentError;
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::strength::Strength;
use passband_core::policy::access::{Policy, PolicySet};
use passband_store::{CommitError, StoreError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

/// The policies that were loaded last.
#[derive(Debug, Default)]
pub struct Kept(RwLock<Versioned>);

/// Policies and their generation; generation 0 is that of a new installation, which has none.
#[derive(Clone, Debug, Default)]
pub struct Versioned {
    /// Their generation, to be named when one is changed.
    pub generation: u64,
    /// Their documents.
    pub documents: Arc<InForce>,
    /// The same, compiled.
    pub set: Arc<PolicySet>,
}

impl App {
    /// The policies of this generation, or of a later one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer, or holds a policy that this version cannot read: then nobody is
    /// let in by a guess.
    pub async fn access(&self, generation: u64) -> Result<Arc<PolicySet>, StoreError> {
        {
            let kept = self.access.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.generation >= generation {
                return Ok(Arc::clone(&kept.set));
            }
        }
        Ok(self.newest_access().await?.set)
    }

    /// The policies as the database has them now: what a change begins with.
    ///
    /// # Errors
    ///
    /// As [`access`](Self::access).
    pub async fn newest_access(&self) -> Result<Versioned, StoreError> {
        let Some((generation, text)) = self.store.policy(access::NAME).await? else {
            return Ok(Versioned::default());
        };
        {
            let kept = self.access.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.generation == generation {
                return Ok(kept.clone());
            }
        }
        let unreadable = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "the stored conditional access policies cannot be read");
            StoreError::Row("conditional access policies")
        };
        let documents = InForce::from_document(&text).map_err(|error| unreadable(&error))?;
        let set = compile(&documents).map_err(|error| unreadable(&error))?;
        let newest = Versioned { generation, documents: Arc::new(documents), set: Arc::new(set) };
        let mut kept = self.access.0.write().unwrap_or_else(PoisonError::into_inner);
        // Of two loads at once, the older must not replace the newer.
        if kept.generation < generation {
            *kept = newest.clone();
        }
        Ok(newest)
    }
}

/// Why documents cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// An id is none.
    #[error("{0} is no id")]
    Id(String),
    /// A document is none.
    #[error("{0}: {1}")]
    Document(String, DocumentError),
}

/// Compiles documents.
///
/// # Errors
///
/// [`CompileError`] naming the first that cannot be read.
pub fn compile(documents: &InForce) -> Result<PolicySet, CompileError> {
    let of = |kind| documents.of(kind);
    Ok(PolicySet::compile(
        read(of(AccessKind::Policy), Policy::from_graph)?,
        read(of(AccessKind::Strength), Strength::from_graph)?,
        read(of(AccessKind::Location), NamedLocation::from_graph)?,
    ))
}

fn read<I: FromStr, T>(
    documents: &BTreeMap<String, Value>,
    from_graph: fn(&Value, I) -> Result<T, DocumentError>,
) -> Result<Vec<T>, CompileError> {
    let one = |(id, document): (&String, &Value)| {
        let known = id.parse().map_err(|_| CompileError::Id(id.clone()))?;
        from_graph(document, known).map_err(|error| CompileError::Document(id.clone(), error))
    };
    documents.iter().map(one).collect()
}

/// Whether a policy names this group. Without its members an exclusion would let none out, and an inclusion all.
#[must_use]
pub fn names_group(set: &PolicySet, group: GroupId) -> bool {
    set.policies().iter().any(|policy| {
        let people = [&policy.conditions.include_people, &policy.conditions.exclude_people];
        people.into_iter().any(|people| people.groups.contains(&group))
    })
}

/// How often a change is decided anew because another was made meanwhile.
const TRIES: usize = 16;

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
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts what `edit` makes of the policies in force into force, with a version in the history and a line in the audit
/// log that names `actor`.
///
/// # Errors
///
/// [`Unchanged`], or what `edit` says; then nothing was changed.
pub async fn change<E: From<Unchanged>>(
    app: &App,
    actor: &str,
    edit: impl Fn(&Versioned) -> Result<Edit, E>,
) -> Result<(), E> {
    for _ in 0..TRIES {
        let before = app.newest_access().await.map_err(Unchanged::from)?;
        let wanted = edit(&before)?;
        let last = app.store.access_version(wanted.kind, &wanted.id, None).await.map_err(Unchanged::from)?;
        let seen = Seen {
            before: &before.documents,
            generation: before.generation,
            number: last.map_or(0, |version| version.number),
        };
        let (after, mut changes) =
            access::writes(&wanted, seen, (actor, app.now())).map_err(Unchanged::from)?;
        compile(&after).map_err(Unchanged::from)?;
        let (activity, detail) = told(&wanted, seen.before);
        changes.push(audit(app, actor, activity, &wanted.id, detail));
        match app.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(Unchanged::from(error).into()),
        }
    }
    Err(Unchanged::Busy.into())
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
            let members = after.as_object().into_iter().flatten();
            let changed = members.filter(|(key, value)| before.get(key.as_str()) != Some(value));
            let changed: Vec<_> = changed.map(|(key, _)| key.as_str()).collect();
            format!("{}: {}", name(after), changed.join(", "))
        }
        (_, Some(document)) | (Some(document), None) => name(document),
        (None, None) => String::new(),
    };
    (activity, detail)
}
