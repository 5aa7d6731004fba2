//! Virtual authenticators (DevTools protocol, domain `WebAuthn`): real ceremonies without a person.

use super::{BrowserError, Page};
use passband_wire::b64;
use serde_json::{Value, json};

/// What an authenticator is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualKind {
    /// New passkeys may be, and are, backed up (BE and BS).
    pub synced: bool,
    /// The person is verified when asked to be.
    pub user_verified: bool,
    /// Somebody touches it at once when asked to. Without, the request waits for ever.
    pub present: bool,
}

impl VirtualKind {
    /// A platform authenticator whose passkeys never leave it.
    #[must_use]
    pub const fn device_bound() -> Self {
        Self { synced: false, user_verified: true, present: true }
    }

    /// A password manager that copies passkeys.
    #[must_use]
    pub const fn synced() -> Self {
        Self { synced: true, ..Self::device_bound() }
    }
}

/// How the next responses are falsified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The signature is wrong.
    pub bogus_signature: bool,
    /// The flag UV is not set.
    pub no_user_verification: bool,
    /// The flag UP is not set.
    pub no_user_presence: bool,
}

/// A passkey in a virtual authenticator.
#[derive(Clone, Debug)]
pub struct Credential(Value);

impl Credential {
    /// Its id, standard base64 as the protocol writes it.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0["credentialId"].as_str().unwrap_or_default()
    }

    /// Its id as a page writes it.
    #[must_use]
    pub fn id_base64url(&self) -> String {
        b64::decode_std(self.id(), 4096).map(b64::encode).unwrap_or_default()
    }

    /// Signatures made.
    #[must_use]
    pub fn sign_count(&self) -> i64 {
        self.0["signCount"].as_i64().unwrap_or_default()
    }
}

/// A virtual authenticator of one page; it goes with the page.
#[derive(Clone, Debug)]
pub struct Authenticator {
    page: Page,
    id: String,
}

impl Page {
    /// Plugs an authenticator in: CTAP 2.1, internal, with resident keys.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn authenticator(&self, kind: VirtualKind) -> Result<Authenticator, BrowserError> {
        self.command("WebAuthn.enable", json!({ "enableUI": false })).await?;
        let options = json!({
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "automaticPresenceSimulation": kind.present,
            "isUserVerified": kind.user_verified,
            "defaultBackupEligibility": kind.synced,
            "defaultBackupState": kind.synced,
        });
        let made = self.command("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
        let id = made["authenticatorId"].as_str().unwrap_or_default().to_owned();
        Ok(Authenticator { page: self.clone(), id })
    }
}

impl Authenticator {
    async fn tell(&self, method: &str, mut params: Value) -> Result<Value, BrowserError> {
        params["authenticatorId"] = self.id.clone().into();
        self.page.command(&format!("WebAuthn.{method}"), params).await
    }

    /// The passkeys it holds.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn credentials(&self) -> Result<Vec<Credential>, BrowserError> {
        let answer = self.tell("getCredentials", json!({})).await?;
        Ok(answer["credentials"].as_array().into_iter().flatten().cloned().map(Credential).collect())
    }

    /// Puts a passkey in, as a sync service does on another device.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn add(&self, credential: &Credential) -> Result<(), BrowserError> {
        self.tell("addCredential", json!({ "credential": credential.0 })).await.map(drop)
    }

    /// Whether the person passes verification from now on.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_user_verified(&self, verified: bool) -> Result<(), BrowserError> {
        self.tell("setUserVerified", json!({ "isUserVerified": verified })).await.map(drop)
    }

    /// Whether somebody is there to touch it, from the next request on.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_present(&self, present: bool) -> Result<(), BrowserError> {
        self.tell("setAutomaticPresenceSimulation", json!({ "enabled": present })).await.map(drop)
    }

    /// Changes what a passkey says of its backup (BE, BS) from its next use on.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_backup(&self, id: &str, eligible: bool, state: bool) -> Result<(), BrowserError> {
        let properties = json!({ "credentialId": id, "backupEligibility": eligible, "backupState": state });
        self.tell("setCredentialProperties", properties).await.map(drop)
    }

    /// Falsifies responses from now on; the default ends it.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn falsify(&self, overrides: Overrides) -> Result<(), BrowserError> {
        let bits = json!({
            "isBogusSignature": overrides.bogus_signature,
            "isBadUV": overrides.no_user_verification,
            "isBadUP": overrides.no_user_presence,
        });
        self.tell("setResponseOverrideBits", bits).await.map(drop)
    }

    /// Unplugs it.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn remove(self) -> Result<(), BrowserError> {
        self.tell("removeVirtualAuthenticator", json!({})).await.map(drop)
    }
}
