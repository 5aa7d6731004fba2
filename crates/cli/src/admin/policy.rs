//! `admin policy`.

use super::access::{self, AccessCommand};
use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::path::PathBuf;

const TEMPLATES: &str = "/v1.0/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates";
const PASSKEYS: &str = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2";

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Passkeys: profiles, and who may use which
    #[command(subcommand)]
    Passkeys(PasskeysCommand),
    /// Conditional access: who gets to what, with which proof, from which device and place
    #[command(subcommand)]
    Access(AccessCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum PasskeysCommand {
    /// Show the policy; with --output json as a file for `check` and `set`
    #[command(after_help = "Examples:\n  passband admin policy passkeys show --output json > passkeys.json")]
    Show,
    /// Say whom a changed policy would touch, without changing it; exit code 1 if somebody would be left without a usable passkey
    #[command(after_help = "Examples:\n  passband admin policy passkeys check passkeys.json")]
    Check(File),
    /// List ready-made profiles, or take one into the policy
    #[command(
        after_help = "Examples:\n  passband admin policy passkeys templates\n  passband admin policy passkeys templates --add attested-hardware"
    )]
    Templates {
        /// Take this one into the policy; nobody may use it until a target names it
        #[arg(long, value_name = "KEY")]
        add: Option<String>,
    },
    /// Change the policy
    #[command(after_help = "Examples:\n  passband admin policy passkeys set passkeys.json")]
    Set {
        #[command(flatten)]
        file: File,
        /// Change it even if no administrator could sign in then
        #[arg(long)]
        force: bool,
    },
}

/// A policy in a file.
#[derive(Debug, Args)]
pub(super) struct File {
    /// JSON, whole or only the properties to change; - reads from standard input
    file: PathBuf,
}

const TOUCHED: &[Column] = &[
    ("WHAT", &["/what"]),
    ("USER", &["/userPrincipalName"]),
    ("NAME", &["/displayName"]),
    ("PASSKEY", &["/methodDisplayName"]),
    ("REASON", &["/reason"]),
];

const TEMPLATE: &[Column] = &[
    ("KEY", &["/id"]),
    ("NAME", &["/displayName"]),
    ("ASKS FOR", &["/summary"]),
    ("IN POLICY", &["/isInPolicy"]),
    ("WHAT FOR", &["/description"]),
];

const PROFILES: &[Column] = &[
    ("ID", &["/id"]),
    ("PROFILE", &["/name"]),
    ("TYPES", &["/passkeyTypes"]),
    ("ATTESTATION", &["/attestationEnforcement"]),
    ("EVIDENCE", &["/passband_minimumEvidence"]),
    ("CERTIFICATION", &["/passband_minimumCertification"]),
    ("STATE", &["/passband_state"]),
];

pub(super) async fn run(command: PolicyCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    let command = match command {
        PolicyCommand::Passkeys(command) => command,
        PolicyCommand::Access(command) => return access::run(command, api, out).await,
    };
    match command {
        PasskeysCommand::Show => {
            let mut policy = api.get(PASSKEYS, &[]).await?;
            if let Some(members) = policy.as_object_mut() {
                members.retain(|name, _| !name.starts_with("@odata."));
            }
            let told = |name: &str| policy[name].to_string();
            out.note(&format!(
                "Passkeys are {}; self-service: {}.",
                told("state"),
                told("isSelfServiceRegistrationAllowed")
            ));
            let profiles = policy["passkeyProfiles"].as_array().cloned().unwrap_or_default();
            out.report(&policy, &profiles, (PROFILES, "No profiles."));
            Ok(())
        }
        PasskeysCommand::Check(file) => {
            let impact = api.post(&format!("{PASSKEYS}/passband_whatIf"), &file.read()?).await?;
            told(&impact, out)
        }
        PasskeysCommand::Templates { add: None } => {
            out.list(&api.list(TEMPLATES, None, 100).await?, TEMPLATE, "No ready-made profiles.");
            Ok(())
        }
        PasskeysCommand::Templates { add: Some(key) } => {
            let place = format!("{TEMPLATES}/{}/passband_add", segment(&key)?);
            api.post(&place, &serde_json::json!({})).await?;
            out.say(&format!("The passkey policy has {key} now"), &serde_json::json!({ "added": key }));
            Ok(())
        }
        PasskeysCommand::Set { file, force } => {
            let mut policy = file.read()?;
            if force {
                policy["passband_force"] = true.into();
            }
            api.patch(PASSKEYS, &policy).await?;
            out.say("The passkey policy is changed", &serde_json::json!({ "changed": "fido2" }));
            Ok(())
        }
    }
}

/// The lists of an answer, and what being in one means.
const LISTS: [(&str, &str); 3] = [
    ("refused", "refused at the next sign-in"),
    ("newlyAllowed", "newly accepted"),
    ("withoutUsablePasskey", "left without a usable passkey"),
];

/// Prints what a change would do; it fails if the change would leave somebody outside.
fn told(impact: &Value, out: &Output) -> Result<(), Failure> {
    let count = |name: &str| impact[name].as_u64().unwrap_or(0);
    let rows = LISTS.iter().flat_map(|(list, what)| {
        let found = impact[*list].as_array().cloned().unwrap_or_default();
        found.into_iter().map(|mut row| {
            row["what"] = (*what).into();
            row
        })
    });
    let rows: Vec<_> = rows.collect();
    out.report(impact, &rows, (TOUCHED, "Nobody is touched."));
    out.note(&format!(
        "Of {} passkeys of {} people: {} refused, {} newly accepted, {} people left without one.",
        count("passkeys"),
        count("people"),
        count("refusedCount"),
        count("newlyAllowedCount"),
        count("withoutUsablePasskeyCount"),
    ));
    if impact["leavesNoAdministrator"] == true {
        return Err(Failure::no("locksOut", "no administrator could sign in any more"));
    }
    match count("withoutUsablePasskeyCount") {
        0 => Ok(()),
        n => {
            Err(Failure::no("leavesPeopleOut", format!("{n} people would be left without a usable passkey")))
        }
    }
}

impl File {
    /// The file of this name.
    pub(super) const fn of(file: PathBuf) -> Self {
        Self { file }
    }

    pub(super) fn read(&self) -> Result<Value, Failure> {
        let text = if self.file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&self.file)
        };
        let name = self.file.display();
        let text = text
            .map_err(|error| Failure::unusable("fileUnreadable", format!("cannot read {name}: {error}")))?;
        let read: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{name} is not JSON: {error}")))?;
        if !read.is_object() {
            return Err(Failure::usage(format!("{name} must hold a JSON object")));
        }
        Ok(read)
    }
}
