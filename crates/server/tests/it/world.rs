//! A whole installation for one test: its clock is set by hand, its people hold software authenticators, and
//! browsers reach it through the real router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use passband_core::authn::tap::{self, Wish};
use passband_core::change::Change;
use passband_core::directory::{Tap, User};
use passband_core::id::{SessionId, UserId};
use passband_core::rng::{self, SystemRandom};
use passband_core::time::{Seconds, Timestamp};
use passband_server::app::App;
use passband_server::clock::Clock;
use passband_server::config::{Config, File};
use passband_server::extract::Peer;
use passband_server::{cookie, routes};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::b64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt as _;

/// Where the installation is reached.
pub const ORIGIN: &str = "http://localhost:8480";

/// When every test begins.
pub const NOW: Timestamp = Timestamp(1_795_348_800);

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<AtomicI64>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// One installation.
pub struct World {
    pub app: Arc<App>,
    clock: HandClock,
    router: Router,
    data: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Where a test keeps its records: SQLite in memory, or with `PASSBAND_TEST_ON=postgres` a schema of its own on the
/// PostgreSQL that `PASSBAND_TEST_PG` names. The checks run these tests on both.
fn database(name: &str) -> String {
    match std::env::var("PASSBAND_TEST_ON").as_deref() {
        Err(_) => "sqlite::memory:".to_owned(),
        Ok("postgres") => {
            let server = std::env::var("PASSBAND_TEST_PG").expect("PASSBAND_TEST_PG names a PostgreSQL");
            let schema: String = name.bytes().map(|b| format!("{b:02x}")).collect();
            let make = format!("CREATE SCHEMA s{schema}");
            let made = std::process::Command::new("psql").args([server.as_str(), "-qc", &make]).status();
            assert!(made.expect("psql is installed").success(), "psql makes a schema");
            let mark = if server.contains('?') { '&' } else { '?' };
            format!("{server}{mark}options[search_path]=s{schema}")
        }
        Ok(other) => panic!("PASSBAND_TEST_ON={other}: only postgres is known"),
    }
}

/// Somebody with an account, and what holds their passkeys.
pub struct Person {
    pub user: User,
    pub authenticator: SoftAuthenticator,
}

impl World {
    /// A new installation, with nobody in it.
    pub async fn new() -> Self {
        Self::related_to(&[]).await
    }

    /// [`new`](Self::new), with further origins whose pages may use its passkeys.
    pub async fn related_to(origins: &[&str]) -> Self {
        let name = b64::encode(rng::bytes::<12>(&SystemRandom));
        let data = std::env::temp_dir().join(format!("passband-it-{name}"));
        let related_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        let file = File { database: Some(database(&name)), related_origins, ..File::default() };
        let config: Config = File { data: Some(data.clone()), ..file }.finish().unwrap();
        assert_eq!(config.public_url, ORIGIN);
        let clock = HandClock(Arc::new(AtomicI64::new(NOW.0)));
        let app = App::open_with(config, Box::new(clock.clone()), Box::new(SystemRandom)).await.unwrap();
        Self { router: routes::router(Arc::clone(&app)), app, clock, data }
    }

    /// Another node of the same installation: a second server on the same database. A database in memory has one
    /// server only; there it is a second way in to the same one.
    pub async fn twin(&self) -> Self {
        let app = if self.app.config.database.starts_with("postgres") {
            let config = self.app.config.clone();
            App::open_with(config, Box::new(self.clock.clone()), Box::new(SystemRandom)).await.unwrap()
        } else {
            Arc::clone(&self.app)
        };
        let router = routes::router(Arc::clone(&app));
        // The folder is the first one's to remove.
        Self { router, app, clock: self.clock.clone(), data: PathBuf::new() }
    }

    /// This browser, led to this node from now on.
    pub fn lead(&self, browser: &Browser) -> Browser {
        Browser { router: self.router.clone(), ..browser.clone() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn pass(&self, span: Seconds) {
        self.clock.0.fetch_add(span.0, Ordering::SeqCst);
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookies: BTreeMap::new(),
            origin: Some(ORIGIN.to_owned()),
            host: None,
            ip: Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// The first administrator, made behind the set-up link, and the browser it was done in.
    pub async fn founder(&self) -> (Person, Browser) {
        let link = self.app.setup_link().await.unwrap().expect("nobody is administrator yet");
        let token = link.split_once("token=").unwrap().1.to_owned();
        let mut browser = self.browser();
        assert_eq!(browser.get(link.strip_prefix(ORIGIN).unwrap()).await.status, StatusCode::OK);
        let mut authenticator = SoftAuthenticator::new(Model::device_bound());
        let upn = "root@localhost";
        let ask = json!({ "setup": token, "userPrincipalName": upn, "displayName": "Rosa Root" });
        let done = browser.register_as(&mut authenticator, &ask, "First passkey").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let user = self.app.store.user_by_upn(upn).await.unwrap().expect("the founder exists");
        (Person { user, authenticator }, browser)
    }

    /// Somebody who was made by hand and has no passkey yet.
    pub async fn newcomer(&self, name: &str) -> User {
        let user = User {
            id: UserId::generate(&SystemRandom),
            upn: format!("{}@localhost", name.to_lowercase()),
            display_name: name.to_owned(),
            enabled: true,
            roles: passband_core::directory::Roles::NONE,
            break_glass: false,
            handle: rng::bytes::<32>(&SystemRandom).to_vec(),
            created: self.now(),
        };
        self.app.commit(vec![Change::InsertUser(user.clone())]).await.unwrap();
        user
    }

    /// A Temporary Access Pass, and its text.
    pub async fn pass_for(&self, user: &User, once: bool) -> (Tap, String) {
        let wish = Wish { minutes: 60, once, starts: None, length: tap::LENGTH };
        let (tap, text) = tap::create(user.id, wish, &self.app.master, self.now(), &SystemRandom).unwrap();
        self.app.commit(vec![Change::InsertTap(tap.clone())]).await.unwrap();
        (tap, text.to_string())
    }

    /// Somebody who got a pass and made a passkey with it, and the browser it was done in.
    pub async fn user(&self, name: &str) -> (Person, Browser) {
        let user = self.newcomer(name).await;
        let (_, pass) = self.pass_for(&user, true).await;
        let mut browser = self.browser();
        let entered = browser.enter_pass(&user.upn, &pass, None).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.body);
        let mut authenticator = SoftAuthenticator::new(Model::synced());
        let done = browser.register(&mut authenticator, "Phone").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        (Person { user, authenticator }, browser)
    }

    /// A browser in which this person has just signed in with a passkey.
    pub async fn sign_in(&self, person: &Person) -> Browser {
        let mut browser = self.browser();
        let done = browser.sign_in(&person.authenticator).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        browser
    }

    /// The session of a browser's cookie.
    pub fn session_of(&self, browser: &Browser) -> Option<SessionId> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, browser.cookie_line().parse().ok()?);
        cookie::session(&self.app, &headers)
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The anti-forgery value of the forms on this page.
    pub fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once(r#"name="csrf" value=""#).expect("a form");
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The targets of every form that posts.
    pub fn actions(&self) -> Vec<&str> {
        self.body.split(r#" action=""#).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
    }
}

/// A browser: it keeps cookies and says where its requests come from.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// What it sends as `Origin` with a POST; `None` sends none.
    pub origin: Option<String>,
    /// What it sends as `Host`, if anything.
    pub host: Option<String>,
    /// Its address.
    pub ip: IpAddr,
}

impl Browser {
    /// Its `Cookie` header.
    pub fn cookie_line(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Holds this session's cookie from now on, as if a sign-in had set it.
    pub fn take_session(&mut self, world: &World, id: SessionId) {
        let line = cookie::set_session(&world.app, id);
        let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Sends a request and keeps what cookies it is given.
    pub async fn send(&mut self, mut request: Request<Body>) -> Reply {
        let headers = request.headers_mut();
        if !self.cookies.is_empty() {
            headers.insert(header::COOKIE, self.cookie_line().parse().unwrap());
        }
        if let Some(host) = &self.host {
            headers.insert(header::HOST, host.parse().unwrap());
        }
        headers.insert(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0".parse().unwrap());
        request.extensions_mut().insert(Peer(SocketAddr::new(self.ip, 40_000)));
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Reply {
        let request = Request::builder().uri(path).header(header::ACCEPT, "text/html,*/*;q=0.8");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, content_type: &str, body: String) -> Reply {
        let mut request =
            Request::builder().method(Method::POST).uri(path).header(header::CONTENT_TYPE, content_type);
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form.
    pub async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", body).await
    }

    /// Sends JSON, as the scripts of the pages do.
    pub async fn json(&mut self, path: &str, body: &Value) -> Reply {
        self.post(path, "application/json", body.to_string()).await
    }

    /// Presses a button of a page: opens the page, takes its anti-forgery value, sends the form.
    pub async fn press(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.get(page).await.csrf();
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.form(action, &fields).await
    }

    /// Signs in with a passkey of this authenticator.
    pub async fn sign_in(&mut self, authenticator: &SoftAuthenticator) -> Reply {
        let options = self.json("/ceremony/sign-in/options", &json!({})).await.json();
        let credential = authenticator.get(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
        let answer = json!({ "ceremony": options["ceremony"], "credential": credential });
        self.json("/ceremony/sign-in", &answer).await
    }

    /// Types a pass.
    pub async fn enter_pass(&mut self, upn: &str, pass: &str, next: Option<&str>) -> Reply {
        let page = match next {
            Some(next) => format!("/tap?next={}", encode(next)),
            None => "/tap".to_owned(),
        };
        let mut fields = vec![("userPrincipalName", upn), ("accessPass", pass)];
        fields.extend(next.map(|next| ("next", next)));
        self.press(&page, "/tap", &fields).await
    }

    /// Makes a passkey in this authenticator for whoever may make one here.
    pub async fn register(&mut self, authenticator: &mut SoftAuthenticator, name: &str) -> Reply {
        self.register_as(authenticator, &json!({}), name).await
    }

    /// [`register`](Self::register), with what the page says first.
    pub async fn register_as(
        &mut self,
        authenticator: &mut SoftAuthenticator,
        ask: &Value,
        name: &str,
    ) -> Reply {
        let options = self.json("/ceremony/register/options", ask).await;
        if options.status != StatusCode::OK {
            return options;
        }
        let options = options.json();
        let credential = authenticator.create(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
        let mut answer = json!({ "ceremony": options["ceremony"], "credential": credential, "name": name });
        if let Some(next) = ask.get("next") {
            answer["next"] = next.clone();
        }
        self.json("/ceremony/register", &answer).await
    }
}

/// Text as a member of a query.
pub fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
