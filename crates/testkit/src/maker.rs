//! A maker of security keys, and a publisher of metadata about them: certificates and BLOBs of this process alone.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use passband_wire::b64;
use passband_wire::jose::jws::{Header, SigningKey, X5c};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A maker: a root, and the batch certificate and key that every authenticator of a model has.
pub struct Maker {
    /// The root's certificate, DER.
    pub root: Vec<u8>,
    /// The batch certificate, DER.
    pub leaf: Vec<u8>,
    /// The key of the batch certificate.
    pub batch: EcdsaKeyPair,
}

/// Somebody who signs metadata, under a root of their own.
pub struct Publisher {
    /// The root's certificate, PEM.
    pub root: String,
    leaf: Vec<u8>,
    key: SigningKey,
}

const MADE: &str = "certificates of our own are well formed";

/// A key and a certificate authority with it.
fn authority(name: &str) -> (Issuer<'static, KeyPair>, rcgen::Certificate) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect(MADE);
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = params.self_signed(&key).expect(MADE);
    (Issuer::new(params, key), certificate)
}

fn issued(issuer: &Issuer<'static, KeyPair>, params: CertificateParams) -> (KeyPair, Vec<u8>) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect(MADE);
    let certificate = params.signed_by(&key, issuer).expect(MADE);
    (key, certificate.der().to_vec())
}

/// The one maker of this process.
pub fn maker() -> &'static Maker {
    static MAKER: LazyLock<Maker> = LazyLock::new(|| {
        let (issuer, root) = authority("Test Maker Root");
        let mut params = CertificateParams::default();
        // WebAuthn L3 §8.2.1.
        for (kind, text) in [
            (DnType::CountryName, "AA"),
            (DnType::OrganizationName, "Test Maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "Test Security Key"),
        ] {
            params.distinguished_name.push(kind, text);
        }
        params.is_ca = IsCa::ExplicitNoCa;
        let (key, leaf) = issued(&issuer, params);
        let batch =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).expect(MADE);
        Maker { root: root.der().to_vec(), leaf, batch }
    });
    &MAKER
}

/// The one publisher of this process.
pub fn publisher() -> &'static Publisher {
    static PUBLISHER: LazyLock<Publisher> = LazyLock::new(|| {
        let (issuer, root) = authority("Test Publisher Root");
        let params = CertificateParams::new(vec!["mds.fidoalliance.org".to_owned()]).expect(MADE);
        let (key, leaf) = issued(&issuer, params);
        let key = SigningKey::from_pkcs8(&key.serialize_der()).expect(MADE);
        Publisher { root: root.pem(), leaf, key }
    });
    &PUBLISHER
}

impl Publisher {
    /// A metadata BLOB of this edition, due by this day (`2026-12-01`).
    #[must_use]
    pub fn blob(&self, no: u32, next_update: &str, entries: &[Value]) -> String {
        let mut header = Header::new("ES256", "JWT");
        header.x5c = Some(X5c::Chain(vec![b64::encode_std(&self.leaf)]));
        let payload =
            json!({ "legalHeader": "none", "no": no, "nextUpdate": next_update, "entries": entries });
        self.key.sign(&header, &payload).expect("signing with a valid key")
    }
}

/// The entry of [`Model::security_key`](crate::authenticator::Model::security_key), with these statuses, each of its
/// day: `("FIDO_CERTIFIED_L2", "2025-05-01")`.
#[must_use]
pub fn security_key_entry(statuses: &[(&str, &str)]) -> Value {
    let reports: Vec<_> =
        statuses.iter().map(|(status, day)| json!({ "status": status, "effectiveDate": day })).collect();
    json!({
        // "passband-hardkey"
        "aaguid": "70617373-6261-6e64-2d68-6172646b6579",
        "metadataStatement": {
            "description": "Test Security Key", "protocolFamily": "fido2", "attestationTypes": ["basic_full"],
            "attestationRootCertificates": [b64::encode_std(&maker().root)],
            "keyProtection": ["hardware", "secure_element"],
            "attachmentHint": ["external", "wired"],
            "userVerificationDetails": [[{ "userVerificationMethod": "passcode_external" }]],
        },
        "statusReports": reports,
        "timeOfLastStatusChange": "2025-05-01",
    })
}
