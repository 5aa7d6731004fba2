//! `/introspect` (RFC 7662): whether an access token is good, as everything stands now.

use super::tokens::{self, TargetError};
use super::userinfo::still_good;
use crate::app::App;
use crate::extract::{Caller, Form};
use crate::refusal::{MALFORMED, WireError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::directory::App as AppRecord;
use passband_core::reason::Reason;
use passband_core::session::claims::{ACCESS_TOKEN_TYP, AccessClaims};
use passband_wire::oauth::pop;
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST /introspect`.
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, WireError> {
    let form = form.map_err(|_| MALFORMED)?;
    let client = match tokens::client(&app, &headers, &form).await {
        // Anybody can call themselves a public client, and could then try tokens that they found (RFC 7662 §4).
        Ok(client) if client.secret_hash.is_none() => return Err(Reason::ClientAuthFailed.into()),
        Ok(client) => client,
        Err(TargetError::Refused(reason)) => return Err(reason.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    let token = form.non_empty("token").ok_or(MALFORMED)?;
    let body = match ours(&app, token).filter(|claims| concerns(&app, &client, claims)) {
        Some(claims) if still_good(&app, &claims, &caller).await?.is_some() => active(&claims),
        // One answer for whatever is wrong with it (§2.2).
        _ => json!({ "active": false }),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// An access token of ours that has not ended.
fn ours(app: &App, token: &str) -> Option<AccessClaims> {
    let verified = app.keys().tokens.verify(ACCESS_TOKEN_TYP, token).ok()?;
    let claims: AccessClaims = verified.claims().ok()?;
    (claims.iss == app.issuer() && app.now().0 < claims.exp).then_some(claims)
}

/// Whether a token is any business of a client: it is the resource, or it was given the token for this server (§4: no
/// resource learns of tokens for another).
fn concerns(app: &App, client: &AppRecord, claims: &AccessClaims) -> bool {
    let named = claims.aud == client.id.to_string() || client.identifier_uris.contains(&claims.aud);
    let own = claims.client_id == client.id.to_string() && claims.aud == app.issuer();
    named || own
}

/// RFC 7662 §2.2, RFC 9068 §2.2.
fn active(claims: &AccessClaims) -> Value {
    let mut body = json!({
        "active": true,
        "token_type": if claims.cnf.is_some() { pop::TOKEN_TYPE } else { "Bearer" },
        "iss": claims.iss,
        "sub": claims.sub,
        "aud": claims.aud,
        "exp": claims.exp,
        "iat": claims.iat,
        "jti": claims.jti,
        "client_id": claims.client_id,
        "scope": claims.scope,
        "username": claims.upn,
        "auth_time": claims.auth_time,
        "acr": claims.acr,
        "amr": claims.amr,
        "sid": claims.sid,
        "deviceid": claims.deviceid,
        "passband_binding": claims.passband_binding,
    });
    // RFC 7662 §2.2 with RFC 7800 §3: the resource cannot ask for a proof of a key that it is not told.
    if let Some(confirmation) = &claims.cnf {
        body["cnf"] = json!(confirmation);
    }
    body
}
