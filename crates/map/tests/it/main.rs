//! The planner, from outside.

mod golden;
