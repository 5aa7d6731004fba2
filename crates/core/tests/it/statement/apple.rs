use super::refused;
use crate::support::cert::{Cert, der, new_key};
use crate::support::forge::{Forge, chain, packed, sha256};
use aws_lc_rs::signature::EcdsaKeyPair;
use passband_core::platform::{AttestationType, StatementError};
use passband_wire::cbor::Writer;

pub const NONCE: &str = "1.2.840.113635.100.8.2";

pub fn statement(x5c: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    chain(out.map(1).text("x5c"), x5c);
    out.into_bytes()
}

pub fn nonce(bytes: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0xa1, &[&der(0x04, &[bytes])])])
}

fn of(key: &EcdsaKeyPair, extension: Option<Vec<u8>>) -> Vec<u8> {
    let cert = Cert::leaf(key);
    let cert = match extension {
        Some(value) => cert.with(NONCE, false, value),
        None => cert,
    };
    statement(&[cert.signed(&new_key())])
}

#[test]
fn a_good_one_is_certified() {
    let forge = Forge::default();
    let good = of(&forge.key, Some(nonce(&sha256(&forge.signed()))));
    let passkey = forge.verify("apple", &good).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
}

#[test]
fn the_nonce_must_be_of_this_registration() {
    let forge = Forge::default();
    let hash = sha256(&forge.signed());
    refused(&forge, "apple", &of(&forge.key, None), StatementError::AppleNonce);
    for extension in [
        nonce(&[0; 32]),
        nonce(&hash[..31]),
        nonce(&[]),
        hash.clone(),
        der(0x30, &[&der(0x04, &[&hash])]),
        der(0x30, &[&der(0xa2, &[&der(0x04, &[&hash])])]),
        der(0x30, &[&der(0xa1, &[&der(0x04, &[&hash])]), &[0x05, 0x00]]),
        [&nonce(&hash)[..], &[0]].concat(),
    ] {
        refused(&forge, "apple", &of(&forge.key, Some(extension)), StatementError::AppleNonce);
    }
}

#[test]
fn the_certificate_is_for_the_credential_key() {
    let forge = Forge::default();
    let other = of(&new_key(), Some(nonce(&sha256(&forge.signed()))));
    refused(&forge, "apple", &other, StatementError::KeyMismatch);
}

#[test]
fn there_is_a_chain_and_nothing_else() {
    let forge = Forge::default();
    refused(&forge, "apple", &[0xa0], StatementError::Malformed);
    let with_signature = packed(-7, &[], &[Cert::leaf(&forge.key).signed(&forge.key)]);
    refused(&forge, "apple", &with_signature, StatementError::Malformed);
}
