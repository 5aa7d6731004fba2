//! `admin role`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use passband_core::directory::Role;
use serde_json::{Value, json};

const ASSIGNMENTS: &str = "/v1.0/roleManagement/directory/roleAssignments";
const DEFINITIONS: &str = "/v1.0/roleManagement/directory/roleDefinitions";

const HELD: &[Column] = &[
    ("USER", &["/passband_userPrincipalName", "/principalId"]),
    ("ROLE", &["/passband_roleDisplayName", "/roleDefinitionId"]),
];

const ALL: &[Column] = &[("ROLE", &["/displayName"]), ("ID", &["/id"]), ("WHAT FOR", &["/description"])];

#[derive(Debug, Subcommand)]
pub(super) enum RoleCommand {
    /// List who holds which role
    #[command(after_help = "Examples:\n  passband admin role list\n  passband admin role list --all")]
    List {
        /// The roles there are, held or not
        #[arg(long)]
        all: bool,
    },
    /// Give a person a role; passes they have end with it
    #[command(
        after_help = "Examples:\n  passband admin role assign ada@example.com 'Helpdesk Administrator'"
    )]
    Assign {
        #[command(flatten)]
        which: Which,
        /// Also if others registered passkeys for them: their owner holds each
        #[arg(long)]
        force: bool,
    },
    /// Take a role from a person; not the last Global Administrator who can sign in
    Remove(Which),
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Id or userPrincipalName
    user: String,
    /// The role's name or id
    #[arg(value_parser = role)]
    role: Role,
}

/// A role by its name or id.
pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::from_id(text).or_else(|| Role::from_name(text)).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("there is no such role; there are {}", names.join(", "))
    })
}

pub(super) async fn run(command: RoleCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        RoleCommand::List { all: true } => {
            out.list(&api.list(DEFINITIONS, None, usize::MAX).await?, ALL, "There are no roles.");
        }
        RoleCommand::List { all: false } => {
            out.list(&api.list(ASSIGNMENTS, None, usize::MAX).await?, HELD, "Nobody holds a role.");
        }
        RoleCommand::Assign { which: Which { user, role }, force } => {
            let user = id(api, &user).await?;
            let body = json!({ "principalId": user, "roleDefinitionId": role.id(), "passband_force": force });
            out.object(&api.post(ASSIGNMENTS, &body).await?);
        }
        RoleCommand::Remove(Which { user, role }) => {
            let held = format!("{ASSIGNMENTS}/{}_{}", id(api, &user).await?, role.id());
            api.delete(&held).await?;
            out.say(
                &format!("{user} is no longer {}", role.name()),
                &json!({ "id": user, "roleDefinitionId": role.id() }),
            );
        }
    }
    Ok(())
}

/// The id of a person.
async fn id(api: &Api, user: &str) -> Result<String, Failure> {
    let person: Value = api.get(&format!("/v1.0/users/{}", segment(user)?), &[]).await?;
    let id = person["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Failure::unusable("protocol", "the server's answer has no id"))
}
