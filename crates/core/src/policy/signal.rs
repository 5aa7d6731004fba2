//! Signals: what a floor says of a sign-in, in words every floor shares.

use serde::{Deserialize, Serialize};

/// How far a platform has proved what a key or a device is: the evidence ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EvidenceLevel {
    /// Nothing but its own word.
    #[default]
    E0,
    /// A key that is shown to be possessed again and again, of unknown storage.
    E1,
    /// A vendor's statement about the model.
    E2,
    /// A hardware root vouches for the key.
    E3,
    /// A hardware root vouches for the key and the state of the device.
    E4,
}

impl EvidenceLevel {
    /// The level as a number, for a column.
    #[must_use]
    pub const fn to_i64(self) -> i64 {
        self as i64
    }

    /// The level of a number; anything unknown is the lowest, never the highest.
    #[must_use]
    pub const fn from_i64(n: i64) -> Self {
        match n {
            1 => Self::E1,
            2 => Self::E2,
            3 => Self::E3,
            4 => Self::E4,
            _ => Self::E0,
        }
    }

    /// `E0` to `E4`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::E0 => "E0",
            Self::E1 => "E1",
            Self::E2 => "E2",
            Self::E3 => "E3",
            Self::E4 => "E4",
        }
    }
}

/// The highest certification that the FIDO Alliance publishes of an authenticator's model (FIDO Metadata Service
/// v3.1 §3.1.4, `FIDO_CERTIFIED_L1` and on). Ordered: more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Certification {
    /// None known.
    #[default]
    None,
    /// `FIDO_CERTIFIED`, before there were levels, and `FIDO_CERTIFIED_L1`.
    L1,
    /// `FIDO_CERTIFIED_L1plus`
    L1plus,
    /// `FIDO_CERTIFIED_L2`
    L2,
    /// `FIDO_CERTIFIED_L2plus`
    L2plus,
    /// `FIDO_CERTIFIED_L3`
    L3,
    /// `FIDO_CERTIFIED_L3plus`
    L3plus,
}

impl Certification {
    /// All of them, least first.
    pub const ALL: [Self; 7] =
        [Self::None, Self::L1, Self::L1plus, Self::L2, Self::L2plus, Self::L3, Self::L3plus];

    /// `none`, `L1`, `L1plus` and on, as the admin API writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::L1 => "L1",
            Self::L1plus => "L1plus",
            Self::L2 => "L2",
            Self::L2plus => "L2plus",
            Self::L3 => "L3",
            Self::L3plus => "L3plus",
        }
    }

    /// The certification of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// What was proved at a sign-in. A set: a session keeps it as it was and never gains from renewal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Factors(u32);

impl Factors {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A passkey whose private key cannot leave its authenticator (BE = 0, as claimed).
    pub const PASSKEY_DEVICE_BOUND: Self = Self(1);
    /// A passkey that its provider may copy to other devices (BE = 1).
    pub const PASSKEY_SYNCED: Self = Self(1 << 1);
    /// The authenticator verified the person (PIN, fingerprint, face).
    pub const USER_VERIFIED: Self = Self(1 << 2);
    /// A Temporary Access Pass.
    pub const TEMPORARY_ACCESS_PASS: Self = Self(1 << 3);
    /// A signature by a registered device's key.
    pub const DEVICE_KEY: Self = Self(1 << 4);
    /// The one-time set-up link of a new installation.
    pub const SETUP_LINK: Self = Self(1 << 5);
    /// No proof but a debt: a registration campaign lets the person register a passkey and do nothing else before.
    pub const REGISTRATION_OWED: Self = Self(1 << 6);
    /// A recovery code that the person made for the day on which every passkey is lost.
    pub const RECOVERY_CODE: Self = Self(1 << 7);
    /// A Hello key, which its device says it releases for its owner's gesture alone. Nothing proves the gesture or what
    /// keeps the key, so it is one factor and no passkey (ADR 0018).
    pub const HELLO_KEY: Self = Self(1 << 8);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every factor of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a passkey of either kind is in this set, and counts: with a registration owed it opens nothing.
    #[must_use]
    pub const fn has_passkey(self) -> bool {
        let passkey = self.0 & (Self::PASSKEY_DEVICE_BOUND.0 | Self::PASSKEY_SYNCED.0) != 0;
        passkey && !self.contains(Self::REGISTRATION_OWED)
    }

    /// Whether the sign-in resists phishing and proved two factors: a passkey with user verification.
    #[must_use]
    pub const fn is_strong(self) -> bool {
        self.has_passkey() && self.contains(Self::USER_VERIFIED)
    }

    /// Whether it is a way in for somebody without a passkey, good for making one and for nothing else: a pass or a
    /// code can be read over a shoulder or talked out of somebody, so neither may open more than the door to a passkey.
    #[must_use]
    pub const fn is_bootstrap(self) -> bool {
        let ways_in = Self::TEMPORARY_ACCESS_PASS.0 | Self::RECOVERY_CODE.0;
        self.0 & ways_in != 0 && !self.has_passkey()
    }

    /// The set as a number, for a column or a sealed value.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set of a number this program wrote.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Authentication Methods References (RFC 8176) for the claim `amr`.
    #[must_use]
    pub fn amr(self) -> Vec<&'static str> {
        let table = [
            (Self::PASSKEY_DEVICE_BOUND, "hwk"),
            (Self::PASSKEY_SYNCED, "swk"),
            (Self::USER_VERIFIED, "user"),
            (Self::TEMPORARY_ACCESS_PASS, "otp"),
            (Self::RECOVERY_CODE, "otp"),
            (Self::HELLO_KEY, "rsa"),
            (Self::DEVICE_KEY, "pop"),
        ];
        let mut amr: Vec<_> =
            table.iter().filter(|(f, _)| self.contains(*f)).map(|(_, name)| *name).collect();
        if self.has_passkey() {
            amr.push("fido");
        }
        if self.is_strong() {
            amr.push("mfa");
        }
        amr
    }

    /// Authentication Context Class Reference for the claim `acr`.
    #[must_use]
    pub const fn acr(self) -> &'static str {
        if self.is_strong() {
            // OpenID EAP ACR Values §2.
            "phr"
        } else if self.contains(Self::TEMPORARY_ACCESS_PASS) {
            "urn:passband:acr:tap"
        } else {
            "0"
        }
    }
}

/// What a token or session is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Binding {
    /// Whoever holds it may use it.
    #[default]
    None,
    /// A key kept by software on a registered device.
    SoftwareKey,
    /// A key that hardware keeps, shown by evidence of level E3 or more.
    HardwareKey,
}

impl Binding {
    /// The binding of a device's key with this evidence.
    #[must_use]
    pub const fn of_device(evidence: EvidenceLevel) -> Self {
        match evidence {
            EvidenceLevel::E3 | EvidenceLevel::E4 => Self::HardwareKey,
            EvidenceLevel::E0 | EvidenceLevel::E1 | EvidenceLevel::E2 => Self::SoftwareKey,
        }
    }

    /// The name used in claims, the log and the admin API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SoftwareKey => "softwareKey",
            Self::HardwareKey => "hardwareKey",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_in_without_a_passkey_is_one_only_while_it_stands_alone() {
        let (tap, code) = (Factors::TEMPORARY_ACCESS_PASS, Factors::RECOVERY_CODE);
        assert!(tap.is_bootstrap() && code.is_bootstrap() && tap.and(code).is_bootstrap());
        for other in [Factors::NONE, Factors::SETUP_LINK, Factors::DEVICE_KEY, Factors::USER_VERIFIED] {
            assert!(!other.is_bootstrap(), "{other:?}");
        }
        for passkey in [Factors::PASSKEY_DEVICE_BOUND, Factors::PASSKEY_SYNCED] {
            assert!(!passkey.is_bootstrap() && !passkey.and(code).is_bootstrap());
        }
        assert!(!code.is_strong() && !tap.is_strong());
    }
}
