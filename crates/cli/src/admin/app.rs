//! `admin app`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::json;

const COLUMNS: &[Column] = &[
    ("APP ID", &["/appId"]),
    ("NAME", &["/displayName"]),
    ("WEB REDIRECTS", &["/web/redirectUris"]),
    ("PUBLIC REDIRECTS", &["/publicClient/redirectUris"]),
    ("RESOURCE", &["/identifierUris"]),
];

#[derive(Debug, Subcommand)]
pub(super) enum AppCommand {
    /// List applications
    List {
        /// The most to list
        #[arg(long, default_value_t = 100, value_name = "N")]
        top: usize,
    },
    /// Register an application
    Create(CreateArgs),
    /// Show an application
    Show(App),
    /// Delete an application; its tokens are no longer renewed
    Delete(App),
}

/// An application.
#[derive(Debug, Args)]
pub(super) struct App {
    /// Its id
    app: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  passband admin app create 'Wiki' --redirect-uri https://wiki.example.com/cb --secret
  passband admin app create 'Mail on the desk' --public --redirect-uri http://127.0.0.1/
  passband admin app create 'Orders API' --identifier-uri https://api.example.com")]
pub(super) struct CreateArgs {
    /// Display name
    name: String,
    /// Where sign-ins may return to, exactly; may be given again
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// It runs on people's machines and can keep no secret
    #[arg(long, conflicts_with = "secret")]
    public: bool,
    /// Where people are sent after signing out
    #[arg(long, value_name = "URI")]
    logout_url: Option<String>,
    /// Name of the API it is, as `aud` of tokens; may be given again
    #[arg(long, value_name = "URI")]
    identifier_uri: Vec<String>,
    /// Make a client secret; it is shown this once
    #[arg(long)]
    secret: bool,
}

pub(super) async fn run(command: AppCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        AppCommand::List { top } => {
            let rows = api.list("/v1.0/applications", None, top).await?;
            out.list(&rows, COLUMNS, "No applications.");
        }
        AppCommand::Create(args) => create(args, api, out).await?,
        AppCommand::Show(app) => out.object(&api.get(&app.path()?, &[]).await?),
        AppCommand::Delete(app) => {
            api.delete(&app.path()?).await?;
            out.say(&format!("Deleted application {}", app.app), &json!({ "deleted": app.app }));
        }
    }
    Ok(())
}

async fn create(args: CreateArgs, api: &Api, out: &Output) -> Result<(), Failure> {
    let mut body = json!({ "displayName": args.name, "identifierUris": args.identifier_uri });
    if args.public {
        body["publicClient"] = json!({ "redirectUris": args.redirect_uri });
    } else {
        body["web"] = json!({ "redirectUris": args.redirect_uri });
    }
    if let Some(url) = args.logout_url {
        body["web"]["logoutUrl"] = url.into();
    }
    let mut made = api.post("/v1.0/applications", &body).await?;
    if args.secret {
        let path = format!("/v1.0/applications/{}", segment(made["id"].as_str().unwrap_or_default())?);
        let secret = api.post(&format!("{path}/addPassword"), &json!({})).await?;
        // Asked again: with the secret it is another kind of client than the one that was made.
        made = api.get(&path, &[]).await?;
        made["secretText"] = secret["secretText"].clone();
        out.note("The secret is shown this once.");
    }
    out.object(&made);
    Ok(())
}

impl App {
    fn path(&self) -> Result<String, Failure> {
        Ok(format!("/v1.0/applications/{}", segment(&self.app)?))
    }
}
