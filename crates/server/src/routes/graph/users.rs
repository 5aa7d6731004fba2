//! `/users`.

use super::auth::{Administrator, Deed, TRIES};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::filter::{Literal, Operator};
use super::query::{Asked, Source, Wanted};
use super::resource::{self, USER};
use crate::app::App;
use crate::seen;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::change::{Change, Conflict};
use passband_core::directory::User;
use passband_core::id::UserId;
use passband_core::manage::person::{self, PersonWish};
use passband_core::manage::{Administrators, upn};
use passband_store::{CommitError, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of `POST` and `PATCH`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UserBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    user_principal_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    account_enabled: Option<bool>,
    #[serde(default, rename = "passband_isAdministrator", deserialize_with = "given")]
    is_administrator: Option<bool>,
    #[serde(default, rename = "passband_isBreakGlass", deserialize_with = "given")]
    is_break_glass: Option<bool>,
}

impl UserBody {
    fn wish(self) -> Result<PersonWish, GraphError> {
        check_type(self.odata_type.as_deref(), USER.name)?;
        Ok(PersonWish {
            upn: self.user_principal_name,
            display_name: self.display_name,
            enabled: self.account_enabled,
            admin: self.is_administrator,
            break_glass: self.is_break_glass,
        })
    }
}

/// The person an address names, by id or by userPrincipalName.
///
/// # Errors
///
/// [`GraphError`] if there is none.
pub async fn find(app: &App, name: &str) -> Result<User, GraphError> {
    let found = match (name.parse::<UserId>(), upn(name)) {
        (Ok(id), _) => app.store.user(id).await?,
        (Err(_), Some(upn)) => app.store.user_by_upn(&upn).await?,
        (Err(_), None) => None,
    };
    found.ok_or_else(|| GraphError::not_found("user"))
}

/// `GET /users`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&USER)?;
    let listed = match known(&app, &wanted).await? {
        Some(users) => {
            let objects: Vec<_> = users.iter().map(resource::user).collect();
            wanted.slice(objects)?
        }
        None => wanted.scan(&app, &Source::Users(prefix(&wanted))).await?,
    };
    Ok(Json(wanted.answer(&app, listed)))
}

/// The one person a filter can mean, if it asks for an id or a name.
async fn known(app: &App, wanted: &Wanted<'_>) -> Result<Option<Vec<User>>, StoreError> {
    let found = if let Some(id) = wanted.filter.equal_text("id") {
        match id.parse() {
            Ok(id) => app.store.user(id).await?,
            Err(_) => None,
        }
    } else if let Some(name) = wanted.filter.equal_text("userPrincipalName") {
        app.store.user_by_upn(&name.to_lowercase()).await?
    } else {
        return Ok(None);
    };
    Ok(Some(found.into_iter().collect()))
}

/// A beginning of the name or the UPN that narrows the search; the filter itself is applied after it.
fn prefix<'a>(wanted: &'a Wanted<'_>) -> &'a str {
    let by_start = wanted.filter.0.iter().find_map(|c| match (&c.literal, c.operator) {
        (Literal::Text(text), Operator::StartsWith) if c.property.name != "id" => Some(text.as_str()),
        _ => None,
    });
    by_start.unwrap_or_default()
}

/// `POST /users`.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<UserBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let user = person::create(&body.wish()?, app.now(), app.rng())?;
    let role = if user.admin { ", administrator" } else { "" };
    let deed = Deed::new("Add user", user.id, format!("{}{role}", user.upn));
    match admin.commit(&app, vec![Change::InsertUser(user.clone())], deed).await {
        Ok(()) => {}
        Err(CommitError::Conflict(_)) => return Err(GraphError::exists("userPrincipalName")),
        Err(error) => return Err(error.into()),
    }
    let place = asked.link(&app, &format!("users/{}", user.id));
    let object = asked.object(&app, &USER, resource::user(&user))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `GET /users/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let user = find(&app, &name).await?;
    asked.object(&app, &USER, resource::user(&user)).map(Json)
}

/// `PATCH /users/{id}`.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
    Body(body): Body<UserBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let wish = body.wish()?;
    let before = find(&app, &name).await?;
    guarded(&admin, &app, before.id, |before, seen| {
        let after = person::apply(before, &wish)?;
        let deed = Deed::new("Update user", before.id, difference(before, &after));
        Ok((person::update(before, after, seen, app.now())?, deed))
    })
    .await
}

/// `DELETE /users/{id}`.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let user = find(&app, &name).await?;
    guarded(&admin, &app, user.id, |user, seen| {
        let deed = Deed::new("Delete user", user.id, user.upn.clone());
        Ok((person::delete(user, seen, app.now())?, deed))
    })
    .await
}

/// What `decide` decides about a person, committed; decided anew when people were changed meanwhile.
async fn guarded(
    admin: &Administrator,
    app: &App,
    id: UserId,
    decide: impl Fn(&User, &Administrators) -> Result<(Vec<Change>, Deed), GraphError>,
) -> Result<StatusCode, GraphError> {
    for _ in 0..TRIES {
        let (user, seen) = seen::person(app, id).await?.ok_or_else(|| GraphError::not_found("user"))?;
        let (changes, deed) = decide(&user, &seen)?;
        match admin.commit(app, changes, deed).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Conflict(Conflict::Duplicate)) => {
                return Err(GraphError::exists("userPrincipalName"));
            }
            Err(CommitError::Conflict(Conflict::Spent | Conflict::Stale)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(GraphError::busy())
}

/// What of a person changes, for the audit log.
fn difference(before: &User, after: &User) -> String {
    let mut changed = Vec::new();
    let switch = |is: bool, on, off| if is { on } else { off };
    if before.upn != after.upn {
        changed.push(format!("userPrincipalName {} to {}", before.upn, after.upn));
    }
    if before.display_name != after.display_name {
        changed.push(format!("displayName {} to {}", before.display_name, after.display_name));
    }
    if before.enabled != after.enabled {
        changed.push(switch(after.enabled, "enabled", "disabled, sessions ended").to_owned());
    }
    if before.break_glass != after.break_glass {
        changed
            .push(switch(after.break_glass, "made break-glass account", "no longer break-glass").to_owned());
    }
    if before.admin != after.admin {
        changed.push(switch(after.admin, "made administrator", "no longer administrator").to_owned());
    }
    let what = if changed.is_empty() { "nothing changed".to_owned() } else { changed.join("; ") };
    format!("{}: {what}", before.upn)
}

/// `POST /users/{id}/revokeSignInSessions`.
pub async fn revoke_sessions(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    asked.no_options()?;
    let user = find(&app, &name).await?;
    let deed = Deed::new("Revoke sign-in sessions", user.id, user.upn);
    admin.commit(&app, person::revoke_sessions(user.id, app.now()), deed).await?;
    Ok(Json(json!({ "@odata.context": asked.context(&app, "Edm.Boolean"), "value": true })))
}
