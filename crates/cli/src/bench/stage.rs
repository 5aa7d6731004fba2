//! One stage: a directory of some size, a server over it, and everything measured there.

use super::child::{Child, free_port, public_url};
use super::http::{Connection, Fault};
use super::load::{Caller, Pace, Round, Worker, turn};
use super::machine::Cores;
use super::plan::{Kind, Plan};
use super::progress;
use super::report::{Growth, Half, Report, Row, Stage, median};
use super::work::exchange::{self, Exchange, Prts, Signer};
use super::work::issue::{Candidate, Issue};
use super::work::nonce::Nonces;
use super::work::passkey::{self, Holders, Passkey};
use super::work::refresh::{Refresh, Tokens};
use super::work::share;
use crate::failure::Failure;
use passband_core::directory::ClientProfile;
use passband_server::app::App;
use passband_server::bench::bare::Bare;
use passband_server::bench::limits::{self, Limits};
use passband_server::bench::people::{self, Credential, Held};
use passband_server::config::File;
use passband_testkit::authenticator::SoftAuthenticator;
use passband_wire::b64;
use passband_wire::jose::ec::SoftEc;
use passband_wire::jose::jws::VerifyingKey;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::rng::{self, SystemRandom};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// Runs every stage.
pub(super) async fn all(plan: &Plan) -> Result<Report, Failure> {
    let cores = Cores::pick()?;
    let folder = Folder::make(&plan.folder)?;
    let mut town = Town::new(free_port()?)?;
    let mut report = Report::new(plan, cores, folder.is_in_memory());
    for &users in &plan.users {
        cores.to_server()?;
        let limits = town.grow(plan, &folder.0, users).await?;
        report.limits.get_or_insert(limits);
        let stage = stage(plan, cores, &folder.0, &town).await?;
        report.stages.push(stage);
    }
    progress("");
    Ok(report)
}

/// The benchmark's folder, removed with this value.
struct Folder(PathBuf);

impl Folder {
    fn make(within: &Path) -> Result<Self, Failure> {
        let path = within.join(format!("passband-bench-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| {
            Failure::unusable("folder", format!("cannot make {}: {error}", path.display()))
        })?;
        Ok(Self(path))
    }

    /// Whether it is in memory, where nothing is durable.
    fn is_in_memory(&self) -> bool {
        const TMPFS_MAGIC: u64 = 0x0102_1994;
        rustix::fs::statfs(&self.0).is_ok_and(|about| about.f_type as u64 == TMPFS_MAGIC)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Who lives in the directory, and what they hold.
struct Town {
    at: SocketAddr,
    tenant: String,
    device_key: Rc<SoftRsa>,
    p256: Rc<SoftEc>,
    people: Vec<Held>,
    prts: Prts,
    /// Of devices with the profile `compatible`; the others are of strict ones.
    compatible: Prts,
    /// PRTs of the same people, which the device's own key signs for.
    bound: Prts,
    refresh: Tokens,
    holders: Holders,
    /// For PRT issue, taken from the end.
    candidates: RefCell<Vec<Candidate>>,
}

impl Town {
    fn new(at: SocketAddr) -> Result<Self, Failure> {
        let device_key = SoftRsa::generate().map_err(|error| Failure::unusable("rsa", error.to_string()))?;
        let p256 = SoftEc::generate().map_err(|error| Failure::unusable("p256", error.to_string()))?;
        Ok(Self {
            at,
            tenant: String::new(),
            device_key: Rc::new(device_key),
            p256: Rc::new(p256),
            people: Vec::new(),
            prts: Rc::default(),
            compatible: Rc::default(),
            bound: Rc::default(),
            refresh: Rc::default(),
            holders: Rc::default(),
            candidates: RefCell::default(),
        })
    }

    /// Opens the installation without serving it, brings it to `users` people, and measures the machine.
    async fn grow(&mut self, plan: &Plan, folder: &Path, users: usize) -> Result<Limits, Failure> {
        progress(&format!("making {users} people"));
        let fail = |error: &dyn std::fmt::Display| Failure::unusable("people", error.to_string());
        let app = App::open(self.config(plan, folder)?).await.map_err(|error| fail(&error))?;
        if self.people.is_empty() {
            if !people::is_empty(&app).await.map_err(|error| fail(&error))? {
                return Err(Failure::usage("the database has people in it; give the benchmark an empty one"));
            }
            people::register_app(&app).await.map_err(|error| fail(&error))?;
        }
        self.move_in(&app, plan, users).await?;
        self.line_up(&app, plan).await?;
        progress("measuring the machine");
        let limits = limits::measure(&app, folder, plan.limit).await.map_err(|error| fail(&error))?;
        self.tenant = app.tenant.to_string();
        app.store.close().await;
        Ok(limits)
    }

    fn config(&self, plan: &Plan, folder: &Path) -> Result<passband_server::config::Config, Failure> {
        let file = File {
            data: Some(folder.to_owned()),
            listen: Some(self.at),
            public_url: Some(public_url(self.at)),
            database: plan.database.clone(),
            ..File::default()
        };
        file.finish().map_err(|error| Failure::usage(error.to_string()))
    }

    async fn move_in(&mut self, app: &App, plan: &Plan, users: usize) -> Result<(), Failure> {
        let before = self.people.len();
        let (origin, every) = (public_url(self.at), (users / plan.holders).max(1));
        let mut holders: Vec<SoftAuthenticator> = Vec::new();
        let shared = passkey::register(&[0; 32], &origin).map_err(fault)?;
        let mut passkey = |number: usize, handle: &[u8]| {
            let made =
                if number.is_multiple_of(every) { passkey::register(handle, &origin).ok() } else { None };
            match made {
                Some((authenticator, id, point)) => {
                    holders.push(authenticator);
                    Credential { id, point }
                }
                // Nobody at hand holds it: a row like the others, with somebody else's key.
                None => Credential { id: rng::bytes::<32>(&SystemRandom).to_vec(), point: shared.2.clone() },
            }
        };
        let spki = self.device_key.public_spki().map_err(|error| fault(error.to_string()))?;
        let p256 = self.p256.public().spki();
        let plan =
            people::Plan { numbers: before..users, device_key: &spki, p256: &p256, passkey: &mut passkey };
        let new = people::make(app, plan).await.map_err(|error| fault(error.to_string()))?;
        self.people.extend(new);
        if !holders.is_empty() {
            // Of the newcomers alone, who are spread over the directory as it is now.
            self.holders = Rc::new(holders);
        }
        let of = |profile, signer: fn(SessionKey) -> Signer| {
            let theirs = self.people.iter().filter(move |held| held.profile == profile);
            Rc::new(theirs.map(|held| (held.prt.clone(), signer(held.key.clone()))).collect())
        };
        self.prts = of(ClientProfile::Strict, Signer::SessionKey);
        self.compatible = of(ClientProfile::Compatible, Signer::Compatible);
        let strict = self.people.iter().filter(|held| held.profile == ClientProfile::Strict);
        let by_device_key = |held: &Held| {
            let certificate = b64::encode_std(&held.certificate);
            (held.bound.clone(), Signer::DeviceKey(Rc::clone(&self.p256), certificate))
        };
        self.bound = Rc::new(strict.map(by_device_key).collect());
        self.refresh.borrow_mut().extend(self.people[before..].iter().map(|held| held.refresh.clone()));
        Ok(())
    }

    /// Signs in who is to get a PRT in this stage.
    async fn line_up(&self, app: &App, plan: &Plan) -> Result<(), Failure> {
        let number = if plan.works.contains(&Kind::Issue) {
            plan.issues * plan.rounds * plan.connections.len()
        } else {
            0
        };
        let strict: Vec<&Held> =
            self.people.iter().filter(|held| held.profile == ClientProfile::Strict).collect();
        let every = (strict.len() / number.max(1)).max(1);
        let chosen: Vec<&Held> = strict.iter().copied().step_by(every).cycle().take(number).collect();
        let tokens = people::sign_in(app, &chosen).await.map_err(|error| fault(error.to_string()))?;
        let candidates = chosen
            .iter()
            .zip(tokens)
            .map(|(held, refresh)| Candidate { certificate: held.certificate.clone(), refresh });
        *self.candidates.borrow_mut() = candidates.collect();
        Ok(())
    }
}

fn fault(text: Fault) -> Failure {
    Failure::no("bench", text)
}

async fn stage(plan: &Plan, cores: Cores, folder: &Path, town: &Town) -> Result<Stage, Failure> {
    let users = town.people.len();
    let mut cold_starts = Vec::new();
    let mut server = None;
    for start in 0..plan.starts {
        progress(&format!("{users} people: start {}", start + 1));
        drop(server.take());
        let child = Child::serve(folder, town.at, plan.database.as_deref())?;
        cold_starts.push(child.cold_start.as_secs_f64() * 1000.0);
        server = Some(child);
    }
    let server = server.ok_or_else(|| fault("no server was started".to_owned()))?;
    let bare = if plan.works.contains(&Kind::Bare) { Some(Child::bare()?) } else { None };
    cores.to_load()?;
    // What a start leaves behind is given back by then.
    tokio::time::sleep(Duration::from_millis(200).min(plan.round)).await;
    let (idle, _) = server.memory();
    let field = Field { plan, town, folder, server: &server, bare: bare.as_ref() };
    let mut rows = Vec::new();
    for &connections in &plan.connections {
        rows.extend(field.measure(connections).await.map_err(fault)?);
    }
    let (_, peak) = server.memory();
    Ok(Stage { users, cold_start_ms: median(&mut cold_starts), idle_bytes: idle, peak_bytes: peak, rows })
}

/// Servers and the people who ask them.
struct Field<'a> {
    plan: &'a Plan,
    town: &'a Town,
    folder: &'a Path,
    server: &'a Child,
    bare: Option<&'a Child>,
}

impl Field<'_> {
    /// Every work over this many connections, in turns.
    async fn measure(&self, connections: usize) -> Result<Vec<Row>, Fault> {
        let keys = exchange::keys(&mut Connection::open(self.server.address()).await?).await?;
        let mut parties = Vec::new();
        let mut grown = Growth::default();
        for &kind in &self.plan.works {
            let mut callers = Vec::with_capacity(connections);
            for at in 0..connections {
                callers.push(self.caller(kind, (at, connections), &keys).await?);
            }
            parties.push((kind, callers, Vec::new()));
        }
        for number in 0..self.plan.rounds {
            for (kind, callers, rounds) in &mut parties {
                progress(&format!(
                    "{} people, {connections} connections, turn {}: {}",
                    self.town.people.len(),
                    number + 1,
                    kind.name()
                ));
                if *kind == Kind::Issue {
                    self.hand_out(callers).await?;
                }
                let pace = Pace { lasts: self.plan.round, every: None };
                if *kind == Kind::Nonce {
                    grown.before(self.server.memory().0, size_of(self.folder));
                }
                rounds.push(self.turn(*kind, callers, pace).await?);
                if *kind == Kind::Nonce {
                    grown.after(self.server.memory().0, size_of(self.folder));
                }
            }
        }
        let most = self.plan.connections.iter().max() == Some(&connections);
        let mut rows = Vec::new();
        for (kind, mut callers, rounds) in parties {
            let mut row = Row::of(kind, connections, &rounds);
            row.growth = (kind == Kind::Nonce).then_some(grown);
            if most && matches!(kind, Kind::Exchange | Kind::Bound | Kind::Passkey | Kind::Refresh) {
                progress(&format!("{} people at half load: {}", self.town.people.len(), kind.name()));
                let every = Duration::from_secs_f64(2.0 * connections as f64 / row.per_second.max(1.0));
                let pace = Pace { lasts: self.plan.round * 2, every: Some(every) };
                row.half_load = Some(Half::of(&self.turn(kind, &mut callers, pace).await?));
            }
            rows.push(row);
        }
        Ok(rows)
    }

    async fn turn(&self, kind: Kind, callers: &mut Vec<Caller>, pace: Pace) -> Result<Round, Fault> {
        let server = if kind == Kind::Bare { self.bare.unwrap_or(self.server) } else { self.server };
        let (back, round) = turn(std::mem::take(callers), pace, server)
            .await
            .map_err(|error| format!("{}: {error}", kind.name()))?;
        *callers = back;
        Ok(round)
    }

    async fn caller(
        &self,
        kind: Kind,
        (at, of): (usize, usize),
        keys: &Rc<Vec<VerifyingKey>>,
    ) -> Result<Caller, Fault> {
        let server = if kind == Kind::Bare { self.bare.unwrap_or(self.server) } else { self.server };
        let mut connection = Connection::open(server.address()).await?;
        let town = self.town;
        let worker: Box<dyn Worker> = match kind {
            Kind::Exchange | Kind::Bound => {
                let nonce = exchange::nonce(&mut connection, &self.path()).await?;
                let prts = if kind == Kind::Bound { &town.bound } else { &town.prts };
                Box::new(Exchange::new(self.path(), Rc::clone(prts), at, nonce).verifying(Rc::clone(keys)))
            }
            Kind::Compatible => {
                let nonce = exchange::nonce(&mut connection, &self.path()).await?;
                let worker = Exchange::new(self.path(), Rc::clone(&town.compatible), at, nonce);
                Box::new(worker.verifying(Rc::clone(keys)))
            }
            Kind::Nonce => Box::new(Nonces::new(self.path())),
            Kind::Bare => {
                let (prt, key) =
                    Bare::new().and_then(|bare| bare.prt()).ok_or("no PRT for the bare handler")?;
                let prt = (prt, Signer::SessionKey(key));
                // As long as a real one; the bare handler does not look at it.
                let nonce = "n".repeat(54);
                Box::new(Exchange::new("/oauth2/token".to_owned(), Rc::new(vec![prt]), at, nonce))
            }
            Kind::Refresh => {
                Box::new(Refresh::new(Rc::clone(&town.refresh), share(town.people.len(), at, of), at))
            }
            Kind::Passkey => {
                let mine = share(town.holders.len(), at, of);
                Box::new(Passkey::new(Rc::clone(&town.holders), mine, at, public_url(town.at)))
            }
            Kind::Issue => {
                let key = Rc::clone(&town.device_key);
                Box::new(Issue::new(self.path(), key, Vec::new(), &mut connection).await?)
            }
        };
        Ok(Caller { connection, worker })
    }

    /// Gives each caller its part of the sign-ins of one turn.
    async fn hand_out(&self, callers: &mut [Caller]) -> Result<(), Fault> {
        let all = callers.len();
        for (at, caller) in callers.iter_mut().enumerate() {
            let mine = share(self.plan.issues, at, all).len();
            let candidates = {
                let mut left = self.town.candidates.borrow_mut();
                let from = left.len().saturating_sub(mine);
                left.split_off(from)
            };
            let key = Rc::clone(&self.town.device_key);
            caller.worker = Box::new(Issue::new(self.path(), key, candidates, &mut caller.connection).await?);
        }
        Ok(())
    }

    fn path(&self) -> String {
        format!("/{}/oauth2/token", self.town.tenant)
    }
}

/// Bytes of the files of the installation, its log apart. A database elsewhere is not among them.
fn size_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let counted = files.filter(|file| file.file_name() != "serve.log");
    counted.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}
