//! The two inserts every request makes, many rows to a statement. Rows are cut into powers of two, so that
//! few statements exist and each is prepared once per connection.

use crate::row::Args;
use crate::statement;
use passband_core::audit::SignIn;
use passband_core::time::Timestamp;
use sqlx::AnyConnection;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

/// Rows of the largest statement. More rows are not faster: to bind a parameter `$n` SQLite's driver looks its
/// name up in a list, so that a statement with 2048 parameters spends most of its time there.
const LARGEST: usize = 16;

type Texts = Vec<Arc<str>>;

static SPENT: LazyLock<Texts> = LazyLock::new(|| {
    texts("INSERT INTO spent (id, expires) VALUES ", 2, " ON CONFLICT DO NOTHING RETURNING id")
});

static UNSPENT: LazyLock<Texts> = LazyLock::new(|| texts("DELETE FROM spent WHERE id IN (VALUES ", 1, ")"));

static SIGN_INS: LazyLock<Texts> = LazyLock::new(|| {
    const HEAD: &str = concat!("INSERT INTO sign_ins (", crate::row::columns!(sign_in), ") VALUES ");
    texts(HEAD, 16, "")
});

/// The statement for 1, 2, 4 … [`LARGEST`] rows of `width` values.
fn texts(head: &str, width: usize, tail: &str) -> Texts {
    (0..=LARGEST.ilog2())
        .map(|power| {
            let mut sql = head.to_owned();
            for row in 0..1_usize << power {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 0..width {
                    let comma = if column == 0 { "" } else { ", " };
                    // Writing to a String does not fail.
                    let _ = write!(sql, "{comma}${}", row * width + column + 1);
                }
                sql.push(')');
            }
            sql.push_str(tail);
            sql.into()
        })
        .collect()
}

/// Cuts `rows` into runs for which there is a statement, the largest first.
fn runs<'a, T>(texts: &'static Texts, rows: &'a [T]) -> impl Iterator<Item = (Arc<str>, &'a [T])> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let power = rest.len().checked_ilog2()?.min(LARGEST.ilog2());
        let (run, after) = rest.split_at(1 << power);
        rest = after;
        Some((Arc::clone(&texts[power as usize]), run))
    })
}

/// Writes single-use ids, all different, and says which of them were not there before.
pub(crate) async fn spend(
    conn: &mut AnyConnection,
    rows: &[([u8; 32], Timestamp)],
) -> Result<HashSet<[u8; 32]>, sqlx::Error> {
    let mut fresh = HashSet::with_capacity(rows.len());
    for (sql, run) in runs(&SPENT, rows) {
        let args = run.iter().fold(Args::new(), |args, (id, until)| args.blob(id).at(*until));
        let returned = sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).fetch_all(&mut *conn).await?;
        for row in &returned {
            let id: &[u8] = row.try_get(0)?;
            fresh.insert(id.try_into().map_err(|_| sqlx::Error::RowNotFound)?);
        }
    }
    Ok(fresh)
}

/// Takes back ids this transaction has written, because the commit they belong to is refused.
pub(crate) async fn unspend(conn: &mut AnyConnection, ids: &[[u8; 32]]) -> Result<(), sqlx::Error> {
    for (sql, run) in runs(&UNSPENT, ids) {
        let args = run.iter().fold(Args::new(), |args, id| args.blob(id));
        sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Writes lines of the sign-in log.
pub(crate) async fn log(conn: &mut AnyConnection, lines: &[&SignIn]) -> Result<(), sqlx::Error> {
    for (sql, run) in runs(&SIGN_INS, lines) {
        let args = run.iter().fold(Args::new(), |args, line| statement::sign_in(args, line));
        sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).execute(&mut *conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_rows_is_cut_without_loss() {
        for n in 0..=300 {
            let rows: Vec<usize> = (0..n).collect();
            let mut seen = Vec::new();
            for (sql, run) in runs(&SPENT, &rows) {
                assert_eq!(sql.matches('(').count(), run.len() + 1, "{n}");
                seen.extend_from_slice(run);
            }
            assert_eq!(seen, rows);
        }
    }
}
