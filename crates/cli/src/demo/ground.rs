//! What the demo stands on: a server and two sample apps on this machine, people, devices; and its clearing.

use super::robot::{Passkeys, Robot, Trouble, passkeys};
use super::story::Story;
use crate::failure::Failure;
use passband_broker::agent::{Agent, Surroundings};
use passband_broker::http::ServerUrl;
use passband_broker::state::StateDir;
use passband_server::app::App;
use passband_server::clock::{Clock as _, SystemClock};
use passband_server::config::File;
use passband_server::pages::SampleKind;
use passband_server::sample::{self, Outside, Provider, Settings};
use passband_server::serve::{Server, accept};
use passband_wire::jose::jwk::JwkSet;
use passband_wire::prt::message::{ErrorReply, TokenReply};
use passband_wire::rng::SystemRandom;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The person the demo is about.
pub const GRACE: &str = "grace@localhost";
/// The administrator.
pub const ADA: &str = "ada@localhost";
/// Names of the sample apps' APIs.
pub const TASKS_API: &str = "api://tasks";
/// The other.
pub const NOTES_API: &str = "api://notes";

/// Everything a run of the demo has.
pub struct Ground {
    /// The server's public URL.
    pub server: String,
    /// Addresses of the two apps.
    pub tasks: String,
    /// The other.
    pub notes: String,
    /// Their client ids, once they are registered.
    pub tasks_id: String,
    /// The other.
    pub notes_id: String,
    /// The administrator's passkeys.
    pub ada: Passkeys,
    /// Grace's passkeys.
    pub grace: Passkeys,
    /// Grace's user id.
    pub grace_id: String,
    /// Plain HTTP, no redirects, no cookies.
    pub http: Client,
    token: String,
    data: PathBuf,
    setup: String,
    app_ports: Vec<TcpListener>,
    stop: watch::Sender<bool>,
    tasks_running: Vec<JoinHandle<()>>,
}

fn trouble(error: impl std::fmt::Display) -> Failure {
    Failure::unusable("demo", error.to_string())
}

impl Ground {
    /// Starts the server and takes ports for the apps.
    pub async fn lay(story: &mut Story, port: u16) -> Result<Self, Failure> {
        story.chapter("The ground");
        let data = fresh_folder()?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(trouble)?;
        let port = listener.local_addr().map_err(trouble)?.port();
        drop(listener);
        let file = File {
            data: Some(data.clone()),
            listen: Some(SocketAddr::from(([127, 0, 0, 1], port))),
            ..File::default()
        };
        let app = App::open(file.finish().map_err(trouble)?).await.map_err(trouble)?;
        let setup = app.setup_link().await.map_err(trouble)?.unwrap_or_default();
        let server = Server::bind(Arc::clone(&app)).await.map_err(trouble)?;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(server.run(until(stopped)));
        let mut app_ports = Vec::new();
        for offset in 1..=2 {
            let kept = TcpListener::bind(("127.0.0.1", port.saturating_add(offset))).await;
            app_ports.push(match kept {
                Ok(listener) => listener,
                Err(_) => TcpListener::bind(("127.0.0.1", 0)).await.map_err(trouble)?,
            });
        }
        let at = |n: usize| -> Result<String, Failure> {
            Ok(format!("http://localhost:{}", app_ports[n].local_addr().map_err(trouble)?.port()))
        };
        let ground = Self {
            server: app.config.public_url.clone(),
            tasks: at(0)?,
            notes: at(1)?,
            tasks_id: String::new(),
            notes_id: String::new(),
            ada: passkeys(),
            grace: passkeys(),
            grace_id: String::new(),
            http: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .tls_certs_only([])
                .build()
                .map_err(trouble)?,
            token: passband_server::admin_token(&data).map_err(trouble)?,
            data,
            setup,
            app_ports,
            stop,
            tasks_running: vec![running],
        };
        let ready = ground.http.get(format!("{}/readyz", ground.server)).send().await.map_err(trouble)?;
        story.step(
            ready.status().is_success(),
            &format!("A server starts on {}, with an empty SQLite database", ground.server),
        );
        Ok(ground)
    }

    /// The secret of the set-up link.
    pub fn setup_token(&self) -> &str {
        self.setup.split_once("token=").map_or("", |(_, token)| token)
    }

    /// Starts the sample apps, now that they are registered.
    pub fn start_apps(&mut self) {
        let kinds = [(SampleKind::Tasks, TASKS_API), (SampleKind::Notes, NOTES_API)];
        let ids = [self.tasks_id.clone(), self.notes_id.clone()];
        let urls = [self.tasks.clone(), self.notes.clone()];
        for (n, listener) in self.app_ports.drain(..).enumerate() {
            let settings = Settings {
                kind: kinds[n].0,
                url: urls[n].clone(),
                other: urls[1 - n].clone(),
                issuer: self.server.clone(),
                client_id: ids[n].clone(),
                resource: kinds[n].1.to_owned(),
                provider: Box::new(Far { http: self.http.clone(), server: self.server.clone() }),
                now: Box::new(|| SystemClock.now().0),
            };
            let (router, stopped) = (sample::router(settings), self.stop.subscribe());
            let running = async move { accept(&listener, None, router, until(stopped)).await };
            self.tasks_running.push(tokio::spawn(running));
        }
    }

    /// A browser of someone with these passkeys.
    pub fn browser(&self, passkeys: Option<&Passkeys>) -> Result<Robot, Trouble> {
        Robot::new(&self.server, passkeys.cloned())
    }

    /// A device with an empty state folder.
    pub fn device(&self, name: &str) -> Result<Agent, Trouble> {
        let state = StateDir::open(&self.data.join("devices").join(name))?;
        let around = Surroundings { now: Box::new(|| SystemClock.now()), rng: Box::new(SystemRandom) };
        Ok(Agent::new(state, Some(ServerUrl::parse(&self.server)?), None, around)?)
    }

    /// Asks the admin API.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Trouble> {
        let mut request =
            self.http.request(method, format!("{}/v1.0{path}", self.server)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {text}").into());
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// The newest lines of the sign-in log.
    pub async fn log(&self, top: usize) -> Result<Vec<Value>, Trouble> {
        let list = self.admin(Method::GET, &format!("/auditLogs/signIns?$top={top}"), None).await?;
        Ok(list["value"].as_array().cloned().unwrap_or_default())
    }

    /// Leaves everything up until the person ends it.
    pub async fn keep(&self, story: &mut Story) -> Result<(), Failure> {
        let body = json!({ "isUsableOnce": false, "lifetimeInMinutes": 60 });
        let path = format!("/users/{}/authentication/temporaryAccessPassMethods", self.grace_id);
        let pass = self.admin(Method::POST, &path, Some(body)).await.map_err(trouble)?;
        story.chapter("Now you");
        story.note(&format!("Tasks   {}", self.tasks));
        story.note(&format!("Notes   {}", self.notes));
        story.note(&format!("Account {}/account", self.server));
        story.note(&format!(
            "Sign in as {GRACE}: choose \"Use a Temporary Access Pass\" and type {}",
            pass["temporaryAccessPass"].as_str().unwrap_or_default()
        ));
        story.note("Then make a passkey of your own, and open the other app: no prompt.");
        story.note(&format!("Admin API: export PASSBAND_URL={} PASSBAND_TOKEN={}", self.server, self.token));
        story.note("Ctrl-C ends it.");
        let _ = tokio::signal::ctrl_c().await;
        Ok(())
    }

    /// Stops everything and removes the folder.
    pub async fn clear(self) {
        let _ = self.stop.send(true);
        for running in self.tasks_running {
            let _ = running.await;
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A folder nobody else can read, in the system's place for temporary things.
fn fresh_folder() -> Result<PathBuf, Failure> {
    let name = format!("passband-demo-{}", passband_wire::jose::jws::random_text::<9>(&SystemRandom));
    let path = std::env::temp_dir().join(name);
    // Fails if it exists: a folder or link that someone put there first is not ours (failure class 42).
    std::fs::create_dir(&path).map_err(trouble)?;
    Ok(path)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The server as the sample apps see it: over HTTP.
struct Far {
    http: Client,
    server: String,
}

impl Provider for Far {
    fn token(&self, form: Vec<(&'static str, String)>) -> Outside<TokenReply> {
        let request = self.http.post(format!("{}/token", self.server)).form(&form);
        Box::pin(async move {
            let response = request.send().await.map_err(|error| error.to_string())?;
            if !response.status().is_success() {
                let error: ErrorReply = response.json().await.map_err(|error| error.to_string())?;
                return Err(error.error_description);
            }
            response.json().await.map_err(|error| error.to_string())
        })
    }

    fn jwks(&self) -> Outside<JwkSet> {
        let request = self.http.get(format!("{}/jwks", self.server));
        Box::pin(async move {
            let response = request.send().await.map_err(|error| error.to_string())?;
            response.json().await.map_err(|error| error.to_string())
        })
    }
}
