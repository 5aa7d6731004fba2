//! Authorization codes (RFC 6749 §4.1): sealed, so that making one costs no row; spent with one.

use crate::change::Change;
use crate::id::{ClientId, SessionId};
use crate::keys::seal::{Purpose, SealRing};
use crate::policy::access::Permit;
use crate::policy::signal::Binding;
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use passband_wire::b64;
use passband_wire::oauth::pkce::Challenge;
use serde::{Deserialize, Serialize};

/// A code's life (RFC 9700 §2.1; attack A22).
pub const LIFETIME: Seconds = Seconds(60);

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Also the family of the refresh tokens it becomes.
    pub id: [u8; 16],
    /// To whom it was sent.
    pub client: ClientId,
    /// The redirect URI as the client asked.
    pub redirect_uri: String,
    /// Granted scope.
    pub scope: String,
    /// Audience wanted, as the client named it; empty if it did not.
    pub resource: String,
    /// OpenID Connect `nonce`.
    pub nonce: Option<String>,
    /// PKCE; `None` where a broker client of the dialect was let off it.
    pub challenge: Option<[u8; 32]>,
    /// The session it was made in.
    pub session: SessionId,
    /// When it ends.
    pub expires: Timestamp,
    /// What held the proof for which it was made: the key of a device, if a PRT was shown for it, otherwise nothing.
    pub binding: Binding,
    /// Whether that key signed for it itself, rather than a session key.
    #[serde(default)]
    pub by_device_key: bool,
}

impl Code {
    /// A fresh id.
    #[must_use]
    pub fn fresh_id(rng: &dyn Random) -> [u8; 16] {
        rng::bytes(rng)
    }

    /// The code as the client gets it, which the policies permitted.
    ///
    /// # Errors
    ///
    /// [`Reason::CodeInvalid`] if there is no sealing key.
    pub fn seal(&self, _permit: Permit, ring: &SealRing, rng: &dyn Random) -> Result<String, Reason> {
        let body = serde_json::to_vec(self).map_err(|_| Reason::CodeInvalid)?;
        ring.seal(Purpose::Code, &body, rng).map(b64::encode).map_err(|_| Reason::CodeInvalid)
    }

    /// Opens a code.
    ///
    /// # Errors
    ///
    /// [`Reason::CodeInvalid`] if it is not one of ours.
    pub fn open(ring: &SealRing, text: &str) -> Result<Self, Reason> {
        let sealed = b64::decode(text, 8 * 1024).map_err(|_| Reason::CodeInvalid)?;
        let body = ring.open(Purpose::Code, &sealed).map_err(|_| Reason::CodeInvalid)?;
        serde_json::from_slice(&body).map_err(|_| Reason::CodeInvalid)
    }

    /// Checks a redemption against what the code was made for (RFC 6749 §4.1.3, RFC 7636 §4.6).
    ///
    /// # Errors
    ///
    /// The [`Reason`] it must not be redeemed for.
    pub fn redeem(self, asked: &Redemption<'_>, now: Timestamp) -> Result<RedeemedCode, Reason> {
        if self.client != asked.client || self.redirect_uri != asked.redirect_uri {
            return Err(Reason::CodeInvalid);
        }
        let met = match self.challenge {
            Some(challenge) => Challenge::from_bytes(challenge).is_met_by(asked.verifier),
            // A verifier for a code without challenge: somebody took the challenge off a request (RFC 9700 §4.8.2).
            None => asked.verifier.is_empty(),
        };
        if !met {
            return Err(Reason::PkceFailed);
        }
        if now >= self.expires {
            return Err(Reason::CodeExpired);
        }
        Ok(RedeemedCode(self))
    }
}

/// What a redemption brings.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The client, authenticated as far as its kind allows.
    pub client: ClientId,
    /// `redirect_uri`.
    pub redirect_uri: &'a str,
    /// `code_verifier`.
    pub verifier: &'a str,
}

/// A code that may be redeemed, once: its [`spend`](Self::spend) decides.
#[derive(Debug)]
pub struct RedeemedCode(Code);

impl RedeemedCode {
    /// What it stood for.
    #[must_use]
    pub const fn code(&self) -> &Code {
        &self.0
    }

    /// The change that uses it up. If it conflicts, the code was redeemed before, and
    /// [`on_replay`](Self::on_replay) is due.
    #[must_use]
    pub fn spend(&self) -> Change {
        let mut id = [0; 32];
        id[..4].copy_from_slice(b"code");
        id[16..].copy_from_slice(&self.0.id);
        Change::Spend { id, until: self.0.expires + LIFETIME }
    }

    /// What a second redemption costs: the tokens of the first (RFC 6749 §4.1.2).
    #[must_use]
    pub fn on_replay(&self, now: Timestamp) -> Change {
        Change::EndGrant { family: self.0.id, at: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use crate::policy::access::{Facts, PolicySet, evaluate};
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn code() -> Code {
        Code {
            id: [1; 16],
            client: ClientId::from_bytes([2; 16]),
            redirect_uri: "https://app.example/cb".to_owned(),
            scope: "openid".to_owned(),
            resource: String::new(),
            nonce: None,
            challenge: Some(*Challenge::of(VERIFIER).as_bytes()),
            session: SessionId::from_bytes([3; 16]),
            expires: NOW + LIFETIME,
            binding: Binding::None,
            by_device_key: false,
        }
    }

    #[test]
    fn a_code_is_for_its_client_its_uri_its_verifier_and_its_minute() {
        let good =
            Redemption { client: code().client, redirect_uri: "https://app.example/cb", verifier: VERIFIER };
        assert!(code().redeem(&good, NOW).is_ok());
        let other = Redemption { client: ClientId::from_bytes([9; 16]), ..good };
        assert_eq!(code().redeem(&other, NOW).unwrap_err(), Reason::CodeInvalid);
        let elsewhere = Redemption { redirect_uri: "https://app.example/cb/", ..good };
        assert_eq!(code().redeem(&elsewhere, NOW).unwrap_err(), Reason::CodeInvalid);
        let unproved = Redemption { verifier: "", ..good };
        assert_eq!(code().redeem(&unproved, NOW).unwrap_err(), Reason::PkceFailed);
        assert_eq!(code().redeem(&good, NOW + LIFETIME).unwrap_err(), Reason::CodeExpired);
        let without = || Code { challenge: None, ..code() };
        assert_eq!(without().redeem(&good, NOW).unwrap_err(), Reason::PkceFailed);
        assert!(without().redeem(&Redemption { verifier: "", ..good }, NOW).is_ok());
    }

    #[test]
    fn a_sealed_code_opens_again() {
        let ring = SealRing::new([[1; 32]]);
        let (none, facts) = (PolicySet::default(), Facts::nothing_about(UserId::from_bytes([1; 16]), NOW));
        let permit = evaluate(&none, &facts);
        let text = code().seal(permit.outcome.permit().unwrap(), &ring, &SystemRandom).unwrap();
        assert_eq!(Code::open(&ring, &text).unwrap(), code());
        assert!(Code::open(&ring, &text[1..]).is_err());
    }
}
