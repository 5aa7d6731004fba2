//! `/admin`.

use super::answer::Stop;
use super::visit::Admin;
use super::{Query, part, show, story};
use crate::app::App;
use crate::pages::{Figure, Overview};
use crate::routes::graph::resource::chain::hex;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::manage::Permission;
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};
use std::sync::Arc;

/// Lines of the log shown.
const RECENT: u32 = 8;

/// `GET /admin`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let totals = app.store.totals(app.now() - Seconds::days(1)).await?;
    let recent = app.store.sign_ins(&SignInFilter::default(), &Page::first(RECENT)).await?;
    let some = |count: u64, words: &str| if count == 0 { String::new() } else { format!("{count} {words}") };
    let figure = |name: &str, count, remark, href: &str| Figure {
        name: name.to_owned(),
        count,
        remark,
        href: href.to_owned(),
    };
    let without = some(totals.without_passkey, "without a passkey");
    let page = Overview {
        alarms: match admin.roles().may(Permission::AlarmsRead) {
            true => super::alarms::rows(&app, &admin).await?,
            false => Vec::new(),
        },
        admin: part(&app, &admin, Query::read(query).done()),
        figures: vec![
            figure("People", totals.people, without, "/admin/users"),
            figure("Devices", totals.devices, some(totals.devices_disabled, "disabled"), "/admin/devices"),
            figure("Apps", totals.apps, String::new(), "/admin/apps"),
            figure("Sign-ins, last day", totals.sign_ins, some(totals.refused, "refused"), "/admin/sign-ins"),
        ],
        recent: recent.items.iter().map(story::row).collect(),
        audit_head: match admin.roles().may(Permission::AuditRead) {
            true => {
                Some(app.store.audit_ends().await?.head).map(|it| format!("{}:{}", hex(&it.hash), it.seq))
            }
            false => None,
        },
        issuer: app.issuer().to_owned(),
    };
    Ok(show(StatusCode::OK, &page))
}
