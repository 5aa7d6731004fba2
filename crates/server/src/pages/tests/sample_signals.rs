//! The page of signals: with receivers in each state, and with nothing.

use super::sample::{Words, admin, ago};
use crate::pages::*;

pub(super) fn signals(w: Words, is_full: bool) -> Signals {
    let receiver = |name: &str, state, waiting, error: &str| ReceiverRow {
        id: "9d3c8f6f".into(),
        name: name.into(),
        audience: w.url.into(),
        push_url: if error.is_empty() { String::new() } else { w.url.into() },
        state,
        reason: w.label.into(),
        waiting,
        dropped: waiting / 7,
        delivered: error.is_empty().then(|| ago(2)),
        error: error.into(),
    };
    let transmitter = TransmitterRow {
        id: "4f1d27aa".into(),
        name: w.name.into(),
        issuer: w.url.into(),
        endpoint: "https://id.passband.example/ssf/receive/4f1d27aa-2f53-4a46-9d3c-8f6f4d1f27aa".into(),
        may: vec!["lower devices", "raise devices", "end sessions"],
        added: ago(9_000),
    };
    Signals {
        admin: admin(w),
        receivers: if is_full {
            vec![
                receiver("SIEM", ReceiverState::Push, 0, ""),
                receiver(w.name, ReceiverState::Push, 1_204, w.label),
                receiver("Archive", ReceiverState::Poll, 3, ""),
                receiver("Paused", ReceiverState::Paused, 12, ""),
                receiver("Off", ReceiverState::Disabled, 0, ""),
                receiver("New", ReceiverState::Unmade, 0, ""),
            ]
        } else {
            Vec::new()
        },
        transmitters: if is_full { vec![transmitter] } else { Vec::new() },
        made: is_full.then(|| NewCredential {
            name: w.name.into(),
            credential: Secret::new(w.label.into()),
            configuration: "https://id.passband.example/.well-known/ssf-configuration".into(),
        }),
    }
}
