//! Discovery (OpenID Connect Discovery 1.0, RFC 8414) and the key set.

use super::device_code;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /.well-known/openid-configuration`.
pub async fn configuration(State(app): State<Arc<App>>) -> Response {
    public(Json(document(&app)))
}

/// What there is to say of this server as an OpenID provider.
pub fn document(app: &App) -> Value {
    let issuer = app.issuer();
    let at = |path: &str| format!("{issuer}{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "device_authorization_endpoint": at("/device_authorization"),
        "pushed_authorization_request_endpoint": at("/par"),
        "require_pushed_authorization_requests": false,
        "end_session_endpoint": at("/logout"),
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", device_code::GRANT],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "acr_values_supported": ["phr"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "oid", "tid", "name",
            "preferred_username", "upn", "deviceid", "passband_binding"
        ],
        "prompt_values_supported": ["none", "login"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "capabilities": ["kdf_ver2"],
    })
}

/// `GET /.well-known/webauthn` (WebAuthn L3 §5.11.1): the origins whose pages may use passkeys of this RP ID. With none
/// but our own there is nothing to say, and browsers take a 404 for that.
pub async fn webauthn(State(app): State<Arc<App>>) -> Response {
    if app.config.related_origins.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    public(Json(json!({ "origins": app.party.origins() })))
}

/// `GET /.well-known/passkey-endpoints` (W3C Passkey Endpoints §3): where password managers send people to add and to
/// see their passkeys.
pub async fn passkey_endpoints(State(app): State<Arc<App>>) -> Response {
    let at = |path: &str| format!("{}{path}", app.issuer());
    public(Json(json!({ "enroll": at("/account/passkeys/new"), "manage": at("/account") })))
}

/// `GET /jwks`: the active key, the next, and those that still verify.
pub async fn jwks(State(app): State<Arc<App>>) -> Response {
    public(Json(app.keys().tokens.jwks()))
}

/// Any page may read it (RFC 9700 §2.6).
pub fn public(body: impl IntoResponse) -> Response {
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "public, max-age=300")], body)
        .into_response()
}
