//! Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): sealed, rotated at each use, replay ends the family.

use super::standing::{self, Live};
use crate::change::Change;
use crate::decision::Refusal;
use crate::directory::{ClientProfile, Grant, Standing};
use crate::id::ClientId;
use crate::keys::seal::{Purpose, SealRing};
use crate::reason::Reason;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use passband_wire::b64;
use passband_wire::prt::{BROKER_CLIENT, LINUX_BROKER};

/// How long a family lives without being asked again in person.
pub const LIFETIME: Seconds = Seconds::days(30);

/// How long the token before the current one still works: an answer may be lost on its way, and honest clients
/// race themselves. Within it no new generation is made, so two holders cannot drift apart unnoticed.
pub const GRACE: Seconds = Seconds(30);

/// The same for the broker clients of a device of the compatible profile, and of a sign-in that a device is to be born
/// of: such a broker redeems the refresh token of its sign-in for the registration service, and again for its PRT, and
/// never learns the one that followed (prt.md §0.6). No longer than the sign-in is fresh.
pub const COMPATIBLE_GRACE: Seconds = super::issue::FRESH_FOR;

/// How long the token before the current one still works for `client` under a profile.
#[must_use]
pub fn grace(client: ClientId, profile: ClientProfile) -> Seconds {
    let of_broker = [BROKER_CLIENT, LINUX_BROKER].contains(&client);
    if of_broker && profile == ClientProfile::Compatible { COMPATIBLE_GRACE } else { GRACE }
}

/// Whether a token may become a PRT for a device of this profile: the current one, or under the compatible profile the
/// one before it within its grace.
#[must_use]
pub fn may_become_prt(token: RefreshToken, grant: &Grant, profile: ClientProfile, now: Timestamp) -> bool {
    let before = token.generation.checked_add(1) == Some(grant.generation);
    let lenient = profile == ClientProfile::Compatible && now - grant.advanced <= COMPATIBLE_GRACE;
    grant.ended.is_none()
        && now < grant.expires
        && (token.generation == grant.generation || before && lenient)
}

const PREFIX: &str = "0.";

/// What a refresh token says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its family.
    pub family: [u8; 16],
    /// Its place in it.
    pub generation: u32,
}

impl RefreshToken {
    /// The token as the client keeps it.
    ///
    /// # Errors
    ///
    /// [`Reason::GrantEnded`] if there is no sealing key.
    pub fn seal(&self, ring: &SealRing, rng: &dyn Random) -> Result<String, Reason> {
        let mut body = self.family.to_vec();
        body.extend_from_slice(&self.generation.to_be_bytes());
        let sealed = ring.seal(Purpose::RefreshToken, &body, rng).map_err(|_| Reason::GrantEnded)?;
        Ok(format!("{PREFIX}{}", b64::encode(sealed)))
    }

    /// Opens a token; a PRT given as one is named for what it is (attack A1).
    ///
    /// # Errors
    ///
    /// [`Reason::PrtUnboundUse`] or [`Reason::RequestMalformed`].
    pub fn open(ring: &SealRing, text: &str) -> Result<Self, Reason> {
        if super::prt::Prt::open(ring, text).is_ok() {
            return Err(Reason::PrtUnboundUse);
        }
        let read = || -> Option<Self> {
            let sealed = b64::decode(text.strip_prefix(PREFIX)?, 256).ok()?;
            let body = ring.open(Purpose::RefreshToken, &sealed).ok()?;
            let (family, generation) = body.split_at_checked(16)?;
            let generation = u32::from_be_bytes(generation.try_into().ok()?);
            Some(Self { family: family.try_into().ok()?, generation })
        };
        read().ok_or(Reason::RequestMalformed)
    }
}

/// A refresh token found good. Only [`check`] makes one.
#[derive(Debug)]
pub struct Refreshed<'a> {
    live: Live<'a>,
    next: RefreshToken,
    advance: Option<Change>,
}

impl<'a> Refreshed<'a> {
    /// The session it lives by.
    #[must_use]
    pub const fn live(&self) -> Live<'a> {
        self.live
    }

    /// The token that follows.
    #[must_use]
    pub const fn next(&self) -> RefreshToken {
        self.next
    }

    /// The change that makes it current; `None` within the grace time, when it is already.
    #[must_use]
    pub fn advance(&self) -> Option<Change> {
        self.advance.clone()
    }
}

/// Judges a refresh token presented by `client`, as everything stands now.
///
/// # Errors
///
/// [`Refusal`]; a replay carries the end of the family.
pub fn check<'a>(
    token: RefreshToken,
    client: ClientId,
    (grant, standing): (&Grant, &'a Standing),
    (now, grace): (Timestamp, Seconds),
) -> Result<Refreshed<'a>, Refusal> {
    if grant.client != client {
        return Err(Reason::ClientAuthFailed.into());
    }
    if grant.ended.is_some() {
        return Err(Reason::GrantEnded.into());
    }
    if now >= grant.expires {
        return Err(Reason::GrantExpired.into());
    }
    let live = standing::judge(standing, now)?;
    if token.generation == grant.generation {
        let advance = Change::AdvanceGrant { family: grant.family, from: grant.generation, at: now };
        let next = RefreshToken { generation: grant.generation + 1, ..token };
        return Ok(Refreshed { live, next, advance: Some(advance) });
    }
    if token.generation.checked_add(1) == Some(grant.generation) && now - grant.advanced <= grace {
        let next = RefreshToken { generation: grant.generation, ..token };
        return Ok(Refreshed { live, next, advance: None });
    }
    // RFC 9700 §4.14.2: of two holders of a rotated token, one is not the owner; neither keeps it.
    let end = Change::EndGrant { family: grant.family, at: now };
    Err(Refusal { reason: Reason::GrantReplayed, changes: vec![end] })
}

#[cfg(test)]
mod tests {
    use super::super::standing::tests::{NOW, good};
    use super::*;

    fn grant() -> Grant {
        Grant {
            family: [5; 16],
            session: good().session.id,
            client: ClientId::from_bytes([6; 16]),
            scope: "openid".to_owned(),
            resource: String::new(),
            created: NOW,
            expires: NOW + LIFETIME,
            generation: 4,
            advanced: NOW,
            ended: None,
        }
    }

    fn present(generation: u32, now: Timestamp) -> Result<(RefreshToken, bool), Refusal> {
        let (grant, standing) = (grant(), good());
        let token = RefreshToken { family: grant.family, generation };
        check(token, grant.client, (&grant, &standing), (now, GRACE))
            .map(|r| (r.next(), r.advance().is_some()))
    }

    #[test]
    fn the_current_token_advances_and_the_one_before_it_does_not() {
        let at = |generation| RefreshToken { family: [5; 16], generation };
        assert_eq!(present(4, NOW).unwrap(), (at(5), true));
        assert_eq!(present(3, NOW + GRACE).unwrap(), (at(4), false));
    }

    #[test]
    fn only_a_broker_client_of_the_compatible_profile_has_the_long_grace() {
        use ClientProfile::{Compatible, Strict};
        let app = ClientId::from_bytes([6; 16]);
        assert_eq!(grace(BROKER_CLIENT, Compatible), COMPATIBLE_GRACE);
        assert_eq!([grace(BROKER_CLIENT, Strict), grace(app, Compatible)], [GRACE, GRACE]);
        let token = |generation| RefreshToken { family: [5; 16], generation };
        let may = |generation, profile, at| may_become_prt(token(generation), &grant(), profile, at);
        assert!(may(4, Strict, NOW) && may(3, Compatible, NOW + COMPATIBLE_GRACE));
        assert!(!may(3, Strict, NOW) && !may(2, Compatible, NOW) && !may(5, Compatible, NOW));
        assert!(
            !may(3, Compatible, NOW + COMPATIBLE_GRACE + Seconds(1)) && !may(4, Compatible, NOW + LIFETIME)
        );
    }

    #[test]
    fn a_replay_ends_the_family() {
        for (generation, now) in [(3, NOW + GRACE + Seconds(1)), (2, NOW), (5, NOW)] {
            let refusal = present(generation, now).unwrap_err();
            assert_eq!(refusal.reason, Reason::GrantReplayed);
            assert_eq!(refusal.changes, [Change::EndGrant { family: [5; 16], at: now }]);
        }
    }

    #[test]
    fn another_client_an_end_and_a_lost_standing_are_refused() {
        let (grant, mut standing) = (grant(), good());
        let token = RefreshToken { family: grant.family, generation: 4 };
        let other = ClientId::from_bytes([7; 16]);
        assert_eq!(
            check(token, other, (&grant, &standing), (NOW, GRACE)).unwrap_err().reason,
            Reason::ClientAuthFailed
        );
        let ended = Grant { ended: Some(NOW), ..grant.clone() };
        let refusal = check(token, grant.client, (&ended, &standing), (NOW, GRACE)).unwrap_err();
        assert_eq!(refusal.reason, Reason::GrantEnded);
        let refusal = check(token, grant.client, (&grant, &standing), (NOW + LIFETIME, GRACE)).unwrap_err();
        assert_eq!(refusal.reason, Reason::GrantExpired);
        standing.user.as_mut().unwrap().enabled = false;
        let refusal = check(token, grant.client, (&grant, &standing), (NOW, GRACE)).unwrap_err();
        assert_eq!(refusal.reason, Reason::UserDisabled);
    }
}
