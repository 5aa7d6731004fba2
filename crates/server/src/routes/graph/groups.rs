//! `/groups`: people under one name, for policies to speak about (Graph `group`: security groups, assigned members).

use super::auth::{Administrator, Deed};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::filter::{Literal, Operator};
use super::query::{Asked, Source, Wanted};
use super::resource::{self, USER};
use super::resource_policy::{self, GROUP};
use super::users::find as find_user;
use crate::app::App;
use crate::policies::change_members;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::change::Change;
use passband_core::directory::Group;
use passband_core::manage::group::{self, GroupWish};
use passband_core::manage::methods::Membership;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of `POST` and `PATCH`. What scripts for Graph always send is taken with the one value it can have here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GroupBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    mail_nickname: Option<String>,
    #[serde(default, deserialize_with = "given")]
    mail_enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    security_enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    group_types: Option<Vec<String>>,
}

impl GroupBody {
    fn wish(self) -> Result<GroupWish, GraphError> {
        check_type(self.odata_type.as_deref(), GROUP.name)?;
        if self.mail_enabled == Some(true) {
            return Err(GraphError::bad("mailEnabled can only be false here."));
        }
        if self.security_enabled == Some(false) {
            return Err(GraphError::bad("securityEnabled can only be true here."));
        }
        if self.group_types.is_some_and(|types| !types.is_empty()) {
            return Err(GraphError::bad("groupTypes can only be empty here: members are assigned."));
        }
        Ok(GroupWish { name: self.display_name, description: self.description, nickname: self.mail_nickname })
    }
}

/// The group an address names.
async fn find(app: &App, id: &str) -> Result<Group, GraphError> {
    let found = match id.parse() {
        Ok(id) => app.store.group(id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| GraphError::not_found("group"))
}

/// `GET /groups`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&GROUP)?;
    let listed = wanted.scan(&app, &Source::Groups(prefix(&wanted))).await?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// A beginning of the name that narrows the search; the filter itself is applied after it.
fn prefix<'a>(wanted: &'a Wanted<'_>) -> &'a str {
    let by_name = wanted.filter.0.iter().find_map(|c| match (&c.literal, c.operator) {
        (Literal::Text(text), Operator::StartsWith | Operator::Equal) if c.property.name == "displayName" => {
            Some(text.as_str())
        }
        _ => None,
    });
    by_name.unwrap_or_default()
}

/// `POST /groups`.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<GroupBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let group = group::create(&body.wish()?, app.now(), app.rng())?;
    let deed = Deed::new("Add group", group.id, group.name.clone());
    admin.commit(&app, vec![Change::InsertGroup(group.clone())], deed).await?;
    let place = asked.link(&app, &format!("groups/{}", group.id));
    let object = asked.object(&app, &GROUP, resource_policy::group(&group))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `GET /groups/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let group = find(&app, &id).await?;
    asked.object(&app, &GROUP, resource_policy::group(&group)).map(Json)
}

/// `PATCH /groups/{id}`.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<GroupBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let before = find(&app, &id).await?;
    let after = group::apply(&before, &body.wish()?)?;
    let deed = Deed::new("Update group", after.id, format!("{} to {}", before.name, after.name));
    admin.commit(&app, vec![Change::UpdateGroup(after)], deed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /groups/{id}`.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let group = find(&app, &id).await?;
    change_members(&app, admin.actor(), group.id, Membership::Dissolve).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /groups/{id}/members`.
pub async fn members(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&USER)?;
    let group = find(&app, &id).await?;
    let listed = wanted.scan(&app, &Source::Members(group.id)).await?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// The body of `POST …/$ref`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefBody {
    #[serde(rename = "@odata.id")]
    id: String,
}

/// `POST /groups/{id}/members/$ref`. The address names a person; whose server it names is not looked at, as scripts
/// for Graph name theirs.
pub async fn add_member(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<RefBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let group = find(&app, &id).await?;
    let mut parts = body.id.rsplit('/');
    let (last, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !matches!(kind, "users" | "directoryObjects") {
        return Err(GraphError::bad("@odata.id must end in users/{id} or directoryObjects/{id}."));
    }
    let user = find_user(&app, last).await?;
    change_members(&app, admin.actor(), group.id, Membership::Add(user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /groups/{id}/members/{memberId}/$ref`.
pub async fn remove_member(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path((id, member)): Path<(String, String)>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let group = find(&app, &id).await?;
    let user = find_user(&app, &member).await?;
    change_members(&app, admin.actor(), group.id, Membership::Remove(user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /users/{id}/memberOf`.
pub async fn member_of(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&GROUP)?;
    let user = find_user(&app, &name).await?;
    let groups = app.store.groups_of(user.id).await?;
    let listed = wanted.slice(groups.iter().map(resource_policy::group).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// A member as Graph shows one: a person, marked as such.
pub fn member(user: &passband_core::directory::User) -> Value {
    let mut shown = resource::user(user);
    shown["@odata.type"] = json!("#microsoft.graph.user");
    shown
}
