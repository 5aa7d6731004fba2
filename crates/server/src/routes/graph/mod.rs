//! The admin API: a subset of Microsoft Graph with its names, its collections, its errors (product.md; Graph v1.0).
//!
//! | module | holds |
//! |---|---|
//! | `table` | every operation, once |
//! | `auth` | who may ask for what, and the one way to write |
//! | `query`, `filter` | query options, pages |
//! | `body`, `members`, `error` | what comes in, what goes wrong |
//! | `resource`, `resource_policy` | records as Graph shows them |
//! | `users`, `groups`, `policies`, `templates`, `methods`, `on_behalf`, `recovery`, `devices`, `applications`, `logs`, `chain`, `alarms`, `roles`, `tenant`, `trust`, `signals`, `transmitters` | handlers |
//! | `access` | handlers of conditional access |
//! | `openapi` | the document made from the tables |

pub mod access;
pub mod alarms;
pub mod applications;
pub mod auth;
pub mod body;
pub mod chain;
pub mod devices;
pub mod error;
pub mod filter;
pub mod groups;
pub mod hello_keys;
pub mod logs;
pub mod members;
pub mod methods;
pub mod on_behalf;
pub mod openapi;
pub mod policies;
pub mod query;
pub mod recovery;
pub mod resource;
pub mod resource_policy;
pub mod roles;
pub mod signals;
pub mod table;
pub mod templates;
pub mod tenant;
pub mod transmitters;
pub mod trust;
pub mod users;

use crate::app::App;
use auth::Administrator;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{any, get};
use axum::{Router, middleware};
use error::GraphError;
use std::sync::Arc;

/// The routes under `/v1.0` and `/beta`.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let mut routes = Router::new();
    for version in ["/v1.0", "/beta"] {
        routes = routes.route(&format!("{version}/openapi.json"), get(openapi::get));
        for operation in table::OPERATIONS {
            routes = routes.route(&format!("{version}{}", operation.path), (operation.handler)());
        }
        routes = routes.route(&format!("{version}/{{*path}}"), any(nothing_here));
    }
    routes
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(Arc::clone(app), auth::guard))
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(app), error::stamp))
}

/// Whoever may not ask is not told what there is.
async fn nothing_here(_: Administrator) -> GraphError {
    GraphError::not_found("address")
}

async fn no_such_method(_: Administrator) -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
