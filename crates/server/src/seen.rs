//! What is loaded before a person or an application is changed, in the order that lets no other change slip between
//! (see [`Generation`]).

use crate::app::App;
use passband_core::directory::{App as AppRecord, User};
use passband_core::id::{ClientId, UserId};
use passband_core::manage::{Administrators, Generation};
use passband_store::StoreError;
use std::sync::Arc;

/// A person, and what was seen before them; `None` if there is no such person.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn person(app: &App, id: UserId) -> Result<Option<(User, Administrators)>, StoreError> {
    let seen = administrators(app).await?;
    Ok(app.store.user(id).await?.map(|user| (user, seen)))
}

/// Who administers, and by which policies they sign in.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn administrators(app: &App) -> Result<Administrators, StoreError> {
    let generation = people(app).await?;
    let policy = app.newest_methods_policy().await?.policy.passkeys.clone();
    let access = app.newest_access().await?.set;
    Ok(Administrators { generation, policy, access, enabled: app.store.administrators().await? })
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
    let generation = apps(app).await?;
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

/// The generation of applications, for what rests on there being one: a policy that names it.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn apps(app: &App) -> Result<Generation, StoreError> {
    generation(app, Generation::APPS).await
}

async fn generation(app: &App, setting: &'static str) -> Result<Generation, StoreError> {
    Ok(Generation::seen(setting, app.store.setting(setting).await?.as_deref()))
}
