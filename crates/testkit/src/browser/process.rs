//! The browser's process and its profile folder.

use super::{BrowserError, PATIENCE};
use passband_wire::rng::{self, SystemRandom};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// `--no-sandbox`: tests run in containers and as root; the pages are our own. The rest keeps the browser from
/// talking to anyone but the server under test.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--remote-debugging-port=0",
];

/// A running browser; dropped, it is gone with its profile.
#[derive(Debug)]
pub struct Chromium {
    child: Child,
    profile: PathBuf,
    endpoint: String,
}

impl Chromium {
    /// The browser that tests running at the same time share; started by the first, ended with the last.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Start`].
    pub fn shared() -> Result<Arc<Self>, BrowserError> {
        static SHARED: Mutex<Weak<Chromium>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Ok(running);
        }
        let started = Arc::new(Self::start(&[])?);
        *shared = Arc::downgrade(&started);
        Ok(started)
    }

    /// Starts a browser of its own, with further arguments.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Start`].
    pub fn start(further: &[&str]) -> Result<Self, BrowserError> {
        let program = std::env::var("PASSBAND_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let fail = |detail: String| BrowserError::Start { program: program.clone(), detail };
        let id: String = rng::bytes::<8>(&SystemRandom).iter().map(|byte| format!("{byte:02x}")).collect();
        let profile = std::env::temp_dir().join(format!("passband-chromium-{id}"));
        std::fs::create_dir(&profile).map_err(|error| fail(error.to_string()))?;
        let said = std::fs::File::create(profile.join("stderr")).map_err(|error| fail(error.to_string()))?;
        let child = Command::new(&program)
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(further)
            .arg("about:blank")
            // Certificates and settings of whoever runs the tests stay out of them.
            .env("HOME", &profile)
            .env("XDG_CONFIG_HOME", profile.join("config"))
            .env("XDG_CACHE_HOME", profile.join("cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                let _ = std::fs::remove_dir_all(&profile);
                return Err(fail(error.to_string()));
            }
        };
        let mut started = Self { child, profile, endpoint: String::new() };
        started.endpoint = started.wait_for_endpoint().map_err(fail)?;
        Ok(started)
    }

    /// Address of the browser's own DevTools socket.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// `DevToolsActivePort` holds the port and the path, once the browser listens.
    fn wait_for_endpoint(&mut self) -> Result<String, String> {
        let file = self.profile.join("DevToolsActivePort");
        let since = Instant::now();
        loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.split_once('\n')
                && path.starts_with("/devtools/")
            {
                return Ok(format!("ws://127.0.0.1:{port}{}", path.trim_end()));
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || since.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(self.profile.join("stderr")).unwrap_or_default();
                let how =
                    ended.map_or_else(|| "no DevToolsActivePort".to_owned(), |status| status.to_string());
                return Err(format!("{how}; it said: {}", said.trim()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its helpers end a moment after it and may still write: the folder goes when they are gone.
        for _ in 0..200 {
            match std::fs::remove_dir_all(&self.profile) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => return,
            }
        }
    }
}
