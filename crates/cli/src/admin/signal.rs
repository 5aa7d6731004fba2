//! `admin signal`: who is told of changes, and who may tell us.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

const BASE: &str = "/v1.0/passband_signals/streams";
const TRANSMITTERS: &str = "/v1.0/passband_signals/transmitters";

/// The largest key set that is read, bytes: as much as the server takes.
const MAX_FILE: u64 = passband_wire::secevent::MAX_SET as u64;

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

const TRANSMITTER_COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("ISSUER", &["/issuer"]),
    ("COMPLIANCE", &["/deviceCompliance"]),
    ("SESSIONS", &["/sessionRevocation"]),
    ("MAY RAISE", &["/mayRaise"]),
    ("ENDPOINT", &["/endpoint"]),
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
    /// Who may tell us of devices and sessions: an MDM or EDR
    #[command(subcommand)]
    Transmitter(TransmitterCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum TransmitterCommand {
    /// List whoever may send signals, and where to
    List,
    /// Let somebody send signals; shows the address to send to
    Add(AddArgs),
    /// Take no more signals of a transmitter
    Remove {
        /// Its id
        transmitter: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  passband admin signal transmitter add MDM --issuer https://mdm.example.com --jwks keys.json --device-compliance
  passband admin signal transmitter add EDR --issuer https://edr.example.com --jwks keys.json --session-revocation")]
pub(super) struct AddArgs {
    /// What to call it
    name: String,
    /// Claim `iss` of its events
    #[arg(long, value_name = "URI")]
    issuer: String,
    /// Its key set (RFC 7517): ES256 or RS256
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,
    /// Claim `aud` that names this server [default: the issuer of its tokens]
    #[arg(long, value_name = "URI")]
    audience: Option<String>,
    /// It may say that a device is not compliant
    #[arg(long, required_unless_present = "session_revocation")]
    device_compliance: bool,
    /// It may end sessions
    #[arg(long)]
    session_revocation: bool,
    /// It may also say that a device is compliant
    #[arg(long, requires = "device_compliance")]
    may_raise: bool,
}

impl AddArgs {
    fn body(&self) -> Result<Value, Failure> {
        let shown = self.jwks.display();
        let fail = |error| Failure::usage(format!("cannot read {shown}: {error}"));
        if std::fs::metadata(&self.jwks).map_err(fail)?.len() > MAX_FILE {
            return Err(Failure::usage(format!("{shown} is larger than {MAX_FILE} bytes")));
        }
        let text = std::fs::read_to_string(&self.jwks).map_err(fail)?;
        let keys: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{shown} is not JSON: {error}")))?;
        let mut body = json!({
            "displayName": self.name,
            "issuer": self.issuer,
            "jwks": keys,
            "deviceCompliance": self.device_compliance,
            "sessionRevocation": self.session_revocation,
            "mayRaise": self.may_raise,
        });
        if let Some(audience) = &self.audience {
            body["audience"] = audience.as_str().into();
        }
        Ok(body)
    }
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
        SignalCommand::Transmitter(command) => transmitter(command, api, out).await?,
    }
    Ok(())
}

async fn transmitter(command: TransmitterCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        TransmitterCommand::List => {
            let rows = api.list(TRANSMITTERS, None, 100).await?;
            out.list(&rows, TRANSMITTER_COLUMNS, "Nobody may send signals.");
        }
        TransmitterCommand::Add(args) => out.object(&api.post(TRANSMITTERS, &args.body()?).await?),
        TransmitterCommand::Remove { transmitter: id } => {
            api.delete(&format!("{TRANSMITTERS}/{}", segment(&id)?)).await?;
            out.say(&format!("Removed transmitter {id}"), &json!({ "deleted": id }));
        }
    }
    Ok(())
}
