//! Commits that meet in one group, or race in two.

use crate::harness::{Db, Kind, on_each, on_each_threaded, on_places};
use crate::sample::*;
use passband_core::audit::SignIn;
use passband_core::change::{Change, Conflict};
use passband_store::{CommitError, Page, SignInFilter, Store, StoreError};
use std::sync::Arc;

/// Makes these lists all at once; what became of each.
async fn at_once(store: &Arc<Store>, lists: Vec<Vec<Change>>) -> Vec<Result<(), CommitError>> {
    let tasks: Vec<_> = lists
        .into_iter()
        .map(|list| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.commit(list).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// That one won and all others met this conflict.
fn assert_one_won(outcomes: Vec<Result<(), CommitError>>, conflict: Conflict) {
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes {
        match outcome {
            Ok(()) => {}
            Err(CommitError::Conflict(found)) => assert_eq!(found, conflict),
            Err(error) => panic!("{error}"),
        }
    }
}

fn log(n: u32) -> Change {
    Change::LogSignIn(Box::new(line(n)))
}

fn spend(n: u32) -> Change {
    Change::Spend { id: spend_id(n), until: t(1) }
}

async fn logged(db: &Db) -> Vec<SignIn> {
    db.store.sign_ins(&SignInFilter::default(), &Page::first(999)).await.unwrap().items
}

#[test]
fn of_commits_in_one_trip_only_the_replays_are_refused() {
    let body = async |db: &Db| {
        // Below, at and above the most that one trip takes.
        for (round, size) in [(0, 5), (1, 64), (2, 80)] {
            let number = |n: u32| round * 1000 + n;
            db.make(vec![spend(number(3)), log(number(3))]).await;
            let before = logged(db).await.len();
            let lists = (0..size).map(|n| vec![spend(number(n)), log(number(n + 500))]).collect();
            for (n, outcome) in at_once(&db.store, lists).await.into_iter().enumerate() {
                match outcome {
                    Ok(()) => assert_ne!(n, 3),
                    Err(CommitError::Conflict(Conflict::Spent)) => assert_eq!(n, 3),
                    Err(error) => panic!("{error}"),
                }
            }
            assert_eq!(logged(db).await.len(), before + size as usize - 1);
        }
    };
    on_each(body);
    on_each_threaded(body);
}

#[test]
fn of_a_hundred_that_spend_one_id_one_wins() {
    let body = async |db: &Db| {
        let outcomes = at_once(&db.store, (0..100).map(|n| vec![spend(1), log(n)]).collect()).await;
        assert_one_won(outcomes, Conflict::Spent);
        assert_eq!(logged(db).await.len(), 1);
    };
    on_each(body);
    on_each_threaded(body);
}

#[test]
fn of_a_hundred_that_advance_one_grant_one_wins() {
    let body = async |db: &Db| {
        db.make(vec![Change::InsertSession(Box::new(session(1, 1))), Change::InsertGrant(grant(1, 1))]).await;
        let advance = Change::AdvanceGrant { family: [1; 16], from: 5, at: t(70) };
        // Each spends an id of its own first, so that a refusal has something to undo.
        let lists = (0..100).map(|n| vec![spend(n), log(n), advance.clone()]).collect();
        let outcomes = at_once(&db.store, lists).await;
        let winner = outcomes.iter().position(|outcome| outcome.is_ok()).unwrap();
        assert_one_won(outcomes, Conflict::Stale);
        assert_eq!(db.store.grant([1; 16]).await.unwrap().unwrap().0.generation, 6);
        assert_eq!(logged(db).await, [line(winner as u32)]);
        // Nobody's id but the winner's is spent.
        let again = at_once(&db.store, (0..100).map(|n| vec![spend(n)]).collect()).await;
        for (n, outcome) in again.into_iter().enumerate() {
            assert_eq!(outcome.is_err(), n == winner, "{n}");
        }
    };
    on_each(body);
    on_each_threaded(body);
}

#[test]
fn of_two_stores_on_one_server_one_wins() {
    on_places(async |place| {
        if place.kind != Kind::Postgres {
            return;
        }
        // Opened at once: the schema must be made once.
        let (left, right) = tokio::join!(Store::open(&place.url), Store::open(&place.url));
        let (left, right) = (Arc::new(left.unwrap()), Arc::new(right.unwrap()));
        // In opposite orders, so that rows are locked crosswise.
        let lists =
            |from: u32| (0..50).map(move |n| vec![spend(if from == 0 { n } else { 49 - n }), log(from + n)]);
        let (a, b) = tokio::join!(at_once(&left, lists(0).collect()), at_once(&right, lists(100).collect()));
        for n in 0..50 {
            let winners = usize::from(a[n].is_ok()) + usize::from(b[49 - n].is_ok());
            assert_eq!(winners, 1, "{:?} {:?}", a[n], b[49 - n]);
        }
        left.close().await;
        right.close().await;
    });
}

#[test]
fn a_conflict_in_one_leaves_the_others() {
    on_each(async |db| {
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertPasskey(Box::new(passkey(1, 1))),
            spend(500),
        ])
        .await;
        let lists = (0..40)
            .map(|n| {
                let seen = if n == 0 { 7 } else { 6 };
                let used = Change::UsePasskey {
                    id: vec![1; 20],
                    seen,
                    sign_count: 7,
                    backup_state: false,
                    at: t(1),
                };
                let began = Change::InsertSession(Box::new(session(n as u8 + 1, 1)));
                match n % 4 {
                    0 if n > 0 => vec![spend(n), began, used, log(n)],
                    1 => vec![spend(500), began, log(n)],
                    2 => vec![spend(n), log(n)],
                    _ => vec![spend(n), began, log(n)],
                }
            })
            .collect();
        let outcomes = at_once(&db.store, lists).await;
        let mut kept: Vec<u32> = logged(db)
            .await
            .iter()
            .map(|l| u32::from_be_bytes(l.id.as_bytes()[..4].try_into().unwrap()))
            .collect();
        kept.sort_unstable();
        let expected: Vec<u32> = (0..40).filter(|n| *n == 0 || n % 4 >= 2).collect();
        assert_eq!(kept, expected);
        for (n, outcome) in outcomes.into_iter().enumerate() {
            assert_eq!(outcome.is_ok(), expected.contains(&(n as u32)), "{n}");
            let began = db.store.standing(session_id(n as u8 + 1)).await.unwrap().is_some();
            assert_eq!(began, expected.contains(&(n as u32)) && n % 4 != 2, "{n}");
        }
    });
}

#[test]
fn an_error_in_one_leaves_the_others() {
    on_each(async |db| {
        db.make(vec![log(3)]).await;
        // A line of the log that is there already is no conflict the core knows: it is a fault.
        let outcomes = at_once(&db.store, (0..6).map(|n| vec![spend(n), log(n)]).collect()).await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(()) => assert_ne!(n, 3),
                Err(CommitError::Store(StoreError::Database(_))) => assert_eq!(n, 3),
                Err(other) => panic!("{n}: {other}"),
            }
        }
        assert_eq!(logged(db).await.len(), 6);
        db.make(vec![spend(3)]).await;
        db.refuse(Conflict::Spent, vec![spend(2)]).await;
    });
}

#[test]
fn a_thousand_of_a_kind_are_all_written() {
    on_each_threaded(async |db| {
        let outcomes = at_once(&db.store, (0..997).map(|n| vec![spend(n), log(n)]).collect()).await;
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(logged(db).await.len(), 997);
    });
}

#[test]
fn closing_writes_what_is_queued() {
    on_places(async |place| {
        let store = Arc::new(Store::open(&place.url).await.unwrap());
        let (outcomes, ()) =
            tokio::join!(at_once(&store, (0..300).map(|n| vec![spend(n)]).collect()), async {
                tokio::task::yield_now().await;
                store.close().await;
            });
        let written: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
        assert!(written.contains(&true));
        for outcome in outcomes {
            assert!(matches!(outcome, Ok(()) | Err(CommitError::Store(StoreError::Closed))), "{outcome:?}");
        }
        let refused = store.commit(vec![spend(1000)]).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Closed))));
        assert!(store.ping().await.is_err());
        if place.kind == Kind::Memory {
            return;
        }
        let store = Store::open(&place.url).await.unwrap();
        for (n, written) in written.into_iter().enumerate() {
            assert_eq!(store.commit(vec![spend(n as u32)]).await.is_err(), written, "{n}");
        }
        store.close().await;
    });
}

#[test]
fn a_caller_that_goes_away_loses_nothing_for_the_others() {
    on_each(async |db| {
        let mut gone = Box::pin(db.store.commit(vec![spend(1)]));
        // Queued, and dropped before the answer.
        assert!(futures_poll(gone.as_mut()).await.is_none());
        drop(gone);
        db.make(vec![spend(2)]).await;
        db.refuse(Conflict::Spent, vec![spend(1)]).await;
    });
}

/// Polls a future once.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
