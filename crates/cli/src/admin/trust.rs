//! `admin trust`.

use super::api::{Api, equals, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const BASE: &str = "/v1.0/passband_trust";

/// The largest file that is read, bytes: as much as the server takes.
const MAX_FILE: u64 = 60 * 1024 * 1024;

const ROOT_COLUMNS: &[Column] = &[
    ("FORMAT", &["/format"]),
    ("SUBJECT", &["/subject"]),
    ("EXPIRES", &["/expiryDateTime"]),
    ("BUILT IN", &["/isBuiltIn"]),
    ("SHA-256", &["/id"]),
];

const MODEL_COLUMNS: &[Column] = &[
    ("NAME", &["/displayName"]),
    ("AAGUID", &["/aaGuid"]),
    ("EVIDENCE", &["/evidence"]),
    ("WHY", &["/evidenceProof"]),
    ("CERTIFIED", &["/certification"]),
    ("STATUS", &["/status"]),
    ("PROFILES", &["/said"]),
];

const CHANGE_COLUMNS: &[Column] = &[
    ("PERSON", &["/userPrincipalName"]),
    ("PASSKEY", &["/displayName"]),
    ("FROM", &["/from"]),
    ("TO", &["/to"]),
    ("WHY", &["/reason"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
    /// Show what evidence of passkeys rests on
    Show,
    /// Import the FIDO metadata BLOB (`blob.jwt` from mds3.fidoalliance.org)
    #[command(
        after_help = "Examples:\n  passband admin trust import-metadata blob.jwt --dry-run\n  passband admin trust import-metadata blob.jwt"
    )]
    ImportMetadata(ImportArgs),
    /// Import Google's list of revoked attestation keys (android.googleapis.com/attestation/status)
    ImportRevocations(ImportArgs),
    /// Add a root certificate
    #[command(after_help = "Examples:\n  passband admin trust add-root maker.pem --format packed --dry-run")]
    AddRoot(AddRootArgs),
    /// Remove a root that was added
    RemoveRoot {
        /// SHA-256 of the certificate, as `admin trust roots` shows it
        sha256: String,
        #[command(flatten)]
        how: How,
    },
    /// List who may vouch
    Roots,
    /// List the passkey models in the metadata, what their attestation proves, and which profiles accept them
    #[command(
        after_help = "Examples:\n  passband admin trust models --name YubiKey\n  passband admin trust models --evidence E3 --output json\n  passband admin trust models --profile attested-hardware --refused"
    )]
    Models(ModelsArgs),
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct How {
    /// Only say whom it would touch
    #[arg(long)]
    dry_run: bool,
    /// Make the change even if no administrator could sign in then
    #[arg(long, conflicts_with = "dry_run")]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file as it was published
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct AddRootArgs {
    /// The certificate, PEM
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What it vouches for: packed, tpm, android-key, apple, fido-u2f, or metadata
    #[arg(long, value_name = "FORMAT")]
    format: String,
    /// A model it vouches for; may be repeated [default: any the metadata do not know]
    #[arg(long, value_name = "AAGUID")]
    aaguid: Vec<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    /// Those whose name begins so
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The one with this AAGUID
    #[arg(long, value_name = "AAGUID")]
    aaguid: Option<String>,
    /// Those whose attestation reaches this level: E0 to E3
    #[arg(long, value_name = "LEVEL")]
    evidence: Option<String>,
    /// Those that this profile accepts: its id or name, or a key of `policy passkeys templates`
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Those that the profile refuses, instead
    #[arg(long, requires = "profile")]
    refused: bool,
    /// Show no more than this many
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
}

pub(super) async fn run(command: TrustCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        TrustCommand::Show => {
            out.object(&api.get(BASE, &[]).await?);
            Ok(())
        }
        TrustCommand::ImportMetadata(args) => import("metadata", &args, api, out).await,
        TrustCommand::ImportRevocations(args) => import("revocations", &args, api, out).await,
        TrustCommand::AddRoot(args) => {
            let mut body = json!({ "certificate": read(&args.file)?, "format": args.format });
            if !args.aaguid.is_empty() {
                body["aaGuids"] = args.aaguid.into();
            }
            let told = api.post(&path("roots", args.how), &body).await?;
            tell(&told, out);
            Ok(())
        }
        TrustCommand::RemoveRoot { sha256, how } => {
            let told = api.delete_with_answer(&path(&format!("roots/{}", segment(&sha256)?), how)).await?;
            tell(&told, out);
            Ok(())
        }
        TrustCommand::Roots => {
            let rows = api.list(&format!("{BASE}/roots"), None, 500).await?;
            out.list(&rows, ROOT_COLUMNS, "No roots.");
            Ok(())
        }
        TrustCommand::Models(args) => models(&args, api, out).await,
    }
}

fn path(what: &str, how: How) -> String {
    let option = match how {
        How { dry_run: true, .. } => "?passband_dryRun=true",
        How { force: true, .. } => "?passband_force=true",
        How { .. } => "",
    };
    format!("{BASE}/{what}{option}")
}

fn read(file: &Path) -> Result<String, Failure> {
    let fail = |error| Failure::usage(format!("cannot read {}: {error}", file.display()));
    if std::fs::metadata(file).map_err(fail)?.len() > MAX_FILE {
        return Err(Failure::usage(format!("{} is larger than 60 MiB", file.display())));
    }
    std::fs::read_to_string(file).map_err(fail)
}

async fn import(what: &str, args: &ImportArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let told = api.post(&path(what, args.how), &json!({ "document": read(&args.file)? })).await?;
    tell(&told, out);
    Ok(())
}

/// Says what was done, or would be, and to whom.
fn tell(told: &Value, out: &Output) {
    let text = |at: &str| told[at].as_str().unwrap_or_default();
    let done = if told["applied"] == true { "Done" } else { "Not done, as asked" };
    out.say(
        &format!("{done}: {}. Passkeys whose level moves: {}", text("detail"), told["changeCount"]),
        told,
    );
    if told["applied"] != true && told["leavesNoAdministrator"] == true {
        out.note("No administrator could sign in then; --force would be needed.");
    }
    let changes = told["changes"].as_array().filter(|changes| out.is_table() && !changes.is_empty());
    if let Some(changes) = changes {
        out.list(changes, CHANGE_COLUMNS, "");
    }
}

/// What each profile says of a model, in a line.
fn said(model: &Value) -> String {
    let profiles = model["profiles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = profiles.iter().map(|profile| {
        let name = profile["name"].as_str().unwrap_or_default();
        if profile["accepts"] == true {
            return format!("{name}: accepts");
        }
        let failed = profile["failed"].as_array().map(Vec::as_slice).unwrap_or_default();
        let rules = failed.iter().filter_map(Value::as_str);
        let rules = rules.map(|code| code.strip_prefix("passkey_profile_").unwrap_or(code));
        format!("{name}: refuses ({})", rules.collect::<Vec<_>>().join(", "))
    });
    told.collect::<Vec<_>>().join("; ")
}

async fn models(args: &ModelsArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let mut conditions = Vec::new();
    if let Some(name) = &args.name {
        conditions.push(format!("startswith(displayName,'{}')", name.replace('\'', "''")));
    }
    conditions.extend(args.aaguid.as_deref().map(|aaguid| equals("aaGuid", aaguid)));
    conditions.extend(args.evidence.as_deref().map(|level| equals("evidence", level)));
    let filter = conditions.join(" and ");
    let filter = (!filter.is_empty()).then_some(filter.as_str());
    let place = match &args.profile {
        None => format!("{BASE}/models"),
        Some(profile) => {
            let option = if args.refused { "passband_refusedBy" } else { "passband_acceptedBy" };
            format!("{BASE}/models?{option}={}", segment(profile)?)
        }
    };
    let mut rows = api.list(&place, filter, args.limit).await?;
    if out.is_table() {
        rows.iter_mut().for_each(|row| row["said"] = said(row).into());
    }
    out.list(
        &rows,
        MODEL_COLUMNS,
        "No model. Without metadata there is none: see `passband admin trust import-metadata --help`.",
    );
    Ok(())
}
