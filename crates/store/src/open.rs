//! From a URL to connections: what each database needs said to it.

use crate::error::StoreError;
use crate::patience;
use sqlx::AnyPool;
use sqlx::Executor;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Said to each connection to SQLite. FULL: an answered commit survives a power cut, also in WAL mode.
const SQLITE: &[&str] = &[
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA cache_size = -8000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
];

/// Said to each connection to PostgreSQL that writes: a stuck statement is an error, not a server that hangs. And what a
/// node has begun that has gone silent ends soon, for the others wait behind it: there is one head of the audit log.
const POSTGRES: &[&str] = &[
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '5s'",
];

/// The same for those that load; a second less than [`patience::ANSWER`].
const POSTGRES_READS: &[&str] = &["SET lock_timeout = '9s'", "SET statement_timeout = '9s'"];

/// Connections for loads.
pub(crate) const READERS: u32 = 8;
/// The same for SQLite, where each has a thread.
const FILE_READERS: u32 = 4;

/// Which database a URL names.
pub(crate) enum Target {
    Memory,
    Sqlite(PathBuf),
    Postgres,
}

impl Target {
    pub(crate) fn of(url: &str) -> Result<Self, StoreError> {
        if url == "sqlite::memory:" {
            return Ok(Self::Memory);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres);
        }
        let path = url.strip_prefix("sqlite://").ok_or(StoreError::Url)?;
        if path.is_empty() || path.contains(['?', '\0']) {
            return Err(StoreError::Url);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// How a transaction that writes begins. IMMEDIATE: two writers queue instead of one failing halfway.
    pub(crate) const fn begin(&self) -> &'static str {
        match self {
            Self::Memory | Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// Connections for loads and for the writer; in memory there is one for both.
pub(crate) struct Pools {
    pub(crate) read: AnyPool,
    pub(crate) write: AnyPool,
}

impl Pools {
    pub(crate) async fn open(target: &Target, url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        match target {
            Target::Memory => {
                let pool = pool(url, SQLITE, 1).await?;
                Ok(Self { read: pool.clone(), write: pool })
            }
            Target::Sqlite(path) => {
                let url = sqlite_url(path)?;
                // The writer first: it makes the file and turns WAL on, which needs it alone.
                let write = pool(&url, SQLITE, 1).await?;
                Ok(Self { read: pool(&url, SQLITE, FILE_READERS).await?, write })
            }
            Target::Postgres => {
                let write = pool(url, POSTGRES, 1).await?;
                Ok(Self { read: pool(url, POSTGRES_READS, READERS).await?, write })
            }
        }
    }
}

async fn pool(url: &str, session: &'static [&'static str], size: u32) -> Result<AnyPool, StoreError> {
    let options: AnyConnectOptions = url.parse().map_err(|_| StoreError::Url)?;
    let pool = AnyPoolOptions::new()
        .max_connections(size)
        .min_connections(1)
        .acquire_timeout(patience::ACQUIRE)
        // A database in memory lives as long as its connection.
        .idle_timeout(None)
        .max_lifetime(None)
        // That would be a round trip before every query. A dead connection shows when it is used, and is
        // replaced then: see `Store::all` and `Writer::run`.
        .test_before_acquire(false)
        .after_connect(move |conn, _| {
            Box::pin(async move {
                for statement in session {
                    conn.execute(*statement).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// The URL of a file, in a form nothing in its name can change.
fn sqlite_url(path: &Path) -> Result<String, StoreError> {
    let path = absolute(path)?;
    let mut url = String::from("sqlite://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' => url.push(char::from(*byte)),
            b'.' => url.push('.'),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    Ok(url)
}

/// The path with its folder resolved, so that one file has one lock.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    let fail = |error| StoreError::File { path: path.to_owned(), error };
    let name = path.file_name().ok_or(StoreError::Url)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize().map_err(fail)?.join(name))
}

/// Holds `PATH.lock`: two processes on one file would each trust a memory the other does not keep current.
/// The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(target: &Target) -> Result<Option<Self>, StoreError> {
        let Target::Sqlite(path) = target else {
            return Ok(None);
        };
        let database = absolute(path)?;
        let mut name = database.clone().into_os_string();
        name.push(".lock");
        let lock = PathBuf::from(name);
        let fail = |error| StoreError::File { path: lock.clone(), error };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&lock).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = (&file).take(20).read_to_string(&mut text).ok().map(|_| text.trim().to_owned());
                let holder = holder.filter(|id| !id.is_empty());
                return Err(StoreError::Locked { path: database, holder });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(fail(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(fail)?;
        Ok(Some(Self { _file: file }))
    }
}

/// Whether a connection is to PostgreSQL.
pub(crate) fn is_postgres(conn: &sqlx::AnyConnection) -> bool {
    conn.backend_name() == "PostgreSQL"
}
