//! The policies in force, compiled, in memory under their generation.
//!
//! Whoever asks says which generation the database has; the standing of a session brings it along. So another process's
//! change is seen at the next request, and no request loads policies that have not changed.

use crate::app::App;
use passband_core::directory::AccessKind;
use passband_core::id::{ClientId, GroupId};
use passband_core::manage::access::{self, InForce};
use passband_core::policy::access::document::DocumentError;
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::strength::Strength;
use passband_core::policy::access::{Policy, PolicySet};
use passband_store::StoreError;
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

/// Whether a policy names this application. Registered anew it would have another id, and be without its policy:
/// whoever may do that and nothing to policies must not get rid of them so.
#[must_use]
pub fn names_app(set: &PolicySet, app: ClientId) -> bool {
    set.policies().iter().any(|policy| {
        let apps = [&policy.conditions.include_apps, &policy.conditions.exclude_apps];
        apps.into_iter().any(|apps| apps.apps.contains(&app))
    })
}

/// What is said where [`names_app`].
pub const APP_IS_NAMED: &str = "A conditional access policy names this application; take it out there first.";

/// Whether a policy names this group. Without its members an exclusion would let none out, and an inclusion all.
#[must_use]
pub fn names_group(set: &PolicySet, group: GroupId) -> bool {
    set.policies().iter().any(|policy| {
        let people = [&policy.conditions.include_people, &policy.conditions.exclude_people];
        people.into_iter().any(|people| people.groups.contains(&group))
    })
}
