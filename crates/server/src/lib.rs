//! Serves the chain over HTTP: routes parse and map, the core decides, the store remembers.

pub mod access;
pub mod alarm;
pub mod app;
pub mod attempt;
#[doc(hidden)]
pub mod bench;
pub mod boot;
pub mod ca;
pub mod clock;
pub mod config;
pub mod cookie;
pub mod extract;
pub mod pages;
pub mod policies;
pub mod proxy;
pub mod refusal;
pub mod related;
pub mod routes;
pub mod sample;
pub mod seen;
pub mod serve;
pub mod signals;
pub mod sweep;
pub mod telemetry;
pub mod throttle;
pub mod tls;
pub mod trust;
pub mod verify;

pub use boot::{admin_token, admin_token_with};
