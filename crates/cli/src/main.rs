//! The one binary: arguments, wiring, exit codes.

mod admin;
mod bench;
mod demo;
mod device;
mod failure;
mod map;
mod output;
mod plan;
mod serve;

use clap::{Parser, Subcommand};
use failure::Failure;
use output::{Format, Output};
use std::process::ExitCode;

/// Most of what an exchange costs beside its cryptography is small allocations (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Passkey -> Primary Refresh Token -> single sign-on, bound to the device.
#[derive(Debug, Parser)]
#[command(name = "passband", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    /// How to print: a table for people, JSON for programs
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 the answer is no (check failed, refused), 2 usage, \
3 could not reach or use something.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Administer a server: people, passes, passkeys, apps, devices, logs, keys
    Admin(admin::AdminArgs),
    /// Measure what this machine signs in a second, and how near that is to what it can do
    Bench(bench::BenchArgs),
    /// Give this device an identity, look at it, give it back
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Sign in on this device: a passkey in the browser, then a PRT bound to the device
    Login(device::LoginArgs),
    /// Show the whole chain on this machine, each step checked, the refusals too
    Demo(demo::DemoArgs),
    /// Look into the map: what each platform really supports, since when, by which source
    #[command(subcommand)]
    Map(map::MapCommand),
    /// Tell who can sign in with what, and what a change would do, from an exported tenant and a fleet
    Plan(plan::PlanArgs),
    /// Run the server
    Serve(serve::ServeArgs),
    /// Print an access token for an app, from this device's PRT
    Token(device::TokenArgs),
    /// Print the PRT cookie that signs a browser in
    Cookie(device::CookieArgs),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let out = Output::new(cli.output);
    match run(cli.command, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.failure(&failure);
            ExitCode::from(failure.exit)
        }
    }
}

fn run(command: Command, out: &Output) -> Result<(), Failure> {
    match command {
        Command::Admin(args) => client(admin::run(args, out)),
        Command::Bench(args) => bench::run(args, out),
        Command::Device(command) => client(device::run(command, out)),
        Command::Login(args) => client(device::login(args, out)),
        Command::Demo(args) => demo::run(&args),
        Command::Map(command) => map::run(command, out),
        Command::Plan(args) => plan::run(args, out),
        Command::Serve(args) => serve::run(args),
        Command::Token(args) => client(device::token(args, out)),
        Command::Cookie(args) => client(device::cookie(args, out)),
    }
}

/// Runs a command that only asks others: one thread is enough.
fn client(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::unusable("runtime", format!("cannot start: {error}")))?.block_on(task)
}

/// What clap has to say: help and version are answers, anything else is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os()
        .collect::<Vec<_>>()
        .windows(2)
        .any(|pair| pair[0] == "--output" && pair[1] == "json" || pair[0] == "--output=json");
    let wants_json =
        wants_json || std::env::args_os().next_back().is_some_and(|last| last == "--output=json");
    if error.use_stderr() && wants_json {
        Output::new(Format::Json).failure(&Failure::usage(error.render().to_string().trim_end()));
    } else {
        // A closed pipe is not worth a word.
        let _ = error.print();
    }
    ExitCode::from(u8::from(error.use_stderr()) * 2)
}
