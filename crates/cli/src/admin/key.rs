//! `admin key`.

use super::api::Api;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::Subcommand;
use serde_json::json;

const COLUMNS: &[Column] = &[
    ("KEY ID", &["/id", "/keyId"]),
    ("ALGORITHM", &["/algorithm", "/alg"]),
    ("STATE", &["/state"]),
    ("CREATED", &["/createdDateTime"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys that sign tokens, and their state
    List,
    /// Start using the pending key, make the next one, retire the old
    Rotate,
}

pub(super) async fn run(command: KeyCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    if matches!(command, KeyCommand::Rotate) {
        api.post("/v1.0/passband_signingKeys/rotate", &json!({})).await?;
        out.note("Rotated. Tokens of the retired key stay good until they expire.");
    }
    let rows = api.list("/v1.0/passband_signingKeys", None, 100).await?;
    out.list(&rows, COLUMNS, "No keys.");
    Ok(())
}
