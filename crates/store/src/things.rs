//! Loads of settings, keys, devices and applications.

use crate::cache::AppName;
use crate::devices;
use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::row::{self, Args, columns};
use crate::{Store, read_all, read_one};
use passband_core::directory::{App, Device, StoredKey, User};
use passband_core::id::{ClientId, DeviceId, UserId};
use passband_core::time::Timestamp;
use std::sync::Arc;

impl Store {
    /// A setting of the installation, if it was ever set.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        if name.contains('\0') {
            return Ok(None);
        }
        let row = self.one("SELECT value FROM settings WHERE name = $1", || Args::new().text(name)).await?;
        read_one(row, |r| r.text())
    }

    /// Every key, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        const SQL: &str = "SELECT id, purpose, state, created, since, sealed FROM keys ORDER BY created, id";
        read_all(&self.all(SQL, Args::new).await?, row::key)
    }

    /// A device.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(device), " FROM devices d WHERE d.id = $1");
        read_one(self.one(SQL, || Args::new().blob(id.as_bytes())).await?, devices::device)
    }

    /// Devices that were compliant, and of which nobody has said so again in time; at most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn lapsed_devices(&self, now: Timestamp, most: u32) -> Result<Vec<Device>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(device),
            " FROM devices d WHERE d.compliant = 1 AND d.compliance_until <= $1 LIMIT $2"
        );
        read_all(&self.all(SQL, || Args::new().at(now).int(most)).await?, devices::device)
    }

    /// The device whose certificate has this SHA-256, and its owner if not deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn device_by_thumbprint(
        &self,
        thumbprint: &[u8; 32],
    ) -> Result<Option<(Device, Option<User>)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(device),
            ", ",
            columns!(user),
            " FROM devices d LEFT JOIN users u ON u.id = d.owner WHERE d.thumbprint = $1"
        );
        let row = self.one(SQL, || Args::new().blob(thumbprint)).await?;
        read_one(row, |r| Ok((devices::device(r)?, r.joined(row::USER_WIDTH, row::user)?)))
    }

    /// Devices, the newest first; all, or one person's.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn devices(&self, page: &Page, owner: Option<UserId>) -> Result<Listed<Device>, StoreError> {
        const ALL: &str = concat!(
            "SELECT ",
            columns!(device),
            " FROM devices d WHERE (d.created, d.id) < ($1, $2) ORDER BY d.created DESC, d.id DESC LIMIT $3"
        );
        const OWN: &str = concat!(
            "SELECT ",
            columns!(device),
            " FROM devices d WHERE (d.created, d.id) < ($1, $2) AND d.owner = $4 \
             ORDER BY d.created DESC, d.id DESC LIMIT $3"
        );
        let (at, id) = page::time_after(page)?;
        let args = || Args::new().int(at).blob(&id).int(page.limit());
        let rows = match owner {
            None => self.all(ALL, args).await?,
            Some(owner) => self.all(OWN, || args().blob(owner.as_bytes())).await?,
        };
        let items = read_all(&rows, devices::device)?;
        Ok(Listed::cut(items, page, |device| page::by_time(device.created, device.id.as_bytes())))
    }

    /// How many devices a person has.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn count_devices(&self, owner: UserId) -> Result<u64, StoreError> {
        let args = || Args::new().blob(owner.as_bytes());
        self.count("SELECT COUNT(*) FROM devices WHERE owner = $1", args).await
    }

    /// An application.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn app(&self, id: ClientId) -> Result<Option<Arc<App>>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(app), " FROM apps a WHERE a.id = $1");
        self.app_named(AppName::Id(id), SQL, || Args::new().blob(id.as_bytes())).await
    }

    /// The application of which this is an identifier URI, or the id as text.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn app_by_resource(&self, resource: &str) -> Result<Option<Arc<App>>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(app),
            " FROM app_uris i JOIN apps a ON a.id = i.app_id WHERE i.uri = $1"
        );
        // An id is always its own application's name, whatever another has listed among its URIs.
        if let Ok(id) = resource.parse() {
            return self.app(id).await;
        }
        if resource.contains('\0') {
            return Ok(None);
        }
        self.app_named(AppName::Uri(resource.to_owned()), SQL, || Args::new().text(resource)).await
    }

    async fn app_named(
        &self,
        name: AppName,
        sql: &'static str,
        args: impl Fn() -> Args,
    ) -> Result<Option<Arc<App>>, StoreError> {
        if let Some(app) = self.cache.as_ref().and_then(|cache| cache.app(&name)) {
            return Ok(Some(app));
        }
        let began = self.cache.as_ref().map(|cache| cache.begin());
        let app = read_one(self.one(sql, args).await?, row::app)?.map(Arc::new);
        if let (Some(cache), Some(began), Some(app)) = (&self.cache, began, &app) {
            cache.put_app(began, name, app);
        }
        Ok(app)
    }

    /// Applications, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn apps(&self, page: &Page) -> Result<Listed<App>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(app),
            " FROM apps a WHERE (a.created, a.id) < ($1, $2) ORDER BY a.created DESC, a.id DESC LIMIT $3"
        );
        let (at, id) = page::time_after(page)?;
        let rows = self.all(SQL, || Args::new().int(at).blob(&id).int(page.limit())).await?;
        let items = read_all(&rows, row::app)?;
        Ok(Listed::cut(items, page, |app| page::by_time(app.created, app.id.as_bytes())))
    }
}
