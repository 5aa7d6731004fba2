//! `/roleManagement/directory`: the roles there are, and who holds them.

use super::auth::{Administrator, Deed};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::query::Asked;
use super::resource::roles::{ASSIGNMENT, DEFINITION, assignment, assignment_id, definition, named_by};
use super::users::{Seen, guarded};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::directory::{Role, Roles, User};
use passband_core::id::UserId;
use passband_core::manage::person::{self, PersonWish};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The only scope there is: the whole directory.
const EVERYWHERE: &str = "/";

/// `GET …/roleDefinitions`.
pub async fn definitions(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&DEFINITION)?;
    let listed = wanted.slice(Role::ALL.into_iter().map(definition).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET …/roleDefinitions/{id}`.
pub async fn get_definition(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let role = Role::from_id(&id).ok_or_else(|| GraphError::not_found("role"))?;
    asked.object(&app, &DEFINITION, definition(role)).map(Json)
}

/// `GET …/roleAssignments`.
pub async fn assignments(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&ASSIGNMENT)?;
    let holders = app.store.role_holders().await?;
    let all = holders.iter().flat_map(|user| user.roles.iter().map(move |role| assignment(user, role)));
    let listed = wanted.slice(all.collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET …/roleAssignments/{id}`.
pub async fn get_assignment(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let (user, role) = find(&app, &id).await?;
    asked.object(&app, &ASSIGNMENT, assignment(&user, role)).map(Json)
}

async fn find(app: &App, id: &str) -> Result<(User, Role), GraphError> {
    let missing = || GraphError::not_found("role assignment");
    let (user, role) = named_by(id).ok_or_else(missing)?;
    let user = app.store.user(user).await?.ok_or_else(missing)?;
    if user.roles.contains(role) { Ok((user, role)) } else { Err(missing()) }
}

/// The body of `POST`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AssignmentBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    principal_id: String,
    role_definition_id: String,
    #[serde(default, deserialize_with = "given")]
    directory_scope_id: Option<String>,
    #[serde(default, rename = "passband_force", deserialize_with = "given")]
    force: Option<bool>,
}

/// `POST …/roleAssignments`. Passes their person has end with it, and passkeys that somebody else registered for them are
/// to be confirmed: see [`person::update`] and [`person::check`].
pub async fn assign(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<AssignmentBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    check_type(body.odata_type.as_deref(), ASSIGNMENT.name)?;
    if body.directory_scope_id.as_deref().unwrap_or(EVERYWHERE) != EVERYWHERE {
        return Err(GraphError::bad("directoryScopeId must be /: a role is good for the whole directory."));
    }
    let role = Role::from_id(&body.role_definition_id)
        .ok_or_else(|| GraphError::bad("roleDefinitionId must be the id of a role in roleDefinitions."))?;
    let user: UserId =
        body.principal_id.parse().map_err(|_| GraphError::bad("principalId must be the id of a person."))?;
    let held = app.store.user(user).await?.ok_or_else(|| GraphError::not_found("user"))?;
    if held.roles.contains(role) {
        return Err(GraphError::exists("roleDefinitionId"));
    }
    let wish = PersonWish { give: role.into(), ..PersonWish::default() };
    let confirmed = body.force.unwrap_or(false);
    change(&app, &admin, (user, &wish, confirmed), "Add member to role").await?;
    let place =
        asked.link(&app, &format!("roleManagement/directory/roleAssignments/{}", assignment_id(user, role)));
    let object = asked.object(&app, &ASSIGNMENT, assignment(&held, role))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `DELETE …/roleAssignments/{id}`.
pub async fn remove(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let (user, role) = find(&app, &id).await?;
    let wish = PersonWish { take: role.into(), ..PersonWish::default() };
    change(&app, &admin, (user.id, &wish, false), "Remove member from role").await
}

async fn change(
    app: &App,
    admin: &Administrator,
    (user, wish, confirmed): (UserId, &PersonWish, bool),
    activity: &'static str,
) -> Result<StatusCode, GraphError> {
    let roles = Roles::NONE.and(wish.give).and(wish.take).names();
    guarded(admin, app, user, |Seen { person, passes, passkeys, administrators }| {
        let after = person::apply(person, wish)?;
        let deed = Deed::new(activity, person.id, format!("{}: {roles}", person.upn));
        let checked = person::check(person, after, passkeys, confirmed)
            .map_err(|reason| GraphError::planted(reason, passkeys))?;
        Ok((person::update((person, passes), checked, administrators, app.now())?, deed))
    })
    .await
}
