//! What came of each step beside what was expected, a line each.

use crate::expected::EXPECTED;
use std::fmt::Display;

/// Why a step did not succeed: the words of the client or of the server.
pub type Refusal = String;

/// The lines so far.
#[derive(Default)]
pub struct Transcript {
    told: Vec<&'static str>,
    differences: usize,
}

impl Transcript {
    /// Tells a step; its value if it succeeded.
    pub fn tell<T>(&mut self, step: &'static str, outcome: Result<(T, impl Display), Refusal>) -> Option<T> {
        let expected = EXPECTED.iter().find(|(name, _)| *name == step).map(|(_, expected)| expected);
        let (said, value) = match outcome {
            Ok((value, detail)) => (Ok(detail.to_string()), Some(value)),
            Err(refusal) => (Err(refusal), None),
        };
        let good = expected.is_some_and(|expected| expected.admits(&said)) && !self.told.contains(&step);
        self.told.push(step);
        let (word, detail) = match &said {
            Ok(detail) => ("ok", detail),
            Err(refusal) => ("refused", refusal),
        };
        let mark = if good { " " } else { "!" };
        println!("{mark} {step:<34} {word:<8} {}", one_line(detail));
        if !good {
            self.differences += 1;
            println!("! expected: {}", expected.map_or("no such step".to_owned(), ToString::to_string));
        }
        value
    }

    /// How many steps came out otherwise than expected, those that were never taken among them.
    pub fn differences(&self) -> usize {
        let untold = EXPECTED.iter().filter(|(name, _)| !self.told.contains(name)).count();
        println!(
            "{} steps, {} of {} as expected",
            self.told.len(),
            self.told.len() - self.differences,
            EXPECTED.len()
        );
        self.differences + untold
    }
}

/// Long texts of servers and clients, cut to a line.
fn one_line(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= 150 { flat } else { flat.chars().take(147).collect::<String>() + "..." }
}
