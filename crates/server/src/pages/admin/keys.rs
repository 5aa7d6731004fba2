//! The server's signing keys.

use super::Admin;
use crate::pages::When;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use askama::Template;

/// Where a key stands in its rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not signing yet, so that apps have it in time.
    Next,
    /// Signing.
    Current,
    /// Not signing; published until what it signed has expired.
    Retired,
}

impl KeyState {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Next => "Next",
            Self::Current => "Signing",
            Self::Retired => "Retired",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Next => "warn",
            Self::Current => "good",
            Self::Retired => "calm",
        }
    }
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its `kid`.
    pub kid: String,
    /// Its algorithm: `ES256`.
    pub alg: String,
    /// Where it stands.
    pub state: KeyState,
    /// When it was made.
    pub created: When,
    /// When its state changes next by itself.
    pub until: Option<When>,
}

/// `GET /admin/keys`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_keys.html")]
pub struct Keys {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Every key in the JWKS.
    pub keys: Vec<KeyRow>,
}

impl Keys {
    const fn legend(&self) -> Legend {
        legend()
    }

    fn rotate(&self) -> Confirm {
        Confirm::new("Rotate now", "/admin/keys/rotate", &self.admin.csrf).because(
            "The next key signs from now on, and the one that signs retires. Apps that keep an old copy of the key set \
             may refuse new tokens until they load it again.",
        )
    }

    const fn tab(&self) -> &'static str {
        "keys"
    }
}
