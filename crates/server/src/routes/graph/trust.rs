//! `/passband_trust`: what evidence rests on, and whom a change of it touches.

use super::auth::Administrator;
use super::body::{Body, given};
use super::error::GraphError;
use super::query::Asked;
use super::resource::trust as shown;
use super::resource::trust::{MODEL, ROOT, TRUST};
use crate::app::App;
use crate::trust::change::{self, ChangeError, Effect, Wish};
use crate::trust::models::{Only, Profiles};
use crate::trust::{guid, hex};
use axum::Json;
use axum::extract::{Path, State};
use passband_core::platform::evidence::Proof;
use passband_core::platform::roots::Scope;
use passband_core::reason::Reason;
use passband_wire::b64;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most a document may have as a member of a body, bytes.
pub const MAX_DOCUMENT: usize = 64 * 1024 * 1024;

/// Passkeys that an answer names; the count is of all.
const MOST_NAMED: usize = 1000;

/// The body of `POST …/metadata` and `POST …/revocations`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DocumentBody {
    /// The file as it was published.
    document: String,
}

/// The body of `POST …/roots`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RootBody {
    /// One certificate in PEM.
    certificate: String,
    /// An attestation format, or `metadata`.
    format: String,
    #[serde(default, deserialize_with = "given")]
    aa_guids: Option<Vec<String>>,
}

/// `GET /passband_trust`.
pub async fn get(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let held = app.trust();
    asked.object(&app, &TRUST, shown::trust(&held, app.now(), app.attestation_conveyance())).map(Json)
}

/// `GET /passband_trust/roots`.
pub async fn roots(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection(&ROOT)?;
    let listed = wanted.slice(app.trust().trust.roots.iter().map(shown::root).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// Query option of `GET …/models`: only those that this profile accepts.
pub const ACCEPTED_BY: &str = "passband_acceptedBy";
/// Query option of `GET …/models`: only those that this profile refuses.
pub const REFUSED_BY: &str = "passband_refusedBy";

/// `GET /passband_trust/models`: each passkey model of the metadata, and what each profile says of it.
pub async fn models(
    _: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, GraphError> {
    let wanted = asked.collection_with(&MODEL, &[ACCEPTED_BY, REFUSED_BY])?;
    let profiles = Profiles::load(&app).await?;
    let mut only = Vec::new();
    for (option, accepted) in [(ACCEPTED_BY, true), (REFUSED_BY, false)] {
        let Some(name) = wanted.option(option) else { continue };
        let profile = profiles.place(name).ok_or_else(|| {
            GraphError::query(format!(
                "{option} must be the id or the name of a profile, or the key of a template."
            ))
        })?;
        only.push(Only { profile, accepted });
    }
    let mut judged = profiles.judge(&app.trust(), app.now());
    judged.retain(|model| only.iter().all(|only| only.takes(model)));
    let listed = wanted.slice(judged.iter().map(|model| shown::model(model, &profiles)).collect())?;
    Ok(Json(wanted.answer(&app, listed)))
}

/// `POST /passband_trust/metadata`.
pub async fn import_metadata(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<DocumentBody>,
) -> Result<Json<Value>, GraphError> {
    make(&app, &admin, &asked, Wish::Metadata(body.document)).await
}

/// `POST /passband_trust/revocations`.
pub async fn import_revocations(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<DocumentBody>,
) -> Result<Json<Value>, GraphError> {
    make(&app, &admin, &asked, Wish::Revocations(body.document)).await
}

/// `POST /passband_trust/roots`.
pub async fn add_root(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(body): Body<RootBody>,
) -> Result<Json<Value>, GraphError> {
    let Some(scope) = Scope::from_id(&body.format) else {
        let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.id()).collect();
        return Err(GraphError::bad(format!("format must be one of {}.", known.join(", "))));
    };
    let models = body.aa_guids.unwrap_or_default();
    make(&app, &admin, &asked, Wish::Root { scope, models, pem: body.certificate }).await
}

/// `DELETE /passband_trust/roots/{id}`.
pub async fn remove_root(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Json<Value>, GraphError> {
    make(&app, &admin, &asked, Wish::NoRoot(id.to_ascii_lowercase())).await
}

/// Makes a change, or with `passband_dryRun=true` only says whom it would touch.
async fn make(
    app: &App,
    admin: &Administrator,
    asked: &Asked,
    wish: Wish,
) -> Result<Json<Value>, GraphError> {
    let (rehearse, force) = asked.dry_run_and_force()?;
    let prepared = change::prepare(app, wish, admin.actor()).await?;
    let trust = Arc::new(prepared.trust().clone());
    let effects = change::effects(app, &trust).await?;
    let mut answer = report(&effects);
    answer["detail"] = prepared.detail().into();
    answer["applied"] = (!rehearse).into();
    let locks_out = change::locks_out(app, &effects).await?;
    answer["leavesNoAdministrator"] = locks_out.into();
    if !rehearse {
        if locks_out && !force {
            return Err(ChangeError::LocksOut.into());
        }
        change::apply(app, prepared, effects, admin.actor()).await?;
    }
    Ok(Json(answer))
}

/// Whom a change touches: each passkey whose level it moves.
fn report(effects: &[Effect]) -> Value {
    let moved: Vec<_> = effects.iter().filter(|effect| effect.changes_level()).collect();
    let named: Vec<_> = moved.iter().take(MOST_NAMED).map(|effect| line(effect)).collect();
    json!({ "changeCount": moved.len(), "changes": named })
}

fn line(effect: &Effect) -> Value {
    let (passkey, to) = (&effect.passkey, &effect.to);
    json!({
        "userId": effect.user.id.to_string(),
        "userPrincipalName": effect.user.upn,
        "passkeyId": b64::encode(&passkey.id),
        "displayName": passkey.name,
        "aaGuid": guid(&passkey.aaguid),
        "from": passkey.evidence.level.name(),
        "to": to.level.name(),
        "reason": to.proof,
        "explanation": Proof::from_code(&to.proof).map(Proof::meaning),
    })
}

impl From<ChangeError> for GraphError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Busy => Self::busy(),
            ChangeError::Store(error) => error.into(),
            ChangeError::LocksOut => Reason::PolicyLocksOut.into(),
            ChangeError::UnknownRoot => Self::not_found("added root"),
            error => Self::bad(format!("{error}.")),
        }
    }
}

/// The id of a root in addresses.
pub fn root_id(root: &passband_core::platform::roots::Root) -> String {
    hex(&root.anchor().fingerprint())
}
