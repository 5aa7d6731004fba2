//! `/account/passkeys/second`: whoever has just made a first passkey that lives on one device is offered a second way
//! in, and goes on as they please.

use super::console::answer::Stop;
use super::console::visit::Visitor;
use super::register;
use super::session::{local, see_other};
use crate::app::App;
use crate::extract::Params;
use crate::pages;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::Passkey;
use passband_store::StoreError;
use std::sync::Arc;

/// Whether `new`, which is about to be stored, is all its owner will have, and is lost with its device.
///
/// # Errors
///
/// [`StoreError`].
pub async fn is_due(app: &App, new: &Passkey) -> Result<bool, StoreError> {
    Ok(!new.backup_eligible && app.store.passkeys_of(new.user).await?.is_empty())
}

/// The page that offers it and then leads on to `next`.
pub fn address(next: &str) -> String {
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("/account/passkeys/second?next={next}")
}

/// `GET /account/passkeys/second?next=…`. Who has another way in by now is led on.
pub async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Stop> {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let next = params.non_empty("next").and_then(local).unwrap_or("/account");
    let have = app.store.passkeys_of(visitor.user().id).await?;
    if !matches!(have.as_slice(), [only] if !only.backup_eligible) {
        return Ok(see_other(next));
    }
    let page = pages::Second {
        viewer: visitor.viewer(),
        csrf: visitor.csrf(&app),
        next: next.to_owned(),
        register_href: register::address(Some(next)),
        band: visitor.band(),
    };
    Ok(pages::reply(StatusCode::OK, &page, &pages::csp(&[])))
}
