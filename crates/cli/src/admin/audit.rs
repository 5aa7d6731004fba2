//! `admin audit`: the log of changes, and whether it is as it was written.

use super::api::Api;
use super::export::{Span, export};
use super::log::AUDIT_COLUMNS;
use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};
use passband_core::audit::chain::{Broken, Ends, Link, Place, Verifier};
use passband_core::time::Timestamp;
use passband_server::verify::{Unverified, verify_audit};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) const AUDITS: &str = "/v1.0/auditLogs/directoryAudits";

/// Lines verified at a time: a log of years is held in memory no more than a short one.
const PAGE: &str = "999";

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// List changes, newest first
    List {
        /// The most to list
        #[arg(long, default_value_t = 50, value_name = "N")]
        top: usize,
    },
    /// Print changes as JSON lines, newest first
    #[command(
        after_help = "Examples:\n  passband admin audit export --since 2026-01-01T00:00:00Z > audit.jsonl"
    )]
    Export(Span),
    /// Check that no line of the log was altered, taken out or cut off
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  passband admin audit verify
  passband admin audit verify --head 6e34...:118
  passband admin audit verify --offline --data ./passband-data")]
pub(super) struct VerifyArgs {
    /// A head that was written down before: what it names must still be there
    #[arg(long, value_name = "HASH:SEQ", value_parser = place)]
    head: Option<Place>,
    /// Read the database itself, with no server running
    #[arg(long)]
    pub(super) offline: bool,
    /// With --offline: the database, if it is not the one in the data folder
    #[arg(long, requires = "offline", value_name = "URL")]
    database: Option<String>,
}

fn place(text: &str) -> Result<Place, String> {
    let parsed = text
        .split_once(':')
        .and_then(|(hash, seq)| Some(Place { hash: unhex(hash)?, seq: seq.parse().ok()? }));
    parsed.ok_or_else(|| "must be a hash of 64 hexadecimal digits, a colon and a number".to_owned())
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let plain = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut out = [0; 32];
    for (n, byte) in out.iter_mut().enumerate().filter(|_| plain) {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    plain.then_some(out)
}

pub(super) async fn run(command: AuditCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        AuditCommand::List { top } => {
            out.list(&api.list(AUDITS, None, top).await?, AUDIT_COLUMNS, "No changes.");
            Ok(())
        }
        AuditCommand::Export(span) => export(api, AUDITS, &span.filter("activityDateTime")).await,
        AuditCommand::Verify(args) => online(&args, api, out).await,
    }
}

/// Verifies what the API shows; every hash is computed here.
async fn online(args: &VerifyArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let ends = ends(&api.get("/v1.0/passband_auditHead", &[]).await?).ok_or_else(unreadable)?;
    let mut verifier = Verifier::new(ends, args.head);
    let mut after = ends.base.seq;
    while after < ends.head.seq {
        let at = after.to_string();
        let page = api.get(AUDITS, &[("passband_after", &at), ("$top", PAGE)]).await?;
        let rows = page["value"].as_array().ok_or_else(unreadable)?;
        for row in rows {
            let line = line(row).ok_or_else(unreadable)?;
            verifier.step(&line.link(), &line.hash).map_err(broken)?;
        }
        // A page that leads nowhere is the end; what is missing then, the verifier says.
        let last = rows.last().and_then(line).map_or(after, |line| line.seq);
        if last <= after {
            break;
        }
        after = last;
    }
    told(verifier.finish().map_err(broken)?, ends, out);
    Ok(())
}

/// Verifies a database that no server has open.
pub(super) async fn offline(args: &VerifyArgs, data: Option<PathBuf>, out: &Output) -> Result<(), Failure> {
    let url = match (&args.database, data) {
        (Some(url), _) => url.clone(),
        (None, Some(data)) => {
            let file = data.join("passband.sqlite");
            // Opening would make one.
            if !file.is_file() {
                let text = format!("there is no database at {}", file.display());
                return Err(Failure::unusable("dataUnusable", text));
            }
            format!("sqlite://{}", file.display())
        }
        (None, None) => return Err(Failure::usage("give the server's data folder: --data DIR")),
    };
    let (count, ends) = verify_audit(&url, args.head).await.map_err(|error| match error {
        Unverified::Broken(error) => broken(error),
        Unverified::Store(error) => {
            Failure::unusable("dataUnusable", format!("cannot read the log: {error}"))
        }
    })?;
    told(count, ends, out);
    Ok(())
}

fn told(count: u64, ends: Ends, out: &Output) {
    let hash: String = ends.head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let head = format!("{hash}:{}", ends.head.seq);
    let text = format!("{count} lines are as they were written. Head: {head}");
    out.say(&text, &json!({ "lines": count, "head": head, "baseSequence": ends.base.seq }));
}

fn broken(error: Broken) -> Failure {
    Failure::no("auditBroken", error.to_string())
}

fn unreadable() -> Failure {
    Failure::unusable("protocol", "the server's audit log cannot be read")
}

fn ends(head: &Value) -> Option<Ends> {
    let end =
        |seq: &str, hash: &str| Some(Place { seq: head[seq].as_u64()?, hash: unhex(head[hash].as_str()?)? });
    Some(Ends { base: end("baseSequence", "baseHash")?, head: end("sequence", "hash")? })
}

/// A line as the API shows it.
struct Line<'a> {
    seq: u64,
    prev: [u8; 32],
    hash: [u8; 32],
    id: passband_core::id::AuditId,
    at: Timestamp,
    texts: [&'a str; 4],
}

impl Line<'_> {
    fn link(&self) -> Link<'_> {
        let [actor, activity, target, detail] = self.texts;
        Link { seq: self.seq, prev: &self.prev, id: self.id, at: self.at, actor, activity, target, detail }
    }
}

fn line(shown: &Value) -> Option<Line<'_>> {
    let text = |name: &str| shown[name].as_str();
    let hash = |name: &str| text(name).map_or(Some([0; 32]), unhex);
    Some(Line {
        seq: shown["passband_sequence"].as_u64()?,
        prev: hash("passband_previousHash")?,
        hash: hash("passband_hash")?,
        id: text("id")?.parse().ok()?,
        at: Timestamp::from_rfc3339(text("activityDateTime")?)?,
        texts: [
            text("passband_actor")?,
            text("activityDisplayName")?,
            text("passband_target")?,
            text("passband_detail")?,
        ],
    })
}
