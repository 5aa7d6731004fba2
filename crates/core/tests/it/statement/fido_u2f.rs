use super::refused;
use crate::support::cert::{Cert, key_of, new_key, sign};
use crate::support::forge::{Forge, chain, sha256};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use passband_core::platform::{AttestationType, StatementError};
use passband_wire::cbor::Writer;
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};

pub fn statement(sig: &[u8], x5c: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(2).text("sig").bytes(sig);
    chain(out.text("x5c"), x5c);
    out.into_bytes()
}

pub fn key() -> Forge {
    Forge { aaguid: [0; 16], ..Forge::default() }
}

pub fn signed(forge: &Forge, by: &EcdsaKeyPair) -> Vec<u8> {
    let hashes = [sha256(forge.rp_id.as_bytes()), sha256(forge.client_data.as_bytes())].concat();
    sign(by, &[&[0][..], &hashes, &forge.id, forge.point()].concat())
}

#[test]
fn a_good_one_is_certified() {
    let (forge, root, leaf) = (key(), new_key(), new_key());
    let good = statement(&signed(&forge, &leaf), &[Cert::leaf(&leaf).signed(&root)]);
    let passkey = forge.verify("fido-u2f", &good).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
}

#[test]
fn u2f_keys_have_no_aaguid() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let named = statement(&signed(&forge, &leaf), &[Cert::leaf(&leaf).signed(&root)]);
    refused(&forge, "fido-u2f", &named, StatementError::U2fAaguid);
}

#[test]
fn there_is_one_certificate_and_it_is_on_p256() {
    let (forge, root, leaf) = (key(), new_key(), new_key());
    let cert = Cert::leaf(&leaf).signed(&root);
    let sig = signed(&forge, &leaf);
    let two = statement(&sig, &[cert, Cert::root(&root).signed(&root)]);
    refused(&forge, "fido-u2f", &two, StatementError::Malformed);
    let large = key_of(&ECDSA_P384_SHA384_ASN1_SIGNING);
    let on_p384 = statement(&signed(&forge, &large), &[Cert::leaf(&large).signed(&root)]);
    refused(&forge, "fido-u2f", &on_p384, StatementError::U2fCertificateKey);
}

#[test]
fn the_credential_key_is_on_p256() {
    let large = key_of(&ECDSA_P384_SHA384_ASN1_SIGNING);
    let material = KeyMaterial::Ec2 { curve: Curve::P384, point: large.public_key().as_ref().into() };
    let cose = CoseKey::new(Algorithm::Es384, material).unwrap().to_bytes();
    let (forge, leaf) = (Forge { cose, ..key() }, new_key());
    let odd = statement(&signed(&forge, &leaf), &[Cert::leaf(&leaf).signed(&leaf)]);
    refused(&forge, "fido-u2f", &odd, StatementError::U2fCredentialKey);
}

#[test]
fn the_signature_is_the_certificates_over_this_registration() {
    let (forge, root, leaf) = (key(), new_key(), new_key());
    let chain = [Cert::leaf(&leaf).signed(&root)];
    let by_other = statement(&signed(&forge, &new_key()), &chain);
    refused(&forge, "fido-u2f", &by_other, StatementError::BadSignature);
    let other = Forge { id: vec![3; 32], ..key() };
    let replayed = statement(&signed(&other, &leaf), &chain);
    refused(&forge, "fido-u2f", &replayed, StatementError::BadSignature);
}
