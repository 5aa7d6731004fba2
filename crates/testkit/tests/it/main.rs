//! The rules of core, tried with what the test kit stands in for. They are here because core stands below
//! the kit and cannot name it.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod assertion;
