//! `admin recovery`.

use super::api::Api;
use super::user::Who;
use crate::failure::Failure;
use crate::output::Output;
use clap::Subcommand;
use serde_json::json;

const NO_OTHERS: &str = "Nobody can read or make codes for another: to let somebody in who has lost everything, \
make a pass with `passband admin tap create`.";

#[derive(Debug, Subcommand)]
#[command(after_help = NO_OTHERS)]
pub(super) enum RecoveryCommand {
    /// Show how many codes a person has left, and when they were made
    #[command(after_help = "Examples:\n  passband admin recovery show ada@example.com")]
    Show(Who),
    /// Take a person's codes away, as when the sheet was stolen; they may make new ones
    #[command(after_help = "Examples:\n  passband admin recovery delete ada@example.com")]
    Delete(Who),
}

pub(super) async fn run(command: RecoveryCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        RecoveryCommand::Show(who) => out.object(&api.get(&path(&who)?, &[]).await?),
        RecoveryCommand::Delete(who) => {
            api.delete(&path(&who)?).await?;
            out.say(&format!("Deleted the codes of {}", who.name()), &json!({ "deleted": who.name() }));
            out.note(
                "A session that one of them began goes on: see `passband admin user revoke-sessions --help`.",
            );
        }
    }
    Ok(())
}

fn path(who: &Who) -> Result<String, Failure> {
    Ok(format!("{}/authentication/passband_recoveryCodes", who.path()?))
}
