//! The map: what each platform really supports, dated and sourced; and the planner, which applies it to a tenant and its
//! fleet with the same rules as the server decides with.
//!
//! | module | holds |
//! |---|---|
//! | [`atlas`] | the map |
//! | [`model`] | a tenant, as far as somebody exported it |
//! | [`tenant`], [`fleet`] | reading it |
//! | [`generate`] | making one up, from a seed |
//! | [`engine`] | who can sign in where, with the rules of the server |
//! | [`plan`] | what is answered |
//! | [`report`] | the answers as people read them |
//! | [`version`] | versions of operating systems |

pub mod atlas;
pub mod engine;
pub mod fleet;
pub mod generate;
pub mod model;
pub mod plan;
pub mod report;
pub mod tenant;
pub mod version;
