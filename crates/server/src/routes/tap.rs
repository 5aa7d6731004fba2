//! `/tap`: a Temporary Access Pass lets a person in to register a passkey (policy.md §1.1).

use super::session::{self, local, place, with_cookie};
use super::way_in;
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, is_same_origin};
use crate::pages;
use crate::refusal::for_people;
use crate::throttle::Class;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use passband_core::audit::SignInKind;
use passband_core::authn::{sign_in, tap};
use passband_core::reason::Reason;
use passband_store::StoreError;
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
    let answer = way_in::answer(pages::reply(way_in::status(refused), &page, &pages::csp(&[])));
    with_cookie(answer, cookie::set_asker(app, &asker))
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
    let upn = way_in::typed_name(params);
    // By network, and by person at a network: nobody can lock another out from afar.
    let guess = app.throttle.guess(Class::Pass, &caller.ip, upn.as_deref().unwrap_or_default());
    let mut attempt = Attempt::new(SignInKind::TemporaryAccessPass, caller, now);
    if app.throttle.is_blocked(guess, now) {
        return Ok(Err(attempt.refuse(app, Reason::TooManyAttempts).await));
    }
    let found = match &upn {
        Some(upn) => app.store.user_and_taps(upn).await?,
        None => None,
    };
    let accepted = match tap::check(found.as_ref(), params.get("accessPass"), &app.master, now) {
        Ok(accepted) => accepted,
        Err(reason) => {
            app.throttle.failed(guess, now);
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
    let have = app.store.passkeys_of(accepted.user().id).await?;
    let begun = sign_in::with_tap(&accepted, &have, place(app, attempt.caller()));
    way_in::admit(app, (headers, params), attempt, begun, Reason::TapUsed).await
}
