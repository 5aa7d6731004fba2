//! Where randomness comes from: an argument, so that a test can say what it was.

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `out` with fresh bytes.
    fn fill(&self, out: &mut [u8]);
}

/// The operating system's generator, through aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) {
        // A machine without randomness must not hand out keys: stopping is the only safe answer.
        aws_lc_rs::rand::fill(out).expect("the system's random generator failed");
    }
}

/// `N` fresh bytes.
#[must_use]
pub fn bytes<const N: usize>(rng: &dyn Random) -> [u8; N] {
    let mut out = [0; N];
    rng.fill(&mut out);
    out
}
