//! `/admin/users/{id}`: one person, and what an administrator may do to their account.

use super::answer::{self, Done, Stop};
use super::rows::Belongings;
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, id, part, people, show};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{NewPass, Notice, PassRow, Person, Secret, When};
use crate::refusal::for_people;
use crate::routes::recovery::in_groups;
use crate::seen;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::authn::recovery;
use passband_core::authn::tap::Wish;
use passband_core::directory::{Tap, User};
use passband_core::id::UserId;
use passband_core::manage::passkey::Removal;
use passband_core::manage::{PersonWish, person};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::StoreError;
use passband_wire::b64;
use std::sync::Arc;

/// Longest credential id (WebAuthn L3 §6.5.1), as base64url.
const MAX_CREDENTIAL: usize = 1364;

/// `GET /admin/users/{id}`.
pub async fn get(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    admin: Admin,
    query: RawQuery,
) -> Result<Response, Stop> {
    let user = load(&app, &text).await?;
    let page = page(&app, &admin, &user, (Query::read(query).done(), None)).await?;
    Ok(show(StatusCode::OK, &page))
}

async fn load(app: &App, text: &str) -> Result<User, Stop> {
    let id: UserId = id(app, text)?;
    app.store.user(id).await?.ok_or_else(|| answer::not_found(app).into())
}

async fn page(
    app: &App,
    visitor: &Visitor,
    user: &User,
    (notice, new_pass): (Option<Notice>, Option<NewPass>),
) -> Result<Person, StoreError> {
    let now = app.now();
    let has = Belongings::load(app, user.id).await?;
    let taps = app.store.taps_of(user.id).await?;
    let (last_sign_in, band) = people::last_sign_in(app, user).await?;
    Ok(Person {
        admin: part(app, visitor, notice),
        id: user.id.to_string(),
        name: user.display_name.clone(),
        upn: user.upn.clone(),
        is_enabled: user.enabled,
        is_admin: user.admin,
        is_break_glass: user.break_glass,
        codes_left: recovery::left(&app.store.recovery_codes_of(user.id).await?),
        created: When(user.created),
        last_sign_in,
        band,
        new_pass,
        passes: taps.iter().map(|tap| pass_row(tap, now)).collect(),
        passkeys: has.passkey_rows(visitor),
        devices: has.device_rows(visitor, now),
        sessions: has.session_rows(visitor),
    })
}

fn pass_row(tap: &Tap, now: Timestamp) -> PassRow {
    let standing = match (tap.used, tap.once) {
        (Some(_), true) => "Used",
        _ if now >= tap.expires => "Expired",
        _ if now < tap.starts => "Not yet usable",
        (Some(_), false) => "Usable, and used before",
        (None, _) => "Usable",
    };
    PassRow {
        created: When(tap.created),
        expires: When(tap.expires),
        is_usable_once: tap.once,
        standing: standing.to_owned(),
    }
}

/// `POST /admin/users/{id}/{act}`.
pub async fn act(
    State(app): State<Arc<App>>,
    Path((text, what)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let user = load(&app, &text).await?;
    let set = |enabled, admin| PersonWish { enabled, admin, ..PersonWish::default() };
    match what.as_str() {
        "enable" => update(&app, &act, &user, (set(Some(true), None), Done::PersonEnabled)).await,
        "disable" => update(&app, &act, &user, (set(Some(false), None), Done::PersonDisabled)).await,
        "promote" => update(&app, &act, &user, (set(None, Some(true)), Done::PersonPromoted)).await,
        "break-glass" => {
            let wish = PersonWish { break_glass: Some(true), ..PersonWish::default() };
            update(&app, &act, &user, (wish, Done::PersonBreakGlass)).await
        }
        "ordinary" => {
            let wish = PersonWish { break_glass: Some(false), ..PersonWish::default() };
            update(&app, &act, &user, (wish, Done::PersonOrdinary)).await
        }
        "demote" => update(&app, &act, &user, (set(None, Some(false)), Done::PersonDemoted)).await,
        "delete" => delete(&app, &act, &user).await,
        "revoke" => revoke(&app, &act, &user).await,
        "tap" => new_pass(&app, &act, &user).await,
        _ => Err(answer::not_found(&app).into()),
    }
}

async fn update(
    app: &App,
    act: &AdminAct,
    user: &User,
    (wish, done): (PersonWish, Done),
) -> Result<Response, Stop> {
    let (user, seen) = seen::person(app, user.id).await?.ok_or_else(|| answer::not_found(app))?;
    let Ok(after) = person::apply(&user, &wish) else { return Err(answer::not_found(app).into()) };
    let activity = match done {
        Done::PersonEnabled => "Enable account",
        Done::PersonDisabled => "Disable account",
        Done::PersonPromoted => "Add administrator",
        Done::PersonBreakGlass => "Mark as break-glass account",
        Done::PersonOrdinary => "Unmark as break-glass account",
        _ => "Remove administrator",
    };
    let mut changes = match person::update(&user, after, &seen, app.now()) {
        Ok(changes) => changes,
        Err(reason) => return refused(app, act, &user, reason).await,
    };
    changes.push(audit(app, &act.user().upn, activity, user.id, user.upn.clone()));
    app.commit(changes).await?;
    Ok(done.at(&format!("/admin/users/{}", user.id)))
}

async fn delete(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let (user, seen) = seen::person(app, user.id).await?.ok_or_else(|| answer::not_found(app))?;
    let mut changes = match person::delete(&user, &seen, app.now()) {
        Ok(changes) => changes,
        Err(reason) => return refused(app, act, &user, reason).await,
    };
    changes.push(audit(app, &act.user().upn, "Delete user", user.id, user.upn.clone()));
    app.commit(changes).await?;
    Ok(Done::PersonDeleted.at("/admin/users"))
}

async fn revoke(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let mut changes = person::revoke_sessions(user.id, app.now());
    changes.push(audit(app, &act.user().upn, "Revoke sessions", user.id, user.upn.clone()));
    app.commit(changes).await?;
    Ok(Done::SessionsEnded.at(&format!("/admin/users/{}", user.id)))
}

/// Makes a pass and shows it, this once: the answer is the page itself and is not stored anywhere.
async fn new_pass(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let policy = app.newest_methods_policy().await?.policy;
    let wish = Wish {
        minutes: act.get("lifetimeInMinutes").parse().unwrap_or(0),
        // Anything but a clear wish is the stricter one.
        once: act.get("isUsableOnce") != "false",
        starts: None,
        length: policy.passes.length,
    };
    let have = app.store.taps_of(user.id).await?;
    let made = person::new_pass(user.id, &have, wish, (&policy.passes, &app.master), (app.now(), app.rng()));
    let (tap, text, mut changes) = match made {
        Ok(made) => made,
        Err(invalid) => {
            let notice = Notice::refused(invalid.to_string(), "pass_not_made");
            let page = page(app, act, user, (Some(notice), None)).await?;
            return Ok(show(StatusCode::BAD_REQUEST, &page));
        }
    };
    let detail = format!("{} for {} minutes", if tap.once { "once" } else { "multi-use" }, wish.minutes);
    changes.push(audit(app, &act.user().upn, "Create Temporary Access Pass", user.id, detail));
    app.commit(changes).await?;
    let shown =
        NewPass { pass: Secret::new(in_groups(&text)), expires: When(tap.expires), is_usable_once: tap.once };
    let page = page(app, act, user, (None, Some(shown))).await?;
    Ok(show(StatusCode::OK, &page))
}

/// `POST /admin/users/{id}/passkeys/{passkey}/delete`.
pub async fn delete_passkey(
    State(app): State<Arc<App>>,
    Path((text, credential)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let user = load(&app, &text).await?;
    let gone = || Stop::from(answer::not_found(&app));
    let id = b64::decode(&credential, MAX_CREDENTIAL).map_err(|_| gone())?;
    let administrators = seen::administrators(&app).await?;
    let have = app.store.passkeys_of(user.id).await?;
    let removed = have.iter().find(|passkey| passkey.id == id).ok_or_else(gone)?;
    let seen = Removal { administrators: &administrators, owner: user.id, have: &have };
    let decided = if user.id == act.user().id {
        // Their own: the rule that keeps people from locking themselves out holds for administrators too.
        let codes = recovery::left(&app.store.recovery_codes_of(user.id).await?);
        seen.by_owner(codes, &id, app.now())
    } else {
        seen.by_administrator(act.get("confirmed") == "yes", &id, app.now())
    };
    let mut changes = match decided {
        Ok(changes) => changes,
        Err(Reason::LastPasskey) if user.id != act.user().id => {
            let text = "This is their last passkey: confirm that they may lose it.";
            let notice = Notice::refused(text, Reason::LastPasskey.code());
            let page = page(&app, &act, &user, (Some(notice), None)).await?;
            return Ok(show(StatusCode::CONFLICT, &page));
        }
        Err(reason) => return refused(&app, &act, &user, reason).await,
    };
    let detail = format!("{} of {}", removed.name, user.upn);
    changes.push(audit(&app, &act.user().upn, "Remove passkey", user.id, detail));
    app.commit(changes).await?;
    Ok(Done::PasskeyRemoved.at(&format!("/admin/users/{}", user.id)))
}

async fn refused(app: &App, act: &AdminAct, user: &User, reason: Reason) -> Result<Response, Stop> {
    let text = match reason {
        Reason::LastAdmin => format!("{} {}", reason.meaning(), reason.action()),
        other => for_people(other).to_owned(),
    };
    let page = page(app, act, user, (Some(Notice::refused(text, reason.code())), None)).await?;
    Ok(show(StatusCode::CONFLICT, &page))
}
