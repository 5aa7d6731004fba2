//! The admin API.

mod applications;
pub mod conditional;
mod devices;
mod lists;
mod logs;
mod methods;
mod policies;
mod recovery;
mod refused;
mod roles;
mod tenant;
mod trust;
mod users;

use crate::world::{Reply, World};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::compliance::{Compliance, Details};
use passband_core::directory::{Device, JoinType};
use passband_core::id::{DeviceId, UserId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::policy::signal::EvidenceLevel;
use passband_core::rng::{self, SystemRandom};
use passband_core::time::Seconds;
use serde_json::{Value, json};

/// An installation and a token for its admin API.
pub struct Api {
    pub world: World,
    pub token: String,
}

impl Api {
    async fn new() -> Self {
        let world = World::new().await;
        let token = AdminToken::mint(&world.app.master, world.now(), &SystemRandom).unwrap();
        Self { world, token }
    }

    /// Sends a request with these headers and no others.
    pub async fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.browser().send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends a request with the token.
    pub async fn text(&self, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let before = self.lines().await;
        let reply = self.raw(method, path, &headers, body).await;
        // Whatever a test asks for: a change that succeeds has its line in the audit log.
        let asks = ["passband_dryRun=true", "passband_whatIf", "/evaluate", "passband_replay"];
        let only_asks = asks.iter().any(|it| path.contains(it));
        if reply.status.is_success() && method != "GET" && !only_asks {
            assert!(self.lines().await > before, "no line in the audit log for {method} {path}");
        }
        reply
    }

    /// How many lines the audit log has had.
    async fn lines(&self) -> u64 {
        self.world.app.store.audit_ends().await.unwrap().head.seq
    }

    /// What is there.
    pub async fn get(&self, path: &str) -> Value {
        let reply = self.text("GET", path, "").await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.body);
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["odata-version"], "4.0");
        reply.json()
    }

    /// The objects of a collection's first page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await["value"].as_array().unwrap().clone()
    }

    /// What is made; that it is where the answer says.
    pub async fn made(&self, path: &str, body: &Value) -> Value {
        let reply = self.text("POST", path, &body.to_string()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{path} {}", reply.body);
        let place = reply.location().strip_prefix(crate::world::ORIGIN).unwrap().to_owned();
        let made = reply.json();
        assert_eq!(self.get(&place).await["id"], made["id"]);
        made
    }

    /// What answers 204 and nothing.
    pub async fn done(&self, method: &str, path: &str, body: &str) {
        let reply = self.text(method, path, body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{method} {path} {}", reply.body);
        assert_eq!(reply.body, "");
    }

    /// What is refused, with this status and code. The message.
    pub async fn refused(&self, asked: (&str, &str, &str), status: u16, code: &str) -> String {
        let (method, path, body) = asked;
        let reply = self.text(method, path, body).await;
        let what = format!("{method} {path} {body:.200} -> {} {}", reply.status, reply.body);
        assert_eq!(reply.status.as_u16(), status, "{what}");
        let error = reply.json()["error"].clone();
        assert_eq!(error["code"], code, "{what}");
        assert_eq!(
            error["innerError"]["request-id"].as_str().unwrap(),
            reply.headers["request-id"],
            "{what}"
        );
        assert!(error["innerError"]["date"].as_str().unwrap().ends_with('Z'), "{what}");
        let message = error["message"].as_str().unwrap();
        assert!(message.chars().count() <= 400, "{what}");
        message.to_owned()
    }

    /// Newest line of the audit log: activity, target, detail. It names this token.
    pub async fn last_deed(&self) -> (String, String, String) {
        let line = self.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        assert!(line["passband_actor"].as_str().unwrap().starts_with("admin token "), "{line}");
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("activityDisplayName"), text("passband_target"), text("passband_detail"))
    }

    /// How many lines the audit log has.
    pub async fn deeds(&self) -> usize {
        self.list("/v1.0/auditLogs/directoryAudits?$top=999").await.len()
    }

    /// A person made over the API; their id.
    pub async fn person(&self, name: &str, admin: bool) -> String {
        let upn = format!("{}@example.org", name.to_lowercase());
        let body =
            json!({ "userPrincipalName": upn, "displayName": name, "passband_isAdministrator": admin });
        self.made("/v1.0/users", &body).await["id"].as_str().unwrap().to_owned()
    }

    /// A device of a person, put there without its ceremony.
    pub async fn device(&self, owner: UserId, name: &str) -> DeviceId {
        let id = DeviceId::generate(&SystemRandom);
        let device = Device {
            id,
            owner,
            name: name.to_owned(),
            join: JoinType::Registered,
            enabled: true,
            os: "Linux".to_owned(),
            os_version: "6.12".to_owned(),
            device_key: vec![1],
            transport_key: vec![2],
            certificate: id.as_bytes().to_vec(),
            thumbprint: rng::bytes(&SystemRandom),
            certificate_expires: self.world.now() + Seconds::days(365),
            evidence: EvidenceLevel::E0,
            compliance: Compliance::default(),
            details: Details::default(),
            profile: passband_core::directory::ClientProfile::Strict,
            revision: 0,
            created: self.world.now(),
            last_seen: None,
        };
        self.world.app.commit(vec![Change::InsertDevice(Box::new(device))]).await.unwrap();
        id
    }
}

/// The path and query of a page's link to the next.
pub fn next(page: &Value) -> Option<String> {
    let link = page.get("@odata.nextLink")?.as_str()?;
    Some(link.strip_prefix(crate::world::ORIGIN).unwrap().to_owned())
}

/// A value of a query.
pub use crate::world::encode;

/// Runs a body on a fresh installation, in the database of this run.
pub fn with_api(body: impl AsyncFn(&Api)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { body(&Api::new().await).await });
}

/// The header that a 401 must have.
pub const CHALLENGE: header::HeaderName = header::WWW_AUTHENTICATE;
