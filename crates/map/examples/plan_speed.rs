//! How long it takes from a folder to a plan: `plan_speed [--change] FOLDER...`. One folder a run for its peak of memory.
//!
//! Prints a row of the table in `docs/performance.md`. With `--change` the plan also tries out device-bound passkeys only.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement, not part of the software"
)]

use passband_core::time::Timestamp;
use passband_map::engine::Options;
use passband_map::plan::change::Wanted;
use passband_map::plan::{Asked, Plan};
use passband_map::tenant;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The day that plans are about.
const DAY: Timestamp = Timestamp(1_795_348_800);

/// Processor seconds of this process so far, all threads together (Linux `/proc/self/stat`, fields 14 and 15, in
/// hundredths).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
    fields.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that was in use, in MiB (Linux `VmHWM`).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Seconds on the clock and of processors of something, and what came out.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, f64, T) {
    let (start, used) = (Instant::now(), processor());
    let made = work();
    (start.elapsed().as_secs_f64(), processor() - used, made)
}

fn main() -> ExitCode {
    let (flags, folders): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|it| it.starts_with("--"));
    let change = flags.iter().any(|it| it == "--change").then_some(Wanted::DeviceBound);
    if folders.is_empty() {
        eprintln!("usage: plan_speed [--change] FOLDER...");
        return ExitCode::FAILURE;
    }
    let asked = Asked { change, wave_size: None };
    println!(
        "| people | devices | import, s | plan, s | both, s | processor, s | after import, MiB | at most, MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for folder in folders {
        let (import, import_used, tenant) = timed(|| tenant::read(Path::new(&folder), &mut |_, _| {}));
        let tenant = match tenant {
            Ok(tenant) => tenant,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let imported = peak();
        let (plan, plan_used, made) = timed(|| Plan::new(&tenant, Options::at(DAY), &asked));
        match made {
            Ok(made) => println!(
                "| {} | {} | {import:.2} | {plan:.2} | {:.2} | {:.2} | {imported} | {} |",
                made.summary.people,
                made.summary.devices,
                import + plan,
                import_used + plan_used,
                peak(),
            ),
            Err(error) => eprintln!("{error}"),
        }
    }
    ExitCode::SUCCESS
}
