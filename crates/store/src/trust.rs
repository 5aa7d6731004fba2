//! Loads of what evidence rests on, and of everything that is judged by it.

use crate::error::StoreError;
use crate::row::{self, Args, Reader, columns};
use crate::{Store, read_all};
use passband_core::directory::{Passkey, TrustDocument, User};

impl Store {
    /// The generation of the trust: it grows with every change of its documents.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn trust_generation(&self) -> Result<u32, StoreError> {
        let row = self.one("SELECT generation FROM trust_generation", Args::new).await?;
        Reader::new(&row.ok_or(StoreError::Row("generation of the trust"))?).count()
    }

    /// Every document of the trust, with its body, by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn trust_documents(&self) -> Result<Vec<TrustDocument>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(trust), " FROM trust ORDER BY name");
        read_all(&self.all(SQL, Args::new).await?, row::trust)
    }

    /// Passkeys of all people with their owners, by credential id, those after `after`; at most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn passkeys_after(&self, after: &[u8], most: u32) -> Result<Vec<(Passkey, User)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(passkey),
            ", ",
            columns!(user),
            " FROM passkeys k JOIN users u ON u.id = k.user_id WHERE k.id > $1 ORDER BY k.id LIMIT $2"
        );
        let rows = self.all(SQL, || Args::new().blob(after).int(most)).await?;
        read_all(&rows, |r| Ok((row::passkey(r)?, row::user(r)?)))
    }
}
