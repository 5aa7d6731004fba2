//! Admin tokens for whoever can read the data folder.

use crate::failure::Failure;
use crate::output::Output;
use passband_core::directory::{Role, Roles};
use serde_json::json;
use std::path::Path;

pub(super) fn print(data: Option<&Path>, roles: &[Role], out: &Output) -> Result<(), Failure> {
    let data = data.ok_or_else(|| Failure::usage("give the server's data folder: --data DIR"))?;
    let token = match roles {
        [] => mint(data)?,
        some => mint_with(data, some.iter().copied().collect())?,
    };
    out.say(&token, &json!({ "token": token }));
    Ok(())
}

/// A token, made with the master key in the data folder.
pub(super) fn mint(data: &Path) -> Result<String, Failure> {
    mint_with(data, Roles::GLOBAL)
}

fn mint_with(data: &Path, roles: Roles) -> Result<String, Failure> {
    passband_server::admin_token_with(data, roles).map_err(|error| {
        Failure::unusable("dataUnusable", format!("cannot make a token from {}: {error}", data.display()))
    })
}
