//! `/users/{id}/authentication/fido2Methods`: registering a passkey for somebody else.

use super::auth::{Administrator, Deed};
use super::body::{Body, check_type, given};
use super::error::GraphError;
use super::members::Members;
use super::methods::shown;
use super::query::Asked;
use super::resource::PASSKEY;
use super::users::find_to_act;
use crate::app::App;
use crate::routes::{profile, register};
use crate::trust;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::authn::on_behalf::{self, DEFAULT_MINUTES, MAX_MINUTES, MIN_MINUTES};
use passband_core::change::{Change, Conflict};
use passband_core::manage::display_name;
use passband_core::reason::Reason;
use passband_store::CommitError;
use passband_wire::b64;
use passband_wire::webauthn::{CollectedClientData, MAX_CHALLENGE, RegistrationResponseJson};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The function's one parameter.
const TIMEOUT: &str = "challengeTimeoutInMinutes";

/// `GET …/fido2Methods/creationOptions`, with the parameter as a query option.
pub async fn options(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Json<Value>, GraphError> {
    let minutes = asked.number(TIMEOUT)?.unwrap_or(DEFAULT_MINUTES);
    creation_options(&app, &admin, &asked, (&name, minutes)).await
}

/// The parameter of `creationOptions(challengeTimeoutInMinutes=N)`, as OData writes a function's call; `None` if the
/// segment is an id.
pub fn called(segment: &str) -> Option<Result<i64, GraphError>> {
    let arguments = segment.strip_prefix("creationOptions(")?.strip_suffix(')')?;
    if arguments.is_empty() {
        return Some(Ok(DEFAULT_MINUTES));
    }
    let minutes = arguments.split_once('=').filter(|(name, _)| *name == TIMEOUT);
    Some(minutes.and_then(|(_, text)| text.parse().ok()).ok_or_else(bad_minutes))
}

fn bad_minutes() -> GraphError {
    GraphError::bad(format!("{TIMEOUT} must be a whole number from {MIN_MINUTES} to {MAX_MINUTES}."))
}

/// What the administrator's tool hands to the authenticator.
pub async fn creation_options(
    app: &App,
    admin: &Administrator,
    asked: &Asked,
    (name, minutes): (&str, i64),
) -> Result<Json<Value>, GraphError> {
    let (user, _) = find_to_act(app, admin, name).await?;
    let have = app.store.passkeys_of(user.id).await?;
    if have.len() >= register::MOST {
        return Err(GraphError::bad("The person has as many passkeys as one may have."));
    }
    let begun = on_behalf::begin(&app.keys().ring, (user.id, admin.actor()), minutes, app.now(), app.rng());
    let (challenge, expires) = begun.ok_or_else(bad_minutes)?;
    let owner = (user.handle.as_slice(), user.upn.as_str(), user.display_name.as_str());
    let wish = register::Wish {
        keeper: register::Keeper::Any,
        conveyance: profile::conveyance(app, user.id).await?,
    };
    let mut public_key = register::public_key(app, owner, &have, (&challenge, wish));
    public_key["timeout"] = (minutes * 60_000).into();
    Ok(Json(json!({
        "@odata.context": asked.context(app, "microsoft.graph.webauthnCredentialCreationOptions"),
        "challengeTimeoutDateTime": expires.rfc3339(),
        "publicKey": public_key,
    })))
}

/// The body of `POST …/fido2Methods`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PasskeyBody {
    #[serde(default, rename = "@odata.type", deserialize_with = "given")]
    odata_type: Option<String>,
    display_name: String,
    public_key_credential: Members,
}

/// The credential as a browser writes it. Graph leaves out what says nothing.
fn credential(mut written: Map<String, Value>) -> Result<RegistrationResponseJson, GraphError> {
    if let Some(id) = written.get("id").cloned() {
        written.entry("rawId").or_insert(id);
    }
    written.entry("type").or_insert_with(|| "public-key".into());
    // Graph writes the outputs of extensions as text or object; ours to read is one, and it is not needed.
    written.remove("clientExtensionResults");
    serde_json::from_value(Value::Object(written))
        .map_err(|error| GraphError::bad(format!("publicKeyCredential is not right: {error}.")))
}

/// `POST …/fido2Methods`.
pub async fn create(
    admin: Administrator,
    State(app): State<Arc<App>>,
    asked: Asked,
    Path(name): Path<String>,
    Body(body): Body<PasskeyBody>,
) -> Result<Response, GraphError> {
    asked.no_options()?;
    check_type(body.odata_type.as_deref(), PASSKEY.name)?;
    let called = display_name(&body.display_name)?;
    let credential = credential(body.public_key_credential.0)?;
    let (user, guard) = find_to_act(&app, &admin, &name).await?;
    let now = app.now();
    let challenge = CollectedClientData::parse(&credential.response.client_data_json)
        .ok()
        .and_then(|data| b64::decode(&data.challenge, MAX_CHALLENGE).ok())
        .ok_or(Reason::PasskeyResponse)?;
    let begun = on_behalf::resume(&app.keys().ring, &challenge, (user.id, admin.actor()), now)?;
    let mut tries = 0..register::TRIES;
    let (id, shown) = loop {
        let new = register::verified(&app, credential.clone(), begun.challenge(), now)?;
        let held = app.trust();
        let evidence = new.judge(&held.trust, now);
        let mut passkey = register::passkey(new.into_record(), &user, &called, evidence);
        profile::on_behalf(&app, &passkey).await?.map_err(GraphError::bad)?;
        // Made, and not yet used by its owner.
        passkey.last_used = None;
        admin.actor().clone_into(&mut passkey.made_by);
        let made = (b64::encode(&passkey.id), shown(&app, &passkey));
        let kind = if passkey.backup_eligible { "synced" } else { "device-bound" };
        let detail = format!("{}: {called} ({kind})", user.upn);
        let deed = Deed::new("Register passkey for another", user.id, detail);
        let judged = Change::RequireTrust { generation: held.generation };
        let mut changes = vec![begun.spend(), judged, Change::InsertPasskey(Box::new(passkey))];
        changes.extend(guard.iter().cloned());
        match admin.commit(&app, changes, deed).await {
            Ok(()) => break made,
            // It was judged by what is trusted no more.
            Err(CommitError::Conflict(Conflict::Stale)) if tries.next().is_some() => {
                trust::look(&app).await?
            }
            Err(CommitError::Conflict(Conflict::Stale)) => return Err(GraphError::busy()),
            Err(CommitError::Conflict(Conflict::Duplicate)) => return Err(Reason::PasskeyDuplicate.into()),
            Err(CommitError::Conflict(Conflict::Spent)) => return Err(Reason::CeremonyReplayed.into()),
            Err(error) => return Err(error.into()),
        }
    };
    let place = asked.link(&app, &format!("users/{}/authentication/fido2Methods/{id}", user.id));
    let object = asked.object(&app, &PASSKEY, shown)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(object)).into_response())
}
