//! Whoever may send us signals.

use crate::error::StoreError;
use crate::row::{Args, Reader};
use crate::statement::{Statement, any, one};
use crate::{Store, read_all, read_one};
use passband_core::change::Conflict;
use passband_core::id::TransmitterId;
use passband_core::signals::receive::Transmitter;

pub(crate) fn insert(it: &Transmitter) -> Statement {
    one(
        "INSERT INTO signal_transmitters (id, name, issuer, audience, jwks, compliance, sessions, may_raise, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(it.id.as_bytes())
            .text(&it.name)
            .text(&it.issuer)
            .text(&it.audience)
            .text(&it.keys)
            .int(it.compliance)
            .int(it.sessions)
            .int(it.may_raise)
            .at(it.created),
        Conflict::Duplicate,
    )
}

pub(crate) fn delete(id: TransmitterId) -> Statement {
    any("DELETE FROM signal_transmitters WHERE id = $1", Args::new().blob(id.as_bytes()))
}

/// Whether every text of a transmitter can be stored on both databases.
pub(crate) fn is_storable(it: &Transmitter) -> bool {
    [&it.name, &it.issuer, &it.audience, &it.keys].into_iter().all(|text| !text.contains('\0'))
}

fn transmitter(r: &mut Reader<'_>) -> Result<Transmitter, StoreError> {
    Ok(Transmitter {
        id: r.id(TransmitterId::from_bytes)?,
        name: r.text()?,
        issuer: r.text()?,
        audience: r.text()?,
        keys: r.text()?,
        compliance: r.flag()?,
        sessions: r.flag()?,
        may_raise: r.flag()?,
        created: r.at()?,
    })
}

impl Store {
    /// Whoever may send us signals, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn transmitters(&self) -> Result<Vec<Transmitter>, StoreError> {
        const SQL: &str = "SELECT id, name, issuer, audience, jwks, compliance, sessions, may_raise, created \
                           FROM signal_transmitters ORDER BY created DESC, id";
        read_all(&self.all(SQL, Args::new).await?, transmitter)
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn transmitter(&self, id: TransmitterId) -> Result<Option<Transmitter>, StoreError> {
        const SQL: &str = "SELECT id, name, issuer, audience, jwks, compliance, sessions, may_raise, created \
                           FROM signal_transmitters WHERE id = $1";
        read_one(self.one(SQL, || Args::new().blob(id.as_bytes())).await?, transmitter)
    }
}
