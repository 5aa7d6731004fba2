//! `admin device`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::json;

const COLUMNS: &[Column] = &[
    ("DEVICE ID", &["/deviceId", "/id"]),
    ("NAME", &["/displayName"]),
    ("SYSTEM", &["/operatingSystem"]),
    ("TRUST", &["/trustType"]),
    ("ENABLED", &["/accountEnabled"]),
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
    /// Delete a device; it has to join again
    Delete(Device),
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
