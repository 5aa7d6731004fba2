//! Loads for the console: how many there are, and devices by what people call them.

use crate::devices;
use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::people::pattern;
use crate::row::{self, Args, columns};
use crate::{Store, read_all};
use passband_core::directory::{Device, User};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;

/// Longest prefix that is searched for, in bytes.
const MAX_SEARCH: usize = 256;

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// People.
    pub people: u64,
    /// Enabled people without a passkey.
    pub without_passkey: u64,
    /// Devices.
    pub devices: u64,
    /// Devices that are switched off.
    pub devices_disabled: u64,
    /// Applications.
    pub apps: u64,
    /// Lines of the sign-in log since the time that was asked for.
    pub sign_ins: u64,
    /// Refusals among them.
    pub refused: u64,
}

impl Store {
    /// Counts everything; the log since `since`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn totals(&self, since: Timestamp) -> Result<Totals, StoreError> {
        const WITHOUT: &str = "SELECT COUNT(*) FROM users u WHERE u.enabled = 1 \
             AND NOT EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = u.id)";
        const REFUSED: &str = "SELECT COUNT(*) FROM sign_ins WHERE at >= $1 AND reason <> $2";
        let lately = || Args::new().at(since);
        Ok(Totals {
            people: self.count("SELECT COUNT(*) FROM users", Args::new).await?,
            without_passkey: self.count(WITHOUT, Args::new).await?,
            devices: self.count("SELECT COUNT(*) FROM devices", Args::new).await?,
            devices_disabled: self.count("SELECT COUNT(*) FROM devices WHERE enabled = 0", Args::new).await?,
            apps: self.count("SELECT COUNT(*) FROM apps", Args::new).await?,
            sign_ins: self.count("SELECT COUNT(*) FROM sign_ins WHERE at >= $1", lately).await?,
            refused: self.count(REFUSED, || lately().text(Reason::Granted.code())).await?,
        })
    }

    /// Devices and their owners, the newest first; those whose name, or whose owner's UPN or name, begins with
    /// `prefix`. Case does not matter (in a device's name: in ASCII).
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn find_devices(
        &self,
        prefix: &str,
        page: &Page,
    ) -> Result<Listed<(Device, Option<User>)>, StoreError> {
        const ALL: &str = concat!(
            "SELECT ",
            columns!(device),
            ", ",
            columns!(user),
            " FROM devices d LEFT JOIN users u ON u.id = d.owner WHERE (d.created, d.id) < ($1, $2) \
             ORDER BY d.created DESC, d.id DESC LIMIT $3"
        );
        const SOME: &str = concat!(
            "SELECT ",
            columns!(device),
            ", ",
            columns!(user),
            " FROM devices d LEFT JOIN users u ON u.id = d.owner WHERE (d.created, d.id) < ($1, $2) \
             AND (LOWER(d.name) LIKE $4 ESCAPE '\\' OR u.upn LIKE $4 ESCAPE '\\' \
             OR u.search_name LIKE $4 ESCAPE '\\') ORDER BY d.created DESC, d.id DESC LIMIT $3"
        );
        let (at, id) = page::time_after(page)?;
        let args = || Args::new().int(at).blob(&id).int(page.limit());
        let rows = if prefix.is_empty() {
            self.all(ALL, args).await?
        } else if prefix.len() > MAX_SEARCH || prefix.contains('\0') {
            return Ok(Listed::empty());
        } else {
            self.all(SOME, || args().text(pattern(prefix))).await?
        };
        let items = read_all(&rows, |r| Ok((devices::device(r)?, r.joined(row::USER_WIDTH, row::user)?)))?;
        Ok(Listed::cut(items, page, |(device, _)| page::by_time(device.created, device.id.as_bytes())))
    }
}
