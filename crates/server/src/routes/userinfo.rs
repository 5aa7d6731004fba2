//! `/userinfo` (OpenID Connect Core §5.3): who the token's person is, as everything stands now.

use crate::app::App;
use crate::extract::bearer;
use crate::refusal::UNAVAILABLE;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::id::SessionId;
use passband_core::session::claims::{ACCESS_TOKEN_TYP, AccessClaims};
use passband_core::session::standing::judge;
use serde_json::json;
use std::sync::Arc;

/// An access token of ours for `audience`, not expired.
pub fn verify(app: &App, headers: &HeaderMap, audience: &str) -> Option<AccessClaims> {
    let verified = app.keys().tokens.verify(ACCESS_TOKEN_TYP, bearer(headers)?).ok()?;
    let claims: AccessClaims = verified.claims().ok()?;
    let good = claims.iss == app.issuer() && claims.aud == audience && app.now().0 < claims.exp;
    good.then_some(claims)
}

/// `GET` and `POST /userinfo`.
pub async fn get(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(claims) = verify(&app, &headers, app.issuer()) else { return unauthorized() };
    let (Ok(session), Ok(client)) = (claims.sid.parse::<SessionId>(), claims.client_id.parse()) else {
        return unauthorized();
    };
    // An application that was switched off learns nothing more, whatever tokens it still has.
    match app.store.app(client).await {
        Ok(Some(record)) if record.enabled => {}
        Ok(_) => return unauthorized(),
        Err(error) => {
            tracing::error!(%error, "userinfo");
            return UNAVAILABLE.into_response();
        }
    }
    let standing = match app.store.standing(session).await {
        Ok(standing) => standing,
        Err(error) => {
            tracing::error!(%error, "userinfo");
            return UNAVAILABLE.into_response();
        }
    };
    let Some(Ok(live)) = standing.as_deref().map(|s| judge(s, app.now())) else { return unauthorized() };
    let user = live.user();
    let body = json!({
        "sub": user.id.to_string(),
        "name": user.display_name,
        "preferred_username": user.upn,
        "upn": user.upn,
        "oid": user.id.to_string(),
        "tid": app.tenant.to_string(),
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// RFC 6750 §3.1.
pub fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")]).into_response()
}
