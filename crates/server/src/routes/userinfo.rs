//! `/userinfo` (OpenID Connect Core §5.3): who the token's person is, as everything stands now.

use super::tokens::{self, TargetError};
use crate::access::{self, Asking, Program};
use crate::app::App;
use crate::attempt::Attempt;
use crate::extract::{Caller, bearer};
use crate::refusal::UNAVAILABLE;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::directory::Standing;
use passband_core::id::SessionId;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::signal::Binding;
use passband_core::session::claims::{ACCESS_TOKEN_TYP, AccessClaims};
use passband_core::session::standing::judge;
use passband_store::StoreError;
use serde_json::json;
use std::sync::Arc;

/// A bearer token of ours for `audience`, not expired.
pub fn verify(app: &App, headers: &HeaderMap, audience: &str) -> Option<AccessClaims> {
    let verified = app.keys().tokens.verify(ACCESS_TOKEN_TYP, bearer(headers)?).ok()?;
    let claims: AccessClaims = verified.claims().ok()?;
    // One that is bound to a key is nothing to whoever shows it without a proof, and nothing here reads such proofs.
    let bearer = claims.cnf.is_none();
    let good = bearer && claims.iss == app.issuer() && claims.aud == audience && app.now().0 < claims.exp;
    good.then_some(claims)
}

/// `GET` and `POST /userinfo`.
pub async fn get(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap) -> Response {
    let Some(claims) = verify(&app, &headers, app.issuer()) else { return unauthorized() };
    match still_good(&app, &claims, &caller).await {
        Ok(Some(standing)) => answer(&app, &standing),
        Ok(None) => unauthorized(),
        Err(error) => {
            tracing::error!(%error, "userinfo");
            UNAVAILABLE.into_response()
        }
    }
}

/// Whether an access token of ours, not expired, would be given again as everything stands now; then, what stands behind
/// it. Who calls is the person's program or the app's own server; see [`access::Asking`].
///
/// # Errors
///
/// [`StoreError`].
pub async fn still_good(
    app: &App,
    claims: &AccessClaims,
    caller: &Caller,
) -> Result<Option<Arc<Standing>>, StoreError> {
    let (Ok(session), Ok(client)) = (claims.sid.parse::<SessionId>(), claims.client_id.parse()) else {
        return Ok(None);
    };
    let Some(standing) = app.store.standing(session).await? else { return Ok(None) };
    let Ok(live) = judge(&standing, app.now()) else { return Ok(None) };
    let Some(client) = app.store.app(client).await?.filter(|client| client.enabled) else { return Ok(None) };
    let scope = claims.scope.parse().unwrap_or_default();
    let target = match tokens::target_again(app, &claims.aud, scope).await {
        Ok(target) => target,
        Err(TargetError::Refused(_)) => return Ok(None),
        Err(TargetError::Store(error)) => return Err(error),
    };
    let mut attempt = Attempt::new(SignInKind::AccessToken, caller.clone(), app.now());
    attempt.for_app(&client);
    attempt.for_resource(&claims.aud);
    attempt.rests_on(live);
    let asking = Asking {
        live,
        program: Program::Client(&client),
        caller,
        wants: target.wants(client.id),
        shown: (Shown::AccessToken, Binding::None),
        at: attempt.at(),
    };
    if let Err(refused) = access::ask_again(app, &mut attempt, &asking).await? {
        attempt.refuse(app, refused.reason).await;
        return Ok(None);
    }
    Ok(Some(standing))
}

fn answer(app: &App, standing: &Standing) -> Response {
    let Ok(live) = judge(standing, app.now()) else { return unauthorized() };
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
