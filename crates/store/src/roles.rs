//! Loads of those who hold roles.

use crate::error::StoreError;
use crate::row::{self, Args, columns};
use crate::{Store, read_all};
use passband_core::directory::User;

impl Store {
    /// Everybody who holds a role, also who is disabled, by UPN. They are few.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn role_holders(&self) -> Result<Vec<User>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", columns!(user), " FROM users u WHERE u.roles <> 0 ORDER BY u.upn");
        read_all(&self.all(SQL, Args::new).await?, row::user)
    }
}
