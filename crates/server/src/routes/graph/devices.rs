//! `/devices`.

use super::auth::{Administrator, Deed, TRIES};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::query::{Asked, Source};
use super::resource::{self, DEVICE};
use crate::app::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use passband_core::change::{Change, Conflict};
use passband_core::compliance::{Attribute, Compliance, DeviceWish, Ownership, Told, tell};
use passband_core::directory::Device;
use passband_core::manage::may_act_on;
use passband_core::time::Timestamp;
use passband_store::{CommitError, Listed};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The body of `PATCH`. A device's other properties are its own words about itself. `null` makes unknown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeviceBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    account_enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    is_compliant: Option<Option<bool>>,
    #[serde(default, deserialize_with = "given")]
    is_managed: Option<Option<bool>>,
    #[serde(default, rename = "passband_complianceExpirationDateTime", deserialize_with = "given")]
    until: Option<String>,
    #[serde(default, deserialize_with = "given")]
    operating_system_version: Option<String>,
    #[serde(default, deserialize_with = "given")]
    device_ownership: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    manufacturer: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    model: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    mdm_app_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    enrollment_profile_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    extension_attributes: Option<BTreeMap<String, Option<String>>>,
}

impl DeviceBody {
    /// What is to be said about the device beside whether it is enabled.
    fn wish(self) -> Result<DeviceWish, GraphError> {
        let named = [
            (Attribute::Manufacturer, self.manufacturer),
            (Attribute::Model, self.model),
            (Attribute::MdmAppId, self.mdm_app_id),
            (Attribute::EnrollmentProfileName, self.enrollment_profile_name),
        ];
        let mut attributes: Vec<_> =
            named.into_iter().filter_map(|(which, value)| Some((which, value?))).collect();
        for (name, value) in self.extension_attributes.unwrap_or_default() {
            match Attribute::from_name(&name) {
                Some(which @ Attribute::Extension(_)) => attributes.push((which, value)),
                _ => {
                    return Err(GraphError::bad(format!(
                        "extensionAttributes has extensionAttribute1 to extensionAttribute15, not `{name}`."
                    )));
                }
            }
        }
        Ok(DeviceWish {
            compliant: self.is_compliant,
            managed: self.is_managed,
            until: self.until.map(|text| until(&text)).transpose()?,
            os_version: self.operating_system_version,
            ownership: self.device_ownership.map(ownership).transpose()?,
            attributes,
        })
    }
}

fn until(text: &str) -> Result<Timestamp, GraphError> {
    Timestamp::from_rfc3339(text).ok_or_else(|| {
        GraphError::bad("passband_complianceExpirationDateTime must be a time such as 2026-12-01T08:00:00Z.")
    })
}

fn ownership(name: Option<String>) -> Result<Option<Ownership>, GraphError> {
    match name.as_deref() {
        None | Some("unknown") => Ok(None),
        Some(name) => Ownership::from_name(name)
            .map(Some)
            .ok_or_else(|| GraphError::bad("deviceOwnership must be company, personal or unknown.")),
    }
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
        wanted.slice(found.iter().map(|device| resource::device(device, app.now())).collect())?
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
    asked.object(&app, &DEVICE, resource::device(&device, app.now())).map(Json)
}

/// `PATCH /devices/{id}`: enable or disable it, or say something about it.
pub async fn update(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
    Body(body): Body<DeviceBody>,
) -> Result<StatusCode, GraphError> {
    asked.no_options()?;
    check_type(body.odata_type.as_deref(), DEVICE.name)?;
    let enabled = body.account_enabled;
    let wish = body.wish()?;
    if enabled.is_none() && wish == DeviceWish::default() {
        return Err(GraphError::bad("The body names nothing that is to change."));
    }
    for _ in 0..TRIES {
        let device = find(&app, &id).await?;
        if enabled == Some(true) {
            // A device that was disabled as stolen lets its owner in again: that is acting on the owner's account.
            // Disabling and deleting only take away, and must work against a stolen device of whomever.
            if let Some(owner) = app.store.user(device.owner).await? {
                may_act_on(admin.roles(), &owner)?;
            }
        }
        let told = tell(&device, &wish, app.now())?;
        let deed = deed(&device, enabled, &told);
        let mut changes = Vec::new();
        changes.extend(enabled.map(|enabled| Change::SetDeviceEnabled { id: device.id, enabled }));
        if wish != DeviceWish::default() {
            changes.push(Change::TellDevice { id: device.id, seen: device.revision, told: Box::new(told) });
        }
        match admin.commit(&app, changes, deed).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Conflict(Conflict::Stale)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(GraphError::busy())
}

fn deed(device: &Device, enabled: Option<bool>, told: &Told) -> Deed {
    let before = Told::of(device);
    let flag = |fact: Option<bool>| fact.map_or("unknown".to_owned(), |fact| fact.to_string());
    let mut what = Vec::new();
    if told.compliance != before.compliance {
        let Compliance { compliant, managed, until } = told.compliance;
        what.push(format!(
            "isCompliant {}, isManaged {}, until {}",
            flag(compliant),
            flag(managed),
            until.rfc3339()
        ));
    }
    if told.os_version != before.os_version {
        what.push(format!("operatingSystemVersion {}", told.os_version));
    }
    if told.details.ownership != before.details.ownership {
        what.push(format!("deviceOwnership {}", told.details.ownership.map_or("unknown", Ownership::name)));
    }
    for which in Attribute::all() {
        let (old, new) = (before.details.attributes.get(&which), told.details.attributes.get(&which));
        if old != new {
            what.push(format!("{} {}", which.name(), new.map_or("taken away", String::as_str)));
        }
    }
    match enabled {
        Some(enabled) if what.is_empty() => Deed::new(
            if enabled { "Enable device" } else { "Disable device" },
            device.id,
            device.name.clone(),
        ),
        enabled => {
            what.extend(enabled.map(|enabled| format!("accountEnabled {enabled}")));
            let what = if what.is_empty() { "nothing changed".to_owned() } else { what.join("; ") };
            Deed::new("Update device", device.id, format!("{}: {what}", device.name))
        }
    }
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
