//! `admin alarm`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::Subcommand;
use serde_json::json;

const BASE: &str = "/v1.0/passband_alarms";

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("PERSON", &["/userPrincipalName"]),
    ("WHAT", &["/kind"]),
    ("COUNT", &["/count"]),
    ("LAST", &["/lastDateTime"]),
    ("HOW", &["/detail"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum AlarmCommand {
    /// List alarms that nobody has acknowledged
    #[command(after_help = "Examples:\n  passband admin alarm list --output json")]
    List,
    /// Say that you know of an alarm; one that was raised again since stays
    #[command(
        after_help = "Examples:\n  passband admin alarm acknowledge 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11_breakGlassUsed --count 1"
    )]
    Acknowledge {
        /// The alarm, as `admin alarm list` shows it
        id: String,
        /// How often you have seen it raised, as `admin alarm list` shows it
        #[arg(long, value_name = "N")]
        count: u32,
    },
}

pub(super) async fn run(command: AlarmCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        AlarmCommand::List => {
            let rows = api.list(BASE, None, 100).await?;
            out.list(&rows, COLUMNS, "No alarms.");
        }
        AlarmCommand::Acknowledge { id, count } => {
            let path = format!("{BASE}/{}/acknowledge", segment(&id)?);
            api.post(&path, &json!({ "count": count })).await?;
            out.say(&format!("Acknowledged {id}"), &json!({ "acknowledged": id }));
        }
    }
    Ok(())
}
