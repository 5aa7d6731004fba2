//! Asking again in person (OpenID Connect Core §3.1.2.1, `prompt=login` and `max_age=0`).
//!
//! The page that asks comes back to its own address, so the address has to say when it asked and who was signed in
//! then; otherwise the sign-in before the question would pass for its answer, or the answer for another question.

use super::session::{found, unavailable};
use crate::app::App;
use crate::extract::Params;
use axum::response::Response;
use passband_core::id::SessionId;
use passband_core::keys::seal::Purpose;
use passband_core::session::standing::Live;
use passband_core::time::{Seconds, Timestamp};
use passband_wire::b64;

/// The member of the address. Sealed: a link from elsewhere cannot claim that the question was asked.
const MEMBER: &str = "passband_asked";

/// How long a person may look at the page.
const PATIENCE: Seconds = Seconds::minutes(30);

/// A question this server asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    at: Timestamp,
    /// Who was signed in when it was asked.
    before: Option<SessionId>,
}

impl Asked {
    /// The question the address tells of, if it is ours and not too old.
    pub fn read(app: &App, params: &Params) -> Option<Self> {
        let sealed = b64::decode(params.non_empty(MEMBER)?, 256).ok()?;
        let body = app.keys().ring.open(Purpose::AskedAgain, &sealed).ok()?;
        let (at, before) = body.split_at_checked(8)?;
        let at = Timestamp(i64::from_be_bytes(at.try_into().ok()?));
        let age = app.now() - at;
        let before = if before.is_empty() { None } else { Some(SessionId::from_slice(before)?) };
        (Seconds(0) <= age && age <= PATIENCE).then_some(Self { at, before })
    }

    /// Whether a session is the answer: begun since, and in person.
    pub fn is_answered_by(&self, live: Live<'_>) -> bool {
        let session = live.session();
        session.parent.is_none() && session.auth_time >= self.at && Some(session.id) != self.before
    }
}

/// Sends the browser to the same address with the question in it.
pub fn ask(app: &App, path: &str, params: &Params, before: Option<SessionId>) -> Response {
    let mut body = app.now().0.to_be_bytes().to_vec();
    if let Some(before) = before {
        body.extend_from_slice(before.as_bytes());
    }
    match app.keys().ring.seal(Purpose::AskedAgain, &body, app.rng()) {
        Ok(sealed) => found(&format!("{path}?{}", params.with(MEMBER, &b64::encode(sealed)))),
        Err(error) => unavailable(&error),
    }
}
