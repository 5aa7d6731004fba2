//! What is loaded before a person or an application is changed, in the order that lets no other change slip between
//! (see [`Generation`]).

use crate::app::App;
use passband_core::directory::{App as AppRecord, User};
use passband_core::id::{ClientId, UserId};
use passband_core::manage::{Generation, Seen};
use passband_store::StoreError;
use std::sync::Arc;

/// A person, and what was seen with them; `None` if there is no such person.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn person(app: &App, id: UserId) -> Result<Option<(User, Seen)>, StoreError> {
    let generation = generation(app, Generation::PEOPLE).await?;
    let seen = Seen { generation, administrators: app.store.count_admins().await? };
    Ok(app.store.user(id).await?.map(|user| (user, seen)))
}

/// The generation of people, and how many enabled administrators have a passkey.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn administrators_with_passkey(app: &App) -> Result<(Generation, u64), StoreError> {
    let generation = generation(app, Generation::PEOPLE).await?;
    Ok((generation, app.store.count_admins_with_passkey().await?))
}

/// An application, and the generation that was seen with it; `None` if there is no such application.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn application(
    app: &App,
    id: ClientId,
) -> Result<Option<(Arc<AppRecord>, Generation)>, StoreError> {
    let generation = generation(app, Generation::APPS).await?;
    Ok(app.store.app(id).await?.map(|record| (record, generation)))
}

/// The generation of people, for what changes who can sign in: groups, and the policy that speaks about them.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn people(app: &App) -> Result<Generation, StoreError> {
    generation(app, Generation::PEOPLE).await
}

async fn generation(app: &App, setting: &'static str) -> Result<Generation, StoreError> {
    Ok(Generation::seen(setting, app.store.setting(setting).await?.as_deref()))
}
