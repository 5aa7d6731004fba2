//! Recovery codes and alarms: how they are written, and their loads.

use crate::error::StoreError;
use crate::row::{self, Args, Reader, columns};
use crate::statement::{Statement, any, one};
use crate::{Store, read_all};
use passband_core::change::Conflict;
use passband_core::directory::{Alarm, AlarmKind, RecoveryCode, User};
use passband_core::id::UserId;
use passband_core::time::Timestamp;

/// The most alarms that administrators are shown at once; acknowledging some brings the others up.
const MOST_ALARMS: i64 = 100;

pub(crate) fn replace_codes(user: UserId, hashes: &[[u8; 32]], at: Timestamp) -> Vec<Statement> {
    let forget = any("DELETE FROM recovery_codes WHERE user_id = $1", Args::new().blob(user.as_bytes()));
    let insert = |hash: &[u8; 32]| {
        one(
            "INSERT INTO recovery_codes (user_id, hash, created, used) VALUES ($1, $2, $3, NULL) \
             ON CONFLICT DO NOTHING",
            Args::new().blob(user.as_bytes()).blob(hash).at(at),
            Conflict::Duplicate,
        )
    };
    std::iter::once(forget).chain(hashes.iter().map(insert)).collect()
}

pub(crate) fn use_code(user: UserId, hash: &[u8; 32], at: Timestamp) -> Statement {
    one(
        "UPDATE recovery_codes SET used = $1 WHERE user_id = $2 AND hash = $3 AND used IS NULL",
        Args::new().at(at).blob(user.as_bytes()).blob(hash),
        Conflict::Spent,
    )
}

pub(crate) fn raise(alarm: &Alarm) -> Statement {
    any(
        "INSERT INTO alarms (user_id, kind, first, last, count, detail) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (user_id, kind) DO UPDATE SET last = excluded.last, count = alarms.count + excluded.count, \
         detail = excluded.detail",
        Args::new()
            .blob(alarm.user.as_bytes())
            .text(alarm.kind.name())
            .at(alarm.first)
            .at(alarm.last)
            .int(alarm.count)
            .text(crate::statement::clean(&alarm.detail)),
    )
}

pub(crate) fn acknowledge(user: UserId, kind: AlarmKind, seen: u32) -> Statement {
    one(
        "DELETE FROM alarms WHERE user_id = $1 AND kind = $2 AND count = $3",
        Args::new().blob(user.as_bytes()).text(kind.name()).int(seen),
        Conflict::Stale,
    )
}

impl Store {
    /// The person with this UPN and their recovery codes, used ones too.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn user_and_recovery_codes(
        &self,
        upn: &str,
    ) -> Result<Option<(User, Vec<RecoveryCode>)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(recovery_code),
            " FROM users u LEFT JOIN recovery_codes c ON c.user_id = u.id WHERE u.upn = $1 ORDER BY c.hash"
        );
        if upn.contains('\0') {
            return Ok(None);
        }
        let rows = self.all(SQL, || Args::new().text(upn)).await?;
        let mut found = None;
        for row in &rows {
            let mut r = Reader::new(row);
            let user = row::user(&mut r)?;
            let code = r.joined(row::RECOVERY_CODE_WIDTH, row::recovery_code)?;
            found.get_or_insert_with(|| (user, Vec::new())).1.extend(code);
        }
        Ok(found)
    }

    /// A person's recovery codes, used ones too.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn recovery_codes_of(&self, user: UserId) -> Result<Vec<RecoveryCode>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(recovery_code),
            " FROM recovery_codes c WHERE c.user_id = $1 ORDER BY c.hash"
        );
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes())).await?, row::recovery_code)
    }

    /// Alarms about a person's account that nobody has acknowledged, the latest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn alarms_of(&self, user: UserId) -> Result<Vec<Alarm>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(alarm),
            " FROM alarms l WHERE l.user_id = $1 ORDER BY l.last DESC, l.kind"
        );
        read_all(&self.all(SQL, || Args::new().blob(user.as_bytes())).await?, row::alarm)
    }

    /// Alarms for administrators that nobody has acknowledged, and whom they are about, the latest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn alarms(&self) -> Result<Vec<(Alarm, User)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(alarm),
            ", ",
            columns!(user),
            " FROM alarms l JOIN users u ON u.id = l.user_id WHERE l.kind = $1 OR l.kind = $2 \
             ORDER BY l.last DESC, l.user_id LIMIT $3"
        );
        let args = || {
            Args::new()
                .text(AlarmKind::BreakGlassUsed.name())
                .text(AlarmKind::BreakGlassRefused.name())
                .int(MOST_ALARMS)
        };
        read_all(&self.all(SQL, args).await?, |r| Ok((row::alarm(r)?, row::user(r)?)))
    }
}
