//! The server through its real router, with a database in memory, a clock that is set and real ceremonies.
#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod campaign;
mod ceremony;
mod console;
mod console_roles;
mod device;
mod figures;
mod graph;
mod oidc;
mod pass;
mod person_token;
mod policy_page;
mod profiles;
mod prt;
mod recovery;
mod second;
mod walk;
mod world;
