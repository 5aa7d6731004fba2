//! Development tasks: everything a change passes before it lands, and the pieces of it to run alone.

#![allow(clippy::print_stdout, reason = "this program's job is to tell a person what it found")]

mod ci;
mod postgres;
mod programs;
mod rust_text;
mod suite;
mod test_data;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

/// What a task can fail with: text for the person who ran it.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(about = "Development tasks of Passband")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a change must pass: format, lints, tidy, and all tests on both databases
    Ci,
    /// The rules of the house that no compiler checks
    Tidy,
    /// Run a command with a PostgreSQL of its own in `PASSBAND_TEST_PG`
    WithPostgres {
        /// The command and its arguments, after `--`
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let done = match repository_root() {
        Ok(root) => match task {
            Task::Ci => ci::run(&root),
            Task::Tidy => tidy::run(&root).map(|()| ExitCode::SUCCESS),
            Task::WithPostgres { command } => with_postgres(&command),
        },
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// The folder of the workspace, whichever folder the task was started in.
fn repository_root() -> Outcome<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("start this with `cargo xtask`")?;
    Ok(Path::new(&manifest).parent().ok_or("xtask is not inside a workspace")?.to_path_buf())
}

/// The cargo that started this program, so that both are of one toolchain.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn with_postgres(command: &[String]) -> Outcome<ExitCode> {
    let server = postgres::Server::start()?;
    let (program, arguments) = command.split_first().ok_or("no command given")?;
    let status = Command::new(program)
        .args(arguments)
        .env("PASSBAND_TEST_PG", server.url())
        .env("PASSBAND_REQUIRE_PG", "1")
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
