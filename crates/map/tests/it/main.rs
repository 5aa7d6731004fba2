//! Tests of the map and the planner through what the crate shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod golden;
mod import;
