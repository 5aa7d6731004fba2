//! Signing in on a device without a browser (RFC 8628): the program begins and polls, somebody answers at `/device`.
//!
//! Whoever begins one can send its code to somebody else and wait (device code phishing). So the page says which
//! application asked, from where and when, and what the answer does, and nothing is answered by following a link. The
//! broker's client and what only a broker gets are left out altogether, so nothing of it becomes a PRT (attack A12).

use super::dialect::{self, Tenant};
use super::session::{self, place_of_sign_in, see_other, with_cookie};
use super::tokens::{self, Minted, TargetError, Wanted};
use crate::access::{self, Asking, Program};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, is_same_origin};
use crate::pages;
use crate::refusal::{MALFORMED, WireError, for_people};
use crate::throttle::{Class, Refusals};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::change::Change;
use passband_core::decision::Refusal;
use passband_core::directory::App as AppRecord;
use passband_core::directory::device_code::{DeviceCode, DeviceCodeChange};
use passband_core::manage::app::is_built_in;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::signal::Binding;
use passband_core::reason::Reason;
use passband_core::session::code::Code;
use passband_core::session::device_code::{self, Asked, INTERVAL, LIFETIME, shown, typed};
use passband_core::session::standing;
use passband_store::{CommitError, StoreError};
use serde_json::{Value, json};
use std::sync::Arc;

/// `grant_type` of a poll (§3.4).
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `POST /device_authorization` (§3.1).
pub async fn begin(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, WireError> {
    let form = form.map_err(|_| MALFORMED)?;
    Ok(answer(&begun(&app, caller, &headers, &form).await?))
}

/// `POST /{tenant}/oauth2/devicecode` and `POST /{tenant}/oauth2/v2.0/devicecode` (prt.md §8.1).
pub async fn begin_dialect(
    State(app): State<Arc<App>>,
    Tenant { version, .. }: Tenant,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, WireError> {
    let form = dialect::request::translated(version, &form.map_err(|_| MALFORMED)?);
    let mut body = begun(&app, caller, &headers, &form).await?;
    // The name that the first version has for it.
    body["verification_url"] = body["verification_uri"].clone();
    Ok(answer(&body))
}

fn answer(body: &Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

async fn begun(app: &App, caller: Caller, headers: &HeaderMap, form: &Params) -> Result<Value, WireError> {
    let now = app.now();
    // Each is a row, and anybody can ask for one.
    if app.throttle.refused(Class::DeviceCode, &caller.ip, now) != Refusals::Few {
        return Err(Reason::TooManyAttempts.into());
    }
    let mut attempt = Attempt::new(SignInKind::DeviceCode, caller.clone(), now);
    let refused = |attempt: Attempt, reason| async move { attempt.refuse(app, reason).await.into() };
    let client = match tokens::client(app, headers, form).await {
        Ok(client) => client,
        Err(TargetError::Refused(reason)) => return Err(refused(attempt, reason).await),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    attempt.for_app(&client);
    if is_built_in(client.id) {
        return Err(refused(attempt, Reason::AppNoDeviceCode).await);
    }
    let target = match tokens::target(app, client.id, form.get("resource"), form.get("scope")).await {
        Ok(target) => target,
        Err(TargetError::Refused(reason)) => return Err(refused(attempt, reason).await),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    let asked = Asked {
        client: client.id,
        scope: target.scope.to_string(),
        resource: target.audience,
        ip: caller.ip,
    };
    let (text, code) = device_code::begin(asked, now, app.rng());
    let user_code = shown(&code.user_code);
    // Two equal user codes at a time are one in billions; the program asks again.
    app.commit(vec![Change::DeviceCode(DeviceCodeChange::Insert(Box::new(code)))]).await?;
    let page = format!("{}/device", app.issuer());
    Ok(json!({
        "device_code": *text,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": LIFETIME.0,
        "interval": INTERVAL.0,
        "message": format!("To sign in, open {page} and enter the code {user_code}."),
    }))
}

/// A poll.
///
/// # Errors
///
/// [`WireError`], among them that nobody has answered yet.
pub async fn redeem(
    app: &App,
    client: &AppRecord,
    form: &Params,
    mut attempt: Attempt,
) -> Result<Minted, WireError> {
    let now = attempt.at();
    // The first version's name for it is `code`.
    let text = form.non_empty("device_code").unwrap_or_else(|| form.get("code"));
    let Some(code) = app.store.device_code(&device_code::id_of(text)).await? else {
        return Err(attempt.refuse(app, Reason::DeviceCodeInvalid).await.into());
    };
    let redeemable = match code.poll(client.id, now) {
        Ok(redeemable) => redeemable,
        // Most polls end here, and none of them is worth a line in the log.
        Err(device_code::NotYet { reason, change: Some(change) }) => {
            return match app.commit(vec![Change::DeviceCode(change)]).await {
                Ok(()) | Err(CommitError::Conflict(_)) => Err(reason.into()),
                Err(error) => Err(error.into()),
            };
        }
        Err(not) => return Err(attempt.refuse(app, not.reason).await.into()),
    };
    attempt.for_resource(&code.resource);
    let refuse = |reason| Refusal { reason, changes: vec![redeemable.spend()] };
    let scope = code.scope.parse().map_err(|_| MALFORMED)?;
    let target = match tokens::target_again(app, &code.resource, scope).await {
        Ok(target) => target,
        Err(TargetError::Refused(reason)) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    let standing = app.store.standing(redeemable.session()).await?;
    let judged = standing.as_deref().ok_or(Reason::SessionEnded).and_then(|s| standing::judge(s, now));
    let live = match judged {
        Ok(live) => live,
        Err(reason) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
    };
    attempt.rests_on(live);
    let caller = attempt.caller().clone();
    let asking = Asking {
        live,
        program: Program::DeviceCode(client),
        caller: &caller,
        wants: target.wants(client.id),
        shown: (Shown::Code, Binding::None),
        at: now,
    };
    let permit = match access::ask(app, &mut attempt, &asking).await? {
        Ok(permit) => permit,
        Err(refused) => return Err(attempt.refuse(app, refuse(refused.reason)).await.into()),
    };
    let mut changes = vec![redeemable.spend()];
    if client.backchannel_logout_uri.is_some() {
        changes.push(Change::NoteAppSession { app: client.id, session: live.session().id });
    }
    let mut refresh_token = None;
    if target.scope.has("offline_access") {
        let family = Code::fresh_id(app.rng());
        let (change, text) = tokens::begin_grant(app, (family, live.session().id), client.id, &target, now)?;
        changes.push(change);
        refresh_token = Some(text);
    }
    let wanted = Wanted { live, client: client.id, target: &target, nonce: None, now };
    let minted = tokens::mint(app, permit, wanted, refresh_token)?;
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => Ok(minted),
        // Another poll was faster: one of them gets the tokens.
        Err(CommitError::Conflict(_)) => Err(again.refuse(app, Reason::DeviceCodeInvalid).await.into()),
        Err(error) => Err(error.into()),
    }
}

/// `GET /device`: where somebody types the code. A link may fill it in; it never answers.
pub async fn get(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let code = typed(params.get("user_code")).map(|code| shown(&code));
    match session::standing(&app, &headers).await {
        Ok(standing) if session::signed_in(&app, standing.as_ref()).is_some() => {
            enter(&app, &headers, code.unwrap_or_default(), None)
        }
        Ok(_) => sign_in_first(code.as_deref()),
        Err(error) => session::unavailable(&error),
    }
}

fn sign_in_first(code: Option<&str>) -> Response {
    let here = code.map_or_else(|| "/device".to_owned(), |code| format!("/device?user_code={code}"));
    see_other(&place_of_sign_in(&here))
}

fn enter(app: &App, headers: &HeaderMap, user_code: String, refused: Option<Reason>) -> Response {
    let asker = cookie::asker(app, headers);
    let page = pages::Device {
        csrf: pages::Csrf(cookie::csrf(app, &asker.value)),
        user_code,
        notice: refused.map(|reason| pages::Notice::refused(for_people(reason), reason.code())),
    };
    let status = super::way_in::status(refused);
    let answer = super::way_in::answer(pages::reply(status, &page, &pages::csp(&[])));
    with_cookie(answer, cookie::set_asker(app, &asker))
}

/// `POST /device`: the code is looked up, and what it is for is shown. With `answer` it is answered.
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let form = form.unwrap_or_default();
    match answered(&app, caller, &headers, &form).await {
        Ok(response) => response,
        Err(error) => session::unavailable(&error),
    }
}

async fn answered(
    app: &App,
    caller: Caller,
    headers: &HeaderMap,
    form: &Params,
) -> Result<Response, StoreError> {
    let now = app.now();
    let code = typed(form.get("userCode"));
    let standing = session::standing(app, headers).await?;
    let Some(live) = session::signed_in(app, standing.as_ref()) else {
        return Ok(sign_in_first(code.as_deref().map(shown).as_deref()));
    };
    let again = |reason| enter(app, headers, form.get("userCode").chars().take(20).collect(), Some(reason));
    let asker = cookie::asker(app, headers);
    if !is_same_origin(app, headers) || !cookie::csrf_matches(app, form.get("csrf"), &asker.value) {
        return Ok(again(Reason::CeremonyInvalid));
    }
    let mut attempt = Attempt::new(SignInKind::DeviceCode, caller.clone(), now);
    attempt.rests_on(live);
    // Somebody who is signed in could still try codes of others, to sign a stranger's device in as themselves.
    let guess = app.throttle.guess(Class::DeviceCode, &caller.ip, &live.user().upn);
    if app.throttle.is_blocked(guess, now) {
        return Ok(again(attempt.refuse(app, Reason::TooManyAttempts).await));
    }
    let found = match &code {
        Some(code) => app.store.device_code_by_user_code(code).await?.filter(|code| code.is_open(now)),
        None => None,
    };
    let client = match &found {
        Some(code) => app.store.app(code.client).await?.filter(|client| client.enabled),
        None => None,
    };
    let (Some(code), Some(client)) = (found, client) else {
        app.throttle.failed(guess, now);
        return Ok(again(attempt.refuse(app, Reason::DeviceCodeInvalid).await));
    };
    attempt.for_app(&client);
    attempt.for_resource(&code.resource);
    let session = match form.get("answer") {
        "yes" => Some(live.session().id),
        "no" => None,
        _ => return Ok(confirm(app, &asker.value, &code, &client)),
    };
    if session.is_some() {
        // What the policies would say to the program is said to the person, who can do something about it.
        let target = tokens::target_again(app, &code.resource, code.scope.parse().unwrap_or_default()).await;
        let Ok(target) = target else { return Ok(again(attempt.refuse(app, Reason::ResourceUnknown).await)) };
        let asking = Asking {
            live,
            program: Program::DeviceCode(&client),
            caller: &caller,
            wants: target.wants(client.id),
            shown: (access::cookie(live), Binding::None),
            at: now,
        };
        if let Err(refused) = access::ask(app, &mut attempt, &asking).await? {
            attempt.refuse(app, refused.reason).await;
            return Ok(access::words::page(app, &refused, None));
        }
    }
    let change = Change::DeviceCode(DeviceCodeChange::Answer { id: code.id, session });
    let lost = attempt.clone();
    let done = if session.is_some() {
        attempt.grant(app, vec![change]).await
    } else {
        attempt.refuse(app, Refusal { reason: Reason::DeviceCodeDeclined, changes: vec![change] }).await;
        Ok(())
    };
    match done {
        Ok(()) => Ok(end(&client, session.is_some())),
        Err(CommitError::Conflict(_)) => Ok(again(lost.refuse(app, Reason::DeviceCodeInvalid).await)),
        Err(CommitError::Store(error)) => Err(error),
    }
}

fn confirm(app: &App, asker: &str, code: &DeviceCode, client: &AppRecord) -> Response {
    let country = code.ip.parse().ok().and_then(|ip| app.countries.of(ip).known().copied().flatten());
    let page = pages::DeviceConfirm {
        csrf: pages::Csrf(cookie::csrf(app, asker)),
        app: client.name.clone(),
        user_code: shown(&code.user_code),
        ip: code.ip.clone(),
        country: country.map(|country| country.code().to_owned()),
        at: pages::When(code.created),
    };
    pages::reply(StatusCode::OK, &page, &pages::csp(&[]))
}

fn end(client: &AppRecord, yes: bool) -> Response {
    let page = pages::DeviceDone { app: client.name.clone(), yes };
    pages::reply(StatusCode::OK, &page, &pages::csp(&[]))
}
