//! Noise: A26.

use crate::attack::{Outcome, Trouble};
use crate::device::Chain;
use crate::trial::Trial;
use std::collections::BTreeSet;

/// Requests at once.
const AT_ONCE: u32 = 16;

/// The database may grow by this much meanwhile, for reasons of its own.
const SLACK: u64 = 64 * 1024;

/// A26.
pub async fn nonces(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    trial.control("a nonce serves before", &target.use_prt(&held, "openid").await?)?;
    let before = target.stored();
    let path = format!("/{}/oauth2/token", target.tenant);
    let (mut seen, mut limited, mut asked) = (BTreeSet::new(), 0_u32, 0_u32);
    while asked < target.flood {
        let batch = AT_ONCE.min(target.flood - asked);
        let tasks: Vec<_> = (0..batch)
            .map(|_| {
                let (mut program, path) = (target.program(), path.clone());
                tokio::spawn(async move { program.form(&path, &[("grant_type", "srv_challenge")]).await })
            })
            .collect();
        for task in tasks {
            let reply = task.await.map_err(|error| Trouble::SetUp(error.to_string()))??;
            match reply.status {
                200 => {
                    seen.insert(reply.text("Nonce"));
                }
                429 => limited += 1,
                _ => trial.note(
                    "a nonce",
                    Outcome::Succeeded { got: format!("broke the server: {}", reply.brief()) },
                ),
            }
        }
        asked += batch;
    }
    let how = format!("{} nonces, {limited} times told to wait", seen.len());
    let all = seen.len() + limited as usize == asked as usize;
    trial.claim(
        format!("{asked} nonces asked for"),
        all && !seen.contains(""),
        format!("{how}, no two the same"),
    );
    match (before, target.stored()) {
        (Some(before), Some(after)) => {
            let grown = after.saturating_sub(before);
            let how = format!("the database has grown by {grown} bytes");
            trial.claim(format!("{asked} nonces fill the database"), grown <= SLACK, how);
        }
        _ => trial.not_tried("the database grows", "needs a look at the server's database"),
    }
    trial.control("a nonce serves after", &target.use_prt(&held, "openid").await?)
}
