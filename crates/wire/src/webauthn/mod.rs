//! What browsers and authenticators send (Web Authentication Level 3): parsed, bounded, not yet believed.
//!
//! A ceremony's answer arrives as JSON ([`RegistrationResponseJson`], [`AuthenticationResponseJson`]) around
//! three inner forms: the client data a browser wrote, the authenticator data a key signed, and at
//! registration the attestation object around the latter. Whether any of it is acceptable is decided in
//! `passband_core::authn::passkey`.

mod attestation_object;
mod authenticator_data;
mod client_data;
mod json;

pub use attestation_object::{AttestationObject, AttestationObjectError};
pub use authenticator_data::{AttestedCredentialData, AuthenticatorData, AuthenticatorDataError, Flags};
pub use client_data::{ClientDataError, CollectedClientData};
pub use json::{
    AuthenticationExtensionsClientInputs, AuthenticationExtensionsClientOutputs, AuthenticationResponseJson,
    AuthenticatorAssertionResponseJson, AuthenticatorAttestationResponseJson, AuthenticatorSelectionCriteria,
    B64Url, CredentialProperties, CredentialType, PublicKeyCredentialCreationOptionsJson,
    PublicKeyCredentialDescriptorJson, PublicKeyCredentialParameters, PublicKeyCredentialRequestOptionsJson,
    PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntityJson, RegistrationResponseJson,
    ResidentKeyRequirement, UserVerificationRequirement,
};

/// Longest credential id, in bytes (WebAuthn L3 §5.8.3).
pub const MAX_CREDENTIAL_ID: usize = 1023;
/// Longest user handle, in bytes (WebAuthn L3 §5.4.3).
pub const MAX_USER_HANDLE: usize = 64;
/// Longest client data that is read, in bytes.
pub const MAX_CLIENT_DATA: usize = 8 * 1024;
/// Longest authenticator data that is read, in bytes.
pub const MAX_AUTHENTICATOR_DATA: usize = 8 * 1024;
/// Longest attestation object that is read, in bytes: a chain of eight certificates fits.
pub const MAX_ATTESTATION_OBJECT: usize = 32 * 1024;
/// Longest signature that is read, in bytes: RSA with 8192 bits.
pub const MAX_SIGNATURE: usize = 1024;
/// Longest challenge that is read, in bytes.
pub const MAX_CHALLENGE: usize = 1024;
