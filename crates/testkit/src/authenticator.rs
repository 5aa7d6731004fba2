//! A software passkey authenticator with the browser in front of it (WebAuthn L3 §5.1, §6.3).
//!
//! It takes the options a server sends to a page and gives the answer the page would send back, as JSON on
//! both sides. Keys are ES256 and live in memory. With [`Quirks`] it breaks one rule at a time.

use crate::maker;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use passband_wire::b64;
use passband_wire::cbor::Writer;
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};
use passband_wire::rng::{self, Random};
use passband_wire::webauthn::{
    AuthenticationExtensionsClientOutputs, AuthenticationResponseJson, AuthenticatorAssertionResponseJson,
    AuthenticatorAttestationResponseJson, B64Url, CredentialProperties, CredentialType, Flags,
    PublicKeyCredentialCreationOptionsJson, PublicKeyCredentialRequestOptionsJson, RegistrationResponseJson,
};
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// What kind of authenticator it is.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its AAGUID.
    pub aaguid: [u8; 16],
    /// Its keys are copied to a person's other devices (`BE` and `BS`), as password managers do.
    pub synced: bool,
    /// It counts its signatures; otherwise it says 0 each time.
    pub counts: bool,
    /// What it says about itself if asked for attestation. Without being asked it says nothing.
    pub attestation: Attestation,
}

/// What an authenticator says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// Nothing, even if asked: format `none`.
    None,
    /// Its maker vouches for the model, see [`maker`](crate::maker): format `packed`.
    Packed,
    /// The credential key signs for itself: format `packed`.
    PackedSelf,
}

impl Model {
    /// A key that stays on its device, and counts.
    #[must_use]
    pub const fn device_bound() -> Self {
        let aaguid = *b"passband-softkey";
        Self { aaguid, synced: false, counts: true, attestation: Attestation::PackedSelf }
    }

    /// A security key whose maker vouches for it.
    #[must_use]
    pub const fn security_key() -> Self {
        let aaguid = *b"passband-hardkey";
        Self { aaguid, synced: false, counts: true, attestation: Attestation::Packed }
    }

    /// A key in a password manager, as phones have them.
    #[must_use]
    pub const fn synced() -> Self {
        let aaguid = *b"passband-synced ";
        Self { aaguid, synced: true, counts: false, attestation: Attestation::None }
    }
}

/// Rules to break, for tests. The default breaks none.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    /// Write this origin into the client data.
    pub origin: Option<String>,
    /// Write this type into the client data.
    pub kind: Option<String>,
    /// Write this challenge into the client data, as it stands.
    pub challenge: Option<String>,
    /// Write this top origin into the client data, and `crossOrigin`.
    pub top_origin: Option<String>,
    /// Sign for this RP id, whatever was asked, and whatever page asked.
    pub rp_id: Option<String>,
    /// Flip these flags.
    pub flip_flags: u8,
    /// Say this counter.
    pub sign_count: Option<u32>,
    /// Say this user handle; `Some(None)` leaves it out.
    pub user_handle: Option<Option<Vec<u8>>>,
    /// Append these extension outputs, as CBOR, and set `ED`.
    pub extensions: Option<Vec<u8>>,
}

/// Why the authenticator, or the browser in front of it, does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticatorError {
    /// The user has a credential here already (`InvalidStateError`).
    #[error("a credential of excludeCredentials is here")]
    Excluded,
    /// The options are not what a browser takes.
    #[error("options are not those of a browser")]
    Options,
    /// ES256 is not among the algorithms.
    #[error("ES256 was not offered")]
    NoAlgorithm,
    /// There is no credential to sign in with (`NotAllowedError`).
    #[error("no credential for this relying party")]
    NoCredential,
    /// The RP id does not belong to the page (`SecurityError`).
    #[error("the page may not use this RP id")]
    Origin,
}

struct Credential {
    id: Vec<u8>,
    rp_id: String,
    user_handle: Vec<u8>,
    key: EcdsaKeyPair,
    count: AtomicU32,
}

/// A software passkey authenticator with the browser in front of it.
pub struct SoftAuthenticator {
    model: Model,
    quirks: Quirks,
    credentials: Vec<Credential>,
}

impl SoftAuthenticator {
    /// An authenticator without credentials.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model, quirks: Quirks::default(), credentials: Vec::new() }
    }

    /// The rules it breaks, to change them.
    pub const fn quirks(&mut self) -> &mut Quirks {
        &mut self.quirks
    }

    /// How many credentials it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.credentials.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// `navigator.credentials.create()` on a page of `origin`, from
    /// `PublicKeyCredentialCreationOptionsJSON` to `RegistrationResponseJSON`.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorError`] as a browser would refuse.
    pub fn create(
        &mut self,
        options: &Value,
        origin: &str,
        rng: &dyn Random,
    ) -> Result<Value, AuthenticatorError> {
        let options = PublicKeyCredentialCreationOptionsJson::deserialize(options)
            .map_err(|_| AuthenticatorError::Options)?;
        self.check_page(&options.rp.id, origin)?;
        if !options.pub_key_cred_params.iter().any(|offer| offer.alg == Algorithm::Es256.id()) {
            return Err(AuthenticatorError::NoAlgorithm);
        }
        let excluded = |held: &Credential| options.exclude_credentials.iter().any(|no| *no.id.0 == held.id);
        if self.credentials.iter().any(excluded) {
            return Err(AuthenticatorError::Excluded);
        }
        let credential = Credential {
            id: rng::bytes::<32>(rng).to_vec(),
            rp_id: options.rp.id.clone(),
            user_handle: options.user.id.0.clone(),
            key: new_key(rng),
            count: AtomicU32::new(0),
        };
        let direct = options.attestation.as_deref().is_some_and(|wanted| wanted != "none");
        let client_data = self.client_data("webauthn.create", &options.challenge, origin);
        let response = self.attest(&credential, client_data, direct);
        let rk = options.extensions.cred_props.map(|_| CredentialProperties { rk: Some(true) });
        let answer = RegistrationResponseJson {
            id: B64Url(credential.id.clone()),
            raw_id: B64Url(credential.id.clone()),
            kind: CredentialType::PublicKey,
            response,
            authenticator_attachment: Some("platform".to_owned()),
            client_extension_results: AuthenticationExtensionsClientOutputs { cred_props: rk },
        };
        self.credentials.push(credential);
        serde_json::to_value(answer).map_err(|_| AuthenticatorError::Options)
    }

    /// `navigator.credentials.get()` on a page of `origin`, from `PublicKeyCredentialRequestOptionsJSON` to
    /// `AuthenticationResponseJSON`. Without `allowCredentials` the newest credential answers.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorError`] as a browser would refuse.
    pub fn get(&self, options: &Value, origin: &str, _rng: &dyn Random) -> Result<Value, AuthenticatorError> {
        let options = PublicKeyCredentialRequestOptionsJson::deserialize(options)
            .map_err(|_| AuthenticatorError::Options)?;
        self.check_page(&options.rp_id, origin)?;
        let allowed = &options.allow_credentials;
        let usable = |held: &&Credential| {
            held.rp_id == options.rp_id
                && (allowed.is_empty() || allowed.iter().any(|yes| *yes.id.0 == held.id))
        };
        let credential =
            self.credentials.iter().rev().find(usable).ok_or(AuthenticatorError::NoCredential)?;
        let client_data = self.client_data("webauthn.get", &options.challenge, origin);
        let authenticator_data = self.authenticator_data(credential, &[]);
        let signature = sign(&credential.key, &authenticator_data, &client_data);
        let user_handle =
            self.quirks.user_handle.clone().unwrap_or_else(|| Some(credential.user_handle.clone()));
        let answer = AuthenticationResponseJson {
            id: B64Url(credential.id.clone()),
            raw_id: B64Url(credential.id.clone()),
            kind: CredentialType::PublicKey,
            response: AuthenticatorAssertionResponseJson {
                client_data_json: B64Url(client_data),
                authenticator_data: B64Url(authenticator_data),
                signature: B64Url(signature),
                user_handle: user_handle.map(B64Url),
            },
            authenticator_attachment: Some("platform".to_owned()),
            client_extension_results: AuthenticationExtensionsClientOutputs::default(),
        };
        serde_json::to_value(answer).map_err(|_| AuthenticatorError::Options)
    }

    /// §5.1.3 step 8: the RP id is the page's host, or a domain above it.
    fn check_page(&self, rp_id: &str, origin: &str) -> Result<(), AuthenticatorError> {
        let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let above = host.strip_suffix(rp_id).is_some_and(|left| left.is_empty() || left.ends_with('.'));
        if above || self.quirks.rp_id.is_some() { Ok(()) } else { Err(AuthenticatorError::Origin) }
    }

    /// §5.8.1.1, by hand as browsers do it.
    fn client_data(&self, kind: &str, challenge: &[u8], origin: &str) -> Vec<u8> {
        let quirks = &self.quirks;
        let kind = json!(quirks.kind.as_deref().unwrap_or(kind));
        let challenge = json!(quirks.challenge.clone().unwrap_or_else(|| b64::encode(challenge)));
        let origin = json!(quirks.origin.as_deref().unwrap_or(origin));
        let frame = match &quirks.top_origin {
            Some(top) => format!(r#""crossOrigin":true,"topOrigin":{}"#, json!(top)),
            None => r#""crossOrigin":false"#.to_owned(),
        };
        format!(r#"{{"type":{kind},"challenge":{challenge},"origin":{origin},{frame}}}"#).into_bytes()
    }

    /// §6.1, with `attested` as the attested credential data.
    fn authenticator_data(&self, credential: &Credential, attested: &[u8]) -> Vec<u8> {
        let quirks = &self.quirks;
        let rp_id = quirks.rp_id.as_deref().unwrap_or(&credential.rp_id);
        let mut flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
        if self.model.synced {
            flags |= Flags::BACKUP_ELIGIBLE | Flags::BACKUP_STATE;
        }
        if !attested.is_empty() {
            flags |= Flags::ATTESTED;
        }
        if quirks.extensions.is_some() {
            flags |= Flags::EXTENSIONS;
        }
        let counted = match self.model.counts {
            true => credential.count.fetch_add(1, Ordering::Relaxed) + 1,
            false => 0,
        };
        let count = quirks.sign_count.unwrap_or(counted);
        let mut data = Vec::with_capacity(256);
        data.extend_from_slice(digest(&SHA256, rp_id.as_bytes()).as_ref());
        data.push(flags ^ quirks.flip_flags);
        data.extend_from_slice(&count.to_be_bytes());
        data.extend_from_slice(attested);
        data.extend_from_slice(quirks.extensions.as_deref().unwrap_or_default());
        data
    }

    /// §6.5.4, and the copies §5.2.1 puts beside it.
    fn attest(
        &self,
        credential: &Credential,
        client_data: Vec<u8>,
        direct: bool,
    ) -> AuthenticatorAttestationResponseJson {
        let point = credential.key.public_key().as_ref();
        let attested = [
            &self.model.aaguid[..],
            &u16::try_from(credential.id.len()).unwrap_or(u16::MAX).to_be_bytes(),
            &credential.id,
            &cose_key(point),
        ]
        .concat();
        let data = self.authenticator_data(credential, &attested);
        let mut object = Writer::new();
        object.map(3).text("fmt");
        match self.model.attestation {
            Attestation::PackedSelf if direct => {
                let signature = sign(&credential.key, &data, &client_data);
                object.text("packed").text("attStmt").map(2);
                object.text("alg").int(Algorithm::Es256.id()).text("sig").bytes(&signature);
            }
            Attestation::Packed if direct => {
                let maker = maker::maker();
                let signature = sign(&maker.batch, &data, &client_data);
                object.text("packed").text("attStmt").map(3);
                object.text("alg").int(Algorithm::Es256.id()).text("sig").bytes(&signature);
                object.text("x5c").array(1).bytes(&maker.leaf);
            }
            _ => {
                object.text("none").text("attStmt").map(0);
            }
        }
        object.text("authData").bytes(&data);
        AuthenticatorAttestationResponseJson {
            client_data_json: B64Url(client_data),
            attestation_object: B64Url(object.into_bytes()),
            transports: vec![if self.model.synced { "hybrid" } else { "internal" }.to_owned()],
            authenticator_data: Some(B64Url(data)),
            public_key: Some(B64Url([SPKI_P256, point].concat())),
            public_key_algorithm: Some(Algorithm::Es256.id()),
        }
    }
}

/// `SubjectPublicKeyInfo` of a P-256 key, up to the point (RFC 5480 §2).
const SPKI_P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// `ECPrivateKey` of a P-256 key without its public part, up to the number and after it (RFC 5915 §3).
const SEC1_P256: [&[u8]; 2] =
    [b"\x30\x31\x02\x01\x01\x04\x20", b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"];

/// A key from this randomness alone, so that a seeded generator gives the same keys again.
fn new_key(rng: &dyn Random) -> EcdsaKeyPair {
    loop {
        let number = rng::bytes::<32>(rng);
        let der = [SEC1_P256[0], &number, SEC1_P256[1]].concat();
        // One number in 2^32 is larger than the group: take the next.
        if let Ok(key) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der) {
            return key;
        }
    }
}

fn cose_key(point: &[u8]) -> Vec<u8> {
    let material = KeyMaterial::Ec2 { curve: Curve::P256, point: point.into() };
    CoseKey::new(Algorithm::Es256, material).expect("a key pair has a valid public key").to_bytes()
}

fn sign(key: &EcdsaKeyPair, authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    let signed = [authenticator_data, digest(&SHA256, client_data).as_ref()].concat();
    // ECDSA with a valid key fails only if the machine has no randomness left.
    key.sign(&SystemRandom::new(), &signed).expect("signing with a valid key").as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts upwards: the same in each run.
    struct Counter(AtomicU32);

    impl Random for Counter {
        fn fill(&self, out: &mut [u8]) {
            for chunk in out.chunks_mut(4) {
                let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                chunk.copy_from_slice(&count[..chunk.len()]);
            }
        }
    }

    fn creation(alg: i64, exclude: &str) -> Value {
        let exclude = match exclude {
            "" => json!([]),
            id => json!([{"type": "public-key", "id": id}]),
        };
        json!({
            "rp": {"id": "example.org", "name": "Test"},
            "user": {"id": "AAEC", "name": "ada", "displayName": "Ada"},
            "challenge": b64::encode([7; 32]),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg}],
            "excludeCredentials": exclude,
        })
    }

    fn request(rp_id: &str) -> Value {
        json!({"challenge": b64::encode([7; 32]), "rpId": rp_id})
    }

    #[test]
    fn the_browser_in_front_guards_the_rp_id() {
        let rng = Counter(AtomicU32::new(1));
        let mut authenticator = SoftAuthenticator::new(Model::synced());
        for origin in ["https://example.org", "https://id.example.org", "http://example.org:8080"] {
            assert!(authenticator.create(&creation(-7, ""), origin, &rng).is_ok(), "{origin}");
        }
        for origin in ["https://evil.test", "https://notexample.org", "https://example.org.evil.test"] {
            let refused = authenticator.create(&creation(-7, ""), origin, &rng);
            assert_eq!(refused, Err(AuthenticatorError::Origin), "{origin}");
            let refused = authenticator.get(&request("example.org"), origin, &rng);
            assert_eq!(refused, Err(AuthenticatorError::Origin), "{origin}");
        }
        assert_eq!(authenticator.len(), 3);
    }

    #[test]
    fn it_refuses_as_a_browser_does() {
        let rng = Counter(AtomicU32::new(1));
        let mut authenticator = SoftAuthenticator::new(Model::device_bound());
        let origin = "https://example.org";
        let nothing = authenticator.get(&request("example.org"), origin, &rng);
        assert_eq!(nothing, Err(AuthenticatorError::NoCredential));
        let rsa = authenticator.create(&creation(-257, ""), origin, &rng);
        assert_eq!(rsa, Err(AuthenticatorError::NoAlgorithm));
        let answer = authenticator.create(&creation(-7, ""), origin, &rng).unwrap();
        let again = authenticator.create(&creation(-7, answer["id"].as_str().unwrap()), origin, &rng);
        assert_eq!(again, Err(AuthenticatorError::Excluded));
        assert_eq!(authenticator.create(&json!({}), origin, &rng), Err(AuthenticatorError::Options));
    }

    #[test]
    fn the_same_randomness_makes_the_same_passkey() {
        let make = || {
            let mut authenticator = SoftAuthenticator::new(Model::synced());
            let rng = Counter(AtomicU32::new(1));
            authenticator.create(&creation(-7, ""), "https://example.org", &rng).unwrap()
        };
        assert_eq!(make(), make());
    }
}
