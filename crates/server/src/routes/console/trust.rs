//! `/admin/trust`: what evidence rests on, and the models in the metadata to browse.

use super::answer::Stop;
use super::visit::Admin;
use super::{Query, ROWS, next, part, show};
use crate::app::App;
use crate::pages::{MetadataState, ModelRow, RevocationState, RootRow, Trust, When};
use crate::trust::{InForce, guid, hex};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::TrustKind;
use passband_core::platform::evidence::{ModelFacts, Proof, model_facts};
use passband_core::platform::roots::Root;
use passband_core::time::Timestamp;
use passband_store::StoreError;
use std::sync::Arc;

/// `GET /admin/trust?q=…&level=…`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let (search, level) = (query.get("q").to_lowercase(), query.get("level"));
    let (held, now) = (app.trust(), app.now());
    let after = query.page().after.map_or(Ok(0), |after| after.parse::<usize>());
    let after = after.map_err(|_| StoreError::Cursor)?;
    let found = matching(&held, (&search, level), now);
    let rows = ROWS as usize;
    let more = (found.len() > after.saturating_add(rows)).then(|| (after + rows).to_string());
    let page = Trust {
        admin: part(&app, &admin, query.done()),
        metadata: metadata(&held, now),
        revocations: revocations(&held, now),
        problems: held.problems.clone(),
        roots: held.trust.roots.iter().map(root_row).collect(),
        search: query.get("q").to_owned(),
        level: level.to_owned(),
        found: found.len(),
        models: found.iter().skip(after).take(rows).map(model_row).collect(),
        next: next("/admin/trust", &[("q", query.get("q")), ("level", level)], more),
    };
    Ok(show(StatusCode::OK, &page))
}

/// The models whose name or AAGUID has this text in it, in whatever case, and that reach this level; by name.
fn matching(held: &InForce, (search, level): (&str, &str), now: Timestamp) -> Vec<ModelFacts> {
    let models = held.trust.metadata.iter().flat_map(|metadata| metadata.models());
    let fits = |facts: &ModelFacts| {
        let named = facts.name.to_lowercase().contains(search)
            || facts.aaguid.is_some_and(|aaguid| guid(&aaguid).contains(search));
        named && (level.is_empty() || facts.level.name() == level)
    };
    let mut found: Vec<_> = models.map(|model| model_facts(model, now)).filter(fits).collect();
    found.sort_by_cached_key(|facts| (facts.name.to_lowercase(), facts.aaguid));
    found
}

fn metadata(held: &InForce, now: Timestamp) -> Option<MetadataState> {
    let (metadata, origin) = (held.trust.metadata.as_ref()?, held.origin(TrustKind::Metadata)?);
    Some(MetadataState {
        edition: metadata.no(),
        models: metadata.models().len(),
        due: When(metadata.next_update()),
        is_stale: metadata.is_stale(now),
        added: When(origin.added),
        by: origin.actor.clone(),
    })
}

fn revocations(held: &InForce, now: Timestamp) -> Option<RevocationState> {
    let (list, origin) = (held.trust.revocations.as_ref()?, held.origin(TrustKind::Revocations)?);
    Some(RevocationState {
        keys: list.len(),
        is_current: list.is_current(now),
        added: When(origin.added),
        by: origin.actor.clone(),
    })
}

fn root_row(root: &Root) -> RootRow {
    RootRow {
        name: root.name().to_owned(),
        scope: root.scope().id().to_owned(),
        expires: When(root.expires()),
        is_built_in: root.is_built_in(),
        sha256: hex(&root.anchor().fingerprint()),
    }
}

fn model_row(facts: &ModelFacts) -> ModelRow {
    ModelRow {
        name: facts.name.clone(),
        aaguid: facts.aaguid.as_ref().map(guid).unwrap_or_default(),
        level: facts.level.name(),
        why: facts.proof.meaning(),
        protection: words(&facts.protection),
        verification: words(&facts.verification),
        certification: facts.certification.name(),
        status: facts.status.replace('_', " ").to_lowercase(),
        is_disqualified: facts.proof == Proof::ModelDisqualified,
    }
}

/// Names of the FIDO Registry, as people read them.
fn words(names: &[String]) -> String {
    names.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ")
}
