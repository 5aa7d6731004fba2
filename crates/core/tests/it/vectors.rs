//! The test vectors of WebAuthn L3, §16, through the production verifier. What it refuses is listed in
//! `vectors/exceptions.toml` with a reason, and has to be refused for that reason.

use crate::support::vector::{USER, Vector, party, vectors};
use crate::support::{RP_ID, rules};
use passband_core::authn::passkey::assertion::{self, AssertionRules};
use passband_core::authn::passkey::registration::{self, RegistrationError};
use passband_core::platform::path::PathError;
use passband_core::platform::{AttestationType, StatementError};
use passband_wire::cose::CoseKey;
use passband_wire::webauthn::AttestationObject;

struct Exceptions(Vec<(String, String, String)>);

impl Exceptions {
    fn read() -> Self {
        let file: toml::Table = toml::from_str(include_str!("../../../../vectors/exceptions.toml")).unwrap();
        let list = file["exception"].as_array().unwrap();
        let text = |entry: &toml::Value, key: &str| entry[key].as_str().unwrap().to_owned();
        assert!(list.iter().all(|entry| text(entry, "reason").len() > 20), "a reason is a sentence");
        Self(list.iter().map(|e| (text(e, "vector"), text(e, "ceremony"), text(e, "code"))).collect())
    }

    /// What `vector` must come to: `None` is success.
    fn expected(&mut self, vector: &Vector, ceremony: &str) -> Option<String> {
        let found = self.0.iter().position(|(id, kind, _)| *id == vector.id && kind == ceremony)?;
        Some(self.0.remove(found).2)
    }
}

#[test]
fn all_vectors_come_to_what_is_expected() {
    let vectors = vectors();
    let mut exceptions = Exceptions::read();
    assert_eq!(vectors.credentials.len(), 15);
    let party = party();
    for vector in &vectors.credentials {
        let roots = [vectors.root.clone()];
        let roots = vector.is_certified().then_some(&roots[..]);
        let outcome = registration::verify(
            vector.registration(),
            &rules(&party, &vector.registration.challenge, roots),
        );
        let refused = outcome.as_ref().err().map(|error| error.code().to_owned());
        assert_eq!(refused, exceptions.expected(vector, "registration"), "registration of {}", vector.id);
        let mut stored = vector.stored();
        if let Ok(passkey) = outcome {
            let record = passkey.record();
            assert_eq!(record.trusted.is_some(), vector.is_certified(), "{}", vector.id);
            assert_eq!(record.attested.format().id(), vector.format);
            assert_eq!(record.attestation_object, vector.attestation_object);
            assert_eq!(record.client_data_json, vector.registration.client_data);
            stored = passkey.stored(USER.to_vec());
            assert_eq!(stored, vector.stored(), "{}", vector.id);
            let key = CoseKey::parse(&stored.public_key).unwrap();
            assert_eq!(key.to_bytes(), stored.public_key, "{}", vector.id);
        }
        let rules = AssertionRules {
            relying_party: &party,
            challenge: &vector.authentication.challenge,
            user_verification: false,
            allow_credentials: &[&vector.credential_id],
            user_handle: Some(USER),
        };
        let outcome = assertion::verify(&vector.authentication(), &stored, &rules);
        let refused = outcome.as_ref().err().map(|error| error.code().to_owned());
        assert_eq!(refused, exceptions.expected(vector, "authentication"), "authentication of {}", vector.id);
        if let Ok(verified) = outcome {
            let flags = vector.authenticator_data[32];
            assert_eq!(verified.user_verified(), flags & 4 != 0);
            assert_eq!(verified.backup_state(), flags & 16 != 0);
            assert_eq!(verified.backup_state_changed(), stored.backup_state != (flags & 16 != 0));
            assert_eq!((verified.sign_count(), verified.counter_regressed()), (0, false));
            assert_eq!((verified.credential_id(), verified.user_handle()), (&*vector.credential_id, USER));
        }
    }
    assert!(exceptions.0.is_empty(), "exceptions for no vector: {:?}", exceptions.0);
}

#[test]
fn the_u2f_vector_verifies_once_its_aaguid_is_zero() {
    let vectors = vectors();
    let vector = vectors.credentials.iter().find(|vector| vector.id == "fido-u2f-es256").unwrap();
    let mut response = vector.registration();
    let object = AttestationObject::parse(&vector.attestation_object).unwrap();
    let at = vector.attestation_object.len() - object.auth_data.len() + 37;
    response.response.attestation_object.0[at..at + 16].fill(0);
    let roots = [vectors.root.clone()];
    let party = party();
    let rules = rules(&party, &vector.registration.challenge, Some(&roots));
    let passkey = registration::verify(response, &rules).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
    assert_eq!(passkey.record().rp_id, RP_ID);
}

#[test]
fn certified_vectors_need_the_root_and_the_others_cannot_pass_for_certified() {
    let vectors = vectors();
    let exceptions = Exceptions::read();
    let party = party();
    for vector in &vectors.credentials {
        if exceptions.0.iter().any(|(id, ..)| *id == vector.id) {
            continue;
        }
        let outcome = registration::verify(
            vector.registration(),
            &rules(&party, &vector.registration.challenge, Some(&[])),
        );
        let expected = match vector.is_certified() {
            true => RegistrationError::Path(PathError::Untrusted),
            false => RegistrationError::AttestationRequired,
        };
        assert_eq!(outcome.unwrap_err(), expected, "{}", vector.id);
    }
}

#[test]
fn user_verification_is_asked_of_the_vectors_as_of_anybody() {
    let vectors = vectors();
    let party = party();
    for vector in vectors.credentials.iter().filter(|vector| vector.format == "none") {
        let mut rules = rules(&party, &vector.registration.challenge, None);
        rules.user_verification = true;
        let object = AttestationObject::parse(&vector.attestation_object).unwrap();
        let verified = object.auth_data[32] & 4 != 0;
        assert_eq!(registration::verify(vector.registration(), &rules).is_ok(), verified, "{}", vector.id);
    }
}

#[test]
fn one_flipped_bit_of_each_certified_statement_is_a_bad_signature() {
    let vectors = vectors();
    let party = party();
    for vector in vectors.credentials.iter().filter(|vector| vector.format == "packed") {
        let object = AttestationObject::parse(&vector.attestation_object).unwrap();
        // The lowest bit of the counter: signed, and otherwise of no consequence.
        let at = vector.attestation_object.len() - object.auth_data.len() + 36;
        let mut response = vector.registration();
        response.response.attestation_object.0[at] ^= 1;
        let refused = registration::verify(response, &rules(&party, &vector.registration.challenge, None));
        let expected = match &*vector.id {
            "packed-ed448" => "key_algorithm_unsupported",
            _ => StatementError::BadSignature.code(),
        };
        assert_eq!(refused.unwrap_err().code(), expected, "{}", vector.id);
    }
}
