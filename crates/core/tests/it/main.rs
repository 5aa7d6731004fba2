//! The floors of core from outside, through what they make public.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod access;
mod effort;
mod mutation;
mod path;
mod reason_codes;
mod registration;
mod statement;
mod support;
mod trust;
mod vectors;
