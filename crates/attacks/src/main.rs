//! Tries the attacks against a server and says what came of each.

use clap::{Parser, ValueEnum};
use passband_attacks::attack::{Attack, Tried, Trouble, Verdict};
use passband_attacks::report;
use passband_attacks::target::{Key, Target};
use passband_attacks::{ATTACKS, find};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long a server that has answered 429 is left alone, in seconds: what ours asks for.
const THROTTLED: i64 = 600;

const EXAMPLE: &str = "Example:
  passband serve &
  passband-attacks --server http://localhost:8480 --token \"$(passband admin token)\" --only A3,A9

It makes people, devices and applications there and takes them away again; for some attacks it switches brokers written for
Entra ID on for a moment. Do not point it at a server that people depend on. Run whole, it is refused some hundred times: a server that then stops
listening for a while needs --patience 660, and an hour.

Exit codes: 0 all refused, 1 one succeeded or was not tried (see --allow-untried), 2 usage, 3 the server cannot be reached.";

/// Tries attacks on a server that gives devices Primary Refresh Tokens
#[derive(Debug, Parser)]
#[command(name = "passband-attacks", version, after_help = EXAMPLE)]
struct Arguments {
    /// Address of the server
    #[arg(long, value_name = "URL", required_unless_present = "docs")]
    server: Option<String>,
    /// What stands for the tenant in its paths
    #[arg(long, default_value = "common")]
    tenant: String,
    /// Bearer token of its admin API, of a Global Administrator
    #[arg(long, env = "PASSBAND_ADMIN_TOKEN", hide_env_values = true, required_unless_present = "docs")]
    token: Option<String>,
    /// Another installation, for what must not pass from one to the other
    #[arg(long, value_name = "URL", requires = "second_token")]
    second_server: Option<String>,
    /// Bearer token of the other's admin API
    #[arg(long, value_name = "TOKEN", requires = "second_server")]
    second_token: Option<String>,
    /// PEM file with the CA to trust, and no other
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Only these attacks
    #[arg(long, value_delimiter = ',', value_name = "A1,A2")]
    only: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Show every variant, not only those that were not plainly refused
    #[arg(long)]
    verbose: bool,
    /// What was not tried does not count as failed
    #[arg(long)]
    allow_untried: bool,
    /// Wait up to this many seconds where time has to pass
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    patience: i64,
    /// How many nonces to ask for in the flood
    #[arg(long, default_value_t = 2000, value_name = "COUNT")]
    flood: u32,
    /// Print docs/attacks.md instead
    #[arg(long)]
    docs: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Md,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.docs {
        print(&report::docs());
        return ExitCode::SUCCESS;
    }
    let attacks = match chosen(&arguments.only) {
        Ok(attacks) => attacks,
        Err(unknown) => {
            complain(&format!("no attack is called {unknown}; there are A1 to A32 and S1"));
            return ExitCode::from(2);
        }
    };
    match run(&arguments, &attacks).await {
        Ok(all) => {
            print(&match arguments.format {
                Format::Table => report::table(&all, arguments.verbose),
                Format::Md => report::markdown(&all),
                Format::Json => format!("{:#}\n", report::to_json(&all)),
            });
            let passed = |tried: &Tried| match tried.verdict() {
                Verdict::Refused => true,
                Verdict::NotTried => arguments.allow_untried,
                Verdict::Succeeded => false,
            };
            if all.iter().all(passed) { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(trouble) => {
            complain(&trouble.to_string());
            ExitCode::from(3)
        }
    }
}

fn chosen(only: &[String]) -> Result<Vec<&'static Attack>, String> {
    if only.is_empty() {
        return Ok(ATTACKS.iter().collect());
    }
    only.iter().map(|id| find(id.trim()).ok_or_else(|| id.clone())).collect()
}

async fn run(arguments: &Arguments, attacks: &[&'static Attack]) -> Result<Vec<Tried>, Trouble> {
    let ca = match &arguments.ca {
        Some(path) => {
            let read = std::fs::read(path);
            Some(read.map_err(|error| Trouble::SetUp(format!("{}: {error}", path.display())))?)
        }
        None => None,
    };
    let key = |token: &Option<String>| Key::Token {
        token: token.clone().unwrap_or_default(),
        patience: arguments.patience,
    };
    let server = arguments.server.as_deref().unwrap_or_default();
    let mut target = Target::new(server, &arguments.tenant, key(&arguments.token), ca.as_deref())?;
    target.flood = arguments.flood;
    target.check().await?;
    if let Some(second) = &arguments.second_server {
        let other = Target::new(second, "common", key(&arguments.second_token), ca.as_deref())?;
        other.check().await?;
        target.other = Some(Box::new(other));
    }
    let mut all = Vec::new();
    for attack in attacks {
        complain(&format!("{} {} ...", attack.id, attack.name));
        let mut tried = attack.run(&target).await?;
        // Whoever is refused a hundred times is not listened to for a while; what came then shows nothing.
        if tried.is_throttled() && arguments.patience >= THROTTLED {
            complain(&format!("the server has stopped listening; waiting for {THROTTLED} seconds"));
            tokio::time::sleep(Duration::from_secs(THROTTLED.unsigned_abs())).await;
            tried = attack.run(&target).await?;
        }
        all.push(tried);
    }
    Ok(all)
}

/// To standard output; who closed it early has read enough.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// To standard error: progress and trouble.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
