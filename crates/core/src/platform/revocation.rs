//! Attestation keys that Google has taken back (Android, "Certificate revocation status list").

use super::x509::Certificate;
use passband_wire::attestation_status::{StatusList, StatusListError};
use passband_wire::time::{Seconds, Timestamp};

/// How long a list is believed to be complete. A leaked key is listed within weeks; a list nobody renews proves less
/// with every one of them.
pub const GOOD_FOR: Seconds = Seconds::days(30);

/// A status list, and when it was given to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    list: StatusList,
    given: Timestamp,
}

impl Revocations {
    /// Reads a list. It carries no signature: who gives it vouches for it, be it an administrator or TLS.
    ///
    /// # Errors
    ///
    /// [`StatusListError`] if it is none.
    pub fn parse(text: &[u8], given: Timestamp) -> Result<Self, StatusListError> {
        StatusList::parse(text).map(|list| Self { list, given })
    }

    /// How many certificates it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// When it was given.
    #[must_use]
    pub const fn given(&self) -> Timestamp {
        self.given
    }

    /// Whether it is new enough to say that a key is *not* revoked.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        now - self.given <= GOOD_FOR
    }

    /// Whether one of these certificates is on the list, whatever the list says of it.
    pub(super) fn names(&self, chain: &[Vec<u8>]) -> bool {
        // What cannot be read cannot be looked up: better a passkey less than a leaked key more.
        chain.iter().any(|der| {
            Certificate::parse(der).map_or(true, |found| self.list.status(found.serial()).is_some())
        })
    }
}
