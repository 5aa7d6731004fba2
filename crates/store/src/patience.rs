//! How long anybody waits for the database.
//!
//! A database that breaks says so. One that goes silent does not: a firewall that forgot the connection, a host that
//! lost its power, a disk that hangs. TCP would wait for a quarter of an hour, and every request with it. So each wait
//! has an end here, and what comes of it is a refusal.

use crate::error::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection as _};
use std::time::Duration;

/// For a connection, a new one included.
pub(crate) const ACQUIRE: Duration = Duration::from_secs(5);

/// For the answer to a load, and for a transaction. PostgreSQL itself ends a load a second sooner, see
/// `open::POSTGRES_READS`: then the connection is still good.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

/// For a commit, with its place in the queue: room for [`ACQUIRE`] and [`ANSWER`].
pub(crate) const COMMIT: Duration = Duration::from_secs(20);

/// For a sweep, which may delete a lot: longer than PostgreSQL gives it, see `open::POSTGRES`.
pub(crate) const SWEEP: Duration = Duration::from_secs(65);

/// For a connection to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// `work`, which must end within this time.
///
/// # Errors
///
/// [`StoreError::Silent`].
pub(crate) async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Result<T, StoreError> {
    tokio::time::timeout(time, work).await.map_err(|_| StoreError::Silent)
}

/// Closes a connection whose state is doubtful; how it closes is no news.
pub(crate) async fn close(conn: PoolConnection<Any>) {
    let _ = tokio::time::timeout(GOODBYE, conn.close()).await;
}

/// A connection that a load is under way on. Left in the middle, because the time was up or whoever asked has gone, it
/// goes back to its pool only if it still answers: the pool would wait for that without end, and each such load would
/// take a place in it away.
pub(crate) struct Busy {
    conn: Option<PoolConnection<Any>>,
    is_remote: bool,
}

impl Busy {
    pub(crate) const fn new(conn: PoolConnection<Any>, is_remote: bool) -> Self {
        Self { conn: Some(conn), is_remote }
    }

    /// The connection; none once it was [taken](Self::take).
    pub(crate) fn conn(&mut self) -> Result<&mut PoolConnection<Any>, StoreError> {
        self.conn.as_mut().ok_or(StoreError::Closed)
    }

    /// The connection, when the load has ended.
    pub(crate) const fn take(&mut self) -> Option<PoolConnection<Any>> {
        self.conn.take()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // SQLite has no one to be silent, and a database in memory lives as long as its connection.
        if let Some(mut conn) = self.conn.take()
            && self.is_remote
        {
            tokio::spawn(async move {
                if !matches!(tokio::time::timeout(ANSWER, conn.ping()).await, Ok(Ok(()))) {
                    drop(conn.detach());
                }
            });
        }
    }
}
