//! Registering a passkey (WebAuthn L3 §7.1). Numbers in comments are the specification's steps.

use super::ceremony::{self, CeremonyError, Presence};
use super::{RelyingParty, StoredPasskey, sha256};
use crate::directory::{Evidence, Passkey};
use crate::platform::evidence::{self, Claim, Trust};
use crate::platform::path::{self, PathError, TrustAnchor, TrustedPath};
use crate::platform::{self, AttestationType, Attested, StatementError, Subject};
use passband_wire::cose::{Algorithm, CoseError, CoseKey};
use passband_wire::time::Timestamp;
use passband_wire::webauthn::{
    AttestationObject, AttestationObjectError, AuthenticatorData, RegistrationResponseJson,
};

/// What a registration has to fulfil.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationRules<'a> {
    /// Who asks.
    pub relying_party: &'a RelyingParty,
    /// The challenge of this ceremony, of at least 16 bytes.
    pub challenge: &'a [u8],
    /// The authenticator has to know its user.
    pub user_verification: bool,
    /// The browser was asked to register without a gesture, right after a password sign-in (conditional
    /// create): then nobody needs to have touched the authenticator.
    pub conditional: bool,
    /// The algorithms that were offered.
    pub algorithms: &'a [Algorithm],
    /// If given, the attestation has to lead to one of these; without, any valid statement passes.
    pub attestation_roots: Option<&'a [TrustAnchor]>,
    /// The instant of the decision, for the dates of certificates.
    pub now: Timestamp,
}

/// Why a registration was refused: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum RegistrationError {
    #[error("algorithm of the credential was not offered")]
    AlgorithmNotOffered,
    #[error(transparent)]
    AttestationObject(#[from] AttestationObjectError),
    #[error("attestation is required, and nobody vouches")]
    AttestationRequired,
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    #[error("answer is about another credential than the attestation")]
    CredentialMismatch,
    #[error("registration without a credential")]
    NoCredential,
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    PublicKey(#[from] CoseError),
    #[error(transparent)]
    Statement(#[from] StatementError),
}

impl RegistrationError {
    /// A stable name of the reason, for the sign-in log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlgorithmNotOffered => "algorithm_not_offered",
            Self::AttestationObject(error) => error.code(),
            Self::AttestationRequired => "attestation_required",
            Self::Ceremony(error) => error.code(),
            Self::CredentialMismatch => "credential_id_mismatch",
            Self::NoCredential => "credential_missing",
            Self::Path(error) => error.code(),
            Self::PublicKey(error) => error.code(),
            Self::Statement(error) => error.code(),
        }
    }
}

/// A passkey that was just made, for us, by somebody who is there. Only [`verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey(PasskeyRecord);

/// What there is to store of a new passkey (WebAuthn L3 §4, credential record).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRecord {
    /// Its credential id. The store refuses one that is registered to anybody.
    pub credential_id: Vec<u8>,
    /// The RP id it was made for.
    pub rp_id: String,
    /// Its public key as a canonical COSE key.
    pub public_key: Vec<u8>,
    /// The algorithm of that key.
    pub algorithm: Algorithm,
    /// The authenticator's counter.
    pub sign_count: u32,
    /// `UV`: the authenticator knew its user.
    pub user_verified: bool,
    /// `BE`: it may leave its device. Fixed for life.
    pub backup_eligible: bool,
    /// `BS`: it has left its device.
    pub backup_state: bool,
    /// The model: proved if `trusted` is there, otherwise a claim, good for a label.
    pub aaguid: [u8; 16],
    /// What the attestation statement proved.
    pub attested: Attested,
    /// Whom the attestation leads to, if that was asked.
    pub trusted: Option<TrustedPath>,
    /// How the authenticator can be reached: at most eight names, sorted, none twice.
    pub transports: Vec<String>,
    /// Whether it can be found without its id, if the browser said.
    pub discoverable: Option<bool>,
    /// The attestation object as it came, to be judged again when trust changes.
    pub attestation_object: Vec<u8>,
    /// The client data as they came, for the same.
    pub client_data_json: Vec<u8>,
}

impl NewPasskey {
    /// What there is to store.
    #[must_use]
    pub const fn record(&self) -> &PasskeyRecord {
        &self.0
    }

    /// What there is to store, to move it there.
    #[must_use]
    pub fn into_record(self) -> PasskeyRecord {
        self.0
    }

    /// Whether the key may not leave its device, by the authenticator's word.
    #[must_use]
    pub const fn device_bound(&self) -> bool {
        !self.0.backup_eligible
    }

    /// How far it is believed as things are trusted at `now`, which is when it is registered.
    #[must_use]
    pub fn judge(&self, trust: &Trust, now: Timestamp) -> Evidence {
        let claim = Claim {
            attested: &self.0.attested,
            aaguid: &self.0.aaguid,
            backup_eligible: self.0.backup_eligible,
            registered: now,
        };
        evidence::judge(&claim, trust, now)
    }

    /// What the next ceremony will need, once it is stored for the user with this handle.
    #[must_use]
    pub fn stored(&self, user_handle: Vec<u8>) -> StoredPasskey {
        StoredPasskey {
            credential_id: self.0.credential_id.clone(),
            user_handle,
            rp_id: self.0.rp_id.clone(),
            public_key: self.0.public_key.clone(),
            sign_count: self.0.sign_count,
            backup_eligible: self.0.backup_eligible,
            backup_state: self.0.backup_state,
        }
    }
}

/// Verifies the answer to a registration.
///
/// # Errors
///
/// [`RegistrationError`] says which step refused it. Whether the credential id is free (step 26) is the
/// store's to say.
pub fn verify(
    response: RegistrationResponseJson,
    rules: &RegistrationRules<'_>,
) -> Result<NewPasskey, RegistrationError> {
    if response.id != response.raw_id {
        return Err(CeremonyError::IdMismatch.into());
    }
    let answer = &response.response;

    // Steps 5 to 11.
    let party = rules.relying_party;
    ceremony::client_data(&answer.client_data_json, "webauthn.create", rules.challenge, party)?;

    // Step 12.
    let client_data_hash = sha256(&answer.client_data_json);

    // Steps 13 to 17. The copies of authenticator data and key beside it are not looked at.
    let object = AttestationObject::parse(&answer.attestation_object)?;
    let presence = Presence { required: !rules.conditional, verified: rules.user_verification };
    let data = ceremony::authenticator_data(object.auth_data, party, presence)?;
    let credential = data.attested.as_ref().ok_or(RegistrationError::NoCredential)?;
    if credential.credential_id != &*response.raw_id {
        return Err(RegistrationError::CredentialMismatch);
    }

    // Step 20: a key we can verify with, of an algorithm we asked for.
    let key = CoseKey::parse(credential.public_key)?;
    if !rules.algorithms.contains(&key.algorithm()) {
        return Err(RegistrationError::AlgorithmNotOffered);
    }

    // Steps 21 and 22.
    let subject = Subject {
        object,
        rp_id_hash: data.rp_id_hash,
        credential,
        key: &key,
        client_data_hash: &client_data_hash,
    };
    let attested = platform::verify(&subject)?;

    // Steps 23 and 24.
    let trusted = rules.attestation_roots.map(|roots| trust(&attested, roots, rules.now)).transpose()?;

    // Step 25, a credential id of at most 1023 bytes, held when the authenticator data were read. Step 26 is
    // the store's. Step 27 follows.
    Ok(NewPasskey(PasskeyRecord {
        credential_id: credential.credential_id.to_vec(),
        rp_id: party.id.clone(),
        public_key: credential.public_key.to_vec(),
        algorithm: key.algorithm(),
        sign_count: data.sign_count,
        user_verified: data.flags.user_verified(),
        backup_eligible: data.flags.backup_eligible(),
        backup_state: data.flags.backup_state(),
        aaguid: credential.aaguid,
        attested,
        trusted,
        transports: transports(&answer.transports),
        discoverable: response.client_extension_results.cred_props.and_then(|properties| properties.rk),
        attestation_object: response.response.attestation_object.0,
        client_data_json: response.response.client_data_json.0,
    }))
}

/// What the attestation of a registration that was accepted before proves, read again from what was stored of it.
/// `None` if that does not speak of `passkey` any more: then nothing vouches for it.
#[must_use]
pub fn attested_again(passkey: &Passkey) -> Option<Attested> {
    let object = AttestationObject::parse(&passkey.attestation_object).ok()?;
    let data = AuthenticatorData::parse(object.auth_data).ok()?;
    let credential = data.attested.as_ref()?;
    // A stored statement must not vouch for another key than the one that signs in.
    if credential.credential_id != passkey.id
        || credential.public_key != passkey.public_key
        || credential.aaguid != passkey.aaguid
        || data.flags.backup_eligible() != passkey.backup_eligible
    {
        return None;
    }
    let key = CoseKey::parse(credential.public_key).ok()?;
    let subject = Subject {
        object,
        rp_id_hash: data.rp_id_hash,
        credential,
        key: &key,
        client_data_hash: &sha256(&passkey.client_data),
    };
    platform::verify(&subject).ok()
}

/// How far a stored passkey is believed as things are trusted at `now`.
#[must_use]
pub fn judge_again(passkey: &Passkey, trust: &Trust, now: Timestamp) -> Evidence {
    let Some(attested) = attested_again(passkey) else {
        return evidence::unreadable(passkey.backup_eligible, trust, now);
    };
    let claim = Claim {
        attested: &attested,
        aaguid: &passkey.aaguid,
        backup_eligible: passkey.backup_eligible,
        registered: passkey.created,
    };
    evidence::judge(&claim, trust, now)
}

/// Somebody has to vouch, and somebody trusted.
fn trust(
    attested: &Attested,
    roots: &[TrustAnchor],
    now: Timestamp,
) -> Result<TrustedPath, RegistrationError> {
    // Or leaving the statement out would be the way around it.
    if attested.kind() != AttestationType::Certified {
        return Err(RegistrationError::AttestationRequired);
    }
    Ok(path::verify(attested.trust_path(), roots, now)?)
}

/// The browser's word, to be sent back to it later: unknown names stay (§5.8.4), nonsense does not.
fn transports(named: &[String]) -> Vec<String> {
    let sane = |name: &&String| {
        (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    let mut kept: Vec<_> = named.iter().filter(sane).take(8).cloned().collect();
    kept.sort();
    kept.dedup();
    kept
}
