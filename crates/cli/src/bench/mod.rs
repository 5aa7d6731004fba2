//! `passband bench`: how fast this machine signs people in, and how near that is to what it can do.
//!
//! The server is this program's own `serve`, a process of its own on one core; the load comes from here, on
//! another. What is compared is measured in turns, so that both have the same noise.

mod child;
mod http;
mod load;
mod machine;
mod plan;
mod report;
mod stage;
mod work;

use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use plan::{Kind, Plan};
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What `passband bench` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// A few seconds and few people, to see that it works
    #[arg(long)]
    quick: bool,
    /// How many people the directory holds, one stage after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [100, 100_000])]
    users: Vec<usize>,
    /// How many connections send at once
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 16, 64])]
    connections: Vec<usize>,
    /// What to measure [default: all]
    #[arg(long, value_name = "WORK", value_delimiter = ',', value_enum)]
    work: Vec<Kind>,
    /// Turns of each measurement; the middle one counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Length of a turn
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
    /// Where to put the folder the benchmark makes and removes [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// An empty database to fill instead of SQLite in that folder: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Serve the bare handler (used by the benchmark itself)
    #[arg(long, hide = true, value_name = "ADDR")]
    serve_bare: Option<SocketAddr>,
}

const EXAMPLES: &str = "Examples:
  passband bench
  passband bench --users 1000 --work exchange --connections 16
  passband bench --quick --output json
  cargo xtask with-postgres -- sh -c 'passband bench --database \"$PASSBAND_TEST_PG\"'

Figures of two runs on a busy or virtual machine do not compare; the ratios within one run do.";

/// Runs the benchmark, or the bare handler for it.
///
/// # Errors
///
/// [`Failure`] if something could not be started, or a request failed.
pub fn run(args: BenchArgs, out: &Output) -> Result<(), Failure> {
    if let Some(at) = args.serve_bare {
        return child::serve_bare(at);
    }
    let plan = Plan::of(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unusable("runtime", format!("cannot start: {error}")))?;
    let measured = async {
        tokio::select! {
            report = stage::all(&plan) => report,
            _ = tokio::signal::ctrl_c() => Err(Failure::no("interrupted", "stopped")),
        }
    };
    let report = tokio::task::LocalSet::new().block_on(&runtime, measured)?;
    out.say(&report.table(), &report.json());
    Ok(())
}

/// Says what is being done, to a person who watches.
fn progress(line: &str) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        // Back to the start, clear, write: one line that changes.
        let _ = write!(stderr, "\r\x1b[K{line}");
        let _ = stderr.flush();
    }
}
