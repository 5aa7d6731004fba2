//! `/account`: what a person sees of themselves, and takes away.

use super::console::answer::{self, Done, Stop, nowhere};
use super::console::rows::Belongings;
use super::console::visit::{Act, FreshAct, Visitor};
use super::console::{Query, id};
use super::hello;
use super::recovery;
use super::session::{see_other, with_cookie};
use crate::app::App;
use crate::attempt::audit;
use crate::cookie;
use crate::pages::{self, Account, Notice, Signal};
use crate::refusal::for_people;
use crate::seen;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use passband_core::authn::recovery::left;
use passband_core::change::Change;
use passband_core::id::{DeviceId, SessionId};
use passband_core::manage::display_name;
use passband_core::manage::passkey::Removal;
use passband_core::reason::Reason;
use passband_store::StoreError;
use passband_wire::b64;
use std::sync::Arc;

/// Longest credential id (WebAuthn L3 §6.5.1), as base64url.
const MAX_CREDENTIAL: usize = 1364;

/// `/account`, what is below it, the root and every address that nobody knows.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(async || see_other("/account")))
        .route("/account", get(page))
        .route("/account/recovery-codes", post(recovery::make))
        .route("/account/alarms/{kind}", post(recovery::acknowledge))
        .route("/account/passkeys/{id}/delete", post(delete_passkey))
        .route("/account/passkeys/{id}/rename", post(rename_passkey))
        .route("/account/hello-keys/{id}/delete", post(delete_hello_key))
        .route("/account/devices/{id}/delete", post(delete_device))
        .route("/account/sessions/{id}/revoke", post(end_session))
        .route("/account/sessions/revoke-all", post(end_all))
        .fallback(nowhere)
}

/// `GET /account`.
async fn page(State(app): State<Arc<App>>, visitor: Visitor, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let next = query.local("next");
    Ok(show(&app, &visitor, (StatusCode::OK, query.done()), next).await?)
}

async fn show(
    app: &App,
    visitor: &Visitor,
    (status, notice): (StatusCode, Option<Notice>),
    next: Option<String>,
) -> Result<Response, StoreError> {
    let has = Belongings::load(app, visitor.user().id).await?;
    let told = recovery::Told::load(app, visitor.user().id).await?;
    let page = Account {
        viewer: visitor.viewer(),
        csrf: visitor.csrf(app),
        notice,
        band: visitor.band(),
        passkeys: has.passkey_rows(visitor),
        devices: has.device_rows(visitor, app.now()),
        hello_keys: has.hello_key_rows(),
        sessions: has.session_rows(visitor),
        alarms: told.alarms((visitor.session().credential.as_deref(), &has.passkeys)),
        codes: told.codes(),
        next,
        signal: Some(Signal {
            rp_id: app.party.id().to_owned(),
            user_id: b64::encode(&visitor.user().handle),
            credential_ids: has.passkeys.iter().map(|passkey| b64::encode(&passkey.id)).collect(),
        }),
    };
    Ok(pages::reply(status, &page, &pages::csp(&[])))
}

async fn refused(app: &App, visitor: &Visitor, text: &str, code: &str) -> Result<Response, Stop> {
    Ok(show(app, visitor, (StatusCode::CONFLICT, Some(Notice::refused(text, code))), None).await?)
}

fn credential(app: &App, text: &str) -> Result<Vec<u8>, Stop> {
    b64::decode(text, MAX_CREDENTIAL).map_err(|_| answer::not_found(app).into())
}

/// `POST /account/passkeys/{id}/delete`. The sessions it began end with it: their standing asks for it.
async fn delete_passkey(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: FreshAct,
) -> Result<Response, Stop> {
    let id = credential(&app, &text)?;
    let user = act.user();
    let administrators = seen::administrators(&app).await?;
    let have = app.store.passkeys_of(user.id).await?;
    let codes = left(&app.store.recovery_codes_of(user.id).await?);
    let seen = Removal { administrators: &administrators, owner: user.id, have: &have };
    let mut changes = match seen.by_owner(codes, &id, app.now()) {
        Ok(changes) => changes,
        Err(reason @ (Reason::LastAdmin | Reason::LastPasskey)) => {
            return refused(&app, &act, for_people(reason), reason.code()).await;
        }
        // Another person's, or gone: the answer is the same, so that ids cannot be tried out.
        Err(_) => return Err(answer::not_found(&app).into()),
    };
    let name = have.iter().find(|passkey| passkey.id == id).map_or("", |passkey| passkey.name.as_str());
    changes.push(audit(&app, &user.upn, "Remove passkey", user.id, name));
    app.commit(changes).await?;
    Ok(Done::PasskeyRemoved.at("/account"))
}

/// `POST /account/passkeys/{id}/rename`.
async fn rename_passkey(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: Act,
) -> Result<Response, Stop> {
    let id = credential(&app, &text)?;
    let user = act.user();
    let have = app.store.passkeys_of(user.id).await?;
    if !have.iter().any(|passkey| passkey.id == id) {
        return Err(answer::not_found(&app).into());
    }
    let name = match display_name(act.get("name").trim()) {
        Ok(name) => name,
        Err(invalid) => return refused(&app, &act, &format!("The name {}.", invalid.why), "name").await,
    };
    let line = audit(&app, &user.upn, "Rename passkey", user.id, name.clone());
    app.commit(vec![Change::RenamePasskey { id, user: user.id, name }, line]).await?;
    Ok(Done::PasskeyRenamed.at("/account"))
}

/// `POST /account/hello-keys/{id}/delete`. The sessions it began end with it.
async fn delete_hello_key(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    act: FreshAct,
) -> Result<Response, Stop> {
    let user = act.user();
    let removal = hello::removal(&app, user.id, &name).await?;
    let (_, mut changes) = removal.ok_or_else(|| answer::not_found(&app))?;
    changes.push(audit(&app, &user.upn, "Remove Hello key", user.id, name));
    app.commit(changes).await?;
    Ok(Done::HelloKeyRemoved.at("/account"))
}

/// `POST /account/devices/{id}/delete`.
async fn delete_device(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: FreshAct,
) -> Result<Response, Stop> {
    let id: DeviceId = id(&app, &text)?;
    let user = act.user();
    let device = app.store.device(id).await?.filter(|device| device.owner == user.id);
    let Some(device) = device else { return Err(answer::not_found(&app).into()) };
    let line = audit(&app, &user.upn, "Delete device", id, device.name);
    app.commit(vec![Change::DeleteDevice(id), line]).await?;
    Ok(Done::DeviceDeleted.at("/account"))
}

/// `POST /account/sessions/{id}/revoke`. Ending a session only ever takes power away, so a sign-in of this
/// morning will do: whoever sees a stranger in the list should not have to look for their key first.
async fn end_session(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: Act,
) -> Result<Response, Stop> {
    let id: SessionId = id(&app, &text)?;
    let user = act.user();
    let standing = app.store.standing(id).await?.filter(|standing| standing.session.user == user.id);
    if standing.is_none() {
        return Err(answer::not_found(&app).into());
    }
    let line = audit(&app, &user.upn, "End session", user.id, id.to_string());
    app.commit(vec![Change::EndSession { id, at: app.now() }, line]).await?;
    let own = id == act.session().id;
    let answer = if own { see_other("/sign-in") } else { Done::SessionEnded.at("/account") };
    Ok(with_cookie(answer, own.then(|| cookie::clear_session(&app))))
}

/// `POST /account/sessions/revoke-all`.
async fn end_all(State(app): State<Arc<App>>, act: Act) -> Result<Response, Stop> {
    let user = act.user();
    let line = audit(&app, &user.upn, "End every session", user.id, "");
    app.commit(vec![Change::EndSessionsOf { user: user.id, at: app.now() }, line]).await?;
    Ok(with_cookie(see_other("/sign-in"), Some(cookie::clear_session(&app))))
}
