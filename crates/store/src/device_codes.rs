//! Device codes: how they are written, and their loads.

use crate::Store;
use crate::error::StoreError;
use crate::read_one;
use crate::row::{Args, Reader};
use crate::statement::{Statement, one};
use passband_core::change::Conflict;
use passband_core::directory::device_code::{Answer, DeviceCode, DeviceCodeChange};
use passband_core::id::{ClientId, SessionId};
use passband_core::time::Seconds;

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT d.id, d.user_code, d.client, d.scope, d.resource, d.ip, d.created, d.expires, d.wait, ",
            "d.polled, d.state, d.session FROM device_codes d WHERE ",
            $where
        )
    };
}

const PENDING: i64 = 0;
const YES: i64 = 1;
const NO: i64 = 2;

pub(crate) fn statement(change: &DeviceCodeChange) -> Statement {
    match change {
        DeviceCodeChange::Insert(code) => insert(code),
        DeviceCodeChange::Polled { id, at, interval } => one(
            "UPDATE device_codes SET polled = $1, wait = $2 WHERE id = $3",
            Args::new().at(*at).int(interval.0).blob(id),
            Conflict::Stale,
        ),
        DeviceCodeChange::Answer { id, session } => one(
            // Once, by whoever is first.
            "UPDATE device_codes SET state = $1, session = $2 WHERE id = $3 AND state = 0",
            Args::new()
                .int(if session.is_some() { YES } else { NO })
                .opt_blob(session.as_ref().map(|id| &id.as_bytes()[..]))
                .blob(id),
            Conflict::Stale,
        ),
        DeviceCodeChange::Redeem { id } => {
            one("DELETE FROM device_codes WHERE id = $1 AND state = 1", Args::new().blob(id), Conflict::Spent)
        }
    }
}

fn insert(code: &DeviceCode) -> Statement {
    one(
        "INSERT INTO device_codes (id, user_code, client, scope, resource, ip, created, expires, wait, \
         polled, state, session) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 0, NULL) \
         ON CONFLICT DO NOTHING",
        Args::new()
            .blob(&code.id)
            .text(&code.user_code)
            .blob(code.client.as_bytes())
            .text(&code.scope)
            .text(&code.resource)
            .text(&code.ip)
            .at(code.created)
            .at(code.expires)
            .int(code.interval.0),
        Conflict::Duplicate,
    )
}

/// Whether no text of it has a NUL, which PostgreSQL does not store.
pub(crate) fn is_storable(change: &DeviceCodeChange) -> bool {
    match change {
        DeviceCodeChange::Insert(code) => {
            [&code.scope, &code.resource, &code.ip].into_iter().all(|text| !text.contains('\0'))
        }
        DeviceCodeChange::Polled { .. }
        | DeviceCodeChange::Answer { .. }
        | DeviceCodeChange::Redeem { .. } => true,
    }
}

fn device_code(r: &mut Reader<'_>) -> Result<DeviceCode, StoreError> {
    let (id, user_code) = (r.array()?, r.text()?);
    let (client, scope, resource) = (r.id(ClientId::from_bytes)?, r.text()?, r.text()?);
    let ip = r.text()?;
    let (created, expires) = (r.at()?, r.at()?);
    let (interval, polled) = (Seconds(r.int()?), r.opt_at()?);
    let (state, session) = (r.int()?, r.opt_id(SessionId::from_bytes)?);
    let answer = match (state, session) {
        (PENDING, None) => Answer::None,
        (YES, Some(session)) => Answer::Yes(session),
        // What this server did not write is no yes.
        _ => Answer::No,
    };
    Ok(DeviceCode { id, user_code, client, scope, resource, ip, created, expires, interval, polled, answer })
}

impl Store {
    /// The sign-in that a program began with this device code, by its stored form.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn device_code(&self, id: &[u8; 32]) -> Result<Option<DeviceCode>, StoreError> {
        read_one(self.one(select!("d.id = $1"), || Args::new().blob(id)).await?, device_code)
    }

    /// The same by what somebody types.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn device_code_by_user_code(&self, user_code: &str) -> Result<Option<DeviceCode>, StoreError> {
        read_one(self.one(select!("d.user_code = $1"), || Args::new().text(user_code)).await?, device_code)
    }
}
