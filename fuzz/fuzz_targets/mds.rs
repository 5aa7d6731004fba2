//! The FIDO metadata: the BLOB as it comes, and any header and payload under the publisher's signature.
//!
//! The first byte says what the rest is: 0 a BLOB, 1 a payload, 2 a header and after a line feed a payload, 3 edits of a
//! good BLOB. Anything else is a payload from its first byte on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::platform::evidence::models_now;
use passband_core::platform::metadata::{BlobRules, Metadata, MetadataError};
use passband_core::policy::signal::EvidenceLevel;
use passband_fuzz::publisher::publisher;
use passband_fuzz::{NOW, bend, header_and_payload};
use passband_wire::jose::jws::Unverified;
use passband_wire::mds::{MAX_BLOB, MAX_ENTRIES, Payload};

const GOOD: &[u8] = br#"{"no":7,"nextUpdate":"2026-12-01","entries":[]}"#;

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0, text)) => any(text),
        Some((1, payload)) => signed(payload),
        Some((2, rest)) => {
            let (header, payload) = header_and_payload(rest);
            // Whatever a header says, what is read is what was signed.
            if verify(&publisher().signed(header, payload), None).is_ok() {
                serde_json::from_slice::<Payload>(payload).expect("a payload was read that is none");
            }
        }
        Some((3, edits)) => {
            let good = publisher().blob(GOOD);
            let bent = bend(&good, edits);
            if verify(&bent, None).is_ok() {
                let content =
                    |text: &str| text.trim_ascii().rsplit_once('.').map(|(input, _)| input.to_owned());
                assert_eq!(content(&bent), content(&good), "what was signed was changed");
            }
        }
        _ => signed(data),
    }
});

fn verify(blob: &str, loaded: Option<u32>) -> Result<Metadata, MetadataError> {
    let roots = std::slice::from_ref(&publisher().root);
    Metadata::verify(blob, &BlobRules { roots, loaded, now: NOW })
}

fn any(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let _ = Unverified::parse_within(text, MAX_BLOB);
    let none = BlobRules { roots: &[], loaded: None, now: NOW };
    assert!(Metadata::verify(text, &none).is_err(), "nobody vouches for it");
    let _ = verify(text, None);
}

fn signed(payload: &[u8]) {
    let (read, signed) = (Payload::parse(payload), verify(&publisher().blob(payload), None));
    let (Ok(payload), Ok(metadata)) = (read, signed) else { return };
    assert!(payload.entries.len() <= MAX_ENTRIES && metadata.models().len() <= payload.entries.len());
    assert!(!metadata.is_stale(NOW));
    let verified = verify(&publisher().blob(GOOD), metadata.no().checked_add(1));
    assert_eq!(metadata.no() < 7, verified.is_ok(), "an older edition came back");
    for (model, facts) in metadata.models().iter().zip(models_now(&metadata, NOW)) {
        assert!(facts.level <= EvidenceLevel::E3);
        if model.disqualified(None).is_some() || model.roots().is_empty() {
            assert!(facts.level < EvidenceLevel::E2, "nobody trusted vouches for it");
        }
        if model.is_synced() {
            assert!(!facts.device_bound && facts.level < EvidenceLevel::E3, "a copied key is in no hardware");
        }
        if let Some(aaguid) = model.aaguid() {
            assert!(*aaguid == [0; 16] || metadata.by_aaguid(aaguid).is_some());
        }
    }
}
