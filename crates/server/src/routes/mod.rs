//! Routes: parse, call the core, map the answer. Nothing is decided here.

pub mod account;
pub mod again;
pub mod assets;
pub mod authorize;
pub mod broker;
pub mod campaign;
pub mod ceremony;
pub mod code;
pub mod console;
pub mod device;
pub mod device_code;
pub mod device_credential;
pub mod dialect;
pub mod graph;
pub mod health;
pub mod hello;
pub mod hybrid;
pub mod introspect;
pub mod logout;
pub mod map;
pub mod par;
pub mod permissions;
pub mod pop;
pub mod profile;
pub mod recover;
pub mod recovery;
pub mod register;
pub mod second;
pub mod session;
pub mod ssf;
pub mod tap;
pub mod token;
pub mod tokens;
pub mod userinfo;
pub mod way_in;
pub mod well_known;

use crate::app::App;
use crate::telemetry;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use std::sync::Arc;

/// The route of the listener for `/metrics` alone.
pub fn figures(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(health::figures)).with_state(app)
}

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/assets/{name}", get(assets::asset))
        .route("/.well-known/openid-configuration", get(well_known::configuration))
        .route("/jwks", get(well_known::jwks))
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/token", post(token::post))
        .route("/par", post(par::post))
        .route("/device_authorization", post(device_code::begin))
        .route("/device", get(device_code::get).post(device_code::post))
        .route("/userinfo", get(userinfo::get).post(userinfo::get))
        .route("/revoke", post(token::revoke))
        .route("/introspect", post(introspect::post))
        .route("/logout", get(logout::get).post(logout::post))
        .route("/sign-in", get(session::sign_in))
        .route("/setup", get(register::setup))
        .route("/map", get(map::get))
        .route("/.well-known/webauthn", get(well_known::webauthn))
        .route("/.well-known/passkey-endpoints", get(well_known::passkey_endpoints))
        .route("/recover", get(recover::get).post(recover::post))
        .route("/tap", get(tap::get).post(tap::post))
        .route("/ceremony/sign-in/options", post(ceremony::sign_in_options))
        .route("/ceremony/sign-in", post(ceremony::sign_in))
        .route("/ceremony/register/options", post(register::options))
        .route("/ceremony/register", post(register::finish))
        .route("/account/passkeys/new", get(register::page))
        .route("/account/passkeys/second", get(second::page))
        .route("/account/campaign", get(campaign::get))
        .route("/account/campaign/snooze", post(campaign::snooze))
        .route("/EnrollmentServer/device/", post(device::join))
        .route("/EnrollmentServer/device/{id}", axum::routing::delete(device::leave).put(hybrid::put))
        .route("/EnrollmentServer/key/", post(hello::register))
        .route("/{tenant}/oauth2/token", post(broker::post))
        .route("/{tenant}/oauth2/v2.0/token", post(broker::post))
        .merge(dialect::routes())
        .merge(ssf::routes())
        .merge(graph::router(&app))
        .merge(account::routes().merge(console::routes(&app)))
        .layer(DefaultBodyLimit::max(256 * 1024))
        .layer(middleware::from_fn(telemetry::measure))
        .with_state(Arc::clone(&app));
    dialect::around(routes, app)
}
