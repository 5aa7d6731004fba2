//! The dialect of broker clients: the same server under the paths, names and number formats that programs written for
//! Entra ID expect (prt.md §0, §1, §8, §10, §14).
//!
//! | module | holds |
//! |---|---|
//! | [`path`] | which paths are the dialect's, in whatever case and with however many slashes |
//! | `reply` | what every answer on them carries: ids of the request, errors in full, links beside redirections |
//! | [`request`] | from the parameters of either version to those of OpenID Connect |
//! | [`clients`] | the broker's built-in clients, and what they are let off |
//! | `discovery` | documents that say where everything is |
//! | `credential_type` | how somebody may sign in; the same for everybody |
//! | `login` | the sign-in page as programs read it, with a real passkey |
//!
//! Nothing is decided here that the standard paths do not decide: a request is put into the standard's words and goes
//! the standard's way. The standard paths themselves never pass through this module.

pub mod clients;
mod credential_type;
mod discovery;
mod login;
pub mod path;
mod reply;
pub mod request;

pub use login::{page_for, refused_page_for};
pub use reply::{in_words_of, ordinary};

use super::{authorize, device_code};
use crate::app::App;
use crate::extract::{Caller, Form};
use crate::refusal::WireError;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, http::Uri};
use std::collections::HashMap;
use std::sync::Arc;

/// Which of the two dialects a path speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/oauth2/…`: a `resource`, numbers as text.
    V1,
    /// `/oauth2/v2.0/…`: scopes, numbers.
    V2,
}

impl Version {
    /// The version of a path, as [`path::canonical`] writes it.
    #[must_use]
    pub fn of(path: &str) -> Self {
        if path.contains("/v2.0/") { Self::V2 } else { Self::V1 }
    }

    /// What stands before `token`, `authorize` and `devicecode` in a path.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::V1 => "oauth2",
            Self::V2 => "oauth2/v2.0",
        }
    }
}

/// The path names a tenant that is not this one (attack A28).
pub const NO_TENANT: WireError = WireError {
    status: StatusCode::NOT_FOUND,
    ..WireError::new("invalid_request", 90_002, "There is no such tenant here.")
};

/// What a path of the dialect says: a tenant, which is this installation's, and a version.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant, as documents that were asked for under it write it.
    pub name: String,
    /// The version.
    pub version: Version,
}

impl FromRequestParts<Arc<App>> for Tenant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let named = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let named = named.ok().and_then(|Path(mut all)| all.remove("tenant")).unwrap_or_default();
        let name = Self::named(app, &named).ok_or_else(|| NO_TENANT.into_response())?;
        Ok(Self { name, version: Version::of(parts.uri.path()) })
    }
}

impl Tenant {
    /// The tenant of this name, if it is ours: an id in any case, a domain, or one of the two
    /// names for whichever tenant a person is of.
    pub fn named(app: &App, text: &str) -> Option<String> {
        let text = text.to_ascii_lowercase();
        let id = app.tenant.to_string();
        match text.as_str() {
            "common" | "organizations" => Some(text),
            _ if text == id || text == app.domain => Some(id),
            _ => None,
        }
    }
}

/// The routes of the dialect, but for the token endpoint, which is the broker's.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/instance", get(discovery::instance))
        .route("/{tenant}/userrealm/{upn}", get(discovery::user_realm))
        .route("/{tenant}/Discover", get(discovery::registration))
        .route("/EnrollmentServer/nonce/{tenant}", get(discovery::nonce))
        .route("/{tenant}/GetCredentialType", post(credential_type::post))
        .route("/{tenant}/oauth2/authorize", get(authorize_get).post(authorize_post))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize_get).post(authorize_post))
        .route("/{tenant}/oauth2/devicecode", post(device_code::begin_dialect))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device_code::begin_dialect))
        .route("/{tenant}/fido/get", post(login::challenge))
        .route("/{tenant}/login", post(login::answer))
}

/// `GET /{tenant}/oauth2/authorize` and its second version.
async fn authorize_get(
    State(app): State<Arc<App>>,
    Tenant { version, .. }: Tenant,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let place = authorize::Place { path: uri.path(), version: Some(version) };
    let answer = authorize::at(&app, caller, &headers, place, uri.query().unwrap_or_default()).await;
    reply::with_link(answer)
}

/// The same by form.
async fn authorize_post(_: Tenant, uri: Uri, Form(form): Form) -> Response {
    match form {
        Ok(params) => super::session::see_other(&format!("{}?{}", uri.path(), params.encode())),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The whole server, with the dialect's paths put right before a route is looked for.
pub fn around(router: Router, app: Arc<App>) -> Router {
    Router::new().fallback_service(router).layer(middleware::from_fn_with_state(app, speak))
}

async fn speak(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(path) = path::canonical(request.uri().path()) else { return next.run(request).await };
    let ids = reply::Ids::of(&app, &request);
    if let Some(uri) = path::put(request.uri(), &path) {
        *request.uri_mut() = uri;
    }
    reply::dress(&app, &ids, next.run(request).await)
}
