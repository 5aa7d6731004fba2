//! The rules of the identity provider, without I/O.

pub mod authn;
pub mod platform;
