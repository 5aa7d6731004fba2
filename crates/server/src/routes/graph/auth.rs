//! Who may administer, and the one way to write.

use super::error::GraphError;
use crate::app::App;
use crate::attempt::audit;
use crate::extract::bearer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use passband_core::change::Change;
use passband_core::keys::admin_token::AdminToken;
use passband_store::CommitError;
use std::sync::Arc;

/// Proof that a request bears a good admin token. Every handler demands one; only a request with
/// `Authorization: Bearer` makes one. A browser sends its cookies by itself but never that header, so no page of
/// a stranger can use a person's browser against this API (failure class 11: forged requests).
#[derive(Clone, Debug)]
pub struct Administrator {
    actor: String,
}

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = GraphError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, GraphError> {
        let text = bearer(&parts.headers).ok_or_else(GraphError::unauthorized)?;
        let token = AdminToken::check(&app.master, text, app.now()).ok_or_else(GraphError::unauthorized)?;
        Ok(Self { actor: token.actor() })
    }
}

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
    /// How the audit log names them.
    pub fn actor(&self) -> &str {
        &self.actor
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
