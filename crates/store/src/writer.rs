//! The group committer: commits from all tasks pass one queue, and what has queued while the disk was
//! busy becomes one transaction.

use crate::batch::{self, Failed, Verdict};
use crate::cache::Cache;
use crate::error::{CommitError, StoreError, is_lost};
use crate::open::Lock;
use crate::patience;
use crate::row::Args;
use passband_core::change::Change;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; who comes later waits for room.
pub(crate) const QUEUE: usize = 1024;
/// Most commits in one transaction.
const GROUP: usize = 256;
/// How often a transaction that lost a deadlock or a serialization check on PostgreSQL is run.
const ATTEMPTS: usize = 3;

/// What the writer can be asked to do.
pub(crate) enum Job {
    Commit(Commit),
    Sweep(Sweep),
    /// Stop when all that was queued before is done.
    Close(oneshot::Sender<()>),
    /// Meet a bug.
    #[cfg(test)]
    Panic,
}

/// A list of changes and who waits for it.
pub(crate) struct Commit {
    pub(crate) changes: Vec<Change>,
    pub(crate) answer: oneshot::Sender<Result<(), CommitError>>,
}

/// A delete of old rows and who waits for their number.
pub(crate) struct Sweep {
    pub(crate) sql: &'static str,
    pub(crate) before: i64,
    pub(crate) answer: oneshot::Sender<Result<u64, StoreError>>,
}

pub(crate) struct Writer {
    pub(crate) pool: AnyPool,
    /// Whether the pool is this writer's own, so that it may keep the connection.
    pub(crate) keeps: bool,
    /// Whether the database may go silent. Nothing else is cut short: a transaction of SQLite ends, and who waits for it
    /// does so no longer than [`patience::COMMIT`].
    pub(crate) is_remote: bool,
    pub(crate) begin: &'static str,
    pub(crate) cache: Option<Arc<Cache>>,
    pub(crate) held: Option<PoolConnection<Any>>,
    /// Closed with the writer: who reads after the lock is gone may be contradicted.
    pub(crate) read: AnyPool,
    /// The database stays ours until the last queued commit is on disk, also when the store is dropped.
    pub(crate) lock: Option<Lock>,
}

impl Writer {
    /// Serves the queue until it is closed.
    pub(crate) async fn serve(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP);
        let mut closing = Vec::new();
        while queue.recv_many(&mut jobs, GROUP).await > 0 {
            gather(&mut queue, &mut jobs).await;
            let mut commits = Vec::with_capacity(jobs.len());
            let mut sweeps = Vec::new();
            #[cfg(test)]
            let mut buggy = false;
            for job in jobs.drain(..) {
                match job {
                    Job::Commit(commit) => commits.push(commit),
                    Job::Sweep(sweep) => sweeps.push(sweep),
                    Job::Close(answer) => {
                        queue.close();
                        closing.push(answer);
                    }
                    #[cfg(test)]
                    Job::Panic => buggy = true,
                }
            }
            let work = async {
                #[cfg(test)]
                assert!(!buggy, "a bug, as the test asked for");
                if !commits.is_empty() {
                    self.commit_all(commits).await;
                }
                for sweep in sweeps {
                    self.sweep(sweep).await;
                }
            };
            if surviving(work).await.is_err() {
                // Those who waited see their answer dropped. The transaction is undone with its connection,
                // unless it was made already: then the cache must not contradict it.
                tracing::error!("the writer met a bug and goes on; the commits of one group failed");
                self.discard().await;
                if let Some(cache) = &self.cache {
                    cache.clear();
                }
            }
            if !self.keeps {
                self.held = None;
            }
        }
        self.held = None;
        self.read.close().await;
        self.pool.close().await;
        drop(self.lock);
        for answer in closing {
            // Who closed may not wait any more.
            let _ = answer.send(());
        }
    }

    async fn commit_all(&mut self, commits: Vec<Commit>) {
        let lists: Vec<&[Change]> = commits.iter().map(|c| c.changes.as_slice()).collect();
        let outcome = self.run(&lists).await;
        match outcome {
            Ok(verdicts) => self.answer_all(commits, verdicts),
            // One of them, who knows which, cannot be written: each for itself, so that the others can.
            Err(Failed::Statement(error)) if commits.len() > 1 && !is_lost(&error) => {
                tracing::warn!(%error, commits = commits.len(), "a group failed; its commits are tried one by one");
                for commit in commits {
                    let outcome = self.run(&[&commit.changes]).await;
                    self.answer_one(commit, outcome);
                }
            }
            Err(failed) => {
                // A second reader of the error is needed per waiter; the database's own is not Clone.
                let text = failed.to_string();
                for commit in commits {
                    self.answer_one(commit, Err(failed.again(&text)));
                }
            }
        }
    }

    fn answer_all(&self, commits: Vec<Commit>, verdicts: Vec<Verdict>) {
        for (commit, verdict) in commits.iter().zip(&verdicts) {
            if let (Some(cache), Ok(())) = (&self.cache, verdict) {
                cache.touch(&commit.changes);
            }
        }
        for (commit, verdict) in commits.into_iter().zip(verdicts) {
            // Who asked may have gone; what was asked for is done all the same.
            let _ = commit.answer.send(verdict.map_err(CommitError::Conflict));
        }
    }

    fn answer_one(&self, commit: Commit, outcome: Result<Vec<Verdict>, Failed>) {
        match outcome {
            Ok(verdicts) => self.answer_all(vec![commit], verdicts),
            Err(failed) => {
                // It may have been made all the same.
                if let Some(cache) = &self.cache {
                    cache.touch(&commit.changes);
                }
                let _ = commit.answer.send(Err(CommitError::Store(failed.into())));
            }
        }
    }

    /// Runs a batch, again on a new connection if the old one had died before anything was sent, and again
    /// if PostgreSQL undid it in favour of another process.
    async fn run(&mut self, lists: &[&[Change]]) -> Result<Vec<Verdict>, Failed> {
        let mut attempt = 1;
        loop {
            let (begin, patience) = (self.begin, self.patience(patience::ANSWER));
            let outcome = match self.connection().await {
                Ok(conn) => {
                    let work = patience::within(patience, batch::run(conn, begin, lists));
                    work.await.unwrap_or(Err(Failed::Silent))
                }
                Err(error) => Err(Failed::Begin(error)),
            };
            let Err(failed) = outcome else {
                return outcome;
            };
            let again = match &failed {
                Failed::Begin(error) => attempt == 1 && is_lost(error),
                Failed::Statement(error) => attempt < ATTEMPTS && (is_lost(error) || is_undone(error)),
                Failed::Commit(_) | Failed::Silent => false,
            };
            tracing::warn!(error = %failed, attempt, again, "a transaction failed");
            self.discard().await;
            if !again {
                return Err(failed);
            }
            attempt += 1;
        }
    }

    async fn sweep(&mut self, sweep: Sweep) {
        let patience = self.patience(patience::SWEEP);
        let outcome = match self.connection().await {
            Ok(conn) => {
                let args = Args::new().int(sweep.before).into_inner();
                let work = sqlx::query_with(sweep.sql, args).execute(&mut **conn);
                patience::within(patience, work).await.and_then(|done| Ok(done?))
            }
            Err(error) => Err(error.into()),
        };
        if outcome.is_err() {
            self.discard().await;
        }
        if let Some(cache) = &self.cache {
            cache.clear();
        }
        let _ = sweep.answer.send(outcome.map(|done| done.rows_affected()));
    }

    /// How long a statement may take.
    const fn patience(&self, remote: Duration) -> Duration {
        if self.is_remote { remote } else { Duration::MAX }
    }

    async fn connection(&mut self) -> Result<&mut PoolConnection<Any>, sqlx::Error> {
        let held = match self.held.take() {
            Some(held) => held,
            None => self.pool.acquire().await?,
        };
        Ok(self.held.insert(held))
    }

    /// Drops a connection whose state is doubtful, and with it an open transaction.
    async fn discard(&mut self) {
        if let Some(held) = self.held.take()
            && self.keeps
        {
            patience::close(held).await;
        }
    }
}

impl Failed {
    fn again(&self, text: &str) -> Self {
        let error = sqlx::Error::Io(std::io::Error::other(text.to_owned()));
        match self {
            Self::Begin(_) => Self::Begin(error),
            Self::Commit(_) => Self::Commit(error),
            Self::Silent => Self::Silent,
            Self::Statement(_) => Self::Statement(error),
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Begin(error) | Self::Commit(error) | Self::Statement(error) => error.fmt(f),
            Self::Silent => StoreError::Silent.fmt(f),
        }
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Begin(error) | Failed::Statement(error) => Self::Database(error),
            Failed::Silent => Self::Silent,
            Failed::Commit(error) => {
                tracing::error!(%error, "COMMIT failed; whether it was made is not known");
                Self::Interrupted
            }
        }
    }
}

/// Whether PostgreSQL undid the transaction for another's sake: serialization failure, deadlock.
fn is_undone(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| code == "40001" || code == "40P01")
}

/// Lets every request that is ready run up to its own commit, as long as that brings more: one sync of the disk
/// costs more than the work of several requests. Nobody waits for a clock.
async fn gather(queue: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>) {
    loop {
        let before = jobs.len();
        tokio::task::yield_now().await;
        while jobs.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        if jobs.len() == before || jobs.len() == GROUP {
            return;
        }
    }
}

/// Runs a future to its end; a panic in it is an error.
async fn surviving<F: Future<Output = ()>>(work: F) -> Result<(), ()> {
    let mut work = pin!(work);
    std::future::poll_fn(move |cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(_) => Poll::Ready(Err(())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use passband_core::time::Timestamp;

    #[tokio::test]
    async fn a_panic_costs_one_group_and_not_the_writer() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let spend = |n| vec![Change::Spend { id: [n; 32], until: Timestamp(1) }];
        let (lost, sent) = tokio::join!(store.commit(spend(1)), store.queue.send(Job::Panic));
        assert!(sent.is_ok());
        assert!(matches!(lost, Err(CommitError::Store(StoreError::Interrupted))), "{lost:?}");
        store.commit(spend(1)).await.unwrap();
        assert!(matches!(store.commit(spend(1)).await, Err(CommitError::Conflict(_))));
        store.close().await;
    }
}
