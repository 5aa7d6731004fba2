//! `/devices`.

use super::auth::{Administrator, Deed};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::query::{Asked, Source};
use super::resource::{self, DEVICE};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::directory::Device;
use passband_core::manage::may_act_on;
use passband_store::Listed;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The body of `PATCH`. A device's other properties are its own words about itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeviceBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    account_enabled: Option<bool>,
}

async fn find(app: &App, id: &str) -> Result<Device, GraphError> {
    let missing = || GraphError::not_found("device");
    app.store.device(id.parse().map_err(|_| missing())?).await?.ok_or_else(missing)
}

/// `GET /devices`.
pub async fn list(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&DEVICE)?;
    let id = wanted.filter.equal_text("deviceId").or(wanted.filter.equal_text("id"));
    let listed = if let Some(id) = id {
        let found = match id.parse() {
            Ok(id) => app.store.device(id).await?,
            Err(_) => None,
        };
        wanted.slice(found.iter().map(resource::device).collect())?
    } else {
        match wanted.filter.equal_text("passband_ownerId").map(str::parse) {
            Some(Err(_)) => Listed { items: Vec::new(), next: None },
            Some(Ok(owner)) => wanted.scan(&app, &Source::Devices(Some(owner))).await?,
            None => wanted.scan(&app, &Source::Devices(None)).await?,
        }
    };
    Ok(Json(wanted.answer(&app, listed)))
}

/// `GET /devices/{id}`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let device = find(&app, &id).await?;
    asked.object(&app, &DEVICE, resource::device(&device)).map(Json)
}

/// `PATCH /devices/{id}`: enable or disable.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<DeviceBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    check_type(body.odata_type.as_deref(), DEVICE.name)?;
    let device = find(&app, &id).await?;
    let Some(enabled) = body.account_enabled else {
        return Err(GraphError::bad(
            "accountEnabled is required: it is all that can be changed of a device.",
        ));
    };
    if enabled {
        // A device that was disabled as stolen lets its owner in again: that is acting on the owner's account.
        // Disabling and deleting only take away, and must work against a stolen device of whomever.
        if let Some(owner) = app.store.user(device.owner).await? {
            may_act_on(admin.roles(), &owner)?;
        }
    }
    let activity = if enabled { "Enable device" } else { "Disable device" };
    let deed = Deed::new(activity, device.id, device.name);
    admin.commit(&app, vec![Change::SetDeviceEnabled { id: device.id, enabled }], deed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /devices/{id}`.
pub async fn delete(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    let device = find(&app, &id).await?;
    let deed = Deed::new("Delete device", device.id, device.name);
    admin.commit(&app, vec![Change::DeleteDevice(device.id)], deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
