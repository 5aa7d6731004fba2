//! `admin device`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

const COLUMNS: &[Column] = &[
    ("DEVICE ID", &["/deviceId", "/id"]),
    ("NAME", &["/displayName"]),
    ("SYSTEM", &["/operatingSystem"]),
    ("TRUST", &["/trustType"]),
    ("ENABLED", &["/accountEnabled"]),
    ("COMPLIANT", &["/isCompliant"]),
    ("EVIDENCE", &["/passband_evidence"]),
    ("SINCE", &["/registrationDateTime", "/createdDateTime"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// List devices
    List {
        /// The most to list
        #[arg(long, default_value_t = 100, value_name = "N")]
        top: usize,
    },
    /// Show a device
    Show(Device),
    /// Refuse a device from now on: its PRTs, tokens and browsers
    Disable(Device),
    /// Accept a device again
    Enable(Device),
    /// Say something about a device: whether it is compliant, whose it is, what it is
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Box<Update>),
    /// Delete a device; it has to join again
    Delete(Device),
}

const UPDATE_EXAMPLES: &str = "Examples:
  passband admin device update DEVICE --compliant true --managed true
  passband admin device update DEVICE --compliant unknown
  passband admin device update DEVICE --ownership company --set model=T14 --set extensionAttribute1=";

/// What is said about a device.
#[derive(Debug, Args)]
pub(super) struct Update {
    #[command(flatten)]
    device: Device,
    /// Whether it keeps the rules
    #[arg(long, value_name = "true|false|unknown", value_parser = fact)]
    compliant: Option<Fact>,
    /// Whether it is managed
    #[arg(long, value_name = "true|false|unknown", value_parser = fact)]
    managed: Option<Fact>,
    /// When the two become unknown again, such as 2026-12-01T08:00:00Z; in 24 hours unless said
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Whose it is
    #[arg(long, value_parser = ["company", "personal", "unknown"])]
    ownership: Option<String>,
    /// The version of its system
    #[arg(long, value_name = "VERSION")]
    os_version: Option<String>,
    /// A text: manufacturer, model, mdmAppId, enrollmentProfileName or extensionAttribute1 to 15; an empty one is taken
    /// away
    #[arg(long = "set", value_name = "NAME=TEXT", value_parser = setting)]
    settings: Vec<(String, String)>,
}

/// `Some(None)` in JSON: `null`.
#[derive(Clone, Copy, Debug)]
struct Fact(Option<bool>);

fn fact(text: &str) -> Result<Fact, String> {
    match text {
        "true" => Ok(Fact(Some(true))),
        "false" => Ok(Fact(Some(false))),
        "unknown" => Ok(Fact(None)),
        _ => Err("true, false or unknown".to_owned()),
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=TEXT")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Update {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let facts = [("isCompliant", self.compliant), ("isManaged", self.managed)];
        body.extend(facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), json!(fact?.0)))));
        let texts = [
            ("passband_complianceExpirationDateTime", &self.until),
            ("deviceOwnership", &self.ownership),
            ("operatingSystemVersion", &self.os_version),
        ];
        body.extend(
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?)))),
        );
        let mut extensions = Map::new();
        for (name, text) in &self.settings {
            let value = if text.is_empty() { Value::Null } else { json!(text) };
            let into = if name.starts_with("extensionAttribute") { &mut extensions } else { &mut body };
            into.insert(name.clone(), value);
        }
        if !extensions.is_empty() {
            body.insert("extensionAttributes".to_owned(), extensions.into());
        }
        body.into()
    }
}

/// A device.
#[derive(Debug, Args)]
pub(super) struct Device {
    /// Its id
    device: String,
}

pub(super) async fn run(command: DeviceCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        DeviceCommand::List { top } => {
            let rows = api.list("/v1.0/devices", None, top).await?;
            out.list(&rows, COLUMNS, "No devices.");
        }
        DeviceCommand::Show(device) => out.object(&api.get(&device.path()?, &[]).await?),
        DeviceCommand::Disable(device) => enable(&device, false, api, out).await?,
        DeviceCommand::Enable(device) => enable(&device, true, api, out).await?,
        DeviceCommand::Update(update) => {
            let body = update.body();
            if body.as_object().is_some_and(Map::is_empty) {
                return Err(Failure::usage("nothing to say; see --help"));
            }
            api.patch(&update.device.path()?, &body).await?;
            let id = &update.device.device;
            out.say(&format!("Updated device {id}"), &json!({ "id": id, "updated": body }));
        }
        DeviceCommand::Delete(device) => {
            api.delete(&device.path()?).await?;
            out.say(&format!("Deleted device {}", device.device), &json!({ "deleted": device.device }));
        }
    }
    Ok(())
}

async fn enable(device: &Device, enabled: bool, api: &Api, out: &Output) -> Result<(), Failure> {
    api.patch(&device.path()?, &json!({ "accountEnabled": enabled })).await?;
    let verb = if enabled { "Enabled" } else { "Disabled" };
    let line = format!("{verb} device {}", device.device);
    out.say(&line, &json!({ "id": device.device, "accountEnabled": enabled }));
    Ok(())
}

impl Device {
    fn path(&self) -> Result<String, Failure> {
        Ok(format!("/v1.0/devices/{}", segment(&self.device)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_sent() {
        let update = Update {
            device: Device { device: "x".to_owned() },
            compliant: Some(Fact(Some(false))),
            managed: Some(Fact(None)),
            until: None,
            ownership: Some("company".to_owned()),
            os_version: None,
            settings: vec![
                setting("model=T14=x").unwrap(),
                setting("mdmAppId=").unwrap(),
                setting("extensionAttribute2=b").unwrap(),
            ],
        };
        let want = json!({
            "isCompliant": false,
            "isManaged": null,
            "deviceOwnership": "company",
            "model": "T14=x",
            "mdmAppId": null,
            "extensionAttributes": { "extensionAttribute2": "b" },
        });
        assert_eq!(update.body(), want);
        assert!(setting("model").is_err());
        assert!(fact("yes").is_err());
    }
}
