//! `/admin/devices`.

use super::answer::{self, Done, Stop};
use super::visit::{Admin, AdminAct};
use super::{Query, id, next, part, rows, show};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{DeviceLine, Devices, Link};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::change::Change;
use passband_core::id::DeviceId;
use passband_core::manage::may_act_on;
use passband_core::policy::signal::Factors;
use std::sync::Arc;

/// `GET /admin/devices`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let search = query.get("q");
    let found = app.store.find_devices(search, &query.page()).await?;
    let session = admin.session();
    let signed = session.factors.contains(Factors::DEVICE_KEY);
    let line = |(device, owner): &(passband_core::directory::Device, Option<_>)| DeviceLine {
        device: rows::device_row(device, (session.device == Some(device.id), signed), app.now()),
        owner: owner.as_ref().map(|owner: &passband_core::directory::User| Link {
            href: format!("/admin/users/{}", owner.id),
            text: owner.display_name.clone(),
        }),
    };
    let page = Devices {
        admin: part(&app, &admin, query.done()),
        search: search.to_owned(),
        devices: found.items.iter().map(line).collect(),
        next: next("/admin/devices", &[("q", search)], found.next),
    };
    Ok(show(StatusCode::OK, &page))
}

/// `POST /admin/devices/{id}/{act}`. Whatever stands on the device is judged anew at its next step.
pub async fn act(
    State(app): State<Arc<App>>,
    Path((text, what)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let id: DeviceId = id(&app, &text)?;
    let Some(device) = app.store.device(id).await? else { return Err(answer::not_found(&app).into()) };
    if what == "enable"
        && let Some(owner) = app.store.user(device.owner).await?
        && may_act_on(act.admin().roles(), &owner).is_err()
    {
        return Err(answer::above_you(&app).into());
    }
    let (change, activity, done) = match what.as_str() {
        "enable" => (Change::SetDeviceEnabled { id, enabled: true }, "Enable device", Done::DeviceEnabled),
        "disable" => {
            (Change::SetDeviceEnabled { id, enabled: false }, "Disable device", Done::DeviceDisabled)
        }
        "delete" => (Change::DeleteDevice(id), "Delete device", Done::DeviceDeleted),
        _ => return Err(answer::not_found(&app).into()),
    };
    app.commit(vec![change, audit(&app, &act.user().upn, activity, id, device.name)]).await?;
    Ok(done.at("/admin/devices"))
}
