//! `admin passkey`.

use super::api::{Api, segment};
use super::user::Who;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("TYPE", &["/passkeyType"]),
    ("MODEL", &["/model"]),
    ("PROVED", &["/passband_isModelProved"]),
    ("ATTESTED", &["/attestationLevel"]),
    ("CREATED", &["/createdDateTime"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum PasskeyCommand {
    /// List a person's passkeys
    #[command(after_help = "Examples:\n  passband admin passkey list ada@example.com")]
    List(Who),
    /// Register a passkey for a person: write the options for the authenticator, or read its answer
    Register(RegisterArgs),
    /// Delete a passkey; it no longer signs anybody in
    Delete {
        #[command(flatten)]
        who: Who,
        /// The passkey
        id: String,
        /// Also if it is the person's last one
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  passband admin passkey register ada@example.com --options options.json\n  \
passband admin passkey register ada@example.com --answer answer.json --name 'Blue key'\n\n\
Both steps need the same token: set PASSBAND_TOKEN once, rather than giving --data to each."
)]
pub(super) struct RegisterArgs {
    #[command(flatten)]
    who: Who,
    /// First step: write the creation options (WebAuthn, JSON) here, for a tool that holds the authenticator
    #[arg(long, value_name = "FILE", required_unless_present = "answer", conflicts_with = "answer")]
    options: Option<PathBuf>,
    /// How long the options are good for; 5 to 15
    #[arg(long, value_name = "N", default_value_t = 5)]
    minutes: u32,
    /// Second step: read what the authenticator answered (RegistrationResponseJSON) from here
    #[arg(long, value_name = "FILE", requires = "name")]
    answer: Option<PathBuf>,
    /// What the person will call the passkey
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// The most an answer may have, bytes.
const MAX_ANSWER: usize = 64 * 1024;

async fn register(args: RegisterArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let collection = collection(&args.who)?;
    if let Some(path) = &args.options {
        let call = format!("{collection}/creationOptions(challengeTimeoutInMinutes={})", args.minutes);
        let options = api.get(&call, &[]).await?;
        let text = serde_json::to_string_pretty(&options["publicKey"]).unwrap_or_default();
        std::fs::write(path, text).map_err(|error| file(path, &error))?;
        let until = options["challengeTimeoutDateTime"].as_str().unwrap_or_default();
        let said = json!({ "options": path, "challengeTimeoutDateTime": until });
        out.say(&format!("Wrote {}; answer it before {until}", path.display()), &said);
        return Ok(());
    }
    let path = args.answer.unwrap_or_default();
    let text = std::fs::read_to_string(&path).map_err(|error| file(&path, &error))?;
    let credential = Some(text).filter(|text| text.len() <= MAX_ANSWER);
    let credential = credential.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let credential = credential
        .ok_or_else(|| Failure::usage(format!("{} is not the JSON of a registration", path.display())))?;
    let body = json!({ "displayName": args.name, "publicKeyCredential": credential });
    out.object(&api.post(&collection, &body).await?);
    Ok(())
}

fn file(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot use {}: {error}", path.display()))
}

pub(super) async fn run(command: PasskeyCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        PasskeyCommand::List(who) => {
            let rows = api.list(&collection(&who)?, None, 100).await?;
            out.list(&rows, COLUMNS, "No passkeys.");
        }
        PasskeyCommand::Register(args) => register(args, api, out).await?,
        PasskeyCommand::Delete { who, id, force } => {
            let query = if force { "?passband_force=true" } else { "" };
            api.delete(&format!("{}/{}{query}", collection(&who)?, segment(&id)?)).await?;
            out.say(&format!("Deleted passkey {id} of {}", who.name()), &json!({ "deleted": id }));
        }
    }
    Ok(())
}

fn collection(who: &Who) -> Result<String, Failure> {
    Ok(format!("{}/authentication/fido2Methods", who.path()?))
}
