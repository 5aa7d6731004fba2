//! The test vectors of WebAuthn L3, §16, and the rules they are tried under.

use passband_core::authn::passkey::registration::RegistrationRules;
use passband_core::authn::passkey::{Framing, RelyingParty, StoredPasskey};
use passband_core::platform::path::TrustAnchor;
use passband_wire::cose::Algorithm;
use passband_wire::webauthn::{
    AttestationObject, AuthenticationResponseJson, AuthenticatorAssertionResponseJson,
    AuthenticatorAttestationResponseJson, AuthenticatorData, B64Url, CredentialType,
    RegistrationResponseJson,
};
use serde_json::Value;
use std::sync::OnceLock;

/// The RP id of the vectors.
pub const RP_ID: &str = "example.org";
/// The origin of the vectors.
pub const ORIGIN: &str = "https://example.org";
/// Whose the credentials are.
pub const USER: &[u8] = b"user";

const ALL: &[Algorithm] = &[
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Ps256,
];

/// The vectors and their root.
pub struct Vectors {
    /// One for each credential.
    pub all: Vec<Vector>,
    /// The certificate authority that vouches for them, DER.
    pub root: Vec<u8>,
}

/// One credential: its registration and a sign-in with it.
pub struct Vector {
    /// Its name.
    pub id: String,
    /// Challenge of the registration.
    pub challenge: Vec<u8>,
    /// Client data of the registration.
    pub client_data: Vec<u8>,
    /// Attestation object.
    pub attestation_object: Vec<u8>,
    /// Challenge of the sign-in.
    pub get_challenge: Vec<u8>,
    /// Client data of the sign-in.
    pub get_client_data: Vec<u8>,
    /// Authenticator data of the sign-in.
    pub authenticator_data: Vec<u8>,
    /// Signature of the sign-in.
    pub signature: Vec<u8>,
}

/// The vectors.
#[must_use]
pub fn vectors() -> &'static Vectors {
    static VECTORS: OnceLock<Vectors> = OnceLock::new();
    VECTORS.get_or_init(|| {
        let text = include_str!("../../vectors/webauthn-l3.json");
        let file: Value = serde_json::from_str(text).expect("the vectors are JSON");
        let list = file["credentials"].as_array().expect("the vectors are a list");
        Vectors { all: list.iter().map(read).collect(), root: hex(&file["attestation_ca_cert"]) }
    })
}

fn read(value: &Value) -> Vector {
    let (made, used) = (&value["registration"], &value["authentication"]);
    Vector {
        id: value["id"].as_str().unwrap_or_default().to_owned(),
        challenge: hex(&made["challenge"]),
        client_data: hex(&made["clientDataJSON"]),
        attestation_object: hex(&made["attestationObject"]),
        get_challenge: hex(&used["challenge"]),
        get_client_data: hex(&used["clientDataJSON"]),
        authenticator_data: hex(&used["authenticatorData"]),
        signature: hex(&used["signature"]),
    }
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a vector's member is text");
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("a vector's member is hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// The party of the vectors, which stand in frames of two kinds.
#[must_use]
pub fn framed_party() -> RelyingParty {
    let framing = Framing::Within { top_origins: vec!["https://example.com".to_owned()], unnamed: true };
    RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], framing)
}

/// A party as the product runs it: no frames.
#[must_use]
pub fn party() -> RelyingParty {
    RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], Framing::Refused)
}

/// Rules that leave as much as possible to the later steps.
#[must_use]
pub fn rules<'a>(
    relying_party: &'a RelyingParty,
    challenge: &'a [u8],
    attestation_roots: Option<&'a [TrustAnchor]>,
) -> RegistrationRules<'a> {
    RegistrationRules {
        relying_party,
        challenge,
        user_verification: false,
        conditional: false,
        algorithms: ALL,
        attestation_roots,
        now: crate::NOW,
    }
}

/// The answer to a registration, about whichever credential the attestation object names.
#[must_use]
pub fn registration(client_data: &[u8], object: &[u8]) -> RegistrationResponseJson {
    let id = AttestationObject::parse(object)
        .ok()
        .and_then(|object| Some(AuthenticatorData::parse(object.auth_data).ok()?.attested?.credential_id))
        .unwrap_or_default();
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

impl Vector {
    /// Whether somebody signed the whole of the authenticator data: U2F signs a part of them, none nothing.
    #[must_use]
    pub fn is_signed_whole(&self) -> bool {
        AttestationObject::parse(&self.attestation_object)
            .is_ok_and(|object| !matches!(object.fmt, "none" | "fido-u2f"))
    }

    /// The authenticator data in the attestation object.
    #[must_use]
    pub fn auth_data(&self) -> &[u8] {
        AttestationObject::parse(&self.attestation_object).map(|object| object.auth_data).unwrap_or_default()
    }

    /// What would be stored after registration; `None` if the vector's form is one that is refused.
    #[must_use]
    pub fn stored(&self) -> Option<StoredPasskey> {
        let data = AuthenticatorData::parse(self.auth_data()).ok()?;
        let attested = data.attested?;
        Some(StoredPasskey {
            credential_id: attested.credential_id.to_vec(),
            user_handle: USER.to_vec(),
            rp_id: RP_ID.to_owned(),
            public_key: attested.public_key.to_vec(),
            sign_count: data.sign_count,
            backup_eligible: data.flags.backup_eligible(),
            backup_state: data.flags.backup_state(),
        })
    }

    /// The answer to the sign-in, with authenticator data of the caller's.
    #[must_use]
    pub fn authentication(&self, id: &[u8], authenticator_data: &[u8]) -> AuthenticationResponseJson {
        AuthenticationResponseJson {
            id: B64Url(id.to_vec()),
            raw_id: B64Url(id.to_vec()),
            kind: CredentialType::PublicKey,
            response: AuthenticatorAssertionResponseJson {
                client_data_json: B64Url(self.get_client_data.clone()),
                authenticator_data: B64Url(authenticator_data.to_vec()),
                signature: B64Url(self.signature.clone()),
                user_handle: None,
            },
            authenticator_attachment: None,
            client_extension_results: Default::default(),
        }
    }
}
