//! `admin tap`.

use super::api::{Api, segment};
use super::user::Who;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("STARTS", &["/startDateTime"]),
    ("MINUTES", &["/lifetimeInMinutes"]),
    ("ONCE", &["/isUsableOnce"]),
    ("USABLE", &["/isUsable"]),
    ("WHY", &["/methodUsabilityReason"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum TapCommand {
    /// Make a pass; it is shown this once
    Create(CreateArgs),
    /// List a person's passes, without their secrets
    List(Who),
    /// Delete a pass
    Delete {
        #[command(flatten)]
        who: Who,
        /// The pass
        id: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband admin tap create ada@example.com --once\n  \
passband admin tap create ada@example.com --minutes 480 --output json")]
pub(super) struct CreateArgs {
    #[command(flatten)]
    who: Who,
    /// How long it is good for; 10 to 43200 [default: the server's]
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// Good for one sign-in only
    #[arg(long)]
    once: bool,
    /// When it starts, like 2026-12-01T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
}

pub(super) async fn run(command: TapCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        TapCommand::Create(args) => create(args, api, out).await,
        TapCommand::List(who) => {
            let rows = api.list(&collection(&who)?, None, 100).await?;
            out.list(&rows, COLUMNS, "No passes.");
            Ok(())
        }
        TapCommand::Delete { who, id } => {
            api.delete(&format!("{}/{}", collection(&who)?, segment(&id)?)).await?;
            out.say(&format!("Deleted pass {id} of {}", who.name()), &json!({ "deleted": id }));
            Ok(())
        }
    }
}

async fn create(args: CreateArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let mut body = Map::new();
    body.insert("isUsableOnce".to_owned(), args.once.into());
    if let Some(minutes) = args.minutes {
        body.insert("lifetimeInMinutes".to_owned(), minutes.into());
    }
    if let Some(start) = args.start {
        body.insert("startDateTime".to_owned(), start.into());
    }
    let made = api.post(&collection(&args.who)?, &Value::Object(body)).await?;
    out.object(&made);
    out.note("The pass is shown this once. Hand it over in person or by a channel you trust.");
    Ok(())
}

fn collection(who: &Who) -> Result<String, Failure> {
    Ok(format!("{}/authentication/temporaryAccessPassMethods", who.path()?))
}
