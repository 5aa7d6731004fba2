//! Alarms on `/admin`: shown until an administrator says that they know.

use super::answer::{self, Done, Stop};
use super::id;
use super::visit::{Admin, AdminAct};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{AlarmRow, When};
use axum::extract::{Path, State};
use axum::response::Response;
use passband_core::directory::AlarmKind;
use passband_core::id::UserId;
use passband_core::manage::alarm::{self, Stays};
use passband_store::StoreError;
use std::sync::Arc;

const fn what(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::BreakGlassUsed => "An account for emergencies was used",
        AlarmKind::BreakGlassRefused => "Somebody was refused at an account for emergencies",
        AlarmKind::RecoveryCodeUsed => "A recovery code was used",
        AlarmKind::TemporaryAccessPassUsed => "A Temporary Access Pass was used",
    }
}

/// The alarms as rows.
///
/// # Errors
///
/// [`StoreError`].
pub async fn rows(app: &App, admin: &Admin) -> Result<Vec<AlarmRow>, StoreError> {
    let alarms = app.store.alarms().await?;
    let row = |(alarm, user): &(passband_core::directory::Alarm, passband_core::directory::User)| AlarmRow {
        user_id: user.id.to_string(),
        kind: alarm.kind.name(),
        what: what(alarm.kind),
        upn: user.upn.clone(),
        last: When(alarm.last),
        count: alarm.count,
        detail: alarm.detail.clone(),
        is_for_viewer: user.id != admin.user().id,
    };
    Ok(alarms.iter().map(row).collect())
}

/// `POST /admin/alarms/{id}/{kind}`.
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    Path((text, kind)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let user: UserId = id(&app, &text)?;
    let Some(kind) = AlarmKind::from_name(&kind) else { return Err(answer::not_found(&app).into()) };
    let seen = act.get("seen").parse().unwrap_or(0);
    let change = match alarm::acknowledge((user, kind), seen, Some(act.user().id)) {
        Ok(change) => change,
        Err(Stays::ForItsOwner) => return Err(answer::not_found(&app).into()),
        Err(Stays::OwnAccount) => return Err(answer::not_yours_to_acknowledge(&app).into()),
    };
    let line = audit(&app, &act.user().upn, "Acknowledge alarm", user, kind.name());
    app.commit(vec![change, line]).await?;
    Ok(Done::AlarmAcknowledged.at("/admin"))
}
