//! Attestation statements that are signed, whatever is in them: what the holder of an attestation key can make.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use passband_core::platform::{self, Attested, StatementError, Subject};
use passband_wire::cbor::Writer;
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};
use passband_wire::webauthn::{AttestationObject, AuthenticatorData};
use std::sync::OnceLock;

/// The generator of P-256 (SEC 2 §2.4.2): the public key of the private key one, which signs everything here.
const G: &[u8; 65] = b"\x04\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
    \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
    \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
/// The model in the authenticator data.
pub const AAGUID: [u8; 16] = *b"a model of a key";
/// SHA-256 of the client data.
pub const CLIENT_DATA_HASH: [u8; 32] = *b"hash of what the browser wrote..";

/// `id-ce-basicConstraints` with an empty value, critical.
pub const END_ENTITY: &[u8] = b"\x30\x0c\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00";

/// A name without parts.
pub const EMPTY: &[u8] = b"\x30\0";
/// The object identifier of Android's key description, with its head.
pub const KEY_DESCRIPTION: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\xd6\x79\x02\x01\x11";
/// That of Apple's nonce.
pub const APPLE_NONCE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x63\x64\x08\x02";

/// The one key: private and public.
#[must_use]
pub fn key() -> ([u8; 32], &'static [u8; 65]) {
    let mut one = [0; 32];
    one[31] = 1;
    (one, G)
}

/// One registration, with the key that attests to it.
pub struct Bench {
    signer: EcdsaKeyPair,
    key: CoseKey,
    auth_data: Vec<u8>,
}

/// The registration all inputs are about.
#[must_use]
pub fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let (private, public) = key();
        let signer =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, &private, public);
        let point = KeyMaterial::Ec2 { curve: Curve::P256, point: G[..].into() };
        let key = CoseKey::new(Algorithm::Es256, point).expect("a key");
        let head = [&[7; 32][..], &[0x45, 0, 0, 0, 0], &AAGUID, &[0, 4], b"name"].concat();
        Bench { signer: signer.expect("a key"), auth_data: [&head[..], &key.to_bytes()].concat(), key }
    })
}

impl Bench {
    /// `authData || clientDataHash`
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        [&self.auth_data[..], &CLIENT_DATA_HASH].concat()
    }

    /// SHA-256 of [`Self::signed`].
    #[must_use]
    pub fn nonce(&self) -> Vec<u8> {
        digest(&SHA256, &self.signed()).as_ref().to_vec()
    }

    /// `packed` and `android-key` have the same members.
    ///
    /// # Errors
    ///
    /// The verifier's.
    pub fn signed_statement(&self, fmt: &str, leaf: &[u8]) -> Result<Attested, StatementError> {
        let mut out = Writer::new();
        out.map(3).text("alg").int(-7).text("sig").bytes(&self.sign(&self.signed()));
        out.text("x5c").array(1).bytes(leaf);
        self.verify(fmt, &out.into_bytes())
    }

    /// # Errors
    ///
    /// The verifier's.
    pub fn apple(&self, leaf: &[u8]) -> Result<Attested, StatementError> {
        let mut out = Writer::new();
        out.map(1).text("x5c").array(1).bytes(leaf);
        self.verify("apple", &out.into_bytes())
    }

    /// # Errors
    ///
    /// The verifier's.
    pub fn tpm(&self, pub_area: &[u8], cert_info: &[u8], leaf: &[u8]) -> Result<Attested, StatementError> {
        let mut out = Writer::new();
        out.map(6).text("alg").int(-7).text("sig").bytes(&self.sign(cert_info)).text("ver").text("2.0");
        out.text("x5c").array(1).bytes(leaf);
        out.text("pubArea").bytes(pub_area).text("certInfo").bytes(cert_info);
        self.verify("tpm", &out.into_bytes())
    }

    /// The public area of the credential key.
    #[must_use]
    pub fn pub_area(&self) -> Vec<u8> {
        let head = [0, 0x23, 0, 0x0b, 0, 6, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10, 0, 3, 0, 0x10];
        [&head[..], &[0, 32], &G[1..33], &[0, 32], &G[33..]].concat()
    }

    /// A TPM's word about it, for this registration.
    #[must_use]
    pub fn cert_info(&self) -> Vec<u8> {
        let name = digest(&SHA256, &self.pub_area());
        let head = [0xff, 0x54, 0x43, 0x47, 0x80, 0x17, 0, 0, 0, 32];
        [&head[..], &self.nonce(), &[0; 25], &[0, 34, 0, 0x0b], name.as_ref(), &[0, 0]].concat()
    }

    fn verify(&self, fmt: &str, statement: &[u8]) -> Result<Attested, StatementError> {
        let object = AttestationObject { fmt, att_stmt: statement, auth_data: &self.auth_data };
        let data = AuthenticatorData::parse(&self.auth_data).expect("made here");
        let credential = data.attested.as_ref().expect("made here");
        let (rp_id_hash, key, client_data_hash) = (data.rp_id_hash, &self.key, &CLIENT_DATA_HASH);
        platform::verify(&Subject { object, rp_id_hash, credential, key, client_data_hash })
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signer.sign(&SystemRandom::new(), message).expect("a key signs").as_ref().to_vec()
    }
}

/// A certificate of the one key with `extensions` as they are, signed by nobody: a statement's verifier does
/// not ask who signed it.
#[must_use]
pub fn certificate(subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let algorithm = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    let curve = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    let key = der(0x30, &[curve, &der(3, &[&[0], G])]);
    let dates = b"\x30\x1e\x17\x0d260101000000Z\x17\x0d270101000000Z";
    let extensions = der(0xa3, &[&der(0x30, &[extensions])]);
    let version_and_serial = b"\xa0\x03\x02\x01\x02\x02\x01\x01";
    let signed = der(0x30, &[version_and_serial, algorithm, b"\x30\0", dates, subject, &key, &extensions]);
    der(0x30, &[&signed, algorithm, b"\x03\x01\0"])
}

/// One extension, not critical. `kind` is the object identifier with its head.
#[must_use]
pub fn extension(kind: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[kind, &der(4, &[value])])
}

/// A subject as §8.2.1 wants it.
#[must_use]
pub fn model() -> Vec<u8> {
    let parts: [(u8, u8, &[u8]); 4] = [
        (6, 0x13, b"AA"),
        (10, 0x0c, b"Maker"),
        (11, 0x0c, b"Authenticator Attestation"),
        (3, 0x0c, b"Model"),
    ];
    let parts = parts.map(|(kind, tag, text)| part(&[0x55, 4, kind], &der(tag, &[text])));
    der(0x30, &parts.each_ref().map(Vec::as_slice))
}

/// The extensions of an attestation key's certificate as §8.3.1 wants them.
#[must_use]
pub fn attestation_key_extensions() -> Vec<u8> {
    let names: [(u8, &[u8]); 3] = [(1, b"id:494E5443"), (2, b"Model"), (3, b"id:00010002")];
    let names = names.map(|(kind, text)| part(&[0x67, 0x81, 5, 2, kind], &der(0x0c, &[text])));
    let names = der(0x30, &[&der(0xa4, &[&der(0x30, &names.each_ref().map(Vec::as_slice))])]);
    let usage = b"\x30\x07\x06\x05\x67\x81\x05\x08\x03";
    [END_ENTITY, &extension(b"\x06\x03\x55\x1d\x25", usage), &extension(b"\x06\x03\x55\x1d\x11", &names)]
        .concat()
}

/// A part of a name of one attribute.
fn part(kind: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x31, &[&der(0x30, &[&der(6, &[kind]), value])])
}

/// One DER value.
#[must_use]
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("inputs are shorter").to_be_bytes();
    let mut out = vec![tag];
    match content.len() {
        0..=0x7f => out.push(length[1]),
        0x80..=0xff => out.extend([0x81, length[1]]),
        _ => out.extend([&[0x82][..], &length].concat()),
    }
    out.extend(content);
    out
}
