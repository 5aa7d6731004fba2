//! Attestation objects, authenticator data and COSE keys, through the verifier to the last step.
//!
//! The first byte says which vector's ceremony the rest answers: its lower four bits the vector, its
//! highest bit whether the rest is authenticator data of a sign-in. A `{` there stands for an answer in JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::authn::passkey::assertion::{self, AssertionRules};
use passband_core::authn::passkey::registration;
use passband_core::platform::AttestationType;
use passband_core::platform::path::TrustAnchor;
use passband_fuzz::vector::{self, USER, Vector, vectors};
use passband_wire::cbor::Writer;
use passband_wire::cose::CoseKey;
use passband_wire::webauthn::{
    AttestationObject, AuthenticationResponseJson, AuthenticatorData, RegistrationResponseJson,
};

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let all = &vectors().all;
    let vector = &all[usize::from(first & 0x0f) % all.len()];
    match first {
        b'{' => json(data, &all[0]),
        _ if first & 0x80 != 0 => sign_in(rest, vector),
        _ => register(rest, vector),
    }
});

fn register(bytes: &[u8], vector: &Vector) {
    if let Ok(object) = AttestationObject::parse(bytes) {
        let mut out = Writer::new();
        out.map(3).text("fmt").text(object.fmt).text("attStmt").raw(object.att_stmt);
        out.text("authData").bytes(object.auth_data);
        assert_eq!(out.into_bytes(), bytes, "one object has one spelling");
        authenticator_data(object.auth_data);
    } else {
        authenticator_data(bytes);
        key(bytes);
    }
    verify(bytes, vector);
}

fn verify(bytes: &[u8], vector: &Vector) {
    let party = vector::framed_party();
    let answer = vector::registration(&vector.client_data, bytes);
    let rules = vector::rules(&party, &vector.challenge, None);
    let Ok(passkey) = registration::verify(answer.clone(), &rules) else { return };

    let record = passkey.record();
    let object = AttestationObject::parse(bytes).expect("it was read");
    let data = AuthenticatorData::parse(object.auth_data).expect("it was read");
    let attested = data.attested.expect("a passkey was made");
    assert_eq!(record.credential_id, attested.credential_id);
    assert_eq!(record.public_key, attested.public_key);
    assert_eq!(record.attested.format().id(), object.fmt);
    assert!(CoseKey::parse(&record.public_key).is_ok());
    // Whoever lacks the attestation key changes nothing that it signed.
    if record.attested.kind() == AttestationType::Certified && vector.is_signed_whole() {
        assert_eq!(object.auth_data, vector.auth_data());
    }
    // Nobody is trusted where nobody may be.
    let none: [TrustAnchor; 0] = [];
    let rules = vector::rules(&party, &vector.challenge, Some(&none));
    assert!(registration::verify(answer.clone(), &rules).is_err());
    // The same answer is none to another challenge.
    assert!(registration::verify(answer, &vector::rules(&party, &[9; 32], None)).is_err());
}

fn sign_in(bytes: &[u8], vector: &Vector) {
    authenticator_data(bytes);
    let Some(stored) = vector.stored() else { return };
    let party = vector::framed_party();
    let rules = AssertionRules {
        relying_party: &party,
        challenge: &vector.get_challenge,
        user_verification: false,
        allow_credentials: &[],
        user_handle: Some(USER),
    };
    let answer = vector.authentication(&stored.credential_id, bytes);
    if assertion::verify(&answer, &stored, &rules).is_ok() {
        assert_eq!(bytes, vector.authenticator_data, "changed authenticator data passed");
    }
    let _ = assertion::refuse_unknown(&answer, &rules);
}

fn authenticator_data(bytes: &[u8]) {
    let Ok(data) = AuthenticatorData::parse(bytes) else { return };
    let mut out = data.rp_id_hash.to_vec();
    out.push(data.flags.0);
    out.extend(data.sign_count.to_be_bytes());
    if let Some(attested) = &data.attested {
        out.extend(attested.aaguid);
        out.extend((attested.credential_id.len() as u16).to_be_bytes());
        out.extend(attested.credential_id);
        out.extend(attested.public_key);
        key(attested.public_key);
    }
    out.extend(data.extensions.unwrap_or_default());
    assert_eq!(out, bytes, "every byte is accounted for");
}

fn key(bytes: &[u8]) {
    let Ok(key) = CoseKey::parse(bytes) else { return };
    assert_eq!(key.to_bytes(), bytes, "one key has one spelling");
    assert!(key.verify(b"message", &[0; 64]).is_err());
}

fn json(bytes: &[u8], vector: &Vector) {
    if let Ok(answer) = serde_json::from_slice::<RegistrationResponseJson>(bytes) {
        let printed = serde_json::to_vec(&answer).expect("it is JSON");
        assert_eq!(serde_json::from_slice::<RegistrationResponseJson>(&printed).ok(), Some(answer.clone()));
        let party = vector::framed_party();
        let client_data = answer.response.client_data_json.clone();
        if registration::verify(answer, &vector::rules(&party, &vector.challenge, None)).is_ok() {
            assert!(String::from_utf8_lossy(&client_data).contains("webauthn.create"));
        }
    }
    if let Ok(answer) = serde_json::from_slice::<AuthenticationResponseJson>(bytes) {
        let printed = serde_json::to_vec(&answer).expect("it is JSON");
        assert_eq!(serde_json::from_slice::<AuthenticationResponseJson>(&printed).ok(), Some(answer));
    }
}
