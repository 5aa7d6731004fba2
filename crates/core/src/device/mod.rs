//! The device floor: how a device becomes known, and how it proves that it is the one.

pub mod prove;
pub mod register;
pub mod suite;
