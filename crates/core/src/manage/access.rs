//! Conditional access: what is in force, and the writes of a change of it.
//!
//! All that is in force lies in one document under one generation, so that a request sees all of a change or nothing
//! of it, and two changes at once cannot be made each without the other. Every version of each part is kept beside it.

use crate::change::Change;
use crate::directory::{AccessKind, AccessVersion};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The name under which the policies in force are stored.
pub const NAME: &str = "conditionalAccess";

/// Most parts of each kind: Graph's limits are 240 policies, 195 locations and 15 strengths of one's own.
const MOST: usize = 240;

/// The parts in force by id, each as its document says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    policies: BTreeMap<String, Value>,
    strengths: BTreeMap<String, Value>,
    locations: BTreeMap<String, Value>,
}

/// A change that cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// There are too many.
    #[error("there may be {MOST} of each kind; delete one that is not used any more")]
    TooMany,
    /// There is none of that id.
    #[error("there is none with this id")]
    Absent,
    /// What is stored cannot be read.
    #[error("the stored policies cannot be read")]
    Unreadable,
}

impl InForce {
    /// Reads what [`to_document`](Self::to_document) wrote.
    ///
    /// # Errors
    ///
    /// [`AccessError::Unreadable`]: then nobody is let in by a guess.
    pub fn from_document(text: &str) -> Result<Self, AccessError> {
        serde_json::from_str(text).map_err(|_| AccessError::Unreadable)
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_document(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The parts of a kind, by id.
    #[must_use]
    pub const fn of(&self, kind: AccessKind) -> &BTreeMap<String, Value> {
        match kind {
            AccessKind::Policy => &self.policies,
            AccessKind::Strength => &self.strengths,
            AccessKind::Location => &self.locations,
        }
    }

    const fn of_mut(&mut self, kind: AccessKind) -> &mut BTreeMap<String, Value> {
        match kind {
            AccessKind::Policy => &mut self.policies,
            AccessKind::Strength => &mut self.strengths,
            AccessKind::Location => &mut self.locations,
        }
    }

    /// What is in force after an edit.
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub fn after(&self, edit: &Edit) -> Result<Self, AccessError> {
        let mut after = self.clone();
        let parts = after.of_mut(edit.kind);
        match &edit.document {
            Some(document) => {
                parts.insert(edit.id.clone(), document.clone());
                if parts.len() > MOST {
                    return Err(AccessError::TooMany);
                }
            }
            None => {
                parts.remove(&edit.id).ok_or(AccessError::Absent)?;
            }
        }
        Ok(after)
    }
}

/// One part put into force, or taken out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// What it is.
    pub kind: AccessKind,
    /// Graph `id`.
    pub id: String,
    /// What it is to say; `None` takes it out of force.
    pub document: Option<Value>,
}

/// What a change was made up from.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What was in force.
    pub before: &'a InForce,
    /// Its generation.
    pub generation: u64,
    /// The number of the newest version of the part; 0 if there was none.
    pub number: u32,
}

/// The writes of an edit, and what is in force after it. Another change since then makes them
/// [`Conflict::Stale`](crate::change::Conflict::Stale).
///
/// # Errors
///
/// [`AccessError`].
pub fn writes(
    edit: &Edit,
    seen: Seen<'_>,
    (actor, at): (&str, Timestamp),
) -> Result<(InForce, Vec<Change>), AccessError> {
    let after = seen.before.after(edit)?;
    let last = || seen.before.of(edit.kind).get(&edit.id);
    let document = edit.document.as_ref().or_else(last).map(Value::to_string).unwrap_or_default();
    let version = AccessVersion {
        kind: edit.kind,
        id: edit.id.clone(),
        number: seen.number.saturating_add(1),
        at,
        actor: actor.to_owned(),
        deleted: edit.document.is_none(),
        document,
    };
    let set = Change::SetPolicy { name: NAME, from: seen.generation, document: after.to_document(), at };
    Ok((after, vec![set, Change::InsertAccessVersion(Box::new(version))]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edit_is_in_force_and_in_the_history() {
        let edit = |document| Edit { kind: AccessKind::Policy, id: "p".to_owned(), document };
        let none = InForce::default();
        let seen = Seen { before: &none, generation: 7, number: 0 };
        let by = ("root", Timestamp(9));
        let (one, changes) = writes(&edit(Some(json!({ "a": 1 }))), seen, by).unwrap();
        assert_eq!(one.of(AccessKind::Policy)["p"], json!({ "a": 1 }));
        assert_eq!(InForce::from_document(&one.to_document()), Ok(one.clone()));
        let Change::InsertAccessVersion(version) = &changes[1] else { panic!("{changes:?}") };
        assert_eq!((version.number, version.deleted, version.document.as_str()), (1, false, r#"{"a":1}"#));
        assert!(matches!(&changes[0], Change::SetPolicy { name: NAME, from: 7, .. }));
        // Taken out of force, the version says what it was.
        let seen = Seen { before: &one, generation: 8, number: 1 };
        let (gone, changes) = writes(&edit(None), seen, by).unwrap();
        assert_eq!(gone, none);
        let Change::InsertAccessVersion(version) = &changes[1] else { panic!("{changes:?}") };
        assert_eq!((version.number, version.deleted, version.document.as_str()), (2, true, r#"{"a":1}"#));
        assert_eq!(writes(&edit(None), Seen { before: &gone, ..seen }, by), Err(AccessError::Absent));
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let mut all = InForce::default();
        let edit =
            |n: usize| Edit { kind: AccessKind::Location, id: n.to_string(), document: Some(json!({})) };
        for n in 0..MOST {
            all = all.after(&edit(n)).unwrap();
        }
        assert_eq!(all.after(&edit(MOST)), Err(AccessError::TooMany));
        assert!(all.after(&edit(0)).is_ok(), "to change one is no more");
    }
}
