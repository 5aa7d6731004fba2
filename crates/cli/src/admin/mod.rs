//! Administration over the admin API.

mod access;
mod alarm;
mod api;
mod app;
mod audit;
mod device;
mod export;
mod group;
mod key;
mod log;
mod passkey;
mod policy;
mod recovery;
mod role;
mod signal;
mod tap;
mod token;
mod trust;
mod user;

use crate::failure::Failure;
use crate::output::Output;
use api::Api;
use clap::{Args, Subcommand};
use passband_broker::secret::Secret;
use passband_core::directory::Role;
use std::convert::Infallible;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AdminArgs {
    #[command(flatten)]
    access: Access,
    #[command(subcommand)]
    command: AdminCommand,
}

const EXAMPLES: &str = "Examples:
  passband admin token --data ./passband-data
  PASSBAND_TOKEN=$(passband admin token --data ./passband-data) passband admin user list
  passband admin --data ./passband-data signin tail";

/// How to reach the admin API.
#[derive(Debug, Args)]
pub(crate) struct Access {
    /// The server's public URL
    #[arg(
        long,
        global = true,
        env = "PASSBAND_URL",
        default_value = "http://localhost:8480",
        value_name = "URL"
    )]
    url: String,
    /// A bearer token for the admin API; better given as PASSBAND_TOKEN than where other users can see it
    #[arg(long, global = true, env = "PASSBAND_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = secret)]
    token: Option<Secret>,
    /// The server's data folder, for whoever can read it: a token is made for this one command
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Trust this CA (PEM) and no other, such as the one of `serve --tls-dev`
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Print a bearer token for the admin API; needs --data
    #[command(after_help = "Examples:\n  passband admin token --data ./passband-data\n  \
passband admin token --data ./passband-data --role 'Global Reader'")]
    Token {
        /// The role the token has, by name or id; more than once for more. All of them if none is given
        #[arg(long = "role", value_name = "ROLE", value_parser = role::role)]
        roles: Vec<Role>,
    },
    /// Roles: who may administer what
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// People
    #[command(subcommand)]
    User(user::UserCommand),
    /// Temporary Access Passes: how a person gets to their first passkey
    #[command(subcommand)]
    Tap(tap::TapCommand),
    /// Passkeys of a person
    #[command(subcommand)]
    Passkey(passkey::PasskeyCommand),
    /// Recovery codes of a person: how many are left, and taking them away
    #[command(subcommand)]
    Recovery(recovery::RecoveryCommand),
    /// Alarms about accounts for emergencies
    #[command(subcommand)]
    Alarm(alarm::AlarmCommand),
    /// Applications people sign in to
    #[command(subcommand)]
    App(app::AppCommand),
    /// Groups of people, for policies to speak about
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Policies: which passkeys are accepted from whom, and who gets to what
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Devices
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Receivers of signals: who is told of revocations
    #[command(subcommand)]
    Signal(signal::SignalCommand),
    /// The sign-in log
    #[command(subcommand)]
    Signin(log::SigninCommand),
    /// The log of changes to the directory
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Keys that sign tokens
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// What evidence of passkeys rests on: metadata, roots, revoked keys
    #[command(subcommand)]
    Trust(trust::TrustCommand),
}

fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

pub(crate) async fn run(args: AdminArgs, out: &Output) -> Result<(), Failure> {
    match &args.command {
        AdminCommand::Token { roles } => return token::print(args.access.data.as_deref(), roles, out),
        AdminCommand::Audit(audit::AuditCommand::Verify(verify)) if verify.offline => {
            return audit::offline(verify, args.access.data, out).await;
        }
        _ => {}
    }
    let api = Api::connect(&args.access)?;
    match args.command {
        AdminCommand::Token { .. } => Ok(()),
        AdminCommand::Role(command) => role::run(command, &api, out).await,
        AdminCommand::User(command) => user::run(command, &api, out).await,
        AdminCommand::Tap(command) => tap::run(command, &api, out).await,
        AdminCommand::Passkey(command) => passkey::run(command, &api, out).await,
        AdminCommand::Recovery(command) => recovery::run(command, &api, out).await,
        AdminCommand::Alarm(command) => alarm::run(command, &api, out).await,
        AdminCommand::App(command) => app::run(command, &api, out).await,
        AdminCommand::Group(command) => group::run(command, &api, out).await,
        AdminCommand::Policy(command) => policy::run(command, &api, out).await,
        AdminCommand::Device(command) => device::run(command, &api, out).await,
        AdminCommand::Signal(command) => signal::run(command, &api, out).await,
        AdminCommand::Signin(command) => log::signin(command, &api, out).await,
        AdminCommand::Audit(command) => audit::run(command, &api, out).await,
        AdminCommand::Key(command) => key::run(command, &api, out).await,
        AdminCommand::Trust(command) => trust::run(command, &api, out).await,
    }
}
