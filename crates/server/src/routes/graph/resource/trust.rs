//! What is trusted, and the models in the metadata, as this API shows them; no resources of Graph's.

use super::{Kind, Resource, filter, plain};
use crate::routes::graph::trust::root_id;
use crate::trust::models::{Judged, Profiles};
use crate::trust::{InForce, Origin, guid};
use passband_core::authn::profile::Rule;
use passband_core::directory::TrustKind;
use passband_core::platform::roots::Root;
use passband_core::time::Timestamp;
use serde_json::{Value, json};

/// Everything that is trusted, in figures.
pub static TRUST: Resource = Resource {
    name: "passband_trust",
    properties: &[
        plain("generation", Kind::Int, "Grows with every change."),
        plain("metadata/edition", Kind::Int, "Edition of the FIDO metadata."),
        plain("metadata/modelCount", Kind::Int, "Passkey models in them."),
        plain("metadata/nextUpdateDateTime", Kind::Time, "When the next edition is due."),
        plain(
            "metadata/isStale",
            Kind::Bool,
            "Whether they are overdue by more than 30 days and prove nothing.",
        ),
        plain("metadata/sha256", Kind::Text, "SHA-256 of the file."),
        plain("metadata/addedDateTime", Kind::Time, "When it was imported."),
        plain("metadata/addedBy", Kind::Text, "By whom."),
        plain("revocations/keyCount", Kind::Int, "Revoked attestation keys on Google's list."),
        plain("revocations/isCurrent", Kind::Bool, "Whether the list was given in the last 30 days."),
        plain("revocations/sha256", Kind::Text, "SHA-256 of the file."),
        plain("revocations/addedDateTime", Kind::Time, "When it was imported."),
        plain("revocations/addedBy", Kind::Text, "By whom."),
        plain("rootCount", Kind::Int, "Roots, with those that come with the program."),
        plain("attestationConveyance", Kind::Text, "What registrations ask for: direct or none."),
        plain("problems", Kind::Texts, "Documents that do not hold any more and are left out."),
    ],
};

/// What is trusted, in figures.
pub fn trust(held: &InForce, now: Timestamp, conveyance: &str) -> Value {
    let metadata = held.trust.metadata.as_ref().map(|metadata| {
        let figures = json!({
            "edition": metadata.no(),
            "modelCount": metadata.models().len(),
            "nextUpdateDateTime": metadata.next_update().rfc3339(),
            "isStale": metadata.is_stale(now),
        });
        with_origin(figures, held.origin(TrustKind::Metadata))
    });
    let revocations = held.trust.revocations.as_ref().map(|list| {
        let figures = json!({ "keyCount": list.len(), "isCurrent": list.is_current(now) });
        with_origin(figures, held.origin(TrustKind::Revocations))
    });
    json!({
        "generation": held.generation,
        "metadata": metadata,
        "revocations": revocations,
        "rootCount": held.trust.roots.iter().count(),
        "attestationConveyance": conveyance,
        "problems": held.problems,
    })
}

fn with_origin(mut figures: Value, origin: Option<&Origin>) -> Value {
    if let Some(origin) = origin {
        figures["sha256"] = origin.sha256.clone().into();
        figures["addedDateTime"] = origin.added.rfc3339().into();
        figures["addedBy"] = origin.actor.clone().into();
    }
    figures
}

/// A root.
pub static ROOT: Resource = Resource {
    name: "passband_trustRoot",
    properties: &[
        filter("id", Kind::Text, "SHA-256 of the certificate, hexadecimal."),
        filter("format", Kind::Text, "What it vouches for: an attestation format, or metadata."),
        filter("subject", Kind::Text, "Its subject."),
        filter("expiryDateTime", Kind::Time, "Its last moment; an anchor is good beyond that."),
        filter("isBuiltIn", Kind::Bool, "Whether it comes with the program."),
        plain(
            "aaGuids",
            Kind::Texts,
            "The models it vouches for; none stands for any the metadata do not know.",
        ),
        plain("certificate", Kind::Text, "In a request: the certificate, PEM. Never in an answer."),
    ],
};

/// A root as this API shows one.
pub fn root(root: &Root) -> Value {
    json!({
        "id": root_id(root),
        "format": root.scope().id(),
        "subject": root.name(),
        "expiryDateTime": root.expires().rfc3339(),
        "isBuiltIn": root.is_built_in(),
        "aaGuids": root.models().iter().map(guid).collect::<Vec<_>>(),
        "certificate": null,
    })
}

/// A model of authenticator.
pub static MODEL: Resource = Resource {
    name: "passband_passkeyModel",
    properties: &[
        filter("displayName", Kind::Text, "What its maker calls it."),
        filter("aaGuid", Kind::Guid, "Its AAGUID; null for a U2F model."),
        filter("evidence", Kind::Text, "The level that an attested passkey of it reaches: E0 to E3."),
        filter("evidenceProof", Kind::Text, "What proves that level, or keeps it from being higher."),
        plain("explanation", Kind::Text, "The same in a sentence."),
        filter("certification", Kind::Text, "Its certification in force: none, L1 to L3plus."),
        filter("status", Kind::Text, "Its newest status, or the one that disqualifies it."),
        filter("isDeviceBound", Kind::Bool, "Whether its keys stay on it, as it says."),
        plain("keyProtection", Kind::Texts, "How it protects keys, in names of the FIDO Registry."),
        plain(
            "userVerificationMethods",
            Kind::Texts,
            "How it verifies its user, in names of the FIDO Registry.",
        ),
        plain("attachmentHints", Kind::Texts, "How it is attached, in names of the FIDO Registry."),
        plain(
            "profiles",
            Kind::Objects,
            "What each profile, of the policy or ready-made, says of an attested passkey of it at registration: id, \
             name, isTemplate, accepts, and in failed the codes of the rules that do not hold.",
        ),
    ],
};

/// A model as this API shows one.
pub fn model(model: &Judged, profiles: &Profiles) -> Value {
    let facts = &model.facts;
    let said = profiles.iter().zip(&model.broken).map(|((profile, is_template), broken)| {
        json!({
            "id": profile.id.to_string(),
            "name": profile.name,
            "isTemplate": is_template,
            "accepts": broken.is_empty(),
            "failed": broken.iter().map(|rule| Rule::reason(*rule).code()).collect::<Vec<_>>(),
        })
    });
    json!({
        "displayName": facts.name,
        "aaGuid": facts.aaguid.as_ref().map(guid),
        "evidence": facts.level.name(),
        "evidenceProof": facts.proof.code(),
        "explanation": facts.proof.meaning(),
        "certification": facts.certification.name(),
        "status": facts.status,
        "isDeviceBound": facts.device_bound,
        "keyProtection": facts.protection,
        "userVerificationMethods": facts.verification,
        "attachmentHints": facts.attachment,
        "profiles": said.collect::<Vec<_>>(),
    })
}
