//! OAuth scope values (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// No client needs more scope tokens.
const MAX_TOKENS: usize = 64;

/// What a client asks for, or what it was granted: a set, since order and repeats mean nothing (§3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<Box<str>>);

/// Why a scope was not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A token between two spaces is empty.
    #[error("empty scope token")]
    Empty,
    /// A byte outside `NQCHAR` (Appendix A.4).
    #[error("a scope token has a character that is not allowed")]
    Forbidden,
    /// Too many tokens.
    #[error("too many scope tokens")]
    TooMany,
}

impl Scope {
    /// Whether it holds `token`, whole.
    #[must_use]
    pub fn has(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether `granted` covers every token asked for: set inclusion, never text search.
    #[must_use]
    pub fn is_within(&self, granted: &Self) -> bool {
        self.0.is_subset(&granted.0)
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut tokens = BTreeSet::new();
        for token in text.split(' ') {
            if token.is_empty() {
                return Err(ScopeError::Empty);
            }
            if !token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
                return Err(ScopeError::Forbidden);
            }
            tokens.insert(token.into());
            if tokens.len() > MAX_TOKENS {
                return Err(ScopeError::TooMany);
            }
        }
        Ok(Self(tokens))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, token) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_granted_word_is_not_granted() {
        let granted: Scope = "openid email".parse().unwrap();
        assert!("email".parse::<Scope>().unwrap().is_within(&granted));
        assert!(!"mail".parse::<Scope>().unwrap().is_within(&granted));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for bad in [" ", "a  b", "a ", "a\"b", "a\\b", "ä", "a\nb"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad:?}");
        }
        let many: Vec<_> = (0..65).map(|n| format!("s{n}")).collect();
        assert_eq!(many.join(" ").parse::<Scope>(), Err(ScopeError::TooMany));
    }
}
