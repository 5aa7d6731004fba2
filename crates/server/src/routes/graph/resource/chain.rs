//! The ends of the audit log's chain (Graph has no name for it).

use super::{Kind, Resource, plain};
use passband_core::audit::chain::Ends;
use passband_core::manage::logs::Retention;
use serde_json::{Value, json};

/// The ends of the chain.
pub static HEAD: Resource = Resource {
    name: "passband_auditHead",
    properties: &[
        plain("sequence", Kind::Int, "The number of the newest line."),
        plain("hash", Kind::Text, "Its hash: write both down, and nobody alters the lines before unseen."),
        plain(
            "baseSequence",
            Kind::Int,
            "The number of the last line that was cut off because it was old; 0 if none.",
        ),
        plain("baseHash", Kind::Text, "Its hash."),
    ],
};

/// The ends as the API shows them.
pub fn head(ends: Ends) -> Value {
    json!({
        "sequence": ends.head.seq,
        "hash": hex(&ends.head.hash),
        "baseSequence": ends.base.seq,
        "baseHash": hex(&ends.base.hash),
    })
}

/// A hash as people write one down.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How long the logs are kept (Graph has no name for it).
pub static LOGS: Resource = Resource {
    name: "passband_logs",
    properties: &[
        plain("signInRetentionDays", Kind::Int, "Days the sign-in log is kept, 1 to 36500; null for ever."),
        plain("auditRetentionDays", Kind::Int, "Days the audit log is kept, 30 to 36500; null for ever."),
    ],
};

/// How long the logs are kept, as the API shows it.
pub fn logs(retention: Retention) -> Value {
    json!({ "signInRetentionDays": retention.sign_ins, "auditRetentionDays": retention.audits })
}
