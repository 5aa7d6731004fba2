//! What was measured, for a person and for a program.

use super::load::Round;
use super::machine::Cores;
use super::plan::{Kind, Plan};
use passband_server::bench::limits::Limits;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// A whole run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    database: &'static str,
    /// Whether server and load shared a core, and the figures are of little worth.
    one_core: bool,
    /// Whether the data folder was in memory, and nothing was durable.
    in_memory: bool,
    rounds: usize,
    round_seconds: f64,
    pub(super) limits: Option<Limits>,
    pub(super) stages: Vec<Stage>,
}

/// Everything with one number of people.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stage {
    pub(super) users: usize,
    pub(super) cold_start_ms: f64,
    pub(super) idle_bytes: u64,
    pub(super) peak_bytes: u64,
    pub(super) rows: Vec<Row>,
}

/// One work over one number of connections.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    work: &'static str,
    connections: usize,
    /// Pieces of work done in all.
    count: usize,
    /// Of the middle turn.
    pub(super) per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// The server's, in the kernel too.
    cpu_us: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) half_load: Option<Half>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) growth: Option<Growth>,
}

/// What the server held before the first turn of a work and after the last. Of that work alone if no other ran between.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Growth {
    memory_before: u64,
    memory_after: u64,
    folder_before: u64,
    folder_after: u64,
}

impl Growth {
    /// Counts for the first turn.
    pub(super) const fn before(&mut self, memory: u64, folder: u64) {
        if self.memory_before == 0 {
            (self.memory_before, self.folder_before) = (memory, folder);
        }
    }

    /// Counts until the next turn.
    pub(super) const fn after(&mut self, memory: u64, folder: u64) {
        (self.memory_after, self.folder_after) = (memory, folder);
    }
}

/// Latency when half of what is possible is asked for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Half {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Half {
    pub(super) fn of(round: &Round) -> Self {
        let mut all = round.latencies.clone();
        Self {
            per_second: round.rate(),
            p50_ms: percentile(&mut all, 0.50),
            p99_ms: percentile(&mut all, 0.99),
        }
    }
}

impl Row {
    pub(super) fn of(kind: Kind, connections: usize, rounds: &[Round]) -> Self {
        let mut rates: Vec<f64> = rounds.iter().map(Round::rate).collect();
        let mut all: Vec<u32> = rounds.iter().flat_map(|round| round.latencies.iter().copied()).collect();
        let cpu: f64 = rounds.iter().map(|round| round.cpu.as_secs_f64()).sum();
        Self {
            work: kind.name(),
            connections,
            count: all.len(),
            per_second: median(&mut rates),
            p50_ms: percentile(&mut all, 0.50),
            p99_ms: percentile(&mut all, 0.99),
            cpu_us: cpu * 1e6 / all.len().max(1) as f64,
            half_load: None,
            growth: None,
        }
    }
}

/// The middle value; 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// In milliseconds; 0 of none.
fn percentile(micros: &mut [u32], part: f64) -> f64 {
    micros.sort_unstable();
    let last = micros.len().saturating_sub(1);
    micros.get((last as f64 * part).round() as usize).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

impl Report {
    pub(super) fn new(plan: &Plan, cores: Cores, in_memory: bool) -> Self {
        Self {
            database: if plan.database.is_some() { "PostgreSQL" } else { "SQLite" },
            one_core: cores.is_shared(),
            in_memory,
            rounds: plan.rounds,
            round_seconds: plan.round.as_secs_f64(),
            limits: None,
            stages: Vec::new(),
        }
    }

    /// The figures with, for each, its share of what the machine could do.
    pub(super) fn json(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        for (at, stage) in self.stages.iter().enumerate() {
            for (nth, row) in stage.rows.iter().enumerate() {
                if let Some((limit, share)) = self.share(stage, row) {
                    value["stages"][at]["rows"][nth]["limit"] = limit.into();
                    value["stages"][at]["rows"][nth]["ofLimit"] = share.into();
                }
            }
        }
        value
    }

    /// What limits a row, and how much of it the row reaches.
    fn share(&self, stage: &Stage, row: &Row) -> Option<(&'static str, f64)> {
        let limits = self.limits?;
        let is = |kind: Kind| row.work == kind.name();
        let (limit, most) = if is(Kind::Exchange) || is(Kind::Bound) || is(Kind::Compatible) {
            let bare = |other: &&Row| other.work == Kind::Bare.name() && other.connections == row.connections;
            ("bare handler", stage.rows.iter().find(bare)?.per_second)
        } else if is(Kind::Bare) {
            ("its cryptography", limits.exchange_cryptography)
        } else if is(Kind::Nonce) {
            // Nothing it waits for: no signature, no row.
            return None;
        } else if is(Kind::Passkey) {
            ("ES256 verify", limits.es256_verify)
        } else {
            ("ES256 sign", limits.es256_sign)
        };
        (most > 0.0).then(|| (limit, row.per_second / most))
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{}, {} turns of {} s, one core for the server",
            self.database, self.rounds, self.round_seconds
        )?;
        if self.one_core {
            writeln!(text, "WARNING: only one core; load and server took from each other")?;
        }
        if self.in_memory {
            writeln!(
                text,
                "WARNING: the folder is in memory, so nothing was durable; choose another with --folder"
            )?;
        }
        if let Some(limits) = self.limits {
            write_limits(text, &limits)?;
        }
        for stage in &self.stages {
            self.write_stage(text, stage)?;
        }
        if let [first, .., last] = self.stages.as_slice() {
            writeln!(text, "\n{} people against {}, per second", last.users, first.users)?;
            for (few, many) in first.rows.iter().zip(&last.rows) {
                let ratio = many.per_second / few.per_second.max(f64::MIN_POSITIVE);
                writeln!(text, "  {:<24} {:>4} connections  {ratio:>6.2}", few.work, few.connections)?;
            }
        }
        text.truncate(text.trim_end().len());
        Ok(())
    }

    fn write_stage(&self, text: &mut String, stage: &Stage) -> std::fmt::Result {
        let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
        writeln!(
            text,
            "\n{} people: cold start {:.0} ms, memory {:.1} MiB idle, {:.1} MiB at most",
            stage.users,
            stage.cold_start_ms,
            mib(stage.idle_bytes),
            mib(stage.peak_bytes)
        )?;
        writeln!(
            text,
            "  {:<24} {:>5} {:>9} {:>8} {:>8} {:>8}  {:<22} p99 at half load",
            "work", "conns", "req/s", "p50 ms", "p99 ms", "CPU us", "share of its limit"
        )?;
        for row in &stage.rows {
            let share = self
                .share(stage, row)
                .map_or_else(String::new, |(limit, share)| format!("{:>3.0} % of {limit}", share * 100.0));
            let half = row.half_load.map_or_else(String::new, |half| {
                format!("{:.2} ms at {:.0}/s", half.p99_ms, half.per_second)
            });
            let line = format!(
                "  {:<24} {:>5} {:>9.0} {:>8.2} {:>8.2} {:>8.0}  {share:<22} {half}",
                row.work, row.connections, row.per_second, row.p50_ms, row.p99_ms, row.cpu_us
            );
            writeln!(text, "{}", line.trim_end())?;
            if let Some(grown) = row.growth {
                writeln!(
                    text,
                    "  {:<24} {} of them: memory {:.1} to {:.1} MiB, data folder {:.2} to {:.2} MiB",
                    "",
                    row.count,
                    mib(grown.memory_before),
                    mib(grown.memory_after),
                    mib(grown.folder_before),
                    mib(grown.folder_after)
                )?;
            }
        }
        Ok(())
    }
}

fn write_limits(text: &mut String, limits: &Limits) -> std::fmt::Result {
    writeln!(text, "\nWhat this core can do, per second")?;
    for (name, rate) in [
        ("ES256 sign", limits.es256_sign),
        ("ES256 verify", limits.es256_verify),
        ("RS256 verify", limits.rs256_verify),
        ("exchange, cryptography only", limits.exchange_cryptography),
        ("append 512 bytes and sync", limits.append_and_sync),
        ("durable commit, alone", limits.commit),
        ("durable commit, 64 at once", limits.commit_grouped),
    ] {
        writeln!(text, "  {name:<28} {rate:>9.0}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_middle_turn_counts_and_percentiles_are_over_all() {
        let round = |n: u32| Round {
            seconds: 1.0,
            cpu: Duration::from_millis(10),
            latencies: (1..=n).map(|micros| micros * 1000).collect(),
        };
        let row = Row::of(Kind::Refresh, 4, &[round(10), round(1000), round(100)]);
        assert_eq!((row.per_second, row.count), (100.0, 1110));
        assert!((row.cpu_us - 30_000.0 / 1110.0).abs() < 1e-6);
        assert!(row.p50_ms < row.p99_ms);
        assert_eq!(percentile(&mut [], 0.5), 0.0);
        assert_eq!(percentile(&mut [5000], 0.99), 5.0);
    }
}
