//! The floors of core from outside, through what they make public.
#![allow(missing_docs)]

mod assertion;
mod mutation;
mod path;
mod registration;
mod statement;
mod support;
mod vectors;
