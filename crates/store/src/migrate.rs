//! Brings the schema up to date: an ordered list of SQL files, each run once, all in one transaction.

use crate::error::StoreError;
use crate::row::{Args, Reader};
use aws_lc_rs::digest::{SHA256, digest};
use sqlx::{AnyConnection, AssertSqlSafe};
use sqlx::{Connection, Executor};

/// Number, name, text. Append only: a migration that was released never changes.
pub(crate) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "directory", include_str!("../migrations/0001_directory.sql")),
    (2, "trust", include_str!("../migrations/0002_trust.sql")),
    (3, "policy", include_str!("../migrations/0003_policy.sql")),
    (4, "recovery", include_str!("../migrations/0004_recovery.sql")),
    (5, "access", include_str!("../migrations/0005_access.sql")),
    (6, "signals", include_str!("../migrations/0006_signals.sql")),
    (7, "roles", include_str!("../migrations/0007_roles.sql")),
    (8, "device_codes", include_str!("../migrations/0008_device_codes.sql")),
    (9, "profiles", include_str!("../migrations/0009_profiles.sql")),
    (10, "hello_keys", include_str!("../migrations/0010_hello_keys.sql")),
];

/// In a migration: the table's rows lie in its primary key where the database can do that.
const CLUSTERED: &str = "/* clustered */";

/// Ours among the advisory locks of a PostgreSQL server: "Passband" in ASCII.
const LOCK: i64 = 0x5061_7373_6261_6e64;

/// # Errors
///
/// A migration that was changed or is unknown, or the database refused.
pub(crate) async fn migrate(conn: &mut AnyConnection, begin: &'static str) -> Result<(), StoreError> {
    let postgres = crate::open::is_postgres(conn);
    let mut transaction = conn.begin_with(begin).await?;
    if postgres {
        // Two processes that start at once: the second waits here and finds the work done. On SQLite the
        // write lock that BEGIN IMMEDIATE took does the same.
        sqlx::query_with("SELECT pg_advisory_xact_lock($1)", Args::new().int(LOCK).into_inner())
            .execute(&mut *transaction)
            .await?;
        transaction
            .execute(
                "DO $$ BEGIN IF to_regtype('blob') IS NULL THEN CREATE DOMAIN blob AS bytea; END IF; END $$",
            )
            .await?;
    }
    transaction
        .execute(
            "CREATE TABLE IF NOT EXISTS migrations \
             (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL)",
        )
        .await?;
    let applied = applied(&mut transaction).await?;
    check(&applied)?;
    for (number, name, text) in MIGRATIONS.iter().filter(|(n, ..)| !applied.iter().any(|a| a.number == *n)) {
        let dialect = if postgres { (*text).to_owned() } else { text.replace(CLUSTERED, "WITHOUT ROWID") };
        transaction.execute(sqlx::raw_sql(AssertSqlSafe(dialect))).await?;
        let args = Args::new().int(*number).text(*name).blob(digest(&SHA256, text.as_bytes()).as_ref());
        sqlx::query_with(
            "INSERT INTO migrations (number, name, sha256) VALUES ($1, $2, $3)",
            args.into_inner(),
        )
        .execute(&mut *transaction)
        .await?;
        tracing::info!(number, name, "migration applied");
    }
    transaction.commit().await?;
    Ok(())
}

struct Applied {
    number: i64,
    name: String,
    sha256: Vec<u8>,
}

async fn applied(conn: &mut AnyConnection) -> Result<Vec<Applied>, StoreError> {
    let rows =
        sqlx::query("SELECT number, name, sha256 FROM migrations ORDER BY number").fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let mut r = Reader::new(row);
            Ok(Applied { number: r.int()?, name: r.text()?, sha256: r.blob()? })
        })
        .collect()
}

fn check(applied: &[Applied]) -> Result<(), StoreError> {
    for Applied { number, name, sha256 } in applied {
        let (number, name) = (*number, name.clone());
        let Some((.., text)) = MIGRATIONS.iter().find(|(n, ..)| *n == number) else {
            return Err(StoreError::MigrationUnknown { number, name });
        };
        if digest(&SHA256, text.as_bytes()).as_ref() != sha256.as_slice() {
            return Err(StoreError::MigrationChanged { number, name });
        }
    }
    Ok(())
}
