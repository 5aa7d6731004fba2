//! The server through its real router, with a database in memory, a clock that is set and real ceremonies.

mod console;
mod device;
mod pass;
mod prt;
mod world;
