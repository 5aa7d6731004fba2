//! `/users/{id}/authentication`: passes and passkeys.

use super::auth::{Administrator, Deed, TRIES};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::on_behalf;
use super::query::Asked;
use super::resource::{self, PASSKEY, TAP};
use super::users::{find, find_to_act};
use crate::app::App;
use crate::seen;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::authn::methods::TapPolicy;
use passband_core::authn::tap::Wish;
use passband_core::change::Change;
use passband_core::directory::{Passkey, User};
use passband_core::id::TapId;
use passband_core::manage::passkey::Removal;
use passband_core::manage::{Permission, person};
use passband_core::reason::Reason;
use passband_core::time::{Seconds, Timestamp};
use passband_store::CommitError;
use passband_wire::b64;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// How far ahead a pass may begin.
const FURTHEST_START: Seconds = Seconds::days(90);

/// Longest credential id (WebAuthn L3 §4, "credential ID"), bytes.
const MAX_CREDENTIAL_ID: usize = 1023;

/// The body of `POST …/temporaryAccessPassMethods`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TapBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    lifetime_in_minutes: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    is_usable_once: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    start_date_time: Option<String>,
}

impl TapBody {
    fn wish(&self, policy: &TapPolicy, now: Timestamp) -> Result<Wish, GraphError> {
        check_type(self.odata_type.as_deref(), TAP.name)?;
        let starts = match &self.start_date_time {
            None => None,
            Some(text) => {
                let start = Timestamp::from_rfc3339(text).filter(|start| *start <= now + FURTHEST_START);
                Some(start.ok_or_else(|| {
                    GraphError::bad(
                        "startDateTime must be a time such as 2026-12-01T08:00:00Z, within 90 days.",
                    )
                })?)
            }
        };
        Ok(Wish {
            minutes: self.lifetime_in_minutes.unwrap_or(policy.default),
            once: self.is_usable_once.unwrap_or(false),
            starts,
            length: policy.length,
        })
    }
}

/// `GET …/temporaryAccessPassMethods`.
pub async fn list_taps(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&TAP)?;
    let user = find(&app, &name).await?;
    let taps = app.store.taps_of(user.id).await?;
    let now = app.now();
    let listed = wanted.slice(taps.iter().map(|tap| resource::tap(tap, now)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `POST …/temporaryAccessPassMethods`. The answer is the only place where the pass is ever written.
pub async fn create_tap(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
    Body(body): Body<TapBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let now = app.now();
    let policy = app.newest_methods_policy().await?.policy;
    let wish = body.wish(&policy.passes, now)?;
    let (user, guard) = find_to_act(&app, &admin, &name).await?;
    let have = app.store.taps_of(user.id).await?;
    let (tap, pass, mut changes) =
        person::new_pass(user.id, &have, wish, (&policy.passes, &app.master), (now, app.rng()))?;
    changes.extend(guard);
    let replaced = if have.is_empty() { "" } else { ", replaces the one before" };
    let once = if tap.once { "one-time" } else { "multi-use" };
    let detail = format!("{}: {} minutes, {once}{replaced}", user.upn, wish.minutes);
    match admin.commit(&app, changes, Deed::new("Create Temporary Access Pass", user.id, detail)).await {
        Ok(()) => {}
        // A pass that was to be replaced went away meanwhile.
        Err(CommitError::Conflict(_)) => return Err(GraphError::busy()),
        Err(error) => return Err(error.into()),
    }
    let mut shown = resource::tap(&tap, now);
    shown["temporaryAccessPass"] = pass.as_str().into();
    let path = format!("users/{}/authentication/temporaryAccessPassMethods/{}", user.id, tap.id);
    let object = asked.object(&app, &TAP, shown)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, asked.link(&app, &path))], Json(object)).into_response())
}

/// `GET …/temporaryAccessPassMethods/{id}`.
pub async fn get_tap(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, GraphError> {
    let user = find(&app, &name).await?;
    let taps = app.store.taps_of(user.id).await?;
    let tap = taps.iter().find(|tap| id.parse() == Ok(tap.id)).ok_or_else(no_tap)?;
    asked.object(&app, &TAP, resource::tap(tap, app.now())).map(Json)
}

/// `DELETE …/temporaryAccessPassMethods/{id}`.
pub async fn delete_tap(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let (user, mut changes) = find_to_act(&app, &admin, &name).await?;
    let id: TapId = id.parse().map_err(|_| no_tap())?;
    let deed = Deed::new("Delete Temporary Access Pass", user.id, format!("{}: {id}", user.upn));
    changes.push(Change::DeleteTap { id, user: user.id });
    match admin.commit(&app, changes, deed).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(CommitError::Conflict(_)) => Err(no_tap()),
        Err(error) => Err(error.into()),
    }
}

fn no_tap() -> GraphError {
    GraphError::not_found("Temporary Access Pass")
}

/// `GET …/fido2Methods`.
pub async fn list_passkeys(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&PASSKEY)?;
    let user = find(&app, &name).await?;
    let passkeys = app.store.passkeys_of(user.id).await?;
    let listed = wanted.slice(passkeys.iter().map(|passkey| shown(&app, passkey)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// A passkey with the name of its model, and whether that is proved.
pub fn shown(app: &App, passkey: &Passkey) -> Value {
    let mut shown = resource::passkey(passkey);
    let held = app.trust();
    let model = held.model_name(passkey);
    shown["model"] = model.map(|model| model.name).into();
    shown["passband_isModelProved"] = model.is_some_and(|model| model.is_proved).into();
    shown
}

/// A person's passkey by its id, and all they have.
async fn find_passkey(app: &App, user: &User, id: &str) -> Result<(Passkey, Vec<Passkey>), GraphError> {
    let missing = || GraphError::not_found("passkey");
    let id = b64::decode(id, MAX_CREDENTIAL_ID).map_err(|_| missing())?;
    let passkeys = app.store.passkeys_of(user.id).await?;
    let found = passkeys.iter().find(|passkey| passkey.id == id).cloned().ok_or_else(missing)?;
    Ok((found, passkeys))
}

/// `GET …/fido2Methods/{id}`, and the function that OData calls in the same place.
pub async fn get_passkey(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, GraphError> {
    if let Some(minutes) = on_behalf::called(&id) {
        asked.no_options()?;
        admin.demand(Permission::PasskeysCreate)?;
        return on_behalf::creation_options(&app, &admin, &asked, (&name, minutes?)).await;
    }
    let user = find(&app, &name).await?;
    let (passkey, _) = find_passkey(&app, &user, &id).await?;
    asked.object(&app, &PASSKEY, shown(&app, &passkey)).map(Json)
}

/// `DELETE …/fido2Methods/{id}`. An administrator may delete the last one too, since it may be the stolen one, and says
/// so with `passband_force=true`.
pub async fn delete_passkey(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, GraphError> {
    let confirmed = asked.flag("passband_force")?;
    for _ in 0..TRIES {
        let (user, guard) = find_to_act(&app, &admin, &name).await?;
        let administrators = seen::administrators(&app).await?;
        let (passkey, have) = find_passkey(&app, &user, &id).await?;
        let seen = Removal { administrators: &administrators, owner: user.id, have: &have };
        let changes = match seen.by_administrator(confirmed, &passkey.id, app.now()) {
            Ok(changes) => [changes, guard].concat(),
            Err(Reason::LastPasskey) => return Err(GraphError::last_passkey()),
            Err(reason) => return Err(reason.into()),
        };
        let last = if have.len() == 1 { ", the last one" } else { "" };
        let deed = Deed::new("Delete passkey", user.id, format!("{}: {}{last}", user.upn, passkey.name));
        match admin.commit(&app, changes, deed).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            // The list of passkeys, or of people, is another by now: decided anew.
            Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(GraphError::busy())
}
