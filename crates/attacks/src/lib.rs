//! Attacks on a server that gives devices Primary Refresh Tokens: A1 to A32 and one beyond, each tried over HTTP against a
//! running server, ours or another.
//!
//! An attack is a row of [`ATTACKS`] with a function. The function sets up what the attack takes (a person with a
//! passkey, a device, a PRT), shows that the honest request works, and then tries its variants. A variant counts as refused
//! only if the answer says so; an answer that is unclear counts for the attacker. Where the honest request fails, nothing
//! is shown and the attack counts as not tried: a server that refuses everything passes nothing.
//!
//! | module | holds |
//! |---|---|
//! | [`attack`] | what an attack is, and what came of it |
//! | `table` | all of them |
//! | `tried` | one function for each |
//! | `trial` | how answers are judged |
//! | [`target`] | the server, and what only its own operator can do |
//! | `http`, `people`, `device`, `bound`, `entra`, `forge` | what honest clients do, and what forgers do |
//! | [`report`] | the answer as a table, Markdown, JSON; and `docs/attacks.md` |

pub mod attack;
mod bound;
mod device;
mod entra;
mod forge;
mod http;
mod people;
pub mod report;
mod table;
pub mod target;
mod trial;
mod tried;

pub use table::{ATTACKS, find};
