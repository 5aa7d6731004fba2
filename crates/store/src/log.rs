//! Loads of the two logs, newest first.

use crate::error::StoreError;
use crate::page::{self, Listed, Page};
use crate::row::{self, Args, columns};
use crate::{Store, read_all};
use passband_core::audit::chain::Link;
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
    /// Its number in the chain; 0 if it is older than the chain.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: Option<[u8; 32]>,
    /// Its own hash.
    pub hash: Option<[u8; 32]>,
}

impl AuditLine {
    /// What its hash covers, and the hash it has; `None` if it is older than the chain.
    #[must_use]
    pub fn link(&self) -> Option<(Link<'_>, &[u8; 32])> {
        let link = Link {
            seq: self.seq,
            prev: self.prev.as_ref()?,
            id: self.id,
            at: self.at,
            actor: &self.actor,
            activity: &self.activity,
            target: &self.target,
            detail: &self.detail,
        };
        Some((link, self.hash.as_ref()?))
    }
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
    /// The conditions after those of the page. The text is made of constants only.
    fn conditions(&self) -> String {
        let wanted = [
            (self.user.is_some(), "user_id ="),
            (self.app.is_some(), "app_id ="),
            (self.device.is_some(), "device_id ="),
            (self.session.is_some(), "session_id ="),
            (self.reason.is_some(), "reason ="),
            (self.kind.is_some(), "kind ="),
            (self.granted == Some(true), "reason ="),
            (self.granted == Some(false), "reason <>"),
            (self.from.is_some(), "at >="),
            (self.to.is_some(), "at <"),
        ];
        let wanted = wanted.iter().filter(|(set, _)| *set).map(|(_, condition)| condition);
        (4..).zip(wanted).map(|(n, condition)| format!(" AND {condition} ${n}")).collect()
    }

    /// The values of [`conditions`](Self::conditions), in the same order.
    fn values(&self, args: Args) -> Args {
        let ids = [
            self.user.as_ref().map(|id| id.as_bytes()),
            self.app.as_ref().map(|id| id.as_bytes()),
            self.device.as_ref().map(|id| id.as_bytes()),
            self.session.as_ref().map(|id| id.as_bytes()),
        ];
        let names = [
            self.reason.map(Reason::code),
            self.kind.map(SignInKind::name),
            self.granted.map(|_| Reason::Granted.code()),
        ];
        let args = ids.into_iter().flatten().fold(args, |args, id| args.blob(id));
        let args = names.into_iter().flatten().fold(args, Args::text);
        [self.from, self.to].into_iter().flatten().fold(args, Args::at)
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
        let sql = format!(
            concat!(
                "SELECT ",
                columns!(sign_in),
                " FROM sign_ins WHERE (at, id) < ($1, $2){} ORDER BY at DESC, id DESC LIMIT $3"
            ),
            filter.conditions()
        );
        let args = || filter.values(Args::new().int(at).blob(&id).int(page.limit()));
        let rows = self.all(AssertSqlSafe(sql), args).await?;
        let items = read_all(&rows, row::sign_in)?;
        Ok(Listed::cut(items, page, |line| page::by_time(line.at, line.id.as_bytes())))
    }

    /// Lines of the directory audit log, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`], or another if the database cannot answer.
    pub async fn audits(&self, page: &Page) -> Result<Listed<AuditLine>, StoreError> {
        const SQL: &str = "SELECT at, id, actor, activity, target, detail, seq, prev, hash FROM audits \
             WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3";
        let (at, id) = page::time_after(page)?;
        let rows = self.all(SQL, || Args::new().int(at).blob(&id).int(page.limit())).await?;
        let items = read_all(&rows, row::audit)?;
        Ok(Listed::cut(items, page, |line| page::by_time(line.at, line.id.as_bytes())))
    }
}
