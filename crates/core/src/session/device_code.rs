//! Device codes (RFC 8628): a program without a browser shows a short code, and somebody types it elsewhere.
//!
//! What is phished with it is a sign-in that somebody else began. So a code says which application asked and from where,
//! is good for a quarter of an hour, once, and never becomes a device's identity: the broker's client cannot begin one.

use crate::change::Change;
use crate::directory::device_code::{Answer, DeviceCode, DeviceCodeChange};
use crate::id::{ClientId, SessionId};
use crate::reason::Reason;
use crate::rng::{self, Random};
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::b64;
use zeroize::Zeroizing;

/// How long the two codes are good.
pub const LIFETIME: Seconds = Seconds::minutes(15);

/// The least time between two polls at first (§3.2).
pub const INTERVAL: Seconds = Seconds(5);

/// The most it grows to: beyond that, a program that does not listen only hurts itself.
const LONGEST: Seconds = Seconds(60);

/// Characters of a user code: 20 to the 8th, of which a guesser has ten tries in ten minutes.
pub const LENGTH: usize = 8;

/// Consonants: they make no words, and none is taken for a digit (§6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What a program asks for, from where.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which application.
    pub client: ClientId,
    /// For what scope.
    pub scope: String,
    /// For which audience.
    pub resource: String,
    /// From where.
    pub ip: String,
}

/// Begins a sign-in: the device code, which is shown once, and what is kept.
#[must_use]
pub fn begin(asked: Asked, now: Timestamp, rng: &dyn Random) -> (Zeroizing<String>, DeviceCode) {
    let text = Zeroizing::new(b64::encode(rng::bytes::<32>(rng)));
    let Asked { client, scope, resource, ip } = asked;
    let code = DeviceCode {
        id: id_of(&text),
        user_code: user_code(rng),
        client,
        scope,
        resource,
        ip,
        created: now,
        expires: now + LIFETIME,
        interval: INTERVAL,
        polled: None,
        answer: Answer::None,
    };
    (text, code)
}

/// The stored form of a device code.
#[must_use]
pub fn id_of(text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    out
}

fn user_code(rng: &dyn Random) -> String {
    let mut out = String::with_capacity(LENGTH);
    while out.len() < LENGTH {
        // What is beyond twelve times twenty would draw some letters more often.
        let [byte] = rng::bytes::<1>(rng);
        if byte < 240 {
            out.push(char::from(ALPHABET[usize::from(byte % 20)]));
        }
    }
    out
}

/// A user code as somebody typed it, as it is stored; `None` if it cannot be one.
#[must_use]
pub fn typed(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1).collect();
    let text = text.to_ascii_uppercase();
    (text.len() == LENGTH && text.bytes().all(|b| ALPHABET.contains(&b))).then_some(text)
}

/// A user code as it is shown: in two groups.
#[must_use]
pub fn shown(user_code: &str) -> String {
    let (first, second) = user_code.split_at_checked(LENGTH / 2).unwrap_or((user_code, ""));
    format!("{first}-{second}")
}

/// A device code that may be redeemed, once: [`spend`](Self::spend) decides. Only [`DeviceCode::poll`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Redeemable<'a> {
    code: &'a DeviceCode,
    session: SessionId,
}

impl Redeemable<'_> {
    /// The session of whoever said yes.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The change that uses it up; it conflicts if another poll was faster.
    #[must_use]
    pub const fn spend(&self) -> Change {
        Change::DeviceCode(DeviceCodeChange::Redeem { id: self.code.id })
    }
}

/// A poll that gets nothing yet: why, and what it costs.
#[derive(Clone, Debug)]
pub struct NotYet {
    /// Why.
    pub reason: Reason,
    /// What is to be written; nothing for a code that is over.
    pub change: Option<DeviceCodeChange>,
}

impl DeviceCode {
    /// Whether somebody can still answer.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.answer == Answer::None && now < self.expires
    }

    /// Decides on a poll by `client` (§3.5).
    ///
    /// # Errors
    ///
    /// [`NotYet`].
    pub fn poll(&self, client: ClientId, now: Timestamp) -> Result<Redeemable<'_>, NotYet> {
        let over = |reason| NotYet { reason, change: None };
        if self.client != client {
            return Err(over(Reason::DeviceCodeInvalid));
        }
        if now >= self.expires {
            return Err(over(Reason::DeviceCodeExpired));
        }
        match self.answer {
            Answer::No => Err(over(Reason::DeviceCodeDeclined)),
            Answer::Yes(session) => Ok(Redeemable { code: self, session }),
            Answer::None => {
                let early = self.polled.is_some_and(|before| now - before < self.interval);
                let (reason, interval) = if early {
                    (Reason::DeviceCodeTooFast, Seconds(self.interval.0 + INTERVAL.0).min(LONGEST))
                } else {
                    (Reason::DeviceCodePending, self.interval)
                };
                let polled = DeviceCodeChange::Polled { id: self.id, at: now, interval };
                Err(NotYet { reason, change: Some(polled) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn code() -> DeviceCode {
        let asked = Asked {
            client: ClientId::from_bytes([2; 16]),
            scope: "openid".to_owned(),
            resource: String::new(),
            ip: "192.0.2.1".to_owned(),
        };
        begin(asked, NOW, &SystemRandom).1
    }

    #[test]
    fn a_code_is_for_its_client_its_quarter_of_an_hour_and_its_answer() {
        let reason = |code: &DeviceCode, client, at| code.poll(client, at).unwrap_err().reason;
        let mine = code().client;
        assert_eq!(reason(&code(), mine, NOW), Reason::DeviceCodePending);
        assert_eq!(reason(&code(), ClientId::from_bytes([3; 16]), NOW), Reason::DeviceCodeInvalid);
        let no = DeviceCode { answer: Answer::No, ..code() };
        assert_eq!(reason(&no, mine, NOW), Reason::DeviceCodeDeclined);
        let session = SessionId::from_bytes([4; 16]);
        let yes = DeviceCode { answer: Answer::Yes(session), ..code() };
        assert_eq!(yes.poll(mine, NOW).unwrap().session(), session);
        assert_eq!(reason(&yes, mine, NOW + LIFETIME), Reason::DeviceCodeExpired);
        assert_eq!(reason(&yes, ClientId::from_bytes([3; 16]), NOW), Reason::DeviceCodeInvalid);
    }

    #[test]
    fn who_polls_too_fast_waits_longer() {
        let asked = DeviceCode { polled: Some(NOW), ..code() };
        let after = |seconds| asked.poll(asked.client, NOW + Seconds(seconds)).unwrap_err();
        assert_eq!(after(4).reason, Reason::DeviceCodeTooFast);
        assert!(matches!(after(4).change, Some(DeviceCodeChange::Polled { interval: Seconds(10), .. })));
        assert_eq!(after(5).reason, Reason::DeviceCodePending);
    }

    #[test]
    fn user_codes_are_read_as_people_type_them() {
        let code = code().user_code;
        assert_eq!(typed(&shown(&code)).as_deref(), Some(code.as_str()));
        assert_eq!(typed(" bcdf ghjk ").as_deref(), Some("BCDFGHJK"));
        for bad in ["", "BCDFGHJ", "BCDFGHJKL", "ACDFGHJK", "BCDF\0HJK", "ßßßßßßßß"] {
            assert_eq!(typed(bad), None, "{bad}");
        }
    }
}
