//! Counters against guessing and against noise: bounded in memory, forgetting by themselves.
//!
//! Two rules, both by network and never by person alone, since whoever counts by person lets strangers lock people
//! out:
//!
//! - [`guess`](Throttle::guess): whoever types wrong passes or codes stops being listened to for a while, there only.
//! - [`refused`](Throttle::refused): a network that is refused again and again is told so, and stops filling the log.
//!   What is right is still granted: a passkey cannot be guessed, and a network has many people.

use passband_core::time::{Seconds, Timestamp};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::Mutex;

/// Wrong guesses allowed in a window.
const GUESSES: u32 = 10;

/// Refusals of strangers that one network may have in a window, of each kind.
const REFUSALS: u32 = 100;

/// The window.
pub const WINDOW: Seconds = Seconds::minutes(10);

/// Counters kept at most: a few MiB.
const MOST: usize = 50_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Temporary Access Passes typed.
    Pass,
    /// Recovery codes typed.
    RecoveryCode,
    /// Device codes typed, and begun.
    DeviceCode,
    /// Passkeys presented or registered.
    Ceremony,
    /// Requests of programs: codes, refresh tokens, PRTs, device registrations.
    Token,
}

/// Whether a refusal is to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusals {
    /// Few enough.
    Few,
    /// The first beyond the limit: one line says that more are coming.
    FirstTooMany,
    /// One of those.
    TooMany,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rule {
    Guess,
    Refused,
}

/// A counter's name. Keyed hashes: the map keeps no names or addresses, and nobody can aim at another's counter.
type Key = u64;

#[derive(Clone, Copy, Debug)]
struct Counter {
    since: Timestamp,
    count: u32,
}

/// All counters.
#[derive(Debug, Default)]
pub struct Throttle {
    counters: Mutex<HashMap<Key, Counter>>,
    hasher: RandomState,
}

/// Somebody who types a pass or a code.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    network: Key,
    person: Key,
}

impl Throttle {
    /// The counters of a guess at `upn`, from the address `ip`.
    pub fn guess(&self, class: Class, ip: &str, upn: &str) -> Guess {
        let network = network_of(ip);
        Guess {
            network: self.hasher.hash_one((Rule::Guess, class, &network)),
            person: self.hasher.hash_one((Rule::Guess, class, &network, upn)),
        }
    }

    /// Whether this network has guessed wrong too often lately, at this person or at all.
    pub fn is_blocked(&self, guess: Guess, now: Timestamp) -> bool {
        let counters = self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        [guess.network, guess.person]
            .iter()
            .any(|key| counters.get(key).is_some_and(|it| now - it.since < WINDOW && it.count >= GUESSES))
    }

    /// Notes a wrong guess.
    pub fn failed(&self, guess: Guess, now: Timestamp) {
        self.add(guess.network, now);
        self.add(guess.person, now);
    }

    /// Notes that a stranger at `ip` was refused.
    pub fn refused(&self, class: Class, ip: &str, now: Timestamp) -> Refusals {
        let key = self.hasher.hash_one((Rule::Refused, class, &network_of(ip)));
        let count = self.add(key, now);
        match count {
            0..=REFUSALS => Refusals::Few,
            n if n == REFUSALS + 1 => Refusals::FirstTooMany,
            _ => Refusals::TooMany,
        }
    }

    fn add(&self, key: Key, now: Timestamp) -> u32 {
        let mut counters = self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if counters.len() >= MOST && !counters.contains_key(&key) {
            make_room(&mut counters, now);
        }
        let counter = counters.entry(key).or_insert(Counter { since: now, count: 0 });
        if now - counter.since >= WINDOW {
            *counter = Counter { since: now, count: 0 };
        }
        counter.count = counter.count.saturating_add(1);
        counter.count
    }
}

/// Forgets windows that are over, and if that is not enough the half that counted least: an attacker with many
/// addresses makes the server forget those, and not the ones it has counted up.
fn make_room(counters: &mut HashMap<Key, Counter>, now: Timestamp) {
    counters.retain(|_, it| now - it.since < WINDOW);
    if counters.len() <= MOST / 2 {
        return;
    }
    let mut counts: Vec<_> = counters.values().map(|it| it.count).collect();
    let (_, middle, _) = counts.select_nth_unstable(MOST / 2);
    let middle = *middle;
    let mut spare = counters.len() - MOST / 2;
    counters.retain(|_, it| {
        let goes = spare > 0 && it.count <= middle;
        spare -= usize::from(goes);
        !goes
    });
}

/// The network of an address: an IPv4 address, or 64 bits of an IPv6 one, since whoever has one of those has all of
/// them (RFC 6177 §2). What is no address (a socket without one) is one network.
fn network_of(ip: &str) -> IpAddr {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => IpAddr::V6((ip.to_bits() & !u128::from(u64::MAX)).into()),
        Ok(ip) => ip,
        Err(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn ten_failures_block_for_ten_minutes_and_only_their_key() {
        let throttle = Throttle::default();
        let at = |ip, upn| throttle.guess(Class::Pass, ip, upn);
        for _ in 0..GUESSES {
            assert!(!throttle.is_blocked(at("192.0.2.1", "ada"), NOW));
            throttle.failed(at("192.0.2.1", "ada"), NOW);
        }
        assert!(throttle.is_blocked(at("192.0.2.1", "ada"), NOW));
        assert!(throttle.is_blocked(at("192.0.2.1", "bert"), NOW), "guessing goes on with another name");
        assert!(!throttle.is_blocked(at("192.0.2.2", "ada"), NOW), "ada is not locked out elsewhere");
        assert!(!throttle.is_blocked(throttle.guess(Class::RecoveryCode, "192.0.2.1", "ada"), NOW));
        assert!(!throttle.is_blocked(at("192.0.2.1", "ada"), NOW + WINDOW));
    }

    #[test]
    fn refusals_are_told_one_by_one_up_to_a_limit_and_then_once() {
        let throttle = Throttle::default();
        let refused = |ip, now| throttle.refused(Class::Token, ip, now);
        for _ in 0..REFUSALS {
            assert_eq!(refused("192.0.2.1", NOW), Refusals::Few);
        }
        assert_eq!(refused("192.0.2.1", NOW), Refusals::FirstTooMany);
        for _ in 0..10 {
            assert_eq!(refused("192.0.2.1", NOW), Refusals::TooMany);
        }
        assert_eq!(refused("192.0.2.2", NOW), Refusals::Few);
        assert_eq!(throttle.refused(Class::Ceremony, "192.0.2.1", NOW), Refusals::Few);
        assert_eq!(refused("192.0.2.1", NOW + WINDOW), Refusals::Few);
    }

    #[test]
    fn who_has_one_address_of_a_subnet_has_all_of_them() {
        let same = |a, b| network_of(a) == network_of(b);
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(same("", "unix"));
    }

    #[test]
    fn many_addresses_fill_no_memory_and_free_nobody() {
        let throttle = Throttle::default();
        let guilty = throttle.guess(Class::Pass, "192.0.2.1", "ada");
        for _ in 0..GUESSES {
            throttle.failed(guilty, NOW);
        }
        for n in 0..(3 * MOST as u128) {
            let ip = std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) + (n << 64)).to_string();
            throttle.refused(Class::Pass, &ip, NOW);
        }
        assert!(throttle.counters.lock().unwrap().len() <= MOST);
        assert!(throttle.is_blocked(guilty, NOW));
    }
}
