//! The authorization response (RFC 6749 §4.1.2, RFC 9207).

use super::authorize::Request;
use super::session::{unavailable, with_cookie};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use axum::http::HeaderValue;
use axum::response::Response;
use passband_core::policy::access::Permit;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::access::model::PersistentBrowser;
use passband_core::policy::signal::Binding;
use passband_core::session::code::{Code, LIFETIME};
use passband_core::session::standing::Live;

/// Sends a code to the client, which the policies permitted. `begun`: whether the browser is yet to be given the session's
/// cookie.
pub async fn issue(
    app: &App,
    request: &Request,
    (permit, live, (shown, binding)): (Permit, Live<'_>, (Shown, Binding)),
    mut attempt: Attempt,
    begun: bool,
) -> Response {
    let cookie = cookie(app, &permit, live, begun);
    let code = Code {
        id: Code::fresh_id(app.rng()),
        client: request.client.id,
        redirect_uri: request.redirect_uri.clone(),
        scope: request.target.scope.to_string(),
        resource: request.target.audience.clone(),
        nonce: request.nonce.clone(),
        challenge: request.challenge.map(|challenge| *challenge.as_bytes()),
        session: live.session().id,
        expires: app.now() + LIFETIME,
        binding,
        by_device_key: shown == Shown::DeviceKey,
    };
    let Ok(text) = code.seal(permit, &app.keys().ring, app.rng()) else {
        return unavailable(&"a code could not be sealed");
    };
    attempt.rests_on(live);
    if let Err(error) = attempt.grant(app, Vec::new()).await {
        return unavailable(&error);
    }
    with_cookie(request.back().send(app, &request.client.name, &[("code", &text)]), cookie)
}

/// The cookie of a session that the browser is yet to be given, or that it is to keep otherwise than so far.
fn cookie(app: &App, permit: &Permit, live: Live<'_>, begun: bool) -> Option<HeaderValue> {
    let session = live.session();
    match permit.limits().persistent_browser {
        Some(PersistentBrowser::Always) => {
            Some(cookie::keep_session(app, session.id, session.expires - app.now()))
        }
        Some(PersistentBrowser::Never) => Some(cookie::set_session(app, session.id)),
        None => begun.then(|| cookie::set_session(app, session.id)),
    }
}
