//! `admin user`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

const COLUMNS: &[Column] = &[
    ("ID", &["/id"]),
    ("USER", &["/userPrincipalName"]),
    ("NAME", &["/displayName"]),
    ("ENABLED", &["/accountEnabled"]),
    ("ADMIN", &["/passband_isAdministrator"]),
    ("CREATED", &["/createdDateTime"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// List people
    List {
        /// The most to list
        #[arg(long, default_value_t = 100, value_name = "N")]
        top: usize,
    },
    /// Add a person; give them a pass next, with `admin tap create`
    Create(CreateArgs),
    /// Show a person
    Show(Who),
    /// Rename a person, or make them an administrator or no longer one
    Update(UpdateArgs),
    /// Stop a person from signing in, and end what is open
    Disable(Who),
    /// Let a person sign in again
    Enable(Who),
    /// Mark an account for emergencies: every sign-in to it raises an alarm
    BreakGlass {
        #[command(flatten)]
        who: Who,
        /// Take the mark away
        #[arg(long)]
        off: bool,
    },
    /// Delete a person with their passkeys, passes and sessions
    Delete(Who),
    /// End every session of a person: PRTs, refresh tokens, browsers
    RevokeSessions(Who),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband admin user create ada@example.com --name 'Ada Lovelace'")]
pub(super) struct CreateArgs {
    /// userPrincipalName, in one of the tenant's domains
    upn: String,
    /// Display name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// May administer this server
    #[arg(long)]
    admin: bool,
    /// Cannot sign in until enabled
    #[arg(long)]
    disabled: bool,
    /// An account for emergencies: every sign-in to it raises an alarm
    #[arg(long)]
    break_glass: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  passband admin user update ada@example.com --name 'Ada King'
  passband admin user update ada@example.com --admin")]
#[group(required = true, multiple = true, id = "change", args = ["name", "upn", "admin", "no_admin"])]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    who: Who,
    /// Display name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// userPrincipalName, in one of the tenant's domains
    #[arg(long, value_name = "UPN")]
    upn: Option<String>,
    /// May administer this server
    #[arg(long, conflicts_with = "no_admin")]
    admin: bool,
    /// May no longer administer this server
    #[arg(long)]
    no_admin: bool,
}

impl UpdateArgs {
    /// What was given, and nothing else.
    fn body(&self) -> Value {
        let mut body = json!({});
        if let Some(name) = &self.name {
            body["displayName"] = name.as_str().into();
        }
        if let Some(upn) = &self.upn {
            body["userPrincipalName"] = upn.as_str().into();
        }
        if self.admin || self.no_admin {
            body["passband_isAdministrator"] = self.admin.into();
        }
        body
    }
}

/// A person.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// Id or userPrincipalName
    user: String,
}

pub(super) async fn run(command: UserCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        UserCommand::List { top } => {
            let rows = api.list("/v1.0/users", None, top).await?;
            out.list(&rows, COLUMNS, "There is nobody yet.");
        }
        UserCommand::Create(args) => {
            let body = json!({
                "userPrincipalName": args.upn,
                "displayName": args.name,
                "accountEnabled": !args.disabled,
                "passband_isAdministrator": args.admin,
                "passband_isBreakGlass": args.break_glass,
            });
            out.object(&api.post("/v1.0/users", &body).await?);
        }
        UserCommand::Show(who) => out.object(&api.get(&who.path()?, &[]).await?),
        UserCommand::Update(args) => {
            let changed = args.body();
            api.patch(&args.who.path()?, &changed).await?;
            out.say(&format!("Changed {}", args.who.user), &changed);
        }
        UserCommand::Disable(who) => enable(&who, false, api, out).await?,
        UserCommand::Enable(who) => enable(&who, true, api, out).await?,
        UserCommand::BreakGlass { who, off } => {
            api.patch(&who.path()?, &json!({ "passband_isBreakGlass": !off })).await?;
            let text = if off { "is an ordinary account again" } else { "is for emergencies" };
            let said = json!({ "id": who.user, "passband_isBreakGlass": !off });
            out.say(&format!("{} {text}", who.user), &said);
        }
        UserCommand::Delete(who) => {
            api.delete(&who.path()?).await?;
            out.say(&format!("Deleted {}", who.user), &json!({ "deleted": who.user }));
        }
        UserCommand::RevokeSessions(who) => {
            api.post(&format!("{}/revokeSignInSessions", who.path()?), &json!({})).await?;
            out.say(&format!("Ended every session of {}", who.user), &json!({ "revoked": who.user }));
        }
    }
    Ok(())
}

async fn enable(who: &Who, enabled: bool, api: &Api, out: &Output) -> Result<(), Failure> {
    api.patch(&who.path()?, &json!({ "accountEnabled": enabled })).await?;
    let verb = if enabled { "Enabled" } else { "Disabled" };
    out.say(&format!("{verb} {}", who.user), &json!({ "id": who.user, "accountEnabled": enabled }));
    Ok(())
}

impl Who {
    /// The person's path.
    pub(super) fn path(&self) -> Result<String, Failure> {
        Ok(format!("/v1.0/users/{}", segment(&self.user)?))
    }

    /// What to call them.
    pub(super) fn name(&self) -> &str {
        &self.user
    }
}
