//! `/admin/apps`.

use super::answer::{self, Done, Stop};
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, id, next, part, show};
use crate::access::kept::{APP_IS_NAMED, names_app};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{AppRow, Apps, NewApp, Notice, Secret, When};
use crate::seen;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::change::Change;
use passband_core::directory::App as AppRecord;
use passband_core::id::ClientId;
use passband_core::manage::{AppWish, app as manage};
use passband_store::StoreError;
use std::sync::Arc;

/// `GET /admin/apps`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let page = list(&app, &admin, &query, (query.done(), None)).await?;
    Ok(show(StatusCode::OK, &page))
}

async fn list(
    app: &App,
    visitor: &Visitor,
    query: &Query,
    (notice, new_app): (Option<Notice>, Option<NewApp>),
) -> Result<Apps, StoreError> {
    let found = app.store.apps(&query.page()).await?;
    Ok(Apps {
        admin: part(app, visitor, notice),
        apps: found.items.iter().map(row).collect(),
        next: next("/admin/apps", &[], found.next),
        new_app,
        issuer: app.issuer().to_owned(),
    })
}

fn row(app: &AppRecord) -> AppRow {
    AppRow {
        id: app.id.to_string(),
        name: app.name.clone(),
        client_id: app.id.to_string(),
        is_confidential: app.secret_hash.is_some(),
        is_enabled: app.enabled,
        is_built_in: manage::is_built_in(app.id),
        redirect_uris: app.redirect_uris.clone(),
        created: When(app.created),
    }
}

/// `POST /admin/apps`: registers an app and shows its secret, this once.
pub async fn create(State(app): State<Arc<App>>, act: AdminAct) -> Result<Response, Stop> {
    let lines = act.get("redirectUris").lines().map(str::trim).filter(|line| !line.is_empty());
    let (web, native) = lines.map(str::to_owned).partition(|uri| manage::is_web(uri));
    let wish = AppWish {
        name: Some(act.get("displayName").trim().to_owned()),
        web_redirects: Some(web),
        native_redirects: Some(native),
        ..AppWish::default()
    };
    let mut made = match manage::create(&wish, app.issuer(), app.now(), app.rng()) {
        Ok(made) => made,
        Err(invalid) => {
            let notice = Notice::refused(words(&invalid), "not_registered");
            let page = list(&app, &act, &Query::read(RawQuery(None)), (Some(notice), None)).await?;
            return Ok(show(StatusCode::BAD_REQUEST, &page));
        }
    };
    // Anything but a clear wish for a public client gets a secret.
    let secret = (act.get("clientType") != "public").then(|| manage::new_secret(app.rng()));
    made.secret_hash = secret.as_ref().map(|secret| manage::secret_hash(secret));
    let line = audit(&app, &act.user().upn, "Add application", made.id, made.name.clone());
    app.commit(vec![Change::InsertApp(made.clone()), line]).await?;
    let shown = NewApp {
        name: made.name,
        client_id: made.id.to_string(),
        secret: secret.map(|secret| Secret::new(secret.to_string())),
    };
    let page = list(&app, &act, &Query::read(RawQuery(None)), (None, Some(shown))).await?;
    Ok(show(StatusCode::OK, &page))
}

/// What is wrong, in the words of the form.
fn words(invalid: &passband_core::manage::Invalid) -> String {
    let field = match invalid.property {
        "displayName" => "The name",
        _ => "The redirect URIs",
    };
    format!("{field} {}.", invalid.why)
}

/// `POST /admin/apps/{id}/{act}`.
pub async fn act(
    State(app): State<Arc<App>>,
    Path((text, what)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let id: ClientId = id(&app, &text)?;
    let gone = || Stop::from(answer::not_found(&app));
    let (before, seen) = seen::application(&app, id).await?.ok_or_else(gone)?;
    let switch =
        |enabled| manage::update(AppRecord { enabled, ..AppRecord::clone(&before) }, seen, app.now());
    let (mut changes, activity, done) = match what.as_str() {
        "enable" => (switch(true), "Enable application", Done::AppEnabled),
        "disable" => (switch(false), "Disable application", Done::AppDisabled),
        // The installation rests on the built-in ones; the page has no such button for them.
        "delete" if !manage::is_built_in(id) => {
            if names_app(&app.newest_access().await?.set, id) {
                let notice = Notice::refused(APP_IS_NAMED.to_owned(), "not_deleted");
                let page = list(&app, &act, &Query::read(RawQuery(None)), (Some(notice), None)).await?;
                return Ok(show(StatusCode::CONFLICT, &page));
            }
            (manage::delete(id, seen, app.now()), "Delete application", Done::AppDeleted)
        }
        _ => return Err(gone()),
    };
    changes.push(audit(&app, &act.user().upn, activity, id, before.name.clone()));
    app.commit(changes).await?;
    Ok(done.at("/admin/apps"))
}
