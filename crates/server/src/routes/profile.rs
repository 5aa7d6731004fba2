//! Passkey profiles at the two ceremonies: ask the policy, note what it said, tell the person.

use super::session::no_store;
use crate::app::App;
use crate::attempt::Attempt;
use crate::refusal::for_people;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use passband_core::authn::profile::{self, Permitted, PermittedNew, Verdict, words};
use passband_core::directory::{Passkey, Scope};
use passband_core::reason::Reason;
use passband_store::StoreError;
use serde_json::json;

/// A refusal by the policy: the reason for the log, the words for the person.
#[derive(Debug)]
pub struct Told {
    /// For the log.
    pub reason: Reason,
    text: String,
}

impl Told {
    fn of(verdict: &Verdict<'_>, reason: Reason) -> Self {
        let text = words::for_person(verdict);
        Self { reason, text: if text.is_empty() { for_people(reason).to_owned() } else { text } }
    }
}

impl IntoResponse for Told {
    /// The holder of the passkey has proved to be its holder, so they may learn what was wrong with it.
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.reason.code(), "message": self.text } });
        (StatusCode::BAD_REQUEST, [no_store()], Json(body)).into_response()
    }
}

/// Asks whether a passkey whose signature is verified may sign its owner in.
///
/// # Errors
///
/// [`StoreError`]: without the policy nobody gets in.
pub async fn at_sign_in<'k>(
    app: &App,
    attempt: &mut Attempt,
    passkey: &'k Passkey,
    scope: &Scope,
) -> Result<Result<Permitted<'k>, Told>, StoreError> {
    let policy = app.methods_policy(scope.policy).await?;
    let (permitted, verdict) = profile::permit_sign_in(&policy.passkeys, &scope.groups, passkey);
    attempt.because(words::detail(&verdict));
    Ok(permitted.map_err(|reason| Told::of(&verdict, reason)))
}

/// Asks whether a new passkey, verified and judged, may be registered for its owner.
///
/// # Errors
///
/// [`StoreError`]: without the policy nothing is registered.
pub async fn at_registration<'k>(
    app: &App,
    attempt: &mut Attempt,
    passkey: &'k Passkey,
) -> Result<Result<PermittedNew<'k>, Told>, StoreError> {
    let (scope, policy) = app.scope_of(passkey.user).await?;
    let (permitted, verdict) = profile::permit_registration(&policy.passkeys, &scope.groups, passkey);
    attempt.because(words::detail(&verdict));
    Ok(permitted.map_err(|reason| Told::of(&verdict, reason)))
}

/// Asks the same of a passkey that an administrator registers for somebody; the inner error tells them which profile and rule.
///
/// # Errors
///
/// [`StoreError`]: without the policy nothing is registered.
pub async fn on_behalf(app: &App, passkey: &Passkey) -> Result<Result<(), String>, StoreError> {
    let (scope, policy) = app.scope_of(passkey.user).await?;
    let (permitted, verdict) = profile::permit_registration(&policy.passkeys, &scope.groups, passkey);
    Ok(permitted.map(|_| ()).map_err(|reason| Told::of(&verdict, reason).text))
}

/// What a registration asks the authenticator to say of itself (WebAuthn L3 §5.4.7): the truth, where a profile wants it
/// or where this installation can judge it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn conveyance(app: &App, user: passband_core::id::UserId) -> Result<&'static str, StoreError> {
    let (scope, policy) = app.scope_of(user).await?;
    Ok(if policy.passkeys.wants_attestation(&scope.groups) { "direct" } else { app.attestation_conveyance() })
}

/// Whether people may register passkeys of their own (Graph `isSelfServiceRegistrationAllowed`).
///
/// # Errors
///
/// [`StoreError`], and inside it [`Reason::SelfServiceOff`].
pub async fn self_service(
    app: &App,
    user: passband_core::id::UserId,
) -> Result<Result<(), Reason>, StoreError> {
    let (_, policy) = app.scope_of(user).await?;
    Ok(if policy.passkeys.self_service { Ok(()) } else { Err(Reason::SelfServiceOff) })
}
