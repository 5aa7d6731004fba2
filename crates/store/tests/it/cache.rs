//! What is kept in memory is what the database would answer, after every change there is.

use crate::harness::{Db, Kind, on_each};
use crate::sample::*;
use passband_core::change::Change;
use passband_core::directory::{App, Passkey, Session, User};
use passband_core::time::Seconds;
use passband_store::{Caching, Store, StoreError};
use std::sync::Arc;

/// A session with user, device, passkey and parent, and the parent.
async fn seed(db: &Db) {
    let child = Session {
        device: Some(device_id(1)),
        parent: Some(session_id(1)),
        credential: Some(passkey(1, 1).id),
        ..session(2, 1)
    };
    let mut missing = child.clone();
    missing.id = session_id(3);
    (missing.user, missing.device, missing.credential) = (user_id(2), Some(device_id(2)), Some(vec![2; 20]));
    db.make(vec![
        Change::InsertUser(user(1)),
        Change::InsertPasskey(Box::new(passkey(1, 1))),
        Change::InsertDevice(Box::new(device(1, 1))),
        Change::InsertSession(Box::new(session(1, 1))),
        Change::InsertSession(Box::new(child)),
        Change::InsertSession(Box::new(missing)),
        Change::InsertApp(app(1)),
    ])
    .await;
}

#[test]
fn answers_are_kept_only_where_no_other_process_writes() {
    on_each(async |db| {
        seed(db).await;
        let kept = db.kind != Kind::Postgres;
        assert_eq!(db.store.caching() == Caching::InProcess, kept);
        let standing = || async { db.store.standing(session_id(2)).await.unwrap().unwrap() };
        assert_eq!(Arc::ptr_eq(&standing().await, &standing().await), kept);
        let app = || async { db.store.app(client_id(1)).await.unwrap().unwrap() };
        assert_eq!(Arc::ptr_eq(&app().await, &app().await), kept);
        if db.kind == Kind::Postgres {
            let refused = Store::open_with(&db.url, Caching::InProcess).await;
            assert!(matches!(refused, Err(StoreError::Caching)));
        }
    });
}

#[test]
fn every_change_that_matters_is_seen_at_once() {
    let relevant: Vec<(&str, u8, Change)> = vec![
        ("session", 2, Change::AdvanceSession { id: session_id(2), from: 3, at: t(70), expires: t(700) }),
        ("end of parent", 2, Change::EndSession { id: session_id(1), at: t(80) }),
        ("user", 2, Change::UpdateUser(User { enabled: false, ..user(1) })),
        ("device", 2, Change::SetDeviceEnabled { id: device_id(1), enabled: false }),
        ("compliance", 2, Change::TellDevice { id: device_id(1), seen: 0, told: Box::new(told(40)) }),
        ("no device", 2, Change::DeleteDevice(device_id(1))),
        ("no passkey", 2, Change::DeletePasskey { id: passkey(1, 1).id, user: user_id(1) }),
        ("end of all", 2, Change::EndSessionsOf { user: user_id(1), at: t(80) }),
        ("new user", 3, Change::InsertUser(user(2))),
        ("new device", 3, Change::InsertDevice(Box::new(device(2, 2)))),
        ("new passkey", 3, Change::InsertPasskey(Box::new(Passkey { id: vec![2; 20], ..passkey(2, 2) }))),
        ("end", 3, Change::EndSession { id: session_id(3), at: t(80) }),
    ];
    on_each(async |db| {
        seed(db).await;
        for (name, n, change) in &relevant {
            let before = db.store.standing(session_id(*n)).await.unwrap();
            db.make(vec![change.clone()]).await;
            let after = db.store.standing(session_id(*n)).await.unwrap();
            assert_ne!(before, after, "{name}");
            // And it is the database's answer: a second store on the same rows would give the same.
            assert_eq!(after, db.store.standing(session_id(*n)).await.unwrap(), "{name}");
        }
        db.make(vec![Change::DeleteUser(user_id(1))]).await;
        assert_eq!(db.store.standing(session_id(2)).await.unwrap(), None);
    });
}

#[test]
fn a_refused_change_changes_nothing_that_is_kept() {
    on_each(async |db| {
        seed(db).await;
        let before = db.store.standing(session_id(2)).await.unwrap();
        let stale = Change::AdvanceSession { id: session_id(2), from: 99, at: t(70), expires: t(700) };
        let list = vec![Change::EndSession { id: session_id(2), at: t(80) }, stale];
        db.store.commit(list).await.unwrap_err();
        assert_eq!(db.store.standing(session_id(2)).await.unwrap(), before);
    });
}

#[test]
fn what_no_decision_rests_on_keeps_the_answer() {
    let harmless = vec![
        Change::SeenDevice { id: device_id(1), at: t(60) },
        Change::Spend { id: spend_id(1), until: t(1) },
        Change::LogSignIn(Box::new(line(1))),
        Change::UsePasskey { id: vec![1; 20], seen: 7, sign_count: 8, backup_state: false, at: t(1) },
        Change::RenamePasskey { id: vec![1; 20], user: user_id(1), name: "Blue".to_owned() },
    ];
    on_each(async |db| {
        seed(db).await;
        let before = db.store.standing(session_id(2)).await.unwrap().unwrap();
        for change in &harmless {
            db.make(vec![change.clone()]).await;
            let after = db.store.standing(session_id(2)).await.unwrap().unwrap();
            assert_eq!(Arc::ptr_eq(&before, &after), db.kind != Kind::Postgres, "{change:?}");
        }
    });
}

#[test]
fn a_device_that_goes_with_its_owner_goes_for_others_too() {
    on_each(async |db| {
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertUser(user(2)),
            Change::InsertDevice(Box::new(device(1, 1))),
            Change::InsertSession(Box::new(Session { device: Some(device_id(1)), ..session(2, 2) })),
        ])
        .await;
        assert!(db.store.standing(session_id(2)).await.unwrap().unwrap().device.is_some());
        db.make(vec![Change::DeleteUser(user_id(1))]).await;
        assert!(db.store.standing(session_id(2)).await.unwrap().unwrap().device.is_none());
    });
}

#[test]
fn a_swept_parent_is_gone_for_its_children() {
    on_each(async |db| {
        let parent = Session { expires: t(0), ..session(1, 1) };
        let child = Session { parent: Some(session_id(1)), expires: t(99_000_000), ..session(2, 1) };
        db.make(vec![Change::InsertSession(Box::new(parent)), Change::InsertSession(Box::new(child))]).await;
        assert_eq!(db.store.standing(session_id(2)).await.unwrap().unwrap().parent_ended, None);
        let swept = db.store.sweep(t(1) + passband_store::RETENTION, Seconds(60)).await.unwrap();
        assert_eq!(swept.sessions, 1);
        assert!(db.store.standing(session_id(2)).await.unwrap().unwrap().parent_ended.is_some());
    });
}

#[test]
fn applications_follow_every_change_under_each_name() {
    on_each(async |db| {
        seed(db).await;
        let by_uri = async |uri: &str| db.store.app_by_resource(uri).await.unwrap();
        assert!(by_uri("api://app1").await.is_some());
        let moved = App { identifier_uris: vec!["api://moved".to_owned()], enabled: false, ..app(1) };
        db.make(vec![Change::UpdateApp(moved.clone())]).await;
        assert_eq!(by_uri("api://app1").await, None);
        assert_eq!(by_uri("api://moved").await.as_deref(), Some(&moved));
        assert!(!db.store.app(client_id(1)).await.unwrap().unwrap().enabled);
        let heir = App { identifier_uris: app(1).identifier_uris, ..app(2) };
        db.make(vec![Change::InsertApp(heir.clone())]).await;
        assert_eq!(by_uri("api://app1").await.as_deref(), Some(&heir));
        db.make(vec![Change::DeleteApp(client_id(1))]).await;
        assert_eq!(by_uri("api://moved").await, None);
        assert_eq!(db.store.app(client_id(1)).await.unwrap(), None);
    });
}
