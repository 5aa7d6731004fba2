//! The chain of the audit log: made with what it tells of, whole under load, and broken where somebody else wrote.

use crate::harness::{Db, Kind, on_each, on_each_threaded};
use crate::sample::{audit, spend_id, t, user};
use passband_core::audit::chain::{Broken, Place, Verifier};
use passband_core::change::Change;
use passband_store::{Store, StoreError};

async fn verified(db: &Db, anchor: Option<Place>) -> Result<u64, Broken> {
    let mut verifier = Verifier::new(db.store.audit_ends().await.unwrap(), anchor);
    let mut after = verifier.place();
    loop {
        let lines = db.store.audit_chain(after, 7).await.unwrap();
        let Some(last) = lines.last() else { return verifier.finish() };
        after = last.seq;
        for line in &lines {
            let (link, hash) = line.link().expect("every line is in the chain");
            verifier.step(&link, hash)?;
        }
    }
}

fn line(n: u8) -> Change {
    Change::LogAudit(Box::new(audit(n)))
}

#[test]
fn lines_written_at_once_form_one_chain() {
    on_each_threaded(async |db| {
        let writers = (0..8u8).map(|task| {
            let store = std::sync::Arc::clone(&db.store);
            tokio::spawn(async move {
                for n in 0..10 {
                    let n = task * 10 + n + 1;
                    store
                        .commit(vec![Change::Spend { id: spend_id(u32::from(n)), until: t(1) }, line(n)])
                        .await
                        .unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(verified(db, None).await, Ok(80));
        // Several lines of one commit, in its order; none of a commit that is refused.
        db.make(vec![line(101), line(102)]).await;
        let refused =
            db.store.commit(vec![Change::InsertUser(user(1)), Change::InsertUser(user(1)), line(103)]);
        assert!(refused.await.is_err());
        assert_eq!(verified(db, None).await, Ok(82));
        let head = db.store.audit_ends().await.unwrap().head;
        assert_eq!(verified(db, Some(head)).await, Ok(82));
    });
}

#[test]
fn who_writes_to_the_database_is_found_out() {
    on_each(async |db| {
        if db.kind == Kind::Memory {
            return;
        }
        db.make((1..=6).map(line).collect()).await;
        let head = db.store.audit_ends().await.unwrap().head;
        db.execute("UPDATE audits SET actor = 'eve@localhost' WHERE seq = 4").await;
        assert_eq!(verified(db, None).await, Err(Broken::Altered(4)));
        db.execute("DELETE FROM audits WHERE seq = 3").await;
        assert_eq!(verified(db, None).await, Err(Broken::Missing(3)));
        db.execute("DELETE FROM audits WHERE seq > 2").await;
        assert_eq!(verified(db, None).await, Err(Broken::Cut { has: 2, had: 6 }));
        // With the head moved back as well, only what was written down tells.
        db.execute("UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audits WHERE seq = 2)").await;
        assert_eq!(verified(db, None).await, Ok(2));
        assert_eq!(verified(db, Some(head)).await, Err(Broken::Cut { has: 2, had: 6 }));
    });
}

/// Two servers on one PostgreSQL: the row of the head makes their lines queue. A file has one server, by its lock.
#[test]
fn two_servers_on_one_database_write_one_chain() {
    on_each_threaded(async |db| {
        let second = match db.kind {
            Kind::Postgres => std::sync::Arc::new(Store::open(&db.url).await.unwrap()),
            Kind::File => {
                assert!(matches!(Store::open(&db.url).await, Err(StoreError::Locked { .. })));
                return;
            }
            Kind::Memory => return,
        };
        let writers = (0..8u8).map(|task| {
            let store = std::sync::Arc::clone(if task % 2 == 0 { &db.store } else { &second });
            tokio::spawn(async move {
                for n in 0..15 {
                    let n = task * 15 + n + 1;
                    let spend = Change::Spend { id: spend_id(u32::from(n)), until: t(1) };
                    let setting = Change::SetSetting { name: "mark", value: n.to_string() };
                    store.commit(vec![spend, setting, line(n)]).await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(verified(db, None).await, Ok(120));
        let (here, there) = (db.store.audit_ends().await.unwrap(), second.audit_ends().await.unwrap());
        assert_eq!(here, there);
        second.close().await;
    });
}

/// PostgreSQL holds no NUL, so a text is stored with another character in its place. The hash is of what is there to be read.
#[test]
fn what_is_hashed_is_what_is_stored() {
    on_each(async |db| {
        let mut told = audit(1);
        (told.actor, told.target, told.detail) =
            ("a\0da".to_owned(), "one\0".to_owned(), "\0from 192.0.2.1".to_owned());
        db.make(vec![Change::LogAudit(Box::new(told)), line(2)]).await;
        assert_eq!(verified(db, None).await, Ok(2));
    });
}
