//! The plug is pulled: a node loses its way to PostgreSQL, between two requests and in the middle of one. It refuses on
//! every path until the way is back, and nothing is had twice.
//!
//! On SQLite there is no way to cut; `a_node_that_lost_its_database_refuses` closes that one. These tests take a
//! PostgreSQL (`PASSBAND_TEST_ON=postgres`), as the checks have it.

use crate::revocation::{Holdings, PATHS, holdings, is_used_up, passes};
use crate::world::World;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A cable between a node and PostgreSQL. Whoever connects while it is pulled is hung up on; while it is dead, nothing
/// comes through and nobody is told.
struct Cable {
    database: String,
    wire: Arc<Wire>,
}

struct Wire {
    is_plugged: watch::Sender<bool>,
    is_dead: watch::Sender<bool>,
    /// Pieces of answers until it is pulled by itself; that piece is lost.
    left: AtomicI64,
}

impl Wire {
    fn set(&self, plugged: bool) {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.is_plugged.send_replace(plugged);
    }

    async fn while_dead(&self) {
        let _ = self.is_dead.subscribe().wait_for(|dead| !dead).await;
    }

    async fn carry(&self, mut node: TcpStream, server: &str) {
        let mut is_plugged = self.is_plugged.subscribe();
        if !*is_plugged.borrow_and_update() {
            return;
        }
        let mut server = TcpStream::connect(server).await.unwrap();
        let ((mut node_says, mut node_hears), (mut server_says, mut server_hears)) =
            (node.split(), server.split());
        let back = async {
            let mut piece = vec![0; 1 << 16];
            loop {
                let n = server_says.read(&mut piece).await.unwrap_or(0);
                if n > 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    self.set(false);
                }
                self.while_dead().await;
                if n == 0 || !*self.is_plugged.borrow() || node_hears.write_all(&piece[..n]).await.is_err() {
                    return;
                }
            }
        };
        let forth = async {
            let mut piece = vec![0; 1 << 16];
            loop {
                let n = node_says.read(&mut piece).await.unwrap_or(0);
                self.while_dead().await;
                if n == 0 || server_hears.write_all(&piece[..n]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = forth => {}
            () = back => {}
            _ = is_plugged.wait_for(|plugged| !plugged) => {}
        }
    }
}

impl Cable {
    async fn new(database: &str) -> Self {
        let (head, rest) = database.split_once('@').unwrap();
        let (server, tail) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Arc::new(Wire {
            is_plugged: watch::Sender::new(true),
            is_dead: watch::Sender::new(false),
            left: AtomicI64::new(i64::MAX),
        });
        let (all, server) = (Arc::clone(&wire), server.to_owned());
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let (wire, server) = (Arc::clone(&all), server.clone());
                tokio::spawn(async move { wire.carry(node, &server).await });
            }
        });
        Self { database: format!("{head}@{address}/{tail}"), wire }
    }
}

/// Two nodes, the second with a cable; none on SQLite.
async fn nodes() -> Option<(World, World, Cable, Holdings)> {
    let here = World::new().await;
    if !here.app.config.database.starts_with("postgres") {
        return None;
    }
    let cable = Cable::new(&here.app.config.database).await;
    let there = here.twin_on(cable.database.clone()).await;
    let has = holdings(&here).await;
    Some((here, there, cable, has))
}

/// The first request may still find a connection that was cut; the pool throws it away.
async fn comes_back(node: &World, has: &Holdings, path: &str) -> bool {
    for _ in 0..30 {
        if passes(node, has, path).await {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_node_whose_cable_is_pulled_refuses_until_it_is_plugged_in() {
    let Some((_here, there, cable, has)) = nodes().await else { return };
    for round in 0..2 {
        for path in PATHS {
            if !is_used_up(path) {
                assert!(comes_back(&there, &has, path).await, "{path} passes in round {round}");
            }
        }
        cable.wire.set(false);
        for path in PATHS {
            assert!(!passes(&there, &has, path).await, "{path} in round {round}: the cable is pulled");
        }
        cable.wire.set(true);
    }
    // What was refused meanwhile was not used up.
    for path in PATHS {
        assert!(comes_back(&there, &has, path).await, "{path}: the cable is plugged in");
    }
}

#[tokio::test]
async fn what_is_taken_away_while_a_node_is_cut_off_is_refused_when_it_comes_back() {
    let Some((here, there, cable, has)) = nodes().await else { return };
    for path in PATHS {
        if !is_used_up(path) {
            assert!(passes(&there, &has, path).await, "{path}");
        }
    }
    cable.wire.set(false);
    let end = passband_core::change::Change::EndSessionsOf { user: has.person.user.id, at: here.now() };
    here.app.commit(vec![end]).await.unwrap();
    cable.wire.set(true);
    for path in PATHS {
        assert!(!comes_back(&there, &has, path).await, "{path}");
    }
    let someone = there.newcomer("Bob").await;
    assert!(here.app.store.user(someone.id).await.unwrap().is_some(), "and the node works again");
}

/// Wherever in a request the cable is pulled, a code is good for one answer with tokens at most.
#[tokio::test]
async fn a_code_is_redeemed_once_wherever_the_cable_is_pulled() {
    let Some((here, there, cable, has)) = nodes().await else { return };
    let (mut lost, mut granted) = (0, 0);
    for pieces in 1..24 {
        let code = has.fresh_code(&here).await;
        // The pool may hold nothing but cut connections.
        let mut settled = 0;
        while settled < 2 {
            settled += u32::from(there.app.store.user(has.person.user.id).await.is_ok());
        }
        cable.wire.left.store(pieces, Ordering::SeqCst);
        let first = has.client.redeem(&mut there.browser(), &code).await.status.is_success();
        let was_cut = !*cable.wire.is_plugged.borrow();
        cable.wire.set(true);
        let second = has.client.redeem(&mut here.browser(), &code).await.status.is_success();
        assert!(!(first && second), "after {pieces} pieces the code was good twice");
        lost += u32::from(was_cut && !first);
        granted += u32::from(first);
    }
    assert!(lost >= 4 && granted >= 1, "the cable was pulled before and after the commit: {lost}, {granted}");
}

/// A database that goes silent is worse than one that breaks: TCP alone would wait for a quarter of an hour.
#[tokio::test]
async fn a_node_whose_database_goes_silent_refuses_in_time_and_comes_back() {
    let Some((here, there, cable, has)) = nodes().await else { return };
    for path in PATHS {
        if !is_used_up(path) {
            assert!(passes(&there, &has, path).await, "{path}");
        }
    }
    cable.wire.is_dead.send_replace(true);
    let begun = std::time::Instant::now();
    let ready = async { there.browser().get("/readyz").await.status };
    let load = async { there.app.store.user(has.person.user.id).await.is_err() };
    let end = passband_core::change::Change::SetSetting { name: "silent", value: "1".to_owned() };
    let commit = async { there.app.commit(vec![end]).await.is_err() };
    let passed = async {
        let by = |path| passes(&there, &has, path);
        tokio::join!(
            by("PRT for a token"),
            by("browser cookie"),
            by("refresh"),
            by("code"),
            by("introspection")
        )
    };
    let (ready, load, commit, passed) = tokio::join!(ready, load, commit, passed);
    assert_eq!(ready, 503);
    assert!(load && commit, "loads and commits are refused");
    assert_eq!(passed, (false, false, false, false, false), "nobody is let in by a node that cannot ask");
    assert!(begun.elapsed().as_secs() < 60, "nobody waits for longer: {:?}", begun.elapsed());
    // The others are not held up by what this one has begun.
    let end = passband_core::change::Change::SetSetting { name: "other", value: "1".to_owned() };
    here.app.commit(vec![end]).await.unwrap();
    cable.wire.is_dead.send_replace(false);
    for path in PATHS {
        assert!(comes_back(&there, &has, path).await, "{path}: the database is back");
    }
}
