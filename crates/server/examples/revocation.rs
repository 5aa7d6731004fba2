//! How long a revocation takes to reach another node: two servers on one PostgreSQL, each behind its own port.
//!
//! `cargo xtask with-postgres -- cargo run --release -p passband-server --example revocation [TRIALS]`
//!
//! Each trial ends a session by a request to the first server and asks the second for a page with its cookie, again and
//! again, until it is refused. Told are the time from the moment the first was asked, the time from the moment it
//! answered, and how many pages the second still gave after that answer. There must be none.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use passband_core::change::Change;
use passband_core::directory::{Session, SessionKind, User};
use passband_core::id::{SessionId, UserId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::policy::signal::Factors;
use passband_core::rng::{self, SystemRandom};
use passband_core::time::Seconds;
use passband_server::app::App;
use passband_server::config::File;
use passband_server::cookie;
use passband_server::serve::Server;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() {
    let trials = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1000);
    let database = std::env::var("PASSBAND_TEST_PG").expect("PASSBAND_TEST_PG names a PostgreSQL");
    let data = std::env::temp_dir().join(format!("passband-revocation-{}", std::process::id()));
    let open = async || {
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let database = Some(database.clone());
        let public_url = Some("http://localhost:8480".to_owned());
        let file = File { data: Some(data.clone()), listen, public_url, database, ..File::default() };
        App::open(file.finish().unwrap()).await.unwrap()
    };
    let (here, there) = (open().await, open().await);
    let (first, second) = (start(&here).await, start(&there).await);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.tls_certs_only([]).no_proxy().build().unwrap();
    let (mut whole, mut after, mut late) = (Vec::new(), Vec::new(), 0);
    for _ in 0..trials {
        let (user, cookie) = signed_in(&here).await;
        let page = format!("{second}/account");
        let is_given = async || {
            let answer = client.get(&page).header("cookie", &cookie).send().await.unwrap();
            answer.status() == reqwest::StatusCode::OK
        };
        assert!(is_given().await, "the second server knows the session");
        let token = AdminToken::mint(&here.master, here.now(), &SystemRandom).unwrap();
        let revoke =
            client.post(format!("{first}/v1.0/users/{user}/revokeSignInSessions")).bearer_auth(token);
        let asked = Instant::now();
        let mut revoked = std::pin::pin!(async {
            assert!(revoke.send().await.unwrap().status().is_success());
            Instant::now()
        });
        // The second is asked all the while, as by a person who goes on working.
        let mut answered = None;
        loop {
            tokio::select! {
                biased;
                at = &mut revoked, if answered.is_none() => answered = Some(at),
                given = is_given() => {
                    if !given {
                        break;
                    }
                    // Asked for after the answer: a request that was under way then has been dropped.
                    late += u32::from(answered.is_some());
                }
            }
        }
        let refused = Instant::now();
        let answered = match answered {
            Some(at) => at,
            None => revoked.await,
        };
        whole.push(refused - asked);
        after.push(refused.saturating_duration_since(answered));
    }
    println!("trials {trials}");
    told("from the request to the first refusal", whole);
    told("from its answer to the first refusal", after);
    println!("pages given after the answer: {late}");
    here.store.close().await;
    there.store.close().await;
    let _ = std::fs::remove_dir_all(&data);
    assert_eq!(late, 0, "a page was given after the revocation was answered");
}

async fn start(app: &Arc<App>) -> String {
    let server = Server::bind(Arc::clone(app)).await.unwrap();
    let address = format!("http://{}", server.address());
    tokio::spawn(server.run(std::future::pending()));
    address
}

/// Somebody with a session, and its cookie.
async fn signed_in(app: &App) -> (UserId, String) {
    let (user, session, now) =
        (UserId::generate(&SystemRandom), SessionId::generate(&SystemRandom), app.now());
    let person = User {
        id: user,
        upn: format!("{user}@localhost"),
        display_name: "Ada".to_owned(),
        enabled: true,
        roles: passband_core::directory::Roles::NONE,
        break_glass: false,
        handle: rng::bytes::<32>(&SystemRandom).to_vec(),
        created: now,
    };
    let begun = Session {
        id: session,
        user,
        kind: SessionKind::Browser,
        device: None,
        parent: None,
        credential: None,
        factors: Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED),
        auth_time: now,
        created: now,
        expires: now + Seconds::hours(1),
        last_seen: now,
        ended: None,
        generation: 0,
        advanced: now,
        agent: String::new(),
        ip: String::new(),
    };
    app.commit(vec![Change::InsertUser(person), Change::InsertSession(Box::new(begun))]).await.unwrap();
    let line = cookie::set_session(app, session);
    (user, line.to_str().unwrap().split(';').next().unwrap().to_owned())
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms", at(50), at(99), at(100));
}
