//! Receivers of signals as this API shows them; no resource of Graph's.

use super::{Kind, Resource, filter, plain};
use passband_core::signals::TYPES;
use passband_core::signals::receive::Transmitter;
use passband_core::signals::stream::{Fared, Method, Stream};
use passband_core::time::Timestamp;
use serde_json::{Value, json};

/// A receiver of signals and its stream.
pub static STREAM: Resource = Resource {
    name: "passband_signalStream",
    properties: &[
        filter("id", Kind::Guid, "SSF stream_id."),
        filter("displayName", Kind::Text, "What administrators call it."),
        filter("audience", Kind::Text, "Claim aud of its events."),
        plain("pushUrl", Kind::Text, "The one address events may be sent to; null for none."),
        filter(
            "status",
            Kind::Text,
            "unmade until the receiver makes its stream; then enabled, paused or disabled.",
        ),
        plain("reason", Kind::Text, "Why, as the receiver says."),
        filter("delivery", Kind::Text, "push or poll."),
        plain("events", Kind::Texts, "Types of events the receiver wants."),
        plain("waitingCount", Kind::Int, "Events that wait to be told."),
        plain("droppedCount", Kind::Int, "Events that found no room."),
        plain("lastDeliveryDateTime", Kind::Time, "When one was last told."),
        plain("lastError", Kind::Text, "What went wrong last; null since the last that went well."),
        filter("createdDateTime", Kind::Time, "When it was let in."),
        plain("credential", Kind::Text, "Its credential: in the answer that makes it, and never again."),
    ],
};

/// A receiver, without its credential.
pub fn stream(stream: &Stream, fared: &Fared) -> Value {
    let wanted: Vec<_> = TYPES
        .iter()
        .enumerate()
        .filter(|(n, _)| stream.events & (1 << n) != 0)
        .map(|(_, name)| *name)
        .collect();
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "id": stream.id.to_string(),
        "displayName": stream.name,
        "audience": stream.audience,
        "pushUrl": text(&stream.push_url),
        "status": stream.status.name(),
        "reason": stream.reason,
        "delivery": match stream.method { Method::Push => "push", Method::Poll => "poll" },
        "events": wanted,
        "waitingCount": fared.waiting,
        "droppedCount": fared.dropped,
        "lastDeliveryDateTime": fared.delivered.map(Timestamp::rfc3339),
        "lastError": text(&fared.error),
        "createdDateTime": stream.created.rfc3339(),
        "credential": null,
    })
}

/// Whoever may send us signals.
pub static TRANSMITTER: Resource = Resource {
    name: "passband_signalTransmitter",
    properties: &[
        filter("id", Kind::Guid, "Its name in the address it sends to."),
        filter("displayName", Kind::Text, "What administrators call it."),
        filter("issuer", Kind::Text, "Claim iss of its events."),
        filter("audience", Kind::Text, "Claim aud that names us; the issuer of tokens unless said."),
        plain("jwks", Kind::Object, "Its key set (RFC 7517)."),
        filter("deviceCompliance", Kind::Bool, "Whether it may say that a device is not compliant."),
        filter("sessionRevocation", Kind::Bool, "Whether it may end sessions."),
        filter("mayRaise", Kind::Bool, "Whether it may also say that a device is compliant."),
        plain("endpoint", Kind::Text, "Where it sends its events."),
        filter("createdDateTime", Kind::Time, "When it was registered."),
    ],
};

/// A transmitter.
pub fn transmitter(it: &Transmitter, issuer: &str) -> Value {
    json!({
        "id": it.id.to_string(),
        "displayName": it.name,
        "issuer": it.issuer,
        "audience": it.audience,
        "jwks": serde_json::from_str::<Value>(&it.keys).unwrap_or_default(),
        "deviceCompliance": it.compliance,
        "sessionRevocation": it.sessions,
        "mayRaise": it.may_raise,
        "endpoint": format!("{issuer}/ssf/receive/{}", it.id),
        "createdDateTime": it.created.rfc3339(),
    })
}
