//! Device registration (prt.md §3.2, §3.7).

use super::dialect::clients;
use super::userinfo::{unauthorized, verify};
use crate::access::{self, Asking, Program, Wants};
use crate::app::App;
use crate::attempt::{Attempt, audit};
use crate::ca::{Holder, VALIDITY};
use crate::extract::Caller;
use crate::refusal::{MALFORMED, UNAVAILABLE, WireError};
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::change::Change;
use passband_core::compliance::{Compliance, Details};
use passband_core::device::prove::{self, DeviceCredentialClaims, DeviceSigned};
use passband_core::device::register;
use passband_core::device::suite::Suite;
use passband_core::directory::{ClientProfile, Device};
use passband_core::id::{DeviceId, SessionId};
use passband_core::policy::access::facts::{Shown, UserAction};
use passband_core::policy::signal::{Binding, EvidenceLevel};
use passband_core::reason::Reason;
use passband_core::session::issue;
use passband_core::session::standing::judge;
use passband_store::CommitError;
use passband_wire::b64;
use passband_wire::prt::join::{IssuedCertificate, JoinReply, JoinRequest, JoinUser};
use passband_wire::prt::{BROKER_CLIENT, DRS_RESOURCE};
use std::sync::Arc;

/// `POST /EnrollmentServer/device/`: a device gets an identity, on the word of someone who just signed in with a
/// passkey (attack A13).
pub async fn join(
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
    let mut attempt = Attempt::new(SignInKind::DeviceRegistration, caller, now);
    let Some(standing) = app.store.standing(session).await? else {
        return Err(attempt.refuse(&app, Reason::SessionEnded).await.into());
    };
    let fresh = match judge(&standing, now).and_then(|live| issue::fresh(live, now)) {
        Ok(fresh) => fresh,
        Err(reason) => return Err(attempt.refuse(&app, reason).await.into()),
    };
    let owner = fresh.live().user();
    attempt.rests_on(fresh.live());
    let caller = attempt.caller().clone();
    let asking = Asking {
        live: fresh.live(),
        program: Program::Native,
        caller: &caller,
        wants: Wants::Action(UserAction::RegisterDevice),
        shown: (Shown::AccessToken, Binding::None),
        at: now,
    };
    // Nothing is minted here but an identity, which proves nothing to a policy: the answer is all there is to it.
    if let Err(refused) = access::ask(&app, &mut attempt, &asking).await? {
        return Err(attempt.refuse(&app, refused.reason).await.into());
    }
    let request: JoinRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(_) => return Err(attempt.refuse(&app, Reason::DeviceRequestMalformed).await.into()),
    };
    let owned = i64::try_from(app.store.count_devices(owner.id).await?).unwrap_or(i64::MAX);
    let applicant = match register::accept(&request, owned) {
        Ok(applicant) => applicant,
        Err(reason) => return Err(attempt.refuse(&app, reason).await.into()),
    };
    // The tenant's, not the request's: what a device is let off is no matter of its own word (ADR 0017).
    let suite = Suite::of_key(applicant.device_key());
    let profile = match suite {
        Suite::SessionKey => clients::profile(&app).await?,
        // Nothing it does has a weaker form to be let off to.
        Suite::DeviceKey => ClientProfile::Strict,
    };
    let id = DeviceId::generate(app.rng());
    let holder = Holder { device: id, owner: owner.id, tenant: app.tenant };
    let certificate = app.keys().ca.issue(&applicant, holder, now, app.rng()).map_err(|error| {
        tracing::error!(%error, "a device certificate could not be issued");
        UNAVAILABLE
    })?;
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(digest(&SHA256, &certificate).as_ref());
    let device = Device {
        id,
        owner: owner.id,
        name: applicant.name().to_owned(),
        join: applicant.join(),
        enabled: true,
        os: applicant.os().to_owned(),
        os_version: applicant.os_version().to_owned(),
        device_key: applicant.device_key().to_owned(),
        transport_key: applicant.transport_key().to_owned(),
        certificate: certificate.clone(),
        thumbprint,
        certificate_expires: now + VALIDITY,
        evidence: EvidenceLevel::E0,
        compliance: Compliance::default(),
        details: Details::default(),
        profile,
        revision: 0,
        created: now,
        last_seen: None,
    };
    attempt.from_device(&device);
    attempt.bound(Binding::SoftwareKey);
    let detail = format!(
        "{} ({}), {} suite, {} client profile",
        device.name,
        device.join.trust_type(),
        suite.plain(),
        profile.name()
    );
    let changes =
        vec![Change::InsertDevice(Box::new(device)), audit(&app, &owner.upn, "Register device", id, detail)];
    attempt.grant(&app, changes).await?;
    let reply = JoinReply {
        certificate: IssuedCertificate {
            thumbprint: hex_upper(&thumbprint),
            raw_body: b64::encode_std(&certificate),
        },
        user: JoinUser { upn: owner.upn.clone() },
        membership_changes: Vec::new(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response())
}

fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `DELETE /EnrollmentServer/device/{id}`: a device takes its leave, signing with its key.
pub async fn leave(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WireError> {
    let credential =
        headers.get("x-ms-DeviceCredential").and_then(|value| value.to_str().ok()).ok_or(MALFORMED)?;
    let signed = DeviceSigned::parse(credential)?;
    let unknown = || WireError::from(Reason::DeviceCertificateUnknown);
    let (device, owner) = app.store.device_by_thumbprint(signed.thumbprint()).await?.ok_or_else(unknown)?;
    // The path must name the device that signs: one device does not dismiss another.
    if device.id.to_string() != id {
        return Err(unknown());
    }
    let proved = prove::prove::<DeviceCredentialClaims>(signed, &device, &app.keys().ring, app.now());
    let (proved, claims) = proved.map_err(|refusal| WireError::from(refusal.reason))?;
    if claims.grant_type != "device_auth" {
        return Err(MALFORMED);
    }
    let actor = owner.map_or_else(|| "its own key".to_owned(), |owner| owner.upn);
    let changes = vec![
        proved.spend(),
        Change::DeleteDevice(device.id),
        audit(&app, &actor, "Delete device", device.id, format!("{} left by itself", device.name)),
    ];
    match app.commit(changes).await {
        Ok(()) => Ok(StatusCode::OK.into_response()),
        Err(CommitError::Conflict(_)) => Err(Reason::NonceReplayed.into()),
        Err(error) => Err(error.into()),
    }
}
