//! The authorization response (RFC 6749 §4.1.2, RFC 9207).

use super::authorize::Request;
use super::session::{found, unavailable, with_cookie};
use crate::app::App;
use crate::attempt::Attempt;
use axum::http::HeaderValue;
use axum::response::Response;
use passband_core::session::code::{Code, LIFETIME};
use passband_core::session::standing::Live;

/// Sends a code to the client.
pub async fn issue(
    app: &App,
    request: &Request,
    live: Live<'_>,
    mut attempt: Attempt,
    cookie: Option<HeaderValue>,
) -> Response {
    let code = Code {
        id: Code::fresh_id(app.rng()),
        client: request.client.id,
        redirect_uri: request.redirect_uri.clone(),
        scope: request.target.scope.to_string(),
        resource: request.target.audience.clone(),
        nonce: request.nonce.clone(),
        challenge: *request.challenge.as_bytes(),
        session: live.session().id,
        expires: app.now() + LIFETIME,
    };
    let Ok(text) = code.seal(&app.keys().ring, app.rng()) else {
        return unavailable(&"a code could not be sealed");
    };
    attempt.rests_on(live);
    if let Err(error) = attempt.grant(app, Vec::new()).await {
        return unavailable(&error);
    }
    let to = location(app, &request.redirect_uri, &request.state, &[("code", &text)]);
    with_cookie(found(&to), cookie)
}

/// Where an error is sent (RFC 6749 §4.1.2.1).
pub fn error_location(app: &App, redirect_uri: &str, state: &str, (error, text): (&str, &str)) -> String {
    location(app, redirect_uri, state, &[("error", error), ("error_description", text)])
}

/// The redirect URI with these members, `state` as it came and `iss` (RFC 9207: against mix-up).
fn location(app: &App, redirect_uri: &str, state: &str, members: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(members);
    if !state.is_empty() {
        query.append_pair("state", state);
    }
    query.append_pair("iss", app.issuer());
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}
