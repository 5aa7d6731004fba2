//! The map: what each platform really supports, dated and sourced; and the planner, which applies it to a tenant and its
//! fleet with the same rules as the server decides with.

pub mod engine;
pub mod model;
pub mod plan;
pub mod version;
