//! Any byte changed anywhere: never a panic, never a success.

use crate::support::vector::{USER, party, vectors};
use crate::support::{Dice, rules};
use passband_core::authn::passkey::assertion::{self, AssertionRules};
use passband_core::authn::passkey::registration;

/// Mutations of each part of each vector.
const ROUNDS: usize = 120;

/// Changes `bytes` in one place, in a way that leaves them different.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.roll(bytes.len());
    match dice.roll(6) {
        0 => bytes[at] ^= 1 << dice.roll(8),
        1 => bytes[at] = bytes[at].wrapping_add(1 + dice.roll(255) as u8),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, !bytes[at]),
        4 => bytes.push(dice.roll(256) as u8),
        _ => {
            // A neighbour of equal value may stand there: then the bytes are shorter all the same.
            bytes.remove(at);
        }
    }
}

#[test]
fn no_mutated_registration_verifies() {
    let vectors = vectors();
    let roots = [vectors.root.clone()];
    let party = party();
    let mut dice = Dice(0x5eed_0001);
    let mut tried = 0;
    for vector in &vectors.credentials {
        let roots = vector.is_certified().then_some(&roots[..]);
        let rules = rules(&party, &vector.registration.challenge, roots);
        for round in 0..ROUNDS * 2 {
            let mut response = vector.registration();
            let (part, signed) = match round % 2 {
                0 => (&mut response.response.attestation_object.0, vector.is_signed_whole()),
                // U2F signs the client data too.
                _ => (&mut response.response.client_data_json.0, vector.format != "none"),
            };
            mutate(part, &mut dice);
            let outcome = registration::verify(response, &rules);
            // Without attestation a stranger may write what he likes into the model and counter: such
            // registrations are only run for panics.
            assert!(!signed || outcome.is_err(), "{} {round}", vector.id);
            tried += 1;
        }
    }
    assert!(tried >= 2000, "{tried}");
}

#[test]
fn no_mutated_assertion_verifies() {
    let vectors = vectors();
    let party = party();
    let mut dice = Dice(0x5eed_0002);
    let mut tried = 0;
    for vector in &vectors.credentials {
        let rules = AssertionRules {
            relying_party: &party,
            challenge: &vector.authentication.challenge,
            user_verification: false,
            allow_credentials: &[],
            user_handle: Some(USER),
        };
        for round in 0..ROUNDS * 4 {
            let mut response = vector.authentication();
            let mut stored = vector.stored();
            let part = match round % 4 {
                0 => &mut response.response.authenticator_data.0,
                1 => &mut response.response.client_data_json.0,
                2 => &mut response.response.signature.0,
                _ => &mut stored.public_key,
            };
            mutate(part, &mut dice);
            let outcome = assertion::verify(&response, &stored, &rules);
            assert!(outcome.is_err(), "{} {round}", vector.id);
            tried += 1;
        }
    }
    assert!(tried >= 2000, "{tried}");
}
