//! Errors as Graph shapes them, and what every answer of the admin API carries.

use crate::app::App;
use crate::policies::Unchanged;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use passband_core::directory::Passkey;
use passband_core::id::AuditId;
use passband_core::manage::{Invalid, Permission, person};
use passband_core::reason::Reason;
use passband_store::{CommitError, StoreError};
use serde_json::json;
use std::sync::Arc;

/// The most of a stranger's text that an answer repeats, in characters.
const MAX_ECHO: usize = 400;

/// The code of an error that a fresh sign-in cures.
const STEP_UP: &str = "Authentication_StepUpRequired";

/// An error of the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: String,
    reason: Option<Reason>,
    problems: Vec<Problem>,
}

/// What is wrong with one place of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `conditions.users.includeUsers`.
    pub path: String,
    /// What, and what was expected.
    pub message: String,
}

impl GraphError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let message = message.chars().filter(|c| !c.is_control()).take(MAX_ECHO).collect();
        Self { status, code, message, reason: None, problems: Vec::new() }
    }

    /// What was sent is not as it should be.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    /// A document is not as it should be, at these places.
    pub fn document(problems: Vec<Problem>) -> Self {
        let told: Vec<_> = problems.iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
        Self { problems, ..Self::bad(told.join("; ")) }
    }

    /// It is not the version any more that `If-Match` or `@odata.etag` names (RFC 9110 §13.1.1).
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "Request_PreconditionFailed", message)
    }

    /// What is wrong, place by place; empty if it has no place.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is wrong, in a sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A query option cannot be used.
    pub fn query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    /// No such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", format!("There is no such {what}."))
    }

    /// A rule of the directory forbids it to everyone.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", message)
    }

    /// No role of whoever asks has this permission.
    pub fn role_missing(permission: Permission) -> Self {
        let message = format!(
            "This takes a role that may {} ({}). Ask a Global Administrator for one; docs/permissions.md has them.",
            permission.what(),
            permission.name()
        );
        Self { reason: Some(Reason::RoleMissing), ..Self::forbidden(message) }
    }

    /// No token, or not a good one.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "A bearer token of this server's administration is needed; it is missing, wrong or has expired.",
        )
    }

    /// Somebody must sign in again before they do this (RFC 9470 §3).
    pub fn step_up(reason: Reason) -> Self {
        let message = "This takes a sign-in with a passkey within the last five minutes. Sign in again (`passband login \
                       --again`), take a new token and repeat the request.";
        Self { reason: Some(reason), ..Self::new(StatusCode::UNAUTHORIZED, STEP_UP, message) }
    }

    /// Something unique exists already.
    pub fn exists(property: &str) -> Self {
        Self::bad(format!("Another object with the same value for property {property} already exists."))
    }

    /// Deleting somebody's last passkey takes a word more.
    pub fn last_passkey() -> Self {
        let message = "This is the person's last passkey: without it they need a recovery code or a Temporary Access \
                       Pass. Repeat the request with passband_force=true if that is what you want.";
        Self { reason: Some(Reason::LastPasskey), ..Self::forbidden(message) }
    }

    /// A role is not given to somebody with passkeys that others registered, unless that is confirmed.
    pub fn planted(reason: Reason, have: &[Passkey]) -> Self {
        let named: Vec<_> =
            person::planted(have).map(|it| format!("{} (registered by {})", it.name, it.made_by)).collect();
        let message = format!(
            "Others registered passkeys for this person, and may hold them: {}. Ask the person; delete those they do not \
             hold, and repeat the request at roleAssignments with passband_force: true.",
            named.join(", ")
        );
        Self { reason: Some(reason), ..Self::forbidden(message) }
    }

    /// It has changed since it was looked at.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Request_Conflict", message)
    }

    /// Others were faster, again and again.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceNotAvailable",
            "Others are changing this. Try again.",
        )
    }

    fn of_status(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                ("Request_MethodNotAllowed", "This method is not for this address; see the header Allow.")
            }
            StatusCode::NOT_FOUND => ("Request_ResourceNotFound", "There is nothing at this address."),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "Request_TooLarge",
                "The body is larger than 64 KiB, or than 64 MiB where metadata or revocations are imported.",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "Request_UnsupportedMediaType",
                "The body must be JSON, with Content-Type: application/json.",
            ),
            _ if status.is_client_error() => ("Request_BadRequest", "The request could not be read."),
            _ => ("ServiceNotAvailable", "The server could not complete the request. Try again shortly."),
        };
        Self::new(status, code, message)
    }

    /// The body must be JSON.
    pub fn media_type() -> Self {
        Self::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }
}

impl From<Invalid> for GraphError {
    fn from(invalid: Invalid) -> Self {
        Self::bad(format!("{invalid}."))
    }
}

impl From<Unchanged> for GraphError {
    fn from(unchanged: Unchanged) -> Self {
        match unchanged {
            Unchanged::Busy => Self::busy(),
            Unchanged::Invalid(text) => Self::bad(format!("{text}.")),
            Unchanged::Member(text) => Self::bad(text),
            Unchanged::Refused(reason) => reason.into(),
            Unchanged::Store(error) => error.into(),
        }
    }
}

impl From<Reason> for GraphError {
    fn from(reason: Reason) -> Self {
        let message = format!("{} {}", reason.meaning(), reason.action());
        Self { reason: Some(reason), ..Self::forbidden(message) }
    }
}

impl From<StoreError> for GraphError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor => {
                Self::query("$skiptoken is not one of this server's; start again without it.")
            }
            StoreError::Text => Self::bad("Text must not contain the character NUL."),
            error => {
                tracing::error!(%error, "the admin API could not answer");
                Self::of_status(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

impl From<CommitError> for GraphError {
    /// For a conflict whose meaning the caller has not said: what was to be changed is gone.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::not_found("object any more; it has changed meanwhile"),
            CommitError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for GraphError {
    /// The body is written by [`stamp`], which knows the time and the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every answer its id and headers, and every error Graph's shape, also those of the router itself.
pub async fn stamp(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = AuditId::generate(app.rng()).to_string();
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        response = shaped(&app, &id, response);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("request-id", id);
    }
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    // Answers hold secrets shown once, and people's data.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn shaped(app: &App, id: &str, mut response: Response) -> Response {
    let status = response.status();
    let error =
        response.extensions_mut().remove::<GraphError>().unwrap_or_else(|| GraphError::of_status(status));
    let mut inner = json!({ "date": app.now().rfc3339(), "request-id": id });
    if let Some(reason) = error.reason {
        inner["passband_reason"] = reason.code().into();
    }
    if !error.problems.is_empty() {
        let problem = |it: &Problem| json!({ "path": it.path, "message": it.message });
        inner["passband_problems"] = error.problems.iter().map(problem).collect();
    }
    let body = json!({ "error": { "code": error.code, "message": error.message, "innerError": inner } });
    let mut answer = (status, Json(body)).into_response();
    for name in [header::WWW_AUTHENTICATE, header::ALLOW] {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750 §3, RFC 9470 §3.
        let challenge = HeaderValue::from_static(if error.code == STEP_UP {
            "Bearer realm=\"passband\", error=\"insufficient_user_authentication\", max_age=\"300\""
        } else {
            "Bearer realm=\"passband\", error=\"invalid_token\""
        });
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}
