//! `admin passkey`.

use super::api::{Api, segment};
use super::user::Who;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::Subcommand;
use serde_json::json;

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("TYPE", &["/passkeyType"]),
    ("MODEL", &["/model"]),
    ("ATTESTED", &["/attestationLevel"]),
    ("CREATED", &["/createdDateTime"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum PasskeyCommand {
    /// List a person's passkeys
    #[command(after_help = "Examples:\n  passband admin passkey list ada@example.com")]
    List(Who),
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

pub(super) async fn run(command: PasskeyCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        PasskeyCommand::List(who) => {
            let rows = api.list(&collection(&who)?, None, 100).await?;
            out.list(&rows, COLUMNS, "No passkeys.");
        }
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
