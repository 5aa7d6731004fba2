//! The chain of the audit log: lines are numbered and linked inside the transaction that makes what they tell of.
//!
//! One row holds the head. Whoever writes lines moves it first, so that on PostgreSQL the next transaction waits
//! there until this one is durable, and no two lines ever follow the same one.

use crate::error::StoreError;
use crate::log::AuditLine;
use crate::row::{self, Args, Reader};
use crate::statement::{Statement, any, clean, one};
use crate::{Store, read_all};
use passband_core::audit::Audit;
use passband_core::audit::chain::{Ends, Link, Place};
use passband_core::change::Conflict;
use sqlx::AnyConnection;

/// Puts the head where the first line follows it, if there is none yet.
pub(crate) async fn begin(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let Place { hash, .. } = Place::START;
    sqlx::query_with(
        "INSERT INTO audit_head (one, seq, hash, base_seq, base_hash) VALUES (1, 0, $1, 0, $2) \
         ON CONFLICT DO NOTHING",
        Args::new().blob(&hash).blob(&hash).into_inner(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes lines behind the head, in order.
pub(crate) async fn append(conn: &mut AnyConnection, lines: &[&Audit]) -> Result<(), sqlx::Error> {
    if lines.is_empty() {
        return Ok(());
    }
    const TAKE: &str = "UPDATE audit_head SET seq = seq + $1 WHERE one = 1 RETURNING seq, hash";
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let row = sqlx::query_with(TAKE, Args::new().int(count).into_inner()).fetch_one(&mut *conn).await?;
    let mut at = place(&mut Reader::new(&row)).map_err(|_| sqlx::Error::RowNotFound)?;
    at.seq = at.seq.saturating_sub(lines.len() as u64);
    for line in lines {
        at = insert(conn, at, line).await?;
    }
    let args = Args::new().blob(&at.hash).into_inner();
    sqlx::query_with("UPDATE audit_head SET hash = $1 WHERE one = 1", args).execute(conn).await?;
    Ok(())
}

async fn insert(conn: &mut AnyConnection, before: Place, line: &Audit) -> Result<Place, sqlx::Error> {
    // What is stored is what is hashed.
    let (actor, target, detail) = (clean(&line.actor), clean(&line.target), clean(&line.detail));
    let link = Link {
        seq: before.seq + 1,
        prev: &before.hash,
        id: line.id,
        at: line.at,
        actor: &actor,
        activity: line.activity,
        target: &target,
        detail: &detail,
    };
    let after = Place { seq: link.seq, hash: link.hash() };
    let args = Args::new()
        .at(line.at)
        .blob(line.id.as_bytes())
        .text(&actor)
        .text(line.activity)
        .text(&target)
        .text(&detail)
        .int(i64::try_from(after.seq).unwrap_or(i64::MAX))
        .blob(&before.hash)
        .blob(&after.hash);
    sqlx::query_with(
        "INSERT INTO audits (at, id, actor, activity, target, detail, seq, prev, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args.into_inner(),
    )
    .execute(conn)
    .await?;
    Ok(after)
}

/// The statements that cut the oldest lines off.
pub(crate) fn cut(from: u64, to: &Place) -> Vec<Statement> {
    let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    vec![
        one(
            "UPDATE audit_head SET base_seq = $1, base_hash = $2 WHERE one = 1 AND base_seq = $3 AND seq >= $1",
            Args::new().int(number(to.seq)).blob(&to.hash).int(number(from)),
            Conflict::Stale,
        ),
        any("DELETE FROM audits WHERE seq <= $1", Args::new().int(number(to.seq))),
    ]
}

fn place(r: &mut Reader<'_>) -> Result<Place, StoreError> {
    Ok(Place { seq: row::generation(r)?, hash: r.array()? })
}

impl Store {
    /// The ends of the chain of the audit log.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn audit_ends(&self) -> Result<Ends, StoreError> {
        const SQL: &str = "SELECT seq, hash, base_seq, base_hash FROM audit_head WHERE one = 1";
        let row = self.one(SQL, Args::new).await?.ok_or(StoreError::Row("head of the audit log"))?;
        let mut r = Reader::new(&row);
        let head = place(&mut r)?;
        Ok(Ends { head, base: place(&mut r)? })
    }

    /// Up to `most` lines of the audit log behind the line `after`, in the order of the chain.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn audit_chain(&self, after: u64, most: u32) -> Result<Vec<AuditLine>, StoreError> {
        const SQL: &str = "SELECT at, id, actor, activity, target, detail, seq, prev, hash FROM audits \
             WHERE seq > $1 ORDER BY seq LIMIT $2";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        read_all(&self.all(SQL, || Args::new().int(after).int(most)).await?, row::audit)
    }
}
