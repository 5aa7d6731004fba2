//! `/admin/keys`: what signs tokens.

use super::answer::{Done, Stop};
use super::visit::{Admin, AdminAct};
use super::{Query, part, show};
use crate::app::App;
use crate::pages::{KeyRow, KeyState as Shown, Keys, When};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use passband_core::directory::{KeyPurpose, KeyState, StoredKey};
use passband_core::keys::signer::ACTIVE_FOR;
use std::sync::Arc;

/// `GET /admin/keys`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let keys = app.store.keys().await?;
    let mut keys: Vec<_> = keys.iter().filter(|key| key.purpose == KeyPurpose::Token).collect();
    keys.sort_by_key(|key| (order(key.state), std::cmp::Reverse(key.since)));
    let page = Keys {
        admin: part(&app, &admin, Query::read(query).done()),
        keys: keys.into_iter().map(row).collect(),
    };
    Ok(show(StatusCode::OK, &page))
}

const fn order(state: KeyState) -> u8 {
    match state {
        KeyState::Active => 0,
        KeyState::Pending => 1,
        KeyState::Retired => 2,
    }
}

fn row(key: &StoredKey) -> KeyRow {
    let (state, until) = match key.state {
        KeyState::Active => (Shown::Current, Some(When(key.since + ACTIVE_FOR))),
        KeyState::Pending => (Shown::Next, None),
        KeyState::Retired => (Shown::Retired, None),
    };
    KeyRow { kid: key.id.to_string(), alg: "ES256".to_owned(), state, created: When(key.created), until }
}

/// `POST /admin/keys/rotate`.
pub async fn rotate(State(app): State<Arc<App>>, act: AdminAct) -> Result<Response, Stop> {
    match app.rotate_token_keys(&act.user().upn).await {
        Ok(()) => Ok(Done::KeysRotated.at("/admin/keys")),
        Err(error) => {
            tracing::error!(%error, "the keys could not be rotated");
            let text = "The keys could not be rotated just now. Load the page again and look before you repeat it.\n";
            Err((StatusCode::SERVICE_UNAVAILABLE, text).into_response().into())
        }
    }
}
