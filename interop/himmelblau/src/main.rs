//! Signs a Linux device in to a running server through libhimmelblau, and tells how each step came out.
//!
//! Reads `PASSBAND_URL`, `PASSBAND_TOKEN` (of `passband admin token`) and, for libhimmelblau,
//! `HIMMELBLAU_DISCOVERY_URL`. Exits with 1 if a step came out otherwise than `expected.rs` says.

mod expected;
mod person;
mod steps;
mod transcript;

use person::{Person, Server, Trouble};
use reqwest::Method;
use serde_json::json;
use std::process::ExitCode;
use steps::Run;

/// The API that tokens are asked for: brokers ask for this one by name.
pub const API: &str = "https://graph.microsoft.com";
/// Redirect URI of the app that is signed in to with a cookie. Nobody listens there.
pub const APP_RETURN: &str = "http://127.0.0.1:9/callback";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(differences) => {
            eprintln!("{differences} differences");
            ExitCode::from(1)
        }
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::from(3)
        }
    }
}

async fn run() -> Result<usize, Trouble> {
    if std::env::var_os("HIMMELBLAU_DISCOVERY_URL").is_none() {
        return Err("set HIMMELBLAU_DISCOVERY_URL to the server too".into());
    }
    let server = Server::from_env()?;
    // Brokers written for Entra ID are off until an administrator says otherwise.
    for app in ["38aa3b87-a06d-4817-b275-7a316988d93b", "b743a22d-6705-4147-8670-d92fa515ee2b"] {
        server.switch(app, true).await?;
    }
    let body = json!({
        "displayName": "API of the interop run",
        "identifierUris": [API],
        "publicClient": { "redirectUris": [APP_RETURN] },
    });
    let app = server.admin(Method::POST, "/applications", Some(body)).await?;
    let app = app["appId"].as_str().ok_or("an application without an id")?.to_owned();
    let grace = Person::arrive(&server, "grace@localhost", "Grace Hopper").await?;
    Run::new(server, grace, app)?.tell().await
}
