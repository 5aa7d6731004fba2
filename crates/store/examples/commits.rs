//! How many commits a second are made durable, and how fast loads are:
//! `cargo run --release -p passband-store --example commits -- sqlite:///tmp/bench.db [SECONDS]`
//!
//! Prints a line per kind of commit and number of tasks. Pin it (`taskset -c 0`) for figures per core. The
//! database must be new; the first lines show what the disk can do without a database.

#![allow(clippy::print_stdout)]

use passband_core::audit::{SignIn, SignInKind};
use passband_core::change::Change;
use passband_core::directory::{Evidence, Passkey, Session, SessionKind, User};
use passband_core::id::{ClientId, DeviceId, SessionId, SignInId, UserId};
use passband_core::policy::signal::{Binding, Factors};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::Store;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PEOPLE: u64 = 1000;
const NOW: Timestamp = Timestamp(1_795_348_800);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let url = std::env::args().nth(1).ok_or("say which database: sqlite://PATH or postgres://...")?;
    let seconds = std::env::args().nth(2).map_or(Ok(3), |s| s.parse())?;
    let span = Duration::from_secs(seconds);
    println!("fdatasync after 4 KiB   {:>9.0} /s", syncs(&url, span)?);
    let store = Arc::new(Store::open(&url).await?);
    seed(&store).await?;
    for (name, make) in
        [("Spend+LogSignIn", exchange as fn(u64) -> Vec<Change>), ("passkey sign-in", sign_in)]
    {
        for tasks in [1, 16, 64, 256] {
            let rate = commits(&store, tasks, span, make).await?;
            println!("{name}  {tasks:>3} tasks {rate:>9.0} /s");
        }
    }
    println!("load standing, cached   {:>9.0} /s", standings(&store, span, 1).await?);
    println!("load standing, 1000 ids {:>9.0} /s", standings(&store, span, PEOPLE).await?);
    println!("load passkey            {:>9.0} /s", passkeys(&store, span).await?);
    store.close().await;
    Ok(())
}

/// The disk's own limit, in the folder of the database.
fn syncs(url: &str, span: Duration) -> Outcome<f64> {
    let path = url.strip_prefix("sqlite://").map_or_else(|| "bench".to_owned(), str::to_owned) + ".sync";
    let mut file = std::fs::File::create(&path)?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < span {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}

async fn seed(store: &Store) -> Outcome<()> {
    for n in 0..PEOPLE {
        let user = User {
            id: UserId::from_bytes(id(n)),
            upn: format!("user{n}@example.com"),
            display_name: format!("Person {n}"),
            enabled: true,
            roles: passband_core::directory::Roles::NONE,
            break_glass: false,
            handle: id(n).to_vec(),
            created: NOW,
        };
        let passkey = Passkey {
            id: id(n).to_vec(),
            user: user.id,
            public_key: vec![1; 77],
            sign_count: 0,
            backup_eligible: false,
            backup_state: false,
            aaguid: [1; 16],
            format: "none".to_owned(),
            attestation_object: vec![2; 300],
            client_data: vec![3; 150],
            transports: vec!["internal".to_owned()],
            name: "Passkey".to_owned(),
            rp_id: "example.com".to_owned(),
            evidence: Evidence::default(),
            created: NOW,
            last_used: None,
            made_by: String::new(),
        };
        let session = session(n, n);
        store
            .commit(vec![
                Change::InsertUser(user),
                Change::InsertPasskey(Box::new(passkey)),
                Change::InsertSession(Box::new(session)),
            ])
            .await?;
    }
    Ok(())
}

/// Runs `tasks` loops of commits, each waiting for its answer; commits a second.
async fn commits(
    store: &Arc<Store>,
    tasks: usize,
    span: Duration,
    make: fn(u64) -> Vec<Change>,
) -> Outcome<f64> {
    static NEXT: AtomicU64 = AtomicU64::new(PEOPLE);
    let start = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut count = 0_u32;
                while start.elapsed() < span {
                    store.commit(make(NEXT.fetch_add(1, Ordering::Relaxed))).await?;
                    count += 1;
                }
                Ok::<_, passband_store::CommitError>(count)
            })
        })
        .collect();
    let mut total = 0.0;
    for task in running {
        total += f64::from(task.await??);
    }
    Ok(total / start.elapsed().as_secs_f64())
}

async fn standings(store: &Store, span: Duration, ids: u64) -> Outcome<f64> {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < span {
        for n in 0..100 {
            let id = SessionId::from_bytes(id((u64::from(count) + n) % ids));
            store.standing(id).await?.ok_or("the session is gone")?;
        }
        count += 100;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

async fn passkeys(store: &Store, span: Duration) -> Outcome<f64> {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < span {
        store.passkey(&id(u64::from(count) % PEOPLE)).await?.ok_or("the passkey is gone")?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// A PRT is exchanged for a token.
fn exchange(n: u64) -> Vec<Change> {
    vec![spend(n), Change::LogSignIn(Box::new(line(n)))]
}

/// A person signs in with a passkey.
fn sign_in(n: u64) -> Vec<Change> {
    let used = Change::UsePasskey {
        id: id(n % PEOPLE).to_vec(),
        seen: 0,
        sign_count: 0,
        backup_state: false,
        at: NOW,
    };
    let session = Change::InsertSession(Box::new(session(n, n % PEOPLE)));
    vec![spend(n), used, session, Change::LogSignIn(Box::new(line(n)))]
}

fn spend(n: u64) -> Change {
    let (left, right) = (id(n), id(!n));
    let mut id = [0; 32];
    id[..16].copy_from_slice(&left);
    id[16..].copy_from_slice(&right);
    Change::Spend { id, until: Timestamp(NOW.0 + (n / 10_000) as i64) }
}

/// As random ids are: no two neighbours in one page.
fn id(n: u64) -> [u8; 16] {
    let mix = |n: u64| {
        let n = (n ^ (n >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
        (n ^ (n >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d)
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mix(n + 1).to_be_bytes());
    id[8..].copy_from_slice(&mix(!n).to_be_bytes());
    id
}

fn session(n: u64, owner: u64) -> Session {
    Session {
        id: SessionId::from_bytes(id(n)),
        user: UserId::from_bytes(id(owner)),
        kind: SessionKind::Prt,
        device: Some(DeviceId::from_bytes(id(owner))),
        parent: None,
        credential: Some(id(owner).to_vec()),
        factors: Factors::PASSKEY_DEVICE_BOUND,
        auth_time: NOW,
        created: NOW,
        expires: Timestamp(NOW.0 + 1_000_000),
        last_seen: NOW,
        ended: None,
        generation: 0,
        advanced: NOW,
        agent: "passband-broker/0.1.0 (Linux)".to_owned(),
        ip: "192.0.2.1".to_owned(),
    }
}

fn line(n: u64) -> SignIn {
    let mut own = id(n);
    // Ordered by time, as the server makes them.
    own[..8].copy_from_slice(&n.to_be_bytes());
    SignIn {
        id: SignInId::from_bytes(own),
        at: Timestamp(NOW.0 + (n / 10_000) as i64),
        kind: SignInKind::PrtToken,
        reason: Reason::Granted,
        user: Some(UserId::from_bytes(id(n % PEOPLE))),
        upn: format!("user{}@example.com", n % PEOPLE),
        app: Some(ClientId::from_bytes([1; 16])),
        app_name: "Sample app".to_owned(),
        resource: "api://sample".to_owned(),
        device: Some(DeviceId::from_bytes(id(n % PEOPLE))),
        device_name: "laptop-17".to_owned(),
        session: Some(SessionId::from_bytes(id(n % PEOPLE))),
        factors: Factors::PASSKEY_DEVICE_BOUND,
        binding: Binding::SoftwareKey,
        ip: "192.0.2.1".to_owned(),
        agent: "passband-broker/0.1.0 (Linux)".to_owned(),
        detail: String::new(),
        facts: String::new(),
        said: String::new(),
    }
}
