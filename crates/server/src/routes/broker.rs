//! The broker's side of the token endpoint (prt.md §2 to §7): nonces, PRT issue, renewal and use; and the PRT
//! that a browser carries into `/authorize`.

use super::device_credential;
use super::dialect::{self, Tenant, Version};
use super::hello;
use super::pop;
use super::session::found;
use super::token::grants;
use super::tokens::{self, TargetError, Wanted};
use crate::access::{self, Asking, Program};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params};
use crate::refusal::{MALFORMED, UNAVAILABLE, WireError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::change::{Change, Conflict};
use passband_core::decision::{Granted, Refusal};
use passband_core::device::prove::{self, DeviceSigned};
use passband_core::directory::{ClientProfile, Device};
use passband_core::id::{ClientId, SessionId};
use passband_core::keys::nonce;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::signal::Binding;
use passband_core::reason::Reason;
use passband_core::session::by_age::Nonces;
use passband_core::session::claims::{ID_TOKEN_TYP, Subject};
use passband_core::session::grant::{self, RefreshToken};
use passband_core::session::holder::{Holder, Reader};
use passband_core::session::issue::{self, Issued};
use passband_core::session::prt::Prt;
use passband_core::session::redeem::{self, Possessed};
use passband_core::session::standing::{Live, judge};
use passband_store::{CommitError, StoreError};
use passband_wire::b64;
use passband_wire::jose::ecdh::{self, Parties};
use passband_wire::jose::jwe;
use passband_wire::jose::jws::Unverified;
use passband_wire::jose::kdf::Kdf;
use passband_wire::jose::rsa::TransportKey;
use passband_wire::oauth::scope::Scope;
use passband_wire::prt::bound::{Beside, PURPOSE_USE};
use passband_wire::prt::message::{CookieClaims, NonceReply, PrtReply, PrtRequestClaims, PrtUseClaims};
use passband_wire::prt::{
    BROKER_CLIENT, BROKER_PLUGIN, CREDENTIAL_NAME, GRANT_JWT_BEARER, NONCE_HEADER, SCOPE_PRT,
};
use std::sync::Arc;

/// `POST /{tenant}/oauth2/token` and `/{tenant}/oauth2/v2.0/token`.
pub async fn post(
    State(app): State<Arc<App>>,
    Tenant { version, .. }: Tenant,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let Ok(form) = form else { return MALFORMED.into_response() };
    match form.get("grant_type") {
        "srv_challenge" => {
            let nonce = nonce::issue(&app.keys().ring, app.now(), app.rng());
            ([(header::CACHE_CONTROL, "no-store")], Json(NonceReply { nonce })).into_response()
        }
        GRANT_JWT_BEARER => {
            let answered = signed(&app, caller, (version, &form)).await;
            let mut response = answered.unwrap_or_else(WireError::into_response);
            // The nonce for the next request, so that asking for one costs no trip.
            let next = nonce::issue(&app.keys().ring, app.now(), app.rng());
            if let Ok(next) = HeaderValue::from_str(&next) {
                response.headers_mut().insert(HeaderName::from_static(NONCE_HEADER), next);
            }
            response
        }
        _ => {
            let form = dialect::request::translated(version, &form);
            match grants(&app, caller, &headers, &form).await {
                Ok(minted) => dialect::ordinary(&app, version, &form, minted),
                Err(error) => error.into_response(),
            }
        }
    }
}

/// A signed request: it asks for a PRT, or uses one.
async fn signed(
    app: &App,
    caller: Caller,
    (version, form): (Version, &Params),
) -> Result<Response, WireError> {
    let request = form.get("request");
    if request.is_empty() {
        return Err(MALFORMED);
    }
    // What the request says of itself only chooses what is demanded next; each path demands its own.
    if asks_for_prt(request) {
        issue_prt(app, caller, request).await
    } else {
        use_prt(app, caller, (version, form)).await
    }
}

/// Whether a request means to ask for a PRT: it brings the device's certificate, and does not say that it uses one.
fn asks_for_prt(request: &str) -> bool {
    let Ok(jws) = Unverified::parse(request) else { return false };
    let beside: Beside = jws.claims_unverified().unwrap_or_default();
    jws.header.x5c.is_some() && beside.purpose.as_deref() != Some(PURPOSE_USE)
}

/// prt.md §4.4, in its order: certificate, signature, nonce, device; then the person; then the PRT.
async fn issue_prt(app: &App, caller: Caller, request: &str) -> Result<Response, WireError> {
    let (now, keys) = (app.now(), app.keys());
    let mut attempt = Attempt::new(SignInKind::PrtIssue, caller, now);
    let signed = match DeviceSigned::parse(request) {
        Ok(signed) => signed,
        Err(reason) => return Err(attempt.refuse(app, reason).await.into()),
    };
    let Some((device, _owner)) = app.store.device_by_thumbprint(signed.thumbprint()).await? else {
        return Err(attempt.refuse(app, Reason::DeviceCertificateUnknown).await.into());
    };
    attempt.from_device(&device);
    let proved = prove::prove::<PrtRequestClaims>(signed, &device, &keys.ring, now);
    let (proved, claims) = match proved {
        Ok(proved) => proved,
        Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
    };
    let spend = proved.spend();
    let refuse = |reason| Refusal { reason, changes: vec![spend.clone()] };
    let scope: Scope = claims.scope.parse().unwrap_or_default();
    let known = ["refresh_token", GRANT_JWT_BEARER].contains(&claims.grant_type.as_str());
    if !known || !scope.has(SCOPE_PRT) || !scope.has("openid") {
        return Err(attempt.refuse(app, refuse(Reason::RequestMalformed)).await.into());
    }
    if claims.grant_type == GRANT_JWT_BEARER {
        return hello::issue_prt(app, attempt, (proved, &device), claims.assertion.as_deref()).await;
    }
    let token = match RefreshToken::open(&keys.ring, claims.refresh_token.as_deref().unwrap_or_default()) {
        Ok(token) => token,
        Err(reason) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
    };
    let Some((grant, standing)) = app.store.grant(token.family).await? else {
        return Err(attempt.refuse(app, refuse(Reason::GrantEnded)).await.into());
    };
    let judged = if grant::may_become_prt(token, &grant, device.profile, now) {
        judge(&standing, now)
    } else {
        Err(Reason::GrantEnded)
    };
    let live = match judged {
        Ok(live) => live,
        Err(reason) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
    };
    attempt.by(live.user());
    let Granted { value: issued, mut changes } = match issue::issue(proved, &grant, live, now, app.rng()) {
        Ok(granted) => granted,
        Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
    };
    // The broker's refresh token has done its work: it becomes no second PRT, unless its broker knows no other way to
    // another; then it ends with its grace, and only this person's devices get anything for it.
    if device.profile == ClientProfile::Strict {
        changes.push(Change::EndGrant { family: grant.family, at: now });
    }
    attempt.in_session(issued.session.id, issued.session.factors);
    attempt.bound(Binding::of_device(device.evidence));
    let answer = issued_reply(app, &issued, &device, live)?;
    settle(attempt, app, changes).await?;
    Ok(answer)
}

/// The answer to who gets a PRT: with its session key, or such that the device's key alone opens it.
pub(super) fn issued_reply(
    app: &App,
    issued: &Issued,
    device: &Device,
    live: Live<'_>,
) -> Result<Response, WireError> {
    let prt = &issued.prt;
    let (client, now) = (BROKER_CLIENT, prt.issued);
    let subject = Subject { issuer: app.issuer(), tenant: app.tenant, live, client, now };
    let id_token = app.keys().tokens.sign(ID_TOKEN_TYP, &subject.id(None)).map_err(|_| UNAVAILABLE)?;
    let mut reply = prt_reply(app, prt, id_token)?;
    if let Holder::SessionKey(key) = &prt.holder {
        // Always to the key stored at registration, never to one from the request (attack A16).
        let to = TransportKey::from_spki(&device.transport_key).map_err(|_| UNAVAILABLE)?;
        reply.session_key_jwe = Some(jwe::wrap_session_key(key, &to, app.rng()).map_err(|_| UNAVAILABLE)?);
    }
    match &issued.reader {
        Some(reader) => sealed(app, reader, &reply),
        None => Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()),
    }
}

fn prt_reply(app: &App, prt: &Prt, id_token: String) -> Result<PrtReply, WireError> {
    let keys = app.keys();
    let left = prt.expires - prt.issued;
    let info = format!(r#"{{"uid":"{}","utid":"{}"}}"#, prt.user, app.tenant);
    Ok(PrtReply {
        token_type: "Bearer".to_owned(),
        expires_in: left.0.to_string(),
        ext_expires_in: "0".to_owned(),
        expires_on: prt.expires.0.to_string(),
        refresh_token: prt.seal(&keys.ring, app.rng()).map_err(|_| UNAVAILABLE)?,
        refresh_token_expires_in: left.0,
        session_key_jwe: None,
        id_token,
        client_info: Some(b64::encode(info)),
    })
}

/// Commits; a conflict is a nonce that another request was faster with.
pub(super) async fn settle(attempt: Attempt, app: &App, changes: Vec<Change>) -> Result<(), WireError> {
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict(_)) => Err(again.refuse(app, Reason::NonceReplayed).await.into()),
        Err(error) => Err(error.into()),
    }
}

/// A request that uses a PRT: a token for an app, or with `aza` a new PRT.
async fn use_prt(
    app: &App,
    caller: Caller,
    (version, form): (Version, &Params),
) -> Result<Response, WireError> {
    let (now, request) = (app.now(), form.get("request"));
    let mut attempt = Attempt::new(SignInKind::PrtToken, caller, now);
    let possessed: Possessed<PrtUseClaims> =
        match redeem::possess(&app.keys().ring, request, Nonces::Demanded, now) {
            Ok(possessed) => possessed,
            Err(not) => {
                if let Some(prt) = &not.prt {
                    attempt.from_prt(prt);
                }
                return Err(attempt.refuse(app, not.reason).await.into());
            }
        };
    attempt.from_prt(possessed.prt());
    let claims = possessed.claims().clone();
    let renewal = claims.scope.split(' ').any(|token| token == SCOPE_PRT);
    if renewal {
        attempt.is(SignInKind::PrtRenewal);
    }
    let Some(standing) = app.store.standing(possessed.session()).await? else {
        return Err(attempt.refuse(app, Reason::SessionEnded).await.into());
    };
    let proved = match redeem::stand(possessed, &standing, now) {
        Ok(proved) => proved,
        Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
    };
    attempt.rests_on(proved.live());
    if claims.grant_type != "refresh_token" {
        return Err(attempt.refuse(app, Reason::RequestMalformed).await.into());
    }
    if renewal {
        renew(app, proved, attempt).await
    } else {
        exchange(app, proved, (&claims, version, form), attempt).await
    }
}

async fn exchange(
    app: &App,
    proved: redeem::ProvedPrt<'_>,
    (claims, version, form): (&PrtUseClaims, Version, &Params),
    mut attempt: Attempt,
) -> Result<Response, WireError> {
    let live = proved.live();
    let shown = proved.shown();
    let (spend, reader) = proved.into_answer();
    let refuse = |reason| Refusal { reason, changes: spend.clone() };
    let Ok(id) = claims.client_id.parse() else {
        return Err(attempt.refuse(app, refuse(Reason::AppUnknown)).await.into());
    };
    let Some(client) = app.store.app(id).await? else {
        return Err(attempt.refuse(app, refuse(Reason::AppUnknown)).await.into());
    };
    attempt.for_app(&client);
    if !client.enabled {
        return Err(attempt.refuse(app, refuse(Reason::AppDisabled)).await.into());
    }
    let resource = claims.resource.as_deref().unwrap_or_default();
    attempt.for_resource(resource);
    let mut target = match tokens::target_of_prt(app, client.id, resource, &claims.scope).await {
        Ok(target) => target,
        Err(TargetError::Refused(reason)) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    match pop::asked(form) {
        Ok(confirmation) => target.confirmation = confirmation,
        Err(reason) => return Err(attempt.refuse(app, refuse(reason)).await.into()),
    }
    // A PRT is no fresh sign-in: what it yields never registers a device or a key (attacks A13, A19).
    if target.audience == passband_wire::prt::DRS_RESOURCE {
        return Err(attempt.refuse(app, refuse(Reason::SessionFromPrtConfined)).await.into());
    }
    let now = attempt.at();
    let caller = attempt.caller().clone();
    let asking = Asking {
        live,
        program: Program::Native,
        caller: &caller,
        wants: target.wants(client.id),
        shown: (shown, live.binding()),
        at: now,
    };
    let permit = match access::ask(app, &mut attempt, &asking).await? {
        Ok(permit) => permit,
        Err(refused) => return Err(attempt.refuse(app, refuse(refused.reason)).await.into()),
    };
    let mut changes = spend;
    let mut refresh_token = None;
    // Brokers written for Entra ID read a refresh token from every answer of the first version, whatever scope they named
    // (prt.md §6.1). `client_info`, which our own broker leaves out, tells them; what they get anybody gets who asks.
    let always = version == Version::V1 && form.get("client_info") == "1";
    if (always || target.scope.has("offline_access")) && client.id != passband_wire::prt::BROKER_CLIENT {
        let family = passband_core::session::code::Code::fresh_id(app.rng());
        let (change, text) = tokens::begin_grant(app, (family, live.session().id), client.id, &target, now)?;
        changes.push(change);
        refresh_token = Some(text);
    }
    let wanted = Wanted { live, client: client.id, target: &target, nonce: None, now };
    let minted = tokens::mint(app, permit, wanted, refresh_token)?;
    let sealed = sealed(app, &reader, &dialect::in_words_of(app, version, form, minted))?;
    settle(attempt, app, changes).await?;
    Ok(sealed)
}

async fn renew(app: &App, proved: redeem::ProvedPrt<'_>, attempt: Attempt) -> Result<Response, WireError> {
    let live = proved.live();
    let now = attempt.at();
    let Granted { value: (mut prt, reader), mut changes } = redeem::renew(proved, now);
    let subject = Subject { issuer: app.issuer(), tenant: app.tenant, live, client: BROKER_PLUGIN, now };
    let id_token = app.keys().tokens.sign(ID_TOKEN_TYP, &subject.id(None)).map_err(|_| UNAVAILABLE)?;
    let again = attempt.clone();
    match attempt.clone().grant(app, changes.clone()).await {
        Ok(()) => {}
        Err(CommitError::Conflict(Conflict::Stale)) => {
            // Another renewal was faster. The grace rule answers with the generation that won, so that two
            // honest renewals both succeed and neither makes a second line of PRTs (attack A29).
            let Some(standing) = app.store.standing(prt.session).await? else {
                return Err(again.refuse(app, Reason::SessionEnded).await.into());
            };
            prt.generation = standing.session.generation;
            changes.retain(|change| !matches!(change, Change::AdvanceSession { .. }));
            settle(again, app, changes).await?;
        }
        Err(CommitError::Conflict(_)) => return Err(again.refuse(app, Reason::NonceReplayed).await.into()),
        Err(error) => return Err(error.into()),
    }
    sealed(app, &reader, &prt_reply(app, &prt, id_token)?)
}

/// A reply that only who holds the PRT can read (prt.md §5.4, §5.6), in the form that they understand; that their device
/// may use it was decided before.
fn sealed(app: &App, reader: &Reader, reply: &impl serde::Serialize) -> Result<Response, WireError> {
    let plain = serde_json::to_vec(reply).map_err(|_| UNAVAILABLE)?;
    let sealed = match reader {
        Reader::SessionKey(key, Kdf::V1) => jwe::seal_reply_cbc(key, plain, app.rng()),
        Reader::SessionKey(key, Kdf::V2) => jwe::seal_reply(key, plain, app.rng()),
        Reader::DeviceKey { to, apv } => {
            let parties = Parties { apu: app.tenant.as_bytes(), apv };
            ecdh::seal_to(to, parties, plain, app.rng())
        }
    };
    let body = sealed.map_err(|_| UNAVAILABLE)?;
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
    Ok((headers, body).into_response())
}

/// What came of the PRT a browser may carry.
pub enum Carried {
    /// It carries none.
    Nothing,
    /// It carries one, made for no nonce of ours: here is one.
    Challenge(Response),
    /// It carries one that was not accepted.
    Refused(Reason),
    /// It is signed in, once it is given the cookie.
    SignedIn {
        /// The new session.
        session: SessionId,
        /// How the PRT was shown, and what holds it.
        shown: (Shown, Binding),
    },
}

/// Signs a browser in by the PRT in its header or cookie (prt.md §7.3). A PRT that does not hold is no error:
/// the person is asked instead.
///
/// # Errors
///
/// [`StoreError`].
pub async fn from_cookie(
    app: &App,
    (headers, params): (&HeaderMap, &Params),
    here: &str,
    client: ClientId,
    mut attempt: Attempt,
) -> Result<Carried, StoreError> {
    let Some(text) = credential(headers) else { return Ok(Carried::Nothing) };
    attempt.is(SignInKind::PrtCookie);
    let now = attempt.at();
    let nonces = dialect::clients::nonces(app).await?;
    let possessed: Possessed<CookieClaims> = match redeem::possess(&app.keys().ring, text, nonces, now) {
        Ok(possessed) => possessed,
        Err(not) => {
            if let Some(prt) = &not.prt {
                attempt.from_prt(prt);
            }
            let nonce_at_fault = matches!(not.reason, Reason::NonceInvalid | Reason::NonceExpired);
            let reason = attempt.refuse(app, not.reason).await;
            // Once only: a second pass with a bad nonce gets the page, or this would loop (prt.md §7.3).
            if nonce_at_fault && params.non_empty("sso_nonce").is_none() {
                let nonce = nonce::issue(&app.keys().ring, now, app.rng());
                return Ok(Carried::Challenge(found(&format!("{here}&sso_nonce={nonce}"))));
            }
            return Ok(Carried::Refused(reason));
        }
    };
    attempt.from_prt(possessed.prt());
    let Some(standing) = app.store.standing(possessed.session()).await? else {
        return Ok(Carried::Refused(attempt.refuse(app, Reason::SessionEnded).await));
    };
    let proved = match redeem::stand(possessed, &standing, now) {
        Ok(proved) => proved,
        Err(refusal) => return Ok(Carried::Refused(attempt.refuse(app, refusal).await)),
    };
    attempt.rests_on(proved.live());
    let by_age = proved.is_by_age();
    if by_age {
        attempt.let_off_the_nonce();
    }
    let beside = match device_credential::beside(app, headers, proved.prt().device, now).await? {
        // A broker's own tokens take the device's key, beside a session key's signature, and are asked for by who can
        // ask for a nonce.
        Ok(None) if client == BROKER_CLIENT && proved.shown() != Shown::DeviceKey => {
            Err(Reason::DeviceKeyMismatch)
        }
        Ok(_) if client == BROKER_CLIENT && by_age => Err(Reason::NonceInvalid),
        beside => beside,
    };
    let beside = match beside {
        Ok(beside) => beside,
        Err(reason) => {
            let refusal = Refusal { reason, changes: proved.into_spend() };
            return Ok(Carried::Refused(attempt.refuse(app, refusal).await));
        }
    };
    // Who shows a cookie that was made for no nonce need not be who holds the key.
    let shown = match by_age {
        true => (Shown::CookieFromPrt, Binding::None),
        false => (proved.shown(), proved.live().binding()),
    };
    let id = SessionId::generate(app.rng());
    let caller = attempt.caller().clone();
    let Granted { value: session, mut changes } = redeem::browser(proved, id, &caller.agent, &caller.ip, now);
    // One nonce may serve for both (prt.md §2.1); it is spent once.
    changes.extend(beside.filter(|spend| !changes.contains(spend)));
    attempt.in_session(session.id, session.factors);
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => Ok(Carried::SignedIn { session: session.id, shown }),
        Err(CommitError::Conflict(_)) => Ok(Carried::Refused(again.refuse(app, Reason::NonceReplayed).await)),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// The PRT a navigation carries, by header or cookie; neither if they disagree (prt.md §7.1), or if a script of
/// some page sent the request, or a frame in a page of another site (attack A24).
fn credential(headers: &HeaderMap) -> Option<&str> {
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    if !matches!(said("sec-fetch-mode"), None | Some(b"navigate")) {
        return None;
    }
    // A frame in a page of another site goes where that site likes, and nobody sees it.
    let framed = !matches!(said("sec-fetch-dest"), None | Some(b"document"));
    if framed && !matches!(said("sec-fetch-site"), Some(b"same-origin" | b"same-site")) {
        return None;
    }
    let mut by_header = headers.get_all(CREDENTIAL_NAME).iter();
    let (first, more) = (by_header.next(), by_header.next());
    let by_cookie = cookie::get(headers, CREDENTIAL_NAME);
    match (first.map(HeaderValue::to_str), by_cookie, more) {
        (Some(Ok(header)), None, None) => Some(header),
        (Some(Ok(header)), Some(cookie), None) => (header == cookie).then_some(header),
        (None, cookie, _) => cookie,
        _ => None,
    }
}
