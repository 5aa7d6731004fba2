//! A PostgreSQL cluster of our own for one run: made, started, and gone afterwards.
//!
//! It never touches a server the machine already has. It listens on a free port of the loopback interface
//! only, and asks for a password made for this run, since other users of the machine can reach that port.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::Outcome;

const FOLDER_PREFIX: &str = "passband-pg-";
const USER: &str = "passband";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running cluster; dropping it stops the server and removes its files.
///
/// A killed xtask drops nothing, so the server also asked the kernel for an interrupt when its parent dies.
pub(crate) struct Server {
    folder: Folder,
    port: u16,
    password: String,
    process: Child,
}

impl Server {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed, or does not start; its log is in the message.
    pub(crate) fn start() -> Outcome<Self> {
        remove_leftovers();
        let programs = newest_programs(Path::new("/usr/lib/postgresql"))
            .ok_or("no PostgreSQL server under /usr/lib/postgresql: `scripts/test` installs it")?;
        let folder = Folder::make()?;
        let password = random_hex()?;
        initialise(&programs, &folder.0, &password)?;
        // Another program can take the port between our look and the server's bind; then look again.
        let mut last = String::new();
        for _ in 0..3 {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let mut process = spawn(&programs, &folder.0, port)?;
            match wait_until_ready(&programs, &mut process, port) {
                Ok(()) => return Ok(Self { folder, port, password, process }),
                Err(error) => last = format!("{error}\n{}", log_tail(&folder.0)),
            }
            stop(&mut process);
        }
        Err(format!("PostgreSQL did not start: {last}").into())
    }

    /// Where it is, in the form of `PASSBAND_TEST_PG`. The user is a superuser and may create databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.process);
        self.folder.remove();
    }
}

/// The cluster's folder, owned by whoever runs the server.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("{FOLDER_PREFIX}{}", std::process::id()));
        // `mkdir` fails on a name that exists, so nobody can put a link of theirs there first.
        succeed(unprivileged("mkdir").args(["-m", "700"]).arg(&path))?;
        Ok(Self(path))
    }

    fn remove(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("left behind: {}: {error}", self.0.display());
        }
    }
}

/// `program` as a user other than root: the server refuses to run as root.
fn unprivileged(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    if geteuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    // The working directory may be one that user cannot enter.
    command.current_dir("/").args(["--pdeathsig", "INT", "--"]).arg(program);
    command
}

fn initialise(programs: &Path, folder: &Path, password: &str) -> Outcome {
    let password_file = folder.join("password");
    let mut tee =
        unprivileged("tee").arg(&password_file).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    tee.stdin.take().ok_or("no pipe to tee")?.write_all(password.as_bytes())?;
    if !tee.wait()?.success() {
        return Err("could not write the password file".into());
    }
    let mut initdb = unprivileged(programs.join("initdb"));
    initdb.arg("--pgdata").arg(folder.join("data")).arg("--pwfile").arg(&password_file);
    initdb.args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    succeed(&mut initdb)
}

fn spawn(programs: &Path, folder: &Path, port: u16) -> Outcome<Child> {
    let log = std::fs::File::create(folder.join("log"))?;
    let mut command = unprivileged(programs.join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
    // Test binaries run side by side, each test with a pool of its own.
    command.args(["-c", "max_connections=300"]);
    Ok(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?)
}

fn wait_until_ready(programs: &Path, process: &mut Child, port: u16) -> Outcome {
    let begun = Instant::now();
    while begun.elapsed() < START_LIMIT {
        if let Some(status) = process.try_wait()? {
            return Err(format!("the server ended with {status}").into());
        }
        let mut ask = Command::new(programs.join("pg_isready"));
        ask.args(["--quiet", "--host=127.0.0.1", "--timeout=1", "--port"]).arg(port.to_string());
        if ask.status()?.success() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("not ready after {} s", START_LIMIT.as_secs()).into())
}

/// Interrupt is PostgreSQL's fast shutdown; a server that ignores it is killed.
fn stop(process: &mut Child) {
    if let Some(pid) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::INT);
    }
    let begun = Instant::now();
    while begun.elapsed() < STOP_LIMIT {
        if !matches!(process.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = process.kill();
    let _ = process.wait();
}

/// Removes the folders of runs that were killed and could not.
fn remove_leftovers() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(FOLDER_PREFIX)) else { continue };
        if pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// `bin` of the highest version below `parent`. What is on `PATH` may be another program of that name.
fn newest_programs(parent: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(parent).ok()?.flatten();
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs.join("initdb").exists().then_some((version, programs))
    });
    numbered.max().map(|(_, programs)| programs)
}

fn random_hex() -> Outcome<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn log_tail(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn succeed(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_with_a_server_is_chosen() {
        let parent = std::env::temp_dir().join(format!("passband-versions-{}", std::process::id()));
        for version in ["9", "15", "17"] {
            std::fs::create_dir_all(parent.join(version).join("bin")).unwrap();
        }
        for version in ["9", "15"] {
            std::fs::write(parent.join(version).join("bin/initdb"), "").unwrap();
        }
        let found = newest_programs(&parent);
        std::fs::remove_dir_all(&parent).unwrap();
        // 17 has only the client programs; as text, "9" would have sorted last.
        assert_eq!(found, Some(parent.join("15/bin")));
    }

    #[test]
    fn passwords_differ() {
        assert_ne!(random_hex().unwrap(), random_hex().unwrap());
    }
}
