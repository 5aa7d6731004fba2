//! `none` (WebAuthn L3 §8.7): no attestation, so nothing is proved beyond the key being there.

use super::{AttestationType, Attested, Format, Statement, StatementError, Subject};

pub(super) fn verify(statement: &Statement<'_>, _: &Subject<'_>) -> Result<Attested, StatementError> {
    match statement {
        Statement { alg: None, sig: None, ver: None, x5c: None, cert_info: None, pub_area: None } => {
            Ok(Attested::new(Format::None, AttestationType::None))
        }
        // The map is empty, or it is not `none`.
        _ => Err(StatementError::Malformed),
    }
}
