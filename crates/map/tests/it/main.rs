//! Tests of the map and the planner through what the crate shows.

#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod golden;
mod import;
