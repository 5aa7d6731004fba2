//! The FIDO Alliance's own metadata, as `scripts/test` downloads them: the payload in them, signed by a publisher of
//! ours, since the package they come in leaves the signature out.

use super::{Publisher, revoked};
use crate::support::NOW;
use passband_core::authn::passkey::registration::judge_again;
use passband_core::authn::profile::templates::{Template, judge_model, templates};
use passband_core::authn::profile::{Rule, words};
use passband_core::directory::{Evidence, Passkey};
use passband_core::id::UserId;
use passband_core::platform::evidence::{Proof, Trust, model_facts, models_now};
use passband_core::policy::signal::{Certification, EvidenceLevel};
use passband_wire::b64;
use passband_wire::time::Timestamp;
use passband_wire::webauthn::{AttestationObject, AuthenticatorData};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The file, where it is there. `PASSBAND_REQUIRE_MDS` makes it a failure if not.
fn file() -> Option<PathBuf> {
    let path = std::env::var_os("PASSBAND_TEST_MDS");
    let required = std::env::var_os("PASSBAND_REQUIRE_MDS").is_some();
    assert!(path.is_some() || !required, "PASSBAND_TEST_MDS names metadata.json");
    path.map(PathBuf::from)
}

/// The payload, as of today whatever the age of the package.
fn payload() -> Option<serde_json::Value> {
    let mut real: serde_json::Value = serde_json::from_slice(&std::fs::read(file()?).unwrap()).unwrap();
    real["nextUpdate"] = "2026-12-01".into();
    Some(real)
}

/// A text of the package's own test data, which are attestations captured from devices.
fn captured(data: &str, name: &str) -> Vec<u8> {
    let (_, rest) = data.split_once(&format!("\n{name} = ")).unwrap();
    let text = rest.split("\"\"\"").nth(1).unwrap();
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    b64::decode(&bare, 16 * 1024).unwrap()
}

/// What was captured from a device, as if it had been registered here at that moment.
fn registered(attestation_object: Vec<u8>, client_data: Vec<u8>, at: &str) -> Passkey {
    let object = AttestationObject::parse(&attestation_object).unwrap();
    let data = AuthenticatorData::parse(object.auth_data).unwrap();
    let credential = data.attested.as_ref().unwrap();
    Passkey {
        id: credential.credential_id.to_vec(),
        user: UserId::from_bytes([1; 16]),
        public_key: credential.public_key.to_vec(),
        sign_count: 0,
        backup_eligible: data.flags.backup_eligible(),
        backup_state: false,
        aaguid: credential.aaguid,
        format: object.fmt.to_owned(),
        transports: vec![],
        name: String::new(),
        rp_id: String::new(),
        evidence: Evidence::default(),
        created: Timestamp::from_rfc3339(at).unwrap(),
        last_used: None,
        made_by: String::new(),
        client_data,
        attestation_object,
    }
}

#[test]
fn real_devices_reach_the_level_they_prove() {
    let (Some(file), Some(real)) = (file(), payload()) else { return };
    let data = file.parent().and_then(std::path::Path::parent).unwrap().join("tests/data.py");
    let data = std::fs::read_to_string(data).unwrap();
    let publisher = Publisher::new();
    let metadata = publisher.verify(&publisher.blob(&real), None).unwrap();
    let bare = Trust::default();
    let mut full = Trust { metadata: Some(metadata), ..Trust::default() };
    let judge = |device: &str, object: &str, client: &str, at: &str, trust: &Trust| {
        let [object, client] = [object, client].map(|end| captured(&data, &format!("{device}_{end}")));
        let evidence = judge_again(&registered(object, client, at), trust, NOW);
        (evidence.level, Proof::from_code(&evidence.proof).unwrap())
    };
    use EvidenceLevel::{E1, E2, E3};
    let u2f = |trust| judge("yubikey_4", "attestation_obj", "client_data", "2020-01-01T00:00:00Z", trust);
    assert_eq!((u2f(&bare), u2f(&full)), ((E1, Proof::NoRoot), (E3, Proof::ModelHardware)));
    let key = |trust| judge("yubikey_5_nfc", "attestation_obj", "client_data", "2020-01-01T00:00:00Z", trust);
    assert_eq!((key(&bare), key(&full)), ((E1, Proof::NoRoot), (E3, Proof::ModelHardware)));
    // Its certificate was good for three days.
    let phone = |at| judge("iphone_12", "attestation_object", "client_data_json", at, &bare);
    assert_eq!(phone("2022-04-08T00:00:00Z"), (E2, Proof::AppleAttestation));
    assert_eq!(phone("2022-04-10T00:00:00Z"), (E1, Proof::PathBroken));
    // Its chain ends with a copy of Google's root from 2019, to 2034: the key is that of the root we have.
    let android =
        |trust| judge("pixel_8a", "attestation_object", "client_data", "2025-01-17T00:00:00Z", trust);
    assert_eq!(android(&bare), (E2, Proof::AndroidListMissing));
    full.revocations = Some(revoked(&["2b"]));
    assert_eq!(android(&full), (E3, Proof::AndroidTrustedEnvironment));
}

#[test]
fn every_real_model_is_read_and_judged() {
    let Some(real) = payload() else { return };
    let entries = real["entries"].as_array().unwrap().clone();
    let roots: usize = entries
        .iter()
        .filter(|entry| entry.get("aaid").is_none())
        .map(|entry| entry["metadataStatement"]["attestationRootCertificates"].as_array().unwrap().len())
        .sum();
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

/// `docs/passkey-models.md` is generated here from the real metadata and so kept true.
#[test]
fn each_ready_made_profile_is_held_against_every_real_model() {
    let Some(real) = payload() else { return };
    let publisher = Publisher::new();
    let metadata = publisher.verify(&publisher.blob(&real), None).unwrap();
    let models: Vec<_> = models_now(&metadata, NOW).collect();
    let mut text = format!(
        "# Passkey models and profiles\n\nGenerated by `crates/core/tests/it/trust/real.rs` from the FIDO \
         Alliance's metadata, edition {}, {} passkey models; do not edit. Each model is taken as an attested passkey \
         of it at registration, as it stands on 2026-11-22; U2F models are among them. The models themselves, each \
         with what every profile says of it and why, are at `/admin/trust`, `/v1.0/passband_trust/models` and in \
         `passband admin trust models --profile PROFILE [--refused]`.\n\n\
         | profile | asks for | accepts | refuses |\n|---|---|---|---|\n",
        metadata.no(),
        models.len()
    );
    let mut accepted = Vec::new();
    let mut reasons = String::from(
        "\n## Why models are refused\n\nThe rules that do not hold, together, and what the metadata say that decides \
         the evidence.\n\n| profile | rules | evidence of the model | models |\n|---|---|---|---|\n",
    );
    for Template { profile, .. } in templates() {
        let mut refused = BTreeMap::<_, usize>::new();
        for facts in &models {
            let rules: Vec<_> = judge_model(&profile, facts).broken().map(Rule::property).collect();
            if !rules.is_empty() {
                let why = format!("{} `{}`", facts.level.name(), facts.proof.code());
                *refused.entry((rules.join(", "), why)).or_default() += 1;
            }
        }
        let count: usize = refused.values().sum();
        let (name, asks) = (&profile.name, words::summary(&profile));
        writeln!(text, "| {name} | {asks} | {} | {count} |", models.len() - count).unwrap();
        for ((rules, why), models) in &refused {
            writeln!(reasons, "| {name} | {rules} | {why} | {models} |").unwrap();
        }
        accepted.push(models.len() - count);
    }
    println!("{text}{reasons}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/passkey-models.md");
    std::fs::write(path, text + &reasons).unwrap();
    assert!(accepted.is_sorted_by(|wider, narrower| wider >= narrower), "{accepted:?}");
    assert_eq!((models.len(), accepted), (484, vec![484, 482, 472, 172]));
}
