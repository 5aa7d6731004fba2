//! What is trusted: the metadata and who may sign them, and the evidence that rests on them.

mod evidence;
mod metadata;
mod real;

use crate::support::NOW;
use crate::support::cert::{BASIC_CONSTRAINTS, Cert, der, new_key, spki_of};
use aws_lc_rs::signature::EcdsaKeyPair;
use passband_core::platform::evidence::Trust;
use passband_core::platform::metadata::{BlobRules, Metadata, MetadataError};
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::revocation::Revocations;
use passband_wire::b64;
use passband_wire::jose::jws::{Header, SigningKey, X5c};
use serde_json::{Value, json};

const SUBJECT_ALT_NAME: &str = "2.5.29.17";

/// Somebody who signs BLOBs, with a root of their own.
struct Publisher {
    root: EcdsaKeyPair,
    key: SigningKey,
    leaf: Cert,
}

/// A DNS name as subjectAltName.
fn host(name: &str) -> Vec<u8> {
    der(0x30, &[&der(0x82, &[name.as_bytes()])])
}

impl Publisher {
    fn new() -> Self {
        let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
        let leaf = Cert {
            subject: vec![("2.5.4.3", "mds.fidoalliance.org")],
            spki: spki_of(key.public_point()),
            ..Cert::leaf(&new_key())
        };
        let leaf = leaf.with(SUBJECT_ALT_NAME, false, host("mds.fidoalliance.org"));
        Self { root: new_key(), key, leaf: leaf.with(BASIC_CONSTRAINTS, true, der(0x30, &[])) }
    }

    fn anchor(&self) -> TrustAnchor {
        TrustAnchor::from_der(Cert::root(&self.root).signed(&self.root)).unwrap()
    }

    /// A BLOB whose header names these certificates.
    fn blob_with(&self, payload: &Value, x5c: &[Vec<u8>]) -> String {
        let mut header = Header::new("ES256", "JWT");
        header.x5c = Some(X5c::Chain(x5c.iter().map(b64::encode_std).collect()));
        self.key.sign(&header, payload).unwrap()
    }

    fn blob(&self, payload: &Value) -> String {
        self.blob_with(payload, &[self.leaf.signed(&self.root)])
    }

    fn verify(&self, blob: &str, loaded: Option<u32>) -> Result<Metadata, MetadataError> {
        Metadata::verify(blob, &BlobRules { roots: &[self.anchor()], loaded, now: NOW })
    }

    /// What these entries make trusted, and nothing else.
    fn trust(&self, entries: &[Value]) -> Trust {
        let metadata = self.verify(&self.blob(&payload(7, "2026-12-01", entries)), None).unwrap();
        Trust { metadata: Some(metadata), ..Trust::default() }
    }
}

fn payload(no: u32, next_update: &str, entries: &[Value]) -> Value {
    json!({ "legalHeader": "none", "no": no, "nextUpdate": next_update, "entries": entries })
}

/// The AAGUID of a forged registration, as text.
const AAGUID: &str = "09090909-0909-0909-0909-090909090909";

/// A hardware model with this root.
fn entry(root: &[u8]) -> Value {
    json!({
        "aaguid": AAGUID,
        "metadataStatement": {
            "description": "Test Key", "protocolFamily": "fido2", "attestationTypes": ["basic_full"],
            "attestationRootCertificates": [b64::encode_std(root)],
            "keyProtection": ["hardware", "secure_element"],
            "userVerificationDetails": [
                [{"userVerificationMethod": "presence_internal"}, {"userVerificationMethod": "passcode_external"}],
                [{"userVerificationMethod": "fingerprint_internal"}],
            ],
        },
        "statusReports": [
            {"status": "FIDO_CERTIFIED_L2", "effectiveDate": "2025-05-01"},
            {"status": "FIDO_CERTIFIED", "effectiveDate": "2024-05-01"},
        ],
        "timeOfLastStatusChange": "2025-05-01",
    })
}

/// A list of revoked keys that names these serial numbers, given now.
fn revoked(serials: &[&str]) -> Revocations {
    let entries: serde_json::Map<_, _> =
        serials.iter().map(|serial| ((*serial).to_owned(), json!({ "status": "REVOKED" }))).collect();
    Revocations::parse(json!({ "entries": entries }).to_string().as_bytes(), NOW).unwrap()
}
