//! What if somebody did something?

use super::kit::{Kit, NEWEST};
use super::passkey::Token;
use passband_core::policy::access::facts::{Platform, TrustType};

/// What is supposed of somebody: what if they did this?
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Supposing {
    /// They registered one of these passkeys.
    pub passkeys: Vec<Token>,
    /// Their devices were compliant and managed.
    pub compliant: bool,
    /// Their devices were registered and enabled, with the broker or single sign-on extension set up.
    pub registered: bool,
    /// Their devices had the newest operating system.
    pub updated: bool,
    /// Their devices were joined to the domain.
    pub joined: bool,
}

impl Supposing {
    pub(super) fn changes_devices(&self) -> bool {
        self.compliant || self.registered || self.updated || self.joined
    }

    pub(super) fn kit(&self, kit: &Kit) -> Kit {
        let mut kit = kit.clone();
        let windows = kit.platform.flatten() == Some(Platform::Windows);
        if self.registered || self.compliant {
            kit.enabled = Some(true);
            kit.sso = Some(true);
            if !matches!(kit.trust, Some(Some(_))) {
                kit.trust = Some(Some(if windows { TrustType::AzureAd } else { TrustType::Workplace }));
            }
        }
        if self.compliant {
            kit.compliant = Some(true);
            kit.managed = Some(true);
        }
        if self.joined && windows {
            kit.trust = Some(Some(TrustType::ServerAd));
            kit.enabled = Some(true);
        }
        if self.updated {
            kit.version = Some(NEWEST);
        }
        kit
    }
}
