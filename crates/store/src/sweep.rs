//! Removal of rows nobody needs any more, a slice at a time, so that commits do not wait long.

use crate::Store;
use crate::error::StoreError;
use crate::writer::{Job, Sweep};
use passband_core::signals::stream::KEPT;
use passband_core::time::{Seconds, Timestamp};
use tokio::sync::oneshot;

/// How long sessions, grants and passes are kept after their end: long enough that who comes back with an
/// old token is told what became of it.
pub const RETENTION: Seconds = Seconds::days(30);

/// Rows per transaction. The slices below name it.
const SLICE: u64 = 1000;

/// How many rows a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Single-use ids that nobody could use any more.
    pub spent: u64,
    /// Refresh-token families.
    pub grants: u64,
    /// Sessions.
    pub sessions: u64,
    /// Temporary Access Passes.
    pub taps: u64,
    /// Sign-ins of programs that nobody completed in time.
    pub device_codes: u64,
    /// Events and ends of sessions that nobody came for.
    pub signals: u64,
}

impl Store {
    /// Removes single-use ids `leeway` after their expiry, and sessions, grants and passes [`RETENTION`]
    /// after their end. `leeway` must be at least the clock difference that is tolerated elsewhere: a
    /// value that is swept while it is still accepted can be replayed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails; what was removed until then stays removed.
    pub async fn sweep(&self, now: Timestamp, leeway: Seconds) -> Result<Swept, StoreError> {
        let old = now - RETENTION;
        Ok(Swept {
            spent: self
                .sweep_table(
                    "DELETE FROM spent WHERE id IN (SELECT id FROM spent WHERE expires < $1 LIMIT 1000)",
                    now - leeway,
                )
                .await?,
            grants: self
                .sweep_table(
                    "DELETE FROM grants WHERE family IN (SELECT family FROM grants WHERE gone < $1 LIMIT 1000)",
                    old,
                )
                .await?,
            sessions: self.sweep_sessions(old).await?,
            signals: self
                .sweep_table(
                    "DELETE FROM signal_outbox WHERE (target, id) IN \
                     (SELECT target, id FROM signal_outbox WHERE at < $1 LIMIT 1000)",
                    now - KEPT,
                )
                .await?,
            device_codes: self
                .sweep_table(
                    "DELETE FROM device_codes WHERE id IN (SELECT id FROM device_codes WHERE expires < $1 LIMIT 1000)",
                    // For a while whoever polls is told that it expired.
                    now - Seconds::days(1),
                )
                .await?,
            taps: self
                .sweep_table(
                    "DELETE FROM taps WHERE id IN (SELECT id FROM taps WHERE expires < $1 LIMIT 1000)",
                    old,
                )
                .await?,
        })
    }

    /// Removes lines of the sign-in log that are older than `before`, and says how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails; what was removed until then stays removed.
    pub async fn sweep_sign_ins(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.sweep_table(
            "DELETE FROM sign_ins WHERE (at, id) IN (SELECT at, id FROM sign_ins WHERE at < $1 LIMIT 1000)",
            before,
        )
        .await
    }

    /// With a session goes the memory of which applications got tokens in it.
    async fn sweep_sessions(&self, old: Timestamp) -> Result<u64, StoreError> {
        const APPS: &str = "DELETE FROM app_sessions WHERE session_id IN \
             (SELECT s.id FROM sessions s JOIN app_sessions l ON l.session_id = s.id WHERE s.gone < $1 LIMIT 1000)";
        const SESSIONS: &str =
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE gone < $1 LIMIT 1000)";
        self.sweep_table(APPS, old).await?;
        self.sweep_table(SESSIONS, old).await
    }

    async fn sweep_table(&self, sql: &'static str, before: Timestamp) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let (answer, answered) = oneshot::channel();
            let job = Job::Sweep(Sweep { sql, before: before.0, answer });
            self.queue.send(job).await.map_err(|_| StoreError::Closed)?;
            let removed = answered.await.map_err(|_| StoreError::Interrupted)??;
            total += removed;
            if removed < SLICE {
                return Ok(total);
            }
        }
    }
}
