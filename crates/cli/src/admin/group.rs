//! `admin group`.

use super::api::{Api, equals, segment};
use super::user::Who;
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("NAME", &["/displayName"]),
    ("FOR", &["/description"]),
    ("CREATED", &["/createdDateTime"]),
];

const MEMBERS: &[Column] =
    &[("ID", &["/id"]), ("USER", &["/userPrincipalName"]), ("NAME", &["/displayName"])];

#[derive(Debug, Subcommand)]
pub(super) enum GroupCommand {
    /// List groups
    List {
        /// The most to list
        #[arg(long, default_value_t = 100, value_name = "N")]
        top: usize,
    },
    /// Add a group
    #[command(
        after_help = "Examples:\n  passband admin group create Admins --description 'Who runs this server'"
    )]
    Create {
        /// Display name
        name: String,
        /// What it is for
        #[arg(long, default_value = "", value_name = "TEXT")]
        description: String,
    },
    /// Show a group
    Show(Which),
    /// Delete a group; not one that a policy names
    Delete(Which),
    /// List who is in a group
    Members(Which),
    /// Put a person into a group
    #[command(after_help = "Examples:\n  passband admin group add Admins ada@example.com")]
    Add {
        #[command(flatten)]
        group: Which,
        #[command(flatten)]
        who: Who,
    },
    /// Take a person out of a group
    Remove {
        #[command(flatten)]
        group: Which,
        #[command(flatten)]
        who: Who,
    },
}

/// A group.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Id, or the display name if only one group has it
    group: String,
}

pub(super) async fn run(command: GroupCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        GroupCommand::List { top } => {
            let rows = api.list("/v1.0/groups", None, top).await?;
            out.list(&rows, COLUMNS, "There is no group yet.");
        }
        GroupCommand::Create { name, description } => {
            let body = json!({ "displayName": name, "description": description });
            out.object(&api.post("/v1.0/groups", &body).await?);
        }
        GroupCommand::Show(which) => out.object(&which.find(api).await?),
        GroupCommand::Delete(which) => {
            api.delete(&which.path(api).await?).await?;
            out.say(&format!("Deleted group {}", which.group), &json!({ "deleted": which.group }));
        }
        GroupCommand::Members(which) => {
            let rows = api.list(&format!("{}/members", which.path(api).await?), None, 1000).await?;
            out.list(&rows, MEMBERS, "Nobody is in it.");
        }
        GroupCommand::Add { group, who } => {
            let user = api.get(&who.path()?, &[]).await?;
            let body = json!({ "@odata.id": format!("users/{}", text(&user, "id")) });
            api.post(&format!("{}/members/$ref", group.path(api).await?), &body).await?;
            let said = json!({ "group": group.group, "added": who.name() });
            out.say(&format!("{} is in {} now", who.name(), group.group), &said);
        }
        GroupCommand::Remove { group, who } => {
            let path = format!("{}/members/{}/$ref", group.path(api).await?, segment(who.name())?);
            api.delete(&path).await?;
            let said = json!({ "group": group.group, "removed": who.name() });
            out.say(&format!("{} is not in {} any more", who.name(), group.group), &said);
        }
    }
    Ok(())
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

impl Which {
    async fn path(&self, api: &Api) -> Result<String, Failure> {
        let group = self.find(api).await?;
        Ok(format!("/v1.0/groups/{}", segment(text(&group, "id"))?))
    }

    /// By id, and if that is not one, by a name that only one group has.
    async fn find(&self, api: &Api) -> Result<Value, Failure> {
        let is_id = self.group.len() == 36 && self.group.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if is_id {
            return api.get(&format!("/v1.0/groups/{}", segment(&self.group)?), &[]).await;
        }
        let named = api.list("/v1.0/groups", Some(&equals("displayName", &self.group)), 2).await?;
        match <[Value; 1]>::try_from(named) {
            Ok([only]) => Ok(only),
            Err(found) if found.is_empty() => {
                Err(Failure::no("groupNotFound", format!("there is no group named {:?}", self.group)))
            }
            Err(_) => Err(Failure::no(
                "groupNotFound",
                format!(
                    "more than one group is named {:?}; use its id, from `passband admin group list`",
                    self.group
                ),
            )),
        }
    }
}
