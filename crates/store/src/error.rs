//! What can go wrong here, and what to do about it.

use passband_core::change::Conflict;
use std::path::PathBuf;

/// Why the store could not answer or open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store was closed, or the runtime it was opened in has ended.
    #[error("the store is closed; open it again")]
    Closed,
    /// Answers kept in memory, on a database that other processes write to.
    #[error("answers of PostgreSQL cannot be kept in memory: another process would change them unseen")]
    Caching,
    /// A cursor that no list of this store has handed out.
    #[error("the page cursor is not one this server made; start again from the first page")]
    Cursor,
    /// The database refused, failed, or cannot be reached.
    #[error("the database did not answer as it should: {0}; check that it runs and accepts this user")]
    Database(#[from] sqlx::Error),
    /// The folder or file of the database cannot be used.
    #[error("cannot use {}: {error}; check that its folder exists and that you may write there", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The writer failed in the middle of a transaction; whether it was made is not known.
    #[error("the writer was interrupted; whether the change was made is not known, so load again")]
    Interrupted,
    /// Another process has the database open.
    #[error(
        "{} is open in another process{}; stop that one first, or give this one another data folder",
        path.display(),
        holder.as_ref().map(|id| format!(" (process id {id})")).unwrap_or_default()
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// What that process wrote of itself.
        holder: Option<String>,
    },
    /// A migration that was applied differs from the one this program has.
    #[error(
        "migration {number} ({name}) was changed after it had been applied to this database; \
         run the version of the program that made it, or restore a backup"
    )]
    MigrationChanged {
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
    },
    /// The database has a migration this program does not know.
    #[error(
        "the database has migration {number} ({name}), which this version of the program does not know; \
         run the newer version, or restore a backup from before"
    )]
    MigrationUnknown {
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A row that cannot be read back.
    #[error(
        "a row of the database cannot be read ({0}); it was written by another program or a newer version"
    )]
    Row(&'static str),
    /// Nothing was heard of the database for longer than anybody waits; what was asked for may still be made.
    #[error("the database was silent for too long; whether a change was made is not known, so load again")]
    Silent,
    /// Text with a NUL character, which PostgreSQL cannot hold; refused on both databases.
    #[error("text with a NUL character cannot be stored")]
    Text,
    /// A database URL of no form this program knows.
    #[error("the database URL must be sqlite://PATH, sqlite::memory: or postgres://USER@HOST/NAME")]
    Url,
}

/// Why a commit was not made. Nothing of it was, except as [`StoreError::Interrupted`] and [`StoreError::Silent`] say.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another got there first.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the connection is gone, rather than the statement refused.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, Protocol, Tls, WorkerCrashed};
    match error {
        Io(_) | Protocol(_) | Tls(_) | WorkerCrashed => true,
        // PostgreSQL class 57P: an administrator ends sessions, crash, cannot connect now.
        Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}
