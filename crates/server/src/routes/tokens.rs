//! Tokens for an app: audience, scope, and the set that is handed out.

use crate::access::Wants;
use crate::app::App;
use crate::refusal::{UNAVAILABLE, WireError};
use axum::http::{HeaderMap, header};
use passband_core::change::Change;
use passband_core::directory::{App as AppRecord, Grant};
use passband_core::id::{ClientId, SessionId, UserId};
use passband_core::manage::app::{CONSOLE_APP, DRS_APP, secret_hash};
use passband_core::policy::access::Permit;
use passband_core::policy::access::facts::UserAction;
use passband_core::reason::Reason;
use passband_core::session::claims::{ACCESS_TOKEN_TYP, ID_TOKEN_TYP, Subject, access_token_life};
use passband_core::session::grant::{LIFETIME, RefreshToken};
use passband_core::session::standing::Live;
use passband_core::time::Timestamp;
use passband_store::StoreError;
use passband_wire::oauth::pop::{self, Confirmation};
use passband_wire::oauth::scope::Scope;
use passband_wire::prt::hello;
use passband_wire::prt::message::TokenReply;
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT, DRS_RESOURCE};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `aud` of the access token.
    pub audience: String,
    /// Granted scope.
    pub scope: Scope,
    /// The application whose audience it is; `None` for this server itself.
    pub resource: Option<ClientId>,
    /// The key it is bound to; `None` for a bearer token.
    pub confirmation: Option<Confirmation>,
    /// Whether it is to register a Hello key, for which its person has just proved themselves.
    pub ngcmfa: bool,
}

impl Target {
    fn new(audience: &str, scope: Scope, resource: Option<ClientId>) -> Self {
        Self { audience: audience.to_owned(), scope, resource, confirmation: None, ngcmfa: false }
    }

    /// What this is to the policies, when `client` asks for it.
    pub fn wants(&self, client: ClientId) -> Wants {
        if self.audience == DRS_RESOURCE && self.ngcmfa {
            return Wants::Action(UserAction::RegisterSecurityInfo);
        }
        if self.audience == DRS_RESOURCE {
            return Wants::Action(UserAction::RegisterDevice);
        }
        // A plain sign-in is for the client itself.
        Wants::App(self.resource.unwrap_or(client))
    }

    /// Whether a PRT is to be born of it: the broker signs its person in, for itself and nothing else.
    pub fn is_for_prt(&self, client: ClientId) -> bool {
        client == BROKER_CLIENT && self.resource.is_none()
    }
}

/// A refused or failed look-up.
#[derive(Debug)]
pub enum TargetError {
    /// The caller's fault.
    Refused(Reason),
    /// Ours.
    Store(StoreError),
}

impl From<StoreError> for TargetError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Finds the audience a client asks for, by `resource` (RFC 8707) or by a scope `<resource>/.default`; without
/// either it is this server itself, whose tokens open `/userinfo`.
///
/// # Errors
///
/// [`TargetError`]: an unknown resource or a scope that is not one.
pub async fn target(app: &App, client: ClientId, resource: &str, scope: &str) -> Result<Target, TargetError> {
    let target = target_of_prt(app, client, resource, scope).await?;
    // A code and a refresh token are good for whoever holds them. What administers is had for a PRT, by a signature of
    // its session key, and from nothing less.
    if target.audience == ADMIN_RESOURCE {
        return Err(TargetError::Refused(Reason::ResourceUnknown));
    }
    Ok(target)
}

/// [`target`], where a PRT asks.
///
/// # Errors
///
/// [`TargetError`]: an unknown resource or a scope that is not one.
pub async fn target_of_prt(
    app: &App,
    client: ClientId,
    resource: &str,
    scope: &str,
) -> Result<Target, TargetError> {
    let scope: Scope = scope.parse().map_err(|_| TargetError::Refused(Reason::ScopeTooWide))?;
    let text = scope.to_string();
    let by_scope = text.split(' ').find_map(|token| token.strip_suffix("/.default"));
    let name = if resource.is_empty() { by_scope.unwrap_or_default() } else { resource };
    let known = |token: &str| {
        matches!(token, "openid" | "profile" | "email" | "offline_access")
            || (!name.is_empty() && token.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
    };
    if !text.is_empty() && !text.split(' ').all(known) {
        return Err(TargetError::Refused(Reason::ScopeTooWide));
    }
    if name.is_empty() {
        return Ok(Target::new(app.issuer(), scope, None));
    }
    let unknown = || TargetError::Refused(Reason::ResourceUnknown);
    let resource = resource_of(app, name).await?;
    // By whichever name it was asked for: a token for it has one audience, and what follows is asked of that.
    let name = match resource {
        Some(DRS_APP) => DRS_RESOURCE,
        Some(CONSOLE_APP) => ADMIN_RESOURCE,
        _ => name,
    };
    // Only the broker may speak to the registration service (attack A32), and for an administrator: an application
    // that somebody signs in to administers nothing with their roles.
    if [DRS_RESOURCE, ADMIN_RESOURCE].contains(&name) && client != BROKER_CLIENT {
        return Err(unknown());
    }
    Ok(Target::new(name, scope, resource))
}

/// The target of what was granted before, if its resource is still there.
///
/// # Errors
///
/// As [`target`].
pub async fn target_again(app: &App, audience: &str, scope: Scope) -> Result<Target, TargetError> {
    let own = audience == app.issuer();
    let resource = if own { None } else { resource_of(app, audience).await? };
    Ok(Target::new(audience, scope, resource))
}

/// The application of an audience; never `None`.
async fn resource_of(app: &App, audience: &str) -> Result<Option<ClientId>, TargetError> {
    let record = app.store.app_by_resource(audience).await?.filter(|record| record.enabled);
    record.map_or(Err(TargetError::Refused(Reason::ResourceUnknown)), |record| Ok(Some(record.id)))
}

/// The tokens of one answer, before they are signed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The session behind them.
    pub live: Live<'a>,
    /// To whom.
    pub client: ClientId,
    /// For what.
    pub target: &'a Target,
    /// OpenID Connect `nonce`.
    pub nonce: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// The tokens of one answer.
#[derive(Debug)]
pub struct Minted {
    /// As the standard has them.
    pub reply: TokenReply,
    /// `aud` of the access token.
    pub audience: String,
    /// Whose they are.
    pub person: UserId,
    /// When they were made.
    pub at: Timestamp,
}

/// Signs an access token, an ID token with `openid`, and carries the refresh token along: what the policies permitted.
///
/// # Errors
///
/// [`WireError`] if signing fails, or if the permit is another person's.
pub fn mint(
    app: &App,
    permit: Permit,
    wanted: Wanted<'_>,
    refresh: Option<String>,
) -> Result<Minted, WireError> {
    let keys = app.keys();
    if permit.person() != wanted.live.user().id || permit.at() != wanted.now {
        tracing::error!("a permit was used for a request that it was not made for");
        return Err(UNAVAILABLE);
    }
    let life = access_token_life(&permit, wanted.now);
    let subject = Subject {
        issuer: app.issuer(),
        tenant: app.tenant,
        live: wanted.live,
        client: wanted.client,
        now: wanted.now,
    };
    let scope = wanted.target.scope.to_string();
    let mut access = subject.access(&wanted.target.audience, &scope, life, app.rng());
    access.cnf = wanted.target.confirmation.clone();
    access.amr.extend(wanted.target.ngcmfa.then(|| hello::AMR.to_owned()));
    let token_type = if access.cnf.is_some() { pop::TOKEN_TYPE } else { "Bearer" };
    let access_token = keys.tokens.sign(ACCESS_TOKEN_TYP, &access).map_err(|_| UNAVAILABLE)?;
    let id_token = if wanted.target.scope.has("openid") {
        Some(keys.tokens.sign(ID_TOKEN_TYP, &subject.id(wanted.nonce)).map_err(|_| UNAVAILABLE)?)
    } else {
        None
    };
    Ok(Minted {
        reply: TokenReply {
            token_type: token_type.to_owned(),
            expires_in: life.0,
            access_token,
            scope,
            refresh_token: refresh,
            id_token,
        },
        audience: wanted.target.audience.clone(),
        person: wanted.live.user().id,
        at: wanted.now,
    })
}

/// A new refresh-token family, with the first of its tokens.
///
/// # Errors
///
/// [`WireError`] if sealing fails.
pub fn begin_grant(
    app: &App,
    (family, session): ([u8; 16], SessionId),
    client: ClientId,
    target: &Target,
    now: Timestamp,
) -> Result<(Change, String), WireError> {
    let grant = Grant {
        family,
        session,
        client,
        scope: target.scope.to_string(),
        resource: target.audience.clone(),
        created: now,
        expires: now + LIFETIME,
        generation: 0,
        advanced: now,
        ended: None,
    };
    let token = RefreshToken { family, generation: 0 };
    let text = token.seal(&app.keys().ring, app.rng()).map_err(|_| UNAVAILABLE)?;
    Ok((Change::InsertGrant(grant), text))
}

/// Finds and authenticates a client (RFC 6749 §2.3): by secret if it has one, by its id if it is public.
///
/// # Errors
///
/// [`TargetError`]: unknown, switched off, or not authenticated.
pub async fn client(
    app: &App,
    headers: &HeaderMap,
    form: &crate::extract::Params,
) -> Result<Arc<AppRecord>, TargetError> {
    let refused = |reason| TargetError::Refused(reason);
    let basic = basic(headers).map_err(refused)?;
    let (id, secret) = match (&basic, form.non_empty("client_secret")) {
        // One way of authenticating per request (§2.3).
        (Some(_), Some(_)) => return Err(refused(Reason::ClientAuthFailed)),
        (Some((id, secret)), None) => (id.as_str(), Some(secret.as_str())),
        (None, secret) => (form.get("client_id"), secret),
    };
    if basic.is_some() && !matches!(form.get("client_id"), "") && form.get("client_id") != id {
        return Err(refused(Reason::ClientAuthFailed));
    }
    let id: ClientId = id.parse().map_err(|_| refused(Reason::AppUnknown))?;
    let record = app.store.app(id).await?.ok_or(refused(Reason::AppUnknown))?;
    if !record.enabled {
        return Err(refused(Reason::AppDisabled));
    }
    let good = match (record.secret_hash, secret) {
        (None, None) => true,
        (Some(hash), Some(secret)) => bool::from(secret_hash(secret).ct_eq(&hash)),
        (None, Some(_)) | (Some(_), None) => false,
    };
    if good { Ok(record) } else { Err(refused(Reason::ClientAuthFailed)) }
}

/// `Authorization: Basic`, its parts percent-decoded (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Reason> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let read = || -> Option<(String, String)> {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(passband_wire::b64::decode_std(rest, 1024).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let decode =
            |part: &str| form_urlencoded::parse(part.as_bytes()).next().map(|(key, _)| key.into_owned());
        Some((decode(id)?, decode(secret)?))
    };
    read().map(Some).ok_or(Reason::ClientAuthFailed)
}
