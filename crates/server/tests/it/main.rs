//! The server through its real router, with a database in memory, a clock that is set and real ceremonies.
#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod access;
mod access_page;
mod campaign;
mod ceremony;
mod compatible;
mod console;
mod console_roles;
mod device;
mod device_code;
mod dialect;
mod figures;
mod graph;
mod hello;
mod map;
mod oidc;
mod own_key;
mod pass;
mod person_token;
mod plug;
mod policy_page;
mod pop;
mod profiles;
mod prt;
mod recovery;
mod revocation;
mod second;
mod signal_checks;
mod signals;
mod ssf;
mod told;
mod walk;
mod world;
