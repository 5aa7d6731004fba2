//! Tests of the map and the planner through what the crate shows.

mod import;
