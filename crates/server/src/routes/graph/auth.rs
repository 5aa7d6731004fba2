//! Who may administer, and the one way to write.

use super::error::GraphError;
use super::table::OPERATIONS;
use crate::app::App;
use crate::attempt::audit;
use crate::extract::{Caller, bearer};
use crate::routes::permissions;
use crate::routes::userinfo;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use passband_core::change::Change;
use passband_core::directory::{Roles, SessionKind};
use passband_core::keys::admin_token::AdminToken;
use passband_core::manage::Permission;
use passband_core::reason::Reason;
use passband_core::session::enrol;
use passband_core::session::standing::judge;
use passband_store::{CommitError, StoreError};
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT};
use std::sync::Arc;

/// Proof that a request bears a good token whose roles let it ask this: an admin token, or a person's own. Every handler
/// demands one; [`guard`] alone makes them, and only of a request with `Authorization: Bearer`. A browser sends its cookies by itself but never that header, so no page of
/// a stranger can use a person's browser against this API (failure class 11: forged requests).
#[derive(Clone, Debug)]
pub struct Administrator {
    actor: String,
    roles: Roles,
    stepped_up: Result<(), Reason>,
}

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = GraphError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, GraphError> {
        // A handler outside of the guard's layer lets nobody in.
        parts.extensions.get::<Self>().cloned().ok_or_else(GraphError::unauthorized)
    }
}

/// Refuses whoever may not ask this, before any handler runs. What the table of permissions does not know is refused
/// to everybody: a new route is closed until somebody has decided whom it is for.
pub async fn guard(
    State(app): State<Arc<App>>,
    caller: Caller,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let template = matched.as_ref().map_or("", MatchedPath::as_str);
    let path = template.strip_prefix("/v1.0").or_else(|| template.strip_prefix("/beta")).unwrap_or(template);
    if path == "/openapi.json" {
        return next.run(request).await;
    }
    let admin = match Administrator::of(&app, request.headers(), &caller).await {
        Ok(Some(admin)) => admin,
        Ok(None) => return GraphError::unauthorized().into_response(),
        Err(error) => return GraphError::from(error).into_response(),
    };
    if let Err(refused) = admin.may_ask(request.method().as_str(), path) {
        return refused.into_response();
    }
    request.extensions_mut().insert(admin);
    next.run(request).await
}

/// The router's path, below the version, for addresses that no operation has.
const NOWHERE: &str = "/{*path}";

/// How often a change is decided anew because another was made meanwhile.
pub const TRIES: usize = 16;

/// What an administrator does, for the audit log.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Graph `activityDisplayName`.
    pub activity: &'static str,
    /// Id of the object.
    pub target: String,
    /// One line for a person.
    pub detail: String,
}

impl Deed {
    /// A deed.
    pub fn new(activity: &'static str, target: impl ToString, detail: impl Into<String>) -> Self {
        Self { activity, target: target.to_string(), detail: detail.into() }
    }
}

impl Administrator {
    async fn of(app: &App, headers: &HeaderMap, caller: &Caller) -> Result<Option<Self>, StoreError> {
        let token = bearer(headers).and_then(|text| AdminToken::check(&app.master, text, app.now()));
        if let Some(token) = token {
            // Made where the data is, and gone in a quarter of an hour: nobody to ask again.
            return Ok(Some(Self { actor: token.actor(), roles: token.roles(), stepped_up: Ok(()) }));
        }
        Self::in_person(app, headers, caller).await
    }

    /// The person whose access token this is. Of the token only their session counts: who they are, what they may do,
    /// when they signed in and what the policies say is as the directory has it now.
    async fn in_person(app: &App, headers: &HeaderMap, caller: &Caller) -> Result<Option<Self>, StoreError> {
        let Some(claims) = userinfo::verify(app, headers, ADMIN_RESOURCE) else { return Ok(None) };
        let Some(standing) = userinfo::still_good(app, &claims, caller).await? else { return Ok(None) };
        let Ok(live) = judge(&standing, app.now()) else { return Ok(None) };
        // As they are minted; what is minted otherwise some day is not for here.
        let of_prt = live.session().kind == SessionKind::Prt && claims.client_id == BROKER_CLIENT.to_string();
        if !of_prt || !live.is_full() {
            return Ok(None);
        }
        Ok(Some(Self {
            actor: live.user().upn.clone(),
            roles: live.user().roles,
            stepped_up: enrol::stepped_up(live, app.now()).map(drop),
        }))
    }

    /// Whether their roles let them ask this operation. Nothing is decided about an address or method that no
    /// operation has: the router says so itself.
    fn may_ask(&self, method: &str, path: &str) -> Result<(), GraphError> {
        if let Some(row) = permissions::find(permissions::API, method, path) {
            self.demand(row.permission)?;
            return if row.step_up { self.stepped_up.map_err(GraphError::step_up) } else { Ok(()) };
        }
        let nowhere = path == NOWHERE;
        let other_method = OPERATIONS.iter().any(|operation| operation.path == path)
            && !OPERATIONS.iter().any(|o| o.path == path && o.method.eq_ignore_ascii_case(method));
        if nowhere || other_method {
            return Ok(());
        }
        tracing::error!(method, path, "no permission is written down for this operation");
        Err(Reason::RoleMissing.into())
    }

    /// How the audit log names them.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// What they may administer.
    pub const fn roles(&self) -> Roles {
        self.roles
    }

    /// Checks that one of their roles has this permission.
    ///
    /// # Errors
    ///
    /// [`GraphError`] with [`Reason::RoleMissing`].
    pub fn demand(&self, permission: Permission) -> Result<(), GraphError> {
        self.roles.demand(permission).map_err(|_| GraphError::role_missing(permission))
    }

    /// Makes changes durable, with their line in the audit log in the same commit.
    ///
    /// # Errors
    ///
    /// [`CommitError`].
    pub async fn commit(&self, app: &App, mut changes: Vec<Change>, deed: Deed) -> Result<(), CommitError> {
        changes.push(audit(app, &self.actor, deed.activity, deed.target, deed.detail));
        app.commit(changes).await
    }
}
