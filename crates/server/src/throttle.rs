//! Counters against guessing: bounded in memory, forgetting by themselves.

use passband_core::time::{Seconds, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;

/// Failures allowed in a window.
const ALLOWED: u32 = 10;

/// The window.
const WINDOW: Seconds = Seconds::minutes(10);

/// Keys remembered at most; beyond it the oldest windows go first.
const MOST: usize = 50_000;

/// Counts failures by key (a person at an address, or an address alone).
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, (Timestamp, u32)>>);

impl Throttle {
    /// Whether `key` has failed too often lately.
    pub fn is_blocked(&self, key: &str, now: Timestamp) -> bool {
        let map = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        map.get(key).is_some_and(|(since, n)| now - *since < WINDOW && *n >= ALLOWED)
    }

    /// Notes a failure of `key`.
    pub fn failed(&self, key: &str, now: Timestamp) {
        let mut map = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if map.len() >= MOST {
            map.retain(|_, (since, _)| now - *since < WINDOW);
        }
        if map.len() >= MOST {
            map.clear();
        }
        let entry = map.entry(key.to_owned()).or_insert((now, 0));
        if now - entry.0 >= WINDOW {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_block_for_ten_minutes_and_only_their_key() {
        let throttle = Throttle::default();
        let now = Timestamp(1_800_000_000);
        for _ in 0..ALLOWED {
            assert!(!throttle.is_blocked("a", now));
            throttle.failed("a", now);
        }
        assert!(throttle.is_blocked("a", now));
        assert!(!throttle.is_blocked("b", now));
        assert!(!throttle.is_blocked("a", now + WINDOW));
    }
}
