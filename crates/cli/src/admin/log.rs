//! `admin signin`: the sign-in log.

use super::api::{Api, equals};
use super::export::{Span, export};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

const SIGN_INS: &str = "/v1.0/auditLogs/signIns";

const SIGN_IN_COLUMNS: &[Column] = &[
    ("TIME", &["/createdDateTime"]),
    ("USER", &["/userPrincipalName", "/userId"]),
    ("APP", &["/appDisplayName", "/appId"]),
    ("WHAT", &["/passband_kind"]),
    ("RESULT", &["/passband_reason", "/status/failureReason", "/status/errorCode"]),
    ("DEVICE", &["/deviceDetail/displayName", "/deviceDetail/deviceId"]),
    ("IP", &["/ipAddress"]),
];

pub(super) const AUDIT_COLUMNS: &[Column] = &[
    ("TIME", &["/activityDateTime"]),
    ("ACTIVITY", &["/activityDisplayName"]),
    ("BY", &["/initiatedBy/user/userPrincipalName", "/initiatedBy/app/displayName", "/passband_actor"]),
    ("TARGET", &["/targetResources/0/displayName", "/targetResources/0/id"]),
    ("DETAIL", &["/passband_detail", "/resultReason"]),
];

/// What of the sign-in log is wanted.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Only of this person (userPrincipalName)
    #[arg(long, value_name = "UPN")]
    user: Option<String>,
    /// Only of this application (id)
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Only these
    #[arg(long, value_enum)]
    result: Option<Outcome>,
    /// An OData filter of your own, joined to the others by `and`
    #[arg(long, value_name = "ODATA")]
    filter: Option<String>,
}

/// How a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Outcome {
    /// Let in
    Success,
    /// Refused
    Failure,
}

#[derive(Debug, Subcommand)]
pub(super) enum SigninCommand {
    /// List sign-ins, newest first
    #[command(after_help = "Examples:\n  passband admin signin list --user ada@example.com --result failure")]
    List {
        #[command(flatten)]
        wanted: Wanted,
        /// The most to list
        #[arg(long, default_value_t = 50, value_name = "N")]
        top: usize,
    },
    /// Print sign-ins as JSON lines, newest first
    #[command(
        after_help = "Examples:\n  passband admin signin export --since 2026-01-01T00:00:00Z > signins.jsonl"
    )]
    Export(Span),
    /// Print sign-ins as they happen, until interrupted
    #[command(after_help = "Examples:\n  passband admin signin tail\n  \
passband admin signin tail --output json | jq .passband_reason")]
    Tail {
        #[command(flatten)]
        wanted: Wanted,
        /// How many earlier ones to start with
        #[arg(long, default_value_t = 10, value_name = "N")]
        lines: usize,
    },
}

pub(super) async fn signin(command: SigninCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        SigninCommand::List { wanted, top } => {
            let filter = wanted.filter();
            let rows = api.list(SIGN_INS, filter.as_deref(), top).await?;
            out.list(&rows, SIGN_IN_COLUMNS, "No sign-ins.");
            Ok(())
        }
        SigninCommand::Export(span) => export(api, SIGN_INS, &span.filter("createdDateTime")).await,
        SigninCommand::Tail { wanted, lines } => tokio::select! {
            outcome = tail(&wanted, lines, api, out) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(()),
        },
    }
}

/// The most new lines looked for in one second.
const BURST: usize = 1000;

async fn tail(wanted: &Wanted, lines: usize, api: &Api, out: &Output) -> Result<(), Failure> {
    let filter = wanted.filter();
    let mut seen = Seen::default();
    let mut fresh = api.list(SIGN_INS, filter.as_deref(), lines.max(1)).await?;
    fresh.iter().for_each(|row| seen.insert(row));
    fresh.truncate(lines);
    loop {
        for row in fresh.iter().rev() {
            out.entry(row, SIGN_IN_COLUMNS);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        fresh = api.list_until(SIGN_INS, filter.as_deref(), BURST, |row| seen.has(row)).await?;
        fresh.iter().for_each(|row| seen.insert(row));
    }
}

/// Which entries were printed already; only as many as one look can bring up again.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn has(&self, row: &Value) -> bool {
        self.ids.contains(row["id"].as_str().unwrap_or_default())
    }

    fn insert(&mut self, row: &Value) {
        let id = row["id"].as_str().unwrap_or_default().to_owned();
        if self.ids.insert(id.clone()) {
            self.order.push_back(id);
        }
        if self.order.len() > 4 * BURST
            && let Some(old) = self.order.pop_front()
        {
            self.ids.remove(&old);
        }
    }
}

impl Wanted {
    /// The part the server can filter by.
    fn filter(&self) -> Option<String> {
        let parts: Vec<_> = [
            self.user.as_ref().map(|upn| equals("userPrincipalName", upn)),
            self.app.as_ref().map(|id| equals("appId", id)),
            (self.result == Some(Outcome::Success)).then(|| "status/errorCode eq 0".to_owned()),
            (self.result == Some(Outcome::Failure)).then(|| "status/errorCode ne 0".to_owned()),
            self.filter.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}
