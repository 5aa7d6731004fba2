//! `/recover`: a recovery code lets a person who lost every passkey in, to register a new one.

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
use passband_core::authn::{recovery, sign_in};
use passband_core::reason::Reason;
use passband_store::StoreError;
use std::sync::Arc;

/// `GET /recover`.
pub async fn get(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    page(&app, &headers, &params, None)
}

fn page(app: &App, headers: &HeaderMap, params: &Params, refused: Option<Reason>) -> Response {
    let asker = cookie::asker(app, headers);
    let next = params.non_empty("next").and_then(local).map(str::to_owned);
    let encoded: String =
        form_urlencoded::byte_serialize(next.as_deref().unwrap_or("/account").as_bytes()).collect();
    let page = pages::Recover {
        csrf: pages::Csrf(cookie::csrf(app, &asker.value)),
        sign_in_href: next.clone().unwrap_or_else(|| "/sign-in".to_owned()),
        tap_href: format!("/tap?next={encoded}"),
        next,
        upn: params.get("userPrincipalName").chars().take(256).collect(),
        band: pages::Band::default(),
        notice: refused.map(|reason| pages::Notice::refused(for_people(reason), "code_refused")),
    };
    let answer = way_in::answer(pages::reply(way_in::status(refused), &page, &pages::csp(&[])));
    with_cookie(answer, cookie::set_asker(app, &asker))
}

/// `POST /recover`.
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
    // By network, and by person at a network: nobody can lock another out from afar, and a passkey is never counted.
    let guess = app.throttle.guess(Class::RecoveryCode, &caller.ip, upn.as_deref().unwrap_or_default());
    let mut attempt = Attempt::new(SignInKind::RecoveryCode, caller, now);
    if app.throttle.is_blocked(guess, now) {
        return Ok(Err(attempt.refuse(app, Reason::TooManyAttempts).await));
    }
    let found = match &upn {
        Some(upn) => app.store.user_and_recovery_codes(upn).await?,
        None => None,
    };
    let accepted = match recovery::check(found.as_ref(), params.get("recoveryCode"), &app.master, now) {
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
    let (session, mut changes) = sign_in::with_recovery_code(&accepted, place(app, attempt.caller()));
    let user = accepted.user();
    let detail = format!("{} of {} left", accepted.left(), recovery::SET);
    changes.push(crate::attempt::audit(app, &user.upn, "Use recovery code", user.id, detail));
    way_in::admit(app, (headers, params), attempt, (session, changes), Reason::RecoveryCodeUsed).await
}
