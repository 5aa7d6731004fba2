//! Hello keys: registering one (prt.md §3.10), and the PRT for which one signs (§4.3). What the rules are, says
//! `passband_core::session::hello`.

use super::broker::{issued_reply, settle};
use super::userinfo::{unauthorized, verify};
use crate::access::{self, Asking, Program, Wants};
use crate::app::App;
use crate::attempt::{Attempt, audit};
use crate::extract::Caller;
use crate::refusal::{UNAVAILABLE, WireError};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::change::Change;
use passband_core::decision::{Granted, Refusal};
use passband_core::device::prove::DeviceProved;
use passband_core::directory::Device;
use passband_core::directory::hello::{HelloKey, HelloKeyChange};
use passband_core::id::{KeyId, SessionId, UserId};
use passband_core::policy::access::facts::{Shown, UserAction};
use passband_core::policy::signal::Binding;
use passband_core::reason::Reason;
use passband_core::session::claims::AccessClaims;
use passband_core::session::hello::{self, ProvedOnDevice};
use passband_core::session::standing::{Live, judge};
use passband_store::{CommitError, StoreError};
use passband_wire::b64;
use passband_wire::prt::hello::{AMR, Assertion, KeyReply, KeyRequest, PublicKey, kid};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE};
use serde_json::json;
use std::sync::Arc;

/// `typ` of the statement in the answer to a registration. No other reader of our signatures takes it.
const STATEMENT_TYP: &str = "krctx+jwt";

/// `POST /EnrollmentServer/key/`.
pub async fn register(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    let now = app.now();
    let Some(claims) = verify(&app, &headers, DRS_RESOURCE) else { return Ok(unauthorized()) };
    let Ok(session) = claims.sid.parse::<SessionId>() else { return Ok(unauthorized()) };
    if claims.client_id != BROKER_CLIENT.to_string() {
        return Ok(unauthorized());
    }
    let mut attempt = Attempt::new(SignInKind::HelloKeyRegistration, caller, now);
    let Some(standing) = app.store.standing(session).await? else {
        return Err(attempt.refuse(&app, Reason::SessionEnded).await.into());
    };
    let live = match judge(&standing, now) {
        Ok(live) => live,
        Err(reason) => return Err(attempt.refuse(&app, reason).await.into()),
    };
    attempt.rests_on(live);
    let proved = match asked_for_this(&claims, live).and_then(|()| hello::proved(live, now)) {
        Ok(proved) => proved,
        Err(reason) => return Err(attempt.refuse(&app, reason).await.into()),
    };
    if let Err(reason) = permitted(&app, &mut attempt, live).await? {
        return Err(attempt.refuse(&app, reason).await.into());
    }
    let key = match read(&app, proved, &body).await? {
        Ok(key) => key,
        Err(reason) => return Err(attempt.refuse(&app, reason).await.into()),
    };
    let owner = live.user();
    let device = live.device().map_or("", |device| device.name.as_str());
    let detail = format!("{}: {} on {device}", owner.upn, kid(&key.id));
    let line = audit(&app, &owner.upn, "Register Hello key", owner.id, detail);
    let reply = reply(&app, &key, &owner.upn)?;
    let again = attempt.clone();
    match attempt.grant(&app, vec![Change::HelloKey(HelloKeyChange::Insert(Box::new(key))), line]).await {
        Ok(()) => Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()),
        // Somebody has registered this very key: of two holders, one is not the owner.
        Err(CommitError::Conflict(_)) => Err(again.refuse(&app, Reason::HelloKeyMalformed).await.into()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a token was asked for to register a Hello key, on the device behind its session (attack A19).
fn asked_for_this(claims: &AccessClaims, live: Live<'_>) -> Result<(), Reason> {
    let device = live.device().map(|device| device.id.to_string());
    let same = device.is_some() && claims.deviceid == device;
    if same && claims.amr.iter().any(|value| value == AMR) { Ok(()) } else { Err(Reason::HelloKeyNoDevice) }
}

/// What the policies say to a new way in.
async fn permitted(
    app: &App,
    attempt: &mut Attempt,
    live: Live<'_>,
) -> Result<Result<(), Reason>, StoreError> {
    let caller = attempt.caller().clone();
    let asking = Asking {
        live,
        program: Program::Native,
        caller: &caller,
        wants: Wants::Action(UserAction::RegisterSecurityInfo),
        shown: (Shown::AccessToken, Binding::None),
        at: attempt.at(),
    };
    Ok(access::ask(app, attempt, &asking).await?.map(drop).map_err(Reason::from))
}

async fn read(
    app: &App,
    proved: ProvedOnDevice<'_>,
    body: &[u8],
) -> Result<Result<HelloKey, Reason>, StoreError> {
    let request = serde_json::from_slice::<KeyRequest>(body).ok();
    let Some(brought) = request.and_then(|request| PublicKey::parse(&request).ok()) else {
        return Ok(Err(Reason::HelloKeyMalformed));
    };
    let have = app.store.hello_keys_of(proved.live().user().id).await?;
    Ok(hello::register(proved, &brought, &have, app.now()))
}

fn reply(app: &App, key: &HelloKey, upn: &str) -> Result<KeyReply, WireError> {
    let statement = json!({
        "iss": app.issuer(),
        "sub": key.user.to_string(),
        "tid": app.tenant.to_string(),
        "deviceid": key.device.to_string(),
        "kid": kid(&key.id),
        "iat": key.created.0,
    });
    let signed = app.keys().tokens.sign(STATEMENT_TYP, &statement).map_err(|_| UNAVAILABLE)?;
    let registration = KeyId::generate(app.rng()).to_string();
    Ok(KeyReply::new(registration, upn.to_owned(), &signed))
}

/// A PRT for which a Hello key has signed, in a request that its device has signed.
///
/// # Errors
///
/// [`WireError`].
pub(super) async fn issue_prt(
    app: &App,
    mut attempt: Attempt,
    (proved, device): (DeviceProved<'_>, &Device),
    assertion: Option<&str>,
) -> Result<Response, WireError> {
    attempt.is(SignInKind::HelloKey);
    let spend = proved.spend();
    let refuse = |reason| Refusal { reason, changes: vec![spend.clone()] };
    let Some(Ok(assertion)) = assertion.map(Assertion::parse) else {
        return Err(attempt.refuse(app, refuse(Reason::RequestMalformed)).await.into());
    };
    let Some((key, owner)) = app.store.hello_key(assertion.key()).await? else {
        return Err(attempt.refuse(app, refuse(Reason::HelloKeyUnknown)).await.into());
    };
    attempt.aims_at(&owner);
    let now = attempt.at();
    let asserted = match hello::assert(assertion, (&key, &owner), &proved, &app.keys().ring, now) {
        Ok(asserted) => asserted,
        Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
    };
    attempt.by(asserted.owner());
    let caller = attempt.caller().clone();
    let Granted { value: issued, changes } =
        match hello::issue(proved, asserted, (&caller.agent, &caller.ip), now, app.rng()) {
            Ok(granted) => granted,
            Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
        };
    attempt.in_session(issued.session.id, issued.session.factors);
    attempt.bound(Binding::of_device(device.evidence));
    settle(attempt, app, changes).await?;
    let standing = app.store.standing(issued.session.id).await?.ok_or(UNAVAILABLE)?;
    let live = judge(&standing, now).map_err(WireError::from)?;
    issued_reply(app, &issued, device, live)
}

/// A person's key by its name in addresses, and what taking it away takes; `None` if it is not theirs.
///
/// # Errors
///
/// [`StoreError`].
pub async fn removal(
    app: &App,
    user: UserId,
    name: &str,
) -> Result<Option<(HelloKey, Vec<Change>)>, StoreError> {
    let Ok(id) = b64::decode_array::<32>(name) else { return Ok(None) };
    let have = app.store.hello_keys_of(user).await?;
    let Some(key) = have.into_iter().find(|key| key.id == id) else { return Ok(None) };
    let sessions = app.store.sessions_of(user, app.now()).await?;
    let changes = hello::remove(&key, &sessions, app.now());
    Ok(Some((key, changes)))
}
