//! A case, as `conformance/README.md` describes it, and our verdict on it.

use passband_core::authn::passkey::assertion::{self, AssertionRules};
use passband_core::authn::passkey::registration::{self, RegistrationRules};
use passband_core::authn::passkey::{Framing, RelyingParty, StoredPasskey};
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::{self, Subject};
use passband_wire::b64;
use passband_wire::cose::{Algorithm, CoseKey};
use passband_wire::time::Timestamp;
use passband_wire::webauthn::{
    AttestationObject, AuthenticationResponseJson, AuthenticatorData, RegistrationResponseJson,
};
use serde::Deserialize;
use serde_json::Value;
use std::error::Error;

/// An input that is no case.
pub type Fault = Box<dyn Error>;
/// `Err` holds the reason code of a refusal.
pub type Decision = Result<(), &'static str>;

/// Every algorithm we verify is offered.
const OFFERED: [Algorithm; 6] = [
    Algorithm::EdDsa,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::Ps256,
    Algorithm::Rs256,
];
/// Longest value of a case, in bytes.
const LONGEST: usize = 1 << 20;

/// One answer, what it answers, and what an installation would configure.
#[derive(Deserialize)]
pub struct Case {
    /// What the mutation is called, or where the capture is from.
    pub name: String,
    rp_id: String,
    origin: String,
    /// Pages that may frame ours.
    #[serde(default)]
    top_origins: Vec<String>,
    challenge: String,
    #[serde(default)]
    user_verification: bool,
    /// Trusted certificates; without them a statement has to be valid, and may lead to anybody.
    roots: Option<Vec<String>>,
    now: i64,
    /// The browser's answer.
    pub response: Value,
    /// What was stored at registration: there for an authentication only.
    pub stored: Option<Stored>,
    /// For a capture without client data: SHA-256 of them, so that the statement alone can be judged.
    client_data_hash: Option<String>,
}

/// A passkey, and what was asked of it.
#[derive(Deserialize)]
pub struct Stored {
    credential_id: String,
    user_handle: String,
    /// The COSE key.
    pub public_key: String,
    sign_count: u32,
    backup_eligible: bool,
    backup_state: bool,
    /// Whether the user was known before the ceremony.
    #[serde(default)]
    known: bool,
    /// The credential ids that were asked for.
    #[serde(default)]
    allow: Vec<String>,
}

/// Our verdict, by the rules of production.
///
/// # Errors
///
/// [`Fault`] if the case is none.
pub fn judge(case: &Case) -> Result<Decision, Fault> {
    if let Some(hash) = &case.client_data_hash {
        return statement(case, &bytes(hash)?);
    }
    let framing = match case.top_origins.is_empty() {
        true => Framing::Refused,
        false => Framing::Within { top_origins: case.top_origins.clone(), unnamed: true },
    };
    let party = RelyingParty::new(&*case.rp_id, vec![case.origin.clone()], framing);
    let challenge = bytes(&case.challenge)?;
    match &case.stored {
        None => registration(case, &party, &challenge),
        Some(stored) => authentication(case, stored, &party, &challenge),
    }
}

fn registration(case: &Case, party: &RelyingParty, challenge: &[u8]) -> Result<Decision, Fault> {
    let Ok(response) = RegistrationResponseJson::deserialize(&case.response) else {
        return Ok(Err("response_malformed"));
    };
    let roots = match &case.roots {
        Some(roots) => Some(roots.iter().map(|der| anchor(der)).collect::<Result<Vec<_>, _>>()?),
        None => None,
    };
    let rules = RegistrationRules {
        relying_party: party,
        challenge,
        user_verification: case.user_verification,
        conditional: false,
        algorithms: &OFFERED,
        attestation_roots: roots.as_deref(),
        now: Timestamp(case.now),
    };
    Ok(registration::verify(response, &rules).map(drop).map_err(|error| error.code()))
}

fn authentication(
    case: &Case,
    stored: &Stored,
    party: &RelyingParty,
    challenge: &[u8],
) -> Result<Decision, Fault> {
    let Ok(response) = AuthenticationResponseJson::deserialize(&case.response) else {
        return Ok(Err("response_malformed"));
    };
    let passkey = StoredPasskey {
        credential_id: bytes(&stored.credential_id)?,
        user_handle: bytes(&stored.user_handle)?,
        rp_id: case.rp_id.clone(),
        public_key: bytes(&stored.public_key)?,
        sign_count: stored.sign_count,
        backup_eligible: stored.backup_eligible,
        backup_state: stored.backup_state,
    };
    let allow = stored.allow.iter().map(|id| bytes(id)).collect::<Result<Vec<_>, _>>()?;
    let allow: Vec<&[u8]> = allow.iter().map(Vec::as_slice).collect();
    let rules = AssertionRules {
        relying_party: party,
        challenge,
        user_verification: case.user_verification,
        allow_credentials: &allow,
        user_handle: stored.known.then_some(&passkey.user_handle),
    };
    Ok(assertion::verify(&response, &passkey, &rules).map(drop).map_err(|error| error.code()))
}

/// The statement alone, over authenticator data that are read as in a registration.
fn statement(case: &Case, client_data_hash: &[u8]) -> Result<Decision, Fault> {
    let object = bytes(case.response["attestationObject"].as_str().ok_or("no attestation object")?)?;
    let decide = || {
        let object = AttestationObject::parse(&object).map_err(|error| error.code())?;
        let data = AuthenticatorData::parse(object.auth_data).map_err(|error| error.code())?;
        let credential = data.attested.as_ref().ok_or("credential_missing")?;
        let key = CoseKey::parse(credential.public_key).map_err(|error| error.code())?;
        let client_data_hash = client_data_hash.try_into().map_err(|_| "client_data_hash_length")?;
        let (rp_id_hash, key) = (data.rp_id_hash, &key);
        let subject = Subject { object, rp_id_hash, credential, key, client_data_hash };
        platform::verify(&subject).map(drop).map_err(|error| error.code())
    };
    Ok(decide())
}

fn anchor(der: &str) -> Result<TrustAnchor, Fault> {
    Ok(TrustAnchor::from_der(bytes(der)?)?)
}

/// The bytes of a base64url text.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    b64::decode(text, LONGEST).map_err(|_| format!("not base64url: {text}").into())
}
