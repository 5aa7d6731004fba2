//! What a pass and a recovery code have in common: somebody without a passkey types a name and a secret, and if both
//! are right gets a session that may register a passkey and nothing else.

use super::session::{local, see_other, with_cookie};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::Params;
use crate::refusal::retry_after;
use crate::routes::register;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use passband_core::change::Change;
use passband_core::directory::Session;
use passband_core::reason::Reason;
use passband_store::{CommitError, StoreError};

/// The name that was typed, as it could be stored; `None` if nobody can be called that.
pub fn typed_name(params: &Params) -> Option<String> {
    let name = params.get("userPrincipalName").trim().to_lowercase();
    (name.len() <= 256 && !name.contains('\0')).then_some(name)
}

/// Commits what the way in costs and leads on to the page that makes a passkey. `spent`: what it means that somebody
/// else used the same secret at the same moment.
///
/// # Errors
///
/// [`StoreError`].
pub async fn admit(
    app: &App,
    (headers, params): (&HeaderMap, &Params),
    mut attempt: Attempt,
    (session, mut changes): (Session, Vec<Change>),
    spent: Reason,
) -> Result<Result<Response, Reason>, StoreError> {
    attempt.in_session(session.id, session.factors);
    if let Some(before) = cookie::session(app, headers) {
        // One browser, one session: the one it had ends, so that it cannot be fixed or kept (session fixation).
        changes.push(Change::EndSession { id: before, at: attempt.at() });
    }
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => {
            // Whatever the person came for waits until they have a passkey.
            let next = params.non_empty("next").and_then(local);
            let to = see_other(&register::address(next));
            Ok(Ok(with_cookie(to, Some(cookie::set_session(app, session.id)))))
        }
        Err(CommitError::Conflict(_)) => Ok(Err(again.refuse(app, spent).await)),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// The status of the page that asks, which says why it asks again.
pub const fn status(refused: Option<Reason>) -> StatusCode {
    match refused {
        None => StatusCode::OK,
        Some(Reason::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    }
}

/// The page, with what a status of its kind has to say.
pub fn answer(mut page: Response) -> Response {
    if page.status() == StatusCode::TOO_MANY_REQUESTS {
        page.headers_mut().insert(header::RETRY_AFTER, retry_after());
    }
    page
}
