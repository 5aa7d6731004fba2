//! The map: what each platform really supports, dated and sourced.

pub mod atlas;
