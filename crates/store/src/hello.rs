//! Hello keys: how they are written, and their loads.

use crate::error::StoreError;
use crate::row::{self, Args, Reader, columns};
use crate::statement::{Statement, any, one};
use crate::{Store, read_all, read_one};
use passband_core::change::Conflict;
use passband_core::directory::User;
use passband_core::directory::hello::{HelloKey, HelloKeyChange};
use passband_core::id::{DeviceId, UserId};

macro_rules! hello_key {
    () => {
        "h.id, h.user_id, h.device_id, h.public_key, h.created, h.last_used"
    };
}

pub(crate) fn statement(change: &HelloKeyChange) -> Statement {
    match change {
        HelloKeyChange::Insert(key) => insert(key),
        HelloKeyChange::Delete { id, user } => one(
            "DELETE FROM hello_keys WHERE id = $1 AND user_id = $2",
            Args::new().blob(id).blob(user.as_bytes()),
            Conflict::Stale,
        ),
        HelloKeyChange::Use { id, at } => one(
            "UPDATE hello_keys SET last_used = $1 WHERE id = $2",
            Args::new().at(*at).blob(id),
            Conflict::Stale,
        ),
    }
}

/// None for a device or a person that is gone meanwhile: its row would come to life again with another of that id.
fn insert(key: &HelloKey) -> Statement {
    one(
        "INSERT INTO hello_keys (id, user_id, device_id, public_key, created) \
         SELECT $1, u.id, d.id, $2, $3 FROM users u, devices d WHERE u.id = $4 AND d.id = $5 \
         ON CONFLICT DO NOTHING",
        Args::new()
            .blob(&key.id)
            .blob(&key.public_key)
            .at(key.created)
            .blob(key.user.as_bytes())
            .blob(key.device.as_bytes()),
        Conflict::Duplicate,
    )
}

/// A device goes with the keys that sign in on it.
pub(crate) fn delete_device(id: DeviceId) -> Vec<Statement> {
    vec![
        any("DELETE FROM hello_keys WHERE device_id = $1", Args::new().blob(id.as_bytes())),
        any("DELETE FROM devices WHERE id = $1", Args::new().blob(id.as_bytes())),
    ]
}

fn hello_key(r: &mut Reader<'_>) -> Result<HelloKey, StoreError> {
    Ok(HelloKey {
        id: r.array()?,
        user: r.id(UserId::from_bytes)?,
        device: r.id(DeviceId::from_bytes)?,
        public_key: r.blob()?,
        created: r.at()?,
        last_used: r.opt_at()?,
    })
}

impl Store {
    /// The Hello key of this id, with its owner.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn hello_key(&self, id: &[u8; 32]) -> Result<Option<(HelloKey, User)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            hello_key!(),
            ", ",
            columns!(user),
            " FROM hello_keys h JOIN users u ON u.id = h.user_id WHERE h.id = $1"
        );
        let row = self.one(SQL, || Args::new().blob(id)).await?;
        read_one(row, |r| Ok((hello_key(r)?, row::user(r)?)))
    }

    /// A person's Hello keys, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn hello_keys_of(&self, user: UserId) -> Result<Vec<HelloKey>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            hello_key!(),
            " FROM hello_keys h WHERE h.user_id = $1 ORDER BY h.created, h.id"
        );
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes())).await?, hello_key)
    }
}
