//! The steps both ceremonies share (WebAuthn L3 §7.1 and §7.2).

use super::{Framing, RelyingParty};
use passband_wire::b64;
use passband_wire::webauthn::{
    AuthenticatorData, AuthenticatorDataError, ClientDataError, CollectedClientData, MAX_CHALLENGE,
};
use subtle::ConstantTimeEq as _;

/// Fewest bytes of a challenge (WebAuthn L3 §13.4.3). With less a caller has made a mistake, and an empty
/// one would accept any answer.
const MIN_CHALLENGE: usize = 16;

/// Why an answer does not belong to the ceremony: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum CeremonyError {
    #[error(transparent)]
    AuthenticatorData(#[from] AuthenticatorDataError),
    #[error("credential is backed up, but says it cannot be")]
    BackupStateWithoutEligibility,
    #[error(transparent)]
    ClientData(#[from] ClientDataError),
    #[error("page stands in a frame of another origin")]
    CrossOrigin,
    #[error("id and rawId differ")]
    IdMismatch,
    #[error("origin is not one of ours")]
    Origin,
    #[error("authenticator was asked for another RP id")]
    RpIdHash,
    #[error("page stands in a frame of an origin that is not allowed")]
    TopOrigin,
    #[error("client data are of another ceremony")]
    Type,
    #[error("nobody touched the authenticator")]
    UserNotPresent,
    #[error("authenticator did not verify its user")]
    UserNotVerified,
    #[error("answer is to another challenge")]
    WrongChallenge,
}

impl CeremonyError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthenticatorData(error) => error.code(),
            Self::BackupStateWithoutEligibility => "backup_state_without_eligibility",
            Self::ClientData(error) => error.code(),
            Self::CrossOrigin => "cross_origin",
            Self::IdMismatch => "credential_id_mismatch",
            Self::Origin => "origin_not_allowed",
            Self::RpIdHash => "rp_id_mismatch",
            Self::TopOrigin => "top_origin_not_allowed",
            Self::Type => "ceremony_type",
            Self::UserNotPresent => "user_not_present",
            Self::UserNotVerified => "user_not_verified",
            Self::WrongChallenge => "challenge_mismatch",
        }
    }
}

/// Whether somebody has to be there, and to be known to the authenticator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presence {
    pub(super) required: bool,
    pub(super) verified: bool,
}

/// The client data: right ceremony, right challenge, right page.
pub(super) fn client_data(
    bytes: &[u8],
    kind: &str,
    challenge: &[u8],
    party: &RelyingParty,
) -> Result<(), CeremonyError> {
    // §7.1 steps 5 and 6, §7.2 steps 9 and 10.
    let data = CollectedClientData::parse(bytes)?;
    // §7.1 step 7, §7.2 step 11. An assertion must not pass for a registration, nor the other way.
    if data.kind != kind {
        return Err(CeremonyError::Type);
    }
    // §7.1 step 8, §7.2 step 12.
    let answered = b64::decode(&data.challenge, MAX_CHALLENGE).map_err(|_| CeremonyError::WrongChallenge)?;
    if challenge.len() < MIN_CHALLENGE || !bool::from(answered.ct_eq(challenge)) {
        return Err(CeremonyError::WrongChallenge);
    }
    // §7.1 step 9, §7.2 step 13. The browser writes this, not the page: here phishing ends.
    if !party.origins.iter().any(|origin| *origin == data.origin) {
        return Err(CeremonyError::Origin);
    }
    framing(&data, &party.framing)
}

/// §7.1 steps 10 and 11, §7.2 steps 14 and 15: against a page that frames ours and covers it.
fn framing(data: &CollectedClientData<'_>, framing: &Framing) -> Result<(), CeremonyError> {
    if !data.cross_origin && data.top_origin.is_none() {
        return Ok(());
    }
    match (framing, &data.top_origin) {
        (Framing::Refused, _) | (Framing::Within { unnamed: false, .. }, None) => {
            Err(CeremonyError::CrossOrigin)
        }
        (Framing::Within { top_origins, .. }, Some(top)) => {
            let listed = top_origins.iter().any(|origin| *origin == **top);
            if listed { Ok(()) } else { Err(CeremonyError::TopOrigin) }
        }
        (Framing::Within { unnamed: true, .. }, None) => Ok(()),
    }
}

/// The authenticator data: right party, user there.
pub(super) fn authenticator_data<'a>(
    bytes: &'a [u8],
    party: &RelyingParty,
    presence: Presence,
) -> Result<AuthenticatorData<'a>, CeremonyError> {
    let data = AuthenticatorData::parse(bytes)?;
    // §7.1 step 14, §7.2 step 16. No appid: there are no U2F registrations from before.
    if *data.rp_id_hash != party.id_hash {
        return Err(CeremonyError::RpIdHash);
    }
    // §7.1 step 15, §7.2 step 17.
    if presence.required && !data.flags.user_present() {
        return Err(CeremonyError::UserNotPresent);
    }
    // §7.1 step 16, §7.2 step 18.
    if presence.verified && !data.flags.user_verified() {
        return Err(CeremonyError::UserNotVerified);
    }
    // §7.1 step 17, §7.2 step 19.
    if data.flags.backup_state() && !data.flags.backup_eligible() {
        return Err(CeremonyError::BackupStateWithoutEligibility);
    }
    Ok(data)
}
