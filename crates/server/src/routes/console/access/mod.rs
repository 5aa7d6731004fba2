//! `/admin/access`: the policies of conditional access.
//!
//! | module | holds |
//! |---|---|
//! | this one | the list |
//! | `words` | a policy in words |
//! | [`policy`] | one policy: its document, what a change of it would do, its history |
//! | [`act`] | forms that change something |
//! | [`what_if`] | a sign-in that nobody has made |

pub mod act;
pub mod policy;
pub mod what_if;
mod words;

use super::answer::Stop;
use super::visit::Admin;
use super::{Query, part, show};
use crate::access::change::{ETAG, version_of};
use crate::app::App;
use crate::pages::{Access, AccessRow, AccessState, AccessWords, DeletedRow, When};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::{AccessKind, AccessVersion};
use passband_store::Page;
use serde_json::Value;
use std::sync::Arc;

/// Deleted policies that are shown.
const DELETED: u32 = 25;

/// `GET /admin/access`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let newest = app.newest_access().await?;
    let mut policies: Vec<_> =
        newest.documents.of(AccessKind::Policy).iter().map(|(id, document)| row(id, document)).collect();
    policies.sort_by_key(|policy| policy.name.to_lowercase());
    let deleted = app.store.access_deleted(AccessKind::Policy, &Page::first(DELETED)).await?.items;
    let page = Access {
        admin: part(&app, &admin, Query::read(query).done()),
        policies,
        deleted: deleted.iter().map(gone).collect(),
    };
    Ok(show(StatusCode::OK, &page))
}

fn row(id: &str, document: &Value) -> AccessRow {
    let AccessWords { whom, what, when, asks } = words::words(document);
    AccessRow {
        name: name(document),
        id: id.to_owned(),
        state: AccessState::of(document["state"].as_str().unwrap_or_default()),
        whom,
        what,
        when,
        asks,
        version: version(document),
    }
}

fn gone(version: &AccessVersion) -> DeletedRow {
    let document: Value = serde_json::from_str(&version.document).unwrap_or_default();
    DeletedRow {
        name: name(&document),
        id: version.id.clone(),
        number: version.number,
        at: When(version.at),
        by: version.actor.clone(),
    }
}

/// Graph `displayName`.
fn name(document: &Value) -> String {
    document["displayName"].as_str().unwrap_or_default().to_owned()
}

/// The version a document in force says it is.
fn version(document: &Value) -> u32 {
    document[ETAG].as_str().and_then(version_of).unwrap_or_default()
}
