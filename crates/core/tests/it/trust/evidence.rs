use super::{Publisher, entry, revoked};
use crate::statement::{android_key, apple, fido_u2f, tpm};
use crate::support::NOW;
use crate::support::cert::{Cert, der, new_key};
use crate::support::forge::{Forge, none, packed, sha256};
use EvidenceLevel::{E0, E1, E2, E3};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use passband_core::authn::passkey::registration::judge_again;
use passband_core::directory::{Evidence, Passkey};
use passband_core::id::UserId;
use passband_core::platform::Format;
use passband_core::platform::evidence::{Proof, Trust, model_facts};
use passband_core::platform::metadata::GRACE;
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::revocation::GOOD_FOR;
use passband_core::platform::roots::{Root, RootError, Scope};
use passband_core::policy::signal::{Certification, EvidenceLevel};
use passband_wire::time::{Seconds, Timestamp};
use serde_json::{Value, json};

fn judged(forge: &Forge, fmt: &str, statement: &[u8], trust: &Trust) -> Evidence {
    judged_at(forge, fmt, statement, (trust, NOW))
}

fn judged_at(forge: &Forge, fmt: &str, statement: &[u8], (trust, now): (&Trust, Timestamp)) -> Evidence {
    forge.verify(fmt, statement).unwrap().judge(trust, now)
}

#[track_caller]
fn is(evidence: &Evidence, level: EvidenceLevel, proof: Proof) {
    assert_eq!((evidence.level, evidence.proof.as_str()), (level, proof.code()));
    assert_eq!(evidence.attested, level >= E2);
    assert_eq!(evidence.judged, NOW);
}

/// A security key with a batch certificate, and its maker's root.
struct Bench {
    forge: Forge,
    batch: EcdsaKeyPair,
    root: EcdsaKeyPair,
    publisher: Publisher,
}

impl Bench {
    fn new() -> Self {
        Self { forge: Forge::default(), batch: new_key(), root: new_key(), publisher: Publisher::new() }
    }

    fn root_der(&self) -> Vec<u8> {
        Cert::root(&self.root).signed(&self.root)
    }

    fn entry(&self) -> Value {
        entry(&self.root_der())
    }

    fn statement(&self, leaf: &Cert) -> Vec<u8> {
        self.forge.packed(&self.batch, &[leaf.signed(&self.root)])
    }

    fn judge(&self, trust: &Trust) -> Evidence {
        judged(&self.forge, "packed", &self.statement(&Cert::leaf(&self.batch)), trust)
    }

    fn judge_with(&self, change: impl FnOnce(&mut Value)) -> Evidence {
        let mut entry = self.entry();
        change(&mut entry);
        self.judge(&self.publisher.trust(&[entry]))
    }
}

#[test]
fn nobody_vouching_proves_nothing() {
    let trust = Trust::default();
    let bound = Forge::default();
    is(&judged(&bound, "none", &none(), &trust), E1, Proof::NoAttestation);
    let own = packed(-7, &crate::support::cert::sign(&bound.key, &bound.signed()), &[]);
    is(&judged(&bound, "packed", &own, &trust), E1, Proof::SelfAttestation);
    // BE: the key may be copied, and says so.
    let synced = Forge { flags: 0x4d, ..Forge::default() };
    is(&judged(&synced, "none", &none(), &trust), E0, Proof::NoAttestation);
}

#[test]
fn a_model_in_the_metadata_is_proved_and_its_hardware_with_it() {
    let bench = Bench::new();
    let evidence = bench.judge_with(|_| ());
    is(&evidence, E3, Proof::ModelHardware);
    assert_eq!(evidence.metadata, Some(7));
    assert_eq!(evidence.certification, Certification::L2);
    assert_eq!(evidence.verification, ["fingerprint_internal", "passcode_external"]);

    let protection =
        |names: Value| bench.judge_with(|entry| entry["metadataStatement"]["keyProtection"] = names);
    for hardware in [json!(["tee"]), json!(["secure_element"]), json!(["hardware", "remote_handle"])] {
        is(&protection(hardware), E3, Proof::ModelHardware);
    }
    for other in [json!(["software"]), json!(["hardware", "software"]), json!(["remote_handle"]), json!([])] {
        is(&protection(other), E2, Proof::ModelNotHardware);
    }
    let synced =
        |entry: &mut Value| entry["metadataStatement"]["multiDeviceCredentialSupport"] = "implicit".into();
    is(&bench.judge_with(synced), E2, Proof::ModelNotHardware);
}

#[test]
fn a_key_that_may_be_copied_is_in_no_hardware() {
    let mut bench = Bench::new();
    bench.forge.flags = 0x4d;
    is(&bench.judge_with(|_| ()), E2, Proof::BackupEligible);
}

#[test]
fn only_the_models_own_roots_vouch_for_it() {
    let bench = Bench::new();
    is(&bench.judge(&Trust::default()), E1, Proof::NoRoot);
    let other = new_key();
    let theirs = bench.publisher.trust(&[entry(&Cert::root(&other).signed(&other))]);
    is(&bench.judge(&theirs), E1, Proof::PathUntrusted);
    is(
        &bench.judge_with(|e| e["metadataStatement"]["attestationRootCertificates"] = json!([])),
        E1,
        Proof::NoRoot,
    );
    // The root of another model of the same metadata.
    let mut elsewhere = bench.entry();
    elsewhere["aaguid"] = "08080808-0808-0808-0808-080808080808".into();
    is(&bench.judge(&bench.publisher.trust(&[elsewhere])), E1, Proof::NoRoot);
    // An administrator's root for the format does not vouch for a model that the metadata know.
    let mut trust = theirs;
    let anchor = TrustAnchor::from_der(bench.root_der()).unwrap();
    let scope = Scope::Attestation(Format::Packed);
    trust.roots.add(Root::added(scope, anchor, vec![], NOW).unwrap());
    is(&bench.judge(&trust), E1, Proof::PathUntrusted);
    // The batch certificate itself may stand in the metadata.
    let leaf = Cert::leaf(&bench.batch).signed(&bench.root);
    let statement = bench.forge.packed(&bench.batch, std::slice::from_ref(&leaf));
    let pinned = bench.publisher.trust(&[entry(&leaf)]);
    is(&judged(&bench.forge, "packed", &statement, &pinned), E3, Proof::ModelHardware);
}

#[test]
fn a_root_of_an_administrator_vouches_for_what_it_was_added_for() {
    let bench = Bench::new();
    let with = |scope, models| {
        let anchor = TrustAnchor::from_der(bench.root_der()).unwrap();
        let mut trust = Trust::default();
        trust.roots.add(Root::added(scope, anchor, models, NOW).unwrap());
        trust
    };
    let scope = Scope::Attestation(Format::Packed);
    is(&bench.judge(&with(scope, vec![])), E2, Proof::ModelUnknown);
    is(&bench.judge(&with(scope, vec![[9; 16]])), E2, Proof::ModelUnknown);
    is(&bench.judge(&with(scope, vec![[8; 16]])), E1, Proof::NoRoot);
    is(&bench.judge(&with(Scope::Attestation(Format::Tpm), vec![])), E1, Proof::NoRoot);
    is(&bench.judge(&with(Scope::Metadata, vec![])), E1, Proof::NoRoot);

    let leaf = TrustAnchor::from_der(Cert::leaf(&bench.batch).signed(&bench.root)).unwrap();
    assert_eq!(Root::added(scope, leaf, vec![], NOW), Err(RootError::NotAuthority));
    let old = Cert { not_after: "250101000000Z", ..Cert::root(&bench.root) }.signed(&bench.root);
    let old = TrustAnchor::from_der(old).unwrap();
    assert_eq!(Root::added(scope, old, vec![], NOW), Err(RootError::Expired));
}

#[test]
fn a_disqualified_model_and_overdue_metadata_prove_nothing() {
    let bench = Bench::new();
    let broken = json!([{"status": "USER_KEY_REMOTE_COMPROMISE", "effectiveDate": "2025-06-01"}, {
        "status": "UPDATE_AVAILABLE", "effectiveDate": "2025-07-01", "authenticatorVersion": 5 }]);
    is(&bench.judge_with(|entry| entry["statusReports"] = broken.clone()), E1, Proof::ModelDisqualified);
    // Its attestation certificate proves newer firmware.
    let mut entry = bench.entry();
    entry["statusReports"] = broken;
    let trust = bench.publisher.trust(&[entry]);
    let firmware = |n: u8| {
        let leaf = Cert::leaf(&bench.batch).with("1.3.6.1.4.1.45724.1.1.5", false, der(0x02, &[&[n]]));
        judged(&bench.forge, "packed", &bench.statement(&leaf), &trust)
    };
    is(&firmware(4), E1, Proof::ModelDisqualified);
    is(&firmware(5), E3, Proof::ModelHardware);

    let trust = bench.publisher.trust(&[bench.entry()]);
    let due = trust.metadata.as_ref().unwrap().next_update();
    let statement = bench.statement(&Cert::leaf(&bench.batch));
    let at = |now| judged_at(&bench.forge, "packed", &statement, (&trust, now));
    assert_eq!(at(due + GRACE).level, E3);
    let late = at(due + GRACE + Seconds(1));
    assert_eq!((late.level, late.proof.as_str()), (E1, Proof::MetadataStale.code()));
}

#[test]
fn a_certificate_that_is_revoked_vouches_for_nothing() {
    let bench = Bench::new();
    let mut trust = bench.publisher.trust(&[bench.entry()]);
    trust.revocations = Some(revoked(&["2b"]));
    is(&bench.judge(&trust), E3, Proof::ModelHardware);
    // Every certificate of these tests has this serial number.
    trust.revocations = Some(revoked(&["2a"]));
    is(&bench.judge(&trust), E1, Proof::CertificateRevoked);
}

#[test]
fn u2f_keys_are_found_by_their_certificate() {
    let (forge, root, leaf) = (fido_u2f::key(), new_key(), new_key());
    let statement = fido_u2f::statement(&fido_u2f::signed(&forge, &leaf), &[Cert::leaf(&leaf).signed(&root)]);
    let identifier = |key: &EcdsaKeyPair| -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, key.public_key().as_ref());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let publisher = Publisher::new();
    let model = |key: &EcdsaKeyPair| {
        let mut entry = entry(&Cert::root(&root).signed(&root));
        entry.as_object_mut().unwrap().remove("aaguid");
        entry["attestationCertificateKeyIdentifiers"] = json!([identifier(key)]);
        publisher.trust(&[entry])
    };
    is(&judged(&forge, "fido-u2f", &statement, &model(&leaf)), E3, Proof::ModelHardware);
    is(&judged(&forge, "fido-u2f", &statement, &model(&root)), E1, Proof::NoRoot);
}

/// Trust in this root for everything of a format.
fn rooted(format: Format, root: &EcdsaKeyPair) -> Trust {
    let anchor = TrustAnchor::from_der(Cert::root(root).signed(root)).unwrap();
    let mut trust = Trust::default();
    trust.roots.add(Root::added(Scope::Attestation(format), anchor, vec![], NOW).unwrap());
    trust
}

#[test]
fn a_tpm_must_have_made_the_key_and_keep_it() {
    let (forge, root, aik) = (Forge::default(), new_key(), new_key());
    let trust = rooted(Format::Tpm, &root);
    let with = |attributes: u32| {
        let mut tpm = tpm::Tpm::of(&forge);
        tpm.pub_area[4..8].copy_from_slice(&attributes.to_be_bytes());
        tpm.statement(&aik, &[tpm::aik_cert(&aik).signed(&root)])
    };
    is(&judged(&forge, "tpm", &with(0x0006_0472), &trust), E3, Proof::TpmKeyFixed);
    for bit in [1, 4, 5] {
        let moved = with(0x0006_0472 & !(1 << bit));
        is(&judged(&forge, "tpm", &moved, &trust), E2, Proof::TpmKeyMovable);
    }
    is(&judged(&forge, "tpm", &with(0x0006_0472), &Trust::default()), E1, Proof::NoRoot);
}

#[test]
fn a_tpm_does_not_vouch_for_a_makers_model() {
    // The software around a TPM writes whichever AAGUID it likes: here that of a security key.
    let (forge, root, aik) = (Forge::default(), new_key(), new_key());
    let statement = tpm::Tpm::of(&forge).statement(&aik, &[tpm::aik_cert(&aik).signed(&root)]);
    let maker = new_key();
    let publisher = Publisher::new();
    let mut trust = publisher.trust(&[entry(&Cert::root(&maker).signed(&maker))]);
    trust.roots = rooted(Format::Tpm, &root).roots;
    is(&judged(&forge, "tpm", &statement, &trust), E1, Proof::PathUntrusted);
    // Where the metadata name the platform's root, also by an older certificate, its other roots count.
    let older = Cert { not_before: "230101000000Z", ..Cert::root(&root) }.signed(&root);
    let mut trust = publisher.trust(&[entry(&older)]);
    trust.roots = rooted(Format::Tpm, &root).roots;
    is(&judged(&forge, "tpm", &statement, &trust), E3, Proof::TpmKeyFixed);
}

/// `rootOfTrust` [704]
fn root_of_trust(locked: u8, state: u8) -> Vec<u8> {
    let inner = der(
        0x30,
        &[
            &der(0x04, &[&[1; 32]]),
            &der(0x01, &[&[locked]]),
            &der(0x0a, &[&[state]]),
            &der(0x04, &[&[2; 32]]),
        ],
    );
    [&[0xbf, 0x85, 0x40][..], &der(0, &[&inner])[1..]].concat()
}

#[test]
fn android_must_vouch_for_hardware_and_for_the_system_on_it() {
    let (forge, root) = (Forge::default(), new_key());
    let hash = sha256(forge.client_data.as_bytes());
    let (purpose, origin) = (android_key::purpose(&[2]), android_key::origin(0));
    let statement = |levels: (u8, u8), boot: Option<Vec<u8>>| {
        let boot = boot.unwrap_or_default();
        let mut description = android_key::description(&hash, &[], &[&purpose, &origin, &boot]);
        // The two levels, in front of which stand a version each.
        let at = description.windows(3).position(|three| three == [0x0a, 1, 1]).unwrap();
        (description[at + 2], description[at + 9]) = levels;
        let leaf = Cert::leaf(&forge.key).with(android_key::DESCRIPTION, false, description);
        forge.packed(&forge.key, &[leaf.signed(&root)])
    };
    let mut trust = rooted(Format::AndroidKey, &root);
    let good = || Some(root_of_trust(0xff, 0));
    let judge = |statement: &[u8], trust: &Trust| judged(&forge, "android-key", statement, trust);
    is(&judge(&statement((1, 1), good()), &trust), E2, Proof::AndroidListMissing);
    trust.revocations = Some(revoked(&["2b"]));
    is(&judge(&statement((1, 1), good()), &trust), E3, Proof::AndroidTrustedEnvironment);
    is(&judge(&statement((2, 2), good()), &trust), E3, Proof::AndroidStrongBox);
    is(&judge(&statement((2, 1), good()), &trust), E3, Proof::AndroidTrustedEnvironment);
    for boot in [None, Some(root_of_trust(0, 0)), Some(root_of_trust(0xff, 1)), Some(root_of_trust(0xff, 2))]
    {
        is(&judge(&statement((1, 1), boot), &trust), E2, Proof::AndroidBoot);
    }
    let old =
        judged_at(&forge, "android-key", &statement((1, 1), good()), (&trust, NOW + GOOD_FOR + Seconds(1)));
    assert_eq!((old.level, old.proof.as_str()), (E2, Proof::AndroidListMissing.code()));
    trust.revocations = Some(revoked(&["2a"]));
    is(&judge(&statement((1, 1), good()), &trust), E1, Proof::CertificateRevoked);
}

#[test]
fn apple_vouches_for_the_authenticator_alone() {
    let (forge, root) = (Forge::default(), new_key());
    let leaf = Cert::leaf(&forge.key).with(apple::NONCE, false, apple::nonce(&sha256(&forge.signed())));
    let statement = apple::statement(&[leaf.signed(&root)]);
    is(&judged(&forge, "apple", &statement, &rooted(Format::Apple, &root)), E2, Proof::AppleAttestation);
    is(&judged(&forge, "apple", &statement, &Trust::default()), E1, Proof::NoRoot);
}

#[test]
fn what_was_stored_is_judged_as_it_was_registered() {
    let bench = Bench::new();
    // Valid on the day of registration alone.
    let leaf = Cert { not_before: "261122000000Z", not_after: "261122235959Z", ..Cert::leaf(&bench.batch) };
    let record = bench.forge.verify("packed", &bench.statement(&leaf)).unwrap().into_record();
    let passkey = Passkey {
        id: record.credential_id,
        user: UserId::from_bytes([1; 16]),
        public_key: record.public_key,
        sign_count: 0,
        backup_eligible: record.backup_eligible,
        backup_state: false,
        aaguid: record.aaguid,
        format: "packed".to_owned(),
        attestation_object: record.attestation_object,
        client_data: record.client_data_json,
        transports: vec![],
        name: String::new(),
        rp_id: record.rp_id,
        evidence: Evidence::default(),
        created: NOW,
        last_used: None,
        made_by: String::new(),
    };
    let trust = bench.publisher.trust(&[bench.entry()]);
    let later = NOW + Seconds::days(3);
    let again = judge_again(&passkey, &trust, later);
    assert_eq!((again.level, again.judged), (E3, later));

    // Whoever can write to the database must not make one passkey's statement vouch for another.
    let unreadable = |change: &dyn Fn(&mut Passkey)| {
        let mut altered = passkey.clone();
        change(&mut altered);
        let evidence = judge_again(&altered, &trust, later);
        assert_eq!(evidence.proof, Proof::StatementUnreadable.code());
        assert!(evidence.level < E2 && !evidence.attested);
    };
    unreadable(&|passkey| passkey.id[0] ^= 1);
    unreadable(&|passkey| passkey.public_key[20] ^= 1);
    unreadable(&|passkey| passkey.aaguid[0] ^= 1);
    unreadable(&|passkey| passkey.backup_eligible = true);
    unreadable(&|passkey| passkey.client_data[3] ^= 1);
    unreadable(&|passkey| passkey.attestation_object.clear());
}

#[test]
fn facts_of_a_model_say_what_its_attestation_would_reach() {
    let bench = Bench::new();
    let facts = |change: &dyn Fn(&mut Value)| {
        let mut entry = bench.entry();
        change(&mut entry);
        let trust = bench.publisher.trust(&[entry]);
        let facts = model_facts(&trust.metadata.unwrap().models()[0], NOW);
        (facts.level, facts.proof, facts.device_bound)
    };
    assert_eq!(facts(&|_| ()), (E3, Proof::ModelHardware, true));
    let set = |name: &'static str, value: Value| {
        facts(&move |entry| entry["metadataStatement"][name] = value.clone())
    };
    assert_eq!(set("keyProtection", json!(["software"])), (E2, Proof::ModelNotHardware, true));
    assert_eq!(set("attestationRootCertificates", json!([])), (E1, Proof::NoRoot, true));
    assert_eq!(set("multiDeviceCredentialSupport", json!("explicit")), (E2, Proof::BackupEligible, false));
    let revoked = facts(&|entry| entry["statusReports"] = json!([{"status": "REVOKED"}]));
    assert_eq!(revoked, (E1, Proof::ModelDisqualified, true));
}

#[test]
fn codes_of_proofs_are_unique_and_found_again() {
    for proof in Proof::ALL {
        assert_eq!(Proof::from_code(proof.code()), Some(proof));
        assert!(proof.meaning().ends_with('.'));
    }
}
