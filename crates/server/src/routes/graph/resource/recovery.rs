//! Recovery codes and alarms as this API shows them; no resources of Graph's.

use super::{Kind, Resource, filter, plain};
use passband_core::authn::recovery::left;
use passband_core::directory::{Alarm, AlarmKind, RecoveryCode, User};
use passband_core::id::UserId;
use passband_core::time::Timestamp;
use serde_json::{Value, json};

/// A person's recovery codes, in figures.
pub static RECOVERY_CODES: Resource = Resource {
    name: "passband_recoveryCodes",
    properties: &[
        plain("remainingCount", Kind::Int, "Codes that can be used."),
        plain("usedCount", Kind::Int, "Codes of the same set that were used."),
        plain("createdDateTime", Kind::Time, "When the set was made; null if there is none."),
    ],
};

/// A person's recovery codes in figures: nothing else is known of them.
pub fn codes(have: &[RecoveryCode]) -> Value {
    let left = left(have);
    json!({
        "remainingCount": left,
        "usedCount": have.len() - left,
        "createdDateTime": have.first().map(|code| code.created).map(Timestamp::rfc3339),
    })
}

/// An alarm for administrators.
pub static ALARM: Resource = Resource {
    name: "passband_alarm",
    properties: &[
        filter("id", Kind::Text, "The alarm's name in addresses: account and kind."),
        filter("kind", Kind::Text, "breakGlassUsed or breakGlassRefused."),
        filter("userId", Kind::Guid, "Whose account it is about."),
        filter("userPrincipalName", Kind::Text, "The same, by name."),
        plain("count", Kind::Int, "How often it was raised; to acknowledge it, the count that was seen."),
        filter("firstDateTime", Kind::Time, "When it was first raised."),
        filter("lastDateTime", Kind::Time, "When it was last raised."),
        plain("detail", Kind::Text, "Of the last time: how, and from where."),
    ],
};

/// Between account and kind in the id of an alarm.
const BETWEEN: char = '_';

/// An alarm as this API shows one.
pub fn alarm(alarm: &Alarm, about: &User) -> Value {
    json!({
        "id": format!("{}{BETWEEN}{}", about.id, alarm.kind.name()),
        "kind": alarm.kind.name(),
        "userId": about.id.to_string(),
        "userPrincipalName": about.upn,
        "count": alarm.count,
        "firstDateTime": alarm.first.rfc3339(),
        "lastDateTime": alarm.last.rfc3339(),
        "detail": alarm.detail,
    })
}

/// What an alarm's id names.
pub fn alarm_of_id(id: &str) -> Option<(UserId, AlarmKind)> {
    let (user, kind) = id.split_once(BETWEEN)?;
    Some((user.parse().ok()?, AlarmKind::from_name(kind)?))
}
