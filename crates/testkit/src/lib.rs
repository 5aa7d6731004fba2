//! Stand-ins for the world: what a test, a demonstration or a benchmark signs in with.

pub mod authenticator;
#[cfg(feature = "browser")]
pub mod browser;
pub mod maker;
