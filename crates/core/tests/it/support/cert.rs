//! Certificates with any mistake in them, written by hand.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::ObjectIdentifier;

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";

pub fn new_key() -> EcdsaKeyPair {
    key_of(&ECDSA_P256_SHA256_ASN1_SIGNING)
}

pub fn key_of(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(algorithm).unwrap()
}

pub fn sign(key: &EcdsaKeyPair, message: &[u8]) -> Vec<u8> {
    key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

/// One DER value of `tag` around `parts`.
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        len @ 0..=0x7f => out.push(len as u8),
        len @ 0x80..=0xff => out.extend([0x81, len as u8]),
        len => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend(content);
    out
}

pub fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(text).to_der().unwrap()
}

pub type Name = Vec<(&'static str, &'static str)>;

fn name(parts: &Name) -> Vec<u8> {
    let rdns: Vec<_> = parts
        .iter()
        .map(|(kind, text)| {
            // X.520: countryName is a PrintableString.
            let tag = if *kind == "2.5.4.6" { 0x13 } else { 0x0c };
            der(0x31, &[&der(0x30, &[&oid(kind), &der(tag, &[text.as_bytes()])])])
        })
        .collect();
    der(0x30, &rdns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// What will be a certificate.
#[derive(Clone)]
pub struct Cert {
    pub version: u8,
    pub issuer: Name,
    pub subject: Name,
    pub not_before: &'static str,
    pub not_after: &'static str,
    pub spki: Vec<u8>,
    pub extensions: Vec<(&'static str, bool, Vec<u8>)>,
}

pub fn spki(key: &EcdsaKeyPair) -> Vec<u8> {
    spki_of(key.public_key().as_ref())
}

pub fn spki_of(point: &[u8]) -> Vec<u8> {
    let curve = match point.len() {
        65 => "1.2.840.10045.3.1.7",
        97 => "1.3.132.0.34",
        _ => "1.3.132.0.35",
    };
    let algorithm = der(0x30, &[&oid("1.2.840.10045.2.1"), &oid(curve)]);
    der(0x30, &[&algorithm, &der(0x03, &[&[0], point])])
}

impl Cert {
    /// A good leaf of `packed`, issued by the root of [`Cert::root`].
    pub fn leaf(key: &EcdsaKeyPair) -> Self {
        Self {
            version: 2,
            issuer: vec![("2.5.4.3", "Test Root")],
            subject: vec![
                ("2.5.4.6", "AA"),
                ("2.5.4.10", "Maker"),
                ("2.5.4.11", "Authenticator Attestation"),
                ("2.5.4.3", "Model 1"),
            ],
            not_before: "240101000000Z",
            not_after: "440101000000Z",
            spki: spki(key),
            extensions: vec![(BASIC_CONSTRAINTS, true, der(0x30, &[]))],
        }
    }

    pub fn root(key: &EcdsaKeyPair) -> Self {
        let certificate_authority = der(0x30, &[&[0x01, 0x01, 0xff]]);
        Self {
            subject: vec![("2.5.4.3", "Test Root")],
            // keyCertSign, cRLSign
            extensions: vec![
                (BASIC_CONSTRAINTS, true, certificate_authority),
                (KEY_USAGE, true, vec![0x03, 0x02, 0x01, 0x06]),
            ],
            ..Self::leaf(key)
        }
    }

    pub fn with(mut self, kind: &'static str, critical: bool, value: Vec<u8>) -> Self {
        self.extensions.retain(|extension| extension.0 != kind);
        self.extensions.push((kind, critical, value));
        self
    }

    pub fn without(mut self, kind: &str) -> Self {
        self.extensions.retain(|extension| extension.0 != kind);
        self
    }

    pub fn signed(&self, by: &EcdsaKeyPair) -> Vec<u8> {
        let algorithm = der(0x30, &[&oid("1.2.840.10045.4.3.2")]);
        let version = der(0xa0, &[&[0x02, 0x01, self.version]]);
        let time = |text: &str| der(0x17, &[text.as_bytes()]);
        let extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|(kind, critical, value)| {
                let critical: &[u8] = if *critical { &[0x01, 0x01, 0xff] } else { &[] };
                der(0x30, &[&oid(kind), critical, &der(0x04, &[value])])
            })
            .collect();
        let extensions = extensions.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => der(0xa3, &[&der(0x30, &extensions)]),
        };
        let tbs = der(
            0x30,
            &[
                if self.version == 0 { &[] } else { &version },
                &[0x02, 0x01, 0x2a],
                &algorithm,
                &name(&self.issuer),
                &der(0x30, &[&time(self.not_before), &time(self.not_after)]),
                &name(&self.subject),
                &self.spki,
                &extensions,
            ],
        );
        der(0x30, &[&tbs, &algorithm, &der(0x03, &[&[0], &sign(by, &tbs)])])
    }
}
