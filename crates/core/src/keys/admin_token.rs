//! Bearer tokens of the admin API for whoever can read the data folder.

use super::master::MasterKey;
use super::seal::{Purpose, SealRing};
use crate::directory::Roles;
use crate::id::AuditId;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use passband_wire::b64;

/// How long one lives.
pub const LIFETIME: Seconds = Seconds::minutes(15);

const PREFIX: &str = "pbadm_";

/// An admin token that was checked. Its id is the actor in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminToken {
    id: AuditId,
    roles: Roles,
}

impl AdminToken {
    /// Mints a token of a Global Administrator, good from `now` for fifteen minutes.
    #[must_use]
    pub fn mint(master: &MasterKey, now: Timestamp, rng: &dyn Random) -> Option<String> {
        Self::mint_with(Roles::GLOBAL, master, now, rng)
    }

    /// Mints a token that may do what these roles may, good from `now` for fifteen minutes.
    #[must_use]
    pub fn mint_with(roles: Roles, master: &MasterKey, now: Timestamp, rng: &dyn Random) -> Option<String> {
        let mut body = AuditId::generate(rng).as_bytes().to_vec();
        body.extend_from_slice(&(now + LIFETIME).0.to_be_bytes());
        body.extend_from_slice(&roles.bits().to_be_bytes());
        let sealed = ring(master).seal(Purpose::AdminToken, &body, rng).ok()?;
        Some(format!("{PREFIX}{}", b64::encode(sealed)))
    }

    /// Checks a token; `None` if it is not one of this installation or has expired.
    #[must_use]
    pub fn check(master: &MasterKey, text: &str, now: Timestamp) -> Option<Self> {
        let sealed = b64::decode(text.strip_prefix(PREFIX)?, 128).ok()?;
        let body = ring(master).open(Purpose::AdminToken, &sealed).ok()?;
        let (id, expires) = body.split_at_checked(16)?;
        let (expires, roles) = expires.split_at_checked(8)?;
        let expires = Timestamp(i64::from_be_bytes(expires.try_into().ok()?));
        let roles = Roles::from_bits(u32::from_be_bytes(roles.try_into().ok()?));
        (now < expires).then_some(Self { id: AuditId::from_slice(id)?, roles })
    }

    /// What it may do.
    #[must_use]
    pub const fn roles(&self) -> Roles {
        self.roles
    }

    /// How the audit log names it.
    #[must_use]
    pub fn actor(&self) -> String {
        if self.roles == Roles::GLOBAL {
            return format!("admin token {}", self.id);
        }
        format!("admin token {} ({})", self.id, self.roles.names())
    }
}

fn ring(master: &MasterKey) -> SealRing {
    SealRing::new([*master.derive("admin-token")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Role;
    use crate::rng::SystemRandom;

    #[test]
    fn a_token_is_good_for_fifteen_minutes_and_one_installation() {
        let (mine, other) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
        let now = Timestamp(1_800_000_000);
        let token = AdminToken::mint(&mine, now, &SystemRandom).unwrap();
        assert_eq!(AdminToken::check(&mine, &token, now).unwrap().roles(), Roles::GLOBAL);
        let narrow = AdminToken::mint_with(Role::GlobalReader.into(), &mine, now, &SystemRandom).unwrap();
        let narrow = AdminToken::check(&mine, &narrow, now).unwrap();
        assert_eq!(narrow.roles(), Role::GlobalReader.into());
        assert!(narrow.actor().ends_with("(Global Reader)"));
        assert!(AdminToken::check(&mine, &token, now + LIFETIME).is_none());
        assert!(AdminToken::check(&other, &token, now).is_none());
        assert!(AdminToken::check(&mine, &token[1..], now).is_none());
        assert!(AdminToken::check(&mine, "", now).is_none());
    }
}
