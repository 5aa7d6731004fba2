//! Admin tokens for whoever can read the data folder.

use crate::failure::Failure;
use crate::output::Output;
use serde_json::json;
use std::path::Path;

pub(super) fn print(data: Option<&Path>, out: &Output) -> Result<(), Failure> {
    let data = data.ok_or_else(|| Failure::usage("give the server's data folder: --data DIR"))?;
    let token = mint(data)?;
    out.say(&token, &json!({ "token": token }));
    Ok(())
}

/// A token, made with the master key in the data folder.
pub(super) fn mint(data: &Path) -> Result<String, Failure> {
    passband_server::admin_token(data).map_err(|error| {
        Failure::unusable("dataUnusable", format!("cannot make a token from {}: {error}", data.display()))
    })
}
