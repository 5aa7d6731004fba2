//! Signing in with a passkey: the two requests the page makes.

use super::session::{no_store, place, with_cookie};
use super::{campaign, profile};
use crate::app::App;
use crate::attempt::{Attempt, audit};
use crate::cookie;
use crate::extract::{Caller, is_same_origin};
use crate::refusal::{for_people, retry_after};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::authn::campaign::Step;
use passband_core::authn::ceremony::{self, Aim, Kind};
use passband_core::authn::passkey::assertion::{self, AssertionRules};
use passband_core::authn::sign_in;
use passband_core::change::{Change, Conflict};
use passband_core::decision::Refusal;
use passband_core::id::SessionId;
use passband_core::reason::Reason;
use passband_store::{CommitError, StoreError};
use passband_wire::webauthn::AuthenticationResponseJson;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Milliseconds a browser waits for its person.
pub const TIMEOUT_MS: u32 = 300_000;

/// A refusal as the page reads it.
#[derive(Debug)]
pub struct Refused(pub Reason);

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self.0 {
            Reason::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        // What was wrong stays in the log; only what a person can mend is told apart (attack A27).
        let code = match self.0 {
            // One answer for all that depends on what is stored and needs no key to provoke: a stranger who holds a
            // credential id learns nothing of whether it is registered here (WebAuthn L3 §14.6.2).
            Reason::PasskeyUnknown | Reason::PasskeySignature | Reason::PasskeyFlags => {
                "passkey_not_accepted"
            }
            Reason::AuthTooOld => "sign_in_again",
            Reason::CeremonyExpired => "ceremony_expired",
            Reason::PasskeyDuplicate => "passkey_duplicate",
            Reason::PasskeyNotVerified => "passkey_not_verified",
            Reason::SelfServiceOff => "self_service_off",
            Reason::SetupLinkInvalid => "setup_link_invalid",
            _ => "sign_in_refused",
        };
        let body = json!({ "error": { "code": code, "message": for_people(self.0) } });
        let mut answer = (status, [no_store()], Json(body)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after());
        }
        answer
    }
}

/// Our fault, as the page reads it.
pub fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a ceremony failed");
    let message = "The server could not answer just now. Try again shortly.";
    let body = json!({ "error": { "code": "unavailable", "message": message } });
    (StatusCode::SERVICE_UNAVAILABLE, [no_store()], Json(body)).into_response()
}

/// `POST /ceremony/sign-in/options`.
pub async fn sign_in_options(State(app): State<Arc<App>>, headers: HeaderMap, read: Bytes) -> Response {
    // There is nothing in it; but what is not read ends the connection, under the next request of whoever keeps it.
    drop(read);
    if !is_same_origin(&app, &headers) {
        return Refused(Reason::CeremonyInvalid).into_response();
    }
    let asker = cookie::asker(&app, &headers);
    let aim = Aim { kind: Kind::SignIn, user: None, note: String::new() };
    let (text, challenge) = match ceremony::begin(&app.keys().ring, aim, &asker.value, app.now(), app.rng()) {
        Ok(begun) => begun,
        Err(reason) => return Refused(reason).into_response(),
    };
    let body = json!({
        "ceremony": text,
        "publicKey": {
            "challenge": passband_wire::b64::encode(challenge),
            "rpId": app.party.id(),
            // Empty: the passkey says who it is. Nothing here depends on whether anyone exists.
            "allowCredentials": [],
            "userVerification": "required",
            "timeout": TIMEOUT_MS,
        }
    });
    let answer = ([no_store()], Json(body)).into_response();
    with_cookie(answer, cookie::set_asker(&app, &asker))
}

#[derive(Deserialize)]
struct Answer {
    ceremony: String,
    credential: AuthenticationResponseJson,
}

/// `POST /ceremony/sign-in`.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_same_origin(&app, &headers) {
        return Refused(Reason::CeremonyInvalid).into_response();
    }
    let attempt = Attempt::new(SignInKind::Passkey, caller, app.now());
    let Ok(answer) = serde_json::from_slice::<Answer>(&body) else {
        return Refused(attempt.refuse(&app, Reason::PasskeyResponse).await).into_response();
    };
    match try_sign_in(&app, &headers, &answer, attempt).await {
        Ok(response) => response,
        Err(error) => failed(&error),
    }
}

async fn try_sign_in(
    app: &App,
    headers: &HeaderMap,
    answer: &Answer,
    attempt: Attempt,
) -> Result<Response, StoreError> {
    let asker = cookie::asker(app, headers);
    let under_way =
        ceremony::resume(&app.keys().ring, &answer.ceremony, Kind::SignIn, &asker.value, attempt.at());
    let under_way = match under_way {
        Ok(under_way) => under_way,
        Err(reason) => return Ok(Refused(attempt.refuse(app, reason).await).into_response()),
    };
    let answered =
        Answered { under_way: &under_way, challenge: under_way.challenge(), credential: &answer.credential };
    Ok(match answered.admit(app, attempt, cookie::session(app, headers)).await? {
        Ok(admitted) => {
            // Wherever they were going, they hear of what happened to their account first, and of what they owe.
            let detour = campaign::page_for(admitted.step);
            let body = json!({ "next": null, "told": admitted.told, "detour": detour });
            let answer = ([no_store()], Json(body)).into_response();
            with_cookie(answer, Some(cookie::set_session(app, admitted.session)))
        }
        Err(NotAdmitted::Refused(reason)) => Refused(reason).into_response(),
        Err(NotAdmitted::Told(told)) => told.into_response(),
    })
}

/// The answer of a passkey to a ceremony that was begun here.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The ceremony.
    pub under_way: &'a ceremony::Ceremony,
    /// What the authenticator had to sign.
    pub challenge: &'a [u8],
    /// What it sent.
    pub credential: &'a AuthenticationResponseJson,
}

/// Somebody has signed in.
#[derive(Debug)]
pub struct Admitted {
    /// Their session.
    pub session: SessionId,
    /// Whether something happened to their account that they are to hear of.
    pub told: bool,
    /// What they owe the campaign.
    pub step: Step,
}

/// Somebody has not.
#[derive(Debug)]
pub enum NotAdmitted {
    /// For this reason.
    Refused(Reason),
    /// By the passkey policy, in words for the holder of the passkey.
    Told(profile::Told),
}

impl Answered<'_> {
    /// Verifies the answer and begins a session: the one way in with a passkey, whoever carries the answer. `before` is
    /// the session that the browser had.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; inside it [`NotAdmitted`], and the log says why.
    pub async fn admit(
        self,
        app: &App,
        mut attempt: Attempt,
        before: Option<SessionId>,
    ) -> Result<Result<Admitted, NotAdmitted>, StoreError> {
        let under_way = self.under_way;
        // Used up by the first answer, good or bad.
        let refuse = |reason| Refusal { reason, changes: vec![under_way.spend()] };
        let found = app.store.passkey_in_scope(&self.credential.raw_id).await?;
        let rules = AssertionRules {
            relying_party: &app.party,
            challenge: self.challenge,
            user_verification: true,
            allow_credentials: &[],
            user_handle: None,
        };
        let Some((passkey, owner, scope)) = found else {
            // The same work as for a passkey that exists, so that time tells nothing either.
            let error = assertion::refuse_unknown(self.credential, &rules);
            let reason = sign_in::assertion_reason(&error);
            return Ok(Err(NotAdmitted::Refused(attempt.refuse(app, refuse(reason)).await)));
        };
        attempt.aims_at(&owner);
        let stored = sign_in::stored(&passkey, &owner);
        let verified = match assertion::verify(self.credential, &stored, &rules) {
            Ok(verified) => verified,
            Err(error) => {
                tracing::info!(code = error.code(), "an assertion was refused");
                let reason = sign_in::assertion_reason(&error);
                return Ok(Err(NotAdmitted::Refused(attempt.refuse(app, refuse(reason)).await)));
            }
        };
        attempt.by(&owner);
        attempt.proved(sign_in::passkey_factors(verified.device_bound(), verified.user_verified()));
        let permitted = match profile::at_sign_in(app, &mut attempt, &passkey, &scope).await? {
            Ok(permitted) => permitted,
            Err(told) => {
                attempt.refuse(app, refuse(told.reason)).await;
                return Ok(Err(NotAdmitted::Told(told)));
            }
        };
        let step = campaign::step(app, &owner, &scope).await?;
        let place = place(app, attempt.caller());
        let (session, mut changes) = match sign_in::with_passkey(&verified, permitted, &owner, place, step) {
            Ok(begun) => begun,
            Err(reason) => return Ok(Err(NotAdmitted::Refused(attempt.refuse(app, refuse(reason)).await))),
        };
        changes.insert(0, under_way.spend());
        if verified.backup_state_changed() {
            let what = if verified.backup_state() {
                "Passkey is now synced"
            } else {
                "Passkey is no longer backed up"
            };
            changes.push(audit(app, &owner.upn, what, owner.id, passkey.name.clone()));
        }
        if let Some(before) = before {
            // One browser, one session: the one it had ends, so that it cannot be fixed or kept (session fixation).
            changes.push(Change::EndSession { id: before, at: attempt.at() });
        }
        attempt.in_session(session.id, session.factors);
        let told =
            app.store.alarms_of(owner.id).await?.iter().any(|alarm| !alarm.kind.is_for_administrators());
        let again = attempt.clone();
        match attempt.grant(app, changes).await {
            Ok(()) => Ok(Ok(Admitted { session: session.id, told, step })),
            Err(CommitError::Conflict(conflict)) => {
                let reason = match conflict {
                    Conflict::Spent => Reason::CeremonyReplayed,
                    Conflict::Stale => Reason::PasskeyCounter,
                    Conflict::Duplicate => Reason::CeremonyInvalid,
                };
                Ok(Err(NotAdmitted::Refused(again.refuse(app, reason).await)))
            }
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}
