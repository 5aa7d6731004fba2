//! `/logout` (OpenID Connect RP-Initiated Logout 1.0): ends the browser's session, never the device's PRT.

use super::session::{self, see_other, with_cookie};
use crate::app::App;
use crate::cookie;
use crate::extract::{Form, Params, is_same_origin};
use crate::pages;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use passband_core::change::Change;
use passband_core::directory::App as AppRecord;
use passband_core::session::claims::{ID_TOKEN_TYP, IdClaims};
use passband_core::session::standing::judge;
use passband_store::StoreError;
use std::sync::Arc;

/// `GET /logout`.
pub async fn get(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    answer(&app, &headers, &params, false).await
}

/// `POST /logout`: by an app's form, or by our own page's button.
pub async fn post(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form) -> Response {
    let params = form.unwrap_or_default();
    let session = cookie::session(&app, &headers).map(|id| id.to_string()).unwrap_or_default();
    let confirmed =
        is_same_origin(&app, &headers) && cookie::csrf_matches(&app, params.get("csrf"), &session);
    answer(&app, &headers, &params, confirmed).await
}

async fn answer(app: &App, headers: &HeaderMap, params: &Params, confirmed: bool) -> Response {
    match end(app, headers, params, confirmed).await {
        Ok(response) => response,
        Err(error) => session::unavailable(&error),
    }
}

async fn end(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    confirmed: bool,
) -> Result<Response, StoreError> {
    // An expired hint still names the session it was of (§2: "RP-Initiated Logout"), if its signature is ours.
    let hint = app.keys().tokens.verify(ID_TOKEN_TYP, params.get("id_token_hint")).ok();
    let hint: Option<IdClaims> =
        hint.and_then(|verified| verified.claims().ok()).filter(|c: &IdClaims| c.iss == app.issuer());
    let client = match &hint {
        Some(claims) => match claims.aud.parse() {
            Ok(id) => app.store.app(id).await?,
            Err(_) => None,
        },
        None => match params.get("client_id").parse() {
            Ok(id) => app.store.app(id).await?,
            Err(_) => None,
        },
    };
    let standing = session::standing(app, headers).await?;
    let live = standing.as_deref().and_then(|standing| judge(standing, app.now()).ok());
    let Some(live) = live else { return Ok(done(app, client.as_deref(), params)) };
    let current = live.session().id.to_string();
    let hinted = hint.as_ref().is_some_and(|claims| claims.sid == current);
    if !hinted && !confirmed {
        let carry = ["post_logout_redirect_uri", "state", "client_id"];
        let page = pages::Logout {
            csrf: pages::Csrf(cookie::csrf(app, &current)),
            upn: live.user().upn.clone(),
            app: client.as_ref().map(|client| client.name.clone()),
            carry: carry
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), params.non_empty(name)?.to_owned())))
                .collect(),
            apps: 0,
        };
        // The answer to the form may lead to the app, if the app has registered the address.
        let asked = params.get("post_logout_redirect_uri");
        let targets: Vec<_> = client.iter().flat_map(|it| &it.logout_uris).map(String::as_str).collect();
        let targets: Vec<_> = targets.into_iter().filter(|uri| *uri == asked).collect();
        return Ok(pages::reply(StatusCode::OK, &page, &pages::csp(&targets)));
    }
    let change = Change::EndSession { id: live.session().id, at: app.now() };
    if let Err(error) = app.commit(vec![change]).await {
        return Ok(session::unavailable(&error));
    }
    Ok(with_cookie(done(app, client.as_deref(), params), Some(cookie::clear_session(app))))
}

/// Back to the app, if it registered the address exactly; otherwise a page that says it is done.
fn done(app: &App, client: Option<&AppRecord>, params: &Params) -> Response {
    let asked = params.get("post_logout_redirect_uri");
    if client.is_some_and(|client| client.logout_uris.iter().any(|uri| uri == asked)) {
        let state = params.get("state");
        let joint = if asked.contains('?') { '&' } else { '?' };
        let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        return see_other(&if state.is_empty() {
            asked.to_owned()
        } else {
            format!("{asked}{joint}state={state}")
        });
    }
    let next = Some(pages::Link { href: "/sign-in".to_owned(), text: "Sign in again".to_owned() });
    let page = pages::SignedOut { app: client.map(|client| client.name.clone()), next };
    let answer = pages::reply(StatusCode::OK, &page, &pages::csp(&[]));
    with_cookie(answer, Some(cookie::clear_session(app)))
}
