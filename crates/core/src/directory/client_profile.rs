//! Client profiles: what a device's broker is let off, recorded when the device registers (ADR 0017).

/// What the requests of a device may lack. Read from the device's record, never from a request; it only ever becomes
/// stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientProfile {
    /// KDFv2 for every request, A256GCM for every reply, each refresh token once.
    Strict,
    /// What brokers written for Entra ID need: KDFv1, replies in the CBC form, the refresh token of a sign-in redeemed
    /// more than once within ten minutes (prt.md §0.6, §5.2, §5.4).
    Compatible,
}

impl ClientProfile {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Strict, Self::Compatible];

    /// As the database and the API name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Compatible => "compatible",
        }
    }

    /// The profile of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}
