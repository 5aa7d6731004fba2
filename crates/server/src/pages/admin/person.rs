//! One person: passkeys, devices, sessions, and a pass to begin with.

use super::Admin;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use crate::pages::rename::Rename;
use crate::pages::{Band, DeviceRow, HelloKeyRow, PasskeyRow, Secret, SessionRow, When};
use askama::Template;
use passband_core::manage::Permission;
use std::borrow::Borrow;

/// A Temporary Access Pass just made: the only time it is shown.
#[derive(Clone, Debug)]
pub struct NewPass {
    /// The pass itself.
    pub pass: Secret,
    /// When it stops working.
    pub expires: When,
    /// Whether one use ends it.
    pub is_usable_once: bool,
}

/// A Temporary Access Pass that exists.
#[derive(Clone, Debug)]
pub struct PassRow {
    /// When it was made.
    pub created: When,
    /// When it stops working.
    pub expires: When,
    /// Whether one use ends it.
    pub is_usable_once: bool,
    /// How it stands, in words: "usable", "used", "expired".
    pub standing: String,
}

/// A role.
#[derive(Clone, Debug)]
pub struct RoleRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
}

/// `GET /admin/users/{id}`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_person.html")]
pub struct Person {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Safe in a path.
    pub id: String,
    /// Display name.
    pub name: String,
    /// `userPrincipalName`.
    pub upn: String,
    /// `accountEnabled`.
    pub is_enabled: bool,
    /// Roles they hold.
    pub roles: Vec<RoleRow>,
    /// Roles they do not hold.
    pub other_roles: Vec<RoleRow>,
    /// Whether the viewer may act on the account: nobody may on one that may do more than they.
    pub is_within_reach: bool,
    /// The passkeys that somebody else registered for them, with who did; empty if there is none.
    pub planted: String,
    /// Whether it is an account for emergencies.
    pub is_break_glass: bool,
    /// Recovery codes they can use.
    pub codes_left: usize,
    /// When the account was made.
    pub created: When,
    /// The last sign-in, and its band.
    pub last_sign_in: Option<When>,
    /// Of the last sign-in.
    pub band: Band,
    /// A pass just made.
    pub new_pass: Option<NewPass>,
    /// Passes that exist.
    pub passes: Vec<PassRow>,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Their devices.
    pub devices: Vec<DeviceRow>,
    /// Their Hello keys.
    pub hello_keys: Vec<HelloKeyRow>,
    /// Their sessions.
    pub sessions: Vec<SessionRow>,
}

impl Person {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "people"
    }

    fn path(&self, rest: &str) -> String {
        format!("/admin/users/{}/{rest}", self.id)
    }

    /// Whether the viewer may do this to this account.
    fn may(&self, permission: impl Borrow<Permission>) -> bool {
        self.is_within_reach && self.admin.may(permission)
    }

    fn disable(&self) -> Confirm {
        Confirm::new("Disable", self.path("disable"), &self.admin.csrf)
            .of(&self.name)
            .because("They cannot sign in, and every session and token of theirs stops at its next use.")
            .only(self.may(Permission::PeopleEnable))
    }

    fn break_glass(&self) -> Confirm {
        if self.is_break_glass {
            return Confirm::new("Make ordinary account", self.path("ordinary"), &self.admin.csrf)
                .of(&self.name)
                .because("Sign-ins to it will raise no alarm any more.")
                .only(self.may(Permission::PeopleWrite));
        }
        Confirm::new("Mark for emergencies", self.path("break-glass"), &self.admin.csrf)
            .of(&self.name)
            .because("A break-glass account: every sign-in to it, and every refused one, raises an alarm.")
            .only(self.may(Permission::PeopleWrite))
    }

    fn delete(&self) -> Confirm {
        Confirm::new("Delete person", self.path("delete"), &self.admin.csrf)
            .of(&self.name)
            .because("Their passkeys, devices and sessions are gone for good. The logs keep their name.")
            .only(self.may(Permission::PeopleWrite))
    }

    fn revoke(&self) -> Confirm {
        Confirm::new("Revoke sessions", self.path("revoke"), &self.admin.csrf)
            .of(&self.name)
            .because("Ends every session and Primary Refresh Token. They can sign in again with a passkey.")
            .only(self.may(Permission::SessionsRevoke))
    }

    fn passkey_act(&self, passkey: &PasskeyRow) -> Confirm {
        Confirm::new("Remove", self.path(&format!("passkeys/{}/delete", passkey.id)), &self.admin.csrf)
            .of(&passkey.name)
            .because(if self.passkeys.len() > 1 {
                "It will not sign them in any more."
            } else if self.codes_left > 0 {
                "It is their last one. They can then get in with a recovery code or a Temporary Access Pass alone."
            } else {
                "It is their last one, and they have no recovery code. They can then get in with a Temporary Access \
                 Pass alone."
            })
            .demanding((self.passkeys.len() == 1).then_some("They may lose their last passkey"))
            .only(self.may(Permission::PasskeysDelete))
    }

    /// What a passkey is called is its owner's affair.
    const fn rename(&self, _: &PasskeyRow) -> Option<Rename> {
        None
    }

    fn hello_key_act(&self, key: &HelloKeyRow) -> Confirm {
        Confirm::new("Remove", self.path(&format!("hello-keys/{}/delete", key.id)), &self.admin.csrf)
            .of(&format!("the Hello key on {}", key.device))
            .because(
                "It will not sign them in any more, and what it signed in ends at once. Their passkeys stay.",
            )
            .only(self.may(Permission::PasskeysDelete))
    }

    fn device_act(&self, device: &DeviceRow) -> Confirm {
        Confirm::new("Delete", format!("/admin/devices/{}/delete", device.id), &self.admin.csrf)
            .of(&device.name)
            .because("Its certificate, its keys and every session on it end at once.")
            .only(self.admin.may(Permission::DevicesWrite))
    }
}
