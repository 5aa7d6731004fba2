//! `admin signal`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::json;

const BASE: &str = "/v1.0/passband_signals/streams";

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("STATUS", &["/status"]),
    ("DELIVERY", &["/delivery"]),
    ("WAITING", &["/waitingCount"]),
    ("DROPPED", &["/droppedCount"]),
    ("LAST", &["/lastDeliveryDateTime"]),
    ("ERROR", &["/lastError"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum SignalCommand {
    /// List receivers of signals, what waits for them and what went wrong
    List,
    /// Let a receiver in; its credential is shown this once
    #[command(after_help = "Examples:
  passband admin signal create SIEM --audience https://siem.example.com
  passband admin signal create SIEM --audience https://siem.example.com --push-url https://siem.example.com/events")]
    Create {
        /// What to call it
        name: String,
        /// Claim `aud` of its events
        #[arg(long, value_name = "URI")]
        audience: String,
        /// The one address it may have events sent to; without, it polls
        #[arg(long, value_name = "URL")]
        push_url: Option<String>,
    },
    /// Show a receiver
    Show(Receiver),
    /// Make another credential; the one before ends at once
    NewCredential(Receiver),
    /// Delete a receiver with all that waits for it
    Delete(Receiver),
}

/// A receiver.
#[derive(Debug, Args)]
pub(super) struct Receiver {
    /// Its id
    receiver: String,
}

impl Receiver {
    fn path(&self) -> Result<String, Failure> {
        Ok(format!("{BASE}/{}", segment(&self.receiver)?))
    }
}

pub(super) async fn run(command: SignalCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        SignalCommand::List => {
            let rows = api.list(BASE, None, 100).await?;
            out.list(&rows, COLUMNS, "No receivers of signals.");
        }
        SignalCommand::Create { name, audience, push_url } => {
            let mut body = json!({ "displayName": name, "audience": audience });
            if let Some(url) = push_url {
                body["pushUrl"] = url.into();
            }
            out.object(&api.post(BASE, &body).await?);
        }
        SignalCommand::Show(receiver) => out.object(&api.get(&receiver.path()?, &[]).await?),
        SignalCommand::NewCredential(receiver) => {
            let path = format!("{}/newCredential", receiver.path()?);
            out.object(&api.post(&path, &json!({})).await?);
        }
        SignalCommand::Delete(receiver) => {
            api.delete(&receiver.path()?).await?;
            let id = &receiver.receiver;
            out.say(&format!("Deleted receiver {id}"), &json!({ "deleted": id }));
        }
    }
    Ok(())
}
