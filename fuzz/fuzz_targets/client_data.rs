//! Client data: what a browser wrote, or whoever stands in its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::authn::passkey::registration;
use passband_fuzz::vector::{self, ORIGIN, vectors};
use passband_wire::b64;
use passband_wire::webauthn::CollectedClientData;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let Ok(read) = CollectedClientData::parse(data) else { return };

    // What is read is written and read again.
    let mut plain = json!({
        "type": read.kind, "challenge": read.challenge, "origin": read.origin, "crossOrigin": read.cross_origin,
    });
    if let Some(top) = &read.top_origin {
        plain["topOrigin"] = Value::from(&**top);
    }
    let printed = plain.to_string();
    if printed.len() <= passband_wire::webauthn::MAX_CLIENT_DATA {
        assert_eq!(CollectedClientData::parse(printed.as_bytes()), Ok(read.clone()));
    }

    // Another reader of JSON sees the same values. It gives up on depth and large numbers, which ours skips.
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    if let Ok(other) = serde_json::from_slice::<Value>(text) {
        assert_eq!(other["type"], *read.kind);
        assert_eq!(other["challenge"], *read.challenge);
        assert_eq!(other["origin"], *read.origin);
        assert_eq!(other.get("crossOrigin").unwrap_or(&Value::Bool(false)), &read.cross_origin);
        assert_eq!(other.get("topOrigin").and_then(Value::as_str), read.top_origin.as_deref());
    }

    // The first vector has no statement, so nothing but these rules stands between client data and a passkey.
    let vector = &vectors().all[0];
    let party = vector::party();
    let response = vector::registration(data, &vector.attestation_object);
    if registration::verify(response, &vector::rules(&party, &vector.challenge, None)).is_ok() {
        assert_eq!((&*read.kind, &*read.origin), ("webauthn.create", ORIGIN));
        assert_eq!(*read.challenge, b64::encode(&vector.challenge));
        assert!(!read.cross_origin && read.top_origin.is_none());
    }
});
