//! `/token` (RFC 6749 §4.1.3, §6) and `/revoke` (RFC 7009).

use super::device_code;
use super::dialect::clients;
use super::pop;
use super::tokens::{self, Minted, Target, TargetError, Wanted};
use crate::access::{self, Asking, Program, Refused};
use crate::app::App;
use crate::attempt::Attempt;
use crate::extract::{Caller, Form, Params};
use crate::refusal::{MALFORMED, UNAVAILABLE, WireError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::change::{Change, Conflict};
use passband_core::decision::Refusal;
use passband_core::directory::{App as AppRecord, Grant, SessionKind};
use passband_core::id::ClientId;
use passband_core::policy::access::Permit;
use passband_core::policy::access::facts::Shown;
use passband_core::policy::signal::Binding;
use passband_core::reason::Reason;
use passband_core::session::code::{Code, Redemption};
use passband_core::session::grant::{self, RefreshToken};
use passband_core::session::hello;
use passband_core::session::issue;
use passband_core::session::standing::{self, Live};
use passband_core::time::Timestamp;
use passband_store::{CommitError, StoreError};
use passband_wire::oauth::scope::Scope;
use passband_wire::prt::message::TokenReply;
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE, LINUX_BROKER};
use std::sync::Arc;

/// `POST /token`.
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, WireError> {
    let form = form.map_err(|_| MALFORMED)?;
    Ok(answer(&grants(&app, caller, &headers, &form).await?.reply))
}

/// The grants an app may use, at whichever path it found.
///
/// # Errors
///
/// [`WireError`].
pub async fn grants(
    app: &App,
    caller: Caller,
    headers: &HeaderMap,
    form: &Params,
) -> Result<Minted, WireError> {
    let kind = match form.get("grant_type") {
        "authorization_code" => SignInKind::Code,
        "refresh_token" => SignInKind::Refresh,
        device_code::GRANT => SignInKind::DeviceCode,
        _ => {
            return Err(WireError::new(
                "unsupported_grant_type",
                70_003,
                "This grant type is not supported.",
            ));
        }
    };
    let mut attempt = Attempt::new(kind, caller, app.now());
    let client = match tokens::client(app, headers, form).await {
        Ok(client) => client,
        Err(TargetError::Refused(reason)) => return Err(attempt.refuse(app, reason).await.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    attempt.for_app(&client);
    if kind == SignInKind::DeviceCode && !matches!(pop::asked(form), Ok(None)) {
        return Err(attempt.refuse(app, Reason::RequestMalformed).await.into());
    }
    match kind {
        SignInKind::Code => redeem_code(app, &client, form, attempt).await,
        SignInKind::DeviceCode => device_code::redeem(app, &client, form, attempt).await,
        _ => refresh(app, &client, form, attempt).await,
    }
}

/// A token answer is never stored (RFC 6749 §5.1).
pub fn answer(reply: &TokenReply) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()
}

async fn redeem_code(
    app: &App,
    client: &AppRecord,
    form: &Params,
    mut attempt: Attempt,
) -> Result<Minted, WireError> {
    let now = attempt.at();
    let asked = Redemption {
        client: client.id,
        redirect_uri: form.get("redirect_uri"),
        verifier: form.get("code_verifier"),
    };
    let redeemed =
        match Code::open(&app.keys().ring, form.get("code")).and_then(|code| code.redeem(&asked, now)) {
            Ok(redeemed) => redeemed,
            Err(reason) => return Err(attempt.refuse(app, reason).await.into()),
        };
    let code = redeemed.code();
    let scope = code.scope.parse().map_err(|_| UNAVAILABLE)?;
    attempt.for_resource(&code.resource);
    let mut target = match tokens::target_again(app, &code.resource, scope).await {
        Ok(target) => target,
        Err(TargetError::Refused(reason)) => return Err(attempt.refuse(app, reason).await.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    let standing = app.store.standing(code.session).await?;
    let judged = standing.as_deref().ok_or(Reason::SessionEnded).and_then(|s| standing::judge(s, now));
    let live = match judged {
        Ok(live) => live,
        Err(reason) => return Err(attempt.refuse(app, reason).await.into()),
    };
    attempt.rests_on(live);
    let bound = pop::asked(form).map(|confirmation| target.confirmation = confirmation);
    if let Err(reason) = bound.and_then(|()| registers(&mut target, live, now)) {
        return Err(attempt.refuse(app, reason).await.into());
    }
    let permit = match permit_code(app, &mut attempt, (live, client, &target), code).await? {
        Ok(permit) => permit,
        Err(refused) => {
            // It is used up all the same: what was refused once is not tried until it passes.
            let refusal = Refusal { reason: refused.reason, changes: vec![redeemed.spend()] };
            return Err(attempt.refuse(app, refusal).await.into());
        }
    };
    let mut changes = vec![redeemed.spend()];
    if client.backchannel_logout_uri.is_some() {
        changes.push(Change::NoteAppSession { app: client.id, session: code.session });
    }
    let mut refresh_token = None;
    if target.scope.has("offline_access") {
        let (change, text) = tokens::begin_grant(app, (code.id, code.session), client.id, &target, now)?;
        changes.push(change);
        refresh_token = Some(text);
    }
    let nonce = code.nonce.as_deref();
    let reply = tokens::mint(
        app,
        permit,
        Wanted { live, client: client.id, target: &target, nonce, now },
        refresh_token,
    )?;
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => Ok(reply),
        Err(CommitError::Conflict(_)) => {
            let refusal = Refusal { reason: Reason::CodeReplayed, changes: vec![redeemed.on_replay(now)] };
            Err(again.refuse(app, refusal).await.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What a code for the registration service is good for: in person, for registering a device; from a PRT, whose person has
/// just proved themselves, for a Hello key on its device (attack A19). For such a PRT alone was the code made.
fn registers(target: &mut Target, live: Live<'_>, now: Timestamp) -> Result<(), Reason> {
    if target.audience != DRS_RESOURCE {
        return Ok(());
    }
    if live.device().is_none() {
        return issue::fresh(live, now).map(drop);
    }
    hello::proved(live, now)?;
    target.ngcmfa = true;
    Ok(())
}

/// Asks the policies whether a code may be redeemed. What held the proof it was made for holds it: a code is good for
/// a minute, once, and for its client alone.
async fn permit_code(
    app: &App,
    attempt: &mut Attempt,
    (live, client, target): (Live<'_>, &AppRecord, &Target),
    code: &Code,
) -> Result<Result<Permit, Refused>, StoreError> {
    let at = attempt.at();
    if target.is_for_prt(client.id) {
        return Ok(access::at_prt_issue(live, at));
    }
    let shown = match code.binding {
        Binding::None => Shown::Code,
        Binding::SoftwareKey | Binding::HardwareKey if code.by_device_key => Shown::DeviceKey,
        Binding::SoftwareKey | Binding::HardwareKey => Shown::SessionKey,
    };
    let (program, wants) = (Program::Client(client), target.wants(client.id));
    let caller = attempt.caller().clone();
    let asking = Asking { live, program, caller: &caller, wants, shown: (shown, code.binding), at };
    access::ask(app, attempt, &asking).await
}

async fn refresh(
    app: &App,
    client: &AppRecord,
    form: &Params,
    attempt: Attempt,
) -> Result<Minted, WireError> {
    let token = match RefreshToken::open(&app.keys().ring, form.get("refresh_token")) {
        Ok(token) => token,
        Err(reason) => return Err(attempt.refuse(app, reason).await.into()),
    };
    // Twice at most: once more if another refresh of the same token was faster, to answer by the grace rule.
    match refresh_once(app, client, form, attempt.clone(), token).await? {
        Some(reply) => Ok(reply),
        None => refresh_once(app, client, form, attempt, token).await?.ok_or(UNAVAILABLE),
    }
}

/// One try; `None` if another was faster.
async fn refresh_once(
    app: &App,
    client: &AppRecord,
    form: &Params,
    mut attempt: Attempt,
    token: RefreshToken,
) -> Result<Option<Minted>, WireError> {
    let now = attempt.at();
    let Some((grant, standing)) = app.store.grant(token.family).await? else {
        return Err(attempt.refuse(app, Reason::GrantEnded).await.into());
    };
    attempt.for_resource(&grant.resource);
    // The device's own, where there is one; a broker that has yet to join is let off what its device will be.
    let profile = match &standing.device {
        Some(device) => device.profile,
        None => clients::profile(app).await?,
    };
    let time = (now, grant::grace(client.id, profile));
    let good = match grant::check(token, client.id, (&grant, &standing), time) {
        Ok(good) => good,
        Err(refusal) => return Err(attempt.refuse(app, refusal).await.into()),
    };
    attempt.rests_on(good.live());
    let confirmation = match pop::asked(form) {
        Ok(confirmation) => confirmation,
        Err(reason) => return Err(attempt.refuse(app, reason).await.into()),
    };
    let elsewhere = may_ask_elsewhere(client.id, good.live(), confirmation.is_some());
    let mut target = match narrowed(app, client, form, (&grant, elsewhere)).await {
        Ok(target) => target,
        Err(TargetError::Refused(reason)) => return Err(attempt.refuse(app, reason).await.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    target.confirmation = confirmation;
    if target.audience == DRS_RESOURCE
        && let Err(reason) = issue::fresh(good.live(), now)
    {
        return Err(attempt.refuse(app, reason).await.into());
    }
    let caller = attempt.caller().clone();
    let asking = Asking {
        live: good.live(),
        program: Program::Client(client),
        caller: &caller,
        wants: target.wants(client.id),
        // Whoever has the token may use it.
        shown: (Shown::RefreshToken, Binding::None),
        at: now,
    };
    let permit = match access::ask(app, &mut attempt, &asking).await? {
        Ok(permit) => permit,
        Err(refused) => return Err(attempt.refuse(app, refused.reason).await.into()),
    };
    let next = good.next().seal(&app.keys().ring, app.rng()).map_err(|_| UNAVAILABLE)?;
    let wanted = Wanted { live: good.live(), client: client.id, target: &target, nonce: None, now };
    let reply = tokens::mint(app, permit, wanted, Some(next))?;
    let changes: Vec<Change> = good.advance().into_iter().collect();
    match attempt.grant(app, changes).await {
        Ok(()) => Ok(Some(reply)),
        Err(CommitError::Conflict(Conflict::Stale)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a refresh token is good for more resources than it was granted for: the broker's own; and what the Linux
/// broker got for a PRT, where the token that it asks for is bound to a key (prt.md §6.6).
fn may_ask_elsewhere(client: ClientId, live: Live<'_>, bound: bool) -> bool {
    let of_prt = live.session().kind == SessionKind::Prt;
    client == BROKER_CLIENT || (client == LINUX_BROKER && of_prt && bound)
}

/// What a refresh asks for: no more than was granted (RFC 6749 §6), unless it may ask elsewhere.
async fn narrowed(
    app: &App,
    client: &AppRecord,
    form: &Params,
    (grant, elsewhere): (&Grant, bool),
) -> Result<Target, TargetError> {
    let wide = TargetError::Refused(Reason::ScopeTooWide);
    let Ok(granted) = grant.scope.parse::<Scope>() else { return Err(wide) };
    let asked = form.get("scope");
    let resource = form.get("resource");
    let names_one = !resource.is_empty() || asked.split(' ').any(|token| token.ends_with("/.default"));
    if elsewhere && names_one {
        return tokens::target(app, client.id, resource, asked).await;
    }
    if !resource.is_empty() && resource != grant.resource {
        return Err(TargetError::Refused(Reason::ResourceUnknown));
    }
    let scope = if asked.is_empty() {
        granted.clone()
    } else {
        asked.parse().map_err(|_| TargetError::Refused(Reason::ScopeTooWide))?
    };
    if !scope.is_within(&granted) {
        return Err(wide);
    }
    tokens::target_again(app, &grant.resource, scope).await
}

/// `POST /revoke`: 200 whatever the token was (RFC 7009 §2.2), so that nothing is learnt from asking.
pub async fn revoke(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<StatusCode, WireError> {
    let form = form.map_err(|_| MALFORMED)?;
    let client = match tokens::client(&app, &headers, &form).await {
        Ok(client) => client,
        Err(TargetError::Refused(reason)) => return Err(reason.into()),
        Err(TargetError::Store(error)) => return Err(error.into()),
    };
    let Ok(token) = RefreshToken::open(&app.keys().ring, form.get("token")) else {
        return Ok(StatusCode::OK);
    };
    if let Some((grant, _)) = app.store.grant(token.family).await? {
        // A client may revoke its own tokens, and no other's (§2.1).
        if grant.client == client.id {
            app.commit(vec![Change::EndGrant { family: token.family, at: app.now() }]).await?;
        }
    }
    Ok(StatusCode::OK)
}
