//! `/admin/users`.

use super::answer::Stop;
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, bands, next, part, show};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{Band, Notice, People, PersonRow, When};
use crate::routes::session::see_other;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::change::{Change, Conflict};
use passband_core::directory::User;
use passband_core::manage::{PersonWish, person};
use passband_store::{CommitError, Page, SignInFilter, StoreError};
use std::sync::Arc;

/// `GET /admin/users`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let page = list(&app, &admin, &query, query.done()).await?;
    Ok(show(StatusCode::OK, &page))
}

async fn list(
    app: &App,
    visitor: &Visitor,
    query: &Query,
    notice: Option<Notice>,
) -> Result<People, StoreError> {
    let search = query.get("q");
    let found = app.store.users(search, &query.page()).await?;
    let mut people = Vec::with_capacity(found.items.len());
    for user in &found.items {
        people.push(row(app, user).await?);
    }
    Ok(People {
        admin: part(app, visitor, notice),
        search: search.to_owned(),
        people,
        next: next("/admin/users", &[("q", search)], found.next),
        domain: app.domain.clone(),
    })
}

async fn row(app: &App, user: &User) -> Result<PersonRow, StoreError> {
    let (last_sign_in, band) = last_sign_in(app, user).await?;
    Ok(PersonRow {
        id: user.id.to_string(),
        name: user.display_name.clone(),
        upn: user.upn.clone(),
        is_enabled: user.enabled,
        is_admin: !user.roles.is_empty(),
        is_break_glass: user.break_glass,
        passkeys: u64::try_from(app.store.passkeys_of(user.id).await?.len()).unwrap_or(u64::MAX),
        devices: app.store.count_devices(user.id).await?,
        last_sign_in,
        band,
    })
}

/// When a person last got in, and how.
///
/// # Errors
///
/// [`StoreError`].
pub async fn last_sign_in(app: &App, user: &User) -> Result<(Option<When>, Band), StoreError> {
    let filter = SignInFilter { user: Some(user.id), granted: Some(true), ..SignInFilter::default() };
    let last = app.store.sign_ins(&filter, &Page::first(1)).await?.items.into_iter().next();
    Ok((last.as_ref().map(|line| When(line.at)), last.as_ref().map(bands::sign_in).unwrap_or_default()))
}

/// `POST /admin/users`: adds a person, and leads to their page, where the pass is made.
pub async fn create(State(app): State<Arc<App>>, act: AdminAct) -> Result<Response, Stop> {
    let wish = PersonWish {
        upn: Some(act.get("userPrincipalName").to_owned()),
        display_name: Some(act.get("displayName").trim().to_owned()),
        ..PersonWish::default()
    };
    let user = match person::create(&wish, app.now(), app.rng()) {
        Ok(user) => user,
        Err(invalid) => return refused(&app, &act, (StatusCode::BAD_REQUEST, invalid.to_string())).await,
    };
    let line = audit(&app, &act.user().upn, "Add user", user.id, user.upn.clone());
    match app.commit(vec![Change::InsertUser(user.clone()), line]).await {
        Ok(()) => Ok(see_other(&format!("/admin/users/{}#tap", user.id))),
        Err(CommitError::Conflict(Conflict::Duplicate)) => {
            let text = format!("Somebody is called {} already.", user.upn);
            refused(&app, &act, (StatusCode::CONFLICT, text)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(app: &App, act: &AdminAct, (status, text): (StatusCode, String)) -> Result<Response, Stop> {
    let notice = Notice::refused(text, "not_added");
    let page = list(app, act, &Query::read(RawQuery(None)), Some(notice)).await?;
    Ok(show(status, &page))
}
