//! `/admin/trust`: what evidence rests on, and the models in the metadata to browse.

use super::answer::Stop;
use super::models::models;
use super::visit::Admin;
use super::{Query, part, show};
use crate::app::App;
use crate::pages::{MetadataState, RevocationState, RootRow, Trust, When};
use crate::trust::{InForce, hex};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::TrustKind;
use passband_core::platform::roots::Root;
use passband_core::time::Timestamp;
use std::sync::Arc;

/// `GET /admin/trust?q=…&level=…&profile=…&verdict=…`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let (held, now) = (app.trust(), app.now());
    let page = Trust {
        admin: part(&app, &admin, query.done()),
        metadata: metadata(&held, now),
        revocations: revocations(&held, now),
        problems: held.problems.clone(),
        roots: held.trust.roots.iter().map(root_row).collect(),
        models: models(&app, &query).await?,
    };
    Ok(show(StatusCode::OK, &page))
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
