//! The JSON forms browsers produce and consume (WebAuthn L3 §5.1.8 to §5.1.10): `toJSON()`,
//! `parseCreationOptionsFromJSON()` and `parseRequestOptionsFromJSON()`.
//!
//! Binary members are base64url without padding. Members of the answers that are not named here are
//! ignored, since browsers add new ones; of the named ones, those that only repeat what the attestation
//! object says (`authenticatorData`, `publicKey`, `publicKeyAlgorithm` at registration) are kept for
//! printing and never believed.

use super::{
    MAX_ATTESTATION_OBJECT, MAX_AUTHENTICATOR_DATA, MAX_CHALLENGE, MAX_CLIENT_DATA, MAX_CREDENTIAL_ID,
    MAX_SIGNATURE, MAX_USER_HANDLE,
};
use crate::b64;
use crate::cose::MAX_KEY_LEN;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// At most `MAX` bytes, written as base64url without padding.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct B64Url<const MAX: usize>(pub Vec<u8>);

impl<const MAX: usize> fmt::Debug for B64Url<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

impl<const MAX: usize> std::ops::Deref for B64Url<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> Serialize for B64Url<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64::encode(&self.0))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for B64Url<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<const MAX: usize>;

        impl<const MAX: usize> Visitor<'_> for Text<MAX> {
            type Value = B64Url<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "base64url text of at most {MAX} bytes")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<B64Url<MAX>, E> {
                b64::decode(text, MAX).map(B64Url).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// `type` of a credential (§5.8.2): there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialType {
    /// `public-key`
    #[default]
    #[serde(rename = "public-key")]
    PublicKey,
}

/// `RegistrationResponseJSON` (§5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponseJson {
    /// `id`: the credential id again, as text.
    pub id: B64Url<MAX_CREDENTIAL_ID>,
    /// `rawId`: the credential id.
    pub raw_id: B64Url<MAX_CREDENTIAL_ID>,
    /// `type`
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// `response`
    pub response: AuthenticatorAttestationResponseJson,
    /// `authenticatorAttachment`: `platform` or `cross-platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<String>,
    /// `clientExtensionResults`
    #[serde(default)]
    pub client_extension_results: AuthenticationExtensionsClientOutputs,
}

/// `AuthenticatorAttestationResponseJSON` (§5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorAttestationResponseJson {
    /// `clientDataJSON`
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: B64Url<MAX_CLIENT_DATA>,
    /// `attestationObject`
    pub attestation_object: B64Url<MAX_ATTESTATION_OBJECT>,
    /// `transports`: how the authenticator can be reached, as far as the browser knows.
    #[serde(default)]
    pub transports: Vec<String>,
    /// `authenticatorData`: a copy, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_data: Option<B64Url<MAX_AUTHENTICATOR_DATA>>,
    /// `publicKey` as SubjectPublicKeyInfo: a copy, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<B64Url<MAX_KEY_LEN>>,
    /// `publicKeyAlgorithm`: a copy, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key_algorithm: Option<i64>,
}

/// `AuthenticationResponseJSON` (§5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationResponseJson {
    /// `id`: the credential id again, as text.
    pub id: B64Url<MAX_CREDENTIAL_ID>,
    /// `rawId`: the credential id.
    pub raw_id: B64Url<MAX_CREDENTIAL_ID>,
    /// `type`
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// `response`
    pub response: AuthenticatorAssertionResponseJson,
    /// `authenticatorAttachment`: `platform` or `cross-platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<String>,
    /// `clientExtensionResults`
    #[serde(default)]
    pub client_extension_results: AuthenticationExtensionsClientOutputs,
}

/// `AuthenticatorAssertionResponseJSON` (§5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorAssertionResponseJson {
    /// `clientDataJSON`
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: B64Url<MAX_CLIENT_DATA>,
    /// `authenticatorData`
    pub authenticator_data: B64Url<MAX_AUTHENTICATOR_DATA>,
    /// `signature`
    pub signature: B64Url<MAX_SIGNATURE>,
    /// `userHandle`: whose credential it is, told by credentials that know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_handle: Option<B64Url<MAX_USER_HANDLE>>,
}

/// `AuthenticationExtensionsClientOutputsJSON`, as far as it is used. A `prf` result never reaches a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationExtensionsClientOutputs {
    /// `credProps` (§10.1.3)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cred_props: Option<CredentialProperties>,
}

/// `CredentialPropertiesOutput` (§10.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialProperties {
    /// `rk`: the credential can be found without its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rk: Option<bool>,
}

/// `AuthenticationExtensionsClientInputsJSON`, as far as it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationExtensionsClientInputs {
    /// `credProps` (§10.1.3): say whether the credential can be found without its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cred_props: Option<bool>,
}

/// `PublicKeyCredentialCreationOptionsJSON` (§5.1.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyCredentialCreationOptionsJson {
    /// `rp`
    pub rp: PublicKeyCredentialRpEntity,
    /// `user`
    pub user: PublicKeyCredentialUserEntityJson,
    /// `challenge`
    pub challenge: B64Url<MAX_CHALLENGE>,
    /// `pubKeyCredParams`, most wanted first.
    pub pub_key_cred_params: Vec<PublicKeyCredentialParameters>,
    /// `timeout`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// `excludeCredentials`: do not make a second one on an authenticator that holds one of these.
    #[serde(default)]
    pub exclude_credentials: Vec<PublicKeyCredentialDescriptorJson>,
    /// `authenticatorSelection`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_selection: Option<AuthenticatorSelectionCriteria>,
    /// `hints` (§5.8.7)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// `attestation` (§5.4.7): `none`, `indirect`, `direct` or `enterprise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
    /// `extensions`
    #[serde(default)]
    pub extensions: AuthenticationExtensionsClientInputs,
}

/// `PublicKeyCredentialRequestOptionsJSON` (§5.1.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyCredentialRequestOptionsJson {
    /// `challenge`
    pub challenge: B64Url<MAX_CHALLENGE>,
    /// `timeout`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// `rpId`
    pub rp_id: String,
    /// `allowCredentials`; empty asks for any the authenticator can find.
    #[serde(default)]
    pub allow_credentials: Vec<PublicKeyCredentialDescriptorJson>,
    /// `userVerification`
    #[serde(default)]
    pub user_verification: UserVerificationRequirement,
    /// `hints` (§5.8.7)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// `PublicKeyCredentialRpEntity` (§5.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyCredentialRpEntity {
    /// `id`: the RP id, a registrable domain.
    pub id: String,
    /// `name`: for people.
    pub name: String,
}

/// `PublicKeyCredentialUserEntityJSON` (§5.1.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyCredentialUserEntityJson {
    /// `id`: the user handle.
    pub id: B64Url<MAX_USER_HANDLE>,
    /// `name`: tells accounts apart.
    pub name: String,
    /// `displayName`: for people.
    pub display_name: String,
}

/// `PublicKeyCredentialParameters` (§5.3). `alg` may name an algorithm that is not verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyCredentialParameters {
    /// `type`
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// `alg`, a number of the COSE registry.
    pub alg: i64,
}

/// `PublicKeyCredentialDescriptorJSON` (§5.1.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyCredentialDescriptorJson {
    /// `type`
    #[serde(rename = "type")]
    pub kind: CredentialType,
    /// `id`
    pub id: B64Url<MAX_CREDENTIAL_ID>,
    /// `transports`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
}

/// `AuthenticatorSelectionCriteria` (§5.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorSelectionCriteria {
    /// `authenticatorAttachment`: `platform` or `cross-platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<String>,
    /// `residentKey`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_key: Option<ResidentKeyRequirement>,
    /// `requireResidentKey`: the same for clients of Level 1.
    #[serde(default)]
    pub require_resident_key: bool,
    /// `userVerification`
    #[serde(default)]
    pub user_verification: UserVerificationRequirement,
}

/// `ResidentKeyRequirement` (§5.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs)]
pub enum ResidentKeyRequirement {
    Discouraged,
    Preferred,
    Required,
}

/// `UserVerificationRequirement` (§5.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs)]
pub enum UserVerificationRequirement {
    Discouraged,
    #[default]
    Preferred,
    Required,
}
