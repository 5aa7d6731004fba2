//! Registering a passkey: behind the set-up link, a pass, or a fresh sign-in.

use super::ceremony::{Refused, TIMEOUT_MS, failed};
use super::console::bands;
use super::profile;
use super::second;
use super::session::{self, local, no_store, place, see_other, with_cookie};
use crate::access;
use crate::app::App;
use crate::attempt::{Attempt, audit};
use crate::boot::SETUP_FOR;
use crate::cookie;
use crate::extract::{Caller, Params, is_same_origin};
use crate::pages;
use crate::trust;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::authn::ceremony::{self, Aim, Ceremony, Kind};
use passband_core::authn::passkey::registration::{self, NewPasskey, PasskeyRecord, RegistrationRules};
use passband_core::authn::sign_in;
use passband_core::change::{Change, Conflict};
use passband_core::decision::Refusal;
use passband_core::directory::{Evidence, Passkey, Roles, Standing, User};
use passband_core::id::UserId;
use passband_core::keys::seal::Purpose;
pub use passband_core::manage::upn;
use passband_core::reason::Reason;
use passband_core::rng;
use passband_core::session::enrol::{self, MayRegister};
use passband_core::session::standing::judge;
use passband_core::time::Timestamp;
use passband_store::{CommitError, StoreError};
use passband_wire::b64;
use passband_wire::cose::Algorithm;
use passband_wire::webauthn::RegistrationResponseJson;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most wanted first; ES256 and RS256 are what every platform has between them.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

/// Passkeys one person may have.
pub const MOST: usize = 50;

/// `GET /setup?token=…`: the page behind the set-up link. Addresses are not logged, so neither is the secret.
pub async fn setup(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let asker = cookie::asker(&app, &headers);
    let page = pages::Setup {
        token: pages::Secret::new(params.get("token").chars().take(256).collect()),
        domain: app.domain.clone(),
        band: pages::Band::default(),
        notice: None,
    };
    with_cookie(pages::reply(StatusCode::OK, &page, &pages::csp(&[])), cookie::set_asker(&app, &asker))
}

/// The page that makes a passkey and then leads on to `next`.
pub fn address(next: Option<&str>) -> String {
    const PAGE: &str = "/account/passkeys/new";
    match next {
        Some(next) => {
            format!("{PAGE}?next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())
        }
        None => PAGE.to_owned(),
    }
}

/// `GET /account/passkeys/new?next=…`.
pub async fn page(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let next = params.non_empty("next").and_then(local);
    let standing = match session::standing(&app, &headers).await {
        Ok(standing) => standing,
        Err(error) => return session::unavailable(&error),
    };
    let live = match may_register(&app, standing.as_ref(), app.now()) {
        Ok(allowed) => allowed.live(),
        Err(_) => {
            let here: String = form_urlencoded::byte_serialize(address(next).as_bytes()).collect();
            return see_other(&format!("/sign-in?fresh=1&next={here}"));
        }
    };
    let asker = cookie::asker(&app, &headers);
    let reason = match (live.factors().is_bootstrap(), live.is_full()) {
        (true, _) => pages::RegisterReason::First,
        (false, true) => pages::RegisterReason::Another,
        (false, false) => pages::RegisterReason::Owed,
    };
    let user = live.user();
    let page = pages::Register {
        viewer: pages::Viewer {
            name: user.display_name.clone(),
            upn: user.upn.clone(),
            is_admin: !user.roles.is_empty(),
        },
        reason,
        next: next.map(str::to_owned),
        suggested_name: String::new(),
        band: bands::session(live.session(), None),
        notice: None,
    };
    with_cookie(pages::reply(StatusCode::OK, &page, &pages::csp(&[])), cookie::set_asker(&app, &asker))
}

/// A session that stands and may add a passkey, which its person `asked` to do at that moment.
fn may_register<'a>(
    app: &App,
    standing: Option<&'a Arc<Standing>>,
    asked: Timestamp,
) -> Result<MayRegister<'a>, Reason> {
    enrol::may_register(judge(standing.ok_or(Reason::SessionEnded)?, app.now())?, asked)
}

/// What the page sends first.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    setup: Option<String>,
    #[serde(default)]
    keeper: Keeper,
    user_principal_name: Option<String>,
    display_name: Option<String>,
}

/// Where the person wants the passkey to live (WebAuthn L3 §5.8.7). A wish: what they take in the end is theirs to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// Wherever the browser offers.
    #[default]
    Any,
    /// The device in front of them.
    ClientDevice,
    /// A security key.
    SecurityKey,
    /// A phone or tablet beside it.
    Hybrid,
}

impl Keeper {
    /// The hint, and the attachment that browsers before Level 3 understand in its place.
    const fn hint(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Any => None,
            Self::ClientDevice => Some(("client-device", "platform")),
            Self::SecurityKey => Some(("security-key", "cross-platform")),
            Self::Hybrid => Some(("hybrid", "cross-platform")),
        }
    }
}

/// Who is to be made when the ceremony ends; sealed into it.
#[derive(Serialize, Deserialize)]
struct Founder {
    link: [u8; 32],
    until: Timestamp,
    upn: String,
    name: String,
    handle: Vec<u8>,
}

/// `POST /ceremony/register/options`.
pub async fn options(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_same_origin(&app, &headers) {
        return Refused(Reason::CeremonyInvalid).into_response();
    }
    let Ok(ask) = serde_json::from_slice::<Ask>(&body) else {
        return Refused(Reason::RequestMalformed).into_response();
    };
    let answered = match &ask.setup {
        Some(link) => founder_options(&app, &headers, link, &ask).await,
        None => {
            let attempt = Attempt::new(SignInKind::PasskeyRegistration, caller, app.now());
            own_options(&app, &headers, ask.keeper, attempt).await
        }
    };
    match answered {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => Refused(reason).into_response(),
        Err(error) => failed(&error),
    }
}

async fn founder_options(
    app: &App,
    headers: &HeaderMap,
    link: &str,
    ask: &Ask,
) -> Result<Result<Response, Reason>, StoreError> {
    let opened = match open_link(app, link) {
        Ok(opened) => opened,
        Err(reason) => return Ok(Err(reason)),
    };
    if app.store.count_admins().await? > 0 {
        return Ok(Err(Reason::SetupLinkInvalid));
    }
    let name = plain(ask.display_name.as_deref().unwrap_or_default());
    let Some(upn) = upn(ask.user_principal_name.as_deref().unwrap_or_default()) else {
        return Ok(Err(Reason::RequestMalformed));
    };
    let handle = rng::bytes::<32>(app.rng()).to_vec();
    let (link, until) = opened;
    let name = if name.is_empty() { upn.clone() } else { name };
    let founder = Founder { link, until, upn: upn.clone(), name: name.clone(), handle: handle.clone() };
    let note = serde_json::to_string(&founder).unwrap_or_default();
    let user = UserId::generate(app.rng());
    let wish = Wish { keeper: ask.keeper, conveyance: profile::conveyance(app, user).await? };
    let aim = Aim { kind: Kind::Registration, user: Some(user), note };
    Ok(begin(app, headers, aim, (&handle, &upn, &name), (&[], wish)))
}

async fn own_options(
    app: &App,
    headers: &HeaderMap,
    keeper: Keeper,
    mut attempt: Attempt,
) -> Result<Result<Response, Reason>, StoreError> {
    let standing = session::standing(app, headers).await?;
    let live = match may_register(app, standing.as_ref(), app.now()) {
        Ok(allowed) => allowed.live(),
        Err(reason) => return Ok(Err(reason)),
    };
    let user = live.user();
    if let Err(reason) = profile::self_service(app, user.id).await? {
        return Ok(Err(reason));
    }
    // Asked here too, so that nobody touches an authenticator for nothing.
    if let Err(refused) = access::may_register_info(app, &mut attempt, live).await? {
        return Ok(Err(attempt.refuse(app, refused.reason).await));
    }
    let conveyance = profile::conveyance(app, user.id).await?;
    let have = app.store.passkeys_of(user.id).await?;
    if have.len() >= MOST {
        return Ok(Err(Reason::PasskeyDuplicate));
    }
    let aim = Aim { kind: Kind::Registration, user: Some(user.id), note: String::new() };
    let wish = Wish { keeper, conveyance };
    Ok(begin(app, headers, aim, (&user.handle, &user.upn, &user.display_name), (&have, wish)))
}

fn begin(
    app: &App,
    headers: &HeaderMap,
    aim: Aim,
    owner: (&[u8], &str, &str),
    (have, wish): (&[Passkey], Wish),
) -> Result<Response, Reason> {
    let asker = cookie::asker(app, headers);
    let (text, challenge) = ceremony::begin(&app.keys().ring, aim, &asker.value, app.now(), app.rng())?;
    let public_key = public_key(app, owner, have, (&challenge, wish));
    let body = json!({ "ceremony": text, "publicKey": public_key });
    let answer = ([no_store()], Json(body)).into_response();
    Ok(with_cookie(answer, cookie::set_asker(app, &asker)))
}

/// What a registration asks of the browser beyond what every one does.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Where the passkey is to live.
    pub keeper: Keeper,
    /// What the authenticator is to say of itself (WebAuthn L3 §5.4.7).
    pub conveyance: &'static str,
}

/// Creation options (WebAuthn L3 §5.4).
pub fn public_key(
    app: &App,
    (handle, upn, name): (&[u8], &str, &str),
    have: &[Passkey],
    (challenge, wish): (&[u8], Wish),
) -> Value {
    let params: Vec<_> =
        ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg.id() })).collect();
    let exclude: Vec<_> = have
        .iter()
        .map(|passkey| json!({ "type": "public-key", "id": b64::encode(&passkey.id), "transports": passkey.transports }))
        .collect();
    let mut options = json!({
        "rp": { "id": app.party.id(), "name": "Passband" },
        "user": { "id": b64::encode(handle), "name": upn, "displayName": name },
        "challenge": b64::encode(challenge),
        "pubKeyCredParams": params,
        "excludeCredentials": exclude,
        "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
        "attestation": wish.conveyance,
        "extensions": { "credProps": true },
        "timeout": TIMEOUT_MS,
    });
    if let Some((hint, attachment)) = wish.keeper.hint() {
        options["hints"] = json!([hint]);
        options["authenticatorSelection"]["authenticatorAttachment"] = attachment.into();
    }
    options
}

/// A registration by the rules of this server, or the log's reason why not.
pub fn verified(
    app: &App,
    credential: RegistrationResponseJson,
    challenge: &[u8],
    now: Timestamp,
) -> Result<NewPasskey, Reason> {
    let rules = RegistrationRules {
        relying_party: &app.party,
        challenge,
        user_verification: true,
        conditional: false,
        algorithms: &ALGORITHMS,
        attestation_roots: None,
        now,
    };
    registration::verify(credential, &rules).map_err(|error| {
        tracing::info!(code = error.code(), "a registration was refused");
        sign_in::registration_reason(&error)
    })
}

#[derive(Deserialize)]
struct Answer {
    ceremony: String,
    credential: RegistrationResponseJson,
    #[serde(default)]
    name: String,
    next: Option<String>,
}

/// `POST /ceremony/register`.
pub async fn finish(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_same_origin(&app, &headers) {
        return Refused(Reason::CeremonyInvalid).into_response();
    }
    let attempt = Attempt::new(SignInKind::PasskeyRegistration, caller, app.now());
    let Ok(answer) = serde_json::from_slice::<Answer>(&body) else {
        return Refused(attempt.refuse(&app, Reason::PasskeyResponse).await).into_response();
    };
    for _ in 0..TRIES {
        match try_finish(&app, &headers, &answer, attempt.clone()).await {
            Ok(response) => return response,
            Err(Halt::Store(error)) => return failed(&error),
            Err(Halt::TrustMoved) => {
                if let Err(error) = trust::look(&app).await {
                    return failed(&error);
                }
            }
        }
    }
    Refused(attempt.refuse(&app, Reason::CeremonyReplayed).await).into_response()
}

/// How often a registration is judged anew because what is trusted has changed meanwhile.
pub const TRIES: usize = 4;

/// Why a registration got no answer.
#[derive(Debug)]
enum Halt {
    Store(StoreError),
    /// It was judged by what is trusted no more, and nothing was changed.
    TrustMoved,
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn try_finish(
    app: &App,
    headers: &HeaderMap,
    answer: &Answer,
    mut attempt: Attempt,
) -> Result<Response, Halt> {
    let (asker, now) = (cookie::asker(app, headers), attempt.at());
    let under_way =
        ceremony::resume(&app.keys().ring, &answer.ceremony, Kind::Registration, &asker.value, now);
    let under_way = match under_way {
        Ok(under_way) => under_way,
        Err(reason) => return Ok(Refused(attempt.refuse(app, reason).await).into_response()),
    };
    let refuse = |reason| Refusal { reason, changes: vec![under_way.spend()] };
    let (owner, mut changes) = match whose(app, headers, &under_way, &mut attempt).await? {
        Ok(found) => found,
        Err(reason) => return Ok(Refused(attempt.refuse(app, refuse(reason)).await).into_response()),
    };
    attempt.by(&owner);
    let Answer { credential, name, next, .. } = answer;
    let new = match verified(app, credential.clone(), under_way.challenge(), now) {
        Ok(new) => new,
        Err(reason) => {
            return Ok(Refused(attempt.refuse(app, refuse(reason)).await).into_response());
        }
    };
    let held = app.trust();
    let evidence = new.judge(&held.trust, now);
    let mut passkey = passkey(new.into_record(), &owner, name, evidence);
    if passkey.name.is_empty() {
        passkey.name = held.default_name(&passkey);
    }
    // After the evidence was judged: a profile may ask for a level.
    let permitted = match profile::at_registration(app, &mut attempt, &passkey).await? {
        Ok(permitted) => permitted,
        Err(told) => {
            attempt.refuse(app, refuse(told.reason)).await;
            return Ok(told.into_response());
        }
    };
    let (session, begun) = sign_in::with_new_passkey(permitted, &owner, place(app, attempt.caller()));
    let detail = format!(
        "{} ({}, {}: {})",
        passkey.name,
        if passkey.backup_eligible { "synced" } else { "device-bound" },
        passkey.evidence.level.name(),
        passkey.evidence.proof
    );
    let wants_second = second::is_due(app, &passkey).await?;
    changes.insert(0, under_way.spend());
    // Or a model that was disqualified a moment ago would keep the evidence of before.
    changes.push(Change::RequireTrust { generation: held.generation });
    changes.push(audit(app, &owner.upn, "Register passkey", owner.id, detail));
    changes.push(Change::InsertPasskey(Box::new(passkey)));
    changes.push(begun);
    if let Some(before) = cookie::session(app, headers) {
        changes.push(Change::EndSession { id: before, at: now });
    }
    attempt.in_session(session.id, session.factors);
    let again = attempt.clone();
    match attempt.grant(app, changes).await {
        Ok(()) => {
            let usual = if !owner.roles.is_empty() { "/admin" } else { "/account" };
            let next = next.as_deref().and_then(local).unwrap_or(usual);
            let next = if wants_second { second::address(next) } else { next.to_owned() };
            let answer = ([no_store()], Json(json!({ "next": next }))).into_response();
            Ok(with_cookie(answer, Some(cookie::set_session(app, session.id))))
        }
        // Nothing else of it can be stale.
        Err(CommitError::Conflict(Conflict::Stale)) => Err(Halt::TrustMoved),
        Err(CommitError::Conflict(conflict)) => {
            let reason = match conflict {
                Conflict::Duplicate => Reason::PasskeyDuplicate,
                Conflict::Spent | Conflict::Stale => Reason::CeremonyReplayed,
            };
            Ok(Refused(again.refuse(app, reason).await).into_response())
        }
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

/// Whose passkey it will be: the founder's, who is made with it, or that of whoever is signed in and began this.
async fn whose(
    app: &App,
    headers: &HeaderMap,
    under_way: &Ceremony,
    attempt: &mut Attempt,
) -> Result<Result<(User, Vec<Change>), Reason>, StoreError> {
    let now = attempt.at();
    let Some(id) = under_way.user() else { return Ok(Err(Reason::CeremonyInvalid)) };
    if under_way.note().is_empty() {
        // Asked again: it may have been switched off since the ceremony began.
        if let Err(reason) = profile::self_service(app, id).await? {
            return Ok(Err(reason));
        }
        let standing = session::standing(app, headers).await?;
        // Fresh when the ceremony began: who takes their time at the authenticator need not begin again.
        let live = match may_register(app, standing.as_ref(), under_way.begun()) {
            Ok(allowed) => allowed.live(),
            Err(reason) => return Ok(Err(reason)),
        };
        // Begun by one person, finished in another's session: not the same registration.
        if live.user().id != id {
            return Ok(Err(Reason::CeremonyInvalid));
        }
        if let Err(refused) = access::may_register_info(app, attempt, live).await? {
            return Ok(Err(refused.reason));
        }
        return Ok(Ok((live.user().clone(), Vec::new())));
    }
    let Ok(founder) = serde_json::from_str::<Founder>(under_way.note()) else {
        return Ok(Err(Reason::CeremonyInvalid));
    };
    if app.store.count_admins().await? > 0 || now >= founder.until {
        return Ok(Err(Reason::SetupLinkInvalid));
    }
    let user = User {
        id,
        upn: founder.upn,
        display_name: founder.name,
        enabled: true,
        roles: Roles::GLOBAL,
        break_glass: false,
        handle: founder.handle,
        created: now,
    };
    let changes = vec![
        // Links of two starts make one administrator, however many finish at once. The lock outlives every link
        // there is now; later, should there be no administrator again, a new link must work.
        Change::Spend { id: founder_lock(), until: now + SETUP_FOR },
        Change::Spend { id: founder.link, until: founder.until },
        Change::InsertUser(user.clone()),
        audit(app, "set-up link", "Create first administrator", id, user.upn.clone()),
    ];
    Ok(Ok((user, changes)))
}

/// The one name under which a first administrator can be made.
fn founder_lock() -> [u8; 32] {
    let mut id = [0; 32];
    id[..13].copy_from_slice(b"first-founder");
    id
}

/// Id and end of a set-up link.
fn open_link(app: &App, link: &str) -> Result<([u8; 32], Timestamp), Reason> {
    let read = || -> Option<([u8; 32], Timestamp)> {
        let body = app.keys().ring.open(Purpose::SetupLink, &b64::decode(link, 256).ok()?).ok()?;
        let (id, until) = body.split_at_checked(16)?;
        let until = Timestamp(i64::from_be_bytes(until.try_into().ok()?));
        let mut spend = [0; 32];
        spend[..5].copy_from_slice(b"setup");
        spend[16..].copy_from_slice(id);
        (app.now() < until).then_some((spend, until))
    };
    read().ok_or(Reason::SetupLinkInvalid)
}

/// The record of a new passkey; it may be without a name.
pub fn passkey(new: PasskeyRecord, owner: &User, name: &str, evidence: Evidence) -> Passkey {
    let now = evidence.judged;
    Passkey {
        id: new.credential_id,
        user: owner.id,
        public_key: new.public_key,
        sign_count: new.sign_count,
        backup_eligible: new.backup_eligible,
        backup_state: new.backup_state,
        aaguid: new.aaguid,
        format: new.attested.format().id().to_owned(),
        attestation_object: new.attestation_object,
        client_data: new.client_data_json,
        transports: new.transports,
        name: plain(name),
        rp_id: new.rp_id,
        evidence,
        created: now,
        last_used: Some(now),
        made_by: String::new(),
    }
}

/// Text of a person about themselves: one line, printable, at most 100 characters.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect::<String>().trim().to_owned()
}
