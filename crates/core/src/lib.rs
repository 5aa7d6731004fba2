//! The rules: who may have what, and why not. No I/O.
//!
//! Floors, lowest first: [`policy`] ◀ [`platform`] ◀ [`device`], [`authn`] ◀ [`session`]. Everything beside
//! them ([`directory`], [`compliance`], [`change`], [`audit`], [`reason`], [`keys`], [`manage`], [`signals`]) is what the floors speak about.
//!
//! Every use case has one shape: *load* facts, *decide* without I/O, *commit* the [`change::Change`]s the
//! decision names. A refusal may carry changes too.

pub mod audit;
pub mod authn;
pub mod change;
pub mod compliance;
pub mod decision;
pub mod device;
pub mod directory;
pub mod keys;
pub mod manage;
pub mod platform;
pub mod policy;
pub mod reason;
pub mod session;
pub mod signals;

pub use passband_wire::{id, rng, time};
