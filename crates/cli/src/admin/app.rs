//! `admin app`.

use super::api::{Api, segment};
use crate::failure::Failure;
use crate::output::{Column, Output};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

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
    /// Change an application; each list that is given replaces its own
    Update(UpdateArgs),
    /// Give no more tokens to an application
    Disable(App),
    /// Give tokens to an application again
    Enable(App),
    /// Make a new client secret; the one before stops working at once
    NewSecret(App),
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

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  passband admin app update 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11 --name 'Wiki of the office'
  passband admin app update 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11 \\
      --redirect-uri https://wiki.example.com/cb --redirect-uri https://wiki.example.net/cb")]
#[group(required = true, multiple = true, id = "change", args = ["name", "redirect_uri", "public_redirect_uri", "logout_url", "identifier_uri", "backchannel_logout_uri"])]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    app: App,
    /// Display name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where sign-ins may return to, exactly; may be given again
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// The same for an application on people's machines; may be given again
    #[arg(long, value_name = "URI")]
    public_redirect_uri: Vec<String>,
    /// Where people are sent after signing out; empty for nowhere
    #[arg(long, value_name = "URI")]
    logout_url: Option<String>,
    /// Name of the API it is, as `aud` of tokens; may be given again
    #[arg(long, value_name = "URI")]
    identifier_uri: Vec<String>,
    /// Where it is told that a session ended; empty for nowhere
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
}

impl UpdateArgs {
    /// What was given, and nothing else.
    fn body(&self) -> Value {
        let mut body = json!({});
        if let Some(name) = &self.name {
            body["displayName"] = name.as_str().into();
        }
        if !self.redirect_uri.is_empty() {
            body["web"]["redirectUris"] = json!(self.redirect_uri);
        }
        if let Some(url) = &self.logout_url {
            body["web"]["logoutUrl"] = if url.is_empty() { Value::Null } else { url.as_str().into() };
        }
        if !self.public_redirect_uri.is_empty() {
            body["publicClient"]["redirectUris"] = json!(self.public_redirect_uri);
        }
        if !self.identifier_uri.is_empty() {
            body["identifierUris"] = json!(self.identifier_uri);
        }
        if let Some(uri) = &self.backchannel_logout_uri {
            body["passband_backchannelLogoutUri"] =
                if uri.is_empty() { Value::Null } else { uri.as_str().into() };
        }
        body
    }
}

pub(super) async fn run(command: AppCommand, api: &Api, out: &Output) -> Result<(), Failure> {
    match command {
        AppCommand::List { top } => {
            let rows = api.list("/v1.0/applications", None, top).await?;
            out.list(&rows, COLUMNS, "No applications.");
        }
        AppCommand::Create(args) => create(args, api, out).await?,
        AppCommand::Show(app) => out.object(&api.get(&app.path()?, &[]).await?),
        AppCommand::Update(args) => {
            api.patch(&args.app.path()?, &args.body()).await?;
            out.object(&api.get(&args.app.path()?, &[]).await?);
        }
        AppCommand::Disable(app) => enable(&app, false, api, out).await?,
        AppCommand::Enable(app) => enable(&app, true, api, out).await?,
        AppCommand::NewSecret(app) => {
            let secret = api.post(&format!("{}/addPassword", app.path()?), &json!({})).await?;
            out.object(&secret);
            out.note("The secret is shown this once.");
        }
        AppCommand::Delete(app) => {
            api.delete(&app.path()?).await?;
            out.say(&format!("Deleted application {}", app.app), &json!({ "deleted": app.app }));
        }
    }
    Ok(())
}

async fn enable(app: &App, enabled: bool, api: &Api, out: &Output) -> Result<(), Failure> {
    api.patch(&app.path()?, &json!({ "passband_enabled": enabled })).await?;
    let verb = if enabled { "Enabled" } else { "Disabled" };
    out.say(
        &format!("{verb} application {}", app.app),
        &json!({ "id": app.app, "passband_enabled": enabled }),
    );
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
