//! What holds a passkey: a word, and a picture beside it.

use askama::Template;
use askama::filters::HtmlSafe;

/// What holds a passkey, as it says itself. Prints as a picture of our own and the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(path = "part/kind.html")]
pub enum PasskeyKind {
    /// A device, and it does not say which kind.
    Bound,
    /// The device it was made on.
    Device,
    /// A phone or tablet, beside the device that asks.
    Phone,
    /// A security key.
    SecurityKey,
    /// A password manager that copies it between devices.
    Synced,
}

impl HtmlSafe for PasskeyKind {}

impl PasskeyKind {
    /// What a person reads.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bound => "Bound to one device",
            Self::Device => "Built into a device",
            Self::Phone => "On a phone or tablet",
            Self::SecurityKey => "Security key",
            Self::Synced => "Synced passkey",
        }
    }

    /// The outline in a field of 16 by 16: a key, a laptop, a phone, a stick with its plug, a cloud.
    const fn outline(self) -> &'static str {
        match self {
            Self::Bound => {
                "M8.5 5.25a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0zM7.7 7.2l5.8 5.8M10.8 10.3l1.7-1.7"
            }
            Self::Device => "M3.5 3.25h9v6.75h-9zM1.5 12.75h13",
            Self::Phone => {
                "M5.25 1.75h5.5a1 1 0 0 1 1 1v10.5a1 1 0 0 1-1 1h-5.5a1 1 0 0 1-1-1v-10.5a1 1 0 0 1 1-1zM7 12h2"
            }
            Self::SecurityKey => "M2 5.5h8v5H2zM10 6.75h4v2.5h-4M4.5 8h1",
            Self::Synced => {
                "M4.75 12.5a2.75 2.75 0 0 1-.3-5.48 3.75 3.75 0 0 1 7.25.85A2.35 2.35 0 0 1 11.5 12.5z"
            }
        }
    }
}
