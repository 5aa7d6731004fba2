//! The pieces of work: what each sends, and what it makes sure of in the answer.

pub(super) mod exchange;
pub(super) mod issue;
pub(super) mod nonce;
pub(super) mod passkey;
pub(super) mod refresh;

/// Numbers without order, the same in each run: which person is next. Not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: usize) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ ((seed as u64 + 1) << 20))
    }

    /// A number below `n`, which is not 0 (xorshift64).
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Who of `all` belongs to connection `at` of `of`: each person speaks on one connection only.
pub(super) fn share(all: usize, at: usize, of: usize) -> Vec<usize> {
    (at..all).step_by(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_speaks_on_one_connection() {
        let mut seen: Vec<usize> = (0..3).flat_map(|at| share(10, at, 3)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn the_dice_reach_everyone() {
        let mut dice = Dice::new(0);
        let seen: std::collections::HashSet<usize> = (0..1000).map(|_| dice.below(20)).collect();
        assert_eq!(seen.len(), 20);
    }
}
