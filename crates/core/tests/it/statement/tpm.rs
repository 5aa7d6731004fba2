use super::{Wrong, refused};
use crate::support;
use crate::support::cert::{AAGUID, BASIC_CONSTRAINTS, Cert, der, new_key, oid, sign};
use crate::support::forge::{Forge, chain, sha256};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::signature::EcdsaKeyPair;
use passband_core::authn::passkey::registration::{self, RegistrationError};
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::{AttestationType, StatementError};
use passband_wire::b64;
use passband_wire::cbor::Writer;
use passband_wire::webauthn::AttestationObject;

const SAN: &str = "2.5.29.17";
const EKU: &str = "2.5.29.37";

/// The parts of a statement, each of which may be wrong.
pub struct Tpm {
    ver: &'static str,
    alg: i64,
    magic: u32,
    kind: u16,
    extra_data: Vec<u8>,
    /// Replaces the name of the public area.
    name: Option<Vec<u8>>,
    pub pub_area: Vec<u8>,
    /// Follows the certified names.
    tail: Vec<u8>,
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn pub_area(point: &[u8]) -> Vec<u8> {
    let (x, y) = point[1..].split_at(32);
    // ECC, SHA-256, attributes, no policy; no symmetric cipher, no scheme, P-256, no KDF.
    let head = [0, 0x23, 0, 0x0b, 0, 6, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10, 0, 3, 0, 0x10];
    [&head[..], &sized(x), &sized(y)].concat()
}

impl Tpm {
    pub fn of(forge: &Forge) -> Self {
        Self {
            ver: "2.0",
            alg: -7,
            magic: 0xff54_4347,
            kind: 0x8017,
            extra_data: sha256(&forge.signed()),
            name: None,
            pub_area: pub_area(forge.point()),
            tail: Vec::new(),
        }
    }

    pub fn statement(&self, aik: &EcdsaKeyPair, x5c: &[Vec<u8>]) -> Vec<u8> {
        let name = [&[0, 0x0b][..], &sha256(&self.pub_area)].concat();
        let name = self.name.clone().unwrap_or(name);
        let cert_info = [
            &self.magic.to_be_bytes()[..],
            &self.kind.to_be_bytes(),
            &sized(b"signer"),
            &sized(&self.extra_data),
            &[0; 25],
            &sized(&name),
            &sized(b"qualified"),
            &self.tail,
        ]
        .concat();
        let mut out = Writer::new();
        out.map(6).text("alg").int(self.alg).text("sig").bytes(&sign(aik, &cert_info));
        out.text("ver").text(self.ver);
        chain(out.text("x5c"), x5c);
        out.text("pubArea").bytes(&self.pub_area).text("certInfo").bytes(&cert_info);
        out.into_bytes()
    }
}

fn san(kinds: &[&str]) -> Vec<u8> {
    let parts: Vec<_> =
        kinds.iter().map(|kind| der(0x31, &[&der(0x30, &[&oid(kind), &der(0x0c, &[b"id"])])])).collect();
    let name = der(0x30, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    der(0x30, &[&der(0xa4, &[&name])])
}

pub fn aik_cert(aik: &EcdsaKeyPair) -> Cert {
    Cert { subject: vec![], ..Cert::leaf(aik) }
        .with(SAN, true, san(&["2.23.133.2.1", "2.23.133.2.2", "2.23.133.2.3"]))
        .with(EKU, false, der(0x30, &[&oid("2.23.133.8.3")]))
}

struct Bench {
    forge: Forge,
    root: EcdsaKeyPair,
    aik: EcdsaKeyPair,
}

impl Bench {
    fn new() -> Self {
        Self { forge: Forge::default(), root: new_key(), aik: new_key() }
    }

    fn refused(&self, change: impl FnOnce(&mut Tpm), expected: StatementError) {
        let mut tpm = Tpm::of(&self.forge);
        change(&mut tpm);
        let x5c = [aik_cert(&self.aik).signed(&self.root)];
        refused(&self.forge, "tpm", &tpm.statement(&self.aik, &x5c), expected);
    }
}

#[test]
fn a_good_one_is_certified() {
    let bench = Bench::new();
    let statement = Tpm::of(&bench.forge).statement(&bench.aik, &[aik_cert(&bench.aik).signed(&bench.root)]);
    let passkey = bench.forge.verify("tpm", &statement).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
}

#[test]
fn the_statement_must_be_of_a_tpm_about_this_key_and_registration() {
    let bench = Bench::new();
    bench.refused(|tpm| tpm.ver = "1.2", StatementError::TpmVersion);
    bench.refused(|tpm| tpm.magic ^= 1, StatementError::TpmMagic);
    // A quote.
    bench.refused(|tpm| tpm.kind = 0x8018, StatementError::TpmType);
    bench.refused(|tpm| tpm.extra_data[0] ^= 1, StatementError::TpmExtraData);
    bench.refused(|tpm| tpm.extra_data.truncate(20), StatementError::TpmExtraData);
    bench.refused(|tpm| tpm.name = Some(vec![0, 0x0b, 1]), StatementError::TpmName);
    bench.refused(|tpm| tpm.name = Some(sha256(b"another area")), StatementError::TpmName);
    bench.refused(|tpm| tpm.tail = vec![0], StatementError::TpmStructure);
    bench.refused(|tpm| tpm.alg = -8, StatementError::AlgorithmUnsupported);
    // SHA-1 hashes to 20 bytes, and is RSA's alone.
    bench.refused(|tpm| tpm.alg = -65535, StatementError::TpmExtraData);
    let by_ec = |tpm: &mut Tpm| {
        tpm.alg = -65535;
        tpm.extra_data = digest(&SHA1_FOR_LEGACY_USE_ONLY, &bench.forge.signed()).as_ref().to_vec();
    };
    bench.refused(by_ec, StatementError::AlgorithmUnsupported);
}

/// As Windows makes them. Nothing here signs with SHA-1, so the statement was made elsewhere.
#[test]
fn an_attestation_key_of_windows_signs_with_sha_1() {
    let made: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../vectors/tpm-rs1.json")).unwrap();
    let part = |name: &str| b64::decode(made[name].as_str().unwrap(), 1 << 16).unwrap();
    let party = support::party();
    let roots = [TrustAnchor::from_der(part("root")).unwrap()];
    let (challenge, response) = (part("challenge"), &made["response"]);
    let verify = |response: &serde_json::Value| {
        let response = serde_json::from_value(response.clone()).unwrap();
        registration::verify(response, &support::rules(&party, &challenge, Some(&roots)))
    };
    let passkey = verify(response).unwrap();
    assert_eq!(passkey.record().attested.format().id(), "tpm");
    assert!(passkey.record().trusted.is_some());

    // The last bit of the counter, which `extraData` covers.
    let mut bent = response.clone();
    let mut object =
        b64::decode(response["response"]["attestationObject"].as_str().unwrap(), 1 << 16).unwrap();
    let at = object.len() - AttestationObject::parse(&object).unwrap().auth_data.len() + 36;
    object[at] ^= 1;
    bent["response"]["attestationObject"] = b64::encode(&object).into();
    let expected = RegistrationError::Statement(StatementError::TpmExtraData);
    assert_eq!(verify(&bent).unwrap_err(), expected);
}

#[test]
fn the_public_area_must_hold_the_credential_key() {
    let bench = Bench::new();
    let other = Forge::default();
    bench.refused(|tpm| tpm.pub_area = pub_area(other.point()), StatementError::KeyMismatch);
    bench.refused(|tpm| tpm.pub_area.push(0), StatementError::TpmStructure);
    bench.refused(|tpm| tpm.pub_area.truncate(80), StatementError::TpmStructure);
    // Named by SHA-1.
    bench.refused(|tpm| tpm.pub_area[3] = 0x04, StatementError::TpmStructure);
    // Another curve, of which this is no point.
    bench.refused(|tpm| tpm.pub_area[15] = 0x04, StatementError::KeyMismatch);
}

#[test]
fn the_signature_is_by_the_attestation_key() {
    let bench = Bench::new();
    let statement = Tpm::of(&bench.forge).statement(&new_key(), &[aik_cert(&bench.aik).signed(&bench.root)]);
    refused(&bench.forge, "tpm", &statement, StatementError::BadSignature);
}

#[test]
fn the_certificate_is_one_of_an_attestation_key() {
    let bench = Bench::new();
    let good = || aik_cert(&bench.aik);
    let wrong: Vec<Wrong> = vec![
        (Cert { subject: vec![("2.5.4.3", "AIK")], ..good() }, StatementError::AikSubjectNotEmpty),
        (good().without(SAN), StatementError::AikSubjectAlternativeName),
        (
            good().with(SAN, true, san(&["2.23.133.2.1", "2.23.133.2.2"])),
            StatementError::AikSubjectAlternativeName,
        ),
        (good().without(EKU), StatementError::AikKeyUsage),
        (good().with(EKU, false, der(0x30, &[&oid("1.3.6.1.5.5.7.3.2")])), StatementError::AikKeyUsage),
        (good().without(BASIC_CONSTRAINTS), StatementError::CertificateAuthority),
        (
            good().with(BASIC_CONSTRAINTS, true, der(0x30, &[&[0x01, 0x01, 0xff]])),
            StatementError::CertificateAuthority,
        ),
        (Cert { version: 0, extensions: vec![], ..good() }, StatementError::CertificateVersion),
        (good().with(AAGUID, false, der(0x04, &[&[8; 16]])), StatementError::AaguidMismatch),
    ];
    for (cert, expected) in wrong {
        let statement = Tpm::of(&bench.forge).statement(&bench.aik, &[cert.signed(&bench.root)]);
        refused(&bench.forge, "tpm", &statement, expected);
    }
}

#[test]
fn every_member_must_be_there() {
    let bench = Bench::new();
    let mut out = Writer::new();
    out.map(2).text("alg").int(-7).text("sig").bytes(&[]);
    refused(&bench.forge, "tpm", &out.into_bytes(), StatementError::Malformed);
}
