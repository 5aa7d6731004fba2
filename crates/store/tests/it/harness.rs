//! A fresh database for each body, and its end.

use crate::sample;
use passband_core::change::{Change, Conflict};
use passband_store::{CommitError, Store};
use passband_store::{Page, SignInFilter};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::path::PathBuf;
use std::sync::Arc;
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
    pub store: Arc<Store>,
}

impl Db {
    /// Makes changes that must succeed.
    pub async fn make(&self, changes: Vec<Change>) {
        self.store.commit(changes).await.unwrap();
    }

    /// Makes changes that must be refused with this conflict: alone, and in one group with two that must
    /// stand. Around them stand changes of every kind of handling, of which nothing may be left.
    pub async fn refuse(&self, conflict: Conflict, changes: Vec<Change>) {
        self.refuse_one(conflict, &changes).await;
        let (left, right) = (self.harmless(), self.harmless());
        let (first, (), second) = tokio::join!(
            self.store.commit(left.clone()),
            self.refuse_one(conflict, &changes),
            self.store.commit(right.clone())
        );
        first.unwrap();
        second.unwrap();
        for list in [left, right] {
            assert!(self.store.commit(list).await.is_err(), "what stood beside a refusal was lost");
        }
    }

    async fn refuse_one(&self, conflict: Conflict, changes: &[Change]) {
        let n = fresh_number();
        let spend = Change::Spend { id: sample::spend_id(n), until: sample::t(1) };
        let mark = Change::SetSetting { name: "mark", value: "left behind".to_owned() };
        let logged = Change::LogSignIn(Box::new(sample::line(n)));
        let around = [vec![mark, spend.clone(), logged], changes.to_vec()].concat();
        match self.store.commit(around).await {
            Err(CommitError::Conflict(found)) => assert_eq!(found, conflict, "{changes:?}"),
            other => panic!("{other:?} instead of {conflict:?} for {changes:?}"),
        }
        assert_eq!(self.store.setting("mark").await.unwrap(), None, "left behind by {changes:?}");
        let lines = self.store.sign_ins(&SignInFilter::default(), &Page::first(999)).await.unwrap().items;
        assert!(!lines.iter().any(|line| line.id == sample::line(n).id), "logged by {changes:?}");
        self.make(vec![spend]).await;
    }

    /// Changes that can be made once.
    fn harmless(&self) -> Vec<Change> {
        vec![Change::Spend { id: sample::spend_id(fresh_number()), until: sample::t(1) }]
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

/// A number no other call in this process gets, above those the tests write out.
fn fresh_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1_000_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A name no other test uses, in this process or another.
fn fresh_name() -> String {
    format!("passband_test_{}_{}", std::process::id(), fresh_number())
}

/// Where a database of this kind is, made and not yet opened.
pub struct Place {
    pub kind: Kind,
    pub url: String,
    pub folder: Option<PathBuf>,
    /// The server, and the schema on it.
    pub schema: Option<(String, String)>,
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
                let url = format!("{server}{mark}options[search_path]={name}&application_name={name}");
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

/// Runs a body on each database, each fresh. On one thread: what is joined there is queued together, and so
/// written in one group.
pub fn on_each(body: impl AsyncFn(&Db)) {
    run(tokio::runtime::Builder::new_current_thread(), async |place| open_and_close(place, &body).await);
}

/// As [`on_each`], on threads of their own.
pub fn on_each_threaded(body: impl AsyncFn(&Db)) {
    run(tokio::runtime::Builder::new_multi_thread(), async |place| open_and_close(place, &body).await);
}

/// Runs a body on each kind of place, before anything is opened there.
pub fn on_places(body: impl AsyncFn(&Place)) {
    run(tokio::runtime::Builder::new_current_thread(), body);
}

async fn open_and_close(place: &Place, body: impl AsyncFn(&Db)) {
    let store = Arc::new(Store::open(&place.url).await.unwrap());
    let db = Db { kind: place.kind, url: place.url.clone(), store };
    body(&db).await;
    db.store.close().await;
}

fn run(mut runtime: tokio::runtime::Builder, body: impl AsyncFn(&Place)) {
    let runtime = runtime.enable_all().build().unwrap();
    for kind in kinds() {
        println!("on {kind:?}");
        runtime.block_on(async {
            let place = Place::make(kind).await;
            body(&place).await;
            place.remove().await;
        });
    }
}
