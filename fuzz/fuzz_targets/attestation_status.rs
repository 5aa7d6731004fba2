//! Google's list of revoked attestation keys, beside a reader that knows nothing but JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::platform::revocation::Revocations;
use passband_fuzz::NOW;
use passband_wire::attestation_status::{KeyStatus, MAX_ENTRIES, StatusList};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let read = StatusList::parse(data);
    assert_eq!(Revocations::parse(data, NOW).is_ok(), read.is_ok());
    let Ok(list) = read else { return };
    assert!(list.len() <= MAX_ENTRIES);
    // Half a surrogate pair in a member that is skipped: grammar allows the escape (RFC 8259 §8.2), this reader does not.
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return };
    let entries = document["entries"].as_object().expect("it was read");
    assert!(list.len() <= entries.len());
    for (serial, entry) in entries {
        let status = list.status(&bytes(serial)).expect("a key on the list is not found");
        if entry["status"] != "SUSPENDED" {
            assert_eq!(status, KeyStatus::Revoked, "a revoked key came back");
        }
        // As a certificate has it: leading zeros say nothing.
        assert_eq!(list.status(&[&[0], &bytes(serial)[..]].concat()), Some(status));
    }
});

fn bytes(hex: &str) -> Vec<u8> {
    let even = if hex.len() % 2 == 0 { hex.to_owned() } else { format!("0{hex}") };
    let pairs = even.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(|pair| byte(pair).expect("a serial number is hexadecimal")).collect()
}
