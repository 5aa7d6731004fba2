//! The device's side of Passband: keys, enrolment, sign-in through the system browser, and the PRT.
//!
//! [`Agent`](agent::Agent) is what a command or a daemon wants: one state directory, one server. The modules
//! beneath it take the same steps one at a time. Nothing here knows a rule of the server: the device speaks
//! the protocol and reports what it was told.
//!
//! A refusal never makes the broker throw something away. Keys and PRT are forgotten only when the person
//! asks for it (`leave`), since a wrong or forged error must not cost a device its identity.

pub mod agent;
pub mod browser;
pub mod cache;
pub mod enrol;
pub mod error;
pub mod http;
pub mod keys;
pub mod loopback;
pub mod provider;
pub mod prt;
pub mod secret;
pub mod signin;
pub mod state;

pub use error::Error;
