//! `passband serve`: runs the server until it is asked to stop.

use crate::failure::Failure;
use clap::Args;
use passband_server::app::App;
use passband_server::config::{File, Tls};
use passband_server::serve::Server;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// What `passband serve` takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// A TOML file with these options; the command line overrules it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the keys and the database [default: ./passband-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How people and apps reach it [default: http://localhost:8480]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// sqlite://PATH or postgres://USER@HOST/NAME [default: SQLite in the data folder]
    #[arg(long, value_name = "URL", env = "PASSBAND_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Fetch the FIDO metadata from here, such as https://mds3.fidoalliance.org/ [default: do not fetch]
    #[arg(long, value_name = "URL")]
    metadata_url: Option<String>,
    /// Certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a private CA in the data folder and use it
    #[arg(long, conflicts_with = "tls_cert")]
    tls_dev: bool,
    /// A further name or address for the certificate of --tls-dev, like login.example.test; may be given again
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "tls_cert")]
    tls_dev_name: Vec<String>,
    /// Further origins whose pages may use the passkeys made here, like https://id.example.de
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    related_origins: Vec<String>,
    /// Proxies in front whose X-Forwarded-For is believed, like 10.0.0.7 or 10.0.0.0/8
    #[arg(long, value_name = "NETWORK", value_delimiter = ',')]
    trusted_proxies: Vec<String>,
    /// Which network is of which country, one CIDR,COUNTRY a line, for policies that name countries; read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    countries: Option<PathBuf>,
    /// Serve /metrics here and nowhere else, plain, to whoever can reach it [default: at --listen, to callers on this
    /// machine that no proxy stands in front of]
    #[arg(long, value_name = "ADDR")]
    metrics_listen: Option<SocketAddr>,
}

const EXAMPLES: &str = "Examples:
  passband serve
  passband serve --data /var/lib/passband --public-url https://id.example.org --tls-cert chain.pem --tls-key key.pem
  passband serve --tls-dev --tls-dev-name login.example.test --tls-dev-name 192.0.2.7
  passband serve --database postgres://passband@db.example.org/passband

Set PASSBAND_LOG=debug for more in the log.";

/// Runs the server.
///
/// # Errors
///
/// [`Failure`] if it cannot start.
pub fn run(args: ServeArgs) -> Result<(), Failure> {
    log();
    let file = match &args.config {
        Some(path) => File::read(path).map_err(|error| Failure::usage(error.to_string()))?,
        None => File::default(),
    };
    let line = File {
        data: args.data,
        listen: args.listen,
        public_url: args.public_url,
        database: args.database,
        metadata_url: args.metadata_url,
        tls_cert: args.tls_cert,
        tls_key: args.tls_key,
        tls_dev: args.tls_dev,
        tls_dev_name: args.tls_dev_name,
        related_origins: args.related_origins,
        trusted_proxies: args.trusted_proxies,
        countries: args.countries,
        metrics_listen: args.metrics_listen,
    };
    let config = line.or(file).finish().map_err(|error| Failure::usage(error.to_string()))?;
    if config.tls == Tls::Off && config.public_url.starts_with("https:") && config.trusted_proxies.is_empty()
    {
        tracing::warn!(
            "a proxy ends TLS, and --trusted-proxies does not name it: log and limits take all callers for one"
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unusable("runtime", format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let app = App::open(config).await.map_err(|error| Failure::unusable("start", error.to_string()))?;
        let server = Server::bind(Arc::clone(&app)).await;
        let server = server.map_err(|error| Failure::unusable("listen", error.to_string()))?;
        if app.config.countries.is_some() {
            read_again_on_hang_up(&app);
        }
        announce(&app, server.address()).await?;
        server.run(stop()).await;
        tracing::info!("stopped");
        Ok(())
    })
}

/// JSON lines on standard error; standard output is for what a person is waiting for.
fn log() {
    let filter = EnvFilter::try_from_env("PASSBAND_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

#[expect(clippy::print_stdout, reason = "the link a person waits for")]
async fn announce(app: &App, address: SocketAddr) -> Result<(), Failure> {
    tracing::info!(%address, public_url = app.config.public_url, tenant = %app.tenant, "listening");
    println!("Passband is at {}", app.config.public_url);
    let link = app.setup_link().await.map_err(|error| Failure::unusable("start", error.to_string()))?;
    if let Some(link) = link {
        println!(
            "\nMake yourself the first administrator; the link works for 30 minutes, once:\n\n  {link}\n"
        );
    }
    Ok(())
}

/// Has the file of countries read again on each SIGHUP, which otherwise ends the process.
fn read_again_on_hang_up(app: &Arc<App>) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut told = match signal(SignalKind::hangup()) {
        Ok(told) => told,
        Err(error) => {
            return tracing::error!(%error, "SIGHUP cannot be heard: the file of countries is read at a start alone");
        }
    };
    let app = Arc::clone(app);
    tokio::spawn(async move {
        while told.recv().await.is_some() {
            let app = Arc::clone(&app);
            // What came of it is in the log already.
            let _ = tokio::task::spawn_blocking(move || app.countries.read_again()).await;
        }
    });
}

/// Resolves on SIGINT or SIGTERM.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    tracing::info!("stopping: requests under way may end");
}
