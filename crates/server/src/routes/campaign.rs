//! `/account/campaign`: after a sign-in, asking people to register another passkey.

use super::console::answer::Stop;
use super::console::visit::{Act, Visitor};
use super::register;
use super::session::{local, see_other};
use crate::app::App;
use crate::extract::Params;
use crate::pages;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::authn::campaign::{Step, Why};
use passband_core::authn::methods::MethodsPolicy;
use passband_core::change::Change;
use passband_core::directory::{Holder, Scope, Snoozed, User};
use passband_store::{CommitError, StoreError};
use std::sync::Arc;

/// What the campaign does with somebody who signs in. While it is off, it costs nothing.
///
/// # Errors
///
/// [`StoreError`].
pub async fn step(app: &App, user: &User, scope: &Scope) -> Result<Step, StoreError> {
    let policy = app.methods_policy(scope.policy).await?;
    Ok(decide(app, &policy, user, scope).await?.0)
}

async fn decide(
    app: &App,
    policy: &MethodsPolicy,
    user: &User,
    scope: &Scope,
) -> Result<(Step, Snoozed), StoreError> {
    if !policy.campaign.enabled {
        return Ok((Step::Leave, Snoozed::default()));
    }
    let passkeys = app.store.passkeys_of(user.id).await?;
    let snoozed = app.store.snoozed(user.id).await?;
    let holder = Holder { user: user.clone(), groups: scope.groups.clone(), passkeys };
    Ok((policy.campaign.step(&policy.passkeys, &holder, snoozed, app.now()), snoozed))
}

/// The page that a sign-in leads over.
pub const fn page_for(step: Step) -> Option<&'static str> {
    match step {
        Step::Leave => None,
        Step::Ask(..) => Some("/account/campaign"),
        Step::Insist(_) => Some("/account/passkeys/new"),
    }
}

/// `GET /account/campaign?next=…`.
pub async fn get(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let next = params.non_empty("next").and_then(local).unwrap_or("/account");
    let user = visitor.user();
    let (scope, policy) = app.scope_of(user.id).await?;
    let (step, _) = decide(&app, &policy, user, &scope).await?;
    let Step::Ask(why, left) = step else { return Ok(see_other(next)) };
    let page = pages::Campaign {
        viewer: visitor.viewer(),
        csrf: visitor.csrf(&app),
        is_only_one: why == Why::OnlyOne,
        left,
        days: policy.campaign.snooze_days,
        next: next.to_owned(),
        register_href: register::address(Some(next)),
        band: visitor.band(),
    };
    Ok(pages::reply(StatusCode::OK, &page, &pages::csp(&[])))
}

/// `POST /account/campaign/snooze`: puts it off, and goes on.
pub async fn snooze(State(app): State<Arc<App>>, act: Act) -> Result<Response, Stop> {
    let next = local(act.get("next")).unwrap_or("/account");
    let user = act.user();
    let (scope, policy) = app.scope_of(user.id).await?;
    let (step, before) = decide(&app, &policy, user, &scope).await?;
    if let Some(now) = policy.campaign.snooze(step, before, app.now()) {
        let change = Change::Snooze { user: user.id, seen: before.times, now };
        match app.commit(vec![change]).await {
            // Pressed twice: it counts once.
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see_other(next))
}
