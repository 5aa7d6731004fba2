//! Everything a change must pass, in one command with one closing line.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::suite::{self, Tally};
use crate::tidy::Settings;
use crate::{Outcome, cargo, postgres, programs, test_data, tidy};

/// What was done, how long it took, and whether it held.
struct Report(Vec<(&'static str, Duration, bool)>);

impl Report {
    /// Runs one step. A failure is told and kept, and the next step still runs: one round tells everything.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Outcome) {
        println!("── {name}");
        let begun = Instant::now();
        let done = work();
        if let Err(error) = &done {
            println!("{name}: {error}");
        }
        self.0.push((name, begun.elapsed(), done.is_ok()));
    }

    fn print(&self) {
        println!("\n{:<24}{:>9}", "step", "seconds");
        for (name, took, held) in &self.0 {
            println!("{name:<24}{:>9.1}  {}", took.as_secs_f64(), if *held { "ok" } else { "FAILED" });
        }
    }

    fn held(&self) -> bool {
        self.0.iter().all(|(_, _, held)| *held)
    }
}

/// Runs every step and prints what each took; the last line is `N passed, N failed`.
///
/// # Errors
///
/// None of its own: a step that fails is told in the summary and in the exit code.
pub(crate) fn run(root: &Path) -> Outcome<ExitCode> {
    let mut report = Report(Vec::new());
    let mut tally = Tally::default();
    report.step("format", || succeed(cargo(root).args(["fmt", "--all", "--check"])));
    report.step("tidy", || tidy::run(root));
    report.step("clippy", || {
        let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        succeed(cargo(root).args(lint))
    });
    report.step("fuzz targets compile", || {
        // A workspace of its own, which no other step looks at; nightly is for running them alone.
        let check = ["check", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--bins", "--examples"];
        let mut command = cargo(root);
        command.args(check).args(["--features", "server"]);
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            command.env("CARGO_TARGET_DIR", root.join("target"));
        }
        succeed(&mut command)
    });
    report.step("chromium starts", programs::check_chromium);
    report.step("swtpm starts", programs::check_swtpm);
    report.step("tests", || test(root, &mut tally));
    report.step("the map", || {
        // A fixed day: what is true of the map must not change while nobody touches it.
        let check = ["run", "--quiet", "--locked", "--package", "passband", "--", "map", "check"];
        succeed(cargo(root).args(check).args(["--max-age", "365d", "--at", "2026-11-23"]))
    });
    report.step("conformance", || succeed(Command::new("scripts/conformance").current_dir(root)));
    report.step("clients of others", || succeed(Command::new("scripts/interop").current_dir(root)));
    report.print();
    for name in &tally.failures {
        println!("failed: {name}");
    }
    println!("\n{tally}");
    Ok(if report.held() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All tests, on SQLite and on a PostgreSQL of this run. `PASSBAND_REQUIRE_*` turns a test that finds its
/// server or program missing from a skip into a failure.
fn test(root: &Path, tally: &mut Tally) -> Outcome {
    let generated = Settings::read(root)?.generated;
    let before = programs::contents(root, &generated);
    let metadata = test_data::metadata(root)?;
    let server = postgres::Server::start()?;
    let mut command = cargo(root);
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env("PASSBAND_TEST_PG", server.url());
    command.env("PASSBAND_TEST_MDS", metadata).env("PASSBAND_REQUIRE_MDS", "1");
    command.env("PASSBAND_REQUIRE_PG", "1").env("PASSBAND_REQUIRE_CHROMIUM", "1");
    suite::run(&mut command, tally)?;
    // The server's own tests once more, on the other database.
    let mut again = cargo(root);
    again.args(["test", "--package", "passband-server", "--test", "it", "--locked", "--no-fail-fast"]);
    again.env("PASSBAND_TEST_PG", server.url()).env("PASSBAND_TEST_ON", "postgres");
    suite::run(&mut again, tally)?;
    // Comparing with what was there, not with the last commit, lets a change run this before it commits.
    for ((file, before), after) in generated.iter().zip(before).zip(programs::contents(root, &generated)) {
        if before.is_none() || before != after {
            return Err(format!("{file} is generated and was out of date: commit the new one").into());
        }
    }
    Ok(())
}

fn succeed(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("ended with {status}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_that_fails_fails_the_run_and_stops_nothing() {
        let mut report = Report(Vec::new());
        report.step("bad", || Err("no".into()));
        report.step("good", || Ok(()));
        assert_eq!(report.0.len(), 2);
        assert!(!report.held());
    }
}
