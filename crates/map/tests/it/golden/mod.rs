//! Small tenants with the answer that somebody worked out by hand, in a comment beside each.

mod access;
mod build;
mod devices;
mod methods;
mod plan;
mod platforms;
mod profiles;
mod properties;
mod unknown;
