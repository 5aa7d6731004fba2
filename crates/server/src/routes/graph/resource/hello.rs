//! Hello keys as Graph shows them.

use super::{Kind, Resource, plain};
use passband_core::directory::Device;
use passband_core::directory::hello::HelloKey;
use passband_core::time::Timestamp;
use passband_wire::b64;
use passband_wire::prt::hello::kid;
use serde_json::{Value, json};

/// Graph `windowsHelloForBusinessAuthenticationMethod`.
pub static HELLO_KEY: Resource = Resource {
    name: "windowsHelloForBusinessAuthenticationMethod",
    properties: &[
        plain("id", Kind::Text, "The key's id, base64url."),
        plain("displayName", Kind::Text, "The device it signs in on."),
        plain("createdDateTime", Kind::Time, "When it was registered."),
        plain("keyStrength", Kind::Text, "normal: RSA of 2048 bits or more; nothing else is registered."),
        plain("passband_deviceId", Kind::Guid, "The device, by id."),
        plain("passband_keyIdentifier", Kind::Text, "The same id as assertions write it: base64 of SHA-256."),
        plain("passband_lastUsedDateTime", Kind::Time, "When it last signed its owner in; null for never."),
    ],
};

/// A Hello key as Graph shows one; `devices` are its owner's.
pub fn hello_key(key: &HelloKey, devices: &[Device]) -> Value {
    let device = devices.iter().find(|device| device.id == key.device);
    json!({
        "id": b64::encode(key.id),
        "displayName": device.map(|device| device.name.as_str()),
        "createdDateTime": key.created.rfc3339(),
        "keyStrength": "normal",
        "passband_deviceId": key.device.to_string(),
        "passband_keyIdentifier": kid(&key.id),
        "passband_lastUsedDateTime": key.last_used.map(Timestamp::rfc3339),
    })
}
