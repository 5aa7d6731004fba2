//! How the demo speaks: a line a step, its time, and whether it held.

use crate::failure::Failure;
use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

/// The telling of one run.
pub struct Story {
    colour: bool,
    step: usize,
    failed: usize,
    last: Instant,
    began: Instant,
}

impl Story {
    /// A story about to begin.
    pub fn new() -> Self {
        let now = Instant::now();
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour, step: 0, failed: 0, last: now, began: now }
    }

    /// A heading.
    pub fn chapter(&mut self, title: &str) {
        self.line(&format!("\n{}", self.paint("1", title)));
        self.last = Instant::now();
    }

    /// A step that was taken, and whether what it must show was so.
    pub fn step(&mut self, held: bool, text: &str) {
        let took = self.last.elapsed().as_secs_f64() * 1000.0;
        self.step += 1;
        if !held {
            self.failed += 1;
        }
        let mark = if held { self.paint("32", "✓") } else { self.paint("31", "✗ FAILED") };
        self.line(&format!("{:>3} {mark} {text} {}", self.step, self.paint("2", &format!("({took:.0} ms)"))));
        self.last = Instant::now();
    }

    /// Something worth knowing that is no step.
    pub fn note(&mut self, text: &str) {
        self.line(&format!("      {}", self.paint("2", text)));
        self.last = Instant::now();
    }

    /// The end, and the verdict.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a check did not hold.
    pub fn close(&mut self) -> Result<(), Failure> {
        let seconds = self.began.elapsed().as_secs_f64();
        if self.failed > 0 {
            let text = format!("{} of {} checks did not hold", self.failed, self.step);
            return Err(Failure::no("demoFailed", text));
        }
        self.line(&format!("\nAll {} checks held, in {seconds:.1} s.", self.step));
        Ok(())
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&self, text: &str) {
        // A closed pipe is not worth a word.
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}
