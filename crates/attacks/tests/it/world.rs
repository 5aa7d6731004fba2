//! Servers of ours for one attack: real ones on loopback ports, on SQLite in a folder of their own, with a clock that is set
//! by hand.

use passband_attacks::attack::{Outcome, Tried};
use passband_attacks::find;
use passband_attacks::target::{Backstage, Key, Target};
use passband_core::keys::admin_token::AdminToken;
use passband_server::app::App;
use passband_server::clock::Clock;
use passband_server::config::File;
use passband_server::{routes, serve};
use passband_wire::b64;
use passband_wire::rng::{self, SystemRandom};
use passband_wire::time::Timestamp;
use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::net::TcpListener;

/// When every test begins.
const NOW: i64 = 1_795_348_800;

/// What the tests ask for in a flood.
const FLOOD: u32 = 20_000;

/// Attacks of which a part waits for something the server does not have yet. Once it has it, the test fails until the
/// attack is taken off this list.
const NOT_YET: &[&str] = &[];

#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A server, from inside.
pub struct Stage {
    app: Arc<App>,
    clock: HandClock,
    data: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Backstage for Stage {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn admin_token(&self) -> String {
        AdminToken::mint(&self.app.master, self.clock.now(), &SystemRandom).unwrap()
    }

    fn stored(&self) -> u64 {
        let files = std::fs::read_dir(&self.data).unwrap().map(|entry| entry.unwrap());
        let mine = files.filter(|entry| entry.file_name().to_string_lossy().contains("sqlite"));
        mine.map(|entry| entry.metadata().unwrap().len()).sum()
    }
}

/// A server and where it is.
pub async fn server() -> (Arc<Stage>, String) {
    let name = b64::encode(rng::bytes::<12>(&SystemRandom));
    let data = std::env::temp_dir().join(format!("passband-attacks-{name}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = listener.local_addr().unwrap();
    let config = File { data: Some(data.clone()), listen: Some(listen), ..File::default() }.finish().unwrap();
    let address = config.public_url.clone();
    let clock = HandClock(Arc::new(AtomicI64::new(NOW)));
    let app = App::open_with(config, Box::new(clock.clone()), Box::new(SystemRandom)).await.unwrap();
    let router = routes::router(Arc::clone(&app));
    tokio::spawn(async move { serve::accept(&listener, None, router, pending()).await });
    (Arc::new(Stage { app, clock, data }), address)
}

async fn target() -> Target {
    let (stage, address) = server().await;
    Target::new(&address, "common", Key::Backstage(stage), None).unwrap()
}

/// Tries an attack. Every variant must be refused, and for its own reason.
pub async fn refused(id: &str) {
    let mut target = target().await;
    target.other = Some(Box::new(self::target().await));
    target.flood = FLOOD;
    let tried = find(id).expect("such an attack").run(&target).await.unwrap();
    check(&tried);
}

fn check(tried: &Tried) {
    assert!(!tried.variants.is_empty());
    let mut bad = Vec::new();
    let mut waits = false;
    for variant in &tried.variants {
        match &variant.outcome {
            Outcome::Refused { odd: false, .. } => {}
            // The one limit there is, and the documentation tells of it.
            Outcome::Known { .. } if tried.id == "S1" => {}
            Outcome::NotTried { .. } if NOT_YET.contains(&tried.id) => waits = true,
            _ => bad.push(format!("{}: {:?}", variant.name, variant.outcome)),
        }
    }
    assert!(waits == NOT_YET.contains(&tried.id), "{} waits for nothing: take it off the list", tried.id);
    assert!(bad.is_empty(), "{} of {} variants:\n{}", bad.len(), tried.variants.len(), bad.join("\n"));
}
