//! `/admin/sign-ins`: the sign-in log.

use super::answer::Stop;
use super::visit::Admin;
use super::{Query, next, part, show, story};
use crate::app::App;
use crate::pages::{self, Notice, SignInResult, SignIns};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::id::{ClientId, UserId};
use passband_core::reason::Reason;
use passband_store::{Listed, MAX_TOP, Page, SignInFilter, StoreError};
use std::sync::Arc;

/// What a filter's text led to.
enum Found<T> {
    /// The text is empty: all of them.
    All,
    /// This one.
    One(T),
    /// Nobody, or nothing.
    None,
    /// More than one; these are some of their names.
    Many(Vec<String>),
}

/// `GET /admin/sign-ins`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let asked = pages::SignInFilter {
        user: query.get("user").to_owned(),
        app: query.get("app").to_owned(),
        result: match query.get("result") {
            "allowed" => Some(SignInResult::Allowed),
            "refused" => Some(SignInResult::Refused),
            _ => None,
        },
        reason: query.get("reason").to_owned(),
    };
    let (filter, notice) = match understand(&app, &asked).await? {
        Ok(filter) => (Some(filter), None),
        Err(text) => (None, Some(Notice::refused(text, "filter"))),
    };
    let found = match filter {
        Some(filter) => app.store.sign_ins(&filter, &query.page()).await?,
        None => Listed { items: Vec::new(), next: None },
    };
    let members = [
        ("user", asked.user.as_str()),
        ("app", asked.app.as_str()),
        ("result", query.get("result")),
        ("reason", asked.reason.as_str()),
    ];
    let page = SignIns {
        admin: part(&app, &admin, notice),
        next: next("/admin/sign-ins", &members, found.next),
        rows: found.items.iter().map(story::row).collect(),
        filter: asked,
    };
    Ok(show(StatusCode::OK, &page))
}

/// The filter of the store, or what is unclear about the one that was asked for.
async fn understand(
    app: &App,
    asked: &pages::SignInFilter,
) -> Result<Result<SignInFilter, String>, StoreError> {
    let several = |what: &str, names: &[String]| {
        Ok(Err(format!("More than one {what} fits: {}. Write the one you mean in full.", names.join(", "))))
    };
    let user = match person(app, &asked.user).await? {
        Found::All => None,
        Found::One(id) => Some(id),
        Found::None => return Ok(Err(format!("Nobody's name or user name begins with \"{}\".", asked.user))),
        Found::Many(names) => return several("person", &names),
    };
    let client = match client(app, &asked.app).await? {
        Found::All => None,
        Found::One(id) => Some(id),
        Found::None => return Ok(Err(format!("No app has \"{}\" in its name.", asked.app))),
        Found::Many(names) => return several("app", &names),
    };
    let reason = match asked.reason.as_str() {
        "" => None,
        code => match Reason::from_code(code) {
            Some(reason) => Some(reason),
            None => return Ok(Err(format!("There is no reason code \"{code}\"."))),
        },
    };
    let granted = asked.result.map(|result| result == SignInResult::Allowed);
    Ok(Ok(SignInFilter { user, app: client, reason, granted, ..SignInFilter::default() }))
}

async fn person(app: &App, text: &str) -> Result<Found<UserId>, StoreError> {
    if text.is_empty() {
        return Ok(Found::All);
    }
    if let Some(user) = app.store.user_by_upn(&text.to_lowercase()).await? {
        return Ok(Found::One(user.id));
    }
    let found = app.store.users(text, &Page::first(5)).await?.items;
    Ok(match found.as_slice() {
        [] => Found::None,
        [one] => Found::One(one.id),
        more => Found::Many(more.iter().map(|user| user.upn.clone()).collect()),
    })
}

async fn client(app: &App, text: &str) -> Result<Found<ClientId>, StoreError> {
    if text.is_empty() {
        return Ok(Found::All);
    }
    if let Ok(id) = text.parse() {
        return Ok(Found::One(id));
    }
    let wanted = text.to_lowercase();
    let all = app.store.apps(&Page::first(MAX_TOP)).await?.items;
    if let Some(exact) = all.iter().find(|app| app.name.to_lowercase() == wanted) {
        return Ok(Found::One(exact.id));
    }
    let found: Vec<_> = all.iter().filter(|app| app.name.to_lowercase().contains(&wanted)).take(5).collect();
    Ok(match found.as_slice() {
        [] => Found::None,
        [one] => Found::One(one.id),
        more => Found::Many(more.iter().map(|app| app.name.clone()).collect()),
    })
}
