//! Recovery codes and alarms.

use crate::harness::{on_each, on_each_threaded};
use crate::sample::*;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{Alarm, AlarmKind, RecoveryCode};
use passband_store::CommitError;
use std::sync::Arc;

fn replace(n: u8, hashes: &[u8], at: i64) -> Change {
    Change::ReplaceRecoveryCodes {
        user: user_id(n),
        hashes: hashes.iter().map(|h| [*h; 32]).collect(),
        at: t(at),
    }
}

fn with(n: u8, hash: u8, at: i64) -> Change {
    Change::UseRecoveryCode { user: user_id(n), hash: [hash; 32], at: t(at) }
}

fn code(n: u8, hash: u8, created: i64, used: Option<i64>) -> RecoveryCode {
    RecoveryCode { user: user_id(n), hash: [hash; 32], created: t(created), used: used.map(t) }
}

#[test]
fn a_set_of_codes_replaces_the_one_before() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertUser(user(2))]).await;
        db.make(vec![replace(1, &[3, 4], 5), replace(2, &[3], 6)]).await;
        let of = async |n| db.store.recovery_codes_of(user_id(n)).await.unwrap();
        assert_eq!(of(1).await, [code(1, 3, 5, None), code(1, 4, 5, None)]);
        let found = db.store.user_and_recovery_codes(&user(2).upn).await.unwrap();
        assert_eq!(found, Some((user(2), vec![code(2, 3, 6, None)])));
        db.make(vec![with(1, 3, 7)]).await;
        db.make(vec![replace(1, &[8], 9)]).await;
        assert_eq!(of(1).await, [code(1, 8, 9, None)], "the used one goes too");
        db.refuse(Conflict::Spent, vec![with(1, 4, 10)]).await;
        db.make(vec![replace(1, &[], 11)]).await;
        assert_eq!(of(1).await, []);
        let found = db.store.user_and_recovery_codes(&user(1).upn).await.unwrap();
        assert_eq!(found, Some((user(1), vec![])));
        assert_eq!(db.store.user_and_recovery_codes("nobody\0").await.unwrap(), None);
        db.make(vec![Change::DeleteUser(user_id(2))]).await;
        assert_eq!(of(2).await, []);
    });
}

#[test]
fn a_code_is_used_once_and_by_its_owner() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), replace(1, &[3, 4], 5)]).await;
        db.refuse(Conflict::Spent, vec![with(2, 3, 6)]).await;
        db.refuse(Conflict::Spent, vec![with(1, 9, 6)]).await;
        db.make(vec![with(1, 3, 7)]).await;
        db.refuse(Conflict::Spent, vec![with(1, 3, 8)]).await;
        let codes = db.store.recovery_codes_of(user_id(1)).await.unwrap();
        assert_eq!(codes, [code(1, 3, 5, Some(7)), code(1, 4, 5, None)]);
    });
}

#[test]
fn of_fifty_that_use_one_code_one_gets_in() {
    on_each_threaded(async |db| {
        db.make(vec![Change::InsertUser(user(1)), replace(1, &[3], 5)]).await;
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let store = Arc::clone(&db.store);
                tokio::spawn(async move { store.commit(vec![with(1, 3, n)]).await })
            })
            .collect();
        let mut in_it = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => in_it += 1,
                Err(error) => assert!(matches!(error, CommitError::Conflict(Conflict::Spent)), "{error}"),
            }
        }
        assert_eq!(in_it, 1);
    });
}

fn alarm(n: u8, kind: AlarmKind, at: i64) -> Alarm {
    let detail = format!("from 192.0.2.{at}");
    Alarm { user: user_id(n), kind, first: t(at), last: t(at), count: 1, detail }
}

fn raise(n: u8, kind: AlarmKind, at: i64) -> Change {
    Change::RaiseAlarm(Box::new(alarm(n, kind, at)))
}

#[test]
fn alarms_add_up_until_somebody_has_seen_all_of_them() {
    use AlarmKind::{BreakGlassRefused, BreakGlassUsed, RecoveryCodeUsed};
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertUser(user(2))]).await;
        db.make(vec![raise(1, BreakGlassRefused, 1), raise(1, BreakGlassUsed, 2)]).await;
        db.make(vec![raise(1, BreakGlassRefused, 3), raise(2, RecoveryCodeUsed, 4)]).await;
        let twice = Alarm { first: t(1), count: 2, ..alarm(1, BreakGlassRefused, 3) };
        let used = alarm(1, BreakGlassUsed, 2);
        // Administrators see what is for them; a person, all there is of their account.
        let both = [(twice.clone(), user(1)), (used.clone(), user(1))];
        assert_eq!(db.store.alarms().await.unwrap(), both);
        assert_eq!(db.store.alarms_of(user_id(2)).await.unwrap(), [alarm(2, RecoveryCodeUsed, 4)]);
        let seen = |seen| Change::AcknowledgeAlarm { user: user_id(1), kind: BreakGlassRefused, seen };
        // One more came while the page was read: it must not go unseen.
        db.refuse(Conflict::Stale, vec![seen(1)]).await;
        db.make(vec![seen(2)]).await;
        db.refuse(Conflict::Stale, vec![seen(2)]).await;
        assert_eq!(db.store.alarms_of(user_id(1)).await.unwrap(), [used]);
        db.make(vec![raise(1, BreakGlassRefused, 9)]).await;
        assert_eq!(db.store.alarms().await.unwrap()[0].0, alarm(1, BreakGlassRefused, 9), "it begins anew");
        db.make(vec![Change::DeleteUser(user_id(1))]).await;
        assert_eq!(db.store.alarms().await.unwrap(), []);
    });
}
