use super::{Publisher, entry, host, payload};
use crate::support::NOW;
use crate::support::cert::{Cert, new_key};
use passband_core::platform::metadata::{BlobRules, GRACE, Metadata, MetadataError, Model};
use passband_core::platform::path::PathError;
use passband_core::policy::signal::Certification;
use passband_wire::jose::jws::JwsError;
use passband_wire::time::{Seconds, Timestamp};
use serde_json::{Value, json};

fn good() -> Value {
    payload(7, "2026-12-01", &[entry(&[])])
}

#[test]
fn a_signed_blob_is_read() {
    let publisher = Publisher::new();
    let read = publisher.verify(&publisher.blob(&good()), None).unwrap();
    assert_eq!((read.no(), read.models().len()), (7, 1));
    let model = read.by_aaguid(&[9; 16]).unwrap();
    assert_eq!(model.name(), "Test Key");
    assert_eq!(model.verification(), ["fingerprint_internal", "passcode_external"]);
    assert!(model.is_hardware());
    assert!(read.by_aaguid(&[8; 16]).is_none() && read.by_aaguid(&[0; 16]).is_none());
    // Zeros stand for "no model": an entry of that name would vouch for whoever names none (WebAuthn L3 §6.5.1).
    let mut nobody = entry(&[]);
    nobody["aaguid"] = "00000000-0000-0000-0000-000000000000".into();
    let blob = publisher.blob(&payload(7, "2026-12-01", &[nobody]));
    assert!(publisher.verify(&blob, None).is_ok_and(|read| read.by_aaguid(&[0; 16]).is_none()));
    // A file may end with a line break.
    publisher.verify(&format!("{}\n", publisher.blob(&good())), None).unwrap();
}

#[test]
fn another_signer_another_host_and_another_word_are_refused() {
    let publisher = Publisher::new();
    let blob = publisher.blob(&good());
    let stranger = Publisher::new();
    let refused = stranger.verify(&blob, None).unwrap_err();
    assert_eq!(refused, MetadataError::Path(PathError::Untrusted));
    // The signer's certificate from the right root, and another's signature.
    let forged = stranger.blob_with(&good(), &[publisher.leaf.signed(&publisher.root)]);
    assert_eq!(publisher.verify(&forged, None).unwrap_err(), MetadataError::Jws(JwsError::Signature));
    // The right root signs for every web site there is.
    for name in ["mds.fidoalliance.org.evil.test", "evil.test", "*.fidoalliance.org", "fidoalliance.org"] {
        let leaf = publisher.leaf.clone().with(super::SUBJECT_ALT_NAME, false, host(name));
        let blob = publisher.blob_with(&good(), &[leaf.signed(&publisher.root)]);
        assert_eq!(publisher.verify(&blob, None).unwrap_err(), MetadataError::Host, "{name}");
    }
    // A name in the subject is for people.
    let bare = publisher.leaf.clone().without(super::SUBJECT_ALT_NAME).signed(&publisher.root);
    let refused = publisher.verify(&publisher.blob_with(&good(), &[bare]), None).unwrap_err();
    assert_eq!(refused, MetadataError::Host);
    let refused = publisher.verify(&publisher.blob_with(&good(), &[]), None).unwrap_err();
    assert_eq!(refused, MetadataError::Chain);
    let refused = publisher.verify(&publisher.blob(&json!({ "no": 7 })), None).unwrap_err();
    assert_eq!(refused, MetadataError::Payload);
    let (head, tail) = blob.rsplit_once('.').unwrap();
    let bent = format!("{}A.{tail}", &head[..head.len() - 1]);
    assert!(matches!(publisher.verify(&bent, None), Err(MetadataError::Jws(_))));
    for text in ["", "{}", "a.b.c"] {
        assert!(matches!(publisher.verify(text, None), Err(MetadataError::Jws(_))), "{text}");
    }
}

#[test]
fn an_expired_signer_signs_nothing_new() {
    let publisher = Publisher::new();
    let old = Cert { not_after: "250101000000Z", ..publisher.leaf.clone() }.signed(&publisher.root);
    let blob = publisher.blob_with(&good(), &[old]);
    assert_eq!(publisher.verify(&blob, None).unwrap_err(), MetadataError::Path(PathError::Expired));
    // What was accepted while it was valid stays what it is.
    let then = Timestamp(1_730_000_000);
    Metadata::verify_again(&blob, &[publisher.anchor()], then).unwrap();
    let other = super::Publisher::new();
    assert!(Metadata::verify_again(&blob, &[other.anchor()], then).is_err());
}

#[test]
fn a_sent_root_trusts_nobody() {
    let publisher = Publisher::new();
    let other = new_key();
    let own = [publisher.leaf.signed(&other), Cert::root(&other).signed(&other)];
    let refused = publisher.verify(&publisher.blob_with(&good(), &own), None).unwrap_err();
    assert_eq!(refused, MetadataError::Path(PathError::Untrusted));
    let full = [publisher.leaf.signed(&publisher.root), Cert::root(&publisher.root).signed(&publisher.root)];
    publisher.verify(&publisher.blob_with(&good(), &full), None).unwrap();
}

#[test]
fn editions_do_not_go_back_and_do_not_outlive_their_date() {
    let publisher = Publisher::new();
    let blob = publisher.blob(&good());
    publisher.verify(&blob, Some(6)).unwrap();
    publisher.verify(&blob, Some(7)).unwrap();
    assert_eq!(publisher.verify(&blob, Some(8)).unwrap_err(), MetadataError::Rollback);

    let due = Timestamp::from_rfc3339("2026-12-01T00:00:00Z").unwrap();
    let at = |now| Metadata::verify(&blob, &BlobRules { roots: &[publisher.anchor()], loaded: None, now });
    at(due + GRACE).unwrap();
    assert_eq!(at(due + GRACE + Seconds(1)).unwrap_err(), MetadataError::Stale);
}

/// The model of an entry with these status reports.
fn with(reports: &Value) -> Model {
    let publisher = Publisher::new();
    let mut entry = entry(&[]);
    entry["statusReports"] = reports.clone();
    publisher.trust(&[entry]).metadata.unwrap().by_aaguid(&[9; 16]).unwrap().clone()
}

#[test]
fn certification_is_the_highest_in_force() {
    let level = |reports: Value| with(&reports).certification(NOW);
    assert_eq!(level(json!([])), Certification::None);
    assert_eq!(level(json!([{"status": "FIDO_CERTIFIED"}])), Certification::L1);
    let both = json!([
        {"status": "FIDO_CERTIFIED_L3plus", "effectiveDate": "2024-01-01"},
        {"status": "FIDO_CERTIFIED_L1", "effectiveDate": "2025-01-01"},
    ]);
    assert_eq!(level(both), Certification::L3plus);
    let future = json!([{"status": "FIDO_CERTIFIED_L2", "effectiveDate": "2026-12-24"}]);
    assert_eq!(level(future), Certification::None);
    // The list has no order of its own: the later date counts.
    let lost = json!([
        {"status": "NOT_FIDO_CERTIFIED", "effectiveDate": "2025-06-01"},
        {"status": "FIDO_CERTIFIED_L2", "effectiveDate": "2024-01-01"},
    ]);
    assert_eq!(level(lost), Certification::None);
    assert_eq!(level(json!([{"status": "FIDO_CERTIFIED_L9"}])), Certification::None);
    assert_eq!(level(json!([{"status": "FIDO_CERTIFIED_none"}])), Certification::None);
}

#[test]
fn each_compromise_disqualifies_until_newer_firmware_is_proved() {
    for status in [
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ] {
        let bad = json!({"status": status, "effectiveDate": "2025-01-01", "authenticatorVersion": 3});
        assert_eq!(with(&json!([bad])).disqualified(None), Some(status));
        // Listed before an older report, dated tomorrow, followed by a certification: it stands.
        let older = json!({"status": "FIDO_CERTIFIED", "effectiveDate": "2024-01-01"});
        assert_eq!(with(&json!([bad, older])).disqualified(None), Some(status));
        let mut tomorrow = bad.clone();
        tomorrow["effectiveDate"] = "2026-11-23".into();
        assert_eq!(with(&json!([older, tomorrow])).disqualified(None), Some(status));
        let fix =
            json!({"status": "UPDATE_AVAILABLE", "effectiveDate": "2025-02-01", "authenticatorVersion": 4});
        let fixed = with(&json!([fix, bad]));
        assert_eq!(fixed.disqualified(None), Some(status), "unproved firmware");
        assert_eq!(fixed.disqualified(Some(3)), Some(status), "old firmware");
        let expected = (status == "REVOKED").then_some(status);
        assert_eq!(fixed.disqualified(Some(4)), expected, "new firmware");
        // An update from before, or of the version that is broken, mends nothing.
        let early =
            json!({"status": "UPDATE_AVAILABLE", "effectiveDate": "2024-12-01", "authenticatorVersion": 4});
        assert_eq!(with(&json!([early, bad])).disqualified(Some(9)), Some(status));
        let same =
            json!({"status": "FIDO_CERTIFIED_L1", "effectiveDate": "2025-02-01", "authenticatorVersion": 3});
        assert_eq!(with(&json!([bad, same])).disqualified(Some(9)), Some(status));
    }
    assert_eq!(
        with(&json!([{"status": "NOT_FIDO_CERTIFIED"}, {"status": "NEWLY_MADE"}])).disqualified(None),
        None
    );
}
