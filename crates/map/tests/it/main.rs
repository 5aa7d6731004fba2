//! Tests of the map and the planner through what the crate shows.

#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod golden;
mod import;
