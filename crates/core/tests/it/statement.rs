//! Attestation statements, format by format: a good one of each, then each of its rules broken alone.

pub mod android_key;
pub mod apple;
pub mod fido_u2f;
mod packed;
pub mod tpm;

use crate::support::cert::Cert;
use crate::support::forge::Forge;
use passband_core::authn::passkey::registration::RegistrationError;
use passband_core::platform::StatementError;

fn refused(forge: &Forge, fmt: &str, statement: &[u8], expected: StatementError) {
    let outcome = forge.verify(fmt, statement).map(|_| ());
    assert_eq!(outcome, Err(RegistrationError::Statement(expected)));
}

/// Each certificate in its own way wrong, and what that is.
type Wrong = (Cert, StatementError);
