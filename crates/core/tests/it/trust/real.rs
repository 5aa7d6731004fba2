//! The FIDO Alliance's own metadata, as `scripts/test` downloads them: the payload in them, signed by a publisher of
//! ours, since the package they come in leaves the signature out.

use super::Publisher;
use crate::support::NOW;
use passband_core::platform::evidence::{Proof, model_facts};
use passband_core::policy::signal::{Certification, EvidenceLevel};
use std::collections::BTreeMap;

/// The payload, where it is there. `PASSBAND_REQUIRE_MDS` makes it a failure if not.
fn payload() -> Option<serde_json::Value> {
    let Some(path) = std::env::var_os("PASSBAND_TEST_MDS") else {
        assert!(std::env::var_os("PASSBAND_REQUIRE_MDS").is_none(), "PASSBAND_TEST_MDS names metadata.json");
        return None;
    };
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

#[test]
fn every_real_model_is_read_and_judged() {
    let Some(mut real) = payload() else { return };
    let entries = real["entries"].as_array().unwrap().clone();
    let roots: usize = entries
        .iter()
        .filter(|entry| entry.get("aaid").is_none())
        .map(|entry| entry["metadataStatement"]["attestationRootCertificates"].as_array().unwrap().len())
        .sum();
    // Whatever the age of the package, its edition is to be judged as of today.
    real["nextUpdate"] = "2026-12-01".into();
    let publisher = Publisher::new();
    let metadata = publisher.verify(&publisher.blob(&real), None).unwrap();
    let passkeys = entries.iter().filter(|entry| entry.get("aaid").is_none()).count();
    assert_eq!(metadata.models().len(), passkeys);
    assert!(passkeys > 400, "{passkeys}");
    let read: usize = metadata.models().iter().map(|model| model.roots().len()).sum();
    assert!(read * 100 >= roots * 99, "{read} of {roots} roots can be read");

    let mut counts = BTreeMap::<_, usize>::new();
    for model in metadata.models() {
        let facts = model_facts(model, NOW);
        *counts.entry((facts.level.name(), facts.proof.code())).or_default() += 1;
    }
    println!("{read} of {roots} roots; {counts:?}");
    assert!(counts[&("E3", Proof::ModelHardware.code())] > 300);
    assert!(counts[&("E1", Proof::ModelDisqualified.code())] >= 1);

    let facts = |aaguid: &str| {
        let aaguid: passband_core::id::KeyId = aaguid.parse().unwrap();
        model_facts(metadata.by_aaguid(aaguid.as_bytes()).unwrap(), NOW)
    };
    let yubikey = facts("fa2b99dc-9e39-4257-8f92-4a30d23c4118");
    assert_eq!(yubikey.name, "YubiKey 5 Series with NFC");
    assert_eq!((yubikey.level, yubikey.device_bound), (EvidenceLevel::E3, true));
    assert!(yubikey.certification >= Certification::L1);
    // Revoked in December 2023; an older report stands after that in the list.
    let truu = facts("ba86dc56-635f-4141-aef6-00227b1b9af6");
    assert_eq!((truu.level, truu.proof), (EvidenceLevel::E1, Proof::ModelDisqualified));
    assert_eq!(truu.status, "REVOKED");
    // Windows Hello's root is the one that comes with the program.
    let hello: passband_core::id::KeyId = "08987058-cadc-4b81-b6e1-30de50dcbe96".parse().unwrap();
    let hello = metadata.by_aaguid(hello.as_bytes()).unwrap();
    let built_in = passband_core::platform::roots::Roots::default();
    let own = built_in.for_model(passband_core::platform::Format::Tpm, hello.aaguid().unwrap());
    assert_eq!(hello.roots(), own);
}
