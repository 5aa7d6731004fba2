//! The listener: accepts, hands on, stops gracefully.

use crate::app::App;
use crate::extract::Peer;
use crate::telemetry::{self, Connected};
use crate::tls::{self, TlsError};
use crate::{routes, signals, sweep, trust};
use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

/// How long a client may take to send its headers, or a TLS handshake to end (slowloris).
const PATIENCE: Duration = Duration::from_secs(10);

/// How long requests under way may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Connections at once.
const MOST_CONNECTIONS: usize = 10_000;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}; choose another address with --listen")]
    Listen(SocketAddr, std::io::Error),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server that listens and has yet to run.
pub struct Server {
    listener: TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    app: Arc<App>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server(..)")
    }
}

impl Server {
    /// Listens where the configuration says.
    ///
    /// # Errors
    ///
    /// [`ServeError`].
    pub async fn bind(app: Arc<App>) -> Result<Self, ServeError> {
        let tls = tls::server_config(&app.config)?.map(tokio_rustls::TlsAcceptor::from);
        let at = app.config.listen;
        let listener = TcpListener::bind(at).await.map_err(|error| ServeError::Listen(at, error))?;
        Ok(Self { listener, tls, app })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap_or(self.app.config.listen)
    }

    /// Runs until `stop` resolves, then lets requests under way end and makes what they wrote durable.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let sweeper = tokio::spawn(sweep::run(Arc::clone(&self.app)));
        let upkeep = tokio::spawn(telemetry::upkeep(Arc::clone(&self.app)));
        let watcher = tokio::spawn(trust::watch(Arc::clone(&self.app)));
        let fetcher = tokio::spawn(trust::refresh::run(Arc::clone(&self.app)));
        let teller = tokio::spawn(signals::deliver::run(Arc::clone(&self.app)));
        let router = routes::router(Arc::clone(&self.app));
        accept(&self.listener, self.tls, router, stop).await;
        upkeep.abort();
        sweeper.abort();
        watcher.abort();
        fetcher.abort();
        teller.abort();
        self.app.store.close().await;
    }
}

/// Serves `router` on a listener until `stop`.
pub async fn accept(
    listener: &TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::pin!(stop);
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles: wait for some to come back rather than spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (tls, router, watcher) = (tls.clone(), router.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = (place, Connected::begin());
            let _ = stream.set_nodelay(true);
            match handshake(tls, stream).await {
                Some(Either::Plain(stream)) => connection(stream, peer, router, watcher).await,
                Some(Either::Tls(stream)) => connection(*stream, peer, router, watcher).await,
                None => {}
            }
        });
    }
    if let Some(graceful) = Arc::into_inner(graceful) {
        let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    }
}

enum Either {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

async fn handshake(tls: Option<tokio_rustls::TlsAcceptor>, stream: TcpStream) -> Option<Either> {
    let Some(acceptor) = tls else { return Some(Either::Plain(stream)) };
    let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
    shaken.ok()?.ok().map(|stream| Either::Tls(Box::new(stream)))
}

async fn connection<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().call(request.map(axum::body::Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(64 * 1024);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(serving.into_owned()).await {
        tracing::debug!(%error, "a connection ended");
    }
}
