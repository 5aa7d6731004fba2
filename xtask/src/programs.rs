//! Programs the tests drive: each is started once before the tests, so that a missing or broken one fails
//! with a sentence instead of a hundred tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::geteuid;

use crate::Outcome;

/// Starts the browser and reads a page through it.
///
/// # Errors
///
/// When Chromium is missing or does not show the page.
pub(crate) fn check_chromium() -> Outcome {
    let folder = Scratch::make("chromium")?;
    let mut command = Command::new("timeout");
    command.args(["60", "chromium", "--headless", "--disable-gpu", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    if geteuid().is_root() {
        // Chromium's sandbox does not start for root.
        command.arg("--no-sandbox");
    }
    command.arg(format!("--user-data-dir={}", folder.0.display()));
    command.args(["--dump-dom", "data:text/html,<p>it is alive</p>"]);
    let output = command.stdin(Stdio::null()).output()?;
    if String::from_utf8_lossy(&output.stdout).contains("<p>it is alive</p>") {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("chromium did not show a page ({}):\n{said}", output.status).into())
}

/// Starts a software TPM and asks it for random bytes.
///
/// # Errors
///
/// When swtpm or tpm2-tools is missing, or the TPM does not answer.
pub(crate) fn check_swtpm() -> Outcome {
    let folder = Scratch::make("swtpm")?;
    let socket = folder.0.join("tpm");
    let state = format!("dir={}", folder.0.display());
    let server = format!("type=unixio,path={}", socket.display());
    let mut tpm = Command::new("swtpm");
    tpm.args(["socket", "--tpm2", "--tpmstate", &state, "--server", &server]);
    // The client library finds the control channel by this suffix.
    tpm.args(["--ctrl", &format!("{server}.ctrl"), "--flags", "not-need-init,startup-clear"]);
    let process = tpm.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _tpm = Killed(process.map_err(|error| format!("swtpm: {error}"))?);
    for _ in 0..100 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let transport = format!("swtpm:path={}", socket.display());
    let output = Command::new("timeout")
        .args(["20", "tpm2_getrandom", "--tcti", &transport, "--hex", "8"])
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() && output.stdout.len() >= 16 {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("swtpm gave no random bytes ({}):\n{said}", output.status).into())
}

/// A folder that goes when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(name: &str) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("passband-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A child that goes when dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What each listed file holds now, to see later whether a run rewrote it.
pub(crate) fn contents(root: &Path, files: &[String]) -> Vec<Option<Vec<u8>>> {
    files.iter().map(|file| std::fs::read(root.join(file)).ok()).collect()
}
