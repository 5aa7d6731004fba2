//! Logs as JSON lines, a page at a time.

use super::api::Api;
use crate::failure::Failure;
use clap::Args;
use passband_core::time::Timestamp;
use std::io::Write as _;

/// Of which time.
#[derive(Debug, Args)]
pub(super) struct Span {
    /// From this moment on (RFC 3339, UTC)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Before this moment (RFC 3339, UTC)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let example = "2026-01-31T00:00:00Z";
    Timestamp::from_rfc3339(text).ok_or_else(|| format!("must be a moment such as {example}"))
}

impl Span {
    /// The filter over a property that holds the time; empty for all.
    pub(super) fn filter(&self, property: &str) -> String {
        let parts = [(self.since, "ge"), (self.until, "lt")];
        let parts = parts
            .into_iter()
            .filter_map(|(at, operator)| Some(format!("{property} {operator} {}", at?.rfc3339())));
        parts.collect::<Vec<_>>().join(" and ")
    }
}

/// Prints every entry, newest first, each on its own line.
pub(super) async fn export(api: &Api, path: &str, filter: &str) -> Result<(), Failure> {
    let filter = (!filter.is_empty()).then_some(filter);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let write = |row: &serde_json::Value| writeln!(out, "{row}");
    let written = api.each(path, filter, write).await?;
    let flushed = written.and_then(|()| out.flush());
    match flushed {
        Ok(()) => Ok(()),
        // Whoever reads has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::unusable("output", format!("cannot write: {error}"))),
    }
}
