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
use passband_core::directory::{Passkey, Roles, Tap, User};
use passband_core::id::UserId;
use passband_core::manage::person::{self, PersonWish};
use passband_core::manage::{Administrators, Permission, act_on, may_act_on, upn};
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
    /// Checks that an administrator may change each of the properties that are sent.
    fn demand(&self, admin: &Administrator) -> Result<(), GraphError> {
        if self.account_enabled.is_some() {
            admin.demand(Permission::PeopleEnable)?;
        }
        if self.is_administrator.is_some() {
            admin.demand(Permission::RolesAssign)?;
        }
        let others =
            [self.user_principal_name.is_some(), self.display_name.is_some(), self.is_break_glass.is_some()];
        if others.contains(&true) { admin.demand(Permission::PeopleWrite) } else { Ok(()) }
    }

    fn wish(self) -> Result<PersonWish, GraphError> {
        check_type(self.odata_type.as_deref(), USER.name)?;
        Ok(PersonWish {
            upn: self.user_principal_name,
            display_name: self.display_name,
            enabled: self.account_enabled,
            give: if self.is_administrator == Some(true) { Roles::GLOBAL } else { Roles::NONE },
            take: if self.is_administrator == Some(false) { Roles::GLOBAL } else { Roles::NONE },
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

/// The person an address names, if this administrator may act on their account, and what to commit with the act.
///
/// # Errors
///
/// [`GraphError`] if there is none, or the person may do more than the administrator.
pub async fn find_to_act(
    app: &App,
    admin: &Administrator,
    name: &str,
) -> Result<(User, Vec<Change>), GraphError> {
    let seen = seen::people(app).await?;
    let user = find(app, name).await?;
    let with = act_on(admin.roles(), &user, seen, app.now())?;
    Ok((user, with))
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
    body.demand(&admin)?;
    let user = person::create(&body.wish()?, app.now(), app.rng())?;
    let role = if user.roles.is_empty() { String::new() } else { format!(", {}", user.roles.names()) };
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
    body.demand(&admin)?;
    let wish = body.wish()?;
    let before = find(&app, &name).await?;
    guarded(&admin, &app, before.id, |Seen { person: before, passes, passkeys, administrators }| {
        let after = person::apply(before, &wish)?;
        let deed = Deed::new("Update user", before.id, difference(before, &after));
        let checked = person::check(before, after, passkeys, false)
            .map_err(|reason| GraphError::planted(reason, passkeys))?;
        Ok((person::update((before, passes), checked, administrators, app.now())?, deed))
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
    guarded(&admin, &app, user.id, |Seen { person: user, administrators, .. }| {
        let deed = Deed::new("Delete user", user.id, user.upn.clone());
        Ok((person::delete(user, administrators, app.now())?, deed))
    })
    .await
}

/// What a change of a person is decided by.
pub struct Seen {
    /// The person.
    pub person: User,
    /// The passes they have.
    pub passes: Vec<Tap>,
    /// The passkeys they have.
    pub passkeys: Vec<Passkey>,
    /// Who administers.
    pub administrators: Administrators,
}

/// What `decide` decides about a person, committed, if this administrator may act on them; decided anew when people
/// were changed meanwhile.
///
/// # Errors
///
/// [`GraphError`].
pub async fn guarded(
    admin: &Administrator,
    app: &App,
    id: UserId,
    decide: impl Fn(&Seen) -> Result<(Vec<Change>, Deed), GraphError>,
) -> Result<StatusCode, GraphError> {
    for _ in 0..TRIES {
        let (person, administrators) =
            seen::person(app, id).await?.ok_or_else(|| GraphError::not_found("user"))?;
        may_act_on(admin.roles(), &person)?;
        let passes = app.store.taps_of(id).await?;
        let passkeys = app.store.passkeys_of(id).await?;
        let (changes, deed) = decide(&Seen { person, passes, passkeys, administrators })?;
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
    let (given, taken) = (after.roles.except(before.roles), before.roles.except(after.roles));
    changed.extend(given.iter().map(|role| format!("made {}", role.name())));
    changed.extend(taken.iter().map(|role| format!("no longer {}", role.name())));
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
    let (user, mut changes) = find_to_act(&app, &admin, &name).await?;
    changes.extend(person::revoke_sessions(user.id, app.now()));
    match admin.commit(&app, changes, Deed::new("Revoke sign-in sessions", user.id, user.upn)).await {
        Ok(()) => {}
        Err(CommitError::Conflict(_)) => return Err(GraphError::busy()),
        Err(error) => return Err(error.into()),
    }
    Ok(Json(json!({ "@odata.context": asked.context(&app, "Edm.Boolean"), "value": true })))
}
