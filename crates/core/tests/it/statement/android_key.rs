use super::refused;
use crate::support::cert::{Cert, der, new_key};
use crate::support::forge::{Forge, packed, sha256};
use aws_lc_rs::signature::EcdsaKeyPair;
use passband_core::platform::{AttestationType, StatementError};

pub const DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";

/// `purpose` [1]
pub fn purpose(purposes: &[u8]) -> Vec<u8> {
    let purposes: Vec<_> = purposes.iter().map(|purpose| der(0x02, &[&[*purpose]])).collect();
    der(0xa1, &[&der(0x31, &purposes.iter().map(Vec::as_slice).collect::<Vec<_>>())])
}

/// `origin` [702]
pub fn origin(origin: u8) -> Vec<u8> {
    [&[0xbf, 0x85, 0x3e][..], &der(0, &[&der(0x02, &[&[origin]])])[1..]].concat()
}

/// `allApplications` [600]
fn all_applications() -> Vec<u8> {
    vec![0xbf, 0x84, 0x58, 0x02, 0x05, 0x00]
}

pub fn description(challenge: &[u8], software: &[&[u8]], hardware: &[&[u8]]) -> Vec<u8> {
    // By a trusted environment, both the attestation and the keystore.
    description_by([1, 1], challenge, software, hardware)
}

pub fn description_by(levels: [u8; 2], challenge: &[u8], software: &[&[u8]], hardware: &[&[u8]]) -> Vec<u8> {
    // Version 300.
    let head: &[u8] = &[0x02, 2, 1, 0x2c, 0x0a, 1, levels[0], 0x02, 2, 1, 0x2c, 0x0a, 1, levels[1]];
    let challenge = der(0x04, &[challenge]);
    der(0x30, &[head, &challenge, &der(0x04, &[]), &der(0x30, software), &der(0x30, hardware)])
}

struct Bench {
    forge: Forge,
    root: EcdsaKeyPair,
    hash: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        let forge = Forge::default();
        Self { hash: sha256(forge.client_data.as_bytes()), forge, root: new_key() }
    }

    fn cert(&self, description: &[u8]) -> Cert {
        Cert::leaf(&self.forge.key).with(DESCRIPTION, false, description.to_vec())
    }

    fn statement(&self, description: &[u8]) -> Vec<u8> {
        self.forge.packed(&self.forge.key, &[self.cert(description).signed(&self.root)])
    }

    fn refused(&self, description: &[u8], expected: StatementError) {
        refused(&self.forge, "android-key", &self.statement(description), expected);
    }

    fn good(&self) -> Vec<u8> {
        description(&self.hash, &[], &[&purpose(&[2, 3]), &origin(0)])
    }
}

#[test]
fn a_good_one_is_certified() {
    let bench = Bench::new();
    let passkey = bench.forge.verify("android-key", &bench.statement(&bench.good())).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
}

#[test]
fn the_description_must_be_of_a_hardware_key_for_signing_here() {
    let bench = Bench::new();
    let (sign, made) = (&purpose(&[2])[..], &origin(0)[..]);
    let with = |software: &[&[u8]], hardware: &[&[u8]]| description(&bench.hash, software, hardware);
    bench.refused(&description(&[0; 32], &[], &[sign, made]), StatementError::AndroidChallenge);
    bench.refused(&description(&[], &[], &[sign, made]), StatementError::AndroidChallenge);
    bench.refused(&with(&[], &[made]), StatementError::AndroidPurpose);
    bench.refused(&with(&[], &[&purpose(&[0, 1]), made]), StatementError::AndroidPurpose);
    bench.refused(&with(&[], &[sign]), StatementError::AndroidOrigin);
    // Imported.
    bench.refused(&with(&[], &[sign, &origin(2)]), StatementError::AndroidOrigin);
    // The operating system's own word is not hardware's.
    bench.refused(&with(&[sign, made], &[]), StatementError::AndroidOrigin);
    bench.refused(&with(&[sign], &[made]), StatementError::AndroidPurpose);
    // Software that speaks for hardware.
    for levels in [[0, 1], [1, 0], [0, 0]] {
        let claimed = description_by(levels, &bench.hash, &[], &[sign, made]);
        bench.refused(&claimed, StatementError::AndroidOrigin);
    }
    let all = all_applications();
    bench.refused(&with(&[], &[sign, &all, made]), StatementError::AndroidAllApplications);
    bench.refused(&with(&[&all], &[sign, made]), StatementError::AndroidAllApplications);
}

#[test]
fn the_description_must_be_there_once_and_well_formed() {
    let bench = Bench::new();
    let without = bench.forge.packed(&bench.forge.key, &[Cert::leaf(&bench.forge.key).signed(&bench.root)]);
    refused(&bench.forge, "android-key", &without, StatementError::AndroidDescription);
    let good = bench.good();
    bench.refused(&good[..good.len() - 1], StatementError::AndroidDescription);
    bench.refused(&[&good[..], &[0]].concat(), StatementError::AndroidDescription);
    // A tag twice, first as it should be.
    let (sign, made) = (&purpose(&[2])[..], &origin(0)[..]);
    let twice = description(&bench.hash, &[], &[sign, made, &origin(2)]);
    bench.refused(&twice, StatementError::AndroidDescription);
    let backwards = description(&bench.hash, &[], &[made, sign]);
    bench.refused(&backwards, StatementError::AndroidDescription);
    // Somebody with an attested key signs a certificate below it.
    let upper = Cert::root(&bench.root).with(DESCRIPTION, false, bench.good()).signed(&bench.root);
    let chain = [bench.cert(&bench.good()).signed(&bench.root), upper];
    let statement = bench.forge.packed(&bench.forge.key, &chain);
    refused(&bench.forge, "android-key", &statement, StatementError::AndroidDescription);
}

#[test]
fn the_certificate_is_the_credentials_own() {
    let bench = Bench::new();
    let other = new_key();
    let cert = Cert::leaf(&other).with(DESCRIPTION, false, bench.good()).signed(&bench.root);
    let statement = bench.forge.packed(&other, std::slice::from_ref(&cert));
    refused(&bench.forge, "android-key", &statement, StatementError::KeyMismatch);
    let statement = bench.forge.packed(&bench.forge.key, &[cert]);
    refused(&bench.forge, "android-key", &statement, StatementError::BadSignature);
    refused(&bench.forge, "android-key", &packed(-7, &[], &[]), StatementError::Malformed);
    let chain = [bench.cert(&bench.good()).signed(&bench.root)];
    refused(&bench.forge, "android-key", &packed(-35, &[], &chain), StatementError::AlgorithmUnsupported);
}
