//! `/tap`: a Temporary Access Pass lets a person in to register a passkey (policy.md §1.1).

use super::session::{self, local, place, see_other, with_cookie};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, is_same_origin};
use crate::pages;
use crate::refusal::for_people;
use crate::routes::register;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use passband_core::audit::SignInKind;
use passband_core::authn::{sign_in, tap};
use passband_core::change::Change;
use passband_core::reason::Reason;
use passband_store::{CommitError, StoreError};
use std::sync::Arc;

/// `GET /tap`.
pub async fn get(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    page(&app, &headers, &params, None)
}

fn page(app: &App, headers: &HeaderMap, params: &Params, refused: Option<Reason>) -> Response {
    let asker = cookie::asker(app, headers);
    let next = params.non_empty("next").and_then(local).map(str::to_owned);
    let page = pages::Tap {
        csrf: pages::Csrf(cookie::csrf(app, &asker.value)),
        sign_in_href: next.clone().unwrap_or_else(|| "/sign-in".to_owned()),
        next,
        upn: params.get("userPrincipalName").chars().take(256).collect(),
        band: pages::Band::default(),
        notice: refused.map(|reason| pages::Notice::refused(for_people(reason), "pass_refused")),
    };
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    with_cookie(pages::reply(status, &page, &pages::csp(&[])), cookie::set_asker(app, &asker))
}

/// `POST /tap`.
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let params = form.unwrap_or_default();
    let asker = cookie::asker(&app, &headers);
    if !is_same_origin(&app, &headers) || !cookie::csrf_matches(&app, params.get("csrf"), &asker.value) {
        return page(&app, &headers, &params, Some(Reason::CeremonyInvalid));
    }
    match enter(&app, caller, &headers, &params).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => page(&app, &headers, &params, Some(reason)),
        Err(error) => session::unavailable(&error),
    }
}

async fn enter(
    app: &App,
    caller: Caller,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Result<Response, Reason>, StoreError> {
    let now = app.now();
    let upn = params.get("userPrincipalName").trim().to_lowercase();
    // Counted by address, and by person at an address: nobody can lock another out from afar.
    let (place_key, person_key) = (format!("tap {}", caller.ip), format!("tap {} {upn}", caller.ip));
    let mut attempt = Attempt::new(SignInKind::TemporaryAccessPass, caller, now);
    let blocked = app.throttle.is_blocked(&person_key, now) || app.throttle.is_blocked(&place_key, now);
    if blocked {
        return Ok(Err(attempt.refuse(app, Reason::TooManyAttempts).await));
    }
    let found =
        if upn.len() <= 256 && !upn.contains('\0') { app.store.user_and_taps(&upn).await? } else { None };
    let accepted = match tap::check(found.as_ref(), params.get("accessPass"), &app.master, now) {
        Ok(accepted) => accepted,
        Err(reason) => {
            app.throttle.failed(&person_key, now);
            app.throttle.failed(&place_key, now);
            if let Some((user, _)) = &found {
                attempt.by(user);
            }
            return Ok(Err(attempt.refuse(app, reason).await));
        }
    };
    attempt.by(accepted.user());
    // Whoever has a good pass but may not use one is told what everybody is told.
    let (scope, policy) = app.scope_of(accepted.user().id).await?;
    if let Err(reason) = policy.passes.admits(&scope.groups) {
        return Ok(Err(attempt.refuse(app, reason).await));
    }
    let (session, mut changes) = sign_in::with_tap(&accepted, place(app, attempt.caller()));
    attempt.in_session(session.id, session.factors);
    if let Some(before) = cookie::session(app, headers) {
        // One browser, one session: the one it had ends, so that it cannot be fixed or kept (session fixation).
        changes.push(Change::EndSession { id: before, at: now });
    }
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => {
            // Whatever the person came for waits until they have a passkey.
            let next = params.non_empty("next").and_then(local);
            let to = see_other(&register::address(next));
            Ok(Ok(with_cookie(to, Some(cookie::set_session(app, session.id)))))
        }
        Err(CommitError::Conflict(_)) => Ok(Err(again.refuse(app, Reason::TapUsed).await)),
        Err(CommitError::Store(error)) => Err(error),
    }
}
