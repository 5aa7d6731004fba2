//! authn
pub mod passkey;
