//! `/applications`.

use super::auth::{Administrator, Deed, TRIES};
use super::body::{Body, Object, check_type, given};
use super::error::GraphError;
use super::query::{Asked, Source};
use super::resource::{self, APPLICATION};
use crate::access::kept::{APP_IS_NAMED, names_app};
use crate::app::App;
use crate::seen;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::change::{Change, Conflict};
use passband_core::directory::App as AppRecord;
use passband_core::manage::app::{self, AppWish, is_built_in};
use passband_core::manage::{Generation, display_name};
use passband_store::CommitError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of `POST` and `PATCH`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AppBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    identifier_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    web: Option<Object<Web>>,
    #[serde(default, deserialize_with = "given")]
    public_client: Option<Object<Redirects>>,
    #[serde(default, deserialize_with = "given")]
    spa: Option<Object<Redirects>>,
    #[serde(default, rename = "passband_enabled", deserialize_with = "given")]
    enabled: Option<bool>,
    /// `null` takes it away.
    #[serde(default, rename = "passband_backchannelLogoutUri", deserialize_with = "given")]
    backchannel_logout: Option<Option<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Web {
    #[serde(default, deserialize_with = "given")]
    redirect_uris: Option<Vec<String>>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    logout_url: Option<Option<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Redirects {
    #[serde(default, deserialize_with = "given")]
    redirect_uris: Option<Vec<String>>,
}

impl AppBody {
    fn wish(self) -> Result<AppWish, GraphError> {
        check_type(self.odata_type.as_deref(), APPLICATION.name)?;
        if self.spa.and_then(|spa| spa.0.redirect_uris).is_some_and(|uris| !uris.is_empty()) {
            return Err(GraphError::bad(
                "spa.redirectUris must be empty: register them under web. An application without a secret is a \
                 public client here, and PKCE is always required.",
            ));
        }
        let (web_redirects, logout) =
            self.web.map_or((None, None), |web| (web.0.redirect_uris, web.0.logout_url));
        Ok(AppWish {
            name: self.display_name,
            web_redirects,
            native_redirects: self.public_client.and_then(|group| group.0.redirect_uris),
            logout,
            identifiers: self.identifier_uris,
            enabled: self.enabled,
            backchannel_logout: self.backchannel_logout,
        })
    }
}

async fn find(app: &App, id: &str) -> Result<Arc<AppRecord>, GraphError> {
    app.store.app(id.parse().map_err(|_| missing())?).await?.ok_or_else(missing)
}

fn missing() -> GraphError {
    GraphError::not_found("application")
}

fn taken(error: CommitError) -> GraphError {
    match error {
        CommitError::Conflict(Conflict::Duplicate) => GraphError::exists("identifierUris"),
        error => error.into(),
    }
}

/// `GET /applications`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&APPLICATION)?;
    let id = wanted.filter.equal_text("appId").or(wanted.filter.equal_text("id"));
    let listed = if let Some(id) = id {
        let found = match id.parse() {
            Ok(id) => app.store.app(id).await?,
            Err(_) => None,
        };
        wanted.slice(found.iter().map(|record| resource::application(record)).collect())?
    } else {
        wanted.scan(&app, &Source::Applications).await?
    };
    Ok(Json(wanted.answer(&app, listed)))
}

/// `POST /applications`.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<AppBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    let record = app::create(&body.wish()?, app.issuer(), app.now(), app.rng())?;
    let deed = Deed::new("Add application", record.id, record.name.clone());
    admin.commit(&app, vec![Change::InsertApp(record.clone())], deed).await.map_err(taken)?;
    let place = asked.link(&app, &format!("applications/{}", record.id));
    let object = asked.object(&app, &APPLICATION, resource::application(&record))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}

/// `GET /applications/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let record = find(&app, &id).await?;
    asked.object(&app, &APPLICATION, resource::application(&record)).map(Json)
}

/// `PATCH /applications/{id}`.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<AppBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let wish = body.wish()?;
    replaced(&admin, &app, &id, |before| {
        let after = app::apply(before, &wish, app.issuer())?;
        let deed = Deed::new("Update application", after.id, difference(before, &after));
        Ok((after, deed))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The application an address names, and what was seen before it.
async fn found(app: &App, id: &str) -> Result<(Arc<AppRecord>, Generation), GraphError> {
    let found = match id.parse() {
        Ok(id) => seen::application(app, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(missing)
}

/// What `decide` makes of an application, committed; decided anew when applications were changed meanwhile.
async fn replaced(
    admin: &Administrator,
    app: &App,
    id: &str,
    decide: impl Fn(&AppRecord) -> Result<(AppRecord, Deed), GraphError>,
) -> Result<AppRecord, GraphError> {
    for _ in 0..TRIES {
        let (before, seen) = found(app, id).await?;
        let (after, deed) = decide(&before)?;
        match admin.commit(app, app::update(after.clone(), seen, app.now()), deed).await {
            Ok(()) => return Ok(after),
            Err(CommitError::Conflict(Conflict::Spent | Conflict::Stale)) => {}
            Err(error) => return Err(taken(error)),
        }
    }
    Err(GraphError::busy())
}

/// What of an application changes, for the audit log.
fn difference(before: &AppRecord, after: &AppRecord) -> String {
    let changes = [
        (before.name != after.name, format!("displayName {} to {}", before.name, after.name)),
        (before.redirect_uris != after.redirect_uris, format!("redirects {}", after.redirect_uris.join(" "))),
        (before.logout_uris != after.logout_uris, format!("logoutUrl {}", after.logout_uris.join(" "))),
        (
            before.identifier_uris != after.identifier_uris,
            format!("identifierUris {}", after.identifier_uris.join(" ")),
        ),
        (
            before.backchannel_logout_uri != after.backchannel_logout_uri,
            format!("backchannelLogoutUri {}", after.backchannel_logout_uri.as_deref().unwrap_or("none")),
        ),
        (before.enabled != after.enabled, if after.enabled { "enabled" } else { "disabled" }.to_owned()),
    ];
    let changed: Vec<_> = changes.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect();
    let what = if changed.is_empty() { "nothing changed".to_owned() } else { changed.join("; ") };
    format!("{}: {what}", before.name)
}

/// `DELETE /applications/{id}`.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    for _ in 0..TRIES {
        let (record, seen) = found(&app, &id).await?;
        if is_built_in(record.id) {
            return Err(GraphError::forbidden("A built-in application cannot be deleted."));
        }
        if names_app(&app.newest_access().await?.set, record.id) {
            return Err(GraphError::conflict(APP_IS_NAMED));
        }
        let deed = Deed::new("Delete application", record.id, record.name.clone());
        match admin.commit(&app, app::delete(record.id, seen, app.now()), deed).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Conflict(Conflict::Spent)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(GraphError::busy())
}

/// The body of `POST …/addPassword`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddPasswordBody {
    #[serde(default, deserialize_with = "given")]
    password_credential: Option<Object<PasswordCredential>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PasswordCredential {
    #[serde(default, deserialize_with = "given")]
    display_name: Option<String>,
}

/// `POST /applications/{id}/addPassword`: a client secret, shown once. An application has one: a new one replaces
/// the one before.
pub async fn add_password(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<AddPasswordBody>,
) -> Result<Json<Value>, GraphError> {
    asked.no_options()?;
    let called = body.password_credential.and_then(|credential| credential.0.display_name);
    let called = called.map(|name| display_name(&name)).transpose()?;
    let secret = app::new_secret(app.rng());
    let after = replaced(&admin, &app, &id, |before| {
        if is_built_in(before.id) {
            return Err(GraphError::forbidden("A built-in application has no secret."));
        }
        let after = AppRecord { secret_hash: Some(app::secret_hash(&secret)), ..before.clone() };
        let replaced = if before.secret_hash.is_some() { ", replaces the one before" } else { "" };
        let name = called.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let deed = Deed::new("Add client secret", after.id, format!("{}{name}{replaced}", after.name));
        Ok((after, deed))
    })
    .await?;
    Ok(Json(json!({
        "@odata.context": asked.context(&app, "microsoft.graph.passwordCredential"),
        "keyId": resource::secret_id(&after).map(|id| id.to_string()),
        "displayName": called,
        "secretText": secret.as_str(),
        "startDateTime": app.now().rfc3339(),
        "endDateTime": null,
    })))
}

/// The body of `POST …/removePassword`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RemovePasswordBody {
    key_id: String,
}

/// `POST /applications/{id}/removePassword`: the application is a public client again.
pub async fn remove_password(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<RemovePasswordBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    replaced(&admin, &app, &id, |before| {
        if resource::secret_id(before).is_none_or(|id| body.key_id.parse() != Ok(id)) {
            return Err(GraphError::bad(
                "keyId is not that of the application's secret; see passwordCredentials.",
            ));
        }
        let after = AppRecord { secret_hash: None, ..before.clone() };
        let detail = format!("{}: a public client from now on", after.name);
        let deed = Deed::new("Remove client secret", after.id, detail);
        Ok((after, deed))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
