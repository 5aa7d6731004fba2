//! Runs the test suite, shows what it prints, and adds up its closing lines.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::Outcome;

/// Sums over every test binary and every crate's documentation tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Tests that exist and did not run.
    pub(crate) ignored: u64,
    /// Names of the tests that failed.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Takes one line of a test binary's output into account.
    fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
            self.ignored += count(counts, "ignored");
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number before `word` in `ok. 3 passed; 0 failed; 1 ignored; ...`.
fn count(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts.split([' ', ';']).collect();
    words.windows(2).filter(|pair| pair[1] == word).find_map(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// Runs `command`, shows its output as it comes, and says whether all of it passed.
///
/// # Errors
///
/// When a test failed, did not run, or the command itself failed (a test binary may die without a closing
/// line, so the exit status counts too).
pub(crate) fn run(command: &mut Command, tally: &mut Tally) -> Outcome {
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = process.stdout.take().ok_or("no output to read")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        tally.read(&line);
    }
    let status = process.wait()?;
    if !status.success() {
        return Err(format!("the tests ended with {status}").into());
    }
    if tally.ignored > 0 {
        return Err(format!("{} tests are marked to be skipped; every test runs", tally.ignored).into());
    }
    if tally.passed == 0 {
        return Err("no test ran".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (Tally, bool) {
        let mut tally = Tally::default();
        let passed = run(Command::new("sh").arg("-c").arg(script), &mut tally).is_ok();
        (tally, passed)
    }

    const GOOD: &str = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";

    #[test]
    fn binaries_are_summed() {
        let (tally, passed) = shell(&format!("echo '{GOOD}'; echo '{GOOD}; finished in 0.01s'"));
        assert!(passed);
        assert_eq!(tally.to_string(), "6 passed, 0 failed");
    }

    #[test]
    fn a_failure_fails_and_is_named() {
        let bad = "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured";
        let (tally, passed) = shell(&format!("echo 'test a::b ... FAILED'; echo '{bad}'; exit 101"));
        assert!(!passed);
        assert_eq!(tally.to_string(), "2 passed, 1 failed");
        assert_eq!(tally.failures, ["a::b"]);
    }

    #[test]
    fn a_skipped_test_a_dead_binary_and_no_test_all_fail() {
        assert!(!shell("echo 'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured'").1);
        assert!(!shell(&format!("echo '{GOOD}'; exit 1")).1);
        assert!(!shell("true").1);
    }
}
