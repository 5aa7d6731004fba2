//! The device's own signature beside a PRT (`x-ms-DeviceCredential`; prt.md §6.5, §7.2).

use crate::app::App;
use axum::http::HeaderMap;
use passband_core::change::Change;
use passband_core::device::prove::{self, DeviceCredentialClaims, DeviceSigned};
use passband_core::id::DeviceId;
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::StoreError;

/// The header that carries it.
pub const NAME: &str = "x-ms-DeviceCredential";

/// What the device credential of a request says, if it carries one: that the device of the PRT beside it holds its key
/// now. With it comes the change that uses its nonce up.
///
/// # Errors
///
/// [`StoreError`]; inside it the [`Reason`] it does not count for. Another device's counts for nothing, and then neither
/// does the PRT (attack A17).
pub async fn beside(
    app: &App,
    headers: &HeaderMap,
    of: DeviceId,
    now: Timestamp,
) -> Result<Result<Option<Change>, Reason>, StoreError> {
    let mut all = headers.get_all(NAME).iter();
    let Some(first) = all.next() else { return Ok(Ok(None)) };
    let text = match (first.to_str(), all.next()) {
        (Ok(text), None) => text,
        _ => return Ok(Err(Reason::RequestMalformed)),
    };
    let signed = match DeviceSigned::parse(text) {
        Ok(signed) => signed,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some((device, _)) = app.store.device_by_thumbprint(signed.thumbprint()).await? else {
        return Ok(Err(Reason::DeviceCertificateUnknown));
    };
    if device.id != of {
        return Ok(Err(Reason::DeviceKeyMismatch));
    }
    Ok(match prove::prove::<DeviceCredentialClaims>(signed, &device, &app.keys().ring, now) {
        Ok((proved, claims)) if claims.grant_type == "device_auth" => Ok(Some(proved.spend())),
        Ok(_) => Err(Reason::RequestMalformed),
        Err(refusal) => Err(refusal.reason),
    })
}
