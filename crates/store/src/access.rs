//! Conditional access: every version of its parts. What is in force is a document of the table of policies, so its
//! generation travels with each standing.

use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::row::{self, Args};
use crate::statement::{Statement, one};
use crate::{Store, read_all, read_one};
use passband_core::change::Conflict;
use passband_core::directory::{AccessKind, AccessVersion};

/// Columns of a record in the order its reader takes them, for `concat!`.
macro_rules! columns {
    (version) => {
        "v.kind, v.id, v.number, v.at, v.actor, v.deleted, v.document"
    };
    // Of a person `u`: their groups as one text, and the generation of conditional access; read as `columns!(scope)`.
    // The name is that of `passband_core::manage::access::NAME`; a test compares them.
    (access) => {
        "(SELECT string_agg(m.group_id, ',') FROM group_members m WHERE m.user_id = u.id), \
         (SELECT w.generation FROM policies w WHERE w.name = 'conditionalAccess')"
    };
}
pub(crate) use columns;

pub(crate) fn insert_version(version: &AccessVersion) -> Statement {
    one(
        "INSERT INTO access_versions (kind, id, number, at, actor, deleted, document) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        Args::new()
            .text(version.kind.name())
            .text(&version.id)
            .int(version.number)
            .at(version.at)
            .text(&version.actor)
            .int(version.deleted)
            .text(&version.document),
        Conflict::Duplicate,
    )
}

impl Store {
    /// One version of a part of conditional access; the newest for `None`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn access_version(
        &self,
        kind: AccessKind,
        id: &str,
        number: Option<u32>,
    ) -> Result<Option<AccessVersion>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(version),
            " FROM access_versions v WHERE v.kind = $1 AND v.id = $2 AND (v.number = $3 OR $3 = 0) \
             ORDER BY v.number DESC LIMIT 1"
        );
        if id.contains('\0') {
            return Ok(None);
        }
        let args = || Args::new().text(kind.name()).text(id).int(number.unwrap_or(0));
        read_one(self.one(SQL, args).await?, row::access_version)
    }

    /// The versions of a part of conditional access, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn access_history(
        &self,
        kind: AccessKind,
        id: &str,
        page: &Page,
    ) -> Result<Listed<AccessVersion>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(version),
            " FROM access_versions v WHERE v.kind = $1 AND v.id = $2 AND v.number < $3 \
             ORDER BY v.number DESC LIMIT $4"
        );
        if id.contains('\0') {
            return Ok(Listed::empty());
        }
        let (before, _) = page::time_after(page)?;
        let args = || Args::new().text(kind.name()).text(id).int(before).int(page.limit());
        let items = read_all(&self.all(SQL, args).await?, row::access_version)?;
        Ok(Listed::cut(items, page, |version| {
            page::by_time(passband_core::time::Timestamp(i64::from(version.number)), &[0; 16])
        }))
    }

    /// Those parts of a kind that were taken out of force and not put back, each as it was, by id.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn access_deleted(
        &self,
        kind: AccessKind,
        page: &Page,
    ) -> Result<Listed<AccessVersion>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(version),
            " FROM access_versions v WHERE v.kind = $1 AND v.id > $2 AND v.deleted = 1 AND v.number = \
             (SELECT MAX(n.number) FROM access_versions n WHERE n.kind = v.kind AND n.id = v.id) \
             ORDER BY v.id LIMIT $3"
        );
        let after = page::text_after(page)?;
        let args = || Args::new().text(kind.name()).text(&after).int(page.limit());
        let items = read_all(&self.all(SQL, args).await?, row::access_version)?;
        Ok(Listed::cut(items, page, |version| page::by_text(&version.id)))
    }
}
