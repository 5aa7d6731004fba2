//! Loads of sessions, grants and what stands behind them.

use crate::error::StoreError;
use crate::row::{self, Args, columns};
use crate::{Store, read_all, read_one};
use passband_core::directory::{Grant, Session, Standing};
use passband_core::id::{DeviceId, SessionId, UserId};
use passband_core::time::Timestamp;
use std::sync::Arc;

/// Joins to a session `s` what `columns!(standing)` names. The passkey or Hello key must still be this person's: a
/// credential that was removed here and registered by another does not revive a session.
macro_rules! joins {
    () => {
        " LEFT JOIN users u ON u.id = s.user_id LEFT JOIN devices d ON d.id = s.device_id \
         LEFT JOIN passkeys k ON k.id = s.credential AND k.user_id = s.user_id \
         LEFT JOIN hello_keys h ON h.id = s.credential AND h.user_id = s.user_id \
         LEFT JOIN sessions p ON p.id = s.parent_id "
    };
}

impl Store {
    /// What stands behind a session right now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn standing(&self, id: SessionId) -> Result<Option<Arc<Standing>>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", columns!(standing), " FROM sessions s", joins!(), "WHERE s.id = $1");
        if let Some(standing) = self.cache.as_ref().and_then(|cache| cache.standing(id)) {
            return Ok(Some(standing));
        }
        let began = self.cache.as_ref().map(|cache| cache.begin());
        let row = self.one(SQL, || Args::new().blob(id.as_bytes())).await?;
        let standing = read_one(row, row::standing)?.map(Arc::new);
        if let (Some(cache), Some(began), Some(standing)) = (&self.cache, began, &standing) {
            cache.put_standing(began, standing);
        }
        Ok(standing)
    }

    /// A grant and what stands behind its session; `None` also if the session is gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn grant(&self, family: [u8; 16]) -> Result<Option<(Grant, Standing)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(grant),
            ", ",
            columns!(standing),
            " FROM grants g JOIN sessions s ON s.id = g.session_id",
            joins!(),
            "WHERE g.family = $1"
        );
        let row = self.one(SQL, || Args::new().blob(&family)).await?;
        read_one(row, |r| Ok((row::grant(r)?, row::standing(r)?)))
    }

    /// The sessions that run on a device and still live at `now`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn sessions_on(&self, device: DeviceId, now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        const SQL: &str = "SELECT id FROM sessions WHERE device_id = $1 AND gone > $2 ORDER BY id";
        let args = || Args::new().blob(device.as_bytes()).at(now);
        read_all(&self.all(SQL, args).await?, |r| r.id(SessionId::from_bytes))
    }

    /// A person's sessions that still live at `now`, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(session),
            " FROM sessions s LEFT JOIN sessions p ON p.id = s.parent_id WHERE s.user_id = $1 AND s.gone > $2 \
             AND (s.parent_id IS NULL OR (p.id IS NOT NULL AND p.ended IS NULL)) ORDER BY s.created DESC, s.id"
        );
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes()).at(now)).await?, row::session)
    }
}
