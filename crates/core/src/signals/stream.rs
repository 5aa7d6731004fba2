//! Receivers of signals and what waits for them.

use crate::id::{ClientId, StreamId, UserId};
use crate::time::{Seconds, Timestamp};

/// Events that may wait for one receiver. One that does not come for them must not fill the database; what is left out
/// is counted, and the receiver is told by the stream's status.
pub const MOST_WAITING: u32 = 10_000;

/// How long something is tried to be told before it is given up.
pub const KEPT: Seconds = Seconds::days(7);

/// Whether a stream has been made, and whether it runs (SSF 1.0 §8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamStatus {
    /// Nothing is kept for it, nothing is told.
    Disabled,
    /// It runs.
    Enabled,
    /// What happens is kept for it and not told.
    Paused,
    /// The receiver has not made it yet, or has deleted it.
    Unmade,
}

impl StreamStatus {
    /// The name in SSF and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Unmade => "unmade",
        }
    }

    /// The status of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Disabled, Self::Enabled, Self::Paused, Self::Unmade].into_iter().find(|s| s.name() == name)
    }
}

/// How a stream is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The receiver asks (RFC 8936).
    Poll,
    /// We send (RFC 8935).
    Push,
}

impl Method {
    /// The name in SSF.
    #[must_use]
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Poll => "urn:ietf:rfc:8936",
            Self::Push => "urn:ietf:rfc:8935",
        }
    }

    /// The method of such a name.
    #[must_use]
    pub fn from_urn(urn: &str) -> Option<Self> {
        [Self::Poll, Self::Push].into_iter().find(|method| method.urn() == urn)
    }
}

/// A receiver that an administrator let in, and its one stream (SSF 1.0 §8.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// SSF `stream_id`.
    pub id: StreamId,
    /// What administrators call it.
    pub name: String,
    /// SSF `aud`.
    pub audience: String,
    /// SHA-256 of its credential; the credential is never stored.
    pub secret_hash: [u8; 32],
    /// The one address an administrator lets events be sent to; empty for none.
    pub push_url: String,
    /// SSF `status`.
    pub status: StreamStatus,
    /// SSF `reason`.
    pub reason: String,
    /// SSF `delivery.method`.
    pub method: Method,
    /// SSF `delivery.authorization_header`, sealed; empty for none.
    pub authorization: Vec<u8>,
    /// SSF `events_requested`, those of them that there are: bit n is type n of [`super::TYPES`].
    pub events: u32,
    /// SSF `description`.
    pub description: String,
    /// When it was let in.
    pub created: Timestamp,
    /// How often it was changed.
    pub revision: u32,
    /// When it last asked to be verified.
    pub verified: Timestamp,
}

/// How a stream has fared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fared {
    /// Events that wait.
    pub waiting: u64,
    /// Events that found no room.
    pub dropped: u64,
    /// When something was last told.
    pub delivered: Option<Timestamp>,
    /// What went wrong last; empty since the last that went well.
    pub error: String,
}

/// To whom something waits to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An application, that a session has ended.
    App(ClientId),
    /// A stream, an event.
    Stream(StreamId),
}

impl Target {
    /// Its id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::App(id) => id.as_bytes(),
            Self::Stream(id) => id.as_bytes(),
        }
    }
}

/// Something that waits to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// To whom.
    pub target: Target,
    /// Of a stream the event's id, of an application the session's.
    pub id: [u8; 16],
    /// The event (see [`super::Event::body`]); empty for an application.
    pub body: String,
    /// Whose session it was, for an application.
    pub user: Option<UserId>,
    /// When it happened.
    pub at: Timestamp,
    /// When it is tried next.
    pub due: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

impl Waiting {
    /// When to try again if this try, made `now`, comes to nothing: 2 seconds after the first, each time twice as
    /// late, at most an hour.
    #[must_use]
    pub fn again(&self, now: Timestamp) -> Timestamp {
        now + Seconds(2_i64.saturating_mul(1 << self.attempts.min(11)).min(3600))
    }

    /// Whether it has been tried for long enough.
    #[must_use]
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        now - self.at > KEPT
    }
}

/// Whether events may be sent to an address: `https`, or `http` on this machine alone. Who may name one is an
/// administrator; a receiver cannot make the server ask addresses inside its network (server-side request forgery).
#[must_use]
pub fn may_send_to(url: &str) -> bool {
    let authority = |rest: &str| rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let host = |authority: &str| match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().map(|host| format!("[{host}]")),
        None => authority.split(':').next().map(str::to_owned),
    };
    let plain =
        url.len() <= 2000 && url.bytes().all(|b| (0x21..0x7f).contains(&b)) && !url.contains(['#', '\\']);
    let named =
        |rest: &str| Some(authority(rest)).filter(|name| !name.contains('@')).and_then(|name| host(&name));
    let good = if let Some(rest) = url.strip_prefix("https://") {
        named(rest).is_some_and(|host| !host.is_empty())
    } else if let Some(rest) = url.strip_prefix("http://") {
        named(rest).is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]"))
    } else {
        false
    };
    plain && good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_nowhere_in_the_clear_but_to_this_machine() {
        for good in ["https://a.example/x?y", "http://localhost:1/", "http://127.0.0.1/x", "http://[::1]:9/"]
        {
            assert!(may_send_to(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://a.example/",
            "http://127.0.0.2/",
            "http://localhost.example/",
            "http://localhost@a.example/",
            "https://a@b.example/",
            "http://localhost\\.example/",
            "https://a.example/#x",
            "https://a.example/ x",
            "file:///etc/passwd",
            "gopher://a/",
        ] {
            assert!(!may_send_to(bad), "{bad}");
        }
    }

    #[test]
    fn tries_come_later_and_later_and_end() {
        let now = Timestamp(1_800_000_000);
        let mut waiting = Waiting {
            target: Target::App(ClientId::from_bytes([1; 16])),
            id: [0; 16],
            body: String::new(),
            user: None,
            at: now,
            due: now,
            attempts: 0,
        };
        let mut last = 0;
        for attempts in [0, 1, 2, 10] {
            waiting.attempts = attempts;
            let wait = (waiting.again(now) - now).0;
            assert!(wait > last, "{attempts}");
            last = wait;
        }
        waiting.attempts = u32::MAX;
        assert_eq!(waiting.again(now) - now, Seconds::hours(1));
        assert!(!waiting.is_given_up(now + KEPT));
        assert!(waiting.is_given_up(Timestamp((now + KEPT).0 + 1)));
    }
}
