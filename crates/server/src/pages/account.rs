//! What a person sees of themselves: passkeys, devices, sessions.

use super::confirm::Confirm;
use super::part::{Legend, legend};
use super::rename::Rename;
use super::{Band, Csrf, HelloKeyRow, Notice, PasskeyKind, Viewer, When};
use askama::Template;

/// A passkey, for `/account` and for a person's page in the console.
#[derive(Clone, Debug)]
pub struct PasskeyRow {
    /// Opaque, safe in a path.
    pub id: String,
    /// The name its owner gave it.
    pub name: String,
    /// What holds it.
    pub kind: PasskeyKind,
    /// What its model is called, if that is known.
    pub model: Option<PasskeyModel>,
    /// Whether it is backed up and shared between devices (the BE and BS flags).
    pub is_synced: bool,
    /// Evidence level, `E0` to `E4`.
    pub evidence: String,
    /// When it was made.
    pub created: When,
    /// When it last signed in.
    pub last_used: Option<When>,
    /// Platform and authn floors say something; the others are unknown for a passkey alone.
    pub band: Band,
    /// Whether it signed the viewer in to this session.
    pub is_current: bool,
}

/// What the model of a passkey is called.
#[derive(Clone, Debug)]
pub struct PasskeyModel {
    /// The name.
    pub name: String,
    /// Whether evidence says so; otherwise the passkey says it of itself.
    pub is_proved: bool,
}

/// How a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// In use.
    Active,
    /// Switched off by an administrator: every later step is refused.
    Disabled,
    /// Not seen for long.
    Stale,
}

impl DeviceState {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::Stale => "Stale",
        }
    }

    /// The end of its class name.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Disabled => "bad",
            Self::Stale => "warn",
        }
    }
}

/// A device, for `/account` and for a person's page in the console.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// Safe in a path.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// System and trust type in words: "Debian 12, joined".
    pub kind: String,
    /// How it stands.
    pub state: DeviceState,
    /// Evidence level of its key, `E0` to `E4`.
    pub evidence: String,
    /// What others say about it, in words: "Compliant until …"; empty if nothing.
    pub told: Vec<String>,
    /// When it was registered.
    pub registered: When,
    /// When it last proved its key.
    pub last_seen: Option<When>,
    /// Platform and device floors.
    pub band: Band,
    /// Whether the viewer's session runs on it.
    pub is_current: bool,
}

/// A session, for `/account` and for a person's page in the console.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Safe in a path.
    pub id: String,
    /// Where it runs, in words: "Chromium on Linux", "Primary Refresh Token on alice-laptop".
    pub place: String,
    /// What it is bound to, in words: "the key of alice-laptop", "nothing: a cookie in this browser".
    pub bound_to: String,
    /// When the person signed in.
    pub started: When,
    /// When it was last used.
    pub last_used: When,
    /// When it ends by itself.
    pub expires: When,
    /// All four floors.
    pub band: Band,
    /// Whether it is the one that shows this page.
    pub is_current: bool,
}

/// What the browser may be told about the account's passkeys, so that it stops offering removed ones
/// (WebAuthn Level 3 §5.1.10, `signalAllAcceptedCredentials` and `signalCurrentUserDetails`).
#[derive(Clone, Debug)]
pub struct Signal {
    /// The relying party id.
    pub rp_id: String,
    /// The user handle, base64url.
    pub user_id: String,
    /// Every accepted credential id, base64url. Must be complete: the browser hides those left out.
    pub credential_ids: Vec<String>,
}

impl Signal {
    fn ids(&self) -> String {
        self.credential_ids.join(" ")
    }
}

/// Something about the account that its owner has to be told.
#[derive(Clone, Debug)]
pub struct AccountAlarm {
    /// Its name in the address that acknowledges it.
    pub kind: &'static str,
    /// What happened, in a sentence that ends before when and where.
    pub what: &'static str,
    /// When it last did.
    pub last: When,
    /// How often it has.
    pub count: u32,
    /// Of the last time: from where.
    pub detail: String,
    /// Whether the viewer may say that they know: whoever came with the code may not hush it up.
    pub is_for_viewer: bool,
}

/// How many recovery codes there are.
#[derive(Clone, Copy, Debug)]
pub struct CodesLeft {
    /// Those that can be used.
    pub left: usize,
    /// When the set was made; none if there is none.
    pub made: Option<When>,
}

/// `GET /account`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/account.html")]
pub struct Account {
    /// Who is looking.
    pub viewer: Viewer,
    /// Hidden field.
    pub csrf: Csrf,
    /// What was just done or refused.
    pub notice: Option<Notice>,
    /// The session that shows this page.
    pub band: Band,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Their devices.
    pub devices: Vec<DeviceRow>,
    /// Their Hello keys.
    pub hello_keys: Vec<HelloKeyRow>,
    /// Their sessions.
    pub sessions: Vec<SessionRow>,
    /// What they have to be told, until they say that they know.
    pub alarms: Vec<AccountAlarm>,
    /// Their recovery codes.
    pub codes: CodesLeft,
    /// Where they were going when they were stopped to be told; a path on this server.
    pub next: Option<String>,
    /// What the browser may be told; none while a list is not complete.
    pub signal: Option<Signal>,
}

impl Account {
    const fn legend(&self) -> Legend {
        legend()
    }

    /// One passkey that lives on one device is one loss away from being locked out.
    fn needs_second_passkey(&self) -> bool {
        matches!(self.passkeys.as_slice(), [only] if !only.is_synced)
    }

    fn passkey_act(&self, passkey: &PasskeyRow) -> Confirm {
        let last = self.passkeys.len() == 1;
        Confirm::new("Remove", format!("/account/passkeys/{}/delete", passkey.id), &self.csrf)
            .of(&passkey.name)
            .because(if last && self.codes.left > 0 {
                "This is your only passkey. Without it you get in with a recovery code alone, and make a new passkey."
            } else if last {
                "This is your only passkey, so it stays: add another or make recovery codes first."
            } else {
                "It will not sign you in any more, on any device."
            })
    }

    fn rename(&self, passkey: &PasskeyRow) -> Option<Rename> {
        Some(Rename {
            action: format!("/account/passkeys/{}/rename", passkey.id),
            id: passkey.id.clone(),
            name: passkey.name.clone(),
            csrf: self.csrf.clone(),
        })
    }

    fn hello_key_act(&self, key: &HelloKeyRow) -> Confirm {
        Confirm::new("Remove", format!("/account/hello-keys/{}/delete", key.id), &self.csrf)
            .of(&format!("the Hello key on {}", key.device))
            .because(
                "It will not sign you in any more, and what it signed in ends at once. Your passkeys stay.",
            )
    }

    fn device_act(&self, device: &DeviceRow) -> Confirm {
        Confirm::new("Remove", format!("/account/devices/{}/delete", device.id), &self.csrf)
            .of(&device.name)
            .because("Its certificate, its keys and every session on it end at once.")
    }

    fn session_act(&self, session: &SessionRow) -> Confirm {
        Confirm::new("Sign out", format!("/account/sessions/{}/revoke", session.id), &self.csrf)
            .of(&session.place)
            .because(if session.is_current {
                "This is the session you are using now."
            } else {
                "The apps behind it ask for a new sign-in."
            })
    }

    /// A new set ends the old one, so where there is one it asks first.
    fn codes_act(&self) -> Confirm {
        let label = if self.codes.made.is_some() { "Make new codes" } else { "Make recovery codes" };
        Confirm::new(label, "/account/recovery-codes", &self.csrf).because(if self.codes.made.is_some() {
            "The codes you have now end at once. The new ones are shown this once, so have paper or a printer ready."
        } else {
            "They are shown this once, so have paper or a printer ready."
        })
    }

    fn everywhere(&self) -> Confirm {
        Confirm::new("Sign out everywhere", "/account/sessions/revoke-all", &self.csrf)
            .because("Ends every session, this one included. Your passkeys and devices stay.")
    }
}
