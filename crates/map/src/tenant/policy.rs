//! Conditional access, and what its policies name.

use super::file::Document;
use super::gather::Gathered;
use super::json::{Object, Wrong, cut};
use crate::model::{AccessPolicy, Edition, LeftOut};
use passband_core::id::{AccessPolicyId, LocationId, StrengthId};
use passband_core::policy::access::document::{DocumentError, Flaw};
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::model::Policy;
use passband_core::policy::access::strength::Strength;
use serde_json::Value;
use serde_json::value::RawValue;

/// Session controls that only beta shows; a document that has them, if only null, came through it.
const BETA_ONLY: [&str; 3] =
    ["secureSignInSession", "continuousAccessEvaluation", "globalSecureAccessFilteringProfile"];

pub(super) fn tree<'a>(raw: &'a RawValue) -> Result<Value, Wrong<'a>> {
    serde_json::from_str(raw.get()).map_err(|_| Wrong::new("", "JSON no deeper than 128", raw.get()))
}

/// A conditional access policy.
pub(super) fn access<'a>(
    document: &Document<'a, '_>,
    raw: &'a RawValue,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let object = Object::read(raw)?;
    let id: AccessPolicyId = object.need_id("id")?;
    let value = tree(raw)?;
    let (policy, problems) = match Policy::from_graph_leniently(&value, id) {
        Ok(read) => read,
        Err(error) => {
            refuse(document, &object, &error, out);
            return Ok(());
        }
    };
    if let Some(strength) = value["grantControls"].get("authenticationStrength").filter(|it| it.is_object()) {
        embedded(document, &object, strength, out);
    }
    let controls = value["sessionControls"].as_object();
    let shown = controls.is_some_and(|it| BETA_ONLY.iter().any(|name| it.contains_key(*name)));
    let edition = if shown { Edition::Beta } else { document.edition };
    // What contradicts itself was read as it stands; all else hides something.
    let (odd, unread): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|it| matches!(it.flaw, Flaw::Contradiction(_)));
    for it in odd {
        out.remark("policy-contradicts-itself", format!("{}: {}: {}", policy.name, it.path, it.flaw));
    }
    out.access.push(AccessPolicy {
        policy,
        unread: unread.into_iter().map(|it| it.path).collect(),
        edition,
        raw: value,
        source: document.text.place(object.raw),
    });
    Ok(())
}

/// Takes down what is wrong with a document that the reader of the server refuses.
fn refuse(document: &Document<'_, '_>, object: &Object<'_>, error: &DocumentError, out: &mut Gathered) {
    for problem in &error.problems {
        let first = problem.path.split(['.', '[']).next().unwrap_or_default();
        let at = object.get(first).map_or(object.raw, RawValue::get);
        let (expected, found) = match &problem.flaw {
            Flaw::Unexpected { expected, found } => (expected.clone(), cut(found)),
            flaw => (flaw.to_string(), cut(at)),
        };
        out.left_out.push(LeftOut {
            source: document.text.place(at),
            field: problem.path.clone(),
            expected,
            found,
        });
    }
}

/// A strength as it lies in the policy that asks for it. One of its own file is believed before it.
fn embedded(document: &Document<'_, '_>, object: &Object<'_>, value: &Value, out: &mut Gathered) {
    let id = value["id"].as_str().and_then(|it| it.parse::<StrengthId>().ok());
    if let Some(id) = id.filter(|it| !Strength::is_built_in(*it))
        && let Ok(strength) = Strength::from_graph(value, id)
    {
        out.embedded_strengths.push((strength, document.text.place(object.raw)));
    }
}

/// An authentication strength; the built-in ones are always there.
pub(super) fn strength<'a>(
    document: &Document<'a, '_>,
    raw: &'a RawValue,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let object = Object::read(raw)?;
    let id: StrengthId = object.need_id("id")?;
    if Strength::is_built_in(id) || object.text("policyType")?.is_some_and(|it| it == "builtIn") {
        return Ok(());
    }
    match Strength::from_graph(&tree(raw)?, id) {
        Ok(strength) => out.strengths.push((strength, document.text.place(object.raw))),
        Err(error) => refuse(document, &object, &error, out),
    }
    Ok(())
}

/// A named location.
pub(super) fn location<'a>(
    document: &Document<'a, '_>,
    raw: &'a RawValue,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let object = Object::read(raw)?;
    let id: LocationId = object.need_id("id")?;
    let mut value = tree(raw)?;
    if let Some(members) = value.as_object_mut().filter(|it| !it.contains_key("@odata.type")) {
        // A tool that drops annotations drops the type; the properties tell it.
        let countries = members.contains_key("countriesAndRegions");
        let name = if countries { "countryNamedLocation" } else { "ipNamedLocation" };
        members.insert("@odata.type".to_owned(), format!("#microsoft.graph.{name}").into());
    }
    match NamedLocation::from_graph(&value, id) {
        Ok(location) => out.locations.push((location, document.text.place(object.raw))),
        Err(error) => refuse(document, &object, &error, out),
    }
    Ok(())
}
