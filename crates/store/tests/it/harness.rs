//! A fresh database for each body, and its end.

use passband_core::change::{Change, Conflict};
use passband_store::{CommitError, Store};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which database a body runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Memory,
    Postgres,
}

/// An opened database.
pub struct Db {
    pub kind: Kind,
    pub url: String,
    pub store: Store,
}

impl Db {
    /// Makes changes that must succeed.
    pub async fn make(&self, changes: Vec<Change>) {
        self.store.commit(changes).await.unwrap();
    }

    /// Makes changes that must be refused, with this conflict.
    pub async fn refuse(&self, conflict: Conflict, changes: Vec<Change>) {
        match self.store.commit(changes).await {
            Err(CommitError::Conflict(found)) => assert_eq!(found, conflict),
            other => panic!("{other:?} instead of {conflict:?}"),
        }
    }

    /// Runs SQL beside the store, as another program would. Not in memory.
    pub async fn execute(&self, sql: &str) {
        execute(&self.url, sql).await;
    }
}

pub async fn execute(url: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut conn = sqlx::AnyConnection::connect(url).await.unwrap();
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
    conn.close().await.unwrap();
}

/// The databases of this run.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = vec![Kind::Memory, Kind::File];
    if server().is_some() {
        kinds.push(Kind::Postgres);
    }
    kinds
}

fn server() -> Option<String> {
    let server = std::env::var("PASSBAND_TEST_PG").ok().filter(|url| !url.is_empty());
    let required = std::env::var("PASSBAND_REQUIRE_PG").is_ok_and(|v| v == "1");
    assert!(
        server.is_some() || !required,
        "PASSBAND_REQUIRE_PG=1, so set PASSBAND_TEST_PG to the URL of a PostgreSQL server to test on"
    );
    server
}

/// A name no other test uses, in this process or another.
fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("passband_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Where a database of this kind is, made and not yet opened.
pub struct Place {
    pub kind: Kind,
    pub url: String,
    pub folder: Option<PathBuf>,
    schema: Option<(String, String)>,
}

impl Place {
    pub async fn make(kind: Kind) -> Self {
        let name = fresh_name();
        match kind {
            Kind::Memory => Self { kind, url: "sqlite::memory:".to_owned(), folder: None, schema: None },
            Kind::File => {
                let folder = std::env::temp_dir().join(name);
                std::fs::create_dir(&folder).unwrap();
                let url = format!("sqlite://{}", folder.join("pass band.db").display());
                Self { kind, url, folder: Some(folder), schema: None }
            }
            Kind::Postgres => {
                let server = server().unwrap();
                execute(&server, &format!("CREATE SCHEMA {name}")).await;
                let mark = if server.contains('?') { '&' } else { '?' };
                let url = format!("{server}{mark}options[search_path]={name}");
                Self { kind, url, folder: None, schema: Some((server, name)) }
            }
        }
    }

    pub async fn remove(self) {
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder).unwrap();
        }
        if let Some((server, name)) = self.schema {
            execute(&server, &format!("DROP SCHEMA {name} CASCADE")).await;
        }
    }
}

/// Runs a body on each database, each fresh.
pub fn on_each(body: impl AsyncFn(&Db)) {
    on_places(async |place| {
        let store = Store::open(&place.url).await.unwrap();
        let db = Db { kind: place.kind, url: place.url.clone(), store };
        body(&db).await;
        db.store.close().await;
    });
}

/// Runs a body on each kind of place, before anything is opened there.
pub fn on_places(body: impl AsyncFn(&Place)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for kind in kinds() {
        println!("on {kind:?}");
        runtime.block_on(async {
            let place = Place::make(kind).await;
            body(&place).await;
            place.remove().await;
        });
    }
}
