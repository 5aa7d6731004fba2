//! The test vectors of WebAuthn L3, §16, and the exceptions made for them.

use super::RP_ID;
use passband_core::authn::passkey::{Framing, RelyingParty, StoredPasskey};
use passband_core::platform::path::TrustAnchor;
use passband_wire::webauthn::{
    AttestationObject, AuthenticationResponseJson, AuthenticatorAssertionResponseJson,
    AuthenticatorAttestationResponseJson, AuthenticatorData, B64Url, CredentialType,
    RegistrationResponseJson,
};
use serde_json::Value;

pub struct Vectors {
    pub credentials: Vec<Vector>,
    pub root: TrustAnchor,
}

pub struct Vector {
    pub id: String,
    pub format: String,
    pub registration: Ceremony,
    pub attestation_object: Vec<u8>,
    pub credential_id: Vec<u8>,
    pub authentication: Ceremony,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
}

pub struct Ceremony {
    pub challenge: Vec<u8>,
    pub client_data: Vec<u8>,
}

pub const USER: &[u8] = b"user";

pub fn vectors() -> Vectors {
    let text = include_str!("../../../../../vectors/webauthn-l3.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let root = hex(&all["attestation_ca_cert"]);
    let credentials = all["credentials"].as_array().unwrap().iter().map(vector).collect();
    Vectors { credentials, root: TrustAnchor::from_der(root).unwrap() }
}

/// The vectors stand in frames of two kinds, so their relying party allows them.
pub fn party() -> RelyingParty {
    let framing = Framing::Within { top_origins: vec!["https://example.com".to_owned()], unnamed: true };
    RelyingParty::new(RP_ID, vec![super::ORIGIN.to_owned()], framing)
}

fn vector(value: &Value) -> Vector {
    let ceremony = |value: &Value| Ceremony {
        challenge: hex(&value["challenge"]),
        client_data: hex(&value["clientDataJSON"]),
    };
    let (registration, authentication) = (&value["registration"], &value["authentication"]);
    Vector {
        id: value["id"].as_str().unwrap().to_owned(),
        format: value["summary"]["fmt"].as_str().unwrap().to_owned(),
        registration: ceremony(registration),
        attestation_object: hex(&registration["attestationObject"]),
        credential_id: hex(&registration["credential_id"]),
        authentication: ceremony(authentication),
        authenticator_data: hex(&authentication["authenticatorData"]),
        signature: hex(&authentication["signature"]),
    }
}

pub fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

impl Vector {
    /// Whether the attestation signs the whole of the authenticator data: U2F signs some of it, none nothing.
    pub fn is_signed_whole(&self) -> bool {
        !matches!(&*self.format, "none" | "fido-u2f")
    }

    /// Whether a certificate vouches.
    pub fn is_certified(&self) -> bool {
        self.format != "none" && self.id != "packed-self-es256"
    }

    pub fn registration(&self) -> RegistrationResponseJson {
        registration(&self.credential_id, &self.registration.client_data, &self.attestation_object)
    }

    pub fn authentication(&self) -> AuthenticationResponseJson {
        AuthenticationResponseJson {
            id: B64Url(self.credential_id.clone()),
            raw_id: B64Url(self.credential_id.clone()),
            kind: CredentialType::PublicKey,
            response: AuthenticatorAssertionResponseJson {
                client_data_json: B64Url(self.authentication.client_data.clone()),
                authenticator_data: B64Url(self.authenticator_data.clone()),
                signature: B64Url(self.signature.clone()),
                user_handle: None,
            },
            authenticator_attachment: None,
            client_extension_results: Default::default(),
        }
    }

    /// What would be stored after registration, without verifying it.
    pub fn stored(&self) -> StoredPasskey {
        let object = AttestationObject::parse(&self.attestation_object).unwrap();
        let data = AuthenticatorData::parse(object.auth_data).unwrap();
        let attested = data.attested.unwrap();
        StoredPasskey {
            credential_id: attested.credential_id.to_vec(),
            user_handle: USER.to_vec(),
            rp_id: RP_ID.to_owned(),
            public_key: attested.public_key.to_vec(),
            sign_count: data.sign_count,
            backup_eligible: data.flags.backup_eligible(),
            backup_state: data.flags.backup_state(),
        }
    }
}

pub fn registration(id: &[u8], client_data: &[u8], object: &[u8]) -> RegistrationResponseJson {
    RegistrationResponseJson {
        id: B64Url(id.to_vec()),
        raw_id: B64Url(id.to_vec()),
        kind: CredentialType::PublicKey,
        response: AuthenticatorAttestationResponseJson {
            client_data_json: B64Url(client_data.to_vec()),
            attestation_object: B64Url(object.to_vec()),
            transports: Vec::new(),
            authenticator_data: None,
            public_key: None,
            public_key_algorithm: None,
        },
        authenticator_attachment: None,
        client_extension_results: Default::default(),
    }
}
