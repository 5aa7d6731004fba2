//! Telling others what changed: receivers of shared signals (OpenID SSF 1.0) and applications whose sessions ended
//! (OpenID Connect Back-Channel Logout 1.0).
//!
//! 1. [`App::commit`](crate::app::App::commit) writes what is to be told in the transaction of the change.
//! 2. [`deliver`] claims it, sends it, and takes it away once it was taken. A process that dies in between has claimed
//!    a try and no more: another is made later, here or at another node. So each event is told at least once.
//! 3. [`token`] makes the security event token or logout token of it, when it is sent.

pub mod deliver;
pub mod token;
