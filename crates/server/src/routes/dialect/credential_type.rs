//! `POST /{tenant}/GetCredentialType` (prt.md §1.5): how somebody may sign in. Everybody: with a passkey.
//!
//! Clients need the ids of a person's passkeys before they ask for one. So that the answer does not say who exists
//! (attack A27), each name has ids that nobody has among its own, and a name without a person has only those: made from
//! the name by a key of this installation, so that they stay the same however often somebody asks.

use super::Tenant;
use crate::app::App;
use crate::refusal::{MALFORMED, WireError};
use aws_lc_rs::hmac;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use passband_core::id::UserId;
use passband_store::StoreError;
use passband_wire::b64;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// An answer has a multiple of so many ids.
const GROUP: usize = 4;

/// The lengths of ids that authenticators make.
const LENGTHS: [usize; 4] = [16, 20, 32, 64];

#[derive(Deserialize)]
struct Asked {
    username: String,
}

/// `POST /{tenant}/GetCredentialType`.
pub async fn post(State(app): State<Arc<App>>, _: Tenant, body: Bytes) -> Result<Response, WireError> {
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| MALFORMED)?;
    let name = asked.username.trim().to_lowercase();
    if name.is_empty() || name.len() > 256 {
        return Err(MALFORMED);
    }
    let ids: Vec<_> = allow_list(&app, &name).await?.iter().map(b64::encode_std).collect();
    let body = json!({
        "Username": asked.username,
        "Display": asked.username,
        "IfExistsResult": 0,
        "ThrottleStatus": 0,
        "Credentials": {
            "PrefCredential": 7,
            "HasPassword": false,
            "HasFido": true,
            "FidoParams": { "AllowList": ids, "HasCrossDeviceCapablePasskey": true },
            "HasRemoteNGC": false,
            "HasAccessPass": false,
        },
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// The ids of the passkeys of whoever has this name, among ids nobody has.
///
/// # Errors
///
/// [`StoreError`].
pub async fn allow_list(app: &App, name: &str) -> Result<Vec<Vec<u8>>, StoreError> {
    let found = app.store.user_by_upn(name).await?.filter(|user| user.enabled);
    // Looked for either way, so that time tells nothing.
    let id = found.map_or_else(|| UserId::generate(app.rng()), |user| user.id);
    let own = app.store.passkeys_of(id).await?.into_iter().map(|passkey| passkey.id).collect();
    Ok(padded(&app.master.derive("decoy-passkeys"), name, own))
}

fn padded(key: &[u8; 32], name: &str, mut ids: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mac = |parts: &[&[u8]]| {
        let mut mac = hmac::Context::with_key(&key);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.sign()
    };
    let mut n = 0_u8;
    while (ids.is_empty() || !ids.len().is_multiple_of(GROUP)) && n < u8::MAX {
        let half = |label: &[u8]| mac(&[label, name.as_bytes(), &[n]]);
        let (first, second) = (half(b"first"), half(b"second"));
        let length =
            LENGTHS[usize::from(mac(&[b"length", name.as_bytes(), &[n]]).as_ref()[0]) % LENGTHS.len()];
        ids.push(first.as_ref().iter().chain(second.as_ref()).copied().take(length).collect());
        n += 1;
    }
    // In an order of its own: which come first would say which are real.
    ids.sort_by_cached_key(|id| mac(&[b"order", name.as_bytes(), id]).as_ref().to_vec());
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoys_are_stable_and_of_their_name_and_installation() {
        let decoys = |key, name| padded(&[key; 32], name, Vec::new());
        assert_eq!(decoys(1, "ada"), decoys(1, "ada"));
        assert_ne!(decoys(1, "ada"), decoys(1, "bob"));
        assert_ne!(decoys(1, "ada"), decoys(2, "ada"));
        assert_eq!(decoys(1, "ada").len(), GROUP);
        assert_eq!(padded(&[1; 32], "ada", vec![vec![7; 16]; 5]).len(), 2 * GROUP);
        let real = vec![7; 32];
        let list = padded(&[1; 32], "ada", vec![real.clone()]);
        assert!(list.len() == GROUP && list.contains(&real));
        let first =
            (0..32).filter(|n| padded(&[1; 32], &n.to_string(), vec![real.clone()])[0] == real).count();
        assert!((1..24).contains(&first), "the real one stands anywhere: first {first} times of 32");
    }
}
