//! `/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2, RFC 9207, RFC 9700).
//!
//! Flow: (1) find the client and check the redirect URI; until then nothing is sent anywhere; (2) check the rest,
//! errors from here on go to the redirect URI; (3) is someone signed in here, or does a PRT say who it is?
//! (4) a code, or the page that asks for a passkey.

use super::again::{self, Asked};
use super::dialect::{self, Version};
use super::response_mode::{Back, ResponseMode};
use super::session::{self, see_other, sign_in_page};
use super::{broker, code, par, tokens};
use crate::access::{self, Asking, Program, Refused};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, ParamsError};
use crate::pages;
use crate::refusal::WireError;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use passband_core::audit::SignInKind;
use passband_core::directory::App as AppRecord;
use passband_core::id::SessionId;
use passband_core::policy::access::Permit;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::signal::Binding;
use passband_core::reason::Reason;
use passband_core::session::standing::Live;
use passband_core::session::{hello, issue};
use passband_store::StoreError;
use passband_wire::oauth::pkce::Challenge;
use passband_wire::oauth::redirect;
use passband_wire::prt::hello::AMR;
use passband_wire::prt::{BROKER_CLIENT, CREDENTIAL_NAME, DRS_RESOURCE};
use std::sync::Arc;

/// A request that was understood.
#[derive(Debug)]
pub struct Request {
    /// The client.
    pub client: Arc<AppRecord>,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// Echoed.
    pub state: String,
    /// How the answer goes there.
    mode: ResponseMode,
    /// OpenID Connect `nonce`.
    pub nonce: Option<String>,
    /// PKCE; `None` for the clients that [`dialect::clients`] lets off it.
    pub challenge: Option<Challenge>,
    /// For what.
    pub target: tokens::Target,
    prompt: Prompt,
    max_age: Option<i64>,
    /// The person has to sign in for this request, whoever is signed in already.
    in_person: bool,
    /// It came by a path of the dialect, to an address of the broker clients.
    let_off: bool,
}

impl Request {
    /// Where the answer goes.
    pub fn back(&self) -> Back<'_> {
        Back { redirect_uri: &self.redirect_uri, state: &self.state, mode: self.mode }
    }

    /// Whether a PRT shown for it may answer it. The broker gets for one what its person uses, by the paths and addresses
    /// of brokers of others (prt.md §6.5); never another PRT, and never what registers devices (attack A32). What registers
    /// a Hello key it gets while the PRT's own sign-in is fresh (attack A19): [`hello::proved`] asks.
    fn may_be_for_prt(&self) -> bool {
        let registers = self.target.audience == DRS_RESOURCE && !self.target.ngcmfa;
        let confined = self.target.is_for_prt(self.client.id) || registers;
        self.client.id != BROKER_CLIENT || (self.let_off && !confined)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompt {
    AsNeeded,
    Login,
    None,
}

/// What is wrong with a request, and where to say so.
enum Bad {
    /// To the person: there is no client to trust with it.
    Page(Reason),
    /// To the client.
    Client {
        client: Arc<AppRecord>,
        to: (String, String, ResponseMode),
        error: &'static str,
        text: &'static str,
    },
    /// Our fault.
    Store(StoreError),
}

impl Bad {
    fn into_answer(self, app: &App) -> Response {
        match self {
            Self::Page(reason) => refused_page(app, reason),
            Self::Store(error) => session::unavailable(&error),
            Self::Client { client, to: (redirect_uri, state, mode), error, text } => {
                Back { redirect_uri: &redirect_uri, state: &state, mode }.send(
                    app,
                    &client.name,
                    &told(error, text),
                )
            }
        }
    }
}

/// An error, as the members of an answer (RFC 6749 §4.1.2.1).
const fn told<'a>(error: &'a str, text: &'a str) -> [(&'a str, &'a str); 2] {
    [("error", error), ("error_description", text)]
}

/// `GET /authorize`.
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    at(&app, caller, &headers, STANDARD, &query.unwrap_or_default()).await
}

/// Which path a request came by.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The path.
    pub path: &'a str,
    /// The dialect it speaks; `None` for the standard's.
    pub version: Option<Version>,
}

const STANDARD: Place<'_> = Place { path: "/authorize", version: None };

/// A request at one of the paths.
pub async fn at(app: &App, caller: Caller, headers: &HeaderMap, place: Place<'_>, query: &str) -> Response {
    answer(app, (caller, headers), (place, query), Params::parse(query.as_bytes())).await
}

/// `POST /authorize`: the same by form (OpenID Connect Core §3.1.2.1).
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    // Answered through a GET: the page that asks for a passkey comes back to its own address.
    match form {
        Ok(params) => see_other(&format!("/authorize?{}", params.encode())),
        Err(error) => answer(&app, (caller, &headers), (STANDARD, ""), Err(error)).await,
    }
}

async fn answer(
    app: &App,
    (caller, headers): (Caller, &HeaderMap),
    (place, query): (Place<'_>, &str),
    params: Result<Params, ParamsError>,
) -> Response {
    let Ok(params) = params else { return refused_page(app, Reason::RequestMalformed) };
    let pushed = match par::opened(app, &params) {
        Ok(pushed) => pushed,
        Err(reason) => return refused_page(app, reason),
    };
    // What stands beside a reference counts for nothing: whoever carries it may have added it (RFC 9126 §4).
    let request = match understand(app, pushed.as_ref().unwrap_or(&params), place.version).await {
        Ok(request) => request,
        Err(bad) => return bad.into_answer(app),
    };
    let mut attempt = Attempt::new(SignInKind::Authorize, caller, app.now());
    attempt.for_app(&request.client);
    attempt.for_resource(&request.target.audience);
    let asked = Asked::read(app, &params);
    let here = format!("{}?{query}", place.path);
    if place.version.is_some() && is_program(app, headers, request.prompt) {
        return dialect::page_for(app, headers, &request.client.name, &here);
    }
    let is_program = place.version.is_some() && !is_browser(headers);
    let visit = Visit { headers, params: &params, asked, path: place.path, here, is_program };
    match sign_on(app, &visit, &request, attempt).await {
        Ok(response) => response,
        Err(error) => session::unavailable(&error),
    }
}

/// What a browser brought along.
struct Visit<'a> {
    headers: &'a HeaderMap,
    params: &'a Params,
    asked: Option<Asked>,
    path: &'a str,
    here: String,
    /// It came by a path of the dialect, and not from a browser.
    is_program: bool,
}

/// Whether a browser asks: it says how it came here (Fetch Metadata §2.2).
fn is_browser(headers: &HeaderMap) -> bool {
    ["sec-fetch-mode", "sec-fetch-dest"].into_iter().any(|name| headers.contains_key(name))
}

/// Whether a program asks that reads the page itself: it is no browser, and whoever
/// has a session or a PRT to show needs no page, unless it asks to be signed in again. What a program gets is the page of
/// the browsers and more, never less.
fn is_program(app: &App, headers: &HeaderMap, prompt: Prompt) -> bool {
    let browser = is_browser(headers);
    let prt = headers.contains_key(CREDENTIAL_NAME) || cookie::get(headers, CREDENTIAL_NAME).is_some();
    let session = prompt != Prompt::Login && cookie::session(app, headers).is_some();
    prompt != Prompt::None && !browser && !prt && !session
}

/// Checks a request that is to be answered later.
///
/// # Errors
///
/// [`WireError`]: what it would be refused for.
pub async fn check(app: &App, params: &Params) -> Result<(), WireError> {
    match understand(app, params, None).await {
        Ok(_) => Ok(()),
        Err(Bad::Page(reason)) => Err(reason.into()),
        Err(Bad::Client { error, text, .. }) => Err(WireError::new(error, 90_014, text)),
        Err(Bad::Store(error)) => Err(error.into()),
    }
}

/// Answers a request for which the person has signed in a moment ago, into this session, with a program that reads the
/// page (prt.md §10.3). The program gets no cookie.
///
/// # Errors
///
/// [`StoreError`]; inside it, what stood in the way.
pub async fn finish(
    app: &App,
    attempt: Attempt,
    (version, query): (Version, &str),
    session: SessionId,
) -> Result<Result<Response, Reason>, StoreError> {
    let Ok(params) = Params::parse(query.as_bytes()) else { return Ok(Err(Reason::RequestMalformed)) };
    let request = match understand(app, &params, Some(version)).await {
        Ok(request) => request,
        Err(Bad::Store(error)) => return Err(error),
        Err(Bad::Page(reason)) => return Ok(Err(reason)),
        Err(Bad::Client { .. }) => return Ok(Err(Reason::RequestMalformed)),
    };
    let mut attempt = attempt;
    attempt.is(SignInKind::Authorize);
    attempt.for_app(&request.client);
    attempt.for_resource(&request.target.audience);
    let standing = app.store.standing(session).await?;
    let Some(live) = session::signed_in(app, standing.as_ref()) else {
        return Ok(Err(attempt.refuse(app, Reason::SessionEnded).await));
    };
    let shown = (access::cookie(live), Binding::None);
    match permit(app, &request, attempt, (live, shown)).await? {
        Ok((permit, attempt)) => {
            Ok(Ok(code::issue(app, &request, (permit, live, shown), attempt, false).await))
        }
        Err((refused, attempt)) => Ok(Err(attempt.refuse(app, refused.reason).await)),
    }
}

/// Step 3 and 4.
async fn sign_on(
    app: &App,
    visit: &Visit<'_>,
    request: &Request,
    mut attempt: Attempt,
) -> Result<Response, StoreError> {
    let standing = session::standing(app, visit.headers).await?;
    let mut stopped = None;
    if let Some(live) = session::signed_in_to_apps(app, standing.as_ref())
        && is_enough(app, visit, request, live)
    {
        let shown = (access::cookie(live), Binding::None);
        match permit(app, request, attempt.clone(), (live, shown)).await? {
            Ok((permit, attempt)) => {
                return Ok(code::issue(app, request, (permit, live, shown), attempt, false).await);
            }
            Err(because) => stopped = Some(because),
        }
    }
    let mut notice = None;
    if !request.in_person && request.may_be_for_prt() {
        let carrier = (visit.headers, visit.params);
        match broker::from_cookie(app, carrier, &visit.here, request.client.id, attempt.clone()).await? {
            broker::Carried::Nothing => {}
            broker::Carried::Challenge(response) => {
                if request.prompt == Prompt::AsNeeded {
                    return Ok(response);
                }
            }
            broker::Carried::Refused(reason) => {
                if visit.is_program {
                    let name = &request.client.name;
                    return Ok(dialect::refused_page_for(app, visit.headers, name, (&visit.here, reason)));
                }
                notice = Some(pages::Notice::refused(
                    "This device's single sign-on was not accepted, so you are asked in person.",
                    reason.code(),
                ));
            }
            broker::Carried::SignedIn { session, shown } => {
                let standing = app.store.standing(session).await?;
                if let Some(live) = session::signed_in_to_apps(app, standing.as_ref())
                    && is_enough_by_key(app, visit, request, live)
                {
                    if request.target.ngcmfa
                        && let Err(reason) = hello::proved(live, app.now())
                    {
                        attempt.rests_on(live);
                        let told = (visit.here.as_str(), attempt.refuse(app, reason).await);
                        return Ok(dialect::refused_page_for(app, visit.headers, &request.client.name, told));
                    }
                    // The device's key signed for this very request.
                    match permit(app, request, attempt, (live, shown)).await? {
                        Ok((permit, attempt)) => {
                            return Ok(code::issue(app, request, (permit, live, shown), attempt, true).await);
                        }
                        Err(because) => stopped = Some(because),
                    }
                }
            }
        }
    }
    if let Some((refused, attempt)) = stopped {
        attempt.refuse(app, refused.reason).await;
        return Ok(stop(app, visit, request, &refused));
    }
    if request.prompt == Prompt::None {
        let told = told("login_required", "Nobody is signed in here.");
        return Ok(request.back().send(app, &request.client.name, &told));
    }
    if request.in_person && visit.asked.is_none() {
        return Ok(again::ask(app, visit.path, visit.params, session::id(standing.as_ref())));
    }
    let name = Some(request.client.name.clone());
    Ok(sign_in_page(app, visit.headers, (name, &visit.here), (pages::Band::default(), notice)))
}

/// Asks the policies whether a session may have a code. The refusal is not written down yet: a PRT may still be shown.
async fn permit(
    app: &App,
    request: &Request,
    mut attempt: Attempt,
    (live, shown): (Live<'_>, (Shown, Binding)),
) -> Result<Result<(Permit, Attempt), (Refused, Attempt)>, StoreError> {
    attempt.rests_on(live);
    let client = &request.client;
    let at = attempt.at();
    let asked = if request.target.is_for_prt(client.id) {
        access::at_prt_issue(live, at)
    } else {
        let (program, wants) = (Program::Client(client), request.target.wants(client.id));
        let caller = attempt.caller().clone();
        let asking = Asking { live, program, caller: &caller, wants, shown, at };
        access::ask(app, &mut attempt, &asking).await?
    };
    Ok(match asked {
        Ok(permit) => Ok((permit, attempt)),
        Err(refused) => Err((refused, attempt)),
    })
}

/// What somebody sees whom the policies stopped: the page that asks for a passkey if that can help.
fn stop(app: &App, visit: &Visit<'_>, request: &Request, refused: &Refused) -> Response {
    let denied = told("access_denied", "A policy of the organisation does not permit it.");
    let name = &request.client.name;
    if request.prompt == Prompt::None {
        let told = match refused.prompt {
            Some(_) => told("interaction_required", "The person has to sign in again."),
            None => denied,
        };
        return request.back().send(app, name, &told);
    }
    if visit.is_program {
        return dialect::refused_page_for(
            app,
            visit.headers,
            &request.client.name,
            (&visit.here, refused.reason),
        );
    }
    if refused.prompt.is_some() {
        let name = Some(name.clone());
        let notice = Some(access::words::notice(refused));
        return sign_in_page(app, visit.headers, (name, &visit.here), (pages::Band::default(), notice));
    }
    // A link cannot post: an app that wants a form is told in the address all the same, with nothing secret in it.
    let text = format!("Go back to {name}");
    let href = request.back().address(app, &denied);
    access::words::page(app, refused, Some(pages::Link { href, text }))
}

/// Whether a session satisfies what the client asked for, if a key signed for this very request.
fn is_enough_by_key(app: &App, visit: &Visit<'_>, request: &Request, live: Live<'_>) -> bool {
    let now = app.now();
    let age = now - live.session().auth_time;
    // An answer to our own question is recent however long the browser took to come back.
    let recent = request.in_person || request.max_age.is_none_or(|max| age.0 <= max);
    let prompted = !request.in_person || visit.asked.is_some_and(|asked| asked.is_answered_by(live));
    recent && prompted
}

/// The same for a session that a cookie holds.
fn is_enough(app: &App, visit: &Visit<'_>, request: &Request, live: Live<'_>) -> bool {
    // The broker turns a sign-in into a device's identity: only a fresh one, in person, will do (attack A32).
    let fresh = request.client.id != BROKER_CLIENT || issue::fresh(live, app.now()).is_ok();
    fresh && is_enough_by_key(app, visit, request, live)
}

/// Steps 1 and 2.
async fn understand(app: &App, params: &Params, version: Option<Version>) -> Result<Request, Bad> {
    let translated;
    let params = match version {
        Some(version) => {
            translated = dialect::request::translated(version, params);
            &translated
        }
        None => params,
    };
    let id = params.get("client_id").parse().map_err(|_| Bad::Page(Reason::AppUnknown))?;
    let client = app.store.app(id).await.map_err(Bad::Store)?.ok_or(Bad::Page(Reason::AppUnknown))?;
    if !client.enabled {
        return Err(Bad::Page(Reason::AppDisabled));
    }
    let redirect_uri = params.get("redirect_uri");
    // Never redirect to what is not registered: that would make this server a mail-box for codes (RFC 9700 §4.1).
    let registered =
        client.redirect_uris.iter().any(|registered| redirect::matches(registered, redirect_uri));
    let let_off = version.is_some()
        && dialect::clients::admits(app, client.id, redirect_uri).await.map_err(Bad::Store)?;
    if !registered && !let_off {
        return Err(Bad::Page(Reason::RedirectUriUnknown));
    }
    let state = params.get("state");
    let mode = ResponseMode::read(params.get("response_mode"), redirect_uri);
    let bad = |error, text| Bad::Client {
        client: Arc::clone(&client),
        to: (redirect_uri.to_owned(), state.to_owned(), mode.unwrap_or(ResponseMode::Query)),
        error,
        text,
    };
    if params.non_empty("request").is_some() {
        return Err(bad("request_not_supported", "Request objects are not supported."));
    }
    if params.non_empty("request_uri").is_some() {
        return Err(bad("request_uri_not_supported", "request_uri is not supported."));
    }
    if params.get("response_type") != "code" {
        return Err(bad("unsupported_response_type", "response_type must be code."));
    }
    let Some(mode) = mode else {
        return Err(bad("invalid_request", "response_mode must be query, or form_post for a web address."));
    };
    let challenge = if let_off && !params.has("code_challenge") && !params.has("code_challenge_method") {
        None
    } else {
        let read = Challenge::parse(params.get("code_challenge"), params.get("code_challenge_method"));
        let text = "PKCE is required: code_challenge with method S256 (RFC 7636).";
        Some(read.map_err(|_| bad("invalid_request", text))?)
    };
    let prompt = match params.get("prompt") {
        "" => Prompt::AsNeeded,
        "login" | "select_account" => Prompt::Login,
        "none" => Prompt::None,
        _ => return Err(bad("invalid_request", "prompt must be none or login.")),
    };
    let max_age = match params.non_empty("max_age").map(str::parse::<i64>) {
        None => None,
        Some(Ok(seconds)) if seconds >= 0 => Some(seconds),
        Some(_) => return Err(bad("invalid_request", "max_age must be a number of seconds.")),
    };
    let target = match tokens::target(app, client.id, params.get("resource"), params.get("scope")).await {
        Ok(mut target) => {
            let proof = params.get("amr_values").split([' ', ',']).any(|value| value == AMR);
            target.ngcmfa = proof && target.audience == DRS_RESOURCE;
            target
        }
        Err(tokens::TargetError::Store(error)) => return Err(Bad::Store(error)),
        Err(tokens::TargetError::Refused(Reason::ResourceUnknown)) => {
            return Err(bad("invalid_target", "No such resource."));
        }
        Err(tokens::TargetError::Refused(_)) => {
            return Err(bad("invalid_scope", "The scope is not one this server knows."));
        }
    };
    Ok(Request {
        redirect_uri: redirect_uri.to_owned(),
        state: state.to_owned(),
        mode,
        nonce: params.non_empty("nonce").map(str::to_owned),
        challenge,
        target,
        prompt,
        max_age,
        in_person: prompt == Prompt::Login || max_age == Some(0),
        let_off,
        client,
    })
}

/// A page for what cannot be told to a client.
pub fn refused_page(app: &App, reason: Reason) -> Response {
    let (title, meaning, todo) = match reason {
        Reason::AppUnknown => (
            "This app is not known here",
            "The address that brought you here names an application that is not registered with this server.",
            "Go back to the app and try again. If it happens again, tell whoever runs the app.",
        ),
        Reason::AppDisabled => (
            "This app is switched off",
            "Your administrator has switched this application off.",
            "Ask your administrator if you need it.",
        ),
        Reason::RedirectUriUnknown => (
            "This app gave a wrong address",
            "The app asked for your answer to be sent to an address that is not registered for it. Nothing was sent.",
            "Go back and try again. If it happens again, tell whoever runs the app: it may be an attack.",
        ),
        _ => (
            "This request could not be read",
            "The address that brought you here lacks something, or has something twice.",
            "Go back to the app and try again.",
        ),
    };
    let page = pages::ErrorPage {
        title: title.to_owned(),
        meaning: meaning.to_owned(),
        todo: vec![todo.to_owned()],
        code: reason.code().to_owned(),
        correlation_id: passband_wire::jose::jws::random_text::<9>(app.rng()),
        at: pages::When(app.now()),
        next: None,
        band: None,
    };
    tracing::info!(
        reason = reason.code(),
        correlation = page.correlation_id,
        "an authorization request was refused"
    );
    pages::reply(StatusCode::BAD_REQUEST, &page, &pages::csp(&[]))
}
