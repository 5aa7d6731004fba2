//! Sign-ins that programs without a browser have begun (RFC 8628), as they are kept.

use passband_wire::id::{ClientId, SessionId};
use passband_wire::time::{Seconds, Timestamp};

/// What somebody has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    None,
    /// Yes, signed in with this session.
    Yes(SessionId),
    /// No.
    No,
}

/// A sign-in that a program has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// SHA-256 of the device code: who reads the database cannot poll.
    pub id: [u8; 32],
    /// What somebody types.
    pub user_code: String,
    /// Which application asks.
    pub client: ClientId,
    /// For what scope.
    pub scope: String,
    /// For which audience.
    pub resource: String,
    /// From where.
    pub ip: String,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// The least time between two polls.
    pub interval: Seconds,
    /// The last poll.
    pub polled: Option<Timestamp>,
    /// What was answered.
    pub answer: Answer,
}

/// A write of a device code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceCodeChange {
    /// Begin one; a conflict if one of its codes is taken.
    Insert(Box<DeviceCode>),
    /// Note a poll; a conflict if it is gone.
    Polled {
        /// Which.
        id: [u8; 32],
        /// Now.
        at: Timestamp,
        /// The least time until the next.
        interval: Seconds,
    },
    /// Answer it: yes with a session, no without; a conflict if it was answered or is gone.
    Answer {
        /// Which.
        id: [u8; 32],
        /// The session of whoever says yes.
        session: Option<SessionId>,
    },
    /// Use it up; a conflict if nobody said yes, or it was used.
    Redeem {
        /// Which.
        id: [u8; 32],
    },
}
