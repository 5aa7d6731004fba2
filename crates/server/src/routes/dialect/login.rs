//! The sign-in page as programs read it (prt.md §10): where to send what, in a `$Config` block of the page, and a real
//! passkey at the end.
//!
//! Flow: (1) the page of `/authorize`, which people can use too, with the block; (2) `POST /{tenant}/fido/get` begins a
//! ceremony and answers with its challenge; (3) `POST /{tenant}/login` verifies the assertion by the code that verifies
//! the browsers' and goes on to what (1) was asked for.
//!
//! Nothing is kept between the steps: what (1) was asked for travels sealed as `sCtx`, bound to the flow token `sFT`,
//! a secret that only whoever got the page has. No cookie is set, so a page that makes somebody's browser go through
//! this signs nobody in there (login CSRF).

use super::{Tenant, Version, credential_type, reply};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, is_same_origin};
use crate::pages::{self, Contract};
use crate::refusal::{WireError, for_people};
use crate::routes::authorize;
use crate::routes::ceremony::{Answered, NotAdmitted};
use crate::routes::session::{unavailable, with_cookie};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use passband_core::audit::SignInKind;
use passband_core::authn::ceremony::{self, Aim, Kind};
use passband_core::id::EventId;
use passband_core::keys::seal::Purpose;
use passband_core::reason::Reason;
use passband_core::rng;
use passband_core::time::{Seconds, Timestamp};
use passband_store::StoreError;
use passband_wire::b64;
use passband_wire::webauthn::AuthenticationResponseJson;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// How long a program may take from the page to the assertion.
const PATIENCE: Seconds = Seconds::minutes(10);

/// What a program came for.
#[derive(Serialize, Deserialize)]
struct Errand {
    /// The address it came to: path and query of `/authorize`.
    here: String,
    /// Flow token of the page.
    flow: String,
    expires: Timestamp,
}

impl Errand {
    fn seal(&self, app: &App) -> Option<String> {
        let body = serde_json::to_vec(self).ok()?;
        app.keys().ring.seal(Purpose::ProgramSignIn, &body, app.rng()).map(b64::encode).ok()
    }

    /// The errand of a form that also shows the flow token and, unless it was used up already, the canary.
    fn open(app: &App, sealed: &str, flow: &str, canary: &str) -> Result<Self, Reason> {
        let invalid = || Reason::CeremonyInvalid;
        let sealed = b64::decode(sealed, 16 * 1024).map_err(|_| invalid())?;
        let body = app.keys().ring.open(Purpose::ProgramSignIn, &sealed).map_err(|_| invalid())?;
        let errand: Self = serde_json::from_slice(&body).map_err(|_| invalid())?;
        let same = bool::from(errand.flow.as_bytes().ct_eq(flow.as_bytes()));
        if !same || !cookie::csrf_matches(app, canary, flow) {
            return Err(invalid());
        }
        if app.now() >= errand.expires {
            return Err(Reason::CeremonyExpired);
        }
        Ok(errand)
    }
}

/// What every block has.
fn common(app: &App, more: Value) -> Value {
    let mut members = json!({
        "sessionId": EventId::generate(app.rng()).to_string(),
        "sFTName": "flowToken",
        "sCanaryTokenName": "canary",
    });
    if let (Some(members), Value::Object(more)) = (members.as_object_mut(), more) {
        members.extend(more);
    }
    members
}

/// The sign-in page for `app_name`, as people and programs read it. `here` is the address it stands at.
pub fn page_for(app: &App, headers: &HeaderMap, app_name: &str, here: &str) -> Response {
    sign_in_page(app, headers, app_name, (here, None))
}

/// The same for a program whose Primary Refresh Token, or whose person, was refused (prt.md §6.5 step 5): with the number
/// that the token endpoint has for the reason, and a way to sign in instead.
pub fn refused_page_for(
    app: &App,
    headers: &HeaderMap,
    app_name: &str,
    (here, reason): (&str, Reason),
) -> Response {
    sign_in_page(app, headers, app_name, (here, Some(reason)))
}

fn sign_in_page(
    app: &App,
    headers: &HeaderMap,
    app_name: &str,
    (here, refused): (&str, Option<Reason>),
) -> Response {
    let flow = b64::encode(rng::bytes::<32>(app.rng()));
    let errand = Errand { here: here.to_owned(), flow: flow.clone(), expires: app.now() + PATIENCE };
    let Some(context) = errand.seal(app) else { return unavailable(&"an errand could not be sealed") };
    let tenant = here.split('/').nth(1).unwrap_or_default();
    let at = |end: &str| format!("{}/{tenant}/{end}", app.issuer());
    let mut members = common(
        app,
        json!({
            "pgid": "ConvergedSignIn",
            "sFT": flow,
            "sCtx": context,
            "canary": cookie::csrf(app, &flow),
            "urlPost": at("login"),
            "urlResume": format!("{}{here}", app.issuer()),
            "urlGetCredentialType": at("GetCredentialType"),
            "urlFidoLogin": at("fido/get"),
            "iAllowedIdentities": 2,
            "fIsPasskeySupportEnabled": true,
        }),
    );
    if let (Some(members), Some(Value::Object(told))) = (members.as_object_mut(), refused.map(error)) {
        members.extend(told);
    }
    let asker = cookie::asker(app, headers);
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let page = pages::SignIn {
        app: Some(app_name.to_owned()),
        tap_href: format!("/tap?next={next}"),
        recover_href: format!("/recover?next={next}"),
        band: pages::Band::default(),
        notice: refused.map(|reason| pages::Notice::refused(for_people(reason), reason.code())),
        contract: Some(Contract::of(&members)),
    };
    with_cookie(pages::reply(StatusCode::OK, &page, &pages::csp(&[])), cookie::set_asker(app, &asker))
}

fn program_page(status: StatusCode, members: &Value) -> Response {
    pages::reply(status, &pages::ForPrograms { contract: Contract::of(members) }, &pages::csp(&[]))
}

/// The members that tell of a refusal.
fn error(reason: Reason) -> Value {
    let error = WireError::from(reason);
    json!({
        "sErrorCode": error.number.to_string(),
        "iErrorCode": error.number,
        "sErrTxt": error.text,
        "strMainMessage": error.text,
        "strServiceExceptionMessage": format!("AADSTS{}: {}", error.number, error.text),
    })
}

/// A refusal as programs read it: the numbers of the token endpoint, on a page.
fn refused(app: &App, reason: Reason) -> Response {
    let mut members = common(app, error(reason));
    members["pgid"] = "ConvergedError".into();
    members["canary"] = "".into();
    // Clients read the page of a 200 only.
    program_page(StatusCode::OK, &members)
}

/// `POST /{tenant}/fido/get`: the challenge. Form: `ctx`, `serverChallenge` (the flow token), `loginCanary`, `username`.
pub async fn challenge(
    State(app): State<Arc<App>>,
    _: Tenant,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    match begin(&app, &headers, &form.unwrap_or_default()).await {
        Ok(Ok(members)) => program_page(StatusCode::OK, &members),
        Ok(Err(reason)) => refused(&app, reason),
        Err(error) => unavailable(&error),
    }
}

async fn begin(app: &App, headers: &HeaderMap, form: &Params) -> Result<Result<Value, Reason>, StoreError> {
    let flow = form.get("serverChallenge");
    if is_foreign(app, headers) {
        return Ok(Err(Reason::CeremonyInvalid));
    }
    if let Err(reason) = Errand::open(app, form.get("ctx"), flow, form.get("loginCanary")) {
        return Ok(Err(reason));
    }
    let name = form.get("username").trim().to_lowercase();
    let allowed = if name.is_empty() || name.len() > 256 {
        Vec::new()
    } else {
        credential_type::allow_list(app, &name).await?
    };
    let aim = Aim { kind: Kind::ProgramSignIn, user: None, note: String::new() };
    let (text, challenge) = match ceremony::begin(&app.keys().ring, aim, flow, app.now(), app.rng()) {
        Ok(begun) => begun,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(Ok(common(
        app,
        json!({
            "pgid": "ConvergedFido",
            "canary": form.get("loginCanary"),
            "sFT": flow,
            "sCtx": form.get("ctx"),
            "sFidoChallenge": b64::encode(challenge),
            "sCrossDomainCanary": text,
            "arrFidoAllowList": allowed.iter().map(b64::encode_std).collect::<Vec<_>>(),
            "urlPost": form.get("postBackUrl"),
        }),
    )))
}

/// Whether a page of another site sent this. Programs send no `Origin`.
fn is_foreign(app: &App, headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) && !is_same_origin(app, headers)
}

/// An assertion as programs send it: flat.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion {
    id: String,
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

impl Assertion {
    /// In the form of WebAuthn L3 §5.1.8.1, whose reader bounds every member.
    fn read(text: &str) -> Option<AuthenticationResponseJson> {
        let flat: Self = serde_json::from_str(text).ok()?;
        serde_json::from_value(json!({
            "id": flat.id,
            "rawId": flat.id,
            "type": "public-key",
            "response": {
                "clientDataJSON": flat.client_data_json,
                "authenticatorData": flat.authenticator_data,
                "signature": flat.signature,
                "userHandle": flat.user_handle,
            },
        }))
        .ok()
    }
}

/// `POST /{tenant}/login` with `type=23`: the assertion. There is no other type: nobody has a password here.
pub async fn answer(
    State(app): State<Arc<App>>,
    _: Tenant,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    match finish(&app, caller, &headers, &form.unwrap_or_default()).await {
        Ok(Ok(response)) => reply::with_link(response),
        Ok(Err(reason)) => refused(&app, reason),
        Err(error) => unavailable(&error),
    }
}

async fn finish(
    app: &App,
    caller: Caller,
    headers: &HeaderMap,
    form: &Params,
) -> Result<Result<Response, Reason>, StoreError> {
    let attempt = Attempt::new(SignInKind::Passkey, caller.clone(), app.now());
    let no = |reason| {
        let attempt = attempt.clone();
        async move { Ok(Err(attempt.refuse(app, reason).await)) }
    };
    if form.get("type") != "23" {
        return no(Reason::PasskeyResponse).await;
    }
    if is_foreign(app, headers) {
        return no(Reason::CeremonyInvalid).await;
    }
    let flow = form.get("flowToken");
    let errand = match Errand::open(app, form.get("ctx"), flow, form.get("canary")) {
        Ok(errand) => errand,
        Err(reason) => return no(reason).await,
    };
    let text = form.get("lmcCanary");
    let begun = ceremony::resume(&app.keys().ring, text, Kind::ProgramSignIn, flow, attempt.at());
    let under_way = match begun {
        Ok(under_way) => under_way,
        Err(reason) => return no(reason).await,
    };
    let Some(credential) = Assertion::read(form.get("assertion")) else {
        return no(Reason::PasskeyResponse).await;
    };
    // These programs sign the characters of the challenge (prt.md §10.3), not the bytes it stands for.
    let challenge = under_way.text_challenge();
    let answered =
        Answered { under_way: &under_way, challenge: challenge.as_bytes(), credential: &credential };
    let session = match answered.admit(app, attempt.clone(), None).await? {
        Ok(admitted) => admitted.session,
        Err(NotAdmitted::Refused(reason)) => return Ok(Err(reason)),
        Err(NotAdmitted::Told(told)) => return Ok(Err(told.reason)),
    };
    let (path, query) = errand.here.split_once('?').unwrap_or((&errand.here, ""));
    let attempt = Attempt::new(SignInKind::Authorize, caller, app.now());
    authorize::finish(app, attempt, (Version::of(path), query), session).await
}
