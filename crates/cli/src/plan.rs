//! `passband plan`: an exported tenant and its fleet, asked with the rules that guard the server.

use crate::failure::Failure;
use crate::output::{Format as OutputFormat, Output};
use clap::{Args, ValueEnum};
use passband_core::id::KeyId;
use passband_core::time::{Seconds, Timestamp};
use passband_map::atlas::Date;
use passband_map::engine::Options;
use passband_map::model::Tenant;
use passband_map::plan::change::Wanted;
use passband_map::plan::{Asked, Plan};
use passband_map::report::{self, build, page, people, write};
use passband_map::{fleet, tenant};
use passband_server::clock::{Clock as _, SystemClock};
use passband_server::pages;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most bytes of a list of devices.
const MAX_FLEET: u64 = 512 * 1024 * 1024;
/// Most bytes of a change: a methods policy with everything in it.
const MAX_CHANGE: u64 = 1024 * 1024;
/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(100);

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The report for a terminal
    Table,
    /// The report as Markdown
    Md,
    /// Everything, as JSON
    Json,
    /// Everybody, a line each, as comma-separated values
    Csv,
    /// The report as one file that needs nothing else, with charts
    Html,
}

/// What is asked of the planner.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(true).args(["tenant", "fleet"]))]
#[command(after_help = "Examples:\n  passband plan --tenant export --fleet devices.csv\n  \
    passband plan --tenant export --format html > plan.html\n  \
    passband plan --tenant export --change new-policy.json --format md\n  \
    passband plan --tenant export --require device-bound\n  \
    passband plan --tenant export --require token-protection --at 2026-08-01\n\n\
    An export is a folder of JSON from Microsoft Graph, v1.0 or beta; docs/plan.md says which requests make one.\n\
    Exit code 1: a part of the input could not be read; the report tells which, and answers without it.\n\
    Exit code 2: the change cannot be tried. Exit code 3: the input cannot be read, or nobody is in it.")]
pub(crate) struct PlanArgs {
    /// The folder of an exported tenant
    #[arg(long, value_name = "DIR")]
    tenant: Option<PathBuf>,
    /// A list of devices, CSV or JSON: name, platform, os_version, state, browsers, owner, compliant, managed, keys, sso,
    /// manufacturer, model, ownership, deviceId
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// A policy to try: conditional access, or the passkey policy, as Graph writes it
    #[arg(long, value_name = "FILE", conflicts_with = "require")]
    change: Option<PathBuf>,
    /// A change to try: device-bound, attested, aaguid:GUID[,GUID], token-protection[:report-only]
    #[arg(long, value_name = "WHAT", value_parser = required)]
    require: Option<Wanted>,
    /// What was true on this day (YYYY-MM-DD); today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// Most people in one wave of the rollout
    #[arg(long, value_name = "PEOPLE", value_parser = clap::value_parser!(u32).range(1..))]
    wave_size: Option<u32>,
    /// Take policies of a v1.0 export as if none asked for token protection, which v1.0 cannot show
    #[arg(long)]
    assume_no_token_protection: bool,
    /// Most rows of each table of a report; JSON and CSV hold everybody
    #[arg(long, value_name = "ROWS", default_value_t = report::ROWS)]
    rows: usize,
    /// How to print; --output json means json
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
}

fn required(text: &str) -> Result<Wanted, String> {
    let expected = || {
        "expected device-bound, attested, aaguid:GUID[,GUID], token-protection or token-protection:report-only".to_owned()
    };
    match text {
        "device-bound" => Ok(Wanted::DeviceBound),
        "attested" => Ok(Wanted::Attested),
        "token-protection" => Ok(Wanted::TokenProtection { report_only: false }),
        "token-protection:report-only" => Ok(Wanted::TokenProtection { report_only: true }),
        _ => {
            let list = text.strip_prefix("aaguid:").ok_or_else(expected)?;
            let model = |text: &str| {
                let id = text.trim().parse::<KeyId>();
                id.map(|id| *id.as_bytes()).map_err(|_| format!("{text:?} is no GUID; {}", expected()))
            };
            list.split(',').map(model).collect::<Result<_, _>>().map(Wanted::Aaguid)
        }
    }
}

/// Reads, asks, prints.
pub(crate) fn run(args: PlanArgs, out: &Output) -> Result<(), Failure> {
    let format = args.format.unwrap_or(if out.is_table() { Format::Table } else { Format::Json });
    let change = match &args.change {
        None => args.require.clone(),
        Some(file) => Some(Wanted::Document(document(file)?)),
    };
    let mut told = Told::new();
    let tenant = read(&args, &mut told)?;
    told.say(&format!("asking for {} people", tenant.people.len()));
    let at = args.at.map_or_else(|| SystemClock.now(), noon);
    let mut options = Options::at(at);
    options.assume_no_token_protection = args.assume_no_token_protection;
    let asked = Asked { change, wave_size: args.wave_size.map(|n| n as usize) };
    let plan = Plan::new(&tenant, options, &asked)
        .map_err(|error| Failure::usage(format!("the change cannot be tried: {error}")))?;
    told.done();
    print(&plan, format, args.rows)?;
    let left_out = left_out(&plan);
    if plan.people.is_empty() {
        // A report about nobody looks like an answer, and is none.
        let message = "there is nobody in the input, so the report answers nothing; export the users as well \
                       (docs/plan.md, \"Export\")";
        let more = left_out.map(|it| format!(". {it}")).unwrap_or_default();
        return Err(Failure::unusable("nobody", format!("{message}{more}")));
    }
    left_out.map_or(Ok(()), |message| Err(Failure::no("leftOut", message)))
}

/// What could not be read, in a sentence.
fn left_out(plan: &Plan) -> Option<String> {
    let first = plan.left_out.first()?;
    let place = if first.line == 0 { first.file.clone() } else { format!("{}:{}", first.file, first.line) };
    let parts = match plan.left_out.len() {
        1 => "1 part of the input was".to_owned(),
        n => format!("{n} parts of the input were"),
    };
    let what = if first.field.is_empty() { "it" } else { &first.field };
    Some(format!(
        "{parts} left out, the first at {place}: {what} should be {}, not {}; the report lists them all, mend or export \
         them again",
        first.expected, first.found
    ))
}

/// A day, taken at its noon: the rules of the map change at the turn of a day.
fn noon(day: Date) -> Timestamp {
    Timestamp(day.unix_days() * Seconds::days(1).0) + Seconds::hours(12)
}

fn read(args: &PlanArgs, told: &mut Told) -> Result<Tenant, Failure> {
    let mut found = match &args.tenant {
        None => Tenant::default(),
        Some(folder) => tenant::read(folder, &mut |done, of| told.files(done, of)).map_err(|error| {
            Failure::unusable("tenant", format!("cannot read the export in {}: {error}", folder.display()))
        })?,
    };
    if let Some(file) = &args.fleet {
        told.say("reading the list of devices");
        let bytes = bytes(file, MAX_FLEET)?;
        fleet::read(&bytes, &file.display().to_string(), &mut found);
    }
    Ok(found)
}

fn bytes(file: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let unusable = |why: String| Failure::unusable("file", format!("cannot read {}: {why}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| unusable(error.to_string()))?;
    let mut bytes = Vec::new();
    opened.take(most + 1).read_to_end(&mut bytes).map_err(|error| unusable(error.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(unusable(format!("it is larger than {} MiB", most / 1024 / 1024)));
    }
    Ok(bytes)
}

fn document(file: &Path) -> Result<serde_json::Value, Failure> {
    let bytes = bytes(file, MAX_CHANGE)?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(text).map_err(|error| {
        Failure::usage(format!(
            "{} is no JSON: {error}; it has to hold one policy as Graph writes it",
            file.display()
        ))
    })
}

fn print(plan: &Plan, format: Format, rows: usize) -> Result<(), Failure> {
    let out = Output::new(OutputFormat::Table);
    match format {
        Format::Table => out.text(&write::text(&build::report(plan, rows))),
        Format::Md => out.text(&write::markdown(&build::report(plan, rows))),
        Format::Csv => out.text(&people::csv(plan)),
        Format::Html => {
            let style = pages::asset("passband.css").map(|asset| String::from_utf8_lossy(asset.body));
            let page = page::page(&build::report(plan, rows), &style.unwrap_or_default())
                .map_err(|error| Failure::unusable("notRendered", error.to_string()))?;
            out.text(&page);
        }
        Format::Json => {
            // Of a large tenant hundreds of megabytes: written as it is made, never held. A closed pipe is no error.
            let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
            let _ = serde_json::to_writer_pretty(&mut stdout, plan);
            let _ = writeln!(stdout).and_then(|()| stdout.flush());
        }
    }
    Ok(())
}

/// Progress, to a person who watches.
struct Told {
    watched: bool,
    last: Instant,
}

impl Told {
    fn new() -> Self {
        Self { watched: std::io::stderr().is_terminal(), last: Instant::now() }
    }

    fn files(&mut self, done: usize, of: usize) {
        if done == of || self.last.elapsed() >= TOLD_EVERY {
            self.last = Instant::now();
            self.say(&format!("reading the export: {done} of {of} files"));
        }
    }

    fn say(&self, line: &str) {
        if self.watched {
            // Back to the start, clear, write: one line that changes.
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
        }
    }

    fn done(&self) {
        self.say("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_required() {
        let key = [0x2f; 16];
        let guid = KeyId::from_bytes(key).to_string();
        for (text, wanted) in [
            ("device-bound".to_owned(), Wanted::DeviceBound),
            ("attested".to_owned(), Wanted::Attested),
            (format!("aaguid:{guid}, {guid}"), Wanted::Aaguid(vec![key, key])),
            ("token-protection".to_owned(), Wanted::TokenProtection { report_only: false }),
            ("token-protection:report-only".to_owned(), Wanted::TokenProtection { report_only: true }),
        ] {
            assert_eq!(required(&text), Ok(wanted), "{text}");
        }
        for wrong in ["", "synced", "aaguid:", "aaguid:1234", "token-protection:"] {
            assert!(required(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_is_taken_at_its_noon() {
        assert_eq!(noon("2026-08-20".parse().unwrap()).rfc3339(), "2026-08-20T12:00:00Z");
    }
}
