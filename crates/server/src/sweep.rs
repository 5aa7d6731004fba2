//! What happens by itself: old rows go, signing keys take turns.

use crate::app::App;
use passband_core::directory::KeyState;
use passband_core::keys::signer::{ACTIVE_FOR, PENDING_FOR};
use passband_core::time::Seconds;
use std::sync::Arc;
use std::time::Duration;

/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(600);

/// How long after its end a spent value is kept, beyond every clock's error, so that no replay slips between.
const LEEWAY: Seconds = Seconds::minutes(10);

/// Sweeps until the task is dropped.
pub async fn run(app: Arc<App>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        once(&app).await;
    }
}

/// One sweep. Failures are logged and tried again at the next.
pub async fn once(app: &App) {
    match app.store.sweep(app.now(), LEEWAY).await {
        Ok(swept) => tracing::debug!(?swept, "swept"),
        Err(error) => tracing::error!(%error, "the sweep failed"),
    }
    if is_rotation_due(app) {
        match app.rotate_token_keys("system").await {
            Ok(()) => tracing::info!("signing keys rotated"),
            Err(error) => tracing::error!(%error, "signing keys could not be rotated"),
        }
    }
}

fn is_rotation_due(app: &App) -> bool {
    let (now, keys) = (app.now(), app.keys());
    let older = |state, than| keys.tokens.iter().any(|key| key.state == state && now - key.since > than);
    older(KeyState::Active, ACTIVE_FOR) && older(KeyState::Pending, PENDING_FOR)
}
