//! The two inserts every request makes, many rows to a statement. There is one statement for each number of
//! rows up to [`LARGEST`], so that each is prepared once per connection and a small group is one trip.

use crate::open::is_postgres;
use crate::row::Args;
use crate::statement;
use passband_core::audit::SignIn;
use passband_core::time::Timestamp;
use sqlx::AnyConnection;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

/// Columns of a line of the sign-in log.
const LINE: usize = 19;

/// Rows of the largest statement. A connection keeps 100 prepared statements.
const LARGEST: usize = 24;

/// The statements for 1 to [`LARGEST`] rows.
struct Texts {
    /// With `?`: to bind `$n` SQLite's driver walks a list of names, and 456 parameters cost it more than the rows.
    sqlite: Vec<Arc<str>>,
    /// With `$n`, which PostgreSQL demands.
    postgres: Vec<Arc<str>>,
}

const SPEND: &str = "INSERT INTO spent (id, expires) VALUES ";

/// Most commits written in one trip. Larger groups have trips to spare.
const ONE_TRIP: usize = 64;

/// For 1 to [`ONE_TRIP`] commits of one id and one line each: everything from BEGIN to COMMIT, for SQLite, where
/// one text may be many statements. A trip to its thread and back costs as much as several rows.
static IN_ONE: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    (1..=ONE_TRIP)
        .map(|rows| {
            let spend = text((SPEND, "; "), (rows, 2), false);
            let log = text((SIGN_IN, "; "), (rows, LINE), false);
            // FAIL: what a failed insert has written goes with the transaction, so SQLite keeps no copies of
            // pages to undo the one statement.
            let [spend, log] = [spend, log].map(|insert| insert.replacen("INSERT", "INSERT OR FAIL", 1));
            format!("BEGIN IMMEDIATE; {spend}{log}COMMIT").into()
        })
        .collect()
});

static SPENT: LazyLock<Texts> = LazyLock::new(|| Texts::new(SPEND, 2, " ON CONFLICT DO NOTHING"));

static SPENT_EACH: LazyLock<Texts> =
    LazyLock::new(|| Texts::new(SPEND, 2, " ON CONFLICT DO NOTHING RETURNING id"));

static UNSPENT: LazyLock<Texts> =
    LazyLock::new(|| Texts::new("DELETE FROM spent WHERE id IN (VALUES ", 1, ")"));

const SIGN_IN: &str = concat!("INSERT INTO sign_ins (", crate::row::columns!(sign_in), ") VALUES ");

static SIGN_INS: LazyLock<Texts> = LazyLock::new(|| Texts::new(SIGN_IN, LINE, ""));

impl Texts {
    /// Statements for rows of `width` values.
    fn new(head: &str, width: usize, tail: &str) -> Self {
        let all = |numbered| (1..=LARGEST).map(|rows| text((head, tail), (rows, width), numbered)).collect();
        Self { sqlite: all(false), postgres: all(true) }
    }

    /// Cuts `rows` into runs, each with its statement.
    fn runs<'a, T>(
        &'static self,
        conn: &AnyConnection,
        rows: &'a [T],
    ) -> impl Iterator<Item = (Arc<str>, &'a [T])> + use<'a, T> {
        let texts = if is_postgres(conn) { &self.postgres } else { &self.sqlite };
        rows.chunks(LARGEST).map(|run| (Arc::clone(&texts[run.len() - 1]), run))
    }
}

fn text((head, tail): (&str, &str), (rows, width): (usize, usize), numbered: bool) -> Arc<str> {
    let mut sql = head.to_owned();
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            // Writing to a String does not fail.
            let _ = match numbered {
                true => write!(sql, "{comma}${}", row * width + column + 1),
                false => write!(sql, "{comma}?"),
            };
        }
        sql.push(')');
    }
    sql.push_str(tail);
    sql.into()
}

fn spend_args(run: &[([u8; 32], Timestamp)]) -> Args {
    run.iter().fold(Args::new(), |args, (id, until)| args.blob(id).at(*until))
}

/// Whether [`in_one_trip`] can write these.
pub(crate) fn fit_one_trip(conn: &AnyConnection, ids: usize, lines: usize) -> bool {
    ids == lines && (1..=ONE_TRIP).contains(&ids) && !is_postgres(conn)
}

/// Writes single-use ids and lines of the log in a transaction of their own, and makes it durable. A unique
/// violation means that an id was there before; after an error the transaction may still be open.
pub(crate) async fn in_one_trip(
    conn: &mut AnyConnection,
    ids: &[([u8; 32], Timestamp)],
    lines: &[&SignIn],
) -> Result<(), sqlx::Error> {
    let sql = Arc::clone(&IN_ONE[ids.len() - 1]);
    let args = lines.iter().fold(spend_args(ids), |args, line| statement::sign_in(args, line));
    sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).execute(conn).await?;
    Ok(())
}

/// Writes single-use ids, all different. `false` if one of them was there before; which, and which of the
/// others are written now, only [`spend_each`] says, in another transaction.
pub(crate) async fn spend(
    conn: &mut AnyConnection,
    rows: &[([u8; 32], Timestamp)],
) -> Result<bool, sqlx::Error> {
    for (sql, run) in SPENT.runs(conn, rows) {
        let done =
            sqlx::query_with(AssertSqlSafe(sql), spend_args(run).into_inner()).execute(&mut *conn).await?;
        if done.rows_affected() != run.len() as u64 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes single-use ids, all different, and says which of them were not there before.
pub(crate) async fn spend_each(
    conn: &mut AnyConnection,
    rows: &[([u8; 32], Timestamp)],
) -> Result<HashSet<[u8; 32]>, sqlx::Error> {
    let mut fresh = HashSet::with_capacity(rows.len());
    for (sql, run) in SPENT_EACH.runs(conn, rows) {
        let returned =
            sqlx::query_with(AssertSqlSafe(sql), spend_args(run).into_inner()).fetch_all(&mut *conn).await?;
        for row in &returned {
            let id: &[u8] = row.try_get(0)?;
            fresh.insert(id.try_into().map_err(|_| sqlx::Error::RowNotFound)?);
        }
    }
    Ok(fresh)
}

/// Takes back ids this transaction has written, because the commit they belong to is refused.
pub(crate) async fn unspend(conn: &mut AnyConnection, ids: &[[u8; 32]]) -> Result<(), sqlx::Error> {
    for (sql, run) in UNSPENT.runs(conn, ids) {
        let args = run.iter().fold(Args::new(), |args, id| args.blob(id));
        sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Writes lines of the sign-in log.
pub(crate) async fn log(conn: &mut AnyConnection, lines: &[&SignIn]) -> Result<(), sqlx::Error> {
    for (sql, run) in SIGN_INS.runs(conn, lines) {
        let args = run.iter().fold(Args::new(), |args, line| statement::sign_in(args, line));
        sqlx::query_with(AssertSqlSafe(sql), args.into_inner()).execute(&mut *conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_a_placeholder_for_each_value() {
        assert_eq!(&*text(("I ", " T"), (2, 2), true), "I ($1, $2), ($3, $4) T");
        assert_eq!(&*text(("I ", " T"), (2, 2), false), "I (?, ?), (?, ?) T");
        for rows in 1..=LARGEST {
            assert_eq!(SIGN_INS.sqlite[rows - 1].matches('?').count(), rows * LINE);
            assert_eq!(SIGN_INS.postgres[rows - 1].matches('$').count(), rows * LINE);
        }
    }
}
