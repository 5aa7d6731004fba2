//! One body per behaviour, run on SQLite in a file and in memory always, and on PostgreSQL when
//! `PASSBAND_TEST_PG` names a server. `PASSBAND_REQUIRE_PG=1` makes a missing one a failure.

// clippy.toml allows it in tests, and does not see that these are their helpers.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod access;
mod cache;
mod chain;
mod changes;
mod database;
mod group;
mod groups;
mod harness;
mod hostile;
mod loads;
mod recovery;
mod sample;
mod trust;
