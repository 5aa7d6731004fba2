//! The vocabulary of trust. Lies beneath the floors so that any of them may ask it; knows none of them.

pub mod access;
pub mod signal;
