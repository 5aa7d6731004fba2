//! What happens by itself: old rows go, signing keys take turns.

use crate::app::App;
use crate::attempt::audit;
use crate::routes::graph::resource::chain::hex;
use passband_core::audit::chain::Place;
use passband_core::change::Change;
use passband_core::compliance::lapsed;
use passband_core::directory::KeyState;
use passband_core::keys::signer::{ACTIVE_FOR, PENDING_FOR};
use passband_core::manage::logs::Retention;
use passband_core::time::{Seconds, Timestamp};
use passband_store::{CommitError, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(600);

/// The most lines of the audit log that are cut off in one transaction.
const SLICE: u32 = 1000;

/// The audit log is cut when a day's worth of it is old.
const CUT_AT_ONCE: Seconds = Seconds::days(1);

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
    if let Err(error) = lapses(app).await {
        tracing::error!(%error, "devices whose compliance has lapsed could not be told of");
    }
    if let Err(error) = logs(app).await {
        tracing::error!(%error, "old lines of the logs could not be removed");
    }
    if is_rotation_due(app) {
        match app.rotate_token_keys("system").await {
            Ok(()) => tracing::info!("signing keys rotated"),
            Err(error) => tracing::error!(%error, "signing keys could not be rotated"),
        }
    }
}

/// Takes away that devices are compliant where nobody has said so again in time, once for each, and so tells of it.
async fn lapses(app: &App) -> Result<(), CommitError> {
    loop {
        let now = app.now();
        let devices = app.store.lapsed_devices(now, SLICE).await?;
        let mut made = 0;
        for device in &devices {
            let Some(told) = lapsed(device, now) else { continue };
            let tell = Change::TellDevice { id: device.id, seen: device.revision, told: Box::new(told) };
            let detail = format!("{}: nobody said again that it is compliant", device.name);
            let line = audit(app, "system", "Device compliance lapsed", device.id, detail);
            match app.commit(vec![tell, line]).await {
                Ok(()) => made += 1,
                // Something was said of it meanwhile, or another node was faster.
                Err(CommitError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if made == 0 {
            return Ok(());
        }
    }
}

/// What of the two logs is older than they are kept for.
async fn logs(app: &App) -> Result<(), CommitError> {
    let kept = retention(app).await?;
    if let Some(before) = Retention::cut(kept.sign_ins, app.now()) {
        app.store.sweep_sign_ins(before).await?;
    }
    match Retention::cut(kept.audits, app.now()) {
        Some(before) => cut_audits(app, before).await,
        None => Ok(()),
    }
}

/// How long the logs are kept.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn retention(app: &App) -> Result<Retention, StoreError> {
    let sign_ins = app.store.setting(Retention::SIGN_INS).await?;
    let audits = app.store.setting(Retention::AUDITS).await?;
    Ok(Retention::stored(sign_ins.as_deref(), audits.as_deref()))
}

/// Cuts what is old off the audit log, a slice at a time. The place of the cut stays, in the head of the chain and as
/// a line of the log itself, so that what is kept can still be verified.
async fn cut_audits(app: &App, before: Timestamp) -> Result<(), CommitError> {
    let mut patience = CUT_AT_ONCE;
    loop {
        let base = app.store.audit_ends().await?.base;
        let lines = app.store.audit_chain(base.seq, SLICE).await?;
        // Once a day is enough: each cut writes a line.
        let due = lines.first().is_some_and(|line| line.at < before - patience);
        let old = lines.iter().take_while(|line| line.at < before);
        let last = old.filter_map(|line| Some(Place { seq: line.seq, hash: line.hash? })).last();
        let (true, Some(to)) = (due, last) else { return Ok(()) };
        let detail = format!("lines {} to {}; the last had the hash {}", base.seq + 1, to.seq, hex(&to.hash));
        let line = audit(app, "system", "Cut audit log", "audits", detail);
        match app.commit(vec![Change::CutAudits { from: base.seq, to }, line]).await {
            Ok(()) => patience = Seconds(0),
            // Another node was faster.
            Err(CommitError::Conflict(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn is_rotation_due(app: &App) -> bool {
    let (now, keys) = (app.now(), app.keys());
    let older = |state, than| keys.tokens.iter().any(|key| key.state == state && now - key.since > than);
    older(KeyState::Active, ACTIVE_FOR) && older(KeyState::Pending, PENDING_FOR)
}
