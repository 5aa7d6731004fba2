//! What `passband bench` needs of the inside: people to sign in, the exchange behind a bare handler, and what
//! the machine itself can do. Nothing here runs in a server.

pub mod bare;
pub mod compatible;
pub mod limits;
pub mod people;

use passband_core::id::ClientId;

/// The app the benchmark's tokens are for.
pub const CLIENT: ClientId = ClientId::from_bytes(*b"\x00passband bench\x00");

/// Its audience.
pub const RESOURCE: &str = "https://bench.passband.invalid";
