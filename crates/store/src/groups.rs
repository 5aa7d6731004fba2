//! Loads of groups and their members, and of the policies that speak about them.

use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::people::pattern;
use crate::row::{self, Args, Reader, columns};
use crate::{Store, read_all, read_one};
use passband_core::directory::{Group, Holder, Passkey, Scope, Snoozed, User};
use passband_core::id::{GroupId, UserId};

/// Longest prefix that is searched for, in bytes.
const MAX_SEARCH: usize = 256;

impl Store {
    /// A group.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(group), " FROM user_groups o WHERE o.id = $1");
        read_one(self.one(SQL, || Args::new().blob(id.as_bytes())).await?, row::group)
    }

    /// Groups, the newest first, those whose name begins with `prefix` in whatever case.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn groups(&self, prefix: &str, page: &Page) -> Result<Listed<Group>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(group),
            " FROM user_groups o WHERE (o.created, o.id) < ($1, $2) AND o.search_name LIKE $4 ESCAPE '\\' \
             ORDER BY o.created DESC, o.id DESC LIMIT $3"
        );
        if prefix.len() > MAX_SEARCH || prefix.contains('\0') {
            return Ok(Listed::empty());
        }
        let (at, id) = page::time_after(page)?;
        let args = || Args::new().int(at).blob(&id).int(page.limit()).text(pattern(prefix));
        let items = read_all(&self.all(SQL, args).await?, row::group)?;
        Ok(Listed::cut(items, page, |group| page::by_time(group.created, group.id.as_bytes())))
    }

    /// The groups a person is in, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn groups_of(&self, user: UserId) -> Result<Vec<Group>, StoreError> {
        let ids = self.scope_of(user).await?.groups;
        let mut groups = Vec::with_capacity(ids.len());
        for id in ids {
            groups.extend(self.group(id).await?);
        }
        groups.sort_by_key(|group| std::cmp::Reverse((group.created, group.id)));
        Ok(groups)
    }

    /// The members of a group, by UPN.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn members(&self, group: GroupId, page: &Page) -> Result<Listed<User>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(user),
            " FROM group_members m JOIN users u ON u.id = m.user_id WHERE m.group_id = $1 AND u.upn > $2 \
             ORDER BY u.upn LIMIT $3"
        );
        let after = page::text_after(page)?;
        let args = || Args::new().text(group.to_string()).text(&after).int(page.limit());
        let users = read_all(&self.all(SQL, args).await?, row::user)?;
        Ok(Listed::cut(users, page, |user| page::by_text(&user.upn)))
    }

    /// The groups of a person, and the generation of the policy that speaks about them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn scope_of(&self, user: UserId) -> Result<Scope, StoreError> {
        const SQL: &str = concat!("SELECT ", columns!(scope), " FROM (SELECT $1 AS id) u");
        let row = self.one(SQL, || Args::new().blob(user.as_bytes())).await?;
        read_one(row, row::scope)?.ok_or(StoreError::Row("scope"))
    }

    /// A passkey, its owner, and what decides which policies speak about them: one trip, as a sign-in makes it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn passkey_in_scope(&self, id: &[u8]) -> Result<Option<(Passkey, User, Scope)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(passkey),
            ", ",
            columns!(user),
            ", ",
            columns!(scope),
            " FROM passkeys k JOIN users u ON u.id = k.user_id WHERE k.id = $1"
        );
        let row = self.one(SQL, || Args::new().blob(id)).await?;
        read_one(row, |r| Ok((row::passkey(r)?, row::user(r)?, row::scope(r)?)))
    }

    /// A stored policy and its generation; `None` if it was never set.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn policy(&self, name: &str) -> Result<Option<(u64, String)>, StoreError> {
        const SQL: &str = "SELECT generation, document FROM policies WHERE name = $1";
        read_one(self.one(SQL, || Args::new().text(name)).await?, |r| Ok((row::generation(r)?, r.text()?)))
    }

    /// A page of people by UPN, each with groups and passkeys.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn holders(&self, page: &Page) -> Result<Listed<Holder>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(scope),
            ", ",
            columns!(passkey),
            " FROM (SELECT * FROM users WHERE upn > $1 ORDER BY upn LIMIT $2) u \
             LEFT JOIN passkeys k ON k.user_id = u.id ORDER BY u.upn, k.created, k.id"
        );
        let after = page::text_after(page)?;
        let rows = self.all(SQL, || Args::new().text(&after).int(page.limit())).await?;
        Ok(Listed::cut(read_holders(&rows)?, page, |holder| page::by_text(&holder.user.upn)))
    }

    /// Every enabled Global Administrator with groups and passkeys.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn administrators(&self) -> Result<Vec<Holder>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(scope),
            ", ",
            columns!(passkey),
            " FROM users u LEFT JOIN passkeys k ON k.user_id = u.id WHERE u.roles <> 0 AND (u.roles & 1) = 1 AND u.enabled = 1 \
             ORDER BY u.upn, k.created, k.id"
        );
        read_holders(&self.all(SQL, Args::new).await?)
    }

    /// How often a person has put the registration campaign off.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn snoozed(&self, user: UserId) -> Result<Snoozed, StoreError> {
        const SQL: &str = "SELECT times, until FROM snoozes WHERE user_id = $1";
        let row = self.one(SQL, || Args::new().blob(user.as_bytes())).await?;
        Ok(read_one(row, row::snoozed)?.unwrap_or_default())
    }
}

/// Rows of one person lie together.
fn read_holders(rows: &[sqlx::any::AnyRow]) -> Result<Vec<Holder>, StoreError> {
    let mut holders: Vec<Holder> = Vec::new();
    for row in rows {
        let mut r = Reader::new(row);
        let user = row::user(&mut r)?;
        let scope = row::scope(&mut r)?;
        let passkey = r.joined(row::PASSKEY_WIDTH, row::passkey)?;
        match holders.last_mut() {
            Some(last) if last.user.id == user.id => last.passkeys.extend(passkey),
            _ => holders.push(Holder { user, groups: scope.groups, passkeys: passkey.into_iter().collect() }),
        }
    }
    Ok(holders)
}
