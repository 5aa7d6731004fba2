//! Device registration: the JSON, the certificate request and the key blob in it.
//!
//! The first byte says what the rest is: `{` begins a request in JSON; 1 is a PKCS#10 request, 2 a
//! `BCRYPT_RSAKEY_BLOB`, 3 a `SubjectPublicKeyInfo`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::device::register::{self, Applicant, QUOTA};
use passband_fuzz::world::world;
use passband_wire::b64;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::rsa::{self, TransportKey};
use passband_wire::prt::join::{CertificateRequest, JoinRequest};
use passband_wire::prt::suite::Suite;

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    match mode {
        1 => request(&b64::encode_std(rest)),
        2 => blob(rest),
        3 => spki(rest),
        _ => json(data),
    }
});

fn json(data: &[u8]) {
    let Ok(request) = serde_json::from_slice::<JoinRequest>(data) else { return };
    let printed = serde_json::to_vec(&request).expect("it is JSON");
    let again: JoinRequest = serde_json::from_slice(&printed).expect("what is printed is read");
    assert_eq!(serde_json::to_vec(&again).ok(), Some(printed));
    if let Ok(applicant) = register::accept(&request, 0) {
        is_sound(&applicant);
    }
    assert!(register::accept(&request, QUOTA).is_err());
}

fn request(csr: &str) {
    let transport = rsa::bcrypt_blob_from_spki(&world().device_spki).expect("the key is RSA-2048");
    let request = JoinRequest {
        certificate_request: CertificateRequest { r#type: "pkcs10".to_owned(), data: csr.to_owned() },
        transport_key: b64::encode_std(transport),
        device_keys: Vec::new(),
        target_domain: String::new(),
        device_type: "Linux".to_owned(),
        os_version: String::new(),
        device_display_name: "\u{7}laptop\n".to_owned(),
        join_type: 0,
    };
    if let Ok(applicant) = register::accept(&request, 0) {
        is_sound(&applicant);
        assert_eq!(applicant.name(), "laptop");
        assert_eq!(applicant.transport_key(), world().device_spki);
    }
}

fn is_sound(applicant: &Applicant) {
    let suite = Suite::of_key(applicant.device_key());
    for key in [applicant.device_key(), applicant.transport_key()] {
        assert_eq!(Suite::of_key(key), suite, "two keys of one suite");
        if suite == Suite::DeviceKey {
            let read = EcPublicKey::from_spki(key).expect("it is a P-256 key");
            assert_eq!(read.spki(), key, "one key, one form");
            continue;
        }
        spki(key);
        assert!(TransportKey::from_spki(key).is_ok());
        let (modulus, exponent) = rsa::components_from_spki(key).expect("it is RSA-2048");
        assert_eq!(rsa::spki_from_components(&modulus, &exponent).as_deref(), Ok(key), "one key, one form");
    }
    for text in [applicant.name(), applicant.os(), applicant.os_version()] {
        assert!(text.chars().count() <= 100 && !text.chars().any(char::is_control));
    }
    assert!(!applicant.name().is_empty());
}

fn blob(bytes: &[u8]) {
    let Ok(spki) = rsa::spki_from_bcrypt_blob(bytes) else { return };
    let printed = rsa::bcrypt_blob_from_spki(&spki).expect("it is RSA-2048");
    assert_eq!(printed, bytes, "one key has one blob");
}

fn spki(bytes: &[u8]) {
    let _ = TransportKey::from_spki(bytes);
    let _ = rsa::public_key_bits(bytes);
    let Ok((modulus, exponent)) = rsa::components_from_spki(bytes) else { return };
    if let Ok(printed) = rsa::spki_from_components(&modulus, &exponent) {
        assert_eq!(printed, bytes, "one key has one form");
    }
}
