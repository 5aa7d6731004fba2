//! Conditional access from outside: what holds of any policies and any request, and what a table of both comes to.

mod matrix;
mod properties;
