//! `passband map`: what each platform really supports, what changed, what to look at again.

use crate::failure::Failure;
use crate::output::{Format as OutputFormat, Output};
use clap::{Args, Subcommand, ValueEnum};
use passband_map::atlas::page::{Query, standalone};
use passband_map::atlas::{Atlas, Date, Platform, Section, render};
use passband_server::clock::{Clock as _, SystemClock};
use passband_server::pages;

/// What is asked of the map.
#[derive(Debug, Subcommand)]
pub(crate) enum MapCommand {
    /// Show what was true on a day
    Show(ShowArgs),
    /// Tell what changed between two days
    Diff(DiffArgs),
    /// List facts that are stale, contradicting or unsure; exit 1 if one is not accepted with a reason
    Check(CheckArgs),
}

/// How the map is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for a terminal
    Table,
    /// Markdown
    Md,
    /// JSON
    Json,
    /// Comma-separated values
    Csv,
    /// One file that needs nothing else, with a slider through time
    Html,
}

/// How lists about the map are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// A sentence a line
    Table,
    /// Markdown
    Md,
    /// JSON
    Json,
    /// Comma-separated values
    Csv,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband map show --section session --platform macos\n  \
    passband map show --subject token-protection.sign-in-session --at 2026-03-01\n  \
    passband map show --format html > map.html")]
pub(crate) struct ShowArgs {
    /// Only this platform (any, windows, macos, ios, android, linux, passband); may be given again
    #[arg(long, value_name = "PLATFORM")]
    platform: Vec<Platform>,
    /// Only this floor (platform, device, authentication, session); may be given again
    #[arg(long, value_name = "SECTION")]
    section: Vec<Section>,
    /// Only this subject, such as passkey.synced
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// What was true on this day (YYYY-MM-DD; a month means its first day); today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// How to print; --output json means json
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband map diff --from 2025-06-01 --to 2026-11-22\n  \
    passband map diff --from 2026-01-01 --format md")]
pub(crate) struct DiffArgs {
    /// The earlier day
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The later day; today if not given
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// How to print; --output json means json
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ListFormat>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband map check --max-age 180d\n  \
    passband map check --max-age 365d --at 2026-11-22 --output json")]
pub(crate) struct CheckArgs {
    /// How old the last verification may be, in days
    #[arg(long, value_name = "DAYS", default_value = "180d", value_parser = days)]
    max_age: u32,
    /// The day to check on; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// How to print; --output json means json
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ListFormat>,
}

/// Days as a person writes them: `180d`, or `180`.
fn days(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    number
        .parse::<u32>()
        .ok()
        .filter(|days| *days <= 36_500)
        .ok_or_else(|| "expected days, such as 180d".to_owned())
}

/// Runs one of the commands; none of them reaches out to anything.
pub(crate) fn run(command: MapCommand, out: &Output) -> Result<(), Failure> {
    match command {
        MapCommand::Show(args) => show(args, *out),
        MapCommand::Diff(args) => diff(&args, *out),
        MapCommand::Check(args) => check(&args, *out),
    }
}

fn today() -> Date {
    SystemClock.now().into()
}

fn list_format(chosen: Option<ListFormat>, out: Output) -> ListFormat {
    chosen.unwrap_or(if out.is_table() { ListFormat::Table } else { ListFormat::Json })
}

fn show(args: ShowArgs, out: Output) -> Result<(), Failure> {
    if let Some(subject) = args.subject.as_deref().filter(|key| Atlas::subject(key).is_none()) {
        return Err(no_subject(subject));
    }
    let mut query = Query::on(args.at.unwrap_or_else(today));
    query.platforms = args.platform;
    query.sections = args.section;
    query.subject = args.subject;
    let view = Atlas::embedded().view(query);
    let json = if out.is_table() { Format::Table } else { Format::Json };
    match args.format.unwrap_or(json) {
        Format::Table => out.text(&render::table(&view)),
        Format::Md => out.text(&render::markdown(&view)),
        Format::Csv => out.text(&render::csv(&view)),
        Format::Json => Output::new(OutputFormat::Json).object(&render::json(&view)),
        Format::Html => {
            let style = pages::asset("passband.css").map(|asset| String::from_utf8_lossy(asset.body));
            let page = standalone(&view, &style.unwrap_or_default())
                .map_err(|error| Failure::unusable("notRendered", error.to_string()))?;
            out.text(&page);
        }
    }
    Ok(())
}

/// Names what was probably meant: the subjects whose names begin most like it.
fn no_subject(wanted: &str) -> Failure {
    let alike = |key: &str| key.bytes().zip(wanted.bytes()).take_while(|(one, other)| one == other).count();
    let mut named: Vec<_> =
        Atlas::subjects().iter().map(|subject| subject.key).filter(|key| alike(key) > 2).collect();
    named.sort_by_key(|key| (std::cmp::Reverse(alike(key)), *key));
    named.truncate(5);
    let hint = if named.is_empty() {
        "`passband map show --format csv` lists all".to_owned()
    } else {
        format!("did you mean {}?", named.join(", "))
    };
    Failure::usage(format!("the map has no subject {wanted:?}; {hint}"))
}

fn diff(args: &DiffArgs, out: Output) -> Result<(), Failure> {
    let to = args.to.unwrap_or_else(today);
    if to.unix_days() < args.from.unix_days() {
        return Err(Failure::usage(format!("--from {} is after --to {to}; turn them around", args.from)));
    }
    let atlas = Atlas::embedded();
    let changes = atlas.diff(args.from, to);
    match list_format(args.format, out) {
        ListFormat::Table if changes.is_empty() => {
            out.text(&format!("Nothing changed between {} and {to}.", args.from));
        }
        ListFormat::Table => out.text(&render::diff_text(atlas, &changes)),
        ListFormat::Md => out.text(&render::diff_markdown(atlas, &changes)),
        ListFormat::Csv => out.text(&render::diff_csv(atlas, &changes)),
        ListFormat::Json => Output::new(OutputFormat::Json).object(&render::diff_json(atlas, &changes)),
    }
    Ok(())
}

fn check(args: &CheckArgs, out: Output) -> Result<(), Failure> {
    let at = args.at.unwrap_or_else(today);
    let findings = Atlas::embedded().check(at, args.max_age);
    match list_format(args.format, out) {
        ListFormat::Table if findings.is_empty() => out.text("Nothing to look at again."),
        ListFormat::Table => out.text(&render::check_text(&findings)),
        ListFormat::Md => out.text(&render::check_markdown(&findings)),
        ListFormat::Csv => out.text(&render::check_csv(&findings)),
        ListFormat::Json => Output::new(OutputFormat::Json).object(&render::check_json(&findings)),
    }
    let open = findings.iter().filter(|finding| finding.acknowledged.is_none()).count();
    if open == 0 {
        return Ok(());
    }
    let message = format!(
        "{open} of {} findings have no reason to be accepted as of {at}; verify the facts, or write the reason",
        findings.len()
    );
    Err(Failure::no("mapNeedsCare", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_of_days() {
        assert_eq!((days("180d"), days("0"), days("36500d")), (Ok(180), Ok(0), Ok(36_500)));
        for wrong in ["", "d", "180w", "-1d", "36501d", "1.5d"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subject_that_is_not_there_names_its_neighbours() {
        let failure = no_subject("passkey.sync");
        assert_eq!(failure.exit, 2);
        assert!(failure.message.contains("passkey.synced"), "{}", failure.message);
        assert!(no_subject("zzz").message.contains("lists all"));
    }
}
