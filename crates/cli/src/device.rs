//! The device side: `device`, `login`, `token`, `cookie`.

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand, ValueEnum};
use passband_broker::agent::{Agent, Surroundings, forget};
use passband_broker::browser::{Browser, BrowserError, SystemBrowser};
use passband_broker::enrol::{Description, JoinKind};
use passband_broker::http::ServerUrl;
use passband_broker::prt::TokenRequest;
use passband_broker::state::StateDir;
use passband_wire::prt::suite::Suite;
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT, CREDENTIAL_NAME};
use passband_wire::rng::SystemRandom;
use passband_wire::time::Timestamp;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where the device keeps what it is, and how to reach its server.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The server's public URL; needed once, to join
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Folder with the device's keys and PRT, one a server [default: $XDG_STATE_HOME/passband or ~/.local/state/passband]
    #[arg(long, env = "PASSBAND_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Trust this CA (PEM) and no other, such as the one of `serve --tls-dev`
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// How to bring the person to the sign-in page.
#[derive(Debug, Args)]
pub(crate) struct BrowserArgs {
    /// Do not open a browser; print the address
    #[arg(long)]
    no_browser: bool,
    /// Browser to open, with arguments; %s stands for the address [default: the system's]
    #[arg(long, env = "BROWSER", value_name = "COMMAND")]
    browser_command: Option<String>,
}

/// What holds the device's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keys {
    /// Files in the state folder
    Soft,
    /// The machine's TPM 2.0 (comes with a later version)
    Tpm,
}

#[derive(Debug, Args)]
#[command(after_help = JOIN_EXAMPLES)]
pub(crate) struct JoinArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    browser: BrowserArgs,
    /// What holds the device's keys
    #[arg(long, value_enum, default_value_t = Keys::Soft, value_name = "KIND")]
    keys: Keys,
    /// What signs the uses of its Primary Refresh Token
    #[arg(long, value_enum, default_value_t = Signer::DeviceKey, value_name = "SUITE")]
    suite: Signer,
    /// What people call this device [default: its host name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// What signs the uses of the device's PRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signer {
    /// The device's key itself (P-256): no other key could be stolen
    DeviceKey,
    /// A session key (RSA-2048 devices): as brokers before protocol version 4 do
    SessionKey,
}

impl From<Signer> for Suite {
    fn from(signer: Signer) -> Self {
        match signer {
            Signer::DeviceKey => Self::DeviceKey,
            Signer::SessionKey => Self::SessionKey,
        }
    }
}

const JOIN_EXAMPLES: &str = "Examples:
  passband device join --server https://id.example.com
  passband device join --server https://id.example.com --suite session-key
  passband device register --server http://localhost:8480 --name 'my laptop' --no-browser";

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Join this device as the organisation's
    Join(JoinArgs),
    /// Register this device as your own
    Register(JoinArgs),
    /// Show who this device is and who is signed in
    Status(StatusArgs),
    /// Take this device out of the server's directory and forget its keys
    Leave(LeaveArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband device status\n  passband device status --check --output json")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// Ask the server too, by renewing the PRT; exit code 1 if it refuses
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband device leave\n  passband device leave --forget")]
pub(crate) struct LeaveArgs {
    #[command(flatten)]
    place: Place,
    /// Only forget keys and PRT here, without telling the server: when it is gone, or deleted the device
    #[arg(long)]
    forget: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  passband login\n  passband login --hint ada@example.com --no-browser")]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    browser: BrowserArgs,
    /// Who is going to sign in
    #[arg(long, value_name = "UPN")]
    hint: Option<String>,
    /// Ask for the passkey even if the last sign-in was a moment ago
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Args)]
#[command(after_help = TOKEN_EXAMPLES)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    place: Place,
    /// The app the token is for
    #[arg(long, value_name = "ID", required_unless_present = "admin")]
    client_id: Option<String>,
    /// A token for the admin API, with your own roles: for PASSBAND_TOKEN
    #[arg(long, conflicts_with_all = ["client_id", "resource"])]
    admin: bool,
    /// Audience of the token, if not the app's default
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// Scope asked for
    #[arg(long, default_value = "openid")]
    scope: String,
}

const TOKEN_EXAMPLES: &str = "Examples:
  passband token --client-id 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11
  curl -H \"Authorization: Bearer $(passband token --client-id ID --resource https://api.example.com)\" ...
  PASSBAND_TOKEN=$(passband token --admin) passband admin user list";

#[derive(Debug, Args)]
#[command(after_help = COOKIE_EXAMPLES)]
pub(crate) struct CookieArgs {
    #[command(flatten)]
    place: Place,
    /// The nonce to answer [default: ask the server for one]
    #[arg(long, value_name = "NONCE", conflicts_with = "url")]
    nonce: Option<String>,
    /// The authorize address the cookie is for; its sso_nonce is answered, if it has one
    #[arg(long, value_name = "AUTHORIZE_URL")]
    url: Option<String>,
}

const COOKIE_EXAMPLES: &str = "Examples:
  passband cookie
  curl -H \"x-ms-RefreshTokenCredential: $(passband cookie)\" 'https://id.example.com/authorize?...'";

pub(crate) async fn run(command: DeviceCommand, out: &Output) -> Result<(), Failure> {
    match command {
        DeviceCommand::Join(args) => join(args, JoinKind::Join, out).await,
        DeviceCommand::Register(args) => join(args, JoinKind::Register, out).await,
        DeviceCommand::Status(args) => status(args, out).await,
        DeviceCommand::Leave(args) => leave(args, out).await,
    }
}

async fn join(args: JoinArgs, kind: JoinKind, out: &Output) -> Result<(), Failure> {
    if args.keys == Keys::Tpm {
        // Never a silent fallback: a person who asked for hardware must not get a file.
        let message = "keys in a TPM come with a later version; use --keys soft to keep them in files";
        return Err(Failure::unusable("tpmNotSupported", message));
    }
    let agent = args.place.agent()?;
    let description = Description::of_this_machine(args.name.as_deref());
    let suite = Suite::from(args.suite);
    let identity = agent.join_in(suite, kind, &description, &args.browser.browser(*out)).await?;
    let verb = if kind == JoinKind::Join { "joined" } else { "registered" };
    let line = format!(
        "{} is {verb} to {} as device {}, by {}",
        identity.display_name, identity.server, identity.device_id, identity.user
    );
    out.say(
        &line,
        &json!({
            "deviceId": identity.device_id,
            "server": identity.server,
            "user": identity.user,
            "suite": suite.name(),
        }),
    );
    Ok(())
}

async fn status(args: StatusArgs, out: &Output) -> Result<(), Failure> {
    let agent = args.place.agent()?;
    let checked = if args.check { Some(agent.renew().await) } else { None };
    let local = agent.local_status()?;
    let (identity, signed_in) = (&local.identity, local.signed_in.as_ref());
    let verdict = checked.as_ref().map(|outcome| match outcome {
        Ok(_) => "the server renewed the PRT".to_owned(),
        Err(error) => error.to_string(),
    });
    out.object(&json!({
        "deviceId": identity.device_id,
        "displayName": identity.display_name,
        "server": identity.server,
        "kind": identity.kind,
        "keys": identity.keys,
        "suite": identity.suite().map(Suite::name),
        "joinedBy": identity.user,
        "joinedAt": identity.joined_at.rfc3339(),
        "state": agent.state().path().display().to_string(),
        "signedInUser": signed_in.map(|prt| prt.user()),
        "prtExpires": signed_in.map(|prt| prt.expires().rfc3339()),
        "check": verdict,
    }));
    checked.map_or(Ok(()), |outcome| outcome.map(drop).map_err(Failure::from))
}

async fn leave(args: LeaveArgs, out: &Output) -> Result<(), Failure> {
    if args.forget {
        let state = args.place.state_dir()?;
        forget(&state).map_err(Failure::from)?;
        let line = "This device has forgotten its keys and its PRT. The server was not told.";
        out.say(line, &json!({ "left": false, "forgotten": true }));
        return Ok(());
    }
    let identity = args.place.agent()?.leave().await?;
    let line = format!("Device {} has left {}", identity.device_id, identity.server);
    out.say(&line, &json!({ "left": true, "forgotten": true, "deviceId": identity.device_id }));
    Ok(())
}

pub(crate) async fn login(args: LoginArgs, out: &Output) -> Result<(), Failure> {
    let agent = args.place.agent()?;
    let (browser, hint) = (args.browser.browser(*out), args.hint.as_deref());
    let prt = if args.again {
        agent.login_again(&browser, hint).await?
    } else {
        agent.login(&browser, hint).await?
    };
    let expires = prt.expires().rfc3339();
    let line = format!("Signed in as {}, until {expires} if not used", prt.user());
    out.say(&line, &json!({ "user": prt.user(), "prtExpires": expires }));
    Ok(())
}

pub(crate) async fn token(args: TokenArgs, out: &Output) -> Result<(), Failure> {
    let broker = BROKER_CLIENT.to_string();
    let request = TokenRequest {
        client_id: args.client_id.as_deref().unwrap_or(&broker),
        scope: &args.scope,
        resource: if args.admin { Some(ADMIN_RESOURCE) } else { args.resource.as_deref() },
    };
    let reply = args.place.agent()?.token(&request).await?;
    out.say(&reply.access_token, &json!(reply));
    Ok(())
}

pub(crate) async fn cookie(args: CookieArgs, out: &Output) -> Result<(), Failure> {
    let agent = args.place.agent()?;
    let in_url = args.url.as_deref().map(|url| agent.nonce_in(url)).transpose()?.flatten();
    let cookie = agent.cookie(args.nonce.or(in_url).as_deref()).await?;
    out.say(cookie.expose(), &json!({ "name": CREDENTIAL_NAME, "value": cookie.expose() }));
    Ok(())
}

impl Place {
    fn agent(&self) -> Result<Agent, Failure> {
        let server = self.server.as_deref().map(ServerUrl::parse).transpose()?;
        let ca = self.ca.as_deref().map(read_ca).transpose()?;
        let around = Surroundings { now: Box::new(now), rng: Box::new(SystemRandom) };
        Ok(Agent::new(self.state_dir()?, server, ca.as_deref(), around)?)
    }

    fn state_dir(&self) -> Result<StateDir, Failure> {
        let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let path = self
            .state
            .clone()
            .or_else(|| from("XDG_STATE_HOME").map(|base| base.join("passband")))
            .or_else(|| from("HOME").map(|home| home.join(".local/state/passband")))
            .ok_or_else(|| Failure::usage("neither XDG_STATE_HOME nor HOME is set; give --state DIR"))?;
        StateDir::open(&path).map_err(|error| passband_broker::Error::from(error).into())
    }
}

/// The file of `--ca`.
pub(crate) fn read_ca(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::unusable("ca", format!("cannot read --ca {}: {error}", path.display())))
}

/// The clock of this machine: the one place of the device commands that asks it.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the edge: everything below takes time as an argument")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
}

impl BrowserArgs {
    fn browser(&self, out: Output) -> impl Browser {
        let system = SystemBrowser { command: self.browser_command.clone() };
        let print_only = self.no_browser;
        move |url: &str| -> Result<(), BrowserError> {
            // Always said, also to programs: without it nobody could go on if no window appears.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("To sign in, open this address in a browser on this machine:\n{url}\n").as_bytes(),
            );
            if print_only {
                return Ok(());
            }
            system.open(url).inspect_err(|_| out.note("The browser could not be opened."))
        }
    }
}
