//! Loads of the two logs, newest first.

use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::row::{self, Args, columns};
use crate::{Store, read_all};
use passband_core::audit::{SignIn, SignInKind};
use passband_core::id::{AuditId, ClientId, DeviceId, SessionId, UserId};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use sqlx::AssertSqlSafe;

/// A line of the directory audit log as it is read back. Written as
/// [`Audit`](passband_core::audit::Audit), whose activity is one the program knows; a reader may meet
/// activities of other versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Graph `id`.
    pub id: AuditId,
    /// Graph `activityDateTime`.
    pub at: Timestamp,
    /// Who: a UPN, `admin token <id>`, or `system`.
    pub actor: String,
    /// Graph `activityDisplayName`.
    pub activity: String,
    /// The object's id.
    pub target: String,
    /// One line for a person.
    pub detail: String,
}

/// Which lines of the sign-in log are wanted. Every field that is set must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInFilter {
    /// Of this person.
    pub user: Option<UserId>,
    /// For this application.
    pub app: Option<ClientId>,
    /// From this device.
    pub device: Option<DeviceId>,
    /// Of this session.
    pub session: Option<SessionId>,
    /// With this answer.
    pub reason: Option<Reason>,
    /// Of this kind.
    pub kind: Option<SignInKind>,
    /// Granted, or refused.
    pub granted: Option<bool>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl SignInFilter {
    /// The conditions after those of the page, and their values. The text is made of constants only.
    fn conditions(&self, args: Args) -> (String, Args) {
        let mut sql = String::new();
        let mut args = args;
        let mut next = 4;
        let mut add = |condition: &str, with: &dyn Fn(Args) -> Args| {
            sql.push_str(" AND ");
            sql.push_str(condition);
            sql.push_str(&format!(" ${next}"));
            next += 1;
            args = with(std::mem::take(&mut args));
        };
        if let Some(id) = self.user {
            add("user_id =", &|a| a.blob(id.as_bytes()));
        }
        if let Some(id) = self.app {
            add("app_id =", &|a| a.blob(id.as_bytes()));
        }
        if let Some(id) = self.device {
            add("device_id =", &|a| a.blob(id.as_bytes()));
        }
        if let Some(id) = self.session {
            add("session_id =", &|a| a.blob(id.as_bytes()));
        }
        if let Some(reason) = self.reason {
            add("reason =", &|a| a.text(reason.code()));
        }
        if let Some(kind) = self.kind {
            add("kind =", &|a| a.text(kind.name()));
        }
        if let Some(granted) = self.granted {
            let operator = if granted { "reason =" } else { "reason <>" };
            add(operator, &|a| a.text(Reason::Granted.code()));
        }
        if let Some(from) = self.from {
            add("at >=", &|a| a.at(from));
        }
        if let Some(to) = self.to {
            add("at <", &|a| a.at(to));
        }
        (sql, args)
    }
}

impl Store {
    /// Lines of the sign-in log, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn sign_ins(&self, filter: &SignInFilter, page: &Page) -> Result<Listed<SignIn>, StoreError> {
        let (at, id) = page::time_after(page)?;
        let args = Args::new().int(at).blob(&id).int(page.limit());
        let (conditions, args) = filter.conditions(args);
        let sql = format!(
            concat!(
                "SELECT ",
                columns!(sign_in),
                " FROM sign_ins WHERE (at, id) < ($1, $2){} ORDER BY at DESC, id DESC LIMIT $3"
            ),
            conditions
        );
        let rows = sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).fetch_all(&self.read).await?;
        let items = read_all(&rows, row::sign_in)?;
        Ok(Listed::cut(items, page, |line| page::by_time(line.at, line.id.as_bytes())))
    }

    /// Lines of the directory audit log, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn audits(&self, page: &Page) -> Result<Listed<AuditLine>, StoreError> {
        const SQL: &str = "SELECT at, id, actor, activity, target, detail FROM audits \
             WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3";
        let (at, id) = page::time_after(page)?;
        let rows = self.all(SQL, Args::new().int(at).blob(&id).int(page.limit())).await?;
        let items = read_all(&rows, row::audit)?;
        Ok(Listed::cut(items, page, |line| page::by_time(line.at, line.id.as_bytes())))
    }
}
