//! Signing in with a passkey (WebAuthn L3 §7.2). Numbers in comments are the specification's steps.

use super::ceremony::{self, CeremonyError, Presence};
use super::{RelyingParty, StoredPasskey, sha256};
use passband_wire::cose::{CoseError, CoseKey};
use passband_wire::webauthn::{AuthenticationResponseJson, AuthenticatorAssertionResponseJson};
use subtle::ConstantTimeEq as _;

/// What an assertion has to fulfil.
#[derive(Clone, Copy, Debug)]
pub struct AssertionRules<'a> {
    /// Who asks.
    pub relying_party: &'a RelyingParty,
    /// The challenge of this ceremony, of at least 16 bytes.
    pub challenge: &'a [u8],
    /// The authenticator has to know its user.
    pub user_verification: bool,
    /// The credential ids that were asked for; empty if any was welcome.
    pub allow_credentials: &'a [&'a [u8]],
    /// The user handle of whoever was known before; `None` if the credential is to say who it is.
    pub user_handle: Option<&'a [u8]>,
}

/// Why an assertion was refused: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum AssertionError {
    #[error("passkey says now otherwise whether it may leave its device")]
    BackupEligibilityChanged,
    #[error("signature does not verify")]
    BadSignature,
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    #[error("counter of a device-bound passkey did not grow: there may be a copy")]
    CounterNotGrown,
    #[error("answer is of another credential than the one looked up")]
    CredentialMismatch,
    #[error("credential was not among those asked for")]
    NotAllowed,
    #[error("passkey was made for another RP id")]
    OtherRelyingParty,
    #[error("stored public key: {0}")]
    StoredKey(CoseError),
    #[error("no such credential")]
    UnknownCredential,
    #[error("credential names another user than its own")]
    UserHandleMismatch,
    #[error("credential does not say whose it is, and nobody was known before")]
    UserHandleMissing,
    #[error("credential is another user's")]
    WrongUser,
}

impl AssertionError {
    /// A stable name of the reason, for the sign-in log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BackupEligibilityChanged => "backup_eligibility_changed",
            Self::BadSignature => "bad_signature",
            Self::Ceremony(error) => error.code(),
            Self::CounterNotGrown => "sign_count_not_grown",
            Self::CredentialMismatch => "credential_id_mismatch",
            Self::NotAllowed => "credential_not_allowed",
            Self::OtherRelyingParty => "credential_of_other_rp_id",
            Self::StoredKey(_) => "stored_key_invalid",
            Self::UnknownCredential => "credential_unknown",
            Self::UserHandleMismatch => "user_handle_mismatch",
            Self::UserHandleMissing => "user_handle_missing",
            Self::WrongUser => "credential_of_other_user",
        }
    }
}

/// The holder of a passkey is there. Only [`verify`] makes one; what it says is to be written back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionVerified {
    credential_id: Vec<u8>,
    user_handle: Vec<u8>,
    sign_count: u32,
    user_verified: bool,
    backup_eligible: bool,
    backup_state: bool,
    backup_state_changed: bool,
    counter_regressed: bool,
}

impl AssertionVerified {
    /// The passkey.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// Whose it is.
    #[must_use]
    pub fn user_handle(&self) -> &[u8] {
        &self.user_handle
    }

    /// The counter to store. It never goes back.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// `UV`: the authenticator knew its user.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.user_verified
    }

    /// Whether the key may not leave its device, by the authenticator's word.
    #[must_use]
    pub const fn device_bound(&self) -> bool {
        !self.backup_eligible
    }

    /// `BS`, to store: the key has left its device.
    #[must_use]
    pub const fn backup_state(&self) -> bool {
        self.backup_state
    }

    /// Whether `BS` is another than was stored: worth a line in the audit log.
    #[must_use]
    pub const fn backup_state_changed(&self) -> bool {
        self.backup_state_changed
    }

    /// Whether the counter of a synced passkey did not grow: worth a line in the audit log.
    #[must_use]
    pub const fn counter_regressed(&self) -> bool {
        self.counter_regressed
    }
}

/// Verifies the answer to a sign-in with the passkey whose id it names.
///
/// # Errors
///
/// [`AssertionError`] says which step refused it.
pub fn verify(
    response: &AuthenticationResponseJson,
    stored: &StoredPasskey,
    rules: &AssertionRules<'_>,
) -> Result<AssertionVerified, AssertionError> {
    let answer = &response.response;
    // Steps 9 to 19. First whatever does not depend on the passkey, then the signature, then the rest: a stranger
    // who has no key gets the same refusal, for the same work, whether the passkey exists or not (§14.6.2). The
    // specification leaves the order open, as long as every step is taken.
    let party = rules.relying_party;
    ceremony::client_data(&answer.client_data_json, "webauthn.get", rules.challenge, party)?;
    let presence = Presence { required: true, verified: rules.user_verification };
    let data = ceremony::authenticator_data(&answer.authenticator_data, party, presence)?;
    // Extension outputs, asked for or not, are read past and otherwise ignored (step 23).
    let flags = data.flags;

    // Step 5, and steps 20 and 21.
    is_asked_for(response, stored, rules)?;
    signature(answer, &stored.public_key)?;

    // Step 6, and what step 19 says of the passkey as it was.
    is_owner(answer, stored, rules)?;
    if flags.backup_eligible() != stored.backup_eligible {
        return Err(AssertionError::BackupEligibilityChanged);
    }

    // Step 22.
    let counter_regressed = counter(data.sign_count, stored)?;

    // Step 24.
    Ok(AssertionVerified {
        credential_id: stored.credential_id.clone(),
        user_handle: stored.user_handle.clone(),
        sign_count: data.sign_count.max(stored.sign_count),
        user_verified: flags.user_verified(),
        backup_eligible: stored.backup_eligible,
        backup_state: flags.backup_state(),
        backup_state_changed: flags.backup_state() != stored.backup_state,
        counter_regressed,
    })
}

/// Refuses an answer with a credential nobody has, as a wrong signature by one that somebody has would be refused: by
/// the same checks, for the same work. Neither the answer nor its time must tell which credentials exist.
#[must_use]
pub fn refuse_unknown(response: &AuthenticationResponseJson, rules: &AssertionRules<'_>) -> AssertionError {
    match decoy_verdict(response, rules) {
        // What would be refused of anybody.
        Err(error @ AssertionError::Ceremony(_)) => error,
        // A signature by the decoy's key may even be right: anybody can make one. It opens nothing.
        _ => AssertionError::UnknownCredential,
    }
}

/// What becomes of an answer if its credential is one whose key nobody holds.
fn decoy_verdict(
    response: &AuthenticationResponseJson,
    rules: &AssertionRules<'_>,
) -> Result<AssertionVerified, AssertionError> {
    let decoy = StoredPasskey {
        credential_id: response.raw_id.to_vec(),
        user_handle: Vec::new(),
        rp_id: rules.relying_party.id.clone(),
        public_key: DECOY.to_vec(),
        sign_count: 0,
        backup_eligible: false,
        backup_state: false,
    };
    verify(response, &decoy, rules)
}

/// The generator of P-256 as a COSE key (SEC 2 §2.4.2).
const DECOY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
    \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x22\x58\x20\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
    \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

/// Step 5: one of the credentials asked for, and the one that was looked up, for us.
fn is_asked_for(
    response: &AuthenticationResponseJson,
    stored: &StoredPasskey,
    rules: &AssertionRules<'_>,
) -> Result<(), AssertionError> {
    if response.id != response.raw_id {
        return Err(CeremonyError::IdMismatch.into());
    }
    let asked = rules.allow_credentials;
    if !asked.is_empty() && !asked.contains(&&*response.raw_id) {
        return Err(AssertionError::NotAllowed);
    }
    if *response.raw_id != *stored.credential_id {
        return Err(AssertionError::CredentialMismatch);
    }
    if stored.rp_id != rules.relying_party.id {
        return Err(AssertionError::OtherRelyingParty);
    }
    Ok(())
}

/// Step 6: the credential is that user's, whoever it is.
fn is_owner(
    answer: &AuthenticatorAssertionResponseJson,
    stored: &StoredPasskey,
    rules: &AssertionRules<'_>,
) -> Result<(), AssertionError> {
    let same = |a: &[u8], b: &[u8]| bool::from(a.ct_eq(b));
    match rules.user_handle {
        // Or anybody's passkey would finish a sign-in that somebody else began.
        Some(known) if !same(known, &stored.user_handle) => return Err(AssertionError::WrongUser),
        None if answer.user_handle.is_none() => return Err(AssertionError::UserHandleMissing),
        _ => {}
    }
    match &answer.user_handle {
        Some(named) if !same(named, &stored.user_handle) => Err(AssertionError::UserHandleMismatch),
        _ => Ok(()),
    }
}

/// Steps 20 and 21: over the authenticator data and the hash of the client data.
fn signature(answer: &AuthenticatorAssertionResponseJson, public_key: &[u8]) -> Result<(), AssertionError> {
    let key = CoseKey::parse(public_key).map_err(AssertionError::StoredKey)?;
    let signed = [&*answer.authenticator_data, &sha256(&answer.client_data_json)].concat();
    key.verify(&signed, &answer.signature).map_err(|_| AssertionError::BadSignature)
}

/// Step 22: says whether the counter failed to grow, and refuses if that means a copy.
fn counter(now: u32, stored: &StoredPasskey) -> Result<bool, AssertionError> {
    let grown = now > stored.sign_count || (now == 0 && stored.sign_count == 0);
    // Two devices that share a synced passkey may count each for itself; one that never leaves its device
    // and counts backwards has been copied.
    if !grown && stored.device_bound() { Err(AssertionError::CounterNotGrown) } else { Ok(!grown) }
}
