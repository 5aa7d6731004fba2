//! The transmitter of shared signals (OpenID Shared Signals Framework 1.0): what a receiver that an administrator let in
//! makes of its stream, and how it comes for what waits.
//!
//! A receiver proves itself with the credential it was given (RFC 6750, in the header only). It has one stream, sees no
//! other, and cannot have events sent anywhere but to the address its administrator named.

pub mod poll;
pub mod receive;
pub mod stream;
pub mod subject;

use crate::app::App;
use crate::extract::bearer;
use axum::Json;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use passband_core::manage::app::secret_hash;
use passband_core::signals::stream::{Method, Stream};
use passband_store::{CommitError, StoreError};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;

/// Before a credential, so that one that is found somewhere is recognised.
pub const CREDENTIAL: &str = "pbsig_";

/// The most a request of a receiver may have, bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The routes of the transmitter.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/ssf-configuration", get(configuration))
        .route(
            "/ssf/streams",
            get(stream::read)
                .post(stream::create)
                .patch(stream::update)
                .put(stream::replace)
                .delete(stream::delete),
        )
        .route("/ssf/status", get(stream::status).post(stream::set_status))
        .route("/ssf/subjects/add", post(subject::add))
        .route("/ssf/subjects/remove", post(subject::remove))
        .route("/ssf/verify", post(stream::verify))
        .route("/ssf/poll", post(poll::poll))
        .route("/ssf/receive/{transmitter}", post(receive::receive))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
}

/// `GET /.well-known/ssf-configuration` (SSF 1.0 §7.1).
async fn configuration(State(app): State<Arc<App>>) -> Response {
    let at = |path: &str| format!("{}{path}", app.issuer());
    let body = json!({
        "spec_version": "1_0",
        "issuer": app.issuer(),
        "jwks_uri": at("/jwks"),
        "delivery_methods_supported": [Method::Push.urn(), Method::Poll.urn()],
        "configuration_endpoint": at("/ssf/streams"),
        "status_endpoint": at("/ssf/status"),
        "add_subject_endpoint": at("/ssf/subjects/add"),
        "remove_subject_endpoint": at("/ssf/subjects/remove"),
        "verification_endpoint": at("/ssf/verify"),
        "authorization_schemes": [{ "spec_urn": "urn:ietf:rfc:6750" }],
        "default_subjects": "ALL",
    });
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(body)).into_response()
}

/// Proof that a request bears the credential of a receiver. Each handler demands one.
#[derive(Debug)]
pub struct Receiver(pub Stream);

impl FromRequestParts<Arc<App>> for Receiver {
    type Rejection = SsfError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, SsfError> {
        let text = bearer(&parts.headers).and_then(|text| text.strip_prefix(CREDENTIAL));
        let text = text.ok_or(SsfError::Unauthorized)?;
        let stream = app.store.stream_by_secret(&secret_hash(text)).await?;
        stream.map(Self).ok_or(SsfError::Unauthorized)
    }
}

/// Why a receiver gets nothing.
#[derive(Debug, thiserror::Error)]
pub enum SsfError {
    /// A request that cannot be granted; why, for a person.
    #[error("{0}")]
    Bad(&'static str),
    /// Another changed it meanwhile, or it is there already.
    #[error("it has changed meanwhile, or is there already")]
    Conflict,
    /// There is no such stream, or it is another's.
    #[error("no such stream")]
    NotFound,
    /// The database.
    #[error("not available now")]
    Store(#[from] StoreError),
    /// Too soon after the last.
    #[error("too soon after the last; see min_verification_interval")]
    TooSoon,
    /// No credential, or none of a receiver.
    #[error("not authorized")]
    Unauthorized,
}

impl From<CommitError> for SsfError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl IntoResponse for SsfError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Conflict => StatusCode::CONFLICT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Store(error) => {
                tracing::error!(%error, "a receiver of signals");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooSoon => StatusCode::TOO_MANY_REQUESTS,
            Self::Unauthorized => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
                return (StatusCode::UNAUTHORIZED, challenge).into_response();
            }
        };
        (status, no_store(json!({ "err": "invalid_request", "description": self.to_string() })))
            .into_response()
    }
}

/// An answer that nobody keeps.
fn no_store(body: serde_json::Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// A body read as JSON; the depth is bounded by the reader. Members we do not know are another version's.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SsfError> {
    if body.first() != Some(&b'{') {
        return Err(SsfError::Bad("the body must be a JSON object"));
    }
    serde_json::from_slice(body).map_err(|_| SsfError::Bad("the body is not such an object"))
}

/// The stream, if the request names it or none.
fn named<'a>(receiver: &'a Receiver, id: Option<&str>) -> Result<&'a Stream, SsfError> {
    let stream = &receiver.0;
    let made = stream.status != passband_core::signals::stream::StreamStatus::Unmade;
    let is_it = id.is_none_or(|id| id.parse() == Ok(stream.id));
    if made && is_it { Ok(stream) } else { Err(SsfError::NotFound) }
}
