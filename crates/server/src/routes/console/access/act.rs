//! Forms that change a policy. Whoever presses one was shown before what it does; what is refused is shown again with the
//! reason, and nothing that was written is lost.

use super::super::answer::{self, Done, Stop};
use super::super::show;
use super::super::visit::AdminAct;
use super::policy::{self, Draft};
use crate::access::change::{By, Unchanged, change};
use crate::access::kept::Versioned;
use crate::app::App;
use crate::pages::{AccessPolicy, Notice};
use crate::routes::graph::access::edit::remove;
use crate::routes::graph::access::history::go_back;
use crate::routes::graph::access::part::{Part as _, Policies};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::AccessKind;
use passband_core::manage::access::{AccessError, Edit};
use passband_core::reason::Reason;
use serde_json::json;
use std::sync::Arc;

/// `POST /admin/access/{id}/{act}`.
pub async fn post(
    State(app): State<Arc<App>>,
    Path((text, what)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let id = policy::id(&app, &text)?;
    match (what.as_str(), id) {
        ("save", id) => save(&app, &act, id).await,
        ("switch", Some(id)) => switch(&app, &act, &id).await,
        ("delete", Some(id)) => delete(&app, &act, &id).await,
        ("rollback", Some(id)) => rollback(&app, &act, &id).await,
        _ => Err(answer::not_found(&app).into()),
    }
}

/// A change of a policy that is there names the version it was made up from; without one it is stale.
fn by(act: &AdminAct) -> By<'_> {
    let seen = act.get("version").parse().unwrap_or_default();
    By { actor: &act.user().upn, force: act.get("force") == "yes", seen: Some(seen) }
}

/// Saves what was shown, if nobody has changed the policy since.
async fn save(app: &App, act: &AdminAct, id: Option<String>) -> Result<Response, Stop> {
    let draft = Draft::read(id, act);
    // Once, so that a second try of the change is about the same policy.
    let fresh = draft.id.clone().unwrap_or_else(|| Policies::fresh(app.rng()));
    let changed = change::<Refused>(app, by(act), |now: &Versioned| {
        let before = now.documents.of(AccessKind::Policy).get(&fresh);
        let mut document = draft.document(app, before).map_err(|_| Refused::Document)?;
        document["id"] = fresh.as_str().into();
        Ok(Edit { kind: AccessKind::Policy, id: fresh.clone(), document: Some(document) })
    });
    match changed.await {
        Ok(_) => Ok(Done::AccessSaved.at(&format!("/admin/access/{fresh}"))),
        Err(refused) => {
            let before = app.newest_access().await?;
            let page = policy::examined(app, act, (&before, &draft)).await?;
            again(page, refused)
        }
    }
}

/// Switches a policy on, to report-only or off.
async fn switch(app: &App, act: &AdminAct, id: &str) -> Result<Response, Stop> {
    let patch = json!({ "state": act.get("state") });
    let Some(patch) = patch.as_object() else { return Err(answer::not_found(app).into()) };
    let changed = change::<Refused>(app, by(act), |now: &Versioned| {
        let before = now.documents.of(AccessKind::Policy).get(id);
        let before = before.ok_or(Refused::Unchanged(Unchanged::Access(AccessError::Absent)))?;
        let mut document = Policies::patched(before, patch, id).map_err(|_| Refused::Document)?;
        crate::access::change::date(&mut document, Some(before), app.now());
        Ok(Edit { kind: AccessKind::Policy, id: id.to_owned(), document: Some(document) })
    });
    match changed.await {
        Ok(_) => Ok(Done::AccessSwitched.at("/admin/access")),
        Err(refused) => stays(app, act, (id, refused)).await,
    }
}

async fn delete(app: &App, act: &AdminAct, id: &str) -> Result<Response, Stop> {
    match remove::<Policies>(app, by(act), id).await {
        Ok(_) => Ok(Done::AccessDeleted.at("/admin/access")),
        Err(unchanged) => stays(app, act, (id, unchanged.into())).await,
    }
}

/// Puts a version back into force, and so a deleted policy too.
async fn rollback(app: &App, act: &AdminAct, id: &str) -> Result<Response, Stop> {
    let number: u32 = super::super::id(app, act.get("number"))?;
    match go_back::<Policies>(app, by(act), (id, Some(number))).await {
        Ok(_) => Ok(Done::AccessBack.at(&format!("/admin/access/{id}"))),
        Err(Unchanged::NoVersion) => Err(answer::not_found(app).into()),
        Err(unchanged) => {
            let page = policy::going_back(app, act, (id, number)).await?;
            again(page, unchanged.into())
        }
    }
}

/// Why a form changed nothing.
enum Refused {
    /// What was written is no policy; the page says where.
    Document,
    /// The change was not made.
    Unchanged(Unchanged),
}

impl From<Unchanged> for Refused {
    fn from(unchanged: Unchanged) -> Self {
        Self::Unchanged(unchanged)
    }
}

/// The page of the policy as it is, with why it was not changed.
async fn stays(app: &App, act: &AdminAct, (id, refused): (&str, Refused)) -> Result<Response, Stop> {
    let before = app.newest_access().await?;
    if !before.documents.of(AccessKind::Policy).contains_key(id) {
        return Err(answer::not_found(app).into());
    }
    again(policy::as_it_is(app, act, (&before, id)).await?, refused)
}

fn again(mut page: AccessPolicy, refused: Refused) -> Result<Response, Stop> {
    let (status, text) = match refused {
        Refused::Document | Refused::Unchanged(Unchanged::Document(_) | Unchanged::Unknown(_)) => {
            (StatusCode::BAD_REQUEST, "Something is wrong with it; see below.".to_owned())
        }
        Refused::Unchanged(Unchanged::Store(error)) => return Err(error.into()),
        Refused::Unchanged(Unchanged::Stale(number)) => (
            StatusCode::PRECONDITION_FAILED,
            format!("Somebody else has changed this policy meanwhile: its newest version is {number}."),
        ),
        Refused::Unchanged(Unchanged::Refused(reason)) => {
            let cure = match reason {
                Reason::AccessLocksOut => {
                    " Exclude an account for emergencies, or tick the box to do it all the same."
                }
                _ => "",
            };
            (StatusCode::FORBIDDEN, format!("{}{cure}", reason.meaning()))
        }
        Refused::Unchanged(other) => {
            (StatusCode::CONFLICT, format!("{}.", other.to_string().trim_end_matches('.')))
        }
    };
    page.admin.notice = Some(Notice::refused(format!("Nothing was changed. {text}"), "not_changed"));
    Ok(show(status, &page))
}
