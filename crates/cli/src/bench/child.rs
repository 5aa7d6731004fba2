//! The processes under test: `passband serve`, and the bare handler.

use super::machine;
use crate::failure::Failure;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server in a process of its own, ended with this value.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    at: SocketAddr,
    /// From the start of the process to its first answer.
    pub(super) cold_start: Duration,
}

impl Child {
    /// `passband serve`, ready. It runs on the core this thread is on.
    pub(super) fn serve(data: &Path, at: SocketAddr, database: Option<&str>) -> Result<Self, Failure> {
        let mut command = own()?;
        command.arg("serve").arg("--data").arg(data);
        command.arg("--listen").arg(at.to_string()).arg("--public-url").arg(public_url(at));
        match database {
            Some(url) => command.env("PASSBAND_DATABASE", url),
            None => command.env_remove("PASSBAND_DATABASE"),
        };
        let log = std::fs::File::create(data.join("serve.log"));
        let log = log.map_err(|error| Failure::unusable("folder", format!("cannot write a log: {error}")))?;
        Self::start(command.stderr(log), at, "/readyz", 200)
    }

    /// The bare handler, ready. It runs on the core this thread is on.
    pub(super) fn bare() -> Result<Self, Failure> {
        let at = free_port()?;
        let mut command = own()?;
        command.arg("bench").arg("--serve-bare").arg(at.to_string());
        Self::start(command.stderr(Stdio::null()), at, "/", 404)
    }

    fn start(command: &mut Command, at: SocketAddr, path: &str, status: u16) -> Result<Self, Failure> {
        let fail = |text: String| Failure::unusable("server", text);
        let began = Instant::now();
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let process = process.map_err(|error| fail(format!("cannot start this program again: {error}")))?;
        let mut child = Self { process, at, cold_start: Duration::ZERO };
        loop {
            if answers(at, path, status) {
                child.cold_start = began.elapsed();
                return Ok(child);
            }
            if let Ok(Some(status)) = child.process.try_wait() {
                return Err(fail(format!("the server under test ended at once: {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(fail("the server under test does not get ready".to_owned()));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.at
    }

    pub(super) fn cpu_time(&self) -> Duration {
        machine::cpu_time(self.process.id()).unwrap_or_default()
    }

    /// Memory in bytes: now, and the most it has had.
    pub(super) fn memory(&self) -> (u64, u64) {
        machine::memory(self.process.id()).unwrap_or_default()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Asked first, so that it closes its database; made to if it does not.
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(15) {
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn own() -> Result<Command, Failure> {
    let path = std::env::current_exe();
    path.map(Command::new)
        .map_err(|error| Failure::unusable("server", format!("cannot find this program: {error}")))
}

/// How people reach a server of the benchmark. Passkeys need a name, not an address.
pub(super) fn public_url(at: SocketAddr) -> String {
    format!("http://localhost:{}", at.port())
}

/// An address nobody listens on just now.
pub(super) fn free_port() -> Result<SocketAddr, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::unusable("port", format!("no free port: {error}")))
}

fn answers(at: SocketAddr, path: &str, status: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(at)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    ask().is_ok_and(|head| head[9..] == *status.to_string().as_bytes())
}

/// Serves the bare handler in this process, as `serve` would run: the same kind of runtime, on the same core.
pub(super) fn serve_bare(at: SocketAddr) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::unusable("server", error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(fail)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(at).await.map_err(fail)?;
        passband_server::bench::bare::serve(listener).await.map_err(fail)
    })
}
