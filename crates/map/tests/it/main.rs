//! Tests of the map and the planner through what the crate shows.

mod golden;
mod import;
