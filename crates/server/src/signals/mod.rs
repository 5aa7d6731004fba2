//! Telling others what changed: receivers of shared signals (OpenID SSF 1.0) and applications whose sessions ended
//! (OpenID Connect Back-Channel Logout 1.0).
//!
//! 1. [`App::commit`](crate::app::App::commit) writes what is to be told in the transaction of the change.
//! 2. [`deliver`] claims it, sends it, and takes it away once it was taken. A process that dies in between has claimed
//!    a try and no more: another is made later, here or at another node. So each event is told at least once.
//! 3. [`token`] makes the security event token or logout token of it, when it is sent.

pub mod deliver;
pub mod token;

use passband_core::signals::receive::Transmitter;
use passband_core::signals::stream::Stream;

/// A receiver in the words of the audit log.
#[must_use]
pub fn receiver_words(stream: &Stream) -> String {
    let push = if stream.push_url.is_empty() { "nowhere" } else { &stream.push_url };
    format!("{}: audience {}, may be pushed to {push}", stream.name, stream.audience)
}

/// A transmitter in the words of the audit log.
#[must_use]
pub fn transmitter_words(it: &Transmitter) -> String {
    let says = [(it.compliance, "compliance"), (it.sessions, "sessions"), (it.may_raise, "may raise")];
    let says: Vec<_> = says.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    format!("{}: issuer {}, {}", it.name, it.issuer, says.join(", "))
}
