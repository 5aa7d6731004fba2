//! How long it takes to try a changed policy on the sign-in log.
//!
//! `cargo run --release -p passband-server --example replay [SIGN-INS] [PEOPLE] [POLICIES]`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand")]

use passband_core::audit::noted::Noted;
use passband_core::audit::{SignIn, SignInKind};
use passband_core::change::Change;
use passband_core::directory::{AccessKind, Roles, User};
use passband_core::id::{AccessPolicyId, ClientId, SignInId, UserId};
use passband_core::manage::access::{Edit, InForce, NAME};
use passband_core::policy::access::facts::{ClientApp, Fact, Facts, Platform, PlatformFact, Target};
use passband_core::policy::access::strength::{Methods, Mode};
use passband_core::policy::signal::{Binding, Factors};
use passband_core::reason::Reason;
use passband_core::rng::{self, SystemRandom};
use passband_core::time::{Seconds, Timestamp};
use passband_server::access::replay::{changed, replay};
use passband_server::app::App;
use passband_server::config::File;
use serde_json::{Value, json};
use std::time::Instant;

const APP: ClientId = ClientId::from_bytes([5; 16]);

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let lines = numbers.next().unwrap_or(100_000);
    let people = numbers.next().unwrap_or(5_000);
    let policies = numbers.next().unwrap_or(100);
    let data = std::env::temp_dir().join(format!("passband-replay-{}", std::process::id()));
    let file = File { data: Some(data.clone()), ..File::default() };
    let app = App::open(file.finish().unwrap()).await.unwrap();
    let people = add_people(&app, people).await;
    add_lines(&app, &people, lines).await;
    let now = put_policies(&app, policies).await;
    let document = policy("block", Some("windows"));
    let then =
        changed(&now, Some((AccessPolicyId::generate(&SystemRandom).to_string(), document)), &[]).unwrap();
    let set = app.newest_access().await.unwrap().set;
    let span = (app.now() - Seconds::days(7), app.now() + Seconds::minutes(1));
    println!("{lines} sign-ins of {} people, {policies} policies", people.len());
    for round in 1..=3 {
        let begun = Instant::now();
        let found = replay(&app, (&set, &then), span).await.unwrap().unwrap();
        let took = begun.elapsed();
        let each = took.as_secs_f64() * 1e6 / found.tried.max(1) as f64;
        println!(
            "round {round}: {:.2} s, {each:.1} µs a sign-in; tried {}, refused {}, same {}",
            took.as_secs_f64(),
            found.tried,
            found.refused.0,
            found.same
        );
        assert_eq!(found.tried as u64, lines);
    }
    app.store.close().await;
    let _ = std::fs::remove_dir_all(&data);
}

/// A policy for everybody, on one platform or on all.
fn policy(control: &str, platform: Option<&str>) -> Value {
    json!({
        "displayName": "A policy", "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            "platforms": platform.map(|it| json!({ "includePlatforms": [it] })),
        },
        "grantControls": { "operator": "OR", "builtInControls": [control] },
    })
}

async fn put_policies(app: &App, count: u64) -> InForce {
    let mut all = InForce::default();
    for _ in 0..count {
        let id = AccessPolicyId::generate(&SystemRandom).to_string();
        all = all.after(&Edit { kind: AccessKind::Policy, id, document: Some(policy("mfa", None)) }).unwrap();
    }
    let set = Change::SetPolicy { name: NAME, from: 0, document: all.to_document(), at: app.now() };
    app.store.commit(vec![set]).await.unwrap();
    all
}

async fn add_people(app: &App, count: u64) -> Vec<UserId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let id = UserId::generate(&SystemRandom);
        let person = User {
            id,
            upn: format!("{id}@localhost"),
            display_name: "Ada".to_owned(),
            enabled: true,
            roles: Roles::NONE,
            break_glass: false,
            handle: rng::bytes::<32>(&SystemRandom).to_vec(),
            created: app.now(),
        };
        ids.push((id, Change::InsertUser(person)));
    }
    for some in ids.chunks(500) {
        app.store.commit(some.iter().map(|(_, change)| change.clone()).collect()).await.unwrap();
    }
    ids.into_iter().map(|(id, _)| id).collect()
}

async fn add_lines(app: &App, people: &[UserId], count: u64) {
    let since = app.now() - Seconds::days(6);
    let all: Vec<_> = (0..count).map(|n| line(people, n, since)).collect();
    for some in all.chunks(1000) {
        let changes = some.iter().map(|line| Change::LogSignIn(Box::new(line.clone()))).collect();
        app.store.commit(changes).await.unwrap();
    }
}

fn line(people: &[UserId], n: u64, since: Timestamp) -> SignIn {
    let user = people[usize::try_from(n).unwrap() % people.len()];
    let at = since + Seconds(i64::try_from(n).unwrap() % Seconds::days(5).0);
    let apps = [APP];
    let mut facts = Facts::nothing_about(user, at);
    facts.target = Target { apps: &apps, ..Target::default() };
    facts.client_app = Fact::Known(ClientApp::Browser);
    let platform = Some(if n.is_multiple_of(3) { Platform::Windows } else { Platform::Linux });
    facts.platform = Fact::Known(PlatformFact { platform, verified: false });
    facts.proof.methods = Fact::Known(Methods::from_modes(&[Mode::Fido2]));
    facts.proof.at = Fact::Known(at);
    facts.presented.binding = Fact::Known(Binding::None);
    SignIn {
        id: SignInId::generate(&SystemRandom),
        at,
        kind: SignInKind::Authorize,
        reason: Reason::Granted,
        user: Some(user),
        upn: "ada@localhost".to_owned(),
        app: Some(APP),
        app_name: "Wiki".to_owned(),
        resource: "Wiki".to_owned(),
        device: None,
        device_name: String::new(),
        session: None,
        factors: Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED),
        binding: Binding::None,
        ip: "192.0.2.1".to_owned(),
        agent: "Browser".to_owned(),
        detail: String::new(),
        facts: Noted::of(&facts, Some(APP)).to_text(),
        said: String::new(),
    }
}
