//! What policies, named locations and strengths have of their own; everything else they have in common.

use super::super::error::GraphError;
use super::super::resource::Resource;
use super::super::resource::conditional;
use crate::access::change::ETAG;
use passband_core::directory::AccessKind;
use passband_core::id::{AccessPolicyId, LocationId, StrengthId};
use passband_core::policy::access::Policy;
use passband_core::policy::access::document::{DocumentError, Version};
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::strength::Strength;
use passband_core::rng::Random;
use serde_json::{Map, Value};

/// A kind of part.
pub trait Part: 'static {
    /// Which.
    const KIND: AccessKind;
    /// How Graph shows it.
    const RESOURCE: &'static Resource;
    /// What people call it.
    const WHAT: &'static str;

    /// A fresh id.
    fn fresh(rng: &dyn Random) -> String;

    /// An id of an address as it is stored.
    fn id(text: &str) -> Option<String>;

    /// The document of what was sent, as it is stored.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong.
    fn read(sent: &Value, id: &str) -> Result<Value, DocumentError>;

    /// The document after a change. Every property that is sent replaces its own.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong with the outcome.
    fn patched(before: &Value, patch: &Map<String, Value>, id: &str) -> Result<Value, DocumentError> {
        let mut after = before.clone();
        for (name, value) in patch {
            after[name.as_str()] = value.clone();
        }
        Self::read(&after, id)
    }

    /// A stored document as this edition of Graph shows it.
    fn shown(document: &Value, _beta: bool) -> Value {
        document.clone()
    }

    /// Those that are always there.
    fn built_in() -> Vec<Value> {
        Vec::new()
    }
}

/// What was sent is nobody's id: the caller has made or found it.
fn known<I: std::str::FromStr + Copy>(id: &str, nobody: I) -> I {
    id.parse().unwrap_or(nobody)
}

/// `conditionalAccessPolicy`
#[derive(Debug)]
pub struct Policies;

impl Part for Policies {
    const KIND: AccessKind = AccessKind::Policy;
    const RESOURCE: &'static Resource = &conditional::POLICY;
    const WHAT: &'static str = "conditional access policy";

    fn fresh(rng: &dyn Random) -> String {
        AccessPolicyId::generate(rng).to_string()
    }

    fn id(text: &str) -> Option<String> {
        text.parse::<AccessPolicyId>().ok().map(String::from)
    }

    fn read(sent: &Value, id: &str) -> Result<Value, DocumentError> {
        let id = known(id, AccessPolicyId::from_bytes([0; 16]));
        Policy::from_graph(sent, id).map(|policy| policy.to_graph(Version::Beta))
    }

    fn patched(before: &Value, patch: &Map<String, Value>, id: &str) -> Result<Value, DocumentError> {
        let before = Policy::from_graph(before, known(id, AccessPolicyId::from_bytes([0; 16])))?;
        before.patched(patch).map(|policy| policy.to_graph(Version::Beta))
    }

    fn shown(document: &Value, beta: bool) -> Value {
        let id = known(document["id"].as_str().unwrap_or_default(), AccessPolicyId::from_bytes([0; 16]));
        let Ok(policy) = Policy::from_graph(document, id) else { return document.clone() };
        let mut shown = policy.to_graph(if beta { Version::Beta } else { Version::V1 });
        shown[ETAG] = document[ETAG].clone();
        shown
    }
}

/// `namedLocation`
#[derive(Debug)]
pub struct Locations;

impl Part for Locations {
    const KIND: AccessKind = AccessKind::Location;
    const RESOURCE: &'static Resource = &conditional::LOCATION;
    const WHAT: &'static str = "named location";

    fn fresh(rng: &dyn Random) -> String {
        LocationId::generate(rng).to_string()
    }

    fn id(text: &str) -> Option<String> {
        text.parse::<LocationId>().ok().map(String::from)
    }

    fn read(sent: &Value, id: &str) -> Result<Value, DocumentError> {
        NamedLocation::from_graph(sent, known(id, LocationId::from_bytes([0; 16]))).map(|it| it.to_graph())
    }
}

/// `authenticationStrengthPolicy`
#[derive(Debug)]
pub struct Strengths;

impl Part for Strengths {
    const KIND: AccessKind = AccessKind::Strength;
    const RESOURCE: &'static Resource = &conditional::STRENGTH;
    const WHAT: &'static str = "authentication strength";

    fn fresh(rng: &dyn Random) -> String {
        StrengthId::generate(rng).to_string()
    }

    fn id(text: &str) -> Option<String> {
        text.parse::<StrengthId>().ok().map(String::from)
    }

    fn read(sent: &Value, id: &str) -> Result<Value, DocumentError> {
        Strength::from_graph(sent, known(id, StrengthId::from_bytes([0; 16]))).map(|it| it.to_graph())
    }

    fn built_in() -> Vec<Value> {
        Strength::built_in().iter().map(Strength::to_graph).collect()
    }
}

/// Refuses to change one that is always there.
///
/// # Errors
///
/// [`GraphError`].
pub fn is_not_built_in<P: Part>(id: &str) -> Result<(), GraphError> {
    if P::built_in().iter().any(|it| it["id"] == id) {
        return Err(GraphError::forbidden("The built-in strengths are always there and do not change."));
    }
    Ok(())
}
