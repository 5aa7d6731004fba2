//! `/admin`, the console: parse, ask the core what may be done, commit it with its line in the audit log.

mod access;
mod alarms;
pub mod answer;
mod apps;
pub mod bands;
mod devices;
mod keys;
mod models;
mod overview;
mod passkey_policy;
mod people;
mod person;
mod policies;
pub mod rows;
mod sign_ins;
mod signals;
mod story;
mod trust;
pub mod visit;

use crate::app::App;
use crate::pages::{self, Notice};
use answer::{Done, Stop};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use std::str::FromStr;
use std::sync::Arc;
use visit::Visitor;

use crate::extract::Params;
use crate::routes::session::local;
use passband_store::Page;

/// Rows of a list on one page.
const ROWS: u32 = 25;

/// `/admin` and what is below it.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/admin", get(overview::get))
        .route("/admin/alarms/{id}/{kind}", post(alarms::acknowledge))
        .route("/admin/users", get(people::get).post(people::create))
        .route("/admin/users/{id}", get(person::get))
        .route("/admin/users/{id}/{act}", post(person::act))
        .route("/admin/users/{id}/passkeys/{passkey}/delete", post(person::delete_passkey))
        .route("/admin/users/{id}/hello-keys/{key}/delete", post(person::delete_hello_key))
        .route("/admin/devices", get(devices::get))
        .route("/admin/devices/{id}/{act}", post(devices::act))
        .route("/admin/apps", get(apps::get).post(apps::create))
        .route("/admin/apps/{id}/{act}", post(apps::act))
        .route("/admin/sign-ins", get(sign_ins::get))
        .route("/admin/trust", get(trust::get))
        .route("/admin/passkey-policy", get(passkey_policy::get))
        .route("/admin/passkey-policy/{act}", post(passkey_policy::act))
        .route("/admin/access", get(access::get))
        .route("/admin/access/what-if", get(access::what_if::get))
        .route("/admin/access/{id}", get(access::policy::get))
        .route("/admin/access/{id}/check", post(access::policy::check))
        .route("/admin/access/{id}/versions/{number}", get(access::policy::at_version))
        .route("/admin/access/{id}/{act}", post(access::act::post))
        .route("/admin/signals", get(signals::get))
        .route("/admin/signals/receivers", post(signals::let_in))
        .route("/admin/signals/receivers/{id}/renew", post(signals::renew))
        .route("/admin/signals/receivers/{id}/delete", post(signals::shut_out))
        .route("/admin/signals/transmitters", post(signals::register))
        .route("/admin/signals/transmitters/{id}/delete", post(signals::remove))
        .route("/admin/keys", get(keys::get))
        .route("/admin/keys/rotate", post(keys::rotate))
        .layer(middleware::from_fn_with_state(Arc::clone(app), visit::guard))
}

/// What every page of the console has.
fn part(app: &App, visitor: &Visitor, notice: Option<Notice>) -> pages::Admin {
    pages::Admin { viewer: visitor.viewer(), roles: visitor.user().roles, csrf: visitor.csrf(app), notice }
}

fn show(status: StatusCode, page: &impl askama::Template) -> Response {
    pages::reply(status, page, &pages::csp(&[]))
}

/// An id of a path, or the page that says there is no such thing.
pub fn id<T: FromStr>(app: &App, text: &str) -> Result<T, Stop> {
    text.parse().map_err(|_| answer::not_found(app).into())
}

/// The members of a query; none if it cannot be read.
pub struct Query(Params);

impl Query {
    /// Reads it.
    pub fn read(RawQuery(query): RawQuery) -> Self {
        Self(Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default())
    }

    /// What a form has just done, if the address says so.
    pub fn done(&self) -> Option<Notice> {
        Done::notice(self.0.get("done"))
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).trim()
    }

    /// A path of our own that a member names; nothing else.
    pub fn local(&self, name: &str) -> Option<String> {
        self.0.non_empty(name).and_then(local).map(str::to_owned)
    }

    /// The part of a list that is asked for.
    fn page(&self) -> Page {
        Page { after: self.0.non_empty("after").map(str::to_owned), top: ROWS }
    }
}

/// The address of a list's next page.
fn next(list: &str, members: &[(&str, &str)], after: Option<String>) -> Option<String> {
    let after = after?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(members.iter().filter(|(_, value)| !value.is_empty()));
    query.append_pair("after", &after);
    Some(format!("{list}?{}", query.finish()))
}
