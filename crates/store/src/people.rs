//! Loads of people, their passkeys and passes.

use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::row::{self, Args, Reader, columns};
use crate::{Store, read_all, read_one};
use passband_core::directory::{Passkey, Tap, User};
use passband_core::id::UserId;

/// Longest prefix that is searched for, in bytes. No UPN or name that matters is longer.
const MAX_SEARCH: usize = 256;

impl Store {
    /// A person.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(user), " FROM users u WHERE u.id = $1");
        read_one(self.one(SQL, || Args::new().blob(id.as_bytes())).await?, row::user)
    }

    /// The person with this UPN, written in lower case.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn user_by_upn(&self, upn: &str) -> Result<Option<User>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(user), " FROM users u WHERE u.upn = $1");
        // No stored text has a NUL, and PostgreSQL would make an error of it.
        if upn.contains('\0') {
            return Ok(None);
        }
        read_one(self.one(SQL, || Args::new().text(upn)).await?, row::user)
    }

    /// People by UPN, those whose UPN or name begins with `prefix` in whatever case.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn users(&self, prefix: &str, page: &Page) -> Result<Listed<User>, StoreError> {
        const ALL: &str =
            concat!("SELECT ", columns!(user), " FROM users u WHERE u.upn > $1 ORDER BY u.upn LIMIT $2");
        const SOME: &str = concat!(
            "SELECT ",
            columns!(user),
            " FROM users u WHERE u.upn > $1 AND (u.upn LIKE $3 ESCAPE '\\' OR u.search_name LIKE $3 ESCAPE '\\') \
             ORDER BY u.upn LIMIT $2"
        );
        let after = page::text_after(page)?;
        let args = || Args::new().text(&after).int(page.limit());
        let rows = if prefix.is_empty() {
            self.all(ALL, args).await?
        } else if prefix.len() > MAX_SEARCH || prefix.contains('\0') {
            return Ok(Listed::empty());
        } else {
            self.all(SOME, || args().text(pattern(prefix))).await?
        };
        Ok(Listed::cut(read_all(&rows, row::user)?, page, |user| page::by_text(&user.upn)))
    }

    /// How many enabled Global Administrators there are.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn count_admins(&self) -> Result<u64, StoreError> {
        self.count(
            "SELECT COUNT(*) FROM users WHERE roles <> 0 AND (roles & 1) = 1 AND enabled = 1",
            Args::new,
        )
        .await
    }

    /// A passkey and its owner.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn passkey(&self, id: &[u8]) -> Result<Option<(Passkey, User)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(passkey),
            ", ",
            columns!(user),
            " FROM passkeys k JOIN users u ON u.id = k.user_id WHERE k.id = $1"
        );
        read_one(self.one(SQL, || Args::new().blob(id)).await?, |r| Ok((row::passkey(r)?, row::user(r)?)))
    }

    /// A person's passkeys, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn passkeys_of(&self, user: UserId) -> Result<Vec<Passkey>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(passkey),
            " FROM passkeys k WHERE k.user_id = $1 ORDER BY k.created, k.id"
        );
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes())).await?, row::passkey)
    }

    /// The person with this UPN and the passes that person has, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn user_and_taps(&self, upn: &str) -> Result<Option<(User, Vec<Tap>)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(tap),
            " FROM users u LEFT JOIN taps t ON t.user_id = u.id WHERE u.upn = $1 ORDER BY t.created, t.id"
        );
        if upn.contains('\0') {
            return Ok(None);
        }
        let rows = self.all(SQL, || Args::new().text(upn)).await?;
        let mut found = None;
        for row in &rows {
            let mut r = Reader::new(row);
            let user = row::user(&mut r)?;
            let tap = r.joined(row::TAP_WIDTH, row::tap)?;
            found.get_or_insert_with(|| (user, Vec::new())).1.extend(tap);
        }
        Ok(found)
    }

    /// A person's passes, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn taps_of(&self, user: UserId) -> Result<Vec<Tap>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", columns!(tap), " FROM taps t WHERE t.user_id = $1 ORDER BY t.created, t.id");
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes())).await?, row::tap)
    }

    pub(crate) async fn count(&self, sql: &'static str, args: impl Fn() -> Args) -> Result<u64, StoreError> {
        let row = self.one(sql, args).await?.ok_or(StoreError::Row("count"))?;
        u64::try_from(Reader::new(&row).int()?).map_err(|_| StoreError::Row("count"))
    }
}

/// A LIKE pattern for what begins with this text, whatever of LIKE's own signs are in it.
pub(crate) fn pattern(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for c in prefix.to_lowercase().chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
