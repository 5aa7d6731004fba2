//! Opening, the lock, the schema, and a database that goes away and comes back.

use crate::harness::{Kind, execute, on_places};
use crate::sample::*;
use passband_core::change::Change;
use passband_store::{CommitError, Store, StoreError};

#[test]
fn what_was_committed_is_there_after_opening_again() {
    on_places(async |place| {
        if place.kind == Kind::Memory {
            return;
        }
        for n in 1..=3 {
            let store = Store::open(&place.url).await.unwrap();
            store.commit(vec![Change::InsertUser(user(n))]).await.unwrap();
            for old in 1..=n {
                assert_eq!(store.user(user_id(old)).await.unwrap(), Some(user(old)));
            }
            store.close().await;
        }
    });
}

#[test]
fn a_file_is_open_in_one_process_only_and_the_message_names_it() {
    on_places(async |place| {
        let store = Store::open(&place.url).await.unwrap();
        let second = Store::open(&place.url).await;
        match place.kind {
            Kind::File => {
                let message = second.unwrap_err().to_string();
                assert!(message.contains(&format!("process id {}", std::process::id())), "{message}");
                assert!(message.contains("pass band.db"), "{message}");
            }
            Kind::Memory => second.unwrap().close().await,
            Kind::Postgres => second.unwrap().close().await,
        }
        store.close().await;
        drop(store);
        Store::open(&place.url).await.unwrap().close().await;
    });
}

#[test]
fn an_url_of_no_known_form_is_refused() {
    on_places(async |_| {
        for url in
            ["", "mysql://x", "sqlite://", "sqlite:x", "sqlite://a?mode=memory", "postgres//x", "/tmp/x"]
        {
            assert!(matches!(Store::open(url).await, Err(StoreError::Url)), "{url:?}");
        }
        let nowhere = Store::open("sqlite:///nonexistent-folder/x.db").await;
        assert!(matches!(nowhere, Err(StoreError::File { .. })), "{nowhere:?}");
    });
}

#[test]
fn the_same_name_of_a_file_in_two_spellings_is_one_lock() {
    on_places(async |place| {
        let Some(folder) = &place.folder else { return };
        let store = Store::open(&place.url).await.unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let detour = format!("sqlite://{}/../{name}/pass band.db", folder.display());
        assert!(matches!(Store::open(&detour).await, Err(StoreError::Locked { .. })));
        store.close().await;
    });
}

#[test]
fn a_hostile_file_name_is_only_a_name() {
    on_places(async |place| {
        let Some(folder) = &place.folder else { return };
        let name = "a%20b#c ä'\"&x=y.db";
        let store = Store::open(&format!("sqlite://{}/{name}", folder.display())).await.unwrap();
        store.commit(vec![Change::InsertKey(key(1))]).await.unwrap();
        store.close().await;
        assert!(folder.join(name).exists());
    });
}

#[test]
fn a_migration_that_was_changed_or_is_unknown_stops_the_start() {
    on_places(async |place| {
        if place.kind == Kind::Memory {
            return;
        }
        let open = async || Store::open(&place.url).await;
        open().await.unwrap().close().await;
        execute(
            &place.url,
            "INSERT INTO migrations (number, name, sha256) SELECT 99, 'later', sha256 FROM migrations WHERE number = 1",
        )
        .await;
        match open().await {
            Err(StoreError::MigrationUnknown { number: 99, name }) => assert_eq!(name, "later"),
            other => panic!("{other:?}"),
        }
        execute(&place.url, "DELETE FROM migrations WHERE number = 99").await;
        open().await.unwrap().close().await;
        let zeros = if place.kind == Kind::Postgres { "'\\x00'" } else { "x'00'" };
        execute(&place.url, &format!("UPDATE migrations SET sha256 = {zeros}")).await;
        assert!(matches!(open().await, Err(StoreError::MigrationChanged { number: 1, .. })));
    });
}

#[test]
fn many_processes_starting_at_once_make_one_schema() {
    on_places(async |place| {
        if place.kind != Kind::Postgres {
            return;
        }
        let open = || Store::open(&place.url);
        let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
        for store in [a, b, c, d] {
            let store = store.unwrap();
            store.ping().await.unwrap();
            store.close().await;
        }
    });
}

#[test]
fn a_server_that_ended_its_sessions_is_reached_again() {
    on_places(async |place| {
        let Some((server, name)) = &place.schema else { return };
        let store = Store::open(&place.url).await.unwrap();
        store.commit(vec![Change::InsertUser(user(1))]).await.unwrap();
        store.user(user_id(1)).await.unwrap();
        let end = format!(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{name}'"
        );
        for n in 2..5 {
            execute(server, &end).await;
            // First the writer, then the loads, on connections that are all dead.
            store.commit(vec![Change::InsertUser(user(n))]).await.unwrap();
            assert_eq!(store.user(user_id(n)).await.unwrap(), Some(user(n)));
        }
        store.close().await;
    });
}

#[test]
fn when_commit_itself_fails_everyone_is_told() {
    on_places(async |place| {
        if place.kind != Kind::Postgres {
            return;
        }
        let store = Store::open(&place.url).await.unwrap();
        execute(
            &place.url,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW WHEN (NEW.value = 'bad') EXECUTE FUNCTION refuse()",
        )
        .await;
        let set = |value: &str| vec![Change::SetSetting { name: "x", value: value.to_owned() }];
        let (a, b) = tokio::join!(store.commit(vec![Change::InsertKey(key(1))]), store.commit(set("bad")));
        for outcome in [a, b] {
            assert!(matches!(outcome, Err(CommitError::Store(StoreError::Interrupted))), "{outcome:?}");
        }
        assert!(store.keys().await.unwrap().is_empty());
        store.commit(set("good")).await.unwrap();
        store.close().await;
    });
}
