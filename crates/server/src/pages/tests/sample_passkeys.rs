//! Specimens of passkeys, one of each kind that looks different, and of a Hello key.

use super::sample::{Words, ago, band};
use crate::pages::Level::{Claimed, Hardware, Proved, Unknown};
use crate::pages::{HelloKeyRow, PasskeyKind, PasskeyModel, PasskeyRow};

pub(super) fn passkeys(w: Words) -> Vec<PasskeyRow> {
    let row = |id: &str, name: &str, kind, is_proved: bool, band, is_current: bool| PasskeyRow {
        id: id.into(),
        name: name.into(),
        kind,
        model: Some(PasskeyModel { name: w.label.into(), is_proved }).filter(|_| kind != PasskeyKind::Device),
        is_synced: kind == PasskeyKind::Synced,
        evidence: "E0".into(),
        created: ago(60_480),
        last_used: is_current.then(|| ago(12)),
        band,
        is_current,
    };
    vec![
        row(
            "q7XkS0m3T2e8",
            w.label,
            PasskeyKind::Device,
            false,
            band(Claimed, Unknown, Proved, Unknown),
            true,
        ),
        row(
            "Zp1Lw9aC4hUd",
            "Blue key on the ring",
            PasskeyKind::SecurityKey,
            true,
            band(Hardware, Unknown, Hardware, Unknown),
            false,
        ),
        row(
            "m0Nn6rVyEe2k",
            "Phone",
            PasskeyKind::Synced,
            false,
            band(Unknown, Unknown, Proved, Unknown),
            false,
        ),
    ]
}

pub(super) fn hello_key(w: Words) -> HelloKeyRow {
    HelloKeyRow {
        id: "zq3WqVXrCCdAq-1PmKMTQf9T5Jpc3xbzqlbn1JyvMdI".into(),
        device: w.label.into(),
        created: ago(9_000),
        last_used: Some(ago(12)),
        band: band(Claimed, Unknown, Claimed, Unknown),
    }
}
