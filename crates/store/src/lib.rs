//! Remembers what the core decided, in SQLite or PostgreSQL, with one SQL text for both.
//!
//! Two verbs, as every use case has them: a *load* is one query that answers with records of the core; a
//! *commit* makes a list of [`Change`]s in one transaction, all or none, and is durable when it is answered.
//! Commits pass through one writer that groups them; loads run beside it.
//!
//! | module | holds |
//! |---|---|
//! | `open`, `migrate` | URL, lock on the data folder, connections, schema |
//! | `statement`, `apps` | each change as SQL |
//! | `patience` | how long anybody waits for the database |
//! | `bulk`, `chain`, `batch`, `writer` | many commits in one transaction |
//! | `row`, `names`, `devices` | columns to records and back |
//! | `access` | conditional access: its versions, as loads and as SQL |
//! | `people`, `groups`, `recovery`, `roles`, `things`, `sessions`, `trust`, `signals`, `transmitters`, `log`, `overview` | loads |
//! | `cache` | standings and applications in memory, while no commit contradicts them |
//! | `page`, `sweep`, `error` | cursors, removal of old rows, what can go wrong |

mod access;
mod apps;
mod batch;
mod bulk;
mod cache;
mod chain;
mod device_codes;
mod devices;
mod error;
mod groups;
mod hello;
mod log;
mod migrate;
mod names;
mod open;
mod overview;
mod page;
mod patience;
mod people;
mod recovery;
mod roles;
mod row;
mod sessions;
mod signals;
mod statement;
mod sweep;
mod things;
mod transmitters;
mod trust;
mod writer;

pub use error::{CommitError, StoreError};
pub use log::{AuditLine, SignInFilter};
pub use overview::Totals;
pub use page::{Listed, MAX_TOP, Page};
pub use sweep::{RETENTION, Swept};

use cache::Cache;
use open::{Lock, Pools, Target};
use passband_core::change::Change;
use patience::Busy;
use row::{Args, Reader};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, SqlSafeStr};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use writer::{Commit, Job, Writer};

/// Whether answers may be kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Keep standings and applications while this process's own commits do not contradict them. Only right
    /// where no other process writes: the lock on an SQLite file makes sure of that.
    InProcess,
    /// Ask the database each time.
    Off,
}

/// A database, open. Share it behind an `Arc`.
pub struct Store {
    read: AnyPool,
    queue: mpsc::Sender<Job>,
    cache: Option<Arc<Cache>>,
    /// Whether the database is another machine's to run, and may go silent.
    is_remote: bool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("caching", &self.caching()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a database and brings its schema up to date; must be called within a Tokio runtime.
    ///
    /// `url` is `sqlite://PATH` (made if missing; no other process can open it meanwhile),
    /// `sqlite::memory:` (gone with the store), or `postgres://USER@HOST/NAME`. Answers are kept in memory
    /// ([`Caching::InProcess`]) on SQLite and not on PostgreSQL, where other processes write too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the URL, the file, its lock, a migration, or the database.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let caching = match Target::of(url)? {
            Target::Memory | Target::Sqlite(_) => Caching::InProcess,
            Target::Postgres => Caching::Off,
        };
        Self::open_with(url, caching).await
    }

    /// [`open`](Self::open), with the caching chosen.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); and [`StoreError::Caching`] for [`Caching::InProcess`] on PostgreSQL, where a
    /// revocation by another process would go unseen.
    pub async fn open_with(url: &str, caching: Caching) -> Result<Self, StoreError> {
        let target = Target::of(url)?;
        if matches!((&target, caching), (Target::Postgres, Caching::InProcess)) {
            return Err(StoreError::Caching);
        }
        let lock = Lock::take(&target)?;
        let Pools { read, write } = Pools::open(&target, url).await?;
        let mut conn = write.acquire().await?;
        migrate::migrate(&mut conn, target.begin()).await?;
        chain::begin(&mut conn).await?;
        drop(conn);
        let cache = (caching == Caching::InProcess).then(|| Arc::new(Cache::new()));
        let (queue, jobs) = mpsc::channel(writer::QUEUE);
        let is_remote = matches!(target, Target::Postgres);
        let writer = Writer {
            pool: write,
            is_remote,
            keeps: !matches!(target, Target::Memory),
            begin: target.begin(),
            cache: cache.clone(),
            held: None,
            read: read.clone(),
            lock,
        };
        tokio::spawn(writer.serve(jobs));
        Ok(Self { read, queue, cache, is_remote })
    }

    /// Whether answers are kept in memory.
    #[must_use]
    pub fn caching(&self) -> Caching {
        if self.cache.is_some() { Caching::InProcess } else { Caching::Off }
    }

    /// Makes these changes, all or none. `Ok` means they are on disk. Dropping the future does not undo
    /// what it has queued. A [`Change::Spend`] is tried before any other change of the list.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`]: another got there first. [`CommitError::Store`]: the database failed, or a
    /// text has a NUL character. Nothing was changed, except as [`StoreError::Interrupted`] and
    /// [`StoreError::Silent`] say.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        if changes.is_empty() {
            return Ok(());
        }
        if !changes.iter().all(statement::is_storable) {
            return Err(StoreError::Text.into());
        }
        let (answer, answered) = oneshot::channel();
        let job = Job::Commit(Commit { changes, answer });
        let waiting = async {
            self.queue.send(job).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Interrupted)?
        };
        patience::within(patience::COMMIT, waiting).await?
    }

    /// Whether the database answers and the writer lives.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if self.queue.is_closed() {
            return Err(StoreError::Closed);
        }
        self.one("SELECT COUNT(*) FROM migrations", Args::new).await?;
        Ok(())
    }

    /// Writes what is queued, then lets go of the database. Later commits are refused.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.queue.send(Job::Close(answer)).await.is_ok() {
            // A writer that is gone has nothing left to write.
            let _ = answered.await;
        }
    }

    async fn one(&self, sql: &'static str, args: impl Fn() -> Args) -> Result<Option<AnyRow>, StoreError> {
        Ok(self.all(sql, args).await?.pop())
    }

    /// Runs a load, again as long as it meets connections that died while nobody used them: a database that
    /// was restarted costs time, not answers. A load may run twice, a commit may not. One that goes silent costs an
    /// answer, and the connection: see [`patience`].
    async fn all(&self, sql: impl SqlSafeStr, args: impl Fn() -> Args) -> Result<Vec<AnyRow>, StoreError> {
        let sql = sql.into_sql_str();
        let mut dead = 0;
        loop {
            let mut busy = Busy::new(self.read.acquire().await?, self.is_remote);
            let load = sqlx::query_with(sql.clone(), args().into_inner()).fetch_all(&mut **busy.conn()?);
            let outcome = patience::within(patience::ANSWER, load).await?;
            let conn = busy.take();
            match outcome {
                Err(error) if error::is_lost(&error) && dead < open::READERS => {
                    dead += 1;
                    if let Some(conn) = conn {
                        patience::close(conn).await;
                    }
                }
                outcome => return Ok(outcome?),
            }
        }
    }
}

type Read<T> = fn(&mut Reader<'_>) -> Result<T, StoreError>;

fn read_one<T>(row: Option<AnyRow>, read: Read<T>) -> Result<Option<T>, StoreError> {
    row.map(|row| read(&mut Reader::new(&row))).transpose()
}

fn read_all<T>(rows: &[AnyRow], read: Read<T>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| read(&mut Reader::new(row))).collect()
}
