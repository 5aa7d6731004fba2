//! `/admin/users/{id}`: one person, and what an administrator may do to their account.

use super::answer::{self, Done, Stop};
use super::rows::Belongings;
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, id, part, people, show};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{NewPass, Notice, PassRow, Person, RoleRow, Secret, When};
use crate::refusal::for_people;
use crate::routes::hello;
use crate::routes::recovery::in_groups;
use crate::seen;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::authn::recovery;
use passband_core::authn::tap::Wish;
use passband_core::change::Change;
use passband_core::directory::{Passkey, Role, Roles, Tap, User};
use passband_core::id::UserId;
use passband_core::manage::passkey::Removal;
use passband_core::manage::{PersonWish, act_on, may_act_on, person};
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
    let planted = planted(&app.store.passkeys_of(user.id).await?);
    Ok(Person {
        admin: part(app, visitor, notice),
        id: user.id.to_string(),
        name: user.display_name.clone(),
        upn: user.upn.clone(),
        is_enabled: user.enabled,
        roles: user.roles.iter().map(role_row).collect(),
        other_roles: Role::ALL.into_iter().filter(|role| !user.roles.contains(*role)).map(role_row).collect(),
        planted,
        is_within_reach: may_act_on(visitor.user().roles, user).is_ok(),
        is_break_glass: user.break_glass,
        codes_left: recovery::left(&app.store.recovery_codes_of(user.id).await?),
        created: When(user.created),
        last_sign_in,
        band,
        new_pass,
        passes: taps.iter().map(|tap| pass_row(tap, now)).collect(),
        passkeys: has.passkey_rows(visitor),
        devices: has.device_rows(visitor, now),
        hello_keys: has.hello_key_rows(),
        sessions: has.session_rows(visitor),
    })
}

/// The passkeys that somebody else registered, for people.
fn planted(have: &[Passkey]) -> String {
    let named = person::planted(have).map(|passkey| format!("{} (by {})", passkey.name, passkey.made_by));
    named.collect::<Vec<_>>().join(", ")
}

fn role_row(role: Role) -> RoleRow {
    RoleRow { id: role.id().to_owned(), name: role.name().to_owned(), about: role.about().to_owned() }
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
    let set = |enabled| PersonWish { enabled: Some(enabled), ..PersonWish::default() };
    match what.as_str() {
        "enable" => update(&app, &act, &user, (set(true), Done::PersonEnabled)).await,
        "disable" => update(&app, &act, &user, (set(false), Done::PersonDisabled)).await,
        "role" => role(&app, &act, &user).await,
        "break-glass" => {
            let wish = PersonWish { break_glass: Some(true), ..PersonWish::default() };
            update(&app, &act, &user, (wish, Done::PersonBreakGlass)).await
        }
        "ordinary" => {
            let wish = PersonWish { break_glass: Some(false), ..PersonWish::default() };
            update(&app, &act, &user, (wish, Done::PersonOrdinary)).await
        }
        "delete" => delete(&app, &act, &user).await,
        "revoke" => revoke(&app, &act, &user).await,
        "tap" => new_pass(&app, &act, &user).await,
        _ => Err(answer::not_found(&app).into()),
    }
}

/// Gives or takes the role that the form names.
async fn role(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let Some(role) = Role::from_id(act.get("role")) else { return Err(answer::not_found(app).into()) };
    let (give, take, done) = match act.get("wish") {
        "give" => (role.into(), Roles::NONE, Done::RoleGiven),
        "take" => (Roles::NONE, role.into(), Done::RoleTaken),
        _ => return Err(answer::not_found(app).into()),
    };
    update(app, act, user, (PersonWish { give, take, ..PersonWish::default() }, done)).await
}

async fn update(
    app: &App,
    act: &AdminAct,
    user: &User,
    (wish, done): (PersonWish, Done),
) -> Result<Response, Stop> {
    let (user, seen) = seen::person(app, user.id).await?.ok_or_else(|| answer::not_found(app))?;
    if let Err(reason) = may_act_on(act.admin().roles(), &user) {
        return refused(app, act, &user, reason).await;
    }
    let passes = app.store.taps_of(user.id).await?;
    let Ok(after) = person::apply(&user, &wish) else { return Err(answer::not_found(app).into()) };
    let activity = match done {
        Done::PersonEnabled => "Enable account",
        Done::PersonDisabled => "Disable account",
        Done::RoleGiven => "Add member to role",
        Done::RoleTaken => "Remove member from role",
        Done::PersonBreakGlass => "Mark as break-glass account",
        _ => "Unmark as break-glass account",
    };
    let changed = wish.give.and(wish.take).names();
    let detail = if changed.is_empty() { user.upn.clone() } else { format!("{}: {changed}", user.upn) };
    let passkeys = app.store.passkeys_of(user.id).await?;
    let decided = person::check(&user, after, &passkeys, act.get("confirmed") == "yes")
        .and_then(|checked| person::update((&user, &passes), checked, &seen, app.now()));
    let mut changes = match decided {
        Ok(changes) => changes,
        Err(reason) => return refused(app, act, &user, reason).await,
    };
    changes.push(audit(app, &act.user().upn, activity, user.id, detail));
    app.commit(changes).await?;
    Ok(done.at(&format!("/admin/users/{}", user.id)))
}

async fn delete(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let (user, seen) = seen::person(app, user.id).await?.ok_or_else(|| answer::not_found(app))?;
    if let Err(reason) = may_act_on(act.admin().roles(), &user) {
        return refused(app, act, &user, reason).await;
    }
    let mut changes = match person::delete(&user, &seen, app.now()) {
        Ok(changes) => changes,
        Err(reason) => return refused(app, act, &user, reason).await,
    };
    changes.push(audit(app, &act.user().upn, "Delete user", user.id, user.upn.clone()));
    app.commit(changes).await?;
    Ok(Done::PersonDeleted.at("/admin/users"))
}

/// What to commit with an act on somebody's account, if this administrator may act on it.
async fn reach(app: &App, act: &AdminAct, user: &User) -> Result<Result<Vec<Change>, Reason>, Stop> {
    let seen = seen::people(app).await?;
    // Loaded after the generation: roles given since are seen, or the commit conflicts.
    let user = app.store.user(user.id).await?.ok_or_else(|| answer::not_found(app))?;
    Ok(act_on(act.admin().roles(), &user, seen, app.now()))
}

async fn revoke(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let mut changes = match reach(app, act, user).await? {
        Ok(guard) => guard,
        Err(reason) => return refused(app, act, user, reason).await,
    };
    changes.extend(person::revoke_sessions(user.id, app.now()));
    changes.push(audit(app, &act.user().upn, "Revoke sessions", user.id, user.upn.clone()));
    app.commit(changes).await?;
    Ok(Done::SessionsEnded.at(&format!("/admin/users/{}", user.id)))
}

/// Makes a pass and shows it, this once: the answer is the page itself and is not stored anywhere.
async fn new_pass(app: &App, act: &AdminAct, user: &User) -> Result<Response, Stop> {
    let guard = match reach(app, act, user).await? {
        Ok(guard) => guard,
        Err(reason) => return refused(app, act, user, reason).await,
    };
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
    changes.extend(guard);
    let detail = format!("{} for {} minutes", if tap.once { "once" } else { "multi-use" }, wish.minutes);
    changes.push(audit(app, &act.user().upn, "Create Temporary Access Pass", user.id, detail));
    app.commit(changes).await?;
    let shown =
        NewPass { pass: Secret::new(in_groups(&text)), expires: When(tap.expires), is_usable_once: tap.once };
    let page = page(app, act, user, (None, Some(shown))).await?;
    Ok(show(StatusCode::OK, &page))
}

/// `POST /admin/users/{id}/hello-keys/{key}/delete`.
pub async fn delete_hello_key(
    State(app): State<Arc<App>>,
    Path((text, name)): Path<(String, String)>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let user = load(&app, &text).await?;
    let guard = match reach(&app, &act, &user).await? {
        Ok(guard) => guard,
        Err(reason) => return refused(&app, &act, &user, reason).await,
    };
    let removal = hello::removal(&app, user.id, &name).await?;
    let (_, mut changes) = removal.ok_or_else(|| answer::not_found(&app))?;
    changes.extend(guard);
    changes.push(audit(&app, &act.user().upn, "Delete Hello key", user.id, format!("{}: {name}", user.upn)));
    app.commit(changes).await?;
    Ok(Done::HelloKeyRemoved.at(&format!("/admin/users/{}", user.id)))
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
    let guard = match reach(&app, &act, &user).await? {
        Ok(guard) => guard,
        Err(reason) => return refused(&app, &act, &user, reason).await,
    };
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
    changes.extend(guard);
    let detail = format!("{} of {}", removed.name, user.upn);
    changes.push(audit(&app, &act.user().upn, "Remove passkey", user.id, detail));
    app.commit(changes).await?;
    Ok(Done::PasskeyRemoved.at(&format!("/admin/users/{}", user.id)))
}

async fn refused(app: &App, act: &AdminAct, user: &User, reason: Reason) -> Result<Response, Stop> {
    let text = match reason {
        Reason::PasskeyByAnother => {
            let named = planted(&app.store.passkeys_of(user.id).await?);
            format!("{} They are: {named}. {}", reason.meaning(), reason.action())
        }
        Reason::LastAdmin | Reason::RoleTooLow => format!("{} {}", reason.meaning(), reason.action()),
        other => for_people(other).to_owned(),
    };
    let page = page(app, act, user, (Some(Notice::refused(text, reason.code())), None)).await?;
    Ok(show(StatusCode::CONFLICT, &page))
}
