//! Formats with a specification number, shared by the server and the device.
//!
//! Everything here parses, prints or verifies a signature over bytes; nothing here knows a policy, a clock
//! or a database. All parsers are bounded and never panic: they are what a stranger reaches first.

pub mod attestation_status;
pub mod b64;
pub mod cbor;
pub mod cose;
pub mod id;
pub mod jose;
pub mod mds;
pub mod oauth;
pub mod prt;
pub mod rng;
pub mod secevent;
pub mod time;
pub mod tpm;
pub mod webauthn;
